// SPDX-License-Identifier: BSD-2-Clause
/* Names as text, read and written. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/model/dn.h"
#include "ctrl/model/dn_walk.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define OID_MAX	  16  /* octets */
#define VALUE_MAX 256 /* octets */

#define OF_NAMES(n)  "\x55\x04" n, 3
#define OF_PKCS9(n)  "\x2a\x86\x48\x86\xf7\x0d\x01\x09" n, 9
#define OF_PILOT(n)  "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01" n, 10
#define OF_PERSON(n) "\x60\x86\x48\x01\x86\xf8\x42\x03\x01" n, 10

/* The first one of an attribute is how it is written. */
static const struct keyword {
	const char *text;
	const char *oid;
	size_t oid_len;
	uint8_t tag; /* 0: PrintableString where it can be one */
} keywords[] = {
	{ "CN", OF_NAMES("\x03"), 0 },
	{ "S", OF_NAMES("\x04"), 0 },
	{ "SN", OF_NAMES("\x05"), 0 },
	{ "serialNumber", OF_NAMES("\x05"), 0 },
	{ "C", OF_NAMES("\x06"), 0 },
	{ "L", OF_NAMES("\x07"), 0 },
	{ "ST", OF_NAMES("\x08"), 0 },
	{ "street", OF_NAMES("\x09"), 0 },
	{ "O", OF_NAMES("\x0a"), 0 },
	{ "OU", OF_NAMES("\x0b"), 0 },
	{ "T", OF_NAMES("\x0c"), 0 },
	{ "D", OF_NAMES("\x0d"), 0 },
	{ "postalCode", OF_NAMES("\x11"), 0 },
	{ "N", OF_NAMES("\x29"), 0 },
	{ "G", OF_NAMES("\x2a"), 0 },
	{ "I", OF_NAMES("\x2b"), 0 },
	{ "ID", OF_NAMES("\x2d"), 0 },
	{ "dnQualifier", OF_NAMES("\x2e"), 0 },
	{ "E", OF_PKCS9("\x01"), DER_IA5 },
	{ "Email", OF_PKCS9("\x01"), DER_IA5 },
	{ "emailAddress", OF_PKCS9("\x01"), DER_IA5 },
	{ "UN", OF_PKCS9("\x02"), 0 },
	{ "unstructuredName", OF_PKCS9("\x02"), 0 },
	{ "UA", OF_PKCS9("\x08"), 0 },
	{ "unstructuredAddress", OF_PKCS9("\x08"), 0 },
	{ "UID", OF_PILOT("\x01"), 0 },
	{ "DC", OF_PILOT("\x19"), DER_IA5 },
	{ "EN", OF_PERSON("\x03"), 0 },
	{ "employeeNumber", OF_PERSON("\x03"), 0 },
};

/* --- read */

struct text_attr {
	uint8_t oid[OID_MAX];
	size_t oid_len;
	uint8_t tag; /* 0: by the value */
	uint8_t value[VALUE_MAX];
	size_t value_len;
};

static int fail_attr(struct error *e)
{
	return error_set(e, -EINVAL,
			 "what stands before a '=' is no attribute of a "
			 "distinguished name (C, ST, L, O, OU, CN, E, DC, UID, "
			 "…, or a number such as 2.5.4.3); write keyid: before "
			 "a text that is no distinguished name");
}

