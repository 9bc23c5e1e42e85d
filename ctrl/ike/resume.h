/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_SESSION_RESUME (RFC 5723), and what IKE_AUTH is after it; the tickets are in
 * ticket.h. For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_RESUME_H
#define CYG_IKE_RESUME_H

#include "ctrl/ike/sa.h"
#include "ctrl/model/ticket.h"

/* false: there is no ticket for it. */
bool resume_start(struct ike_sa *sa);
void resume_send(struct ike_sa *sa);
void resume_in_full(struct ike_sa *sa); /* by IKE_SA_INIT, after all */
void resume_request(struct engine *e, const struct ike_path *path,
		    const struct ike_header *h, const struct ike_payloads *p,
		    struct slice message);
void resume_response(struct ike_sa *sa, const struct ike_header *h,
		     const struct ike_payloads *p, struct slice message);
void resume_opened(struct ike_sa *sa, const struct ticket_answer *a);

/* Are the peer's identity, and ours if it asks for one, those of the ticket, and may
 * it still be used? */
bool resume_is_same(const struct ike_sa *sa, const struct identity *me);

/* What the keystore would answer, had the sides a key; at once. */
void resume_auth(struct ike_sa *sa, struct exchange *x,
		 const struct keystore_request *q);

/* It is there: a responder lets the old one go. */
void resume_established(struct ike_sa *sa);

#endif
