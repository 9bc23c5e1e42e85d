/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * From a frame to struct packet: IPv4 or IPv6 over Ethernet, VLAN tags between
 * them or not. An ethertype that may carry IP further in is PARSE_OPAQUE: not
 * understood, which the guard treats as what it may hide.
 */
#ifndef CYG_BPF_PARSE_H
#define CYG_BPF_PARSE_H

#include <linux/if_ether.h>
#include <linux/ip.h>

#include "bpf/ipv4.h"
#include "bpf/ipv6.h"
#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/vlan.h"
#include "include/sad.h"

static __always_inline enum parse parse_ethertype(__be16 ethertype)
{
	switch (bpf_ntohs(ethertype)) {
	case ETH_P_IP:
	case ETH_P_IPV6:
		return PARSE_IP;
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		return PARSE_TAGGED;
	case ETH_P_PPP_SES:
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
	case ETH_P_MACSEC: /* of an interface above this one, as are these */
	case ETH_P_BATMAN:
	case ETH_P_HSR:
	case ETH_P_PRP:
	case ETH_P_NSH:
	case ETH_P_8021AH:
	case ETH_P_QINQ1: /* tags, to others than Linux */
	case ETH_P_QINQ2:
	case ETH_P_QINQ3:
		return PARSE_OPAQUE;
	default:
		return PARSE_OTHER;
	}
}

/* Whether all of it is there is the caller's to ask. */
static __always_inline enum parse parse_ipv4(const struct iphdr *ip,
					     struct packet *p)
{
	p->header_bytes = ip->ihl * 4U;
	p->total_bytes = bpf_ntohs(ip->tot_len);
	if (ip->version != 4 || p->header_bytes < IPV4_HEADER_BYTES ||
	    p->total_bytes < p->header_bytes)
		return PARSE_MALFORMED;
	p->version = 4;
	p->saddr = addr_of_v4(ip->saddr);
	p->daddr = addr_of_v4(ip->daddr);
	p->protocol = ip->protocol;
	p->ttl = ip->ttl;
	p->tos = ip->tos;
	p->fragment = (bpf_ntohs(ip->frag_off) & IPV4_FRAGMENT_MASK) ? 1 : 0;
	p->rest = (bpf_ntohs(ip->frag_off) & IPV4_OFFSET_MASK) ? 1 : 0;
	return PARSE_IP;
}

static __always_inline enum parse read_ipv4(const struct cursor *c,
					    struct packet *p)
{
	struct iphdr ip;

	if (!cursor_read(c, p->l3_off, &ip, sizeof(ip)))
		return PARSE_MALFORMED;
	return parse_ipv4(&ip, p);
}

/* Up to where the extension headers begin. */
static __always_inline enum parse read_ipv6(const struct cursor *c,
					    struct packet *p)
{
	struct ipv6hdr ip;

	if (!cursor_read(c, p->l3_off, &ip, sizeof(ip)))
		return PARSE_MALFORMED;
	return parse_ipv6(&ip, p);
}

/* Of the Ethernet header and the tags: what follows, and where. */
static __always_inline enum parse read_link(const struct cursor *c,
					    struct packet *p, __be16 *ethertype)
{
	struct ethhdr eth;

	if (!cursor_read(c, 0, &eth, sizeof(eth)))
		return PARSE_OTHER;
	p->dmac = mac_word(eth.h_dest);
	p->l3_off = ETH_HEADER_BYTES;
	*ethertype = eth.h_proto;
	vlan_read(c, p, ethertype);
	return parse_ethertype(*ethertype);
}

/* Up to where IPv6's extension headers begin, or what is above IPv4. */
static __always_inline enum parse read_ip(const struct cursor *c,
					  struct packet *p)
{
	__be16 ethertype;
	enum parse kind = read_link(c, p, &ethertype);

	if (kind != PARSE_IP)
		return kind;
	return ethertype == bpf_htons(ETH_P_IP) ? read_ipv4(c, p)
						: read_ipv6(c, p);
}

/* Type and code as a traffic selector has them (RFC 7296 section 3.13.1). */
static __always_inline void read_icmp(const struct cursor *c, __u32 at,
				      struct packet *p)
{
	__be16 word;

	if (!cursor_read(c, at, &word, sizeof(word)))
		return;
	p->sport = p->dport = bpf_ntohs(word);
	p->has_ports = 1;
}

/* Likewise the type of a Mobility Header, which has no code. */
static __always_inline void read_mh(const struct cursor *c, __u32 at,
				    struct packet *p)
{
	__u8 head[MH_TYPE_AT + 1];

	if (!cursor_read(c, at, head, sizeof(head)))
		return;
	p->sport = p->dport = (__u16)(head[MH_TYPE_AT] << 8);
	p->has_ports = 1;
}

static __always_inline void read_ports(const struct cursor *c, __u32 at,
				       struct packet *p)
{
	__be16 word[2];

	if (!cursor_read(c, at, word, sizeof(word)))
		return;
	p->sport = bpf_ntohs(word[0]);
	p->dport = bpf_ntohs(word[1]);
	p->has_ports = 1;
}

