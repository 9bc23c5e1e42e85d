/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The IPv6 header (RFC 8200 section 3) and those extension headers that a
 * selector looks behind: hop-by-hop options, routing, fragment, destination
 * options. AH and ESP are what is carried, not headers to step over (RFC 4301
 * section 4.4.1.1).
 *
 * The SPD goes by the destination by which the packet is routed now; that a
 * routing header leads further on is told, for those whom it addresses now. A
 * jumbogram (RFC 2675) is malformed, as its payload length is a lie. So is an
 * IPv4-mapped address, which stands for IPv4 in our maps and policies, and for
 * nobody on the wire.
 */
#ifndef CYG_BPF_IPV6_H
#define CYG_BPF_IPV6_H

#include <linux/ipv6.h>

#include "bpf/packet.h"

/* What is behind the extension headers, as one number: the verifier judges the
 * walk once and on its own, and lets it give back no more. */
#define WALK_FRAGMENT	      0x100
#define WALK_REST	      0x200
#define WALK_ROUTE	      0x400
#define WALK_HIDES	      0x800 /* headers behind that of a fragment */
#define WALK_BYTES_SHIFT      16    /* above: bytes from the IP header on */
#define WALK_FAILED(parse)    (-(int)(parse))
#define WALK_PARSE(walked)    ((enum parse) - (walked))
#define WALK_PROTOCOL(walked) ((__u8)((walked)&0xff))

/* The first octets of any of them. */
struct ipv6_extension {
	__u8 next_header;
	__u8 units;	/* of 8 octets, after the first 8 */
	__be16 further; /* fragment header: offset, M flag; routing header:
			   type, segments left */
};

static __always_inline bool ipv6_is_extension(__u8 next_header)
{
	switch (next_header) {
	case EXT_HOP_BY_HOP:
	case EXT_ROUTING:
	case EXT_FRAGMENT:
	case EXT_DEST_OPTIONS:
		return true;
	default:
		return false;
	}
}

/*
 * at         of the first extension header in the frame
 * room       bytes of the packet from there on
 * protocol   of that header
 *
 * The walk, or WALK_FAILED(): a header reaches beyond the packet, there are
 * more than IPV6_EXTENSIONS_MAX, or one that later fragments don't have hides
 * what is carried.
 */
static __always_inline int ipv6_walk(const struct cursor *c, __u32 at,
				     __u32 room, __u8 protocol)
{
	__u32 bytes = 0, flags = 0;

	/* Unrolled: a counter in memory would be no bound to the verifier. */
#pragma clang loop unroll(full)
	for (__u32 i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		struct ipv6_extension h;
		__u32 step = IPV6_UNIT_BYTES;

		if (!ipv6_is_extension(protocol) || flags & WALK_REST)
			break;
		if (!cursor_read(c, at + bytes, &h, sizeof(h)))
			return WALK_FAILED(PARSE_MALFORMED);
		if (flags & WALK_FRAGMENT)
			flags |= WALK_HIDES;
		if (protocol == EXT_ROUTING &&
		    bpf_ntohs(h.further) & IPV6_SEGMENTS_MASK)
			flags |= WALK_ROUTE;
		if (protocol != EXT_FRAGMENT)
			step += h.units * IPV6_UNIT_BYTES;
		else if (bpf_ntohs(h.further) & IPV6_OFFSET_MASK)
			flags |= WALK_FRAGMENT | WALK_REST;
		else if (bpf_ntohs(h.further) & IPV6_MF)
			flags |= WALK_FRAGMENT;
		bytes += step;
		if (bytes > room)
			return WALK_FAILED(PARSE_MALFORMED);
		protocol = h.next_header;
	}
	if (ipv6_is_extension(protocol))
		return WALK_FAILED(PARSE_OPAQUE);
	return (int)(bytes << WALK_BYTES_SHIFT | flags | protocol);
}

/* Not static: so the verifier judges them apart from whoever calls. */
int ipv6_walk_xdp(struct xdp_md *ctx, __u32 at, __u32 room, __u8 protocol);
int ipv6_walk_skb(struct __sk_buff *skb, __u32 at, __u32 room, __u8 protocol);

__noinline int ipv6_walk_xdp(struct xdp_md *ctx, __u32 at, __u32 room,
			     __u8 protocol)
{
	const struct cursor c = cursor_xdp(ctx);

	return ipv6_walk(&c, at, room, protocol);
}

__noinline int ipv6_walk_skb(struct __sk_buff *skb, __u32 at, __u32 room,
			     __u8 protocol)
{
	const struct cursor c = { .tc = true, .skb = skb };

	return ipv6_walk(&c, at, room, protocol);
}

static __always_inline bool ipv6_is_mapped(const struct in6_addr *a)
{
	return !(a->s6_addr32[0] | a->s6_addr32[1] |
		 (a->s6_addr32[2] ^ bpf_htonl(0xffff)));
}

/* Without the walk; whether all of it is there is the caller's to ask. */
static __always_inline enum parse parse_ipv6(const struct ipv6hdr *ip,
					     struct packet *p)
{
	__be32 first;

	__builtin_memcpy(&first, ip, sizeof(first));
	p->header_bytes = IPV6_HEADER_BYTES;
	p->total_bytes = IPV6_HEADER_BYTES + bpf_ntohs(ip->payload_len);
	if (ip->version != 6 || ipv6_is_mapped(&ip->saddr) ||
	    ipv6_is_mapped(&ip->daddr))
		return PARSE_MALFORMED;
	__builtin_memcpy(&p->saddr, &ip->saddr, sizeof(p->saddr));
	__builtin_memcpy(&p->daddr, &ip->daddr, sizeof(p->daddr));
	p->version = 6;
	p->flowinfo = first & bpf_htonl(IPV6_FLOWINFO_MASK);
	p->tos = (__u8)(bpf_ntohl(first) >> IPV6_TCLASS_SHIFT);
	p->ttl = ip->hop_limit;
	p->protocol = ip->nexthdr;
	return PARSE_IP;
}

/* What the walk found. */
static __always_inline enum parse ipv6_behind(int walked, struct packet *p)
{
	if (walked < 0)
		return WALK_PARSE(walked);
	p->header_bytes += (__u32)walked >> WALK_BYTES_SHIFT;
	p->protocol = WALK_PROTOCOL(walked);
	p->fragment = walked & WALK_FRAGMENT ? 1 : 0;
	if (walked & WALK_HIDES)
		p->fragment = FRAGMENT_HIDDEN;
	p->rest = walked & WALK_REST ? 1 : 0;
	p->source_route = walked & WALK_ROUTE ? 1 : 0;
	return PARSE_IP;
}

#endif
