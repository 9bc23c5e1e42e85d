// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/lexer.h"

#include <errno.h>
#include <string.h>

#include "ctrl/conf/fail.h"

/* The octet n places ahead, or -1 behind the text's end. */
static int peek(const struct lexer *l, size_t n)
{
	return l->rest.len > n ? l->rest.ptr[n] : -1;
}

static void advance(struct lexer *l)
{
	if (l->rest.ptr[0] == '\n') {
		l->at.line++;
		l->at.column = 1;
	} else {
		l->at.column++;
	}
	l->rest.ptr++;
	l->rest.len--;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool one_of(int c, const char *set)
{
	return c > 0 && strchr(set, c);
}

/* strongswan.conf(5), SYNTAX: what can't stand in a name. */
static bool ends_name(int c)
{
	return c < 0 || one_of(c, ".,:{}=\"#\r\n\t ");
}

static bool ends_word(int c)
{
	return c < 0 || one_of(c, "}\"#\r\n\t ");
}

static bool is_control(int c)
{
	return (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
}

int lexer_init(struct lexer *l, const char *file, struct slice text,
	       struct error *e)
{
	struct place start = { .file = file, .line = 1, .column = 1 };

	*l = (struct lexer){ .rest = text, .at = start, .e = e };
	for (; l->rest.len; advance(l)) {
		int c = peek(l, 0);

		if (is_control(c))
			return conf_fail(e, &l->at, -EINVAL,
					 "%s in a text file; remove it",
					 c ? "control character" : "NUL octet");
		if (l->at.column > CONF_LINE_MAX && c != '\n')
			return conf_fail(e, &l->at, -E2BIG,
					 "line longer than %u octets; break it",
					 CONF_LINE_MAX);
	}
	l->rest = text;
	l->at = start;
	return 0;
}

static void skip_comment(struct lexer *l)
{
	while (peek(l, 0) >= 0 && peek(l, 0) != '\n')
		advance(l);
}

static void skip_space(struct lexer *l)
{
	for (;;) {
		int c = peek(l, 0);

		if (c == '#')
			skip_comment(l);
		else if (is_blank(c) || c == '\n')
			advance(l);
		else
			return;
	}
}

/* `include PATTERN` is a statement, `include = x` an ordinary key. */
static bool is_include(const struct lexer *l, const struct token *name)
{
	static const char word[] = "include";
	size_t n = 0;

	if (name->raw.len != sizeof(word) - 1 ||
	    memcmp(name->raw.ptr, word, sizeof(word) - 1) != 0)
		return false;
	while (peek(l, n) == ' ' || peek(l, n) == '\t')
		n++;
	return n > 0 && peek(l, n) != '=';
}

/*
 * Hexadecimal digits or base64 where a name belongs are most likely a key whose
 * '=' is missing, on another line or on its other side. Errors show names, but
 * never keys; strongSwan would take such a name.
 */
static int read_name(struct lexer *l, struct token *out)
{
	while (!ends_name(peek(l, 0))) {
		advance(l);
		out->raw.len++;
	}
	if (conf_key_like(out->raw))
		return conf_fail(l->e, &out->place, -EINVAL,
				 "a name can't begin with 0x or 0s, nor hold %u "
				 "hexadecimal digits in a row; write KEY = "
				 "VALUE on one line",
				 CONF_KEY_DIGITS);
	if (out->raw.len >= CONF_NAME_MAX)
		return conf_fail(l->e, &out->place, -E2BIG,
				 "name longer than %u octets; shorten it",
				 CONF_NAME_MAX - 1);
	out->type = is_include(l, out) ? TOKEN_INCLUDE : TOKEN_NAME;
	return 0;
}

bool lexer_is_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (ends_name(name.ptr[i]) || is_control(name.ptr[i]))
			return false;
	return name.len > 0 && name.len < CONF_NAME_MAX && !conf_key_like(name);
}

static int read_sign(struct lexer *l, enum token_type type, struct token *out)
{
	out->type = type;
	out->raw.len = 1;
	advance(l);
	return 0;
}

static void token_start(const struct lexer *l, struct token *out)
{
	out->raw = slice_of(l->rest.ptr, 0);
	out->place = l->at;
}

int lexer_next(struct lexer *l, struct token *out)
{
	int c;

	skip_space(l);
	token_start(l, out);
	c = peek(l, 0);
	switch (c) {
	case -1:
		out->type = TOKEN_END;
		return 0;
	case '{':
		return read_sign(l, TOKEN_OPEN, out);
	case '}':
		return read_sign(l, TOKEN_CLOSE, out);
	case '=':
		return read_sign(l, TOKEN_EQUALS, out);
	case ':':
		return read_sign(l, TOKEN_COLON, out);
	case '"':
		return conf_fail(l->e, &l->at, -EINVAL,
				 "string without a key; write KEY = \"...\"");
	case '.':
	case ',':
		return conf_fail(l->e, &l->at, -EINVAL,
				 "'%c' can't stand in a name; remove it", c);
	default:
		return read_name(l, out);
	}
}

int lexer_next_reference(struct lexer *l, struct token *out)
{
	skip_space(l);
	token_start(l, out);
	if (peek(l, 0) == ',')
		return read_sign(l, TOKEN_COMMA, out);
	if (peek(l, 0) == '{')
		return read_sign(l, TOKEN_OPEN, out);
	out->type = TOKEN_NAME;
	while (!ends_name(peek(l, 0)) || peek(l, 0) == '.') {
		advance(l);
		out->raw.len++;
	}
	if (!out->raw.len || conf_key_like(out->raw))
		return conf_fail(l->e, &out->place, -EINVAL,
				 "after ':' names of sections must follow, and "
				 "a '{'; write NAME : OTHER, OTHER { ... }");
	return 0;
}

/* A backslash protects the next character, also a quote or a newline. */
static int read_string(struct lexer *l, struct token *out)
{
	struct place quote = l->at;

	advance(l);
	token_start(l, out);
	out->type = TOKEN_STRING;
	while (peek(l, 0) != '"') {
		size_t octets = peek(l, 0) == '\\' ? 2 : 1;

		if (l->rest.len < octets)
			return conf_fail(l->e, &quote, -EINVAL,
					 "string is not closed; add a '\"'");
		out->raw.len += octets;
		while (octets--)
			advance(l);
	}
	advance(l);
	return 0;
}

int lexer_next_part(struct lexer *l, struct token *out)
{
	int c;

	while (is_blank(peek(l, 0)))
		advance(l);
	token_start(l, out);
	c = peek(l, 0);
	if (c == '"')
		return read_string(l, out);
	out->type = ends_word(c) ? TOKEN_VALUE_END : TOKEN_WORD;
	while (!ends_word(peek(l, 0))) {
		advance(l);
		out->raw.len++;
	}
	return 0;
}

/* What a backslash and c stand for; a backslash at the line's end joins. */
static void write_escaped(uint8_t c, struct builder *b)
{
	switch (c) {
	case 'n':
		wr_u8(b, '\n');
		return;
	case 'r':
		wr_u8(b, '\r');
		return;
	case 't':
		wr_u8(b, '\t');
		return;
	case '\n':
		return;
	default:
		wr_u8(b, c);
	}
}

void token_write(const struct token *t, struct builder *b)
{
	struct slice s = t->raw;
	bool escaped = false;
	uint8_t c;

	if (t->type != TOKEN_STRING) {
		wr_bytes(b, s.ptr, s.len);
		return;
	}
	while (rd_u8(&s, &c)) {
		if (c == '\r')
			continue; /* of a line's end, escaped or not */
		if (escaped) {
			write_escaped(c, b);
			escaped = false;
		} else if (c == '\\') {
			escaped = true;
		} else {
			wr_u8(b, c);
		}
	}
}
