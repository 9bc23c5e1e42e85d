/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the SPD said of flows, so that it is not asked of every packet. Each CPU
 * has its own sets, and a flow has one set, by its hash. A verdict is good for
 * as long as the list that gave it; which SA a policy uses is none of it.
 *
 * Beside it stands, for packets that XDP met, that they are the SPD's: to be
 * forwarded, and not to where it has no say. The kernel's FIB was asked that, and
 * is not asked again of packets that come in alike, until its generation changes.
 * Nothing is kept of packets that are not the SPD's: what is out of date here may
 * protect too much, and never too little.
 *
 * A flow enters with its second packet, and never in place of the way that was
 * hit last: who sends one packet to everybody puts nobody out.
 */
#ifndef CYG_INCLUDE_FLOW_CACHE_H
#define CYG_INCLUDE_FLOW_CACHE_H

#include <linux/types.h>

#include "include/flow.h"
#include "include/spd.h"

#define FLOW_SETS  4096U /* of one CPU; a power of two */
#define FLOW_WAYS  2U
#define FLOW_WORDS (sizeof(struct flow) / 8)

/*
 * In place of the number of a tunnel, in the key of what XDP met and the FIB said goes
 * by one: to look it up, nobody has to ask which. The verdict is of the tunnel of
 * then, and good for as long as what the FIB said.
 */
#define FLOW_BY_ROUTE 0xffffU

struct flow_way {
	__u64 key[FLOW_WORDS]; /* the flow */
	struct spd_verdict verdict;
};

/* What the FIB was asked with, besides what is in the flow. */
struct flow_fib {
	__u32 gen;	 /* the FIB's generation; 0: it was not asked */
	__u32 ifindex;	 /* where the packet came in, a VLAN's own */
	__be32 flowinfo; /* of IPv4 the TOS */
};

struct flow_set {
	struct flow_way way[FLOW_WAYS];
	struct flow_fib fib[FLOW_WAYS];
	__u32 seen;   /* the hash of who came last and is in no way */
	__u32 recent; /* the way that was hit last */
};

_Static_assert(sizeof(struct flow_way) == 48, "no holes");
_Static_assert(sizeof(struct flow_set) == 128, "two cache lines");

#endif
