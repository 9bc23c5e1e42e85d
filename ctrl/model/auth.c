// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/auth.h"

#include <string.h>

#include "ctrl/base/slice.h"
#include "ctrl/crypto/hash.h"

bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b)
{
	return memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

/* Every field, in one form, and whatever stands behind what counts left out. */
#define OCTETS_MAX                                                    \
	(32U +                                                        \
	 FINGERPRINT_BYTES *                                          \
		 (AUTH_CERTS_MAX + AUTH_PUBKEYS_MAX + AUTH_CAS_MAX) + \
	 AUTH_POLICIES_MAX * AUTH_POLICY_STR_MAX + sizeof(struct identity))

static void put_fingerprints(struct builder *b, const struct fingerprint *list,
			     size_t n)
{
	wr_u8(b, (uint8_t)n);
	for (size_t i = 0; i < n; i++)
		wr_bytes(b, list[i].octets, sizeof(list[i].octets));
}

static void put_rules(struct builder *b, const struct sign_rules *r)
{
	wr_u8(b, r->keys);
	wr_u16(b, r->rsa_bits);
	wr_u16(b, r->ecdsa_bits);
	wr_u32(b, r->chain);
	wr_u32(b, r->ike);
}

static void put_identity(struct builder *b, const struct identity *id)
{
	wr_u8(b, id->type);
	wr_u16(b, (uint16_t)id->len);
	wr_bytes(b, id->octets, id->len);
}

static struct slice put(const struct auth_conf *a, uint8_t room[OCTETS_MAX])
{
	struct builder b = wr_init(room, OCTETS_MAX);

	wr_u8(&b, (uint8_t)a->by);
	put_rules(&b, &a->rules);
	put_fingerprints(&b, a->certs, a->n_certs);
	put_fingerprints(&b, a->pubkeys, a->n_pubkeys);
	put_fingerprints(&b, a->cas, a->n_cas);
	put_identity(&b, &a->ca_id);
	wr_u8(&b, (uint8_t)a->revocation);
	wr_u8(&b, (uint8_t)a->n_policies);
	for (size_t i = 0; i < a->n_policies; i++)
		wr_bytes(&b, a->policies[i], strlen(a->policies[i]) + 1);
	return slice_of(b.ptr, b.len);
}

bool auth_equal(const struct auth_conf *a, const struct auth_conf *b)
{
	uint8_t room[2][OCTETS_MAX];
	const struct slice octets[] = { put(a, room[0]), put(b, room[1]) };

	return octets[0].len == octets[1].len &&
	       memcmp(octets[0].ptr, octets[1].ptr, octets[0].len) == 0;
}

bool auth_digest(const struct auth_conf *a, struct fingerprint *out)
{
	uint8_t room[OCTETS_MAX];

	return hash_sha256(put(a, room), out->octets);
}
