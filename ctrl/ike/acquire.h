/* SPDX-License-Identifier: BSD-2-Clause */
/* For engine.c; one thread. */
#ifndef CYG_IKE_ACQUIRE_H
#define CYG_IKE_ACQUIRE_H

#include "ctrl/ike/sa.h"

/* Brings up the child of the policy, for the packet that waits, unless it is up, or
 * is about to be. */
void acquire(struct engine *e, const struct sadb_event *event);

/* Who has the child of that policy, or is about to make it, for that packet (NULL:
 * any): another IKE SA than that one. NULL: nobody. */
struct ike_sa *acquire_owner(const struct engine *e, uint32_t policy,
			     const struct ts_first *first,
			     const struct ike_sa *that);

/* Is it there already? */
bool acquire_is_up(const struct ike_sa *sa, uint32_t policy,
		   const struct ts_first *first);

/* The peer does not answer any more, and the IKE SA is about to be closed. */
void again_dead(struct ike_sa *sa);

/* Its peer's name has no address, and it is about to be closed. */
void again_unresolved(struct ike_sa *sa);

/* The peer deletes the IKE SA; the children are still there. */
void again_closed(struct ike_sa *sa);

/* A message that is not well formed ends the IKE SA; the children are still there. */
void again_broken(struct ike_sa *sa);

/* The peer deletes that child, which is still there. */
void again_child_closed(struct ike_sa *sa, const struct child_sa *c);

#endif
