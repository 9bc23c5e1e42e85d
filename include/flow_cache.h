/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the SPD said of flows, so that it is not asked of every packet. Each CPU
 * has its own sets, and a flow has one set, by its hash. A verdict is good for
 * as long as the list that gave it; which SA a policy uses is none of it.
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

struct flow_way {
	__u64 key[FLOW_WORDS]; /* the flow */
	struct spd_verdict verdict;
	__u32 pad;
};

struct flow_set {
	struct flow_way way[FLOW_WAYS];
	__u32 seen;   /* the hash of who came last and is in no way */
	__u32 recent; /* the way that was hit last */
	__u64 pad;
};

_Static_assert(sizeof(struct flow_way) == 56, "no holes");
_Static_assert(sizeof(struct flow_set) == 128, "two cache lines");

#endif
