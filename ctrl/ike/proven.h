/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an IKE SA remembers of how its peer proved who it is, where its connection has
 * resumption (RFC 5723): a ticket lets the peer in by that proof again, for as long as it
 * would still be one. For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_PROVEN_H
#define CYG_IKE_PROVEN_H

#include "ctrl/ike/sa.h"
#include "ctrl/model/proven.h"
#include "ctrl/pki/trust.h"

/*
 * Of a path that is trusted: all but at_ns, until_ns and demands.
 *
 * end_s   Unix time: the first of the path expires
 *
 * false: a number in it is none by RFC 5280; it is of no use for a ticket.
 */
MUST_CHECK bool proven_by_path(const struct trust_answer *a, struct proven *out,
			       int64_t *end_s);

/*
 * The peer has proved who it is.
 *
 * job   by which; NULL: by a pre-shared key
 */
void proven_note(struct ike_sa *sa, const struct verify_job *job);

/* The same as a ticket has it. false: no memory. */
MUST_CHECK bool proven_set(struct ike_sa *sa, const struct proven *p);

/* It proves itself anew, or is gone. */
void proven_forget(struct ike_sa *sa);

/* The heir's alone from now on. */
void proven_move(struct ike_sa *heir, struct ike_sa *sa);

/*
 * Would it still be one: nothing of its path has expired or is called revoked, its root
 * is still trusted, the connection demands the same of the peer, and it is not as old as
 * that wants another one?
 */
bool proven_holds(const struct engine *e, const struct proven *p,
		  const struct conn_conf *c);

/* How long ago; 0: it is not known. */
uint64_t proven_age_ns(const struct ike_sa *sa);

#endif
