// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/bucket.h"

#include "ctrl/base/clock.h"

bool bucket_take(struct bucket *b, uint64_t now_ns, uint32_t per_s,
		 uint32_t burst)
{
	uint64_t one_ns = NS_PER_S / per_s;

	if (b->full_ns < now_ns)
		b->full_ns = now_ns;
	if (b->full_ns - now_ns > (burst - 1) * one_ns)
		return false;
	b->full_ns += one_ns;
	return true;
}

uint64_t bucket_next_ns(const struct bucket *b, uint32_t per_s, uint32_t burst)
{
	uint64_t rest_ns = (burst - 1) * (NS_PER_S / per_s);

	return b->full_ns > rest_ns ? b->full_ns - rest_ns : 0;
}
