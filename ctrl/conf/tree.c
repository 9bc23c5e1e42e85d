// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/lexer.h"

struct parser {
	struct lexer lex;
	struct tree *tree;
	struct error *e;
};

static bool token_is(const struct token *t, const char *text)
{
	return strlen(text) == t->raw.len &&
	       memcmp(text, t->raw.ptr, t->raw.len) == 0;
}

/* Starts a string in the tree's buffer; the caller ends it with a NUL. */
static char *text_start(struct parser *p)
{
	return (char *)p->tree->text.ptr + p->tree->text.len;
}

static const char *keep_name(struct parser *p, const struct token *name)
{
	const char *text = text_start(p);

	token_write(name, &p->tree->text);
	wr_u8(&p->tree->text, 0);
	return text;
}

static int count_entry(struct parser *p, struct section *sec,
		       const struct token *name)
{
	if (++sec->n_entries <= TREE_ENTRIES_MAX)
		return 0;
	return conf_fail(p->e, &name->place, -E2BIG,
			 "section with more than %u entries; split it",
			 TREE_ENTRIES_MAX);
}

/* The parts of a value, joined by single spaces. */
static int parse_parts(struct parser *p, struct value *v)
{
	struct builder *text = &p->tree->text;
	size_t start = text->len;
	struct part **tail = &v->parts;
	struct token t;
	int err;

	v->text = text_start(p);
	for (;;) {
		err = lexer_next_part(&p->lex, &t);
		if (err)
			return err;
		if (t.type == TOKEN_VALUE_END)
			break;
		if (tail != &v->parts)
			wr_u8(text, ' ');
		*tail = calloc(1, sizeof(**tail));
		if (!*tail)
			return conf_no_memory(p->e);
		(*tail)->offset = text->len - start;
		(*tail)->place = t.place;
		tail = &(*tail)->next;
		token_write(&t, text);
	}
	wr_u8(text, 0);
	return 0;
}

/* The first value stays; the schema refuses the key by its name. */
static int skip_value(struct parser *p)
{
	struct token t;
	int err;

	do
		err = lexer_next_part(&p->lex, &t);
	while (!err && t.type != TOKEN_VALUE_END);
	return err;
}

static int parse_value(struct parser *p, struct section *sec,
		       const struct token *name)
{
	struct value **at = &sec->values;
	struct value *v;
	int err;

	for (; *at; at = &(*at)->next)
		if (token_is(name, (*at)->key))
			break;
	if (*at) {
		if (!(*at)->again.line)
			(*at)->again = name->place;
		return skip_value(p);
	}
	err = count_entry(p, sec, name);
	if (err)
		return err;
	v = calloc(1, sizeof(*v));
	if (!v)
		return conf_no_memory(p->e);
	*at = v;
	v->key = keep_name(p, name);
	v->place = name->place;
	v->section = sec;
	return parse_parts(p, v);
}

static int enter_section(struct parser *p, struct section *sec,
			 const struct token *name, struct section **out)
{
	struct section **at = &sec->sections;
	int err;

	for (; *at; at = &(*at)->next)
		if (token_is(name, (*at)->name))
			break;
	if (*at) {
		*out = *at;
		if (!(*at)->again.line)
			(*at)->again = name->place;
		return 0;
	}
	err = count_entry(p, sec, name);
	if (err)
		return err;
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return conf_no_memory(p->e);
	*at = *out;
	(*out)->name = keep_name(p, name);
	(*out)->place = name->place;
	(*out)->parent = sec;
	return 0;
}

static int parse_entries(struct parser *p, struct section *sec,
			 const struct place *opened, unsigned int depth);

static int parse_section(struct parser *p, struct section *sec,
			 const struct token *name, unsigned int depth)
{
	struct section *child;
	int err;

	if (depth == TREE_DEPTH_MAX)
		return conf_fail(p->e, &name->place, -E2BIG,
				 "sections nested deeper than %u; flatten them",
				 TREE_DEPTH_MAX);
	err = enter_section(p, sec, name, &child);
	if (err)
		return err;
	return parse_entries(p, child, &name->place, depth + 1);
}

/* What begins with a name: a key with its value, or a section. */
static int parse_entry(struct parser *p, struct section *sec,
		       const struct token *name, unsigned int depth)
{
	struct token t;
	int err;

	err = lexer_next(&p->lex, &t);
	if (err)
		return err;
	if (t.type == TOKEN_EQUALS)
		return parse_value(p, sec, name);
	if (t.type == TOKEN_OPEN)
		return parse_section(p, sec, name, depth);
	if (t.type == TOKEN_COLON)
		return conf_fail(p->e, &t.place, -EINVAL,
				 "references are not supported yet: write what "
				 "the other section holds into this one");
	return conf_fail(p->e, &name->place, -EINVAL,
			 "neither '=' nor '{' follows this name; "
			 "write NAME = VALUE or NAME { ... }");
}

