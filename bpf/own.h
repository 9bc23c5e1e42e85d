/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What sockets of our own send and hear in the clear, whatever the policies say:
 * told by the socket, which is nobody else's, and never by a port alone. What
 * asks DNS is let out to the resolver that it is connected to, and hears it.
 */
#ifndef CYG_BPF_OWN_H
#define CYG_BPF_OWN_H

#include "bpf/maps.h"
#include "bpf/parse.h"

/* p: whole, and of one of these flows, the way that dir says? */
static __always_inline bool own_flow_has(const struct packet *p, __u8 dir)
{
	struct own_flow f = {
		.local = dir == DIR_OUT ? p->saddr : p->daddr,
		.peer = dir == DIR_OUT ? p->daddr : p->saddr,
		.local_port = dir == DIR_OUT ? p->sport : p->dport,
		.peer_port = dir == DIR_OUT ? p->dport : p->sport,
	};

	return p->protocol == PROTO_UDP && !p->fragment && p->has_ports &&
	       bpf_map_lookup_elem(&own_flows, &f);
}

/* Before the socket goes, its flow does: another one at its port has none. */
static __always_inline bool own_sends(struct __sk_buff *skb,
				      const struct packet *p)
{
	const __u64 cookie = bpf_get_socket_cookie(skb);
	const __u32 *reach = bpf_map_lookup_elem(&own_sockets, &cookie);

	if (!reach)
		return false;
	return *reach == OWN_ANYWHERE || own_flow_has(p, DIR_OUT);
}

#endif
