/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The algorithms by which ESP, AH and IKE protect, as const data. Names are
 * strongSwan's proposal keywords, sizes the RFCs'.
 */
#ifndef CYG_CRYPTO_ALG_H
#define CYG_CRYPTO_ALG_H

#include <stdbool.h>
#include <stddef.h>
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
	bool not_ike;	     /* protects packets, never IKE's messages */
	const char *weak;    /* why nobody should use it, or NULL */
};

struct integ_alg {
	enum integ_id id;   /* of its transform */
	const char *name;   /* proposal keyword, e.g. "sha256" */
	uint16_t key_bytes; /* exactly this long, with AES-GMAC's salt */
	uint8_t iv_bytes;   /* of AES-GMAC, a counter; in AH before the ICV */
	uint8_t icv_bytes;  /* the MAC's first octets, in each packet */
	bool not_ike;	    /* protects packets, never IKE's messages */
	const char *weak;   /* why nobody should use it, or NULL */
};

/* The whole tables, for tests and listings; NULL: there are no more. */
const struct encr_alg *encr_at(size_t i);
const struct integ_alg *integ_at(size_t i);

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

/* The same for whoever says the length, too, where there is only one and none
 * stands on the wire. */
const struct encr_alg *encr_of_bits(uint16_t id, uint16_t key_bits);
const struct integ_alg *integ_by_id(uint16_t id);

/* Stands beside an AEAD, or a cipher that only encrypts; no keyword leads to it. */
extern const struct integ_alg integ_none;

/* RFC 4303 section 3.2: why the two can't protect ESP together; NULL: they can. */
const char *esp_pair_misfit(const struct encr_alg *encr,
			    const struct integ_alg *integ);

/* Why nobody should use the two that fit, with the RFC that says so; NULL: one
 * may. */
const char *esp_pair_weakness(const struct encr_alg *encr,
			      const struct integ_alg *integ);

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

/* The ICV that a pair puts at the end of each packet; 0: it only encrypts. */
static inline uint32_t esp_icv_bytes(const struct encr_alg *encr,
				     const struct integ_alg *integ)
{
	return encr_is_aead(encr) ? encr->icv_bytes : integ->icv_bytes;
}

/* RFC 4302 section 2.6, RFC 4543 section 4: AH's ICV field, with the IV in it. */
static inline uint32_t ah_icv_bytes(const struct integ_alg *integ)
{
	return (uint32_t)integ->iv_bytes + integ->icv_bytes;
}

#endif
