/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the BPF programs tell a worker about a packet. A hint, not a proof:
 * the worker checks the magic, the generations, and the SPI in the packet.
 */
#ifndef CYG_INCLUDE_META_H
#define CYG_INCLUDE_META_H

#include <linux/types.h>

/* Names one life of one SA slot. Generation 0 is never given out: no SA. */
struct sa_ref {
	__u32 id;
	__u32 gen;
};

enum dp_dir {
	DIR_OUT, /* protected to unprotected: to be encrypted */
	DIR_IN,	 /* unprotected to protected: to be decrypted */
};

/* Stands just before the frame: XDP metadata, multiple of 4, at most 32. */
struct dp_meta {
	__u32 magic; /* random at each start; the frame may hold old bytes */
	struct sa_ref sa;
	__u32 policy_id;  /* DIR_OUT only */
	__u32 policy_gen; /* DIR_OUT only: of the policy list */
	__u16 l3_off;	  /* bytes from the frame's start to the IP header */
	__u8 dir;	  /* enum dp_dir */
	union {
		__u8 too_big; /* DIR_OUT: an ICMP error that a packet of `sa` was */
		__u8 plain; /* DIR_IN, a first fragment: whole, it is the kernel's */
	};
};

/*
 * Where a driver takes no metadata, it is the first octets of the frame. There a
 * sender's own could stand, with a magic that it guessed: hence the token.
 */
struct head_meta {
	__u64 token; /* random at each start */
	struct dp_meta meta;
};

/* The guard writes this over both MAC addresses of what it redirects. */
struct host_tag {
	__u32 magic;
	__u32 policy_id;
	__u32 policy_gen;
};

_Static_assert(sizeof(struct sa_ref) == 8, "read and written in one piece");
_Static_assert(sizeof(struct dp_meta) == 24, "multiple of 4, at most 32");
_Static_assert(sizeof(struct head_meta) == 32, "token, then the metadata");
_Static_assert(sizeof(struct host_tag) == 12, "two MAC addresses");

#endif
