// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/fib.h"

#include <string.h>

void fib_init(struct fib *fib)
{
	memset(fib, 0, sizeof(*fib));
	atomic_init(&fib->gen, 1);
}

/* Every store of a change comes after that of the generation before it: whoever
 * reads a part of it can tell, see fib_holds(). */
void fib_advance(struct fib *fib, const struct prefix *changed)
{
	static const struct prefix everything;
	const struct prefix *p = changed ? changed : &everything;
	const struct addr_halves net = addr_halves(&p->net);
	const uint32_t gen =
		atomic_load_explicit(&fib->gen, memory_order_relaxed) + 1;
	struct fib_change *c = &fib->change[gen % FIB_CHANGES];

	atomic_store_explicit(&c->hi, net.hi, memory_order_release);
	atomic_store_explicit(&c->lo, net.lo, memory_order_release);
	atomic_store_explicit(&c->bits, prefix_mapped_bits(p),
			      memory_order_release);
	atomic_store_explicit(&fib->gen, gen, memory_order_release);
}

/* The high bits of which a prefix of so many has some, 0 to 64. */
static uint64_t mask(uint32_t bits)
{
	return bits ? UINT64_MAX << (64 - bits) : 0;
}

static bool concerns(const struct fib_change *c, const struct addr_halves *dst)
{
	const uint64_t hi = atomic_load_explicit(&c->hi, memory_order_acquire);
	const uint64_t lo = atomic_load_explicit(&c->lo, memory_order_acquire);
	const uint32_t bits =
		atomic_load_explicit(&c->bits, memory_order_acquire);
	const uint32_t high = bits < 64 ? bits : 64;

	return !((hi ^ dst->hi) & mask(high)) &&
	       !((lo ^ dst->lo) & mask(bits - high));
}

bool fib_holds(const struct fib *fib, const struct addr *dst, uint32_t since,
	       uint32_t gen)
{
	const struct addr_halves halves = addr_halves(dst);

	if (gen - since >= FIB_CHANGES)
		return false;
	for (uint32_t g = since; g != gen;)
		if (concerns(&fib->change[++g % FIB_CHANGES], &halves))
			return false;
	/* None of them was written over meanwhile. */
	return fib_gen(fib) - since < FIB_CHANGES;
}
