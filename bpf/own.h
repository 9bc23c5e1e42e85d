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

/* Is it for a connection of ours that carries IKE and ESP, or for the port at which we
 * wait for some? p: addressed to this host. */
static __always_inline bool own_stream_hears(const struct packet *p)
{
	struct own_flow f = {
		.local = p->daddr,
		.peer = p->saddr,
		.local_port = p->dport,
		.peer_port = p->sport,
	};

	if (p->protocol != PROTO_TCP || p->fragment || !p->has_ports)
		return false;
	if (bpf_map_lookup_elem(&stream_flows, &f))
		return true;
	__builtin_memset(&f.local, 0, sizeof(f.local));
	__builtin_memset(&f.peer, 0, sizeof(f.peer));
	f.peer_port = 0;
	return bpf_map_lookup_elem(&stream_flows, &f);
}

/*
 * The same of what leaves, by its socket. A SYN-ACK is still of the one that listens.
 * What has no socket is not told to be ours: SYN cookies, and what is said of a
 * connection that is over.
 */
static __always_inline bool own_stream_sends(struct __sk_buff *skb,
					     const struct packet *p)
{
	struct bpf_sock *sk = skb->sk, *full;

	if (p->protocol != PROTO_TCP || !sk)
		return false;
	full = bpf_sk_fullsock(sk);
	if (!full)
		full = bpf_get_listener_sock(sk);
	return full && bpf_sk_storage_get(&own_streams, full, 0, 0);
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
