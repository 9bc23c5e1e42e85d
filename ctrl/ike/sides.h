/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who the two sides of an IKE SA are. Until it is up that may change, and there is room
 * for the longest ones; from then on they take what they are long, for there may be very
 * many. Engine's thread.
 */
#ifndef CYG_IKE_SIDES_H
#define CYG_IKE_SIDES_H

#include "ctrl/ike/sa.h"

/* What local_id and peer_id point at, until sides_keep(). */
struct ike_sides {
	struct identity local, peer;
};

/* Of one without them: both are unknown. false: no memory. */
MUST_CHECK bool sides_new(struct ike_sa *sa);
void sides_free(struct ike_sa *sa);

/* They change no more. Without memory they stay where they are. */
void sides_keep(struct ike_sa *sa);

#endif
