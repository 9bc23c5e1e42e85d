/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Public keys that signatures are verified with: RSA, ECDSA on NIST's curves,
 * Ed25519 and Ed448. Read-only once it is read: any thread, several at once. RSA
 * takes 20 to 200 µs, the others 100 to 500: not for an event loop.
 */
#ifndef CYG_CRYPTO_PUBLIC_KEY_H
#define CYG_CRYPTO_PUBLIC_KEY_H

#include <stdbool.h>

#include "ctrl/base/slice.h"
#include "ctrl/crypto/sign.h"

#define KEY_RSA_MIN_BITS 1024
#define KEY_RSA_MAX_BITS 8192

struct public_key;

/*
 * From DER of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), as certificates,
 * PEM's "PUBLIC KEY" and CERT payloads of raw keys (RFC 7670) have it.
 *
 * 0; -ENOMEM
 * -EBADMSG   malformed, something behind it, a point that is not on its curve,
 *            an even modulus or exponent, or an exponent of 1
 * -ENOTSUP   of another type or curve, or RSA outside the two limits
 */
int public_key_read(struct slice spki, struct public_key **out);

/* public_key_free(NULL) is fine. */
void public_key_free(struct public_key *key);

enum key_type public_key_type(const struct public_key *key);

/* Of RSA's modulus, or the curve: 256, 384, 521, 255 (Ed25519), 448. */
unsigned int public_key_bits(const struct public_key *key);

/* As it was read; borrowed until public_key_free(). */
struct slice public_key_spki(const struct public_key *key);

/* The same key, however it is written. */
bool public_key_equal(const struct public_key *a, const struct public_key *b);

/* Is the scheme of its type, and of RFC 4754's of its curve? */
bool public_key_fits(const struct public_key *key,
		     const struct sign_scheme *scheme);

/*
 * Is it the signature of the message by that scheme? Padding and hash are compared
 * octet by octet with what they must be, PSS salts have the length of the hash, an
 * ECDSA signature is DER or r | s and nothing else, as the scheme says.
 *
 * 0; -EKEYREJECTED: it is not; -EINVAL: the scheme does not fit; -ENOMEM
 */
int public_key_verify(const struct public_key *key,
		      const struct sign_scheme *scheme, struct slice message,
		      struct slice signature);

#endif
