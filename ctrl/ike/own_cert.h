/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With what we sign: which certificate or raw public key of ours, by which scheme
 * (RFC 7427 section 4, RFC 4754), and what each side is told of that: CERT and CERTREQ
 * payloads (RFC 7296 sections 3.6 and 3.7), hash algorithms. A peer's wishes are hints.
 * For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_OWN_CERT_H
#define CYG_IKE_OWN_CERT_H

#include "ctrl/ike/proof.h"

/* --- IKE_SA_INIT: what we take, and what the peer does */

void own_cert_put_init(const struct ike_sa *sa, struct ike_builder *m);
MUST_CHECK bool own_cert_take_init(struct ike_sa *sa,
				   const struct ike_payloads *p);

/* --- IKE_AUTH */

/* CERTREQ payloads of the peer's request; false: no memory. */
MUST_CHECK bool own_cert_take_asked(struct ike_sa *sa,
				    const struct ike_payloads *p);

/*
 * Chooses, if we are to sign and have not yet.
 *
 * asked   whom the peer wants us to be; NULL: it does not say
 *
 * NULL, or why there is nothing to sign with.
 */
const char *own_cert_choose(struct ike_sa *sa, const struct identity *asked);

/* Who we are by it, where no identity is configured; false: by none. */
bool own_cert_id(const struct ike_sa *sa, const struct identity *asked,
		 struct identity *out);

/* CERT payloads, and CERTREQ of an initiator. */
void own_cert_put(const struct ike_sa *sa, struct ike_builder *m);

#endif
