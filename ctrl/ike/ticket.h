/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tickets of session resumption (RFC 5723): asked for, given, kept, and used up in
 * x_resume.c. Whoever was given one keeps it with its connection, until it is used,
 * too old, or the IKE SA is deleted in good order. A ticket comes in IKE_AUTH; later
 * ones in INFORMATIONAL, when half the time of the one before is over. For the files
 * of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_TICKET_H
#define CYG_IKE_TICKET_H

#include "ctrl/ike/sa.h"
#include "ctrl/model/ticket.h"

/* It is asked again then, where the answer said nothing of one. */
#define TICKET_AGAIN_NS (12 * 60 * 60 * NS_PER_S)

/* Of an IKE SA that may be resumed, or is being. */
struct ticket {
	struct ticket *next;
	struct identity local_id, peer_id;
	uint64_t auth_ns; /* reauthentication is due then; 0: never */
	struct proven proven;
	bool uses_ppk; /* one is mixed into its SK_d */
	uint64_t id;   /* a responder's: by which the old IKE SA is found */
	/* An initiator's. */
	struct conn *conn; /* held: for which it is */
	struct octets octets;
	uint64_t end_ns;
	struct chosen suite;
	uint8_t sk_d[PRF_MAX_BYTES];
};

/* Wipes; ticket_free(NULL) is fine. */
void ticket_free(struct ticket *t);

/* What an IKE SA, in either role, still does with tickets. */
struct ticketing {
	struct octets octets; /* the peer's, not kept yet, or one for the peer */
	uint64_t end_ns;
	uint64_t token; /* one is being made; 0: none */
	uint64_t made;	/* its id */
	uint64_t given; /* of the one that the peer has; 0: none */
	uint64_t at_ns; /* another one is asked for then; 0: never */
};

/* NULL is fine. */
void ticketing_free(struct ticketing *t);

/* To be called for an heir. Without memory it does without a ticket. */
void ticket_inherit(struct ike_sa *heir, const struct ike_sa *sa);

/* --- who is given one */

/* When the peer is to be asked for another one, where the connection has them; 0:
 * never. */
uint64_t ticket_at_ns(const struct ike_sa *sa);
void ticket_ask_at(struct ike_sa *sa, uint64_t at_ns);

/* Into the request of IKE_AUTH, where the connection wants one. */
void ticket_ask_put(struct ike_sa *sa, struct ike_builder *m);

/* What the peer's response says of it; it is not kept yet, for the peer may not be
 * authenticated. */
void ticket_take(struct ike_sa *sa, const struct ike_payloads *p);

/* It is: what was taken is kept, in place of the one before. */
void ticket_keep(struct ike_sa *sa);

/* The IKE SA is deleted in good order: unless another is in its place, what was
 * given for it by either side is over, too. */
void ticket_drop(const struct ike_sa *sa);

/* What sa, which is to be made, may resume; the caller's to free. NULL: there is
 * none that would do now. */
struct ticket *ticket_for(const struct ike_sa *sa);

void tickets_forget(struct engine *e);

/* --- who gives one */

/* The id of what the peer has, for a successor and an heir; 0: it has none. */
uint64_t ticket_given(const struct ike_sa *sa);
void ticket_set_given(struct ike_sa *sa, uint64_t id);

/* Has one made, for the next message that may say it. */
void ticket_make(struct ike_sa *sa);

/* The answer, if it is what sa waits for: it is made, or can't be. */
void ticket_made(struct ike_sa *sa, const struct ticket_answer *a);

/* Into a response: the ticket, in place of the one before; or that it comes later, or
 * not at all. */
void ticket_put(struct ike_sa *sa, struct ike_builder *m);

#endif
