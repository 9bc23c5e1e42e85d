/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AES-GMAC (NIST SP 800-38D, RFC 4543) for many messages under one key: GCM that
 * encrypts nothing.
 */
#ifndef CYG_CRYPTO_GMAC_H
#define CYG_CRYPTO_GMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/slice.h"

#define GMAC_BYTES	16
#define GMAC_SALT_BYTES 4
#define GMAC_IV_BYTES	8

/* A key, ready for use. One thread at a time. */
struct gmac;

/*
 * key   of AES, and the salt behind it; borrowed for the call
 *
 * 0, -EINVAL (its length), -ENOTSUP (libcrypto lacks the cipher), -ENOMEM.
 * Control thread.
 */
int gmac_new(struct slice key, struct gmac **out);

/* Wipes and frees; gmac_free(NULL) is fine. */
void gmac_free(struct gmac *g);

/*
 * The MAC over n pieces, any of which may be empty, to out. An IV used twice is
 * fatal.
 *
 * iv   GMAC_IV_BYTES octets
 *
 * false: libcrypto failed. Any worker.
 */
MUST_CHECK bool gmac_sum(struct gmac *g, const uint8_t *iv,
			 const struct slice *pieces, size_t n, uint8_t *out);

#endif
