/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain digests, where a protocol asks for one. Any thread. */
#ifndef CYG_CRYPTO_HASH_H
#define CYG_CRYPTO_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/slice.h"

#define HASH_SHA1_BYTES	  20
#define HASH_SHA256_BYTES 32

/*
 * SHA-1, for NAT detection (RFC 7296 section 2.23) and to see whether octets of
 * our own have changed: nothing hangs on its strength. false: libcrypto failed.
 */
MUST_CHECK bool hash_sha1(struct slice octets, uint8_t out[HASH_SHA1_BYTES]);

/* SHA-256, by which certificates and keys are named. */
MUST_CHECK bool hash_sha256(struct slice octets, uint8_t out[HASH_SHA256_BYTES]);

#endif
