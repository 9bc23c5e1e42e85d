/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why tunnels are not up: the last failure of each connection and of each of
 * its children, as ike told of it. Bounded, for who tells may be taken over: the
 * oldest one makes room. Control thread.
 */
#ifndef CYG_DAEMON_FAILURES_H
#define CYG_DAEMON_FAILURES_H

#include "ctrl/ike/engine.h"
#include "ctrl/model/mismatch.h"

#define FAILURES_MAX 256U

struct failures;

struct failure {
	uint64_t at_ns;	  /* of clock_ns() */
	struct addr peer; /* all 0: none was asked */
	bool ended;	  /* it had been up; else it did not come up */
	char text[MISMATCH_STR_MAX];
};

/* NULL: out of memory. failures_free(NULL) is fine. */
struct failures *failures_new(void);
void failures_free(struct failures *f);

/*
 * A failed attempt is kept, as is the end of a child; what is up has no
 * failure any more. An IKE SA that ends is no news: its children say why.
 */
void failures_event(struct failures *f, const struct ike_event *e,
		    uint64_t now_ns);

/* The process ended: what is not up now, of these connections, is so by that. */
void failures_process_ended(struct failures *f, const struct conn_conf *conns,
			    size_t n, uint64_t now_ns);

/*
 * The last one that keeps a child down, its own or its connection's; of conn
 * "" that of a peer for which there is no connection. NULL: none.
 *
 * Borrowed until the next failure.
 */
const struct failure *failures_find(const struct failures *f, const char *conn,
				    const char *child);

#endif
