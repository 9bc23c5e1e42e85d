/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text into tokens, each with its place. The grammar is that of
 * strongswan.conf(5): what a character means depends on whether a value is
 * being read, so there are two readers and the parser knows which one it
 * needs. Nothing is copied: a token is a slice of the text.
 *
 * Control thread. Columns count octets.
 */
#ifndef CYG_CONF_LEXER_H
#define CYG_CONF_LEXER_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/config.h"

#define CONF_LINE_MAX 4096 /* octets without the newline */

enum token_type {
	/* outside of values */
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_OPEN,    /* { */
	TOKEN_CLOSE,   /* } */
	TOKEN_EQUALS,  /* = */
	TOKEN_COLON,   /* : */
	TOKEN_COMMA,   /* between references alone */
	TOKEN_INCLUDE, /* the statement, not a key of that name */
	/* inside a value */
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_VALUE_END,
};

struct token {
	enum token_type type;
	struct slice raw; /* a string's without its quotes, escapes as written */
	struct place place; /* of the first octet of raw */
};

struct lexer {
	struct slice rest;
	struct place at; /* of the first octet of rest */
	struct error *e;
};

/*
 * Checks what must hold for the whole text, then stands at its start.
 *
 * file, text, e   borrowed for the life of the lexer and its tokens
 *
 * 0, -EINVAL (NUL or another control character), -E2BIG (overlong line).
 */
int lexer_init(struct lexer *l, const char *file, struct slice text,
	       struct error *e);

/*
 * The next token outside of values; blanks, newlines and comments are skipped.
 *
 * 0, -EINVAL (a character that can't stand here), -E2BIG (overlong name).
 */
int lexer_next(struct lexer *l, struct token *out);

/*
 * The next part of a value: a word, a string, or its end at a newline, a
 * comment, a '}' or the text's end, none of which is consumed.
 *
 * 0, -EINVAL (unterminated string).
 */
int lexer_next_part(struct lexer *l, struct token *out);

/*
 * What follows the ':' of a section: a name with dots in it (TOKEN_NAME), a ',' or the
 * '{'. 0, -EINVAL (anything else), -E2BIG.
 */
int lexer_next_reference(struct lexer *l, struct token *out);

/* Could it stand in a text as a name? For names that come another way. */
bool lexer_is_name(struct slice name);

/* Writes what the token means, escapes resolved: never longer than raw. */
void token_write(const struct token *t, struct builder *b);

#endif
