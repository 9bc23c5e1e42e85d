/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS servers that peers gave us with virtual IPs (RFC 7296 section 3.15.1), handed to
 * the machine's resolvconf(8), which knows who else has some: all of ours under one
 * name, NAMESERVERS_FROM, and nothing under it when we have none. One run at a time;
 * what changes meanwhile is told after it. Control thread.
 */
#ifndef CYG_DAEMON_NAMESERVERS_H
#define CYG_DAEMON_NAMESERVERS_H

#include <stddef.h>

#include "ctrl/base/addr.h"
#include "ctrl/model/ike_options.h"

#define NAMESERVERS_FROM "cygnet"
#define NAMESERVERS_MAX	 16U /* more than resolvers ask */

struct event_base;
struct nameservers;

/* NULL: out of memory. Runs nothing more when it is freed; NULL is fine. */
struct nameservers *nameservers_new(struct event_base *base);
void nameservers_free(struct nameservers *s);

/*
 * These are there from now on, and no others: also not those that an earlier ctl left,
 * when it is the first call.
 *
 * program   ike_options.resolvconf; copied
 */
void nameservers_set(struct nameservers *s, const char *program,
		     const struct addr *at, size_t n);

/* Takes back what was told. Calls done() once that is done, or could not be: now, or
 * from the event loop. */
void nameservers_drain(struct nameservers *s, void (*done)(void *ctx),
		       void *ctx);

#endif
