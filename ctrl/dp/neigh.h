/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The neighbours that next hops use: what was last told about each, and when
 * it was last asked for. Book-keeping alone, which asks nobody; what it says
 * is for the resolver to do. Control thread.
 */
#ifndef CYG_DP_NEIGH_H
#define CYG_DP_NEIGH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/nexthop.h"
#include "ctrl/dp/nl_parse.h"

#define NEIGH_MAX 1024

/* Longer than any answer about it holds. */
#define NEIGH_IDLE_NS (300 * NS_PER_S)
_Static_assert(NEIGH_IDLE_NS > 2 * NH_HOLD_NS, "watched while it may be used");

struct neigh {
	struct nl_neigh is;
	uint64_t asked_ns; /* CLOCK_MONOTONIC */
};

struct neighs {
	struct neigh at[NEIGH_MAX];
	size_t n;
};

/*
 * A next hop is about to use this neighbour, which is valid.
 *
 * false: no room, so that its changes would not be noticed.
 */
bool neigh_use(struct neighs *t, const struct nl_neigh *n, uint64_t now_ns);

/*
 * An event. True when what next hops know of this neighbour no longer holds.
 * One that is not valid any more is forgotten.
 */
bool neigh_changed(struct neighs *t, const struct nl_neigh *n);

/* Takes out one that was not asked for in NEIGH_IDLE_NS; false: none. */
bool neigh_idle(struct neighs *t, uint64_t now_ns, struct nl_neigh *out);

#endif
