/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The first question on every packet: whose is it? What belongs to the link
 * or to this host is the kernel's; the SPD speaks of what goes from the
 * protected side to the unprotected one.
 */
#ifndef CYG_BPF_LOCATE_H
#define CYG_BPF_LOCATE_H

#include "bpf/maps.h"
#include "bpf/parse.h"

#define LOCATE_AF_INET 2 /* AF_INET, for bpf_fib_lookup */

/* Never forwarded by the kernel: no address (DHCP), loopback, multicast where
 * nobody routes it, limited broadcast. */
static __always_inline bool addr_is_link(__be32 addr)
{
	__u32 a = bpf_ntohl(addr);

	return a == 0 || a >> 24 == 127 || a >> 28 == 0xe || a == 0xffffffff;
}

/* RFC 3927. The kernel forwards these like any other: exempt is only what the
 * host itself says to a neighbour, or hears from one. */
static __always_inline bool addr_is_link_local(__be32 addr)
{
	return bpf_ntohl(addr) >> 16 == 0xa9fe;
}

static __always_inline const struct iface_info *locate_iface(struct xdp_md *ctx)
{
	__u32 ifindex = ctx->ingress_ifindex;

	return bpf_map_lookup_elem(&ifaces, &ifindex);
}

/* 0 when the address is not of this host, else enum local_kind. */
static __always_inline __u32 locate_local(__be32 addr)
{
	struct addr key = addr_of_v4(addr);
	__u32 *kind = bpf_map_lookup_elem(&local_addrs, &key);

	return kind ? *kind : 0;
}

/*
 * Would the kernel forward this packet out of an interface that the SPD has no
 * say in? False where it has no route: a tunnel needs no inner route.
 */
static __always_inline bool egress_is_elsewhere(struct xdp_md *ctx,
						const struct packet *p)
{
	struct bpf_fib_lookup fib = {
		.family = LOCATE_AF_INET,
		.tos = p->tos,
		.l4_protocol = p->protocol,
		.ipv4_src = p->saddr,
		.ipv4_dst = p->daddr,
		.ifindex = ctx->ingress_ifindex,
	};
	long rc = bpf_fib_lookup(ctx, &fib, sizeof(fib), 0);
	struct iface_info *iface;
	__u32 egress;

	if (rc != BPF_FIB_LKUP_RET_SUCCESS && rc != BPF_FIB_LKUP_RET_NO_NEIGH)
		return false;
	egress = fib.ifindex;
	iface = bpf_map_lookup_elem(&ifaces, &egress);
	return !iface || iface->role != IFACE_UNPROTECTED;
}

#endif
