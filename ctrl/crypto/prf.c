// SPDX-License-Identifier: BSD-2-Clause
/*
 * A PRF is an HMAC in full length (RFC 4868 section 2.4), or a MAC that chains AES
 * blocks, to whose key any other is made. What passes through is key material,
 * and wiped where it ends: the key blocks by hmac.c, the last T of prf+ and a key
 * that was made here; outputs are the caller's.
 */
#include "ctrl/crypto/prf.h"

#include <string.h>

#include "ctrl/crypto/cbc_mac.h"
#include "ctrl/crypto/hmac.h"

#define ARRAY_LEN(a)	 (sizeof(a) / sizeof((a)[0]))
#define PRF_PLUS_OUTPUTS 255U /* the counter is one octet */

_Static_assert(PRF_MAX_BYTES == HMAC_MAX_BYTES, "the longest is an HMAC");

static const struct prf_alg algs[] = {
	/* RFC 2104, RFC 4868 section 2.4 */
	{ PRF_HMAC_SHA2_256, "prfsha256", INTEG_HMAC_SHA2_256_128, 32, 32, 0,
	  NULL },
	{ PRF_HMAC_SHA2_384, "prfsha384", INTEG_HMAC_SHA2_384_192, 48, 48, 0,
	  NULL },
	{ PRF_HMAC_SHA2_512, "prfsha512", INTEG_HMAC_SHA2_512_256, 64, 64, 0,
	  NULL },
	{ PRF_HMAC_SHA1, "prfsha1", INTEG_HMAC_SHA1_96, 20, 20, 0, NULL },
	/* RFC 4434, RFC 4615; 64 bits of each nonce by RFC 7296 section 2.14 */
	{ PRF_AES128_XCBC, "prfaesxcbc", INTEG_AES_XCBC_96, 16, 16, 8, NULL },
	{ PRF_AES128_CMAC, "prfaescmac", INTEG_AES_CMAC_96, 16, 16, 8, NULL },
	{ PRF_HMAC_MD5, "prfmd5", INTEG_HMAC_MD5_96, 16, 16, 0,
	  "RFC 8247 section 2.2: HMAC-MD5 MUST NOT be used" },
};

const struct prf_alg *prf_at(size_t i)
{
	return i < ARRAY_LEN(algs) ? &algs[i] : NULL;
}

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

/* One of the two, under a key. */
struct keyed {
	struct hmac *hmac;
	struct cbc_mac *cbc_mac;
};

static bool keyed_start(const struct keyed *k)
{
	return k->hmac ? hmac_start(k->hmac) : cbc_mac_start(k->cbc_mac);
}

static bool keyed_add(const struct keyed *k, struct slice part)
{
	return k->hmac ? hmac_add(k->hmac, part) : cbc_mac_add(k->cbc_mac, part);
}

static bool keyed_end(const struct keyed *k, uint8_t *out)
{
	return k->hmac ? hmac_end(k->hmac, out) : cbc_mac_end(k->cbc_mac, out);
}

static void keyed_free(struct keyed *k)
{
	hmac_free(k->hmac);
	cbc_mac_free(k->cbc_mac);
}

/* The MAC of a key under zeros, as a key. */
static bool fold_key(int (*make)(const uint8_t *key, struct cbc_mac **out),
		     struct slice key, uint8_t *out)
{
	static const uint8_t zeros[CBC_MAC_KEY_BYTES];
	struct cbc_mac *m;
	bool ok;

	if (make(zeros, &m))
		return false;
	ok = cbc_mac_sum(m, key, slice_of(NULL, 0), out);
	cbc_mac_free(m);
	return ok;
}

/* pads: a short key has zeros behind it (RFC 4434 section 2), and is not folded
 * as any other length is (RFC 4615 section 3). */
static bool take_cbc_mac(int (*make)(const uint8_t *key, struct cbc_mac **out),
			 bool pads, struct slice key, struct keyed *out)
{
	uint8_t made[CBC_MAC_KEY_BYTES] = { 0 };
	bool as_it_is =
		key.len == sizeof(made) || (pads && key.len < sizeof(made));
	bool ok = true;

	if (as_it_is && key.len)
		memcpy(made, key.ptr, key.len);
	else if (!as_it_is)
		ok = fold_key(make, key, made);
	ok = ok && !make(made, &out->cbc_mac);
	explicit_bzero(made, sizeof(made));
	return ok;
}

static bool keyed_new(const struct prf_alg *alg, struct slice key,
		      struct keyed *out)
{
	*out = (struct keyed){ .hmac = NULL };
	if (alg->mac == INTEG_AES_XCBC_96)
		return take_cbc_mac(xcbc_new, true, key, out);
	if (alg->mac == INTEG_AES_CMAC_96)
		return take_cbc_mac(cmac_new, false, key, out);
	return !hmac_new(alg->mac, key, &out->hmac);
}

static bool add_all(const struct keyed *k, const struct slice *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!keyed_add(k, parts[i]))
			return false;
	return true;
}

bool prf(const struct prf_alg *alg, struct slice key, const struct slice *parts,
	 size_t n, uint8_t *out)
{
	struct keyed k;
	bool ok;

	if (!keyed_new(alg, key, &k))
		return false;
	ok = keyed_start(&k) && add_all(&k, parts, n) && keyed_end(&k, out);
	keyed_free(&k);
	return ok;
}

/* T(i) = prf(K, T(i-1) | parts | i); T(0) is empty. */
static bool next_t(const struct keyed *k, struct slice t,
		   const struct slice *parts, size_t n, uint8_t i, uint8_t *out)
{
	return keyed_start(k) && keyed_add(k, t) && add_all(k, parts, n) &&
	       keyed_add(k, slice_of(&i, 1)) && keyed_end(k, out);
}

bool prf_plus(const struct prf_alg *alg, struct slice key,
	      const struct slice *parts, size_t n, uint8_t *out,
	      size_t out_bytes)
{
	uint8_t octets[PRF_MAX_BYTES];
	struct slice t = { octets, 0 };
	struct keyed k;
	bool ok = true;

	if (out_bytes > PRF_PLUS_OUTPUTS * alg->out_bytes ||
	    !keyed_new(alg, key, &k))
		return false;
	for (size_t at = 0; ok && at < out_bytes; at += alg->out_bytes) {
		size_t left = out_bytes - at;
		uint8_t i = (uint8_t)(at / alg->out_bytes + 1);

		ok = next_t(&k, t, parts, n, i, octets);
		t.len = alg->out_bytes;
		if (ok)
			memcpy(out + at, octets, left < t.len ? left : t.len);
	}
	keyed_free(&k);
	explicit_bzero(octets, sizeof(octets));
	if (!ok)
		explicit_bzero(out, out_bytes);
	return ok;
}
