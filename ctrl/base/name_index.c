// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/name_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MIN 16U

/* FNV-1a. */
uint64_t name_hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3ULL;
	return h ^ h >> 32;
}

static const char *name_at(const struct name_index *x, size_t i)
{
	return x->first + i * x->bytes;
}

/* Where the name is, or would be. */
static uint32_t *place_of(const struct name_index *x, const char *name)
{
	size_t i = name_hash(name) & (x->n_places - 1);

	while (x->places[i] && strcmp(name_at(x, x->places[i] - 1), name) != 0)
		i = (i + 1) & (x->n_places - 1);
	return &x->places[i];
}

/* The first of a name stays. */
static void put(struct name_index *x, size_t i)
{
	uint32_t *place = place_of(x, name_at(x, i));

	if (!*place)
		*place = (uint32_t)i + 1;
}

/* At most half of the places are taken. */
static int make_room(struct name_index *x, size_t n)
{
	size_t n_places = x->n_places ? x->n_places : PLACES_MIN;
	uint32_t *places;

	while (n_places < 2 * n)
		n_places *= 2;
	if (n_places == x->n_places)
		return 0;
	places = calloc(n_places, sizeof(*places));
	if (!places)
		return -ENOMEM;
	free(x->places);
	x->places = places;
	x->n_places = n_places;
	for (size_t i = 0; i < x->n; i++)
		put(x, i);
	return 0;
}

int name_index_make(struct name_index *x, const void *array, size_t bytes,
		    size_t n)
{
	*x = (struct name_index){ .first = array, .bytes = bytes };
	if (make_room(x, n))
		return -ENOMEM;
	for (; x->n < n; x->n++)
		put(x, x->n);
	return 0;
}

void name_index_free(struct name_index *x)
{
	free(x->places);
	*x = (struct name_index){ .first = NULL };
}

int name_index_add(struct name_index *x, const void *array)
{
	x->first = array;
	if (make_room(x, x->n + 1))
		return -ENOMEM;
	put(x, x->n);
	x->n++;
	return 0;
}

size_t name_index_find(const struct name_index *x, const char *name)
{
	uint32_t place = x->n_places ? *place_of(x, name) : 0;

	return place ? place - 1 : NAME_NOWHERE;
}
