// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/mss.h"

#include "ctrl/dp/pmtu.h"

/* RFC 9293 section 3.7.1: headers without options, whatever is sent. */
void mss_clamp(struct packet *p, uint32_t mtu)
{
	uint32_t around = ip_least_bytes(p->ip.version) + TCP_HEADER_BYTES;

	if (mtu > around)
		tcp_clamp_mss(p->l3 + p->ip.header_bytes,
			      p->bytes - p->ip.header_bytes,
			      (uint16_t)(mtu - around));
}

/* The two SAs of a pair have the same algorithms, and both UDP or neither. */
bool mss_clamp_opened(struct worker *w, struct packet *p)
{
	const struct nexthop *nh;

	if (!p->sa) /* gone while the packet waited */
		return true;
	nh = nexthop_lookup_ours(&w->nexthops, sa_saddr(p->sa), sa_daddr(p->sa),
				 w->now_ns);
	if (nh->kind == NH_PENDING) {
		hold_packet(w, p);
		return false;
	}
	if (nh->kind == NH_PORT)
		mss_clamp(p, pmtu_inner(p->sa, nh->mtu));
	return true;
}
