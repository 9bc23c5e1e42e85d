/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HMAC-SHA-256 (RFC 2104, RFC 4868) for many messages under one key.
 */
#ifndef CYG_CRYPTO_HMAC_H
#define CYG_CRYPTO_HMAC_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/secret.h"
#include "ctrl/base/slice.h"

#define HMAC_SHA256_BYTES     32
#define HMAC_SHA256_KEY_BYTES 64 /* longest key that needs no hashing */

/* A key, ready for use. One thread at a time. */
struct hmac;

/*
 * key   at most HMAC_SHA256_KEY_BYTES, borrowed for the call
 *
 * 0, -EINVAL (key too long), -ENOTSUP (libcrypto lacks SHA-256), -ENOMEM.
 * Control thread.
 */
int hmac_new(const struct secret *key, struct hmac **out);

/* Wipes and frees; hmac_free(NULL) is fine. */
void hmac_free(struct hmac *h);

/*
 * The MAC over head followed by tail, either of which may be empty, in full
 * length: HMAC_SHA256_BYTES at out. false: libcrypto failed, out is undefined.
 * Any worker.
 */
MUST_CHECK bool hmac_sha256(struct hmac *h, struct slice head,
			    struct slice tail, uint8_t *out);

#endif
