/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual IPs of an IKE SA (RFC 7296 sections 2.19 and 3.15). The initiator asks
 * for them in IKE_AUTH, the responder has pools. What it gives is part of the IKE
 * SA for as long as that lasts, an heir has it after it, and `dynamic` selectors
 * stand for it. Shared by the files of ctrl/ike; one thread.
 *
 * Nothing is given before the peer has proved who it is: until then its `dynamic`
 * is any address, and what it has been given when that is known.
 */
#ifndef CYG_IKE_CP_H
#define CYG_IKE_CP_H

#include "ctrl/ike/pool.h"
#include "ctrl/ike/sa.h"
#include "ctrl/ike/ts.h"

/* The peer's address, from a pool or from one that is loaded no more. */
struct cp_given {
	struct addr addr;
	struct lease *lease; /* NULL: no pool has it */
};

struct cp {
	bool asks;  /* we are to have addresses */
	bool gives; /* the peer is */
	bool done;  /* both know which */
	struct addr local[CONN_VIPS_MAX];
	struct addr dns[CONN_DNS_MAX];	   /* that the peer told us of */
	struct addr wishes[CONN_VIPS_MAX]; /* the peer's; of zeros: any */
	struct cp_given given[CONN_VIPS_MAX];
	unsigned int n_local, n_dns, n_wishes, n_given;
};

/* Its addresses go back to their pools. */
void cp_end(struct ike_sa *sa);

/* They are the heir's. */
void cp_inherit(struct ike_sa *heir, struct ike_sa *sa);

/* A pool that is new: what IKE SAs have of its addresses, it gives to nobody else. */
void cp_adopt(struct engine *e, const char *pool);

/* What `dynamic` stands for on either side. */
void cp_dynamic(const struct ike_sa *sa, struct ts_dynamic *local,
		struct ts_dynamic *remote);

/* What is to be seen of it. */
void cp_show(const struct ike_sa *sa, struct ike_sa_view *out);

/* --- initiator */

/* As the connection says; false: out of memory. */
MUST_CHECK bool cp_ask(struct ike_sa *sa);

/* CP(CFG_REQUEST), if there is something to ask for. */
void cp_request_put(const struct ike_sa *sa, struct ike_builder *m);

/* What the response brings; NULL, or why there can be no child. */
const char *cp_take_reply(struct ike_sa *sa, const struct ike_payloads *p);

/* --- responder */

/* What the request asks for, of the connection that is for it; false: out of
 * memory. */
MUST_CHECK bool cp_take_request(struct ike_sa *sa, const struct ike_payloads *p);

/* The peer is who it says it is: it gets its addresses. 0; or what stands in
 * place of the child, enum ike_notify_type, and why. */
uint16_t cp_give(struct ike_sa *sa, const char **why);

/* CP(CFG_REPLY), if something was given. */
void cp_reply_put(const struct ike_sa *sa, struct ike_builder *m);

#endif
