// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/near.h"

#define LIST_MAX_BYTES 600 /* all names of the longest table */

/* --- rows by their names */

bool keys_name_fits(const char *name, const char *row, bool prefix)
{
	return prefix ? strncmp(name, row, strlen(row)) == 0
		      : strcmp(name, row) == 0;
}

/* A row of just that name goes before one whose prefix it has. */
static const struct key *find_key(const struct keys *table, const char *name)
{
	const struct key *best = NULL;

	for (size_t i = 0; i < table->n_keys; i++) {
		const struct key *k = &table->keys[i];

		if (strcmp(name, k->name) == 0)
			return k;
		if (keys_name_fits(name, k->name, k->prefix))
			best = k;
	}
	return best;
}

static const struct sub *sub_of_name(const struct keys *table, const char *name)
{
	for (size_t i = 0; i < table->n_subs; i++)
		if (strcmp(name, table->subs[i].name) == 0)
			return &table->subs[i];
	return NULL;
}

static const struct sub *sub_of_prefix(const struct keys *table,
				       const char *name)
{
	for (size_t i = 0; i < table->n_subs; i++)
		if (table->subs[i].prefix &&
		    keys_name_fits(name, table->subs[i].name, true))
			return &table->subs[i];
	return NULL;
}

const struct sub *keys_sub(const struct keys *table, const char *name)
{
	const struct sub *sub = sub_of_name(table, name);

	return sub || find_key(table, name) ? sub : sub_of_prefix(table, name);
}

/* Is it one of those that mean something here? */
static bool may_be_read(const struct sub *sub)
{
	switch (sub->kind) {
	case SUB_TABLE:
	case SUB_NAMED:
	case SUB_EACH:
		return true;
	case SUB_LATER:
	case SUB_NEVER:
	case SUB_IDLE:
		break;
	}
	return false;
}

/* The i-th name that may stand in the section; NULL for what means nothing. */
static const char *name_at(const struct keys *table, size_t i, bool *prefix)
{
	const struct sub *sub;

	if (i < table->n_keys) {
		*prefix = table->keys[i].prefix;
		return table->keys[i].idle ? NULL : table->keys[i].name;
	}
	sub = &table->subs[i - table->n_keys];
	*prefix = sub->prefix;
	return may_be_read(sub) ? sub->name : NULL;
}

/* --- names that nobody knows */

static const char *nearest(const struct keys *table, const char *name)
{
	const char *best = NULL;
	bool prefix;

	for (size_t i = 0; i < table->n_keys + table->n_subs; i++)
		if (name_at(table, i, &prefix))
			near_try(name, name_at(table, i, &prefix), &best);
	return best;
}

/* A prefix as "id*". */
static void list_names(const struct keys *table, char *buf)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < table->n_keys + table->n_subs; i++) {
		bool prefix;
		const char *name = name_at(table, i, &prefix);

		if (!name || len >= LIST_MAX_BYTES)
			continue;
		len += (size_t)snprintf(buf + len, LIST_MAX_BYTES - len,
					"%s%s%s", len ? ", " : "", name,
					prefix ? "*" : "");
	}
}

/* A key or section that the operator wrote. */
struct item {
	const char *kind; /* "key" or "section" */
	const char *name;
	const struct place *place;
	const struct section *parent;
};

static int fail_unknown(const struct keys *table, const struct item *item,
			struct error *e)
{
	const char *best = nearest(table, item->name);
	char shown[CONF_SHOWN_BYTES];
	char names[LIST_MAX_BYTES];
	char path[TREE_PATH_MAX];
	const char *in;

	if (table->secret)
		conf_hidden(item->name, shown);
	else
		conf_shown(item->name, shown);
	tree_path(item->parent, path);
	in = path[0] ? " in " : "";
	if (best)
		return conf_fail(e, item->place, -EINVAL,
				 "unknown %s %s%s%s; did you mean '%s'?",
				 item->kind, shown, in, path, best);
	list_names(table, names);
	return conf_fail(e, item->place, -EINVAL,
			 "unknown %s %s%s%s; known are %s", item->kind, shown,
			 in, path, names);
}

/* What may not be there, whether it is a key or a section. 0: it may. */
static int check_refused(const struct item *item, const struct sub *sub,
			 struct error *e)
{
	char path[TREE_PATH_MAX];
	const char *dot;

	tree_path(item->parent, path);
	dot = path[0] ? "." : "";
	if (sub->kind == SUB_LATER)
		return conf_fail(e, item->place, -EINVAL,
				 "%s%s%s is not supported yet; remove it", path,
				 dot, sub->name);
	if (sub->kind == SUB_NEVER)
		return conf_fail(e, item->place, -EINVAL, "%s%s%s %s", path,
				 dot, item->name, sub->form);
	return 0;
}

