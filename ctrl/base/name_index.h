/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where in an array a name stands: for arrays of which the elements begin with their
 * name, ended by a NUL, and which are too long to be searched. A table of hashes with
 * places (open addressing); names are the operator's, so nobody chooses them to
 * collide. One thread.
 */
#ifndef CYG_BASE_NAME_INDEX_H
#define CYG_BASE_NAME_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/slice.h"

#define NAME_NOWHERE SIZE_MAX

/* For tables of other kinds. */
uint64_t name_hash(const char *name);

/* All zero: of no array. */
struct name_index {
	const char *first; /* the array; borrowed */
	size_t bytes;	   /* of an element */
	uint32_t *places;  /* owned; a place and 1, 0: free */
	size_t n_places;   /* a power of two, or 0 */
	size_t n;
};

/* Of an array of n elements. 0 or -ENOMEM; name_index_free() in any case. */
MUST_CHECK int name_index_make(struct name_index *x, const void *array,
			       size_t bytes, size_t n);
void name_index_free(struct name_index *x);

/* The array has one more; it may stand elsewhere now. 0 or -ENOMEM. */
MUST_CHECK int name_index_add(struct name_index *x, const void *array);

/* The first element of that name, or NAME_NOWHERE. */
size_t name_index_find(const struct name_index *x, const char *name);

#endif
