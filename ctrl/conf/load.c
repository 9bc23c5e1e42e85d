// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tree's other maker: where parse.c reads a grammar, this is told. Names
 * are held to the language's own, so that no error, log or list has to show
 * one that a file could not have. A list becomes a value with commas, as it
 * stands in a file; but certificates, of which a file has names, come as octets.
 */
#include "ctrl/conf/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/lexer.h"
#include "ctrl/conf/schema_authority.h"
#include "ctrl/conf/schema_conn.h"
#include "ctrl/conf/schema_pool.h"
#include "ctrl/conf/tree.h"

/* Errors begin with the command. */
static const struct {
	const char *command;
	const char *list; /* in a text it would be a section of this one */
	const char *what;
} kinds[] = {
	[LOAD_CONN] = { "load-conn", "connections", "connection" },
	[LOAD_POOL] = { "load-pool", "pools", "pool" },
	[LOAD_AUTHORITY] = { "load-authority", "authorities", "authority" },
};

struct load {
	enum load_kind kind;
	struct tree tree;
	struct tree_file *file;
	struct section *open[TREE_DEPTH_MAX + 1]; /* from the root down */
	unsigned int depth;   /* of the last one, where elements go */
	unsigned int skipped; /* sections entered since the first failure */
	struct value *list;   /* whose items come; NULL: none */
	bool follows;	      /* one that came before */
	struct place place;   /* of everything */
	int err;	      /* the first failure: nothing is taken after it */
	struct error e;
};

/* The text of an element, in the buffer that is wiped. */
static const char *keep(struct load *l, struct slice text)
{
	struct builder *b = &l->file->text;
	const char *kept = (const char *)b->ptr + b->len;

	wr_bytes(b, text.ptr, text.len);
	wr_u8(b, 0);
	return wr_ok(b) ? kept : "";
}

static struct section *here(const struct load *l)
{
	return l->open[l->depth];
}

/* --- what an element may be --- */

static bool name_ok(struct load *l, struct slice name)
{
	char path[TREE_PATH_MAX];

	if (lexer_is_name(name))
		return true;
	tree_path(here(l), path);
	l->err = conf_fail(&l->e, &l->place, -EINVAL,
			   "a name in %s is none: it must have 1 to %u octets "
			   "without blanks and without any of . , : { } = \" #, "
			   "and look like no key",
			   path, CONF_NAME_MAX - 1);
	return false;
}

static bool is_named(const char *has, struct slice name)
{
	return strlen(has) == name.len && memcmp(has, name.ptr, name.len) == 0;
}

static bool is_new(struct load *l, struct slice name)
{
	char path[TREE_PATH_MAX];
	bool found = false;

	for (const struct value *v = here(l)->values; v && !found; v = v->next)
		found = is_named(v->key, name);
	for (const struct section *s = here(l)->sections; s && !found;
	     s = s->next)
		found = is_named(s->name, name);
	if (!found)
		return true;
	tree_path(here(l), path);
	l->err = conf_fail(&l->e, &l->place, -EINVAL,
			   "%s.%.*s is there twice; send it once", path,
			   (int)name.len, (const char *)name.ptr);
	return false;
}

/* One more in the section. */
static bool entry_ok(struct load *l, struct slice name)
{
	char path[TREE_PATH_MAX];

	if (l->err || !name_ok(l, name) || !is_new(l, name))
		return false;
	if (++here(l)->n_entries <= LOAD_ENTRIES_MAX)
		return true;
	tree_path(here(l), path);
	l->err = conf_fail(&l->e, &l->place, -E2BIG,
			   "%s has more than %u entries", path,
			   LOAD_ENTRIES_MAX);
	return false;
}

static void check_text(struct load *l, const struct value *v, struct slice text)
{
	if (text.len && memchr(text.ptr, 0, text.len))
		l->err = value_fail(&l->e, v, -EINVAL, "has a NUL octet in it");
}

/* --- elements --- */

static struct section *add_section(struct load *l, struct slice name)
{
	struct section **at = &here(l)->sections;
	struct section *s = calloc(1, sizeof(*s));

	if (!s) {
		l->err = conf_no_memory(&l->e);
		return NULL;
	}
	while (*at)
		at = &(*at)->next;
	*at = s;
	s->name = keep(l, name);
	s->place = l->place;
	s->opened = l->place;
	s->parent = here(l);
	return s;
}

static struct value *add_value(struct load *l, struct slice name)
{
	struct value **at = &here(l)->values;
	struct value *v;

	if (!entry_ok(l, name))
		return NULL;
	v = calloc(1, sizeof(*v));
	if (!v) {
		l->err = conf_no_memory(&l->e);
		return NULL;
	}
	while (*at)
		at = &(*at)->next;
	*at = v;
	v->key = keep(l, name);
	v->text = "";
	v->place = l->place;
	v->section = here(l);
	return v;
}

