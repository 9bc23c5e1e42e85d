/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * From a frame to the few facts that a verdict needs. XDP reads the frame
 * where it lies; tc reads through bpf_skb_load_bytes, because a GSO packet or
 * a non-linear one does not lie in one piece. Both end in the same check.
 *
 * IPv4 over untagged Ethernet. An ethertype that may carry IPv4 further in is
 * PARSE_OPAQUE: not understood, which the guard treats as what it may hide.
 */
#ifndef CYG_BPF_PARSE_H
#define CYG_BPF_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "include/flow.h"
#include "include/meta.h"
#include "include/proto.h"
#include "include/sad.h"

enum parse {
	PARSE_IPV4,
	PARSE_OTHER,	 /* not IPv4, and cannot hide it */
	PARSE_OPAQUE,	 /* VLAN tag, PPPoE session or MPLS label */
	PARSE_MALFORMED, /* IPv4 by its ethertype, but cut or lying */
};

struct packet {
	__u64 dmac; /* mac_word(); XDP alone */
	__u32 frame_bytes;
	__u32 header_bytes; /* of the IPv4 header */
	__u32 total_bytes;  /* of the IPv4 packet */
	__be32 saddr;
	__be32 daddr;
	__u8 protocol;
	__u8 ttl;
	__u8 tos;
	__u8 fragment; /* of a larger packet: MF set or offset not 0 */
	__u8 rest;     /* fragment without the header of what is above IP */
};

static __always_inline struct addr addr_of_v4(__be32 v4)
{
	struct addr a = { .octets = { [10] = 0xff, [11] = 0xff } };

	__builtin_memcpy(a.octets + ADDR_V4_AT, &v4, sizeof(v4));
	return a;
}

/* dir: which of its addresses is the local one. Ports are not read. */
static __always_inline struct flow packet_flow(const struct packet *p,
					       enum dp_dir dir)
{
	return (struct flow){
		.local = addr_of_v4(dir == DIR_OUT ? p->saddr : p->daddr),
		.remote = addr_of_v4(dir == DIR_OUT ? p->daddr : p->saddr),
		.protocol = p->protocol,
	};
}

static __always_inline enum parse parse_ethertype(__be16 ethertype)
{
	switch (bpf_ntohs(ethertype)) {
	case ETH_P_IP:
		return PARSE_IPV4;
	case ETH_P_8021Q:
	case ETH_P_8021AD:
	case ETH_P_PPP_SES:
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		return PARSE_OPAQUE;
	default:
		return PARSE_OTHER;
	}
}

/* room: bytes of the frame from the IP header on, Ethernet padding included. */
static __always_inline enum parse parse_ipv4(const struct iphdr *ip, __u32 room,
					     struct packet *p)
{
	p->header_bytes = ip->ihl * 4U;
	p->total_bytes = bpf_ntohs(ip->tot_len);
	if (ip->version != 4 || p->header_bytes < IPV4_HEADER_BYTES ||
	    p->total_bytes < p->header_bytes || p->total_bytes > room)
		return PARSE_MALFORMED;
	p->saddr = ip->saddr;
	p->daddr = ip->daddr;
	p->protocol = ip->protocol;
	p->ttl = ip->ttl;
	p->tos = ip->tos;
	p->fragment = (bpf_ntohs(ip->frag_off) & IPV4_FRAGMENT_MASK) ? 1 : 0;
	p->rest = (bpf_ntohs(ip->frag_off) & IPV4_OFFSET_MASK) ? 1 : 0;
	return PARSE_IPV4;
}

static __always_inline enum parse parse_xdp(const struct xdp_md *ctx,
					    struct packet *p)
{
	const void *data = (const void *)(long)ctx->data;
	const void *data_end = (const void *)(long)ctx->data_end;
	const struct ethhdr *eth = data;
	const struct iphdr *ip = (const void *)(eth + 1);
	enum parse kind;

	p->frame_bytes = (__u32)(data_end - data);
	if ((const void *)(eth + 1) > data_end)
		return PARSE_OTHER;
	p->dmac = mac_word(eth->h_dest);
	kind = parse_ethertype(eth->h_proto);
	if (kind != PARSE_IPV4)
		return kind;
	if ((const void *)(ip + 1) > data_end)
		return PARSE_MALFORMED;
	return parse_ipv4(ip, p->frame_bytes - ETH_HEADER_BYTES, p);
}

static __always_inline enum parse parse_skb(struct __sk_buff *skb,
					    struct packet *p)
{
	struct ethhdr eth;
	struct iphdr ip;
	enum parse kind;

	p->frame_bytes = skb->len;
	if (bpf_skb_load_bytes(skb, 0, &eth, sizeof(eth)))
		return PARSE_OTHER;
	kind = parse_ethertype(eth.h_proto);
	if (kind != PARSE_IPV4)
		return kind;
	if (bpf_skb_load_bytes(skb, sizeof(eth), &ip, sizeof(ip)))
		return PARSE_MALFORMED;
	return parse_ipv4(&ip, p->frame_bytes - ETH_HEADER_BYTES, p);
}

#endif
