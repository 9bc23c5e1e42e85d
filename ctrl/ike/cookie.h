/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cookies against floods of IKE_SA_INIT from addresses that are not the
 * sender's (RFC 7296 section 2.6): nothing is kept until the peer has shown
 * that it receives where it says it is. Engine's thread.
 */
#ifndef CYG_IKE_COOKIE_H
#define CYG_IKE_COOKIE_H

#include "ctrl/ike/sa.h"

/* Before anything else here. False: no random numbers. */
MUST_CHECK bool cookie_init(struct engine *e);

/* Are there so many half-open SAs, of all or of that address, or so many refusals
 * that a cookie is asked for? */
bool cookie_wanted(const struct engine *e, const struct addr *remote);

/* Is the request's cookie one that we gave to this peer for this nonce? */
bool cookie_ok(struct engine *e, const struct ike_path *path,
	       const struct ike_header *h, const struct ike_payloads *p);

/* Answers with the cookie that it is to bring. */
void cookie_ask(struct engine *e, const struct ike_path *path,
		const struct ike_header *h, const struct ike_payloads *p);

#endif
