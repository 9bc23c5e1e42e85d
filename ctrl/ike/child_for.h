/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which CHILD SAs are for the same packets. A child of the configuration may have
 * several at once, each for a part of its selectors: where the peer takes less than
 * it is asked for, where each of several peers has its own address, and where each
 * packet's values have one (populate from packet, RFC 4301 section 4.4.1.2). For the
 * files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_CHILD_FOR_H
#define CYG_IKE_CHILD_FOR_H

#include "ctrl/ike/sa.h"

/* Has it packets in common with the other one? */
bool child_shares(const struct child_sa *c, const struct child_sa *other);

/* Likewise, and are both of the same CPU, or of none? Then it may take its place. */
bool child_meets(const struct child_sa *c, const struct child_sa *other);

/* Has it all that the other one has? Then that is out of use once this is bound. One for
 * a CPU leaves the others alone. */
bool child_covers(const struct child_sa *c, const struct child_sa *other);

/*
 * Is it, or will it be, for that packet of its policy? So is one that does not take
 * it if the peer gives no more than it has.
 *
 * first   NULL, or what is none: any packet
 */
bool child_is_for(const struct child_sa *c, uint32_t policy,
		  const struct ts_first *first);

/* Has it that packet among its selectors? */
bool child_takes(const struct child_sa *c, const struct ts_first *first);

/* Is what waits to be made for the same? Of a child without values all is. */
bool child_conf_same(const struct child_conf *conf, const struct ts_first *a,
		     const struct ts_first *b);

/*
 * What it is made anew for: its values where it has some; NULL: no packet.
 *
 * room   for the answer
 */
const struct ts_first *child_values(const struct child_sa *c,
				    struct ts_first *room);

#endif
