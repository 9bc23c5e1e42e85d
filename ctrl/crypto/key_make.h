/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private keys that are made here, and the files that keys are written to. RSA takes
 * up to half a minute to make (8,192 bits), a passphrase half a second: not for an
 * event loop.
 */
#ifndef CYG_CRYPTO_KEY_MAKE_H
#define CYG_CRYPTO_KEY_MAKE_H

#include "ctrl/base/owned.h"
#include "ctrl/crypto/private_key.h"

#define KEY_MAKE_RSA_MIN_BITS 2048 /* shorter ones are read, not made */

enum key_form {
	KEY_FORM_PEM,
	KEY_FORM_DER,
};

/*
 * A new one.
 *
 * bits   of RSA's modulus, KEY_MAKE_RSA_MIN_BITS to KEY_RSA_MAX_BITS, or of the curve
 *        of ECDSA: 256, 384, 521. Other types have but one: 0
 *
 * 0, or e says what to do: -EINVAL: bits; -EIO: libcrypto failed; -ENOMEM
 */
int key_make(enum key_type type, unsigned int bits, struct private_key **out,
	     struct error *e);

/*
 * As PKCS#8 (RFC 5958).
 *
 * passphrase   empty: none; else it is encrypted by AES-256-CBC and PBKDF2 with
 *              HMAC-SHA-256 (RFC 8018)
 *
 * 0; -E2BIG: a passphrase above PASSPHRASE_MAX; -EIO; -ENOMEM
 */
int key_write(const struct private_key *key, enum key_form form,
	      struct slice passphrase, struct owned *out);

/* As SubjectPublicKeyInfo. 0 or -ENOMEM. */
int key_write_public(const struct public_key *key, enum key_form form,
		     struct owned *out);

/*
 * From what key_write_public() writes, and others: PEM's "PUBLIC KEY", or DER. As
 * public_key_read().
 */
int key_read_public(struct slice octets, struct public_key **out);

#endif
