/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The algorithms by which ESP protects, as const data. Names are strongSwan's
 * proposal keywords, sizes the RFCs'.
 */
#ifndef CYG_CRYPTO_ALG_H
#define CYG_CRYPTO_ALG_H

#include <stdbool.h>
#include <stdint.h>

enum encr_id {
	ENCR_AES_CBC,	 /* RFC 3602 */
	ENCR_AES_GCM_16, /* RFC 4106, 16-octet ICV */
};

enum integ_id {
	INTEG_NONE,		 /* the cipher is an AEAD */
	INTEG_HMAC_SHA2_256_128, /* RFC 4868 */
};

struct encr_alg {
	enum encr_id id;
	const char *name;    /* proposal keyword, e.g. "aes128" */
	uint16_t key_bits;   /* of the cipher itself */
	uint8_t salt_bytes;  /* follow the key in the keying material */
	uint8_t iv_bytes;    /* in each packet */
	uint8_t block_bytes; /* ciphertext is a multiple of this and of 4 */
	uint8_t icv_bytes;   /* of an AEAD, else 0 */
	bool counter_mode;   /* an IV used twice under one key is fatal */
};

struct integ_alg {
	enum integ_id id;
	const char *name;   /* proposal keyword, e.g. "sha256" */
	uint16_t key_bytes; /* exactly this long (RFC 4868 section 2.1.1) */
	uint8_t icv_bytes;
};

/* NULL when the keyword is unknown; strongSwan's aliases are known too. */
const struct encr_alg *encr_by_name(const char *name);
const struct integ_alg *integ_by_name(const char *name);

/* Stands beside an AEAD; no keyword leads to it. */
extern const struct integ_alg integ_none;

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
