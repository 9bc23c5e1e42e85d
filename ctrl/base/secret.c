// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/secret.h"

#include <errno.h>
#include <string.h>

void secret_wipe(struct secret *s)
{
	if (s)
		explicit_bzero(s, sizeof(*s));
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && octets_equal(a->octets, b->octets, a->len);
}

/* 0..15, or -1. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int secret_parse(const char *text, struct secret *out)
{
	size_t digits;

	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
		return -EINVAL;
	text += 2;
	digits = strlen(text);
	if (digits == 0 || digits % 2)
		return -EINVAL;
	if (digits / 2 > SECRET_MAX_BYTES)
		return -E2BIG;
	out->len = digits / 2;
	for (size_t i = 0; i < out->len; i++) {
		int hi = hex_digit(text[2 * i]);
		int lo = hex_digit(text[2 * i + 1]);

		if (hi < 0 || lo < 0) {
			secret_wipe(out);
			return -EINVAL;
		}
		out->octets[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}
