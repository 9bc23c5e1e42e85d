/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The algorithms by which ESP and IKE protect, as const data. Names are
 * strongSwan's proposal keywords, sizes the RFCs'.
 */
#ifndef CYG_CRYPTO_ALG_H
#define CYG_CRYPTO_ALG_H

#include <stdbool.h>
#include <stdint.h>

#include "include/ike.h"

struct encr_alg {
	enum encr_id id;     /* of its transform */
	const char *name;    /* proposal keyword, e.g. "aes128" */
	uint16_t key_bits;   /* of the cipher itself, without the salt */
	bool key_fixed;	     /* the only length: no attribute on the wire */
	uint8_t salt_bytes;  /* follow the key in the keying material */
	uint8_t iv_bytes;    /* in each packet */
	uint8_t block_bytes; /* ciphertext is a multiple; ESP's also of 4 */
	uint8_t icv_bytes;   /* of an AEAD, else 0 */
	bool counter_mode;   /* an IV used twice under one key is fatal */
};

struct integ_alg {
	enum integ_id id;   /* of its transform */
	const char *name;   /* proposal keyword, e.g. "sha256" */
	uint16_t key_bytes; /* exactly this long, as the MAC is */
	uint8_t icv_bytes;  /* the MAC's first octets, in each packet */
};

/* NULL when the keyword is unknown; strongSwan's aliases are known too. */
const struct encr_alg *encr_by_name(const char *name);
const struct integ_alg *integ_by_name(const char *name);

/*
 * What a transform means.
 *
 * key_bits   its Key Length attribute, 0 without one (RFC 7296 section 3.3.5:
 *            wrong beside a cipher of one length, missing beside any other)
 *
 * NULL: unknown. INTEG_NONE is integ_none.
 */
const struct encr_alg *encr_by_id(uint16_t id, uint16_t key_bits);
const struct integ_alg *integ_by_id(uint16_t id);

/* Stands beside an AEAD; no keyword leads to it. */
extern const struct integ_alg integ_none;

/* The Key Length attribute beside the id on the wire; 0: none stands there. */
static inline uint16_t encr_attr_bits(const struct encr_alg *alg)
{
	return alg->key_fixed ? 0 : alg->key_bits;
}

/* Octets of keying material: cipher key and salt. */
static inline uint32_t encr_key_bytes(const struct encr_alg *alg)
{
	return alg->key_bits / 8U + alg->salt_bytes;
}

static inline bool encr_is_aead(const struct encr_alg *alg)
{
	return alg->icv_bytes != 0;
}

/* The ICV that a pair puts at the end of each packet. */
static inline uint32_t esp_icv_bytes(const struct encr_alg *encr,
				     const struct integ_alg *integ)
{
	return encr_is_aead(encr) ? encr->icv_bytes : integ->icv_bytes;
}

#endif
