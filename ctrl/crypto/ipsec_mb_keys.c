// SPDX-License-Identifier: BSD-2-Clause
/*
 * Keys of the backend on intel-ipsec-mb. Of a hundred thousand SAs few are busy at
 * a time: a key is kept as it came, some dozens of octets, and a thread makes its
 * schedule, a kilobyte, for the first batch that needs it, in one of the places
 * that it has had since before it started. That takes 0.1 µs for AES-GCM, as long
 * as to fetch a schedule from memory that is in no cache; so it costs little when
 * more SAs are busy than there are places.
 *
 * A place is looked for in one set, chosen by the key's number, which no other key
 * ever has: what stands there is never taken for another's. A set that is full
 * gives its places up in turn. The thread alone makes schedules and uses them;
 * whoever frees a key, once no thread uses it any more, wipes what they have made
 * of it. Both may want the same place then: it is whose exchange found the number
 * there.
 */
#include "ctrl/crypto/ipsec_mb.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What is no key's number: nothing stands there; it is about to change. */
#define PLACE_FREE  0U
#define PLACE_TAKEN 1U

struct crypto_key {
	uint64_t number;
	const struct encr_alg *encr;
	uint16_t integ; /* enum integ_id */
	bool esn;
	uint8_t octets[]; /* of the cipher, then of the MAC */
};

static size_t key_bytes(const struct encr_alg *encr,
			const struct integ_alg *integ)
{
	return offsetof(struct crypto_key, octets) + encr_key_bytes(encr) +
	       integ->key_bytes;
}

/* --- schedules */

int mb_schedules_init(struct mb_schedules *s)
{
	s->at = aligned_alloc(_Alignof(struct mb_key),
			      MB_SCHEDULES * sizeof(*s->at));
	return s->at ? 0 : -ENOMEM;
}

/* The first places of all sets stand together, and so on, so that few keys take
 * little room in the caches. */
static struct mb_key *at(const struct mb_schedules *s, uint32_t place)
{
	return &s->at[place % MB_WAYS * MB_SETS + place / MB_WAYS];
}

static void wipe(struct mb_key *made)
{
	explicit_bzero(made, sizeof(*made));
}

void mb_schedules_fini(struct mb_schedules *s)
{
	for (uint32_t i = 0; s->at && i < MB_SCHEDULES; i++)
		if (atomic_load(&s->of[i]) != PLACE_FREE)
			wipe(at(s, i));
	free(s->at);
}

/* The first place of its set. Numbers follow each other, and a thread may have
 * every second or fourth: the factor spreads them, it is 2^64 by the golden
 * ratio. */
static uint32_t set_of(uint64_t number)
{
	return (uint32_t)(number * 0x9e3779b97f4a7c15 >> (64 - MB_SET_BITS)) *
	       MB_WAYS;
}

static bool stands_at(const struct mb_schedules *s, uint32_t place,
		      uint64_t number)
{
	return atomic_load_explicit(&s->of[place], memory_order_relaxed) ==
	       number;
}

static uint32_t choose(struct mb_schedules *s, uint32_t set)
{
	for (uint32_t i = set; i < set + MB_WAYS; i++)
		if (stands_at(s, i, PLACE_FREE))
			return i;
	return set + s->next_way[set / MB_WAYS]++ % MB_WAYS;
}

/* Would a schedule of that key leave nothing of what was made before? */
static bool overwrites(const struct crypto_key *key, const struct mb_key *made)
{
	return made->id == key->encr->id &&
	       made->key_bits == key->encr->key_bits &&
	       made->integ == key->integ;
}

/* What is being wiped stays with whoever does. */
static uint32_t take_place(struct mb_schedules *s, const struct crypto_key *key)
{
	const uint32_t set = set_of(key->number);
	uint64_t was = PLACE_TAKEN;
	uint32_t place = set;

	while (was == PLACE_TAKEN) {
		place = choose(s, set);
		was = atomic_exchange_explicit(&s->of[place], PLACE_TAKEN,
					       memory_order_acquire);
	}
	if (was != PLACE_FREE && !overwrites(key, at(s, place)))
		wipe(at(s, place));
	return place;
}

static void take_octets(struct secret *out, const uint8_t *octets, size_t n)
{
	memcpy(out->octets, octets, n);
	out->len = n;
}

static void make(IMB_MGR *mgr, const struct crypto_key *key, struct mb_key *out)
{
	const size_t encr_bytes = encr_key_bytes(key->encr);
	struct secret encr_key, integ_key;
	const struct crypto_key_spec spec = {
		.encr = key->encr,
		.integ = integ_by_id(key->integ),
		.encr_key = &encr_key,
		.integ_key = &integ_key,
		.esn = key->esn,
	};

	take_octets(&encr_key, key->octets, encr_bytes);
	take_octets(&integ_key, key->octets + encr_bytes, spec.integ->key_bytes);
	mb_key_fill(mgr, &spec, out);
	explicit_bzero(encr_key.octets, encr_key.len);
	explicit_bzero(integ_key.octets, integ_key.len);
}

const struct mb_key *mb_key_of(struct crypto_thread *t,
			       const struct crypto_key *key)
{
	struct mb_schedules *s = &t->made;
	const uint32_t set = set_of(key->number);
	uint32_t place;

	for (uint32_t i = set; i < set + MB_WAYS; i++)
		if (stands_at(s, i, key->number))
			return at(s, i);
	place = take_place(s, key);
	make(t->mgr, key, at(s, place));
	atomic_store_explicit(&s->of[place], key->number, memory_order_release);
	return at(s, place);
}

void mb_key_forget(struct crypto_thread *t, const struct crypto_key *key)
{
	struct mb_schedules *s = &t->made;
	const uint32_t set = set_of(key->number);

	for (uint32_t i = set; i < set + MB_WAYS; i++) {
		uint64_t number = key->number;

		if (!atomic_compare_exchange_strong_explicit(
			    &s->of[i], &number, PLACE_TAKEN,
			    memory_order_acquire, memory_order_relaxed))
			continue;
		wipe(at(s, i));
		atomic_store_explicit(&s->of[i], PLACE_FREE,
				      memory_order_release);
	}
}

/* --- keys */

static uint64_t next_number(struct crypto_thread *t)
{
	do {
		t->last_number++;
	} while (t->last_number <= PLACE_TAKEN);
	return t->last_number;
}

int mb_key_new(struct crypto_thread *t, const struct crypto_key_spec *spec,
	       struct crypto_key **out)
{
	struct crypto_key *key;

	if (!crypto_spec_is_sound(spec))
		return -EINVAL;
	if (!mb_has(spec->encr, spec->integ))
		return -ENOTSUP;
	key = malloc(key_bytes(spec->encr, spec->integ));
	if (!key)
		return -ENOMEM;
	key->number = next_number(t);
	key->encr = spec->encr;
	key->integ = (uint16_t)spec->integ->id;
	key->esn = spec->esn;
	if (spec->encr_key)
		memcpy(key->octets, spec->encr_key->octets, spec->encr_key->len);
	if (spec->integ_key)
		memcpy(key->octets + encr_key_bytes(spec->encr),
		       spec->integ_key->octets, spec->integ_key->len);
	*out = key;
	return 0;
}

void mb_key_free(struct crypto_key *key)
{
	if (!key)
		return;
	explicit_bzero(key, key_bytes(key->encr, integ_by_id(key->integ)));
	free(key);
}
