/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Methods of authentication that each side says it takes from the other (RFC
 * 9593): the responder in IKE_SA_INIT, an initiator that has heard it in IKE_AUTH. A
 * peer's is a hint: nothing is refused for it, and a refusal is explained by it.
 * For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_METHODS_H
#define CYG_IKE_METHODS_H

#include "ctrl/ike/sa.h"

#define METHODS_STR_MAX 256

/* What we take of the peer, by its section; a responder may say nothing. */
void methods_put(const struct ike_sa *sa, struct ike_builder *m);

/* The peer's, if the message has them: into sa->peer_methods. */
void methods_take(struct ike_sa *sa, const struct ike_payloads *p);

/* Why the peer may have refused our authentication, in plain words. */
const char *methods_refusal(const struct ike_sa *sa, char text[METHODS_STR_MAX]);

#endif
