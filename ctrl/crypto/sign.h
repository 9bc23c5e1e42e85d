/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signature schemes of IKEv2: what an AUTH payload's method and AlgorithmIdentifier
 * stand for (RFC 7296 section 3.8, RFC 4754, RFC 7427, RFC 8420). Constant data;
 * any thread. Keys are in public_key.h and private_key.h.
 */
#ifndef CYG_CRYPTO_SIGN_H
#define CYG_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/slice.h"
#include "include/ike.h"

enum key_type {
	KEY_RSA,
	KEY_ECDSA, /* P-256, P-384, P-521 */
	KEY_ED25519,
	KEY_ED448,
};

enum sign_id {
	SIGN_RSA_SHA1,
	SIGN_RSA_SHA256,
	SIGN_RSA_SHA384,
	SIGN_RSA_SHA512,
	SIGN_PSS_SHA256,
	SIGN_PSS_SHA384,
	SIGN_PSS_SHA512,
	SIGN_ECDSA_SHA256, /* on any of the curves, the signature in DER */
	SIGN_ECDSA_SHA384,
	SIGN_ECDSA_SHA512,
	SIGN_ECDSA_256, /* RFC 4754: a curve with its hash, r | s */
	SIGN_ECDSA_384,
	SIGN_ECDSA_521,
	SIGN_ED25519,
	SIGN_ED448,
};

struct sign_scheme {
	enum sign_id id;
	const char *name;
	enum key_type key;
	enum ike_hash hash;
	/* By which method it is sent without an AlgorithmIdentifier; of most:
	 * IKE_AUTH_SIGNATURE, it is never sent without. */
	enum ike_auth_method method;
	uint16_t curve_bits; /* of RFC 4754's; 0: whatever the key has */
	bool pss;
	const char *weak; /* why nobody should use it, or NULL */
	/* DER of its AlgorithmIdentifier (RFC 7427 appendix A), empty: none. */
	const char *alg;
	uint8_t alg_bytes;
};

#define SIGN_MAX_BYTES 1024 /* of a signature; RSA with 8192 bits */

/* The whole table, strongest first for each type of key; NULL: there are no more. */
const struct sign_scheme *sign_at(size_t i);

/* Never NULL. */
const struct sign_scheme *sign_by_id(enum sign_id id);

/* What signatures without an AlgorithmIdentifier are; NULL: of no such method. */
const struct sign_scheme *sign_by_method(uint8_t method);

/*
 * By an AlgorithmIdentifier, which comes from a peer: DER, nothing behind it, the
 * parameters as they must be: for RSA NULL or none (RFC 4055 section 5), for PSS one
 * hash for the message and MGF1 and a salt of its length, for others none.
 *
 * NULL: it is malformed, or of no scheme here.
 */
const struct sign_scheme *sign_by_alg(struct slice alg);

#endif
