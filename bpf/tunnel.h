/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Tunnel interfaces (if_id): what a route leads to one is the tunnel's to take, and
 * what comes out of the tunnel for the kernel comes up by ipsec0, and is here as if
 * it had come in by the tunnel's own interface.
 */
#ifndef CYG_BPF_TUNNEL_H
#define CYG_BPF_TUNNEL_H

#include "bpf/count.h"
#include "bpf/locate.h"
#include "include/proto.h"
#include "include/tunnel.h"

/* Whose egress this is: its number; 0: it is none that dp knows. */
static __always_inline __u16 tunnel_at(const struct __sk_buff *skb)
{
	const struct iface_key key = { .ifindex = skb->ifindex };
	const struct iface_info *iface = bpf_map_lookup_elem(&ifaces, &key);

	return iface && iface->role == IFACE_TUNNEL ? (__u16)iface->tunnel : 0;
}

/* Did a worker say so, with a packet that came out of one? */
static __always_inline bool tunnel_is_said(struct __sk_buff *skb,
					   struct tunnel_tag *tag)
{
	return skb->ifindex == host_ifindex &&
	       !bpf_skb_load_bytes(skb, 0, tag, sizeof(*tag)) &&
	       tag->magic == magic;
}

/* By its MAC address the kernel knows it for this host's. */
static __always_inline int tunnel_enter(struct __sk_buff *skb,
					const struct tunnel_place *to,
					__u32 bytes)
{
	__u8 macs[2 * sizeof(to->mac)];

	__builtin_memcpy(macs, to->mac, sizeof(to->mac));
	__builtin_memcpy(macs + sizeof(to->mac), to->mac, sizeof(to->mac));
	if (bpf_skb_store_bytes(skb, 0, macs, sizeof(macs), 0))
		return tc_drop(DROP_STEER_FAILED, bytes);
	return bpf_redirect(to->ifindex, BPF_F_INGRESS);
}

#endif
