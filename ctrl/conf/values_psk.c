// SPDX-License-Identifier: BSD-2-Clause
/*
 * Secrets: no error says more of one than how it begins and that it is too
 * long. What was read before a failure is wiped by config_free(), as the rest.
 */
#include "ctrl/conf/values_psk.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "ctrl/conf/values.h"
#include "ctrl/model/conn.h"

/* 0..63 (RFC 4648 section 4), or -1. Without a table: no index is secret. */
static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/*
 * Groups of four digits, the last one filled up with '='. Bits that no octet has
 * don't count, as in strongSwan. -EINVAL, -E2BIG.
 */
static int read_base64(const char *text, struct secret *out)
{
	size_t digits = strcspn(text, "=");
	size_t pad = strlen(text + digits);
	uint32_t bits = 0;

	if (digits == 0 || digits % 4 == 1 || pad != (4 - digits % 4) % 4 ||
	    strspn(text + digits, "=") != pad)
		return -EINVAL;
	if (digits / 4 * 3 + digits % 4 * 3 / 4 > sizeof(out->octets))
		return -E2BIG;
	for (size_t i = 0; i < digits; i++) {
		int digit = base64_digit(text[i]);

		if (digit < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)digit;
		/* An octet is whole with each digit but the first of four. */
		if (i % 4)
			out->octets[out->len++] =
				(uint8_t)(bits >> (6 - i % 4 * 2));
	}
	return 0;
}

static int read_text(const char *text, struct secret *out)
{
	size_t len = strlen(text);

	if (len > sizeof(out->octets))
		return -E2BIG;
	memcpy(out->octets, text, len);
	out->len = len;
	return 0;
}

static int fail_encoding(const struct value *v, const char *what,
			 struct error *e)
{
	return value_fail(e, v, -EINVAL,
			  "begins with %s do not follow; a text that begins so "
			  "must itself be written in hexadecimal digits",
			  what);
}

VALUE_READER(value_psk)
{
	struct secret *secret = out;
	bool hex = strncasecmp(v->text, "0x", 2) == 0;
	bool base64 = strncasecmp(v->text, "0s", 2) == 0;
	int err;

	(void)k;
	secret->len = 0;
	if (hex)
		err = secret_parse(v->text, secret);
	else if (base64)
		err = read_base64(v->text + 2, secret);
	else
		err = read_text(v->text, secret);
	if (err == -E2BIG)
		return value_fail(e, v, -EINVAL,
				  "is longer than %u octets; shorten it on both "
				  "sides",
				  SECRET_MAX_BYTES);
	if (err)
		return fail_encoding(v,
				     hex ? "0x, but hexadecimal digits, two for "
					   "each octet,"
					 : "0s, but whole octets in Base64",
				     e);
	return 0;
}

VALUE_READER(value_owner)
{
	struct item item = { .k = k, .v = v };
	struct psk_conf *psk = out;
	struct error why;

	if (identity_parse(v->text, &psk->owners[psk->n_owners], &why))
		return item_fail_why(&item, &why, e);
	psk->n_owners++;
	return 0;
}