static int fail_twice(const struct value *v, struct error *e)
{
	char path[TREE_PATH_MAX];

	value_path(v, path);
	return conf_fail(e, &v->again, -EINVAL,
			 "%s is used twice, first at line %u; remove one", path,
			 v->place.line);
}

static int check_value(const struct keys *table, const struct value *v,
		       struct error *e)
{
	struct item item = { "key", v->key, &v->place, v->section };
	const struct sub *sub = sub_of_name(table, v->key);

	if (find_key(table, v->key))
		return v->again.line ? fail_twice(v, e) : 0;
	if (!sub)
		return fail_unknown(table, &item, e);
	if (may_be_read(sub))
		return value_fail(e, v, -EINVAL, "must be %s", sub->form);
	return check_refused(&item, sub, e);
}

static int check_section(const struct keys *table, const struct section *sec,
			 struct error *e)
{
	struct item item = { "section", sec->name, &sec->place, sec->parent };
	const struct sub *sub = sub_of_name(table, sec->name);
	char path[TREE_PATH_MAX];

	if (!sub && find_key(table, sec->name)) {
		tree_path(sec, path);
		return conf_fail(e, &sec->place, -EINVAL,
				 "%s is a key, not a section; write %s = VALUE",
				 path, sec->name);
	}
	if (!sub)
		sub = sub_of_prefix(table, sec->name);
	if (!sub && !sec->parent->parent && sec->is_referred_to)
		return 0; /* it is there for those who refer to it */
	if (!sub)
		return fail_unknown(table, &item, e);
	/* strongSwan's own files have it so. */
	if (sub->kind == SUB_NEVER && !sec->values && !sec->sections)
		return 0;
	return check_refused(&item, sub, e);
}

static int check_names(const struct keys *table, const struct section *sec,
		       struct error *e)
{
	int err = 0;

	for (const struct value *v = sec->values; v && !err; v = v->next)
		err = check_value(table, v, e);
	for (const struct section *s = sec->sections; s && !err; s = s->next)
		err = check_section(table, s, e);
	return err;
}

/* --- reading */

static int fail_missing(const struct section *sec, const char *name,
			const char *form, struct error *e)
{
	char path[TREE_PATH_MAX];

	tree_path(sec, path);
	return conf_fail(e, &sec->place, -EINVAL,
			 "%s%s%s is missing; it must be %s", path,
			 path[0] ? "." : "", name, form);
}

static int read_value(const struct key *k, const struct value *v, void *out,
		      struct error *e)
{
	if (!v->text[0])
		return value_fail(e, v, -EINVAL, "is empty; it must be %s",
				  k->form);
	if (v->list && !k->list)
		return value_fail(e, v, -EINVAL, "is a list; it must be %s",
				  k->form);
	return k->read ? k->read(k, v, (char *)out + k->offset, e) : 0;
}

static int read_key(const struct keys *table, const struct key *k,
		    const struct section *sec, void *out, struct error *e)
{
	bool found = false;
	int err = 0;

	for (const struct value *v = sec->values; v && !err; v = v->next) {
		if (find_key(table, v->key) != k)
			continue;
		found = true;
		err = read_value(k, v, out, e);
	}
	if (!found && k->required)
		return fail_missing(sec, k->name, k->form, e);
	return err;
}

static const struct section *find_first(const struct sub *sub,
					const struct section *parent)
{
	const struct section *s = parent->sections;

	while (s && !keys_name_fits(s->name, sub->name, sub->prefix))
		s = s->next;
	return s;
}

/* Nothing but sections. */
static int check_named(const struct sub *sub, const struct section *sec,
		       struct error *e)
{
	char shown[CONF_SHOWN_BYTES];
	char path[TREE_PATH_MAX];
	const struct value *v = sec->values;

	if (!v)
		return 0;
	tree_path(sec, path);
	return conf_fail(e, &v->place, -EINVAL,
			 "unknown key %s in %s; it must be %s",
			 conf_shown(v->key, shown), path, sub->form);
}

static int read_sub(const struct sub *sub, const struct section *parent,
		    void *out, struct error *e)
{
	const struct section *sec = find_first(sub, parent);

	if (!may_be_read(sub))
		return 0;
	if (!sec && sub->required)
		return fail_missing(parent, sub->name, sub->form, e);
	if (!sec || sub->kind == SUB_EACH)
		return 0;
	if (sub->kind == SUB_NAMED)
		return check_named(sub, sec, e);
	return keys_read(sub->table, sec, (char *)out + sub->offset, e);
}

/* As deep as the tables are. */
int keys_read(const struct keys *table, const struct section *sec, void *out,
	      struct error *e)
{
	int err = check_names(table, sec, e);

	for (size_t i = 0; i < table->n_keys && !err; i++)
		err = read_key(table, &table->keys[i], sec, out, e);
	for (size_t i = 0; i < table->n_subs && !err; i++)
		err = read_sub(&table->subs[i], sec, out, e);
	return err;
}