void load_section(struct load *l, struct slice name)
{
	struct section *s = NULL;

	if (!l->err && l->depth == TREE_DEPTH_MAX)
		l->err = conf_fail(&l->e, &l->place, -E2BIG,
				   "sections nested deeper than %u",
				   TREE_DEPTH_MAX);
	if (entry_ok(l, name))
		s = add_section(l, name);
	if (!s) {
		l->skipped++;
		return;
	}
	l->open[++l->depth] = s;
}

void load_section_end(struct load *l)
{
	if (l->skipped) {
		l->skipped--;
		return;
	}
	if (l->depth > 1) /* the list stays open */
		l->depth--;
}

/* Keys whose values are what their file would have in it. */
static bool has_octets(const struct value *v)
{
	static const char *const keys[] = { "certs", "cacerts", "pubkeys",
					    "cacert" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(v->key, keys[i]) == 0)
			return true;
	return false;
}

static void add_blob(struct load *l, struct value *v, struct slice octets)
{
	struct blob **at = &v->blobs;
	struct blob *blob = calloc(1, sizeof(*blob));

	if (!blob) {
		l->err = conf_no_memory(&l->e);
		return;
	}
	while (*at)
		at = &(*at)->next;
	*at = blob;
	blob->octets.ptr = (const uint8_t *)keep(l, octets);
	blob->octets.len = wr_ok(&l->file->text) ? octets.len : 0;
	v->text = "octets";
}

void load_value(struct load *l, struct slice name, struct slice text)
{
	struct value *v = add_value(l, name);

	if (!v)
		return;
	if (has_octets(v)) {
		add_blob(l, v, text);
		return;
	}
	v->text = keep(l, text);
	check_text(l, v, text);
}

void load_list(struct load *l, struct slice name)
{
	l->list = add_value(l, name);
	if (!l->list)
		return;
	l->follows = false;
	l->list->list = true;
	if (has_octets(l->list))
		return;
	l->list->text = (const char *)l->file->text.ptr + l->file->text.len;
}

void load_item(struct load *l, struct slice text)
{
	struct builder *b = &l->file->text;

	if (!l->list || l->err)
		return;
	if (has_octets(l->list)) {
		add_blob(l, l->list, text);
		return;
	}
	check_text(l, l->list, text);
	if (l->follows)
		wr_bytes(b, ", ", 2);
	l->follows = true;
	wr_bytes(b, text.ptr, text.len);
}

void load_list_end(struct load *l)
{
	if (l->list && !has_octets(l->list))
		wr_u8(&l->file->text, 0);
	l->list = NULL;
}

/* --- the whole --- */

struct load *load_new(enum load_kind kind, size_t room)
{
	struct load *l = calloc(1, sizeof(*l));
	const char *list = kinds[kind].list;

	if (!l)
		return NULL;
	l->kind = kind;
	l->file = tree_add_file(&l->tree, kinds[kind].command, 0,
				room + strlen(list) + 1);
	if (!l->file) {
		load_free(l);
		return NULL;
	}
	l->place.file = l->file->name;
	l->tree.root.place = l->place;
	l->open[0] = &l->tree.root;
	load_section(l, slice_of(list, strlen(list)));
	return l;
}

void load_free(struct load *l)
{
	if (!l)
		return;
	tree_free(&l->tree);
	free(l);
}

/* The only section of the message. */
static const struct section *only_of(struct load *l)
{
	const struct section *list = l->tree.root.sections;

	if (list->sections && !list->sections->next && !list->values)
		return list->sections;
	l->err = conf_fail(&l->e, &l->place, -EINVAL,
			   "it must hold one section with the %s's "
			   "name, and nothing else",
			   kinds[l->kind].what);
	return NULL;
}

/* NULL: something was wrong, and e says what. */
static const struct section *section_of(struct load *l, struct error *e)
{
	const struct section *sec;

	if (!l->err && !wr_ok(&l->file->text))
		l->err = conf_fail(&l->e, &l->place, -E2BIG,
				   "longer than was said");
	sec = l->err ? NULL : only_of(l);
	if (!sec)
		*e = l->e;
	return sec;
}

int load_conn(struct load *l, struct conn_conf *out, struct cert_list *certs,
	      struct error *e)
{
	const struct cert_source src = { .to = certs };
	const struct section *sec = section_of(l, e);

	if (!sec)
		return l->err;
	l->err = conn_fill(sec, &src, out, &l->e);
	out->from_vici = true;
	if (!l->err)
		return 0;
	conn_fini(out);
	*e = l->e;
	return l->err;
}

int load_pool(struct load *l, struct pool_conf *out, struct error *e)
{
	const struct section *sec = section_of(l, e);

	if (!sec)
		return l->err;
	l->err = pool_fill(sec, out, &l->e);
	out->from_vici = true;
	if (l->err)
		*e = l->e;
	return l->err;
}

int load_authority(struct load *l, struct authority *out,
		   struct cert_list *certs, struct error *e)
{
	const struct cert_source src = { .to = certs };
	const struct section *sec = section_of(l, e);

	if (!sec)
		return l->err;
	l->err = authority_fill(sec, &src, out, &l->e);
	out->from_vici = true;
	if (l->err)
		*e = l->e;
	return l->err;
}
