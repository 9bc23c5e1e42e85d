/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is asked for before it is read. gcc takes a function that does
 * nothing else for one that does nothing at all, and leaves out the calls of it:
 * such a one is always part of its caller. Any thread.
 */
#ifndef CYG_BASE_PREFETCH_H
#define CYG_BASE_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

#define PREFETCHES static inline __attribute__((always_inline))

#define PREFETCH_LINE 64U /* octets that a cache has or has not */

/*
 * Into the second cache, and every line: what the CPU asks for by itself as it
 * reads on comes too late. One line more may be asked for.
 */
PREFETCHES void prefetch_octets(const uint8_t *at, size_t bytes)
{
	const uint8_t *end = at + bytes;

	for (; at < end; at += 2 * PREFETCH_LINE) {
		__builtin_prefetch(at, 0, 2);
		__builtin_prefetch(at + PREFETCH_LINE, 0, 2);
	}
}

#endif