/* Up to the section's '}', or for the root up to the text's end. */
static int parse_entries(struct parser *p, struct section *sec,
			 const struct place *opened, unsigned int depth)
{
	char shown[CONF_SHOWN_BYTES];
	struct token t;
	int err;

	for (;;) {
		err = lexer_next(&p->lex, &t);
		if (err)
			return err;
		if (t.type == TOKEN_END && depth)
			return conf_fail(p->e, opened, -EINVAL,
					 "section %s is not closed; add a '}'",
					 conf_shown(sec->name, shown));
		if (t.type == TOKEN_CLOSE && !depth)
			return conf_fail(p->e, &t.place, -EINVAL,
					 "'}' closes no section; remove it");
		if (t.type == TOKEN_END || t.type == TOKEN_CLOSE)
			return 0;
		if (t.type == TOKEN_INCLUDE)
			return conf_fail(p->e, &t.place, -EINVAL,
					 "include is not supported yet: put "
					 "the sections into this file");
		if (t.type != TOKEN_NAME)
			return conf_fail(p->e, &t.place, -EINVAL,
					 "'%c' without a name before it; "
					 "write NAME = VALUE or NAME { ... }",
					 t.raw.ptr[0]);
		err = parse_entry(p, sec, &t, depth);
		if (err)
			return err;
	}
}

int tree_parse(const char *file, struct slice text, struct tree *out,
	       struct error *e)
{
	struct parser p = { .tree = out, .e = e };
	/*
	 * Enough by the grammar: a name's NUL stands for its '=' or '{', the
	 * space between parts for a blank or a quote, a value's NUL for what
	 * ended it, and only the text's end has no octet of its own.
	 */
	size_t room = text.len + 1;
	char *buf;
	int err;

	*out = (struct tree){ .root.place = { file, 1, 1 } };
	err = lexer_init(&p.lex, file, text, e);
	if (err)
		return err;
	buf = malloc(room);
	if (!buf)
		return conf_no_memory(e);
	out->text = wr_init(buf, room);
	err = parse_entries(&p, &out->root, NULL, 0);
	if (!err && !wr_ok(&out->text))
		return error_set(e, -E2BIG, "%s: longer when read", file);
	return err;
}

static void values_free(struct value *v)
{
	while (v) {
		struct value *next = v->next;

		while (v->parts) {
			struct part *part = v->parts;

			v->parts = part->next;
			free(part);
		}
		free(v);
		v = next;
	}
}

/* As deep as the tree: TREE_DEPTH_MAX. */
static void section_clear(struct section *s)
{
	while (s->sections) {
		struct section *child = s->sections;

		s->sections = child->next;
		section_clear(child);
		free(child);
	}
	values_free(s->values);
	s->values = NULL;
}

void tree_free(struct tree *t)
{
	section_clear(&t->root);
	if (t->text.ptr)
		explicit_bzero(t->text.ptr, t->text.room);
	free(t->text.ptr);
	t->text = wr_init(NULL, 0);
}

const struct section *tree_section(const struct section *s, const char *name)
{
	const struct section *child = s->sections;

	while (child && strcmp(child->name, name) != 0)
		child = child->next;
	return child;
}

const struct value *tree_value(const struct section *s, const char *key)
{
	const struct value *v = s->values;

	while (v && strcmp(v->key, key) != 0)
		v = v->next;
	return v;
}

/* Returns the path's length, the NUL not counted. */
static size_t path_write(const struct section *s, char *buf)
{
	size_t len;

	buf[0] = '\0';
	if (!s->parent)
		return 0;
	len = path_write(s->parent, buf);
	len += (size_t)snprintf(buf + len, TREE_PATH_MAX - len, "%s%s",
				len ? "." : "", s->name);
	return len;
}

void tree_path(const struct section *s, char *buf)
{
	path_write(s, buf);
}

void value_path(const struct value *v, char *buf)
{
	size_t len = path_write(v->section, buf);

	snprintf(buf + len, TREE_PATH_MAX - len, "%s%s", len ? "." : "", v->key);
}

struct place value_place(const struct value *v, size_t offset)
{
	const struct part *part = v->parts;
	struct place place;

	if (!part)
		return v->place;
	while (part->next && part->next->offset <= offset)
		part = part->next;
	place = part->place;
	place.column += (unsigned int)(offset - part->offset);
	return place;
}

int value_fail(struct error *e, const struct value *v, int err, const char *fmt,
	       ...)
{
	struct place place = value_place(v, 0);
	char path[TREE_PATH_MAX];
	char text[ERROR_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	value_path(v, path);
	return conf_fail(e, &place, err, "%s %s", path, text);
}
