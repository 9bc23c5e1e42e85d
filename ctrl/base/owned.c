// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/owned.h"

#include <errno.h>
#include <stdlib.h>

int owned_copy(struct slice octets, struct owned *out)
{
	uint8_t *copy = malloc(octets.len + 1);

	if (!copy)
		return -ENOMEM;
	if (octets.len)
		memcpy(copy, octets.ptr, octets.len);
	copy[octets.len] = 0;
	*out = (struct owned){ copy, octets.len };
	return 0;
}

struct slice owned_slice(const struct owned *o)
{
	return slice_of(o->ptr, o->len);
}

void owned_free(struct owned *o)
{
	if (o->ptr)
		explicit_bzero(o->ptr, o->len);
	free(o->ptr);
	*o = (struct owned){ NULL, 0 };
}
