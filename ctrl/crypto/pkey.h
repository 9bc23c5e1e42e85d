/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libcrypto's side of keys, for the files of this folder, and for those of ctrl/pki
 * that have libcrypto sign what it makes. Any thread.
 */
#ifndef CYG_CRYPTO_PKEY_H
#define CYG_CRYPTO_PKEY_H

#include <openssl/evp.h>

#include "ctrl/crypto/private_key.h"
#include "ctrl/crypto/public_key.h"

struct public_key {
	EVP_PKEY *pkey;
	enum key_type type;
	unsigned int bits;
	size_t spki_len;
	uint8_t spki[]; /* a copy */
};

struct private_key {
	EVP_PKEY *pkey;
	struct public_key *public;
};

/*
 * What public_key_read() makes of an SPKI that libcrypto has decoded already: that takes
 * it longer than a signature of ECDSA.
 *
 * pkey   counted once more
 * spki   of just that key, in DER
 *
 * As public_key_read().
 */
int pkey_public(EVP_PKEY *pkey, struct slice spki, struct public_key **out);

/* Takes pkey over, also when it fails. 0, or as public_key_read(). */
int pkey_private(EVP_PKEY *pkey, struct private_key **out);

/* What signs or verifies by that scheme. */
struct pkey_work {
	EVP_MD_CTX *ctx;
	EVP_PKEY_CTX *key; /* the context's */
};

typedef int pkey_init_fn(EVP_MD_CTX *ctx, EVP_PKEY_CTX **key, const EVP_MD *md,
			 ENGINE *engine, EVP_PKEY *pkey);

/* init: EVP_DigestSignInit or EVP_DigestVerifyInit. false: libcrypto failed; the
 * context is freed by the caller in either case. */
MUST_CHECK bool pkey_begin(struct pkey_work *w, const struct sign_scheme *scheme,
			   EVP_PKEY *pkey, pkey_init_fn *init);

/* Octets of r, and of s. */
size_t pkey_half_bytes(const struct sign_scheme *scheme);

#endif
