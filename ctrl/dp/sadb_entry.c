// SPDX-License-Identifier: BSD-2-Clause
/*
 * The seam's books: an entry for each SPI that was given out and each SA, found
 * by its name in one step however many there are.
 */
#include <errno.h>
#include <stdlib.h>

#include "ctrl/dp/sadb_state.h"

int entries_init(struct sadb *s, uint32_t max)
{
	s->max_entries = max;
	s->n_slots = sad_slots_for(max);
	s->bucket = calloc(s->n_slots, sizeof(struct entry *));
	if (!s->bucket || heap_reserve(&s->keep_due, max))
		return -ENOMEM;
	return spis_init(s);
}

void entries_fini(struct sadb *s)
{
	while (s->entries)
		entry_free(s, s->entries);
	heap_fini(&s->keep_due);
	free(s->bucket);
	free(s->last_spi);
}

/* Of ours by the slot: there is but one for what we chose the SPI of. */
static struct entry **bucket_of(const struct sadb *s, const struct sadb_id *id)
{
	uint32_t hash = (id->spi ^ addr_hash(&id->daddr)) * 2654435761U;

	if (id->dir == SADB_IN)
		return &s->bucket[id->spi & (s->n_slots - 1)];
	return &s->bucket[hash >> 12 & (s->n_slots - 1)];
}

struct entry *entry_find(const struct sadb *s, const struct sadb_id *id)
{
	struct entry *en = *bucket_of(s, id);

	while (en && (en->id.spi != id->spi || en->id.dir != id->dir ||
		      !addr_equal(&en->id.daddr, &id->daddr)))
		en = en->next;
	return en;
}

struct entry *entry_find_slot(const struct sadb *s, uint32_t spi)
{
	const struct sadb_id id = { .spi = spi, .dir = SADB_IN };
	struct entry *en = *bucket_of(s, &id);

	while (en && en->id.dir != SADB_IN)
		en = en->next;
	return en;
}

struct entry *entry_new(struct sadb *s, const struct sadb_id *id)
{
	struct entry **bucket = bucket_of(s, id), *en = NULL;

	if (s->n_entries < s->max_entries)
		en = malloc(sizeof(*en));
	if (!en)
		return NULL;
	*en = (struct entry){
		.state = ENTRY_LARVAL,
		.id = *id,
		.counts_for = SPD_MAX,
		.next = *bucket,
		.newer = s->entries,
		.at = &s->entries,
	};
	*bucket = en;
	if (s->entries)
		s->entries->at = &en->newer;
	s->entries = en;
	s->n_entries++;
	s->n_larval++;
	return en;
}

void entry_live(struct sadb *s, struct entry *en)
{
	en->state = ENTRY_LIVE;
	en->deadline_ns = 0;
	s->n_larval--;
}

void entry_free(struct sadb *s, struct entry *en)
{
	struct entry **at = bucket_of(s, &en->id);

	while (*at != en)
		at = &(*at)->next;
	*at = en->next;
	*en->at = en->newer;
	if (en->newer)
		en->newer->at = en->at;
	s->n_entries--;
	s->n_larval -= en->state == ENTRY_LARVAL;
	s->n_orphans -= en->orphan;
	if (en->counts_for < SPD_MAX)
		s->n_within[en->counts_for]--;
	if (en->key && en->has_encrypted)
		used_keys_retire(&s->keys, en->key);
	else
		used_key_free(&s->keys, en->key);
	entry_nat_free(s, en->nat);
	free(en->selectors);
	free(en->policies);
	free(en->within);
	free(en);
}
