/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CHILD SAs for each CPU (RFC 9611): of one child, with the same selectors, each for
 * one of our workers, and one for none of them, the fall-back, which is there first.
 * Each side gives numbers of its own; what the peer says of them is nothing to go by.
 * For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_CHILD_CPUS_H
#define CYG_IKE_CHILD_CPUS_H

#include "ctrl/ike/sa.h"
#include "include/limits.h"

/* So many of one child and peer, the fall-back not counted: the peer may have more CPUs
 * than we have workers. */
#define CPUS_MAX WORKERS_MAX

/* As that one is: the same worker's, or the fall-back. */
void cpus_inherit(struct child_sa *c, const struct child_sa *from);

/* It is to be of the worker that first says. false: there is no fall-back any more. */
MUST_CHECK bool cpus_begin(const struct ike_sa *sa, struct child_sa *c,
			   const struct ts_first *first);

/* SA_RESOURCE_INFO, where it is one of those. */
void cpus_put(const struct child_sa *c, struct ike_builder *m);

/* The peer's answer: without the notify it is a CHILD SA like any. */
void cpus_answered(struct exchange *x, const struct ike_payloads *p);

/* The peer's offer, with its selectors narrowed. false: there are as many as there may
 * be, TS_MAX_QUEUE. */
MUST_CHECK bool cpus_offered(const struct ike_sa *sa, struct exchange *x,
			     const struct ike_payloads *p);

/* The peer's gets its number, of so many workers: that with the fewest. */
void cpus_assign(const struct ike_sa *sa, struct child_sa *c, uint8_t workers);

/* The peer takes no more of them, until one of them goes. */
void cpus_refused(struct ike_sa *sa, const struct child_sa *c);
void cpus_gone(struct ike_sa *sa, const struct child_sa *c);

/*
 * A worker asks for its own, for that packet: beside the fall-back that takes it, if the
 * peer has not said that it takes no more. false: there is no fall-back.
 */
bool cpus_acquire(struct engine *e, uint32_t policy, uint8_t cpu,
		  const struct ts_first *packet);

#endif
