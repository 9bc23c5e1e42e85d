/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A gateway whose frames lie between frames that must not be touched, poisoned for
 * the address sanitizer: a step over a frame's end is seen, one inside of it only
 * by what leaves.
 */
#ifndef CYG_TESTS_FUZZ_FENCE_H
#define CYG_TESTS_FUZZ_FENCE_H

#include <sanitizer/asan_interface.h>
#include <string.h>

#include "tests/support/gateway.h"

#define FENCED_FRAMES 16U /* in use: a round's, the held ones, and to spare */

/* All of them free, in the same order, and without what was in them. */
static inline void fence_restart(struct umem *u)
{
	u->free_count = 0;
	for (uint32_t i = 0; i < FENCED_FRAMES; i++) {
		uint64_t addr = (2ULL * i + 1) * FRAME_BYTES;

		memset(umem_at(u, addr), 0, FRAME_BYTES);
		frame_put(u, addr);
	}
}

/* Frames 1, 3, 5, ... are in use. */
static inline struct gateway *gateway_fenced(const char *encr,
					     const char *integ, bool esn)
{
	const struct gateway_spec spec = { encr, integ, esn,
					   2 * FENCED_FRAMES + 1 };
	struct gateway *g = gateway_new(&spec);

	g->w.umem.frames = FENCED_FRAMES;
	g->w.mss_clamp = false; /* what goes out is as it was given */
	for (uint32_t i = 0; i <= FENCED_FRAMES; i++)
		ASAN_POISON_MEMORY_REGION(g->w.umem.area + 2 * i * FRAME_BYTES,
					  FRAME_BYTES);
	fence_restart(&g->w.umem);
	return g;
}

#endif
