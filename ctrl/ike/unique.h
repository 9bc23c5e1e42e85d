/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many IKE SAs one peer may have: INITIAL_CONTACT (RFC 7296 section 2.4) and
 * the option `unique`. A peer is who it says that it is, to whom it says it. For
 * the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_UNIQUE_H
#define CYG_IKE_UNIQUE_H

#include "ctrl/ike/sa.h"

/* Is this the only IKE SA with its peer, as far as we know, and may that be said? */
bool unique_is_first(const struct ike_sa *sa);

/*
 * The peer has authenticated: may it have this IKE SA, too?
 *
 * contact   it said INITIAL_CONTACT
 */
bool unique_allows(const struct ike_sa *sa, bool contact);

/* The peer said INITIAL_CONTACT: what was there before it began this one goes,
 * without a word to the peer, which knows nothing of it. */
void unique_contact(struct ike_sa *sa);

/* It is established: what it takes the place of is to go. */
void unique_replace(struct ike_sa *sa);

/* Is other another one of the same connection with the same peer, and not one that
 * goes when sa is there? */
bool unique_is_rival(const struct ike_sa *sa, const struct ike_sa *other);

/* Of two, as both sides see it. */
bool unique_is_lower(const struct ike_sa *a, const struct ike_sa *b);

/* It is to go some seconds from now. */
void unique_give_way(struct ike_sa *sa);

/* It was to go by now: it does, if there is still another one. */
void unique_settle(struct ike_sa *sa);

#endif
