/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of established IKE SAs and of their children, for a successor: made
 * when a call into the engine ends, of what it touched and changed. What is not
 * in them: half-open SAs; the peer's exchange that is half processed, as the peer
 * asks again; an exchange of ours whose request has not left, as it begins anew;
 * and how far a response has been processed, as it comes again when the request
 * is sent again. For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_RECORD_H
#define CYG_IKE_RECORD_H

#include "ctrl/ike/sa.h"

/* Is it an IKE SA of which there are records? */
bool record_is_wanted(const struct ike_sa *sa);

/* The response to our request is here: what the exchange was until now stays in
 * the records until it ends. False: out of memory. */
MUST_CHECK bool record_freeze(struct ike_sa *sa);

/* It is about to be freed. */
void record_child_gone(struct engine *e, const struct child_sa *c);

/* The call ends. Before the memory of SAs that are over is freed. */
void record_flush(struct engine *e);

/* --- record_put.c: an SA as octets; the last RECORD_TAIL of an IKE SA's say when
 * the peer was heard, for which alone there is no new record */

#define RECORD_VERSION 3
#define RECORD_TAIL    sizeof(uint64_t)
#define EXCHANGE_MAX   5600 /* octets of an exchange in a record */

void record_put_ike(struct builder *b, const struct ike_sa *sa);
void record_put_child(struct builder *b, const struct ike_sa *sa,
		      const struct child_sa *c);
void record_put_exchange(struct builder *b, const struct ike_sa *sa);

/* --- record_get.c: octets as an SA, which nothing refers to yet; false: they are
 * not whole, or can't be, and what was made of them is the caller's to free */

/* The IKE SA of a child, by slot and view. */
struct record_owner {
	uint32_t id;
	uint32_t view_id;
};

MUST_CHECK bool record_get_ike(struct engine *e, struct slice octets,
			       struct ike_sa *sa);
MUST_CHECK bool record_get_child(struct engine *e, struct slice octets,
				 struct child_sa *c, struct record_owner *owner);

#endif
