/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key material. A secret is never printed and never copied but on purpose;
 * whoever holds one wipes it where its use ends.
 */
#ifndef CYG_BASE_SECRET_H
#define CYG_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SECRET_MAX_BYTES 512

struct secret {
	uint8_t octets[SECRET_MAX_BYTES];
	size_t len;
};

/* Overwrites it in a way that the compiler keeps. secret_wipe(NULL) is fine. */
void secret_wipe(struct secret *s);

/* Constant in time, whatever differs. Inline: of each packet, with a length that
 * is known. */
static inline bool octets_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t differ = 0, x, y;

	for (; len >= sizeof(x); len -= sizeof(x)) {
		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		differ |= x ^ y;
		a += sizeof(x);
		b += sizeof(y);
	}
	for (size_t i = 0; i < len; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

/* Constant in time for equal lengths. */
bool secret_equal(const struct secret *a, const struct secret *b);

/*
 * "0x" and hexadecimal digits, an even number of them; strongSwan's notation.
 *
 * -EINVAL   not that form
 * -E2BIG    more than SECRET_MAX_BYTES
 */
int secret_parse(const char *text, struct secret *out);

#endif
