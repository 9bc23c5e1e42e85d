/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the first fragment of a packet for this host leaves to the later ones, which
 * show neither ports nor an SPI: whose they are.
 */
#ifndef CYG_INCLUDE_FRAGMENT_H
#define CYG_INCLUDE_FRAGMENT_H

#include <linux/types.h>

#include "include/addr.h"

/*
 * So long a packet may take to be whole. IPv6: RFC 8200 section 4.5. IPv4: the least
 * of RFC 791 section 3.2, as a fast sender uses an identification again soon (RFC
 * 4963), and the pieces of an old packet are in the way of those of the new one.
 */
#define FRAGMENT_V4_S 15
#define FRAGMENT_V6_S 60

/* Map `fragments` (RFC 791 section 3.2, RFC 8200 section 4.5). */
struct fragment_key {
	struct addr saddr, daddr;
	__be32 id;
	__u8 protocol;
	__u8 pad[3];
} __attribute__((aligned(8))); /* BPF would read it octet by octet */

enum fragment_whose {
	FRAGMENT_KERNEL = 1,
	FRAGMENT_WORKER,
	FRAGMENT_DROP,
	/* A later one came first and waits with a worker, who gets them all. */
	FRAGMENT_WAITS,
};

struct fragment_verdict {
	__u64 since_ns; /* CLOCK_MONOTONIC */
	__u8 whose;	/* enum fragment_whose */
	__u8 reason;	/* enum pass_reason or drop_reason */
	__u8 pad[2];
	__u32 policy_gen; /* of the list that was asked; 0: none was */
};

_Static_assert(sizeof(struct fragment_key) == 40, "map key without holes");
_Static_assert(sizeof(struct fragment_verdict) == 16, "map value");

#endif
