// SPDX-License-Identifier: BSD-2-Clause
/*
 * No key encrypts under two SAs: each counts from 1, and with a counter mode the
 * same number under the same key gives the plaintext away (RFC 4106 section 2,
 * RFC 8221). Keys that have encrypted are known again by a tag, of which nothing
 * can be computed back.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ctrl/crypto/prf.h"
#include "ctrl/dp/sadb_state.h"

bool used_keys_init(struct used_keys *k)
{
	k->youngest = &k->oldest;
	return getrandom(k->secret, sizeof(k->secret), 0) == sizeof(k->secret);
}

void used_keys_fini(struct used_keys *k)
{
	while (k->blocks) {
		struct used_keys_block *block = k->blocks;

		k->blocks = block->next;
		free(block);
	}
	explicit_bzero(k->secret, sizeof(k->secret));
}

static uint64_t tag_of(const struct used_keys *k, const struct sadb_sa *sa)
{
	/* What encrypts nothing has only the other one. */
	const struct slice key =
		sa->encr_key_len ? slice_of(sa->encr_key, sa->encr_key_len)
				 : slice_of(sa->integ_key, sa->integ_key_len);
	uint8_t mac[PRF_MAX_BYTES];
	uint64_t tag = 0;

	if (prf(prf_by_id(PRF_HMAC_SHA2_256),
		slice_of(k->secret, sizeof(k->secret)), &key, 1, mac))
		memcpy(&tag, mac, sizeof(tag));
	explicit_bzero(mac, sizeof(mac));
	return tag;
}

static void add_block(struct used_keys *k)
{
	struct used_keys_block *block = calloc(1, sizeof(*block));

	if (!block)
		return;
	block->next = k->blocks;
	k->blocks = block;
	for (uint32_t i = 0; i < USED_KEYS_BLOCK; i++)
		used_key_free(k, &block->at[i]);
}

struct used_key *used_key_new(struct used_keys *k, const struct sadb_sa *sa)
{
	struct used_key *key;

	if (!k->spare)
		add_block(k);
	key = k->spare;
	if (!key)
		return NULL;
	k->spare = key->next;
	*key = (struct used_key){ .tag = tag_of(k, sa) };
	return key;
}

void used_key_free(struct used_keys *k, struct used_key *key)
{
	if (!key)
		return;
	key->next = k->spare;
	k->spare = key;
}

bool used_keys_has(const struct used_keys *k, uint64_t tag)
{
	const struct used_key *key = k->bucket[tag % USED_KEYS_BUCKETS];

	while (key && key->tag != tag)
		key = key->next;
	return key;
}

void used_keys_add(struct used_keys *k, struct used_key *key)
{
	struct used_key **bucket = &k->bucket[key->tag % USED_KEYS_BUCKETS];

	key->next = *bucket;
	*bucket = key;
}

static void forget(struct used_keys *k, struct used_key *key)
{
	struct used_key **at = &k->bucket[key->tag % USED_KEYS_BUCKETS];

	while (*at != key)
		at = &(*at)->next;
	*at = key->next;
	used_key_free(k, key);
}

void used_keys_retire(struct used_keys *k, struct used_key *key)
{
	struct used_key *oldest;

	*k->youngest = key;
	k->youngest = &key->younger;
	if (k->n_gone++ < USED_KEYS_MAX)
		return;
	oldest = k->oldest;
	k->oldest = oldest->younger;
	k->n_gone--;
	forget(k, oldest);
}
