/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_INTERMEDIATE (RFC 9242) and the additional key exchanges of a handshake that
 * it carries (RFC 9370 section 2.2.2). What was said in it is covered by AUTH. For
 * the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_INTERMEDIATE_H
#define CYG_IKE_INTERMEDIATE_H

#include "ctrl/ike/sa.h"

/* --- IKE_SA_INIT: who has additional key exchanges says that it takes them */

bool intermediate_is_offered(const struct conn *c);
void intermediate_put(struct ike_builder *m);

/* The peer's message, with what was chosen: sa->intermediate is there if both sides
 * say so. NULL, or why there can be no IKE SA. */
const char *intermediate_agree(struct ike_sa *sa, const struct ike_payloads *p,
			       const struct chosen *chosen);

/* --- the exchange */

/* The next one, or IKE_AUTH if there is none. */
void intermediate_next(struct ike_sa *sa);
void intermediate_request(struct ike_sa *sa, const struct ike_payloads *p);
void intermediate_response(struct ike_sa *sa, const struct ike_payloads *p);
void intermediate_ke(struct ike_sa *sa, struct exchange *x,
		     const struct ke_job *job);

/*
 * A message of the peer's that is in order, before anything is made of it.
 *
 * first      type of the first of the payloads
 * payloads   all that was encrypted, without padding
 *
 * false: it can't be.
 */
MUST_CHECK bool intermediate_heard(struct ike_sa *sa, const struct ike_header *h,
				   uint8_t first, struct slice payloads);

/* The keys for a request that was answered: the answer may have brought others. */
const struct keys *intermediate_keys_of(const struct ike_sa *sa);

/* --- IKE_AUTH */

/* Was everything that was agreed on exchanged? */
bool intermediate_is_done(const struct ike_sa *sa);

/* IntAuth, RFC 9242 section 3.3.2; 0 octets: there was no such exchange. */
size_t intermediate_auth(const struct ike_sa *sa,
			 uint8_t out[KEYSTORE_INT_AUTH_MAX]);

/* Wipes; nothing there is fine. */
void intermediate_free(struct ike_sa *sa);

#endif
