/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key with the scheme by which it signs certificates, requests and CRLs. A
 * signature takes as long as private_key_sign(). Any thread.
 */
#ifndef CYG_PKI_SIGNER_H
#define CYG_PKI_SIGNER_H

#include <stdbool.h>

#include "ctrl/base/error.h"
#include "ctrl/crypto/private_key.h"

struct signer {
	const struct private_key *key; /* borrowed */
	const struct sign_scheme *scheme;
};

/*
 * hash   0: SHA-256, or what fits the curve; Ed25519 and Ed448 have their own
 * pss    RSA's padding is PSS, not that of PKCS#1 v1.5
 *
 * 0; -EINVAL with e filled: the key has no such scheme, or a weak one
 */
int signer_of(const struct private_key *key, enum ike_hash hash, bool pss,
	      struct signer *out, struct error *e);

/* struct evp_md_ctx_st is libcrypto's EVP_MD_CTX, for this folder alone: to sign
 * with, and to be freed. NULL: libcrypto failed. */
struct evp_md_ctx_st;
struct evp_md_ctx_st *signer_begin(const struct signer *s);

#endif