static int fail_value(struct error *e)
{
	return error_set(e, -EINVAL,
			 "an attribute of a distinguished name has no value, or "
			 "one of more than %d octets; write ATTRIBUTE=VALUE, or "
			 "'*' for any value",
			 VALUE_MAX);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Base 128, the most significant octet first (X.690 section 8.19). */
static bool put_arc(struct text_attr *a, unsigned long arc)
{
	int septets = 1;

	while (septets < 9 && arc >> 7 * septets)
		septets++;
	if (a->oid_len + (size_t)septets > OID_MAX)
		return false;
	while (septets--)
		a->oid[a->oid_len++] = (uint8_t)((arc >> 7 * septets & 0x7f) |
						 (septets ? 0x80U : 0U));
	return true;
}

static bool set_number(struct text_attr *a, const char *text, size_t len)
{
	unsigned long first = 0, arc;
	const char *end = text + len;
	char *after;

	for (size_t n = 0; text < end; n++, text = after) {
		if (n && *text++ != '.')
			return false;
		if (!isdigit((unsigned char)*text))
			return false;
		errno = 0;
		arc = strtoul(text, &after, 10);
		if (errno || arc > UINT32_MAX || (n == 0 && arc > 2) ||
		    (n == 1 && first < 2 && arc > 39))
			return false;
		if (n == 0)
			first = arc;
		else if (!put_arc(a, n == 1 ? first * 40 + arc : arc))
			return false;
	}
	return a->oid_len > 1;
}

static bool set_oid(struct text_attr *a, const char *text, size_t len)
{
	if (len && isdigit((unsigned char)text[0]))
		return set_number(a, text, len);
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
		const struct keyword *k = &keywords[i];

		if (strlen(k->text) != len ||
		    strncasecmp(k->text, text, len) != 0)
			continue;
		memcpy(a->oid, k->oid, k->oid_len);
		a->oid_len = k->oid_len;
		a->tag = k->tag;
		return true;
	}
	return false;
}

static uint8_t digit_value(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0'
						   : (c | 0x20) - 'a' + 10);
}

/* To the separator or the end, which text stands on then. */
static bool set_value(struct text_attr *a, const char **text, char separator)
{
	const char *c = *text;
	size_t trimmed = 0; /* with what is no blank at its end */

	while (*c && *c != separator) {
		bool escaped = *c == '\\';
		uint8_t octet;

		c += escaped;
		if (!*c || a->value_len == sizeof(a->value))
			return false;
		octet = (uint8_t)*c;
		if (escaped && isxdigit((unsigned char)c[0]) &&
		    isxdigit((unsigned char)c[1])) {
			octet = (uint8_t)(digit_value(c[0]) << 4 |
					  digit_value(c[1]));
			c++;
		}
		a->value[a->value_len++] = octet;
		if (escaped || !is_blank(*c))
			trimmed = a->value_len;
		c++;
	}
	a->value_len = trimmed;
	*text = c;
	return trimmed > 0;
}

/* X.680 section 41.4. */
static bool is_printable(const struct text_attr *a)
{
	for (size_t i = 0; i < a->value_len; i++)
		if (!a->value[i] || a->value[i] >= 0x80 ||
		    (!isalnum(a->value[i]) &&
		     !strchr(" '()+,-./:=?", a->value[i])))
			return false;
	return true;
}

static size_t length_bytes(size_t len)
{
	return len < 0x80 ? 1 : len < 0x100 ? 2 : 3;
}

static size_t tlv_bytes(size_t len)
{
	return 1 + length_bytes(len) + len;
}

static void put_head(struct builder *b, uint8_t tag, size_t len)
{
	wr_u8(b, tag);
	if (length_bytes(len) > 1)
		wr_u8(b, (uint8_t)(0x80 | (length_bytes(len) - 1)));
	if (length_bytes(len) > 2)
		wr_u8(b, (uint8_t)(len >> 8));
	wr_u8(b, (uint8_t)len);
}

static void put_attr(struct builder *b, const struct text_attr *a)
{
	size_t pair = tlv_bytes(a->oid_len) + tlv_bytes(a->value_len);
	uint8_t tag = a->tag;

	if (!tag)
		tag = is_printable(a) ? DER_PRINTABLE : DER_UTF8;
	put_head(b, DER_SET, tlv_bytes(pair));
	put_head(b, DER_SEQUENCE, pair);
	put_head(b, DER_OID, a->oid_len);
	wr_bytes(b, a->oid, a->oid_len);
	put_head(b, tag, a->value_len);
	wr_bytes(b, a->value, a->value_len);
}

static int parse_attr(const char **text, char separator, struct text_attr *a,
		      struct error *e)
{
	const char *from = *text;
	size_t len;

