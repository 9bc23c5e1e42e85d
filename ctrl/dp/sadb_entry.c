// SPDX-License-Identifier: BSD-2-Clause
/*
 * The seam's books: an entry for each SPI that was given out and each SA, found
 * by its name in one step however many there are.
 */
#include <stdlib.h>

#include "ctrl/dp/sadb_state.h"

static uint32_t bucket_of(const struct sadb_id *id)
{
	uint32_t hash = (id->spi ^ addr_hash(&id->daddr)) * 2654435761U;

	return hash >> (32 - SADB_BUCKET_BITS);
}

struct entry *entry_find(const struct sadb *s, const struct sadb_id *id)
{
	struct entry *en = s->bucket[bucket_of(id)];

	while (en && (en->id.spi != id->spi || en->id.dir != id->dir ||
		      !addr_equal(&en->id.daddr, &id->daddr)))
		en = en->next;
	return en;
}

struct entry *entry_new(struct sadb *s, const struct sadb_id *id)
{
	struct entry **bucket = &s->bucket[bucket_of(id)], *en = NULL;

	if (s->n_entries < s->max_entries)
		en = malloc(sizeof(*en));
	if (!en)
		return NULL;
	*en = (struct entry){
		.state = ENTRY_LARVAL,
		.id = *id,
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
	struct entry **at = &s->bucket[bucket_of(&en->id)];

	while (*at != en)
		at = &(*at)->next;
	*at = en->next;
	*en->at = en->newer;
	if (en->newer)
		en->newer->at = en->at;
	s->n_entries--;
	s->n_larval -= en->state == ENTRY_LARVAL;
	s->n_orphans -= en->orphan;
	if (en->key && en->has_encrypted)
		used_keys_retire(&s->keys, en->key);
	else
		free(en->key);
	free(en->selectors);
	free(en->policies);
	free(en);
}
