/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changed in the kernel's routing: the FIB generation, and for its last
 * steps what each of them concerns. A route concerns the destinations of its
 * prefix, in whatever table it is; all else (rules, links, addresses, next hop
 * objects, neighbours) may concern any. So a router's daemon that moves far
 * networks about costs nobody else's packets a question.
 *
 * The control thread writes, a worker reads.
 */
#ifndef CYG_DP_FIB_H
#define CYG_DP_FIB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"

#define FIB_CHANGES 256U /* steps that are remembered; a power of two */

/* All 0, which it is at first: it concerns every destination. */
struct fib_change {
	_Atomic uint64_t hi, lo; /* the prefix, as struct addr_halves */
	_Atomic uint32_t bits;	 /* of the 128 */
};

struct fib {
	_Atomic uint32_t gen;
	struct fib_change change[FIB_CHANGES]; /* at its generation, modulo */
};

void fib_init(struct fib *fib); /* at generation 1 */

static inline uint32_t fib_gen(const struct fib *fib)
{
	return atomic_load_explicit(&fib->gen, memory_order_acquire);
}

/* NULL: everything. Control thread. */
void fib_advance(struct fib *fib, const struct prefix *changed);

/*
 * Does what is known of dst since a generation still hold in a later one? What
 * is no longer remembered may have concerned it. Worker.
 */
bool fib_holds(const struct fib *fib, const struct addr *dst, uint32_t since,
	       uint32_t gen);

#endif
