/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A token bucket: so many in a second, and so many at once after a pause. Zeroed
 * it is full. One thread at a time.
 */
#ifndef CYG_BASE_BUCKET_H
#define CYG_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t full_ns; /* CLOCK_MONOTONIC: when it is full again */
};

/*
 * Takes a token.
 *
 * per_s   tokens that come in a second, at most NS_PER_S
 * burst   tokens that it holds, not 0
 *
 * false: there is none.
 */
bool bucket_take(struct bucket *b, uint64_t now_ns, uint32_t per_s,
		 uint32_t burst);

/* From when on bucket_take() has one; not later than now_ns: it has one now. */
uint64_t bucket_next_ns(const struct bucket *b, uint32_t per_s, uint32_t burst);

#endif
