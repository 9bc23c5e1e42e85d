// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/conf.h"
#include "ctrl/conf/fail.h"
#include "ctrl/conf/file.h"
#include "ctrl/conf/include.h"
#include "ctrl/conf/lexer.h"
#include "ctrl/conf/refer.h"

struct parser {
	struct lexer lex;
	struct tree *tree;
	struct tree_file *file; /* what lex reads */
	unsigned int includes;	/* that led to it */
	struct error *e;
};

static bool token_is(const struct token *t, const char *text)
{
	return strlen(text) == t->raw.len &&
	       memcmp(text, t->raw.ptr, t->raw.len) == 0;
}

/* Starts a string in the file's buffer; the caller ends it with a NUL. */
static char *text_start(struct parser *p)
{
	return (char *)p->file->text.ptr + p->file->text.len;
}

static const char *keep_text(struct parser *p, const struct token *t)
{
	const char *text = text_start(p);

	token_write(t, &p->file->text);
	wr_u8(&p->file->text, 0);
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

/* --- values */

/* The parts of a value, joined by single spaces. */
static int parse_parts(struct parser *p, struct value *v)
{
	struct builder *text = &p->file->text;
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

/* In its own file a mistake, in another one a better word. */
static int repeat_value(struct parser *p, struct value *v,
			const struct token *name)
{
	if (v->place.file == name->place.file) {
		if (!v->again.line)
			v->again = name->place;
		return skip_value(p);
	}
	v->place = name->place;
	value_clear(v);
	return parse_parts(p, v);
}

static int parse_value(struct parser *p, struct section *sec,
		       const struct token *name)
{
	struct value **at = &sec->values;
	struct value *v;
	int err;

	for (; *at; at = &(*at)->next)
		if (token_is(name, (*at)->key))
			return repeat_value(p, *at, name);
	err = count_entry(p, sec, name);
	if (err)
		return err;
	v = calloc(1, sizeof(*v));
	if (!v)
		return conf_no_memory(p->e);
	*at = v;
	v->text = "";
	v->key = keep_text(p, name);
	v->place = name->place;
	v->section = sec;
	return parse_parts(p, v);
}

/* --- sections */

static void repeat_section(struct section *sec, const struct token *name)
{
	if (sec->again.line)
		return;
	if (sec->opened.file == name->place.file)
		sec->again = name->place;
	else
		sec->opened = name->place;
}

static int enter_section(struct parser *p, struct section *sec,
			 const struct token *name, struct section **out)
{
	struct section **at = &sec->sections;
	int err;

	for (; *at; at = &(*at)->next)
		if (token_is(name, (*at)->name))
			break;
	*out = *at;
	if (*out) {
		repeat_section(*out, name);
		return 0;
	}
	err = count_entry(p, sec, name);
	if (err)
		return err;
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return conf_no_memory(p->e);
	*at = *out;
	(*out)->name = keep_text(p, name);
	(*out)->place = name->place;
	(*out)->opened = name->place;
	(*out)->parent = sec;
	return 0;
}

static int parse_entries(struct parser *p, struct section *sec,
			 const struct place *opened, unsigned int depth);

static int add_reference(struct parser *p, struct section *sec,
			 const struct token *name)
{
	struct reference **at = &sec->references;
	unsigned int n = 0;

	for (; *at; at = &(*at)->next)
		n++;
	if (n == REFER_OF_ONE_MAX)
		return conf_fail(p->e, &name->place, -E2BIG,
				 "more than %u references of one section; put "
				 "some of what they hold together",
				 REFER_OF_ONE_MAX);
	*at = calloc(1, sizeof(**at));
	if (!*at)
		return conf_no_memory(p->e);
	(*at)->name = keep_text(p, name);
	(*at)->place = name->place;
	return 0;
}

/* Up to the '{'; names and commas in turn. */
static int parse_references(struct parser *p, struct section *sec)
{
	struct token t;
	int err;

	do {
		err = lexer_next_reference(&p->lex, &t);
		if (!err && t.type != TOKEN_NAME)
			err = conf_fail(p->e, &t.place, -EINVAL,
					"the name of a section is missing "
					"before '%c'; write NAME : OTHER, "
					"OTHER { ... }",
					t.raw.ptr[0]);
		if (!err)
			err = add_reference(p, sec, &t);
		if (!err)
			err = lexer_next_reference(&p->lex, &t);
	} while (!err && t.type == TOKEN_COMMA);
	if (err || t.type == TOKEN_OPEN)
		return err;
	return conf_fail(p->e, &t.place, -EINVAL,
			 "',' or '{' is missing before this name");
}

static int parse_section(struct parser *p, struct section *sec,
			 const struct token *name, bool refers,
			 unsigned int depth)
{
	struct section *child;
	int err;

	if (depth == TREE_DEPTH_MAX)
		return conf_fail(p->e, &name->place, -E2BIG,
				 "sections nested deeper than %u; flatten them",
				 TREE_DEPTH_MAX);
	err = enter_section(p, sec, name, &child);
	if (!err && refers)
		err = parse_references(p, child);
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
	if (t.type == TOKEN_OPEN || t.type == TOKEN_COLON)
		return parse_section(p, sec, name, t.type == TOKEN_COLON, depth);
	return conf_fail(p->e, &name->place, -EINVAL,
			 "neither '=' nor '{' follows this name; "
			 "write NAME = VALUE or NAME { ... }");
}

/* --- files */

/* A whole text, whose entries belong to sec. */
static int parse_text(struct parser *p, const struct parse_source *src,
		      struct section *sec, unsigned int depth)
{
	/*
	 * Enough by the grammar: a name's NUL stands for its '=' or '{', the
	 * space between parts for a blank or a quote, a value's NUL for what
	 * ended it, and only the text's end has no octet of its own.
	 */
	size_t room = src->text.len + 1;
	int err;

	if (src->text.len > CONF_FILE_MAX)
		return error_set(p->e, -E2BIG,
				 "%s: larger than %u octets; is this the "
				 "configuration?",
				 src->name, CONF_FILE_MAX);
	p->file = tree_add_file(p->tree, src->name, src->mode, room);
	if (!p->file)
		return conf_no_memory(p->e);
	if (!sec->place.line) /* the root has no name that stands somewhere */
		sec->place = (struct place){ p->file->name, 1, 1 };
	err = lexer_init(&p->lex, p->file->name, src->text, p->e);
	if (err)
		return err;
	err = parse_entries(p, sec, NULL, depth);
	if (!err && !wr_ok(&p->file->text))
		return error_set(p->e, -E2BIG, "%s: longer when read",
				 src->name);
	return err;
}

static int include_file(struct parser *p, const char *path, struct section *sec,
			unsigned int depth)
{
	struct tree_file *outer_file = p->file;
	struct lexer outer = p->lex;
	struct file_text f;
	int err = file_read(path, CONF_FILE_MAX, &f, p->e);

	if (!err) {
		struct parse_source src = {
			.name = path,
			.text = slice_of(f.octets.ptr, f.octets.len),
			.mode = f.mode,
		};

		p->includes++;
		err = parse_text(p, &src, sec, depth);
		p->includes--;
	}
	file_wipe(&f);
	p->lex = outer;
	p->file = outer_file;
	return err;
}

static int check_include(const struct parser *p, const struct place *at)
{
	if (p->file->mode == 0)
		return conf_fail(p->e, at, -EINVAL,
				 "include is for files, and this is none: put "
				 "the sections here");
	if (p->includes == INCLUDE_DEPTH_MAX)
		return conf_fail(p->e, at, -E2BIG,
				 "files that include files, more than %u deep; "
				 "does one include itself?",
				 INCLUDE_DEPTH_MAX);
	return 0;
}

/* One word or one string behind the word include. */
static int read_pattern(struct parser *p, const struct place *at,
			const char **out)
{
	struct token t, more;
	int err;

	err = lexer_next_part(&p->lex, &t);
	if (err)
		return err;
	if (t.raw.len == 0)
		return conf_fail(p->e, at, -EINVAL,
				 "include names no file; write include FILE");
	*out = keep_text(p, &t);
	err = lexer_next_part(&p->lex, &more);
	if (err || more.type == TOKEN_VALUE_END)
		return err;
	return conf_fail(p->e, &more.place, -EINVAL,
			 "include takes one name; write a line for each, and "
			 "\"...\" around a name with blanks");
}

static int parse_include(struct parser *p, struct section *sec,
			 const struct place *at, unsigned int depth)
{
	const char *pattern = "";
	glob_t found;
	int err;

	err = check_include(p, at);
	if (!err)
		err = read_pattern(p, at, &pattern);
	if (!err)
		err = include_find(pattern, at, &found, p->e);
	if (err)
		return err;
	for (size_t i = 0; i < found.gl_pathc && !err; i++) {
		if (p->tree->n_files == INCLUDE_FILES_MAX)
			err = conf_fail(p->e, at, -E2BIG,
					"more than %u files; put some together",
					INCLUDE_FILES_MAX);
		else
			err = include_file(p, found.gl_pathv[i], sec, depth);
	}
	globfree(&found);
	return err;
}

/* --- what a section holds */

static int fail_no_name(struct parser *p, const struct token *t)
{
	return conf_fail(p->e, &t->place, -EINVAL,
			 "'%c' without a name before it; "
			 "write NAME = VALUE or NAME { ... }",
			 t->raw.ptr[0]);
}

/* At the end of a text, or at a '}'. opened: NULL for a whole text. */
static int check_end(struct parser *p, const struct section *sec,
		     const struct place *opened, const struct token *t)
{
	char shown[CONF_SHOWN_BYTES];

	if (t->type == TOKEN_END && opened)
		return conf_fail(p->e, opened, -EINVAL,
				 "section %s is not closed; add a '}'",
				 conf_shown(sec->name, shown));
	if (t->type == TOKEN_CLOSE && !opened)
		return conf_fail(p->e, &t->place, -EINVAL,
				 "'}' closes no section; remove it");
	return 0;
}

/* Up to the section's '}', or to the end of a whole text. */
static int parse_entries(struct parser *p, struct section *sec,
			 const struct place *opened, unsigned int depth)
{
	struct token t;
	int err;

	for (;;) {
		err = lexer_next(&p->lex, &t);
		if (err)
			return err;
		if (t.type == TOKEN_END || t.type == TOKEN_CLOSE)
			return check_end(p, sec, opened, &t);
		if (t.type == TOKEN_INCLUDE)
			err = parse_include(p, sec, &t.place, depth);
		else if (t.type == TOKEN_NAME)
			err = parse_entry(p, sec, &t, depth);
		else
			err = fail_no_name(p, &t);
		if (err)
			return err;
	}
}

int parse_tree(const struct parse_source *src, struct tree *out, struct error *e)
{
	struct parser p = { .tree = out, .e = e };
	int err;

	*out = (struct tree){ .n_files = 0 };
	err = parse_text(&p, src, &out->root, 0);
	return err ? err : refer_all(&out->root, e);
}
