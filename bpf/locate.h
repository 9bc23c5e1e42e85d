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

#define LOCATE_AF_INET	2  /* AF_INET, for bpf_fib_lookup */
#define LOCATE_AF_INET6 10 /* AF_INET6 */

/* Never forwarded by the kernel: no address (DHCP), loopback, multicast where
 * nobody routes it, limited broadcast. */
static __always_inline bool v4_is_link(__be32 addr)
{
	__u32 a = bpf_ntohl(addr);

	return a == 0 || a >> 24 == 127 || a >> 28 == 0xe || a == 0xffffffff;
}

static __always_inline bool v6_is_link_local(const struct addr *a)
{
	return a->octets[0] == 0xfe && (a->octets[1] & 0xc0) == 0x80;
}

/* Likewise: no address (neighbour discovery, MLD), loopback, multicast; and
 * link-local (RFC 4291 section 2.5.6). */
static __always_inline bool v6_is_link(const struct addr *a)
{
	__u64 half[2];

	__builtin_memcpy(half, a, sizeof(half));
	if (!half[0] && bpf_be64_to_cpu(half[1]) <= 1)
		return true;
	return a->octets[0] == 0xff || v6_is_link_local(a);
}

/* a: one of p's. */
static __always_inline bool addr_is_link(const struct packet *p,
					 const struct addr *a)
{
	return p->version == 4 ? v4_is_link(addr_v4(a)) : v6_is_link(a);
}

/* A group whose packets may go further than the link (RFC 5771 section 4, RFC 7346
 * section 2), if their TTL lets them. */
static __always_inline bool addr_is_wide_group(const struct packet *p,
					       const struct addr *a)
{
	if (p->version == 4)
		return a->octets[ADDR_V4_AT] >> 4 == 0xe &&
		       bpf_ntohl(addr_v4(a)) >> 8 != 0xe00000;
	return a->octets[0] == 0xff && (a->octets[1] & 0xf) > 2;
}

/* Never from outside (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3), and the
 * kernel takes IPv4's all the same where route_localnet is set. */
static __always_inline bool addr_is_loopback(const struct packet *p,
					     const struct addr *a)
{
	if (p->version == 4)
		return bpf_ntohl(addr_v4(a)) >> 24 == 127;
	return v6_is_link(a) && a->octets[0] == 0 && a->octets[15] == 1;
}

/* Of IPv4's (RFC 3927) the kernel forwards even these: exempt is only what the
 * host itself says to a neighbour, or hears from one. */
static __always_inline bool addr_is_link_local(const struct packet *p,
					       const struct addr *a)
{
	return p->version == 4 ? bpf_ntohl(addr_v4(a)) >> 16 == 0xa9fe
			       : v6_is_link_local(a);
}

/*
 * Neighbour discovery, to whatever address it is: a hop limit of 255 was never
 * forwarded (RFC 4861 section 3.1), and it comes in one piece (RFC 6980).
 */
static __always_inline bool packet_is_nd(const struct packet *p)
{
	const __u8 type = (__u8)(p->dport >> 8), code = (__u8)p->dport;

	return p->version == 6 && p->protocol == PROTO_ICMPV6 && p->has_ports &&
	       p->ttl == ND_HOP_LIMIT && p->header_bytes == IPV6_HEADER_BYTES &&
	       type >= ND_ROUTER_SOLICITATION && type <= ND_REDIRECT &&
	       code == 0;
}

/* NULL: none that we serve. ifindex: of where the frame was met. */
static __always_inline const struct iface_info *locate_iface(
	__u32 ifindex, const struct packet *p)
{
	const struct iface_key key = {
		.ifindex = ifindex,
		.tag = { p->vlan[0], p->vlan[1] },
	};

	return bpf_map_lookup_elem(&ifaces, &key);
}

/* 0 when the address is not of this host, else enum local_kind. */
static __always_inline __u32 locate_local(const struct addr *a)
{
	__u32 *kind = bpf_map_lookup_elem(&local_addrs, a);

	return kind ? *kind : 0;
}

