/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_AUTH, for its own two files: x_auth.c says what each message has in it, auth_steps.c
 * what comes between them. One thread.
 */
#ifndef CYG_IKE_AUTH_STEPS_H
#define CYG_IKE_AUTH_STEPS_H

#include "ctrl/ike/sa.h"

/* --- x_auth.c, initiator */

/* The SPI of our child is there, or none is needed. */
void auth_begin(struct ike_sa *sa, struct exchange *x);

/* a: our proof of this round; NULL: we have none left, and the peer has */
void auth_send_request(struct ike_sa *sa, struct exchange *x,
		       const struct keystore_answer *a);

/* The peer's proof is right, and this was not the last round. */
void auth_next_round(struct ike_sa *sa, struct exchange *x);

/* Section 2.21.2: the peer has its side up, and hears that ours is not. */
void auth_give_up(struct ike_sa *sa, const char *why);

/* --- x_auth.c, responder */

/* Section 2.21.2: the initiator is told, and the SA is not. type   enum
 * ike_notify_type */
void auth_refuse(struct ike_sa *sa, uint16_t type, const char *why);

/* All is there that the response says, but for our proof, if this round has one. */
void auth_answer(struct ike_sa *sa, struct exchange *x);

/* a: our proof of this round; NULL: we have none left */
void auth_send_response(struct ike_sa *sa, struct exchange *x,
			const struct keystore_answer *a);

/* --- auth_steps.c */

/* The peer's proof of this round was looked at; why   NULL: it is right, or the peer has
 * none in this round. */
void auth_after_check(struct ike_sa *sa, struct exchange *x, const char *why);

void auth_established(struct ike_sa *sa);

#endif
