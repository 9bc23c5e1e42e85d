// SPDX-License-Identifier: BSD-2-Clause
/*
 * No key encrypts under two SAs: each counts from 1, and with a counter mode the
 * same number under the same key gives the plaintext away (RFC 4106 section 2,
 * RFC 8221). Keys that have encrypted are known again by a tag, of which nothing
 * can be computed back.
 */
#include <string.h>
#include <sys/random.h>

#include "ctrl/crypto/prf.h"
#include "ctrl/dp/sadb_state.h"

bool used_keys_init(struct used_keys *k)
{
	return getrandom(k->secret, sizeof(k->secret), 0) == sizeof(k->secret);
}

uint64_t used_keys_tag(const struct used_keys *k, const struct sadb_sa *sa)
{
	const struct slice key = slice_of(sa->encr_key, sa->encr_key_len);
	uint8_t mac[PRF_MAX_BYTES];
	uint64_t tag = 0;

	if (prf(prf_by_id(PRF_HMAC_SHA2_256),
		slice_of(k->secret, sizeof(k->secret)), &key, 1, mac))
		memcpy(&tag, mac, sizeof(tag));
	explicit_bzero(mac, sizeof(mac));
	return tag;
}

void used_keys_add(struct used_keys *k, uint64_t tag)
{
	k->tags[k->n++ % USED_KEYS_MAX] = tag;
}

bool used_keys_has(const struct used_keys *k, uint64_t tag)
{
	for (uint32_t i = 0; i < k->n && i < USED_KEYS_MAX; i++)
		if (k->tags[i] == tag)
			return true;
	return false;
}
