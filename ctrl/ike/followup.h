/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE_FOLLOWUP_KE: additional key exchanges of a CREATE_CHILD_SA (RFC 9370 section
 * 2.2.4). The initiator's exchange goes on until the last of them; the responder's
 * is put aside between two, until the initiator asks for it by the link that it was
 * given, or for some seconds. There is one at a time. For the files of ctrl/ike; one
 * thread.
 */
#ifndef CYG_IKE_FOLLOWUP_H
#define CYG_IKE_FOLLOWUP_H

#include "ctrl/ike/sa.h"

/* Octets of all of one exchange, for which a record has room. */
#define FOLLOWUP_SECRETS_MAX 3072U
#define FOLLOWUP_LINK_MAX    64U

struct followup {
	uint8_t *secrets; /* owned: SK(0) | SK(1) | … so far */
	size_t first_len, len;
	unsigned int next; /* of the suite's additional key exchanges */
	uint8_t link[FOLLOWUP_LINK_MAX];
	size_t link_len;
	bool is_said;	   /* CREATE_CHILD_SA is over */
	uint64_t until_ns; /* put aside: it is forgotten then */
};

/* SK(0) and SK(1) | … of an exchange that is done, with such ones or without. */
struct slice followup_first(const struct exchange *x);
struct slice followup_more(const struct exchange *x);

/* What it says in: of its next message. */
enum ike_exchange followup_exchange(const struct exchange *x);

/* Is it a responder's that is to answer CREATE_CHILD_SA by followup_reply()? */
bool followup_is_begun(const struct exchange *x);

/* The peer's exchange, under way or put aside. */
const struct exchange *followup_peers(const struct ike_sa *sa);

/* --- initiator */

/* The response, of which the suite is known. NULL, or what is wrong with it. */
const char *followup_take_link(struct exchange *x, const struct ike_payloads *p);

/*
 * A key exchange is done. True: others follow, and the next one has begun; false:
 * it was the last.
 */
bool followup_goes_on(struct ike_sa *sa, struct exchange *x);
void followup_send_request(struct ike_sa *sa, struct exchange *x);
void followup_response(struct ike_sa *sa, const struct ike_payloads *p);

/* --- responder */

/*
 * A key exchange is done; 0: it was the last; 1: others follow, and the reply is to
 * be sent by followup_reply(); a negative errno.
 */
MUST_CHECK int followup_begin_or_go_on(struct ike_sa *sa, struct exchange *x);

/* All but KE and the link of a reply is there, or it has nothing else. */
void followup_reply(struct ike_sa *sa, struct exchange *x,
		    struct ike_builder *m);

void followup_request(struct ike_sa *sa, const struct ike_payloads *p);

/* What is put aside goes; nothing there is fine. */
void followup_forget(struct ike_sa *sa);
void followup_expire(struct ike_sa *sa);
void followup_free(struct followup *f); /* wipes; NULL is fine */
struct followup *followup_new(void);	/* NULL: no memory */

#endif
