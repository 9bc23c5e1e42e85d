/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSS clamping: a SYN or SYN-ACK that goes through a tunnel, either way, names
 * no larger segment than the tunnel carries whole, so that TCP works also where
 * ICMP is lost on the way. What routers do beside path MTU discovery; there is
 * no RFC for it. Worker.
 */
#ifndef CYG_DP_MSS_H
#define CYG_DP_MSS_H

#include "ctrl/dp/worker.h"
#include "ctrl/wire/tcp.h"
#include "include/proto.h"

static inline bool mss_concerns(const struct worker *w, const struct packet *p)
{
	return p->ip.protocol == PROTO_TCP &&
	       atomic_load_explicit(&w->mss_clamp, memory_order_relaxed) &&
	       !(p->ip.fragment & IPV4_OFFSET_MASK) &&
	       tcp_is_syn(p->l3 + p->ip.header_bytes,
			  p->bytes - p->ip.header_bytes);
}

/* mtu: the largest inner packet. Only of what mss_concerns(). */
void mss_clamp(struct packet *p, uint32_t mtu);

/*
 * The same for what was opened: the answers to it go by the way to the peer, and
 * what counts is how large those may be.
 *
 * false: that way is not known yet, and the packet waits for it.
 */
bool mss_clamp_opened(struct worker *w, struct packet *p);

#endif
