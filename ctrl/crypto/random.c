// SPDX-License-Identifier: BSD-2-Clause
/*
 * Numbers for IVs: a pool filled by one call into libcrypto, handed out by
 * copying. Not for keys, which are drawn one by one where they are made. An
 * octet given out leaves the pool, so that what was an IV or a cookie can't be
 * read there later. A process that forks calls random_init() in the child, or
 * both would hand out the same numbers. The pool's own thread.
 */
#include "ctrl/crypto/random.h"

#include <string.h>

#include <openssl/rand.h>

void random_init(struct random_pool *pool)
{
	explicit_bzero(pool->octets, sizeof(pool->octets));
	pool->used = RANDOM_POOL_BYTES;
}

static bool refill(struct random_pool *pool)
{
	if (RAND_bytes(pool->octets, RANDOM_POOL_BYTES) != 1) {
		random_init(pool);
		return false;
	}
	pool->used = 0;
	return true;
}

bool random_bytes(struct random_pool *pool, void *out, size_t len)
{
	if (len > RANDOM_POOL_BYTES)
		return false;
	if (RANDOM_POOL_BYTES - pool->used < len && !refill(pool))
		return false;
	memcpy(out, pool->octets + pool->used, len);
	explicit_bzero(pool->octets + pool->used, len);
	pool->used += len;
	return true;
}
