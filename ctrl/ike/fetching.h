/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer whose signature is right and whose path is trusted, and IKE_AUTH that waits
 * until it is known whether one of its certificates is revoked: for a while, and then
 * goes on with what there is. Until then the IKE SA is half-open, and counts as one. For
 * the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_FETCHING_H
#define CYG_IKE_FETCHING_H

#include "ctrl/ike/sa.h"

#define FETCHING_NS (15 * NS_PER_S) /* for one handshake, all in all */

/* Takes the job over if it wants something; false: it is as it is. */
bool fetching_begin(struct ike_sa *sa, struct exchange *x,
		    struct verify_job *job);

/* Until when it waits; 0: it does not. */
uint64_t fetching_at_ns(const struct ike_sa *sa);

/* It has waited for long enough. */
void fetching_expire(struct ike_sa *sa);

/* The handshake is over: nobody waits any more. */
void fetching_end(struct ike_sa *sa);

#endif
