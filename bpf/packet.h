/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The few facts of a frame that a verdict needs, the same for both families,
 * and how its octets are read: XDP reads the frame where it lies; tc reads
 * through bpf_skb_load_bytes, because a GSO packet or a non-linear one does not
 * lie in one piece.
 */
#ifndef CYG_BPF_PACKET_H
#define CYG_BPF_PACKET_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "include/flow.h"
#include "include/meta.h"
#include "include/proto.h"
#include "include/sad.h"

enum parse {
	PARSE_IP,
	PARSE_OTHER,	 /* not IP, and cannot hide it */
	PARSE_OPAQUE,	 /* may carry IP, or hides what its IP carries */
	PARSE_TAGGED,	 /* has more tags than are read: whose is it? */
	PARSE_MALFORMED, /* IP by its ethertype, but cut or lying */
	PARSE_SPLIT,	 /* its headers are not in the frame's first piece */
};

/* Behind IPv6's fragment header stand further ones. */
#define FRAGMENT_HIDDEN 2

struct packet {
	__u64 dmac; /* mac_word(); XDP alone */
	struct addr saddr;
	struct addr daddr;
	struct vlan_tag vlan[VLAN_TAGS_MAX]; /* outermost first */
	__u32 frame_bytes;
	__u32 l3_off;	    /* bytes from the frame's start to the IP header */
	__u32 header_bytes; /* of IP, options and extension headers too */
	__u32 total_bytes;  /* of the IP packet */
	__be32 flowinfo;    /* IPv6: traffic class and flow label */
	__u16 sport;	    /* as struct flow has them */
	__u16 dport;
	__u8 has_ports;
	__u8 version; /* 4 or 6 */
	__u8 protocol;
	__u8 ttl;	   /* or hop limit */
	__u8 tos;	   /* or traffic class */
	__u8 fragment;	   /* of a larger packet: more follow, or offset not 0;
			  or FRAGMENT_HIDDEN */
	__u8 rest;	   /* fragment without the header of what is above IP */
	__u8 source_route; /* whoever is addressed sends it on; XDP alone */
};

struct cursor {
	bool tc; /* a constant: skb is set, not the others */
	const void *data;
	const void *data_end;
	struct __sk_buff *skb;
};

/* No header begins further in. The verifier wants a bound. */
#define CURSOR_REACH 0x3fffU

/* Of every header but Ethernet's, as the compiler may take it: without that it
 * reads octet by octet. The machines that we run on read words anywhere. */
#define CURSOR_ALIGN 4

static __always_inline struct cursor cursor_xdp(const struct xdp_md *ctx)
{
	return (struct cursor){
		.data = (const void *)(long)ctx->data,
		.data_end = (const void *)(long)ctx->data_end,
	};
}

/* bytes: a constant. */
static __always_inline bool cursor_read(const struct cursor *c, __u32 at,
					void *to, __u32 bytes)
{
	const void *from;

	if (c->tc)
		return !bpf_skb_load_bytes(c->skb, at, to, bytes);
	if (at > CURSOR_REACH)
		return false;
	from = c->data + at;
	if (from + bytes > c->data_end)
		return false;
	if (at)
		from = __builtin_assume_aligned(from, CURSOR_ALIGN);
	__builtin_memcpy(to, from, bytes);
	return true;
}

static __always_inline struct addr addr_of_v4(__be32 v4)
{
	struct addr a = { .octets = { [10] = 0xff, [11] = 0xff } };

	__builtin_memcpy(a.octets + ADDR_V4_AT, &v4, sizeof(v4));
	return a;
}

static __always_inline bool addr_is_same(const struct addr *a,
					 const struct addr *b)
{
	__u64 x[2], y[2];

	__builtin_memcpy(x, a, sizeof(x));
	__builtin_memcpy(y, b, sizeof(y));
	return !((x[0] ^ y[0]) | (x[1] ^ y[1]));
}

static __always_inline __be32 addr_v4(const struct addr *a)
{
	__be32 v4;

	__builtin_memcpy(&v4, a->octets + ADDR_V4_AT, sizeof(v4));
	return v4;
}

/* dir: which of its addresses is the local one. */
static __always_inline struct flow packet_flow(const struct packet *p,
					       enum dp_dir dir)
{
	return (struct flow){
		.local = dir == DIR_OUT ? p->saddr : p->daddr,
		.remote = dir == DIR_OUT ? p->daddr : p->saddr,
		.local_port = dir == DIR_OUT ? p->sport : p->dport,
		.remote_port = dir == DIR_OUT ? p->dport : p->sport,
		.protocol = p->protocol,
		.has_ports = p->has_ports,
		.dir = (__u8)dir,
	};
}

#endif
