/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths to peers that are narrower than the link where they begin, as routers on
 * them said, and for how long that is believed. A path is all SAs' between its two
 * addresses: what one of them was told holds for the others, and for the one that
 * takes its place (RFC 4301 section 8.2.1 leaves open how far it spreads). It only
 * ever becomes narrower; after PATHS_AGE_NS it is forgotten, larger packets are tried
 * again, and routers speak again (RFC 1191 section 6.3, RFC 8201 section 4, RFC 4301
 * section 8.2.2). That a route to the peer changed does not end it sooner.
 *
 * Book-keeping alone; control thread.
 */
#ifndef CYG_DP_PATHS_H
#define CYG_DP_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/base/clock.h"

#define PATHS_MAX     16384U
#define PATHS_BUCKETS 4096U /* a power of two */
#define PATHS_AGE_NS  (600 * NS_PER_S)

#define PATH_OPEN UINT32_MAX /* an MTU: nothing narrows it */

struct path {
	struct addr dst, src;
	uint32_t mtu;
	uint64_t until_ns;	      /* CLOCK_MONOTONIC */
	struct path *next;	      /* of its bucket */
	struct path *older, *younger; /* of all */
};

struct paths {
	struct path *bucket[PATHS_BUCKETS];
	struct path *oldest, *youngest; /* owned, all of them */
	uint32_t n;
};

/* Zeroed, it has none. */
void paths_fini(struct paths *p);

/*
 * From there to there no more than mtu passes. Where there are PATHS_MAX, the oldest
 * goes.
 *
 * false: it was known to be as narrow, or there is no memory.
 */
bool paths_learn(struct paths *p, const struct addr *dst,
		 const struct addr *src, uint32_t mtu, uint64_t now_ns);

/* What passes; PATH_OPEN: nobody said. src all 0: whichever it will be, hence the
 * least of them. */
uint32_t paths_mtu(const struct paths *p, const struct addr *dst,
		   const struct addr *src);

/* Takes out one whose time is over, by its destination; false: none. */
bool paths_aged(struct paths *p, uint64_t now_ns, struct addr *dst);

#endif
