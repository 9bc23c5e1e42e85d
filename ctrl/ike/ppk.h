/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Post-quantum pre-shared keys (RFC 8784) in a handshake. Both sides say USE_PPK in
 * IKE_SA_INIT; in IKE_AUTH the initiator names its PPK, and the responder says
 * whether it uses that. The PPK itself stays in the keystore, which is asked to mix
 * it into SK_d, SK_pi and SK_pr. For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_PPK_H
#define CYG_IKE_PPK_H

#include "ctrl/ike/sa.h"

/* --- IKE_SA_INIT */

/* Do we say USE_PPK in our request? */
bool ppk_is_offered(const struct conn *c);
void ppk_put_use(struct ike_builder *m);

/* The peer's message: sa->ppk is there if it says USE_PPK too. NULL, or why there can
 * be no IKE SA. */
const char *ppk_agree(struct ike_sa *sa, const struct ike_payloads *p);

/* --- IKE_AUTH, initiator: first the keys, then AUTH, and once more for a responder
 * that has not got the PPK */

/* Asks for keys with our PPK; false: there is none, or it was asked. */
bool ppk_ask_ours(struct ike_sa *sa, struct exchange *x);

/* The answer. NULL, or why there can be no IKE SA. */
const char *ppk_answered_ours(struct ike_sa *sa,
			      const struct keystore_answer *a);

/* The data of an AUTH of that step, for the request. Is another one wanted? */
bool ppk_keep_auth(struct ike_sa *sa, enum exchange_step step,
		   struct slice data);
struct slice ppk_auth(const struct ike_sa *sa);
void ppk_request_put(const struct ike_sa *sa, struct ike_builder *m);

/* SK_pi of our AUTH of that step. */
const uint8_t *ppk_sk_pi(const struct ike_sa *sa, enum exchange_step step);

/* The peer's response: the keys are from now on those that it uses. NULL, or why
 * there can be no IKE SA. */
const char *ppk_response(struct ike_sa *sa, const struct ike_payloads *p);

/* --- IKE_AUTH, responder */

/* Asks for keys with the PPK that the peer names; false: it names none. */
bool ppk_ask_peers(struct ike_sa *sa, struct exchange *x,
		   const struct ike_payloads *p, const struct ike_auth *auth);

/* The answer: the AUTH that is to be checked, with the keys that are there now. */
struct slice ppk_answered_peers(struct ike_sa *sa,
				const struct keystore_answer *a);

/* Once AUTH was checked: NULL, or why the peer may not come. */
const char *ppk_not_so(const struct ike_sa *sa);
void ppk_response_put(const struct ike_sa *sa, struct ike_builder *m);

/* Wipes; nothing there is fine. */
void ppk_free(struct ike_sa *sa);

#endif
