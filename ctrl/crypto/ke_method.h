/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each key exchange method does, for ke.c alone. Private and public
 * values are octets in the form of ke.h; the caller made sure of the lengths
 * of public values, the methods look at everything else.
 */
#ifndef CYG_CRYPTO_KE_METHOD_H
#define CYG_CRYPTO_KE_METHOD_H

#include <stdint.h>

#include "ctrl/base/secret.h"
#include "ctrl/crypto/ke.h"

#define MODP_2048_BYTES 256U
#define X25519_BYTES	32U

/*
 * NAME_private   draws a private value; 0 or -EIO, -ENOMEM
 * NAME_public    0 or -EINVAL (the private value is out of range), -ENOMEM,
 *                -ENOTSUP
 * NAME_shared    writes shared_bytes; 0 or as ke_shared()
 */
int modp_private(struct secret *x);
int modp_public(const struct secret *x, uint8_t *out);
int modp_shared(const struct secret *x, const uint8_t *peer, uint8_t *out);

int ecp_private(const struct ke_alg *alg, struct secret *d);
int ecp_public(const struct ke_alg *alg, const struct secret *d, uint8_t *out);
int ecp_shared(const struct ke_alg *alg, const struct secret *d,
	       const uint8_t *peer, uint8_t *out);

int x25519_private(struct secret *k);
int x25519_public(const struct secret *k, uint8_t *out);
int x25519_shared(const struct secret *k, const uint8_t *peer, uint8_t *out);

#endif