/* What selectors ask about behind the IP header, if it is there. */
static __always_inline void read_upper(const struct cursor *c, struct packet *p)
{
	const __u32 at = p->l3_off + p->header_bytes;
	const __u32 bytes = p->total_bytes - p->header_bytes;

	if (p->rest)
		return;
	switch (p->protocol) {
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		if (bytes >= ICMP_TYPE_CODE_BYTES)
			read_icmp(c, at, p);
		break;
	case PROTO_MH:
		if (bytes > MH_TYPE_AT)
			read_mh(c, at, p);
		break;
	case PROTO_TCP:
	case PROTO_UDP:
	case PROTO_DCCP:
	case PROTO_SCTP:
	case PROTO_UDPLITE:
		if (bytes >= PORTS_BYTES)
			read_ports(c, at, p);
		break;
	}
}

static __always_inline bool parse_has_options(const struct packet *p)
{
	return p->version == 4 && p->header_bytes > IPV4_HEADER_BYTES;
}

static __always_inline bool parse_must_walk(const struct packet *p)
{
	return p->version == 6 && ipv6_is_extension(p->protocol);
}

/* Where parse_must_walk(). */
static __always_inline enum parse parse_behind_xdp(struct xdp_md *ctx,
						   struct packet *p)
{
	return ipv6_behind(ipv6_walk_xdp(ctx, p->l3_off + IPV6_HEADER_BYTES,
					 p->total_bytes - IPV6_HEADER_BYTES,
					 p->protocol),
			   p);
}

/* Is all of the packet there that its header speaks of? Ethernet's padding may be
 * behind it. */
static __always_inline bool parse_is_whole(const struct packet *p)
{
	return p->l3_off + p->total_bytes <= p->frame_bytes;
}

/* Shorter frames than Ethernet's come from virtual drivers alone; shorter first
 * pieces may from any. */
#define FRAME_LEAST 60U

/* Of a larger frame's first piece, which has the headers but for very long ones. */
#define PIECE_LEAST 256U

/* May the frame go on behind data_end? */
static __always_inline bool parse_may_go_on(const struct packet *p,
					    enum parse kind)
{
	return p->frame_bytes < FRAME_LEAST || kind == PARSE_MALFORMED ||
	       (kind == PARSE_IP && !parse_is_whole(p));
}

/*
 * A frame of several pieces (Linux 5.18), of which the first is read. None of
 * what came in one is asked how long it is, as long as its own lengths say that
 * that was all.
 */
static __always_inline enum parse parse_pieces(struct xdp_md *ctx,
					       struct packet *p, enum parse kind)
{
	const __u32 first = p->frame_bytes;

	p->frame_bytes = (__u32)bpf_xdp_get_buff_len(ctx);
	if (p->frame_bytes > first && first < PIECE_LEAST)
		return PARSE_SPLIT;
	if (kind == PARSE_IP && !parse_is_whole(p))
		return PARSE_MALFORMED;
	return kind;
}

/* What the verifier knows of these two, it would judge one after the other: `edge` took
 * it 2.6 times as long, `guard` 1.5. See always_zero. */
static __always_inline void parse_blur(struct packet *p)
{
	const __u32 zero = always_zero;

	p->l3_off |= zero;
	p->version |= (__u8)zero;
}

static __always_inline enum parse parse_xdp(struct xdp_md *ctx, struct packet *p)
{
	const struct cursor c = cursor_xdp(ctx);
	enum parse kind;

	p->frame_bytes = (__u32)(c.data_end - c.data);
	kind = read_ip(&c, p);
	if (parse_may_go_on(p, kind))
		kind = parse_pieces(ctx, p, kind);
	if (kind == PARSE_IP && parse_has_options(p))
		p->source_route =
			ipv4_source_route_xdp(
				ctx, p->l3_off + IPV4_HEADER_BYTES,
				p->header_bytes - IPV4_HEADER_BYTES) != 0;
	if (kind == PARSE_IP && parse_must_walk(p))
		kind = parse_behind_xdp(ctx, p);
	if (kind == PARSE_IP)
		read_upper(&c, p);
	parse_blur(p);
	return kind;
}

/* Where parse_must_walk(). */
static __always_inline enum parse parse_behind_skb(struct __sk_buff *skb,
						   struct packet *p)
{
	return ipv6_behind(ipv6_walk_skb(skb, p->l3_off + IPV6_HEADER_BYTES,
					 p->total_bytes - IPV6_HEADER_BYTES,
					 p->protocol),
			   p);
}

static __always_inline enum parse parse_skb(struct __sk_buff *skb,
					    struct packet *p)
{
	const struct cursor c = { .tc = true, .skb = skb };
	enum parse kind;

	p->frame_bytes = skb->len;
	if (skb->vlan_present)
		vlan_take(p, (__be16)skb->vlan_proto, (__u16)skb->vlan_tci);
	kind = read_ip(&c, p);
	if (kind == PARSE_IP && !parse_is_whole(p))
		kind = PARSE_MALFORMED;
	if (kind == PARSE_IP && parse_must_walk(p))
		kind = parse_behind_skb(skb, p);
	if (kind == PARSE_IP)
		read_upper(&c, p);
	parse_blur(p);
	return kind;
}

#endif
