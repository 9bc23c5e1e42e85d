// SPDX-License-Identifier: BSD-2-Clause
/*
 * How large a packet the path to a peer takes, beside what its route says. What is
 * learned or forgotten makes the workers ask anew for that peer's next hop, whose
 * answer has the number; the routes of tunnels follow in a moment.
 */
#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/dp/resolver_state.h"

/* The kernel's tables are as they were: what the programs know holds. */
static void path_changed(struct resolver *r, const struct addr *dst)
{
	const struct prefix only = {
		.net = *dst,
		.bits = addr_is_v4(dst) ? 32 : 128,
	};

	resolver_advance(r, &only);
	resolver_ways_soon(r);
}

void resolver_learn_mtu(struct resolver *r, const struct addr *dst,
			const struct addr *src, uint32_t mtu)
{
	const uint64_t now_ns = clock_ns();
	char peer[ADDR_STR_MAX];

	if (!paths_learn(&r->paths, dst, src, mtu, now_ns))
		return;
	if (log_may(&r->narrowed, "routers", now_ns))
		log_info("pmtu: a router says that the path is narrower peer=%s mtu=%u",
			 addr_str(dst, peer), mtu);
	path_changed(r, dst);
}

uint32_t resolver_path_mtu(const struct resolver *r, const struct addr *dst,
			   const struct addr *src)
{
	return paths_mtu(&r->paths, dst, src);
}

void resolver_age_paths(struct resolver *r)
{
	struct addr dst;

	while (paths_aged(&r->paths, clock_ns(), &dst))
		path_changed(r, &dst);
}