	while (is_blank(*from))
		from++;
	len = strcspn(from, "=");
	if (!from[len])
		return fail_attr(e);
	*text = from + len + 1;
	while (len && is_blank(from[len - 1]))
		len--;
	if (!set_oid(a, from, len))
		return fail_attr(e);
	while (is_blank(**text))
		(*text)++;
	return set_value(a, text, separator) ? 0 : fail_value(e);
}

/* Behind each other; the head that is around them comes last. */
static int parse_attrs(const char *text, struct builder *rdns, struct error *e)
{
	const char separator = *text == '/' ? '/' : ',';

	if (*text == '/')
		text++;
	for (;;) {
		struct text_attr a = { .oid_len = 0 };
		int err = parse_attr(&text, separator, &a, e);

		if (err)
			return err;
		put_attr(rdns, &a);
		if (!*text++)
			return 0;
	}
}

int dn_parse(const char *text, uint8_t *out, size_t room, size_t *len,
	     struct error *e)
{
	uint8_t octets[2 * VALUE_MAX];
	struct builder rdns = wr_init(octets, sizeof(octets));
	struct builder name = wr_init(out, room);
	int err;

	while (is_blank(*text))
		text++;
	err = parse_attrs(text, &rdns, e);
	if (err)
		return err;
	put_head(&name, DER_SEQUENCE, rdns.len);
	wr_bytes(&name, octets, rdns.len);
	if (!wr_ok(&rdns) || !wr_ok(&name))
		return error_set(e, -EINVAL,
				 "a distinguished name has at most %zu octets; "
				 "shorten it",
				 room);
	*len = name.len;
	return 0;
}

/* --- written */

/* Characters into a buffer that always has its NUL. */
struct text {
	char *at;
	size_t room;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *t,
						      const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->at, t->room, fmt, args);
	va_end(args);
	t->full = t->full || n < 0 || (size_t)n >= t->room;
	if (!t->full) {
		t->at += n;
		t->room -= (size_t)n;
	}
}

static void say_number(struct text *t, struct slice oid)
{
	uint64_t arc = 0;

	for (size_t i = 0, n = 0; i < oid.len; i++) {
		arc = arc << 7 | (oid.ptr[i] & 0x7f);
		if (arc > UINT32_MAX) {
			t->full = true;
			return;
		}
		if (oid.ptr[i] & 0x80)
			continue;
		if (n++)
			say(t, ".%llu", (unsigned long long)arc);
		else if (arc < 80)
			say(t, "%d.%d", (int)(arc / 40), (int)(arc % 40));
		else
			say(t, "2.%llu", (unsigned long long)(arc - 80));
		arc = 0;
	}
}

static void say_oid(struct text *t, struct slice oid)
{
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (oid.len == keywords[i].oid_len &&
		    memcmp(oid.ptr, keywords[i].oid, oid.len) == 0) {
			say(t, "%s", keywords[i].text);
			return;
		}
	say_number(t, oid);
}

static void say_value(struct text *t, struct slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];
		bool at_end = i == 0 || i + 1 == value.len;

		if (c < ' ' || c > '~')
			say(t, "\\%02X", c);
		else if (strchr(",+\"\\<>;", c) || (c == ' ' && at_end) ||
			 (c == '#' && i == 0))
			say(t, "\\%c", c);
		else
			say(t, "%c", c);
	}
}

bool dn_str(struct slice der, char *buf, size_t max)
{
	struct text t = { .at = buf, .room = max };
	struct dn_walk w = dn_walk(der);
	struct dn_attr a;
	size_t n = 0;

	while (dn_walk_next(&w, &a)) {
		if (!a.begins || !dn_is_text(a.tag) || !a.value.len ||
		    a.value.len > VALUE_MAX || a.oid.len > OID_MAX)
			return false;
		say(&t, "%s", n++ ? ", " : "");
		say_oid(&t, a.oid);
		say(&t, "=");
		say_value(&t, a.value);
	}
	return !w.bad && n > 0 && !t.full;
}
