/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What keys and signatures a connection takes: the `auth` of public keys with
 * strongSwan's constraints. Plain values; any thread.
 */
#ifndef CYG_MODEL_SIGN_RULES_H
#define CYG_MODEL_SIGN_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/crypto/sign.h"

/* All zeros: any key, and any signature that is not weak. */
struct sign_rules {
	uint8_t keys;	     /* a bit for each enum key_type; 0: any */
	uint16_t rsa_bits;   /* at least */
	uint16_t ecdsa_bits; /* at least */
	/* A bit for each enum sign_id; 0: any that is not weak. */
	uint32_t chain; /* in certificates */
	uint32_t ike;	/* in AUTH payloads */
};

/* The shortest of RSA where no rule says one (RFC 8247 section 3.1). */
#define SIGN_RSA_BITS 2048

/*
 * "pubkey", "rsa-2048-ecdsa-256", "pubkey-sha256-sha384", "rsa/pss-sha256",
 * "ed25519", "rsa-3072-ike:rsa/pss-sha256-sha384": types of keys, behind each its
 * least strength in bits and its hashes. "ike:" before a type leads what is for AUTH
 * payloads; where there is none, certificates' signatures are those of AUTH too.
 *
 * A type without hashes, beside one that has some, may have any that is not weak.
 * Weak ones must be named (sha1). "rsa" is PKCS#1 v1.5 and PSS, "rsa/pss" PSS alone,
 * "rsa/pkcs1" the other alone. strongSwan skips what it does not know, has no such word as
 * the last, and has PSS for "rsa" only if charon.rsa_pss is set.
 *
 * 0, or -EINVAL with e filled and out unchanged: another word, a strength or a hash
 * without a type, a hash that no key of the type signs with.
 */
int sign_rules_parse(const char *text, struct sign_rules *out, struct error *e);

/* May a key in the chain be so? */
bool sign_rules_key(const struct sign_rules *r, enum key_type type,
		    unsigned int bits);

/* schemes   r->chain or r->ike */
bool sign_rules_scheme(uint32_t schemes, const struct sign_scheme *scheme);

#endif
