/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets with their memory, which may hold keys: wiped where they are freed. */
#ifndef CYG_BASE_OWNED_H
#define CYG_BASE_OWNED_H

#include "ctrl/base/slice.h"

struct owned {
	uint8_t *ptr;
	size_t len;
};

/* A copy, with a NUL behind it that does not count. 0 or -ENOMEM. */
int owned_copy(struct slice octets, struct owned *out);

/* Borrowed until owned_free(). */
struct slice owned_slice(const struct owned *o);

/* Leaves it empty; one that is empty is fine. */
void owned_free(struct owned *o);

#endif
