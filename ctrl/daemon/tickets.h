/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys under which tickets of session resumption are sealed (RFC 5723), and
 * which tickets are used. They are in ctl's memory alone: tickets outlive ike and
 * dp, and not ctl. ctl's thread.
 */
#ifndef CYG_DAEMON_TICKETS_H
#define CYG_DAEMON_TICKETS_H

#include "ctrl/model/ticket.h"

#define TICKET_LIFE_S (24U * 60U * 60U)

/* Under one key; they are as many bits of memory. */
#define TICKETS_PER_KEY (1U << 20)

struct tickets;

/* NULL: no memory. tickets_free(NULL) is fine. */
struct tickets *tickets_new(void);
void tickets_free(struct tickets *t);

/* None that was given away is taken any more: who lost a pre-shared key must not
 * come in by one. */
void tickets_revoke(struct tickets *t);

/*
 * Does what is asked for; what lies about a length is refused. out is whole in any
 * case, and is to be wiped.
 */
void tickets_serve(struct tickets *t, const struct ticket_request *q,
		   uint64_t now_ns, struct ticket_answer *out);

#endif
