// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which SPI an inbound SA gets: it is the receiver's choice (RFC 4303 section
 * 2.1). By its low bits it has a slot of BPF's map `sad_slots` (include/sad.h),
 * and no other SA that we chose the SPI of has the same; the slots of few SAs
 * stand close together, so that they fit into a cache. What is above the slot is
 * random when the slot is used first, and goes on from there by a random odd
 * step: no SPI comes again before its slot has had all others.
 */
#include <errno.h>
#include <stdlib.h>

#include "ctrl/dp/sadb_state.h"
#include "include/proto.h"

#define SPI_TRIES 64
#define SPAN_MIN  1024U /* slots, so that no SPI can be foreseen */

int spis_init(struct sadb *s)
{
	uint32_t random;

	s->last_spi = calloc(s->n_slots, sizeof(*s->last_spi));
	if (!s->last_spi)
		return -ENOMEM;
	if (!random_bytes(&s->random, &random, sizeof(random)))
		return -EIO;
	s->spi_step = (random | 1) * s->n_slots;
	return 0;
}

/* Above the slot it is the random number, or what comes after the last one. */
static uint32_t next_of_slot(const struct sadb *s, uint32_t slot,
			     uint32_t random)
{
	const uint32_t last = s->last_spi[slot];
	uint32_t spi =
		last ? last + s->spi_step : (random & ~(s->n_slots - 1)) | slot;

	while (spi <= SPI_RESERVED_MAX)
		spi += s->spi_step;
	return spi;
}

/* Half of those that it looks at are free, or else it looks at twice as many. */
static uint32_t span_of(const struct sadb *s)
{
	uint32_t span = sad_slots_for(s->n_entries + 1);

	if (span < SPAN_MIN)
		span = SPAN_MIN;
	return span < s->n_slots ? span : s->n_slots;
}

bool spi_choose(struct sadb *s, struct sadb_id *id)
{
	uint32_t span = span_of(s), shared = 0, random;

	for (int i = 0; i < SPI_TRIES; i++) {
		if (!random_bytes(&s->random, &random, sizeof(random)))
			return false;
		id->spi = next_of_slot(s, random & (span - 1), random);
		if (!entry_find_slot(s, id->spi))
			break;
		if (!entry_find(s, id))
			shared = id->spi;
		id->spi = 0;
		if (span < s->n_slots)
			span *= 2;
	}
	if (!id->spi)
		id->spi = shared;
	s->last_spi[id->spi & (s->n_slots - 1)] = id->spi;
	return id->spi != 0;
}