/* What the kernel's routing rules may ask about; ports where there are some. */
static __always_inline void locate_question(const struct packet *p,
					    struct bpf_fib_lookup *fib)
{
	fib->l4_protocol = p->protocol;
	if (p->version == 4) {
		fib->family = LOCATE_AF_INET;
		fib->tos = p->tos;
		fib->ipv4_src = addr_v4(&p->saddr);
		fib->ipv4_dst = addr_v4(&p->daddr);
		return;
	}
	fib->family = LOCATE_AF_INET6;
	fib->flowinfo = p->flowinfo;
	__builtin_memcpy(fib->ipv6_src, &p->saddr, sizeof(p->saddr));
	__builtin_memcpy(fib->ipv6_dst, &p->daddr, sizeof(p->daddr));
}

/* The same of the way back. */
static __always_inline void locate_question_back(const struct packet *p,
						 struct bpf_fib_lookup *fib)
{
	fib->family = LOCATE_AF_INET6;
	if (p->version == 4) {
		fib->family = LOCATE_AF_INET;
		fib->ipv4_src = addr_v4(&p->daddr);
		fib->ipv4_dst = addr_v4(&p->saddr);
		return;
	}
	__builtin_memcpy(fib->ipv6_src, &p->daddr, sizeof(p->daddr));
	__builtin_memcpy(fib->ipv6_dst, &p->saddr, sizeof(p->saddr));
}

enum fib_way {
	FIB_NOWHERE,   /* there is no route */
	FIB_ELSEWHERE, /* by an interface that the SPD has no say in */
	FIB_OUTSIDE,   /* by an unprotected one */
	FIB_TUNNEL,    /* by a tunnel interface */
};

/* By a route that there is, whether or not tc's packet is too large for it. tunnel:
 * the number of that interface, or 0. */
static __always_inline enum fib_way fib_way_of(void *ctx,
					       struct bpf_fib_lookup *fib,
					       __u16 *tunnel)
{
	struct iface_key egress = {};
	const struct iface_info *to;
	long rc;

	rc = bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
	if (rc != BPF_FIB_LKUP_RET_SUCCESS && rc != BPF_FIB_LKUP_RET_NO_NEIGH &&
	    rc != BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return FIB_NOWHERE;
	egress.ifindex = fib->ifindex;
	to = bpf_map_lookup_elem(&ifaces, &egress);
	if (!to || to->role == IFACE_PROTECTED)
		return FIB_ELSEWHERE;
	*tunnel = (__u16)to->tunnel;
	return *tunnel ? FIB_TUNNEL : FIB_OUTSIDE;
}

/*
 * Where would the kernel forward this packet to? FIB_NOWHERE where it has no route:
 * a tunnel needs no inner route. A function of its own: what it asks with is not on
 * the stack of whoever asks the SPD then, which is as large as Linux 6.1 allows.
 *
 * ctx      of XDP or tc
 * tunnel   see fib_way_of()
 */
static __noinline enum fib_way egress_of(void *ctx, const struct packet *p,
					 const struct iface_info *from,
					 __u16 *tunnel)
{
	struct bpf_fib_lookup fib = { .ifindex = from->ifindex };

	locate_question(p, &fib);
	return fib_way_of(ctx, &fib, tunnel);
}

/* By an interface where the guard does not meet it? */
static __always_inline bool egress_is_elsewhere(void *ctx,
						const struct packet *p,
						const struct iface_info *from)
{
	__u16 tunnel = 0;
	enum fib_way way = egress_of(ctx, p, from, &tunnel);

	return way == FIB_ELSEWHERE || way == FIB_TUNNEL;
}

/* May it have come from there? What nobody is behind has no way back: so it is
 * with those behind an interface of ours that is down. */
static __always_inline bool origin_is_outside(void *ctx, const struct packet *p,
					      const struct iface_info *from)
{
	struct bpf_fib_lookup fib = { .ifindex = from->ifindex };
	__u16 tunnel = 0;

	locate_question_back(p, &fib);
	return fib_way_of(ctx, &fib, &tunnel) == FIB_OUTSIDE;
}

#endif
