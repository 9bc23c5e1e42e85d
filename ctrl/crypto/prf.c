// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every PRF here is an HMAC in full length (RFC 4868 section 2.4). What passes
 * through is key material, and wiped where it ends: the key blocks by hmac.c,
 * the last T of prf+ here; outputs are the caller's.
 */
#include "ctrl/crypto/prf.h"

#include <string.h>

#include "ctrl/crypto/hmac.h"

#define ARRAY_LEN(a)	 (sizeof(a) / sizeof((a)[0]))
#define PRF_PLUS_OUTPUTS 255U /* the counter is one octet */

_Static_assert(PRF_MAX_BYTES == HMAC_MAX_BYTES, "a PRF is an HMAC");

/* RFC 2104, RFC 4868 section 2.4. */
static const struct prf_alg algs[] = {
	{ PRF_HMAC_SHA1, "prfsha1", 20, 20 },
	{ PRF_HMAC_SHA2_256, "prfsha256", 32, 32 },
	{ PRF_HMAC_SHA2_384, "prfsha384", 48, 48 },
	{ PRF_HMAC_SHA2_512, "prfsha512", 64, 64 },
};

const struct prf_alg *prf_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (strcmp(algs[i].name, name) == 0)
			return &algs[i];
	return NULL;
}

const struct prf_alg *prf_by_id(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (algs[i].id == id)
			return &algs[i];
	return NULL;
}

/* The MAC of the same hash. */
static enum integ_id mac_of(enum prf_id id)
{
	switch (id) {
	case PRF_HMAC_SHA1:
		return INTEG_HMAC_SHA1_96;
	case PRF_HMAC_SHA2_256:
		return INTEG_HMAC_SHA2_256_128;
	case PRF_HMAC_SHA2_384:
		return INTEG_HMAC_SHA2_384_192;
	case PRF_HMAC_SHA2_512:
		return INTEG_HMAC_SHA2_512_256;
	}
	return INTEG_NONE;
}

static bool add_all(struct hmac *h, const struct slice *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!hmac_add(h, parts[i]))
			return false;
	return true;
}

bool prf(const struct prf_alg *alg, struct slice key, const struct slice *parts,
	 size_t n, uint8_t *out)
{
	struct hmac *h;
	bool ok;

	if (hmac_new(mac_of(alg->id), key, &h))
		return false;
	ok = hmac_start(h) && add_all(h, parts, n) && hmac_end(h, out);
	hmac_free(h);
	return ok;
}

/* T(i) = prf(K, T(i-1) | parts | i); T(0) is empty. */
static bool next_t(struct hmac *h, struct slice t, const struct slice *parts,
		   size_t n, uint8_t i, uint8_t *out)
{
	return hmac_start(h) && hmac_add(h, t) && add_all(h, parts, n) &&
	       hmac_add(h, slice_of(&i, 1)) && hmac_end(h, out);
}

bool prf_plus(const struct prf_alg *alg, struct slice key,
	      const struct slice *parts, size_t n, uint8_t *out,
	      size_t out_bytes)
{
	uint8_t octets[PRF_MAX_BYTES];
	struct slice t = { octets, 0 };
	struct hmac *h;
	bool ok = true;

	if (out_bytes > PRF_PLUS_OUTPUTS * alg->out_bytes ||
	    hmac_new(mac_of(alg->id), key, &h))
		return false;
	for (size_t at = 0; ok && at < out_bytes; at += alg->out_bytes) {
		size_t left = out_bytes - at;
		uint8_t i = (uint8_t)(at / alg->out_bytes + 1);

		ok = next_t(h, t, parts, n, i, octets);
		t.len = alg->out_bytes;
		if (ok)
			memcpy(out + at, octets, left < t.len ? left : t.len);
	}
	hmac_free(h);
	explicit_bzero(octets, sizeof(octets));
	if (!ok)
		explicit_bzero(out, out_bytes);
	return ok;
}
