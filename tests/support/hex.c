// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/hex.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	if (!at) {
		fprintf(stderr, "hex: '%c' in a test vector\n", c);
		abort();
	}
	return (uint8_t)(at - digits);
}

size_t hex_decode(const char *text, void *out, size_t room)
{
	uint8_t *octets = out;
	size_t len = 0;

	for (; *text; text += 2) {
		if (len == room) {
			fprintf(stderr, "hex: test vector too long\n");
			abort();
		}
		octets[len++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
	}
	return len;
}
