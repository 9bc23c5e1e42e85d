/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guard reads of the kernel's connection tracking, which knows what a
 * packet was before NAT. There is no helper for it that takes every protocol: it
 * is read where the kernel has it.
 */
#ifndef CYG_INCLUDE_CONNTRACK_H
#define CYG_INCLUDE_CONNTRACK_H

#include <linux/types.h>

/* Where that is, in bytes from the start of each; all 0: it is not known. */
struct conntrack_layout {
	__u32 skb_nfct;	   /* of sk_buff: its nf_conn, and CONNTRACK_INFO */
	__u32 status;	   /* of nf_conn: CONNTRACK_NAT and more */
	__u32 tuple;	   /* of nf_conn: what its first packet was */
	__u32 reply_tuple; /* and what comes back, before NAT as well */
};

#define CONNTRACK_INFO	   7U /* in which direction it goes, and how */
#define CONNTRACK_IS_REPLY 3U /* from this one on: back (IP_CT_IS_REPLY) */
#define CONNTRACK_NAT	   ((1U << 4) | (1U << 5)) /* IPS_SRC_NAT, IPS_DST_NAT */

/* struct nf_conntrack_tuple. */
struct conntrack_tuple {
	__u8 src[16]; /* IPv4: the first four */
	__be16 sport; /* of ICMP: its identifier */
	__u16 family;
	__u8 dst[16];
	__be16 dport; /* of ICMP: type and code */
	__u8 protocol;
	__u8 dir;
};

_Static_assert(sizeof(struct conntrack_tuple) == 40, "as the kernel has it");
_Static_assert(__builtin_offsetof(struct conntrack_tuple, sport) == 16 &&
		       __builtin_offsetof(struct conntrack_tuple, dst) == 20 &&
		       __builtin_offsetof(struct conntrack_tuple, protocol) == 38,
	       "as the kernel has it");

#endif
