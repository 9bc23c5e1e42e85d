/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Those of a policy's CHILD SAs that may meet one, see child_meets(): all that do, and
 * few others.
 */
#ifndef CYG_IKE_CHILD_NEAR_H
#define CYG_IKE_CHILD_NEAR_H

#include "ctrl/ike/sa.h"

/* Where one is, as long as it is bound or listed; its selectors stay what they are
 * meanwhile. Again, the first changes nothing, nor does the second before that is over. */
void child_near_put(struct engine *e, struct child_sa *c);
void child_near_take(struct child_sa *c);

struct child_near {
	const struct engine *e;
	const struct child_sa *of;
	uint8_t bits; /* of its prefix */
	bool bound; /* of those that are bound, else of those that are listed */
	bool is_within;	 /* in the list of all of the policy */
	unsigned int at; /* the next length */
	struct child_sa *next;
};

/* of may be none of them, and is one if it is. */
struct child_near child_near(const struct engine *e, const struct child_sa *of,
			     bool bound);

/* NULL: no more. The one that was given last may go from the lists. */
struct child_sa *child_near_next(struct child_near *n);

#endif
