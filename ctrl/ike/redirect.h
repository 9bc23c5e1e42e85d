/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients go where their gateway sends them (RFC 5685): before there are keys, with
 * IKE_AUTH, or later. Where that has a name, they wait for its address (resolve.c).
 * Engine's thread.
 */
#ifndef CYG_IKE_REDIRECT_H
#define CYG_IKE_REDIRECT_H

#include "ctrl/ike/sa.h"

/* IKE_SA_INIT of ours: that we follow, or whence we come; and the peer's. */
void redirect_put(const struct ike_sa *sa, struct ike_builder *m);
void redirect_take(struct ike_sa *sa, const struct ike_payloads *p);

/* Its response sends us elsewhere; false: it does not. */
bool redirect_init(struct ike_sa *sa, const struct ike_payloads *p);

/* So does what is authentic; it is followed when that is known. false: it does not. */
bool redirect_note(struct ike_sa *sa, const struct ike_payloads *p);
void redirect_begin(struct ike_sa *sa);

bool redirect_is_named(const struct gateway *to);

/* The way to one that is not; false: there is none. */
MUST_CHECK bool redirect_path(const struct engine *e, const struct conn_conf *c,
			      const struct gateway *to, struct ike_path *out);

/* Of a name: it goes on, or fails, when redirect_resolved() says where that is. */
void redirect_wait(struct ike_sa *sa, const struct gateway *to);
bool redirect_is_to(const struct ike_sa *sa, const char *host);
void redirect_resolved(struct ike_sa *sa, const struct addr *addrs, size_t n,
		       const char *why);

/* What was begun elsewhere ends and is not up. */
void redirect_failed(const struct ike_sa *young);

/* The one that a redirection brings about remembers that. */
void redirect_inherit(struct ike_sa *young, const struct ike_sa *sa);

/* Whose rekeying made the heir; what is still to be done passes to that. */
void redirect_pass(struct ike_sa *heir, struct ike_sa *sa);

#endif
