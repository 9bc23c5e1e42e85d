// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/near.h"

#define LIST_MAX_BYTES 160 /* all names of the longest table */

static const struct key *find_key(const struct keys *table, const char *name)
{
	for (size_t i = 0; i < table->n_keys; i++)
		if (strcmp(table->keys[i].name, name) == 0)
			return &table->keys[i];
	return NULL;
}

static const struct sub *find_sub(const struct keys *table, const char *name)
{
	for (size_t i = 0; i < table->n_subs; i++)
		if (strcmp(table->subs[i].name, name) == 0)
			return &table->subs[i];
	return NULL;
}

/* The i-th name that may stand in the section; NULL for what comes later. */
static const char *name_at(const struct keys *table, size_t i)
{
	const struct sub *sub;

	if (i < table->n_keys)
		return table->keys[i].name;
	sub = &table->subs[i - table->n_keys];
	return sub->kind == SUB_LATER ? NULL : sub->name;
}

static const char *nearest(const struct keys *table, const char *name)
{
	const char *best = NULL;

	for (size_t i = 0; i < table->n_keys + table->n_subs; i++)
		if (name_at(table, i))
			near_try(name, name_at(table, i), &best);
	return best;
}

static void list_names(const struct keys *table, char *buf)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < table->n_keys + table->n_subs; i++) {
		const char *name = name_at(table, i);

		if (!name || len >= LIST_MAX_BYTES)
			continue;
		len += (size_t)snprintf(buf + len, LIST_MAX_BYTES - len, "%s%s",
					len ? ", " : "", name);
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

static int fail_later(const struct place *place, const char *name,
		      struct error *e)
{
	return conf_fail(e, place, -EINVAL,
			 "%s is not supported yet; remove it", name);
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
	const struct sub *sub = find_sub(table, v->key);
	struct item item = { "key", v->key, &v->place, v->section };

	if (find_key(table, v->key))
		return v->again.line ? fail_twice(v, e) : 0;
	if (!sub)
		return fail_unknown(table, &item, e);
	if (sub->kind == SUB_LATER)
		return fail_later(&v->place, sub->name, e);
	return value_fail(e, v, -EINVAL, "must be %s", sub->form);
}

static int check_section(const struct keys *table, const struct section *sec,
			 struct error *e)
{
	const struct sub *sub = find_sub(table, sec->name);
	struct item item = { "section", sec->name, &sec->place, sec->parent };
	char path[TREE_PATH_MAX];

	if (sub && sub->kind == SUB_LATER)
		return fail_later(&sec->place, sub->name, e);
	if (sub)
		return 0;
	if (!find_key(table, sec->name))
		return fail_unknown(table, &item, e);
	tree_path(sec, path);
	return conf_fail(e, &sec->place, -EINVAL,
			 "%s is a key, not a section; write %s = VALUE", path,
			 sec->name);
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

static int fail_missing(const struct section *sec, const char *name,
			const char *form, struct error *e)
{
	char path[TREE_PATH_MAX];

	tree_path(sec, path);
	return conf_fail(e, &sec->place, -EINVAL,
			 "%s%s%s is missing; it must be %s", path,
			 path[0] ? "." : "", name, form);
}

static int read_key(const struct key *k, const struct section *sec, void *out,
		    struct error *e)
{
	const struct value *v = tree_value(sec, k->name);

	if (!v && k->required)
		return fail_missing(sec, k->name, k->form, e);
	if (!v)
		return 0;
	if (!v->text[0])
		return value_fail(e, v, -EINVAL, "is empty; it must be %s",
				  k->form);
	return k->read ? k->read(k, v, (char *)out + k->offset, e) : 0;
}

static int read_sub(const struct sub *sub, const struct section *parent,
		    void *out, struct error *e)
{
	const struct section *sec = tree_section(parent, sub->name);
	char shown[CONF_SHOWN_BYTES];
	const struct value *v;

	if (!sec && sub->required)
		return fail_missing(parent, sub->name, sub->form, e);
	if (!sec || sub->kind == SUB_LATER)
		return 0;
	if (sub->kind == SUB_TABLE)
		return keys_read(sub->table, sec, (char *)out + sub->offset, e);
	v = sec->values;
	if (!v)
		return 0;
	return conf_fail(e, &v->place, -EINVAL,
			 "unknown key %s in %s; it must be %s",
			 conf_shown(v->key, shown), sub->name, sub->form);
}

/* As deep as the tables are. */
int keys_read(const struct keys *table, const struct section *sec, void *out,
	      struct error *e)
{
	int err = check_names(table, sec, e);

	for (size_t i = 0; i < table->n_keys && !err; i++)
		err = read_key(&table->keys[i], sec, out, e);
	for (size_t i = 0; i < table->n_subs && !err; i++)
		err = read_sub(&table->subs[i], sec, out, e);
	return err;
}
