/* SPDX-License-Identifier: BSD-2-Clause */
/* ctl's end of the link to helper. Control thread. */
#ifndef CYG_DAEMON_HELPER_LINK_H
#define CYG_DAEMON_HELPER_LINK_H

#include "ctrl/daemon/helper_seam.h"

struct event_base;
struct helper_link;

struct helper_link_spec {
	struct event_base *base;
	const char *folder; /* of the roles' sockets */
	bool debug;	    /* it logs more */
	void (*ready)(void *ctx);
	void (*down)(void *ctx);
	/* Of helper_link_lookup(); what is in it may be a lie. */
	void (*answer)(void *ctx, uint64_t token, const struct lookup_result *r);
	/* Of helper_link_fetch(), likewise; pieces are those of what will be DONE, and
	 * n octets of FETCHED are all of them. */
	void (*piece)(void *ctx, uint64_t token, struct slice octets);
	void (*fetched)(void *ctx, const struct helper_msg_fetched *m);
	void *ctx;
};

/* 0, or negative with e filled. */
int helper_link_new(const struct helper_link_spec *spec,
		    struct helper_link **out, struct error *e);

/* The process ends with its link. NULL is fine. */
void helper_link_free(struct helper_link *l);

/* name by these sockets, which stay the caller's. Negative: nobody is there. */
int helper_link_lookup(struct helper_link *l, uint64_t token, const char *name,
		       const int *fds, size_t n);

/* m by this socket, which stays the caller's. Likewise. */
int helper_link_fetch(struct helper_link *l, const struct helper_msg_fetch *m,
		      int fd);

#endif
