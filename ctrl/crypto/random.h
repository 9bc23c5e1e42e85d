/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random numbers from OpenSSL's generator, drawn in bulk so that an IV costs
 * a copy. One pool per thread, never shared.
 */
#ifndef CYG_CRYPTO_RANDOM_H
#define CYG_CRYPTO_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/slice.h"

#define RANDOM_POOL_BYTES 4096

struct random_pool {
	uint8_t octets[RANDOM_POOL_BYTES];
	size_t used; /* octets given out; RANDOM_POOL_BYTES when empty */
};

void random_init(struct random_pool *pool);

/* len at most RANDOM_POOL_BYTES. false: the generator failed, use nothing. */
MUST_CHECK bool random_bytes(struct random_pool *pool, void *out, size_t len);

#endif
