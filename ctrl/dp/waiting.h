/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions that wait until the kernel has found a neighbour out: one entry a
 * neighbour, however often and under however many generations it is asked
 * for. Book-keeping alone; control thread.
 */
#ifndef CYG_DP_WAITING_H
#define CYG_DP_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/nexthop.h"

#define WAITING_MAX	256 /* neighbours */
#define WAITING_QUERIES 32  /* destinations behind one of them */

/* A little less than packets are held. */
#define WAITING_NS (900 * NS_PER_MS)

struct waiting {
	uint32_t ifindex;
	struct addr addr;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC */
	struct nexthop_query query[WAITING_QUERIES];
	size_t n;
	bool more; /* destinations than there is room for */
};

struct waitings {
	struct waiting at[WAITING_MAX];
	size_t n;
};

/*
 * A question waits for this neighbour from now on. A destination waits once
 * for each who asked, under its latest generation.
 *
 * out   one that had to make room, the oldest
 *
 * True when out is filled.
 */
bool waiting_add(struct waitings *t, uint32_t ifindex, const struct addr *addr,
		 const struct nexthop_query *query, uint64_t now_ns,
		 struct waiting *out);

/* Takes out what waits for this neighbour; false: nothing. */
bool waiting_take(struct waitings *t, uint32_t ifindex, const struct addr *addr,
		  struct waiting *out);

/* Takes out one whose time is over; false: none. */
bool waiting_expired(struct waitings *t, uint64_t now_ns, struct waiting *out);

#endif
