/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When certificates end: those of the file and of VICI, as status and metrics show them,
 * and what the log says of them. They are read once, when they change. Control thread.
 */
#ifndef CYG_DAEMON_EXPIRIES_H
#define CYG_DAEMON_EXPIRIES_H

#include "ctrl/daemon/certs.h"
#include "ctrl/model/status.h"

struct expiries {
	struct cert_status *at; /* owned; STATUS_CERTS_MAX at most, soonest first */
	size_t n;
};

/* Where they are. */
struct expiry_source {
	const struct certs *certs;
	const struct config *file;
	/* Is it ours, by its private key or by a section that names it so? */
	bool (*is_own)(void *ctx, const struct cert_conf *cert);
	void *ctx;
};

/*
 * Anew. Of those that came over VICI and were not there before is told, if there is
 * something to be told.
 *
 * now_s   Unix time
 * tell    a line; is_over: nobody believes it any more
 *
 * 0, or -ENOMEM: they are as they were.
 */
int expiries_fill(struct expiries *x, const struct expiry_source *from,
		  int64_t now_s, void (*tell)(const char *line, bool is_over));

/* Of one, if it is over or will soon be. */
void expiries_tell_of(const struct cert_conf *cert, int64_t now_s,
		      void (*tell)(const char *line, bool is_over));

/* Of all of them. */
void expiries_tell(const struct expiry_source *from, int64_t now_s,
		   void (*tell)(const char *line, bool is_over));

/* A copy, into a status. 0 or -ENOMEM. */
int expiries_show(const struct expiries *x, int64_t now_s, struct status *out);

void expiries_free(struct expiries *x);

#endif
