/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_AUTH in several rounds (RFC 4739): each side proves as often as its sections of
 * the connection say who it is, by another identity or another method each time. In
 * every exchange each side that has a round left has one; what is asked for stands in
 * the first request, and is settled in the last response. There are as many as the
 * connection says, no more and no fewer. For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_ROUNDS_H
#define CYG_IKE_ROUNDS_H

#include "ctrl/ike/sa.h"

/* Of an SA that has a connection. Has the side a proof to give in this round? */
bool rounds_has(const struct ike_sa *sa, enum conn_side side);

/* Is this the last round of either side? True where no connection is known. */
bool rounds_is_last(const struct ike_sa *sa);

/* Of this round, or of the last one of a side that has none any more. */
const struct auth_conf *rounds_auth(const struct ike_sa *sa,
				    enum conn_side side);
const struct identity *rounds_id(const struct ike_sa *sa, enum conn_side side);

/* The identity of the side's last round. */
const struct identity *rounds_last_id(const struct ike_sa *sa,
				      enum conn_side side);

/* This round is over, and another one follows. */
void rounds_next(struct ike_sa *sa);

/* --- messages */

/* We take several: of a responder in IKE_SA_INIT, of an initiator in IKE_AUTH. */
void rounds_put_support(struct ike_builder *m);

/* The peer's; and what a message of IKE_AUTH says of another one. */
void rounds_take(struct ike_sa *sa, const struct ike_payloads *p);

/* Behind our AUTH: another one follows, if so. */
void rounds_put(const struct ike_sa *sa, struct ike_builder *m);

/* --- judged */

/* Initiator, before anything is said: NULL, or why it can't be. */
const char *rounds_not_taken(const struct ike_sa *sa);

/* Of a peer that goes on when it has no round left. */
const char *rounds_one_too_many(void);

/* The peer's proof of this round is right: NULL, or why the connection wants others. */
const char *rounds_not_so(const struct ike_sa *sa);

/* --- responder: what the first request asks for, until the last round */

bool rounds_put_aside(struct ike_sa *sa,
		      struct exchange *x); /* false: no memory */
void rounds_take_up(struct ike_sa *sa, struct exchange *x);
void rounds_free(struct ike_sa *sa);

#endif
