/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One name asked for in DNS, by sockets that are there already: both kinds of
 * addresses at once, of one resolver after the other, twice. It ends by itself.
 * One thread.
 */
#ifndef CYG_DAEMON_LOOKUP_H
#define CYG_DAEMON_LOOKUP_H

#include "ctrl/base/addr.h"
#include "ctrl/wire/dns.h"
#include "include/limits.h"

struct event_base;
struct lookup;

#define LOOKUP_TURN_MS 2000 /* one resolver's time */
#define LOOKUP_ROUNDS  2
#define LOOKUP_MAX_MS  (LOOKUP_ROUNDS * RESOLVERS_MAX * LOOKUP_TURN_MS)

enum lookup_outcome {
	LOOKUP_FOUND,
	LOOKUP_NO_NAME,	   /* there is none */
	LOOKUP_NO_ADDRESS, /* it has none */
	LOOKUP_UNUSABLE,   /* it has none that a peer can have */
	LOOKUP_SILENT,	   /* nobody answered */
	LOOKUP_REFUSED,	   /* somebody answered that he does not */
	LOOKUP_MALFORMED,
	LOOKUP_TRUNCATED,
	LOOKUP_FORGED, /* answers to what nobody asked, more than by accident */
	LOOKUP_FAILED, /* on our side */
};

struct lookup_result {
	enum lookup_outcome outcome;
	uint32_t n;
	struct addr addrs[DNS_ADDRS_MAX]; /* those of IPv6 first */
};

/*
 * name   as of dns_is_name(); copied
 * fds    of UDP, connected to resolvers, up to RESOLVERS_MAX; handed over
 * done   once, from the event loop; the lookup is gone when it is called
 *
 * NULL: out of memory, and the descriptors are the caller's.
 */
struct lookup *lookup_new(struct event_base *base, const char *name,
			  const int *fds, size_t n,
			  void (*done)(void *ctx, const struct lookup_result *r),
			  void *ctx);

/* Without done(). NULL is fine. */
void lookup_free(struct lookup *l);

#endif
