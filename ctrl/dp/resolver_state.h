/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resolver from inside: for resolver.c, which starts and ends it and has
 * its time, resolver_ask.c, which answers, resolver_paths.c, which knows how wide
 * paths are, and resolver_watch.c, which hears of changes. Control thread.
 */
#ifndef CYG_DP_RESOLVER_STATE_H
#define CYG_DP_RESOLVER_STATE_H

#include "ctrl/base/log.h"
#include "ctrl/dp/locals.h"
#include "ctrl/dp/neigh.h"
#include "ctrl/dp/paths.h"
#include "ctrl/dp/resolver.h"
#include "ctrl/dp/waiting.h"

struct event;
struct mnl_socket;

/* One worker, as it asks. */
struct asker {
	struct resolver *resolver;
	struct nexthop_link *link;
	struct event *on_query;
};

struct resolver {
	struct resolver_spec spec;
	struct asker *askers; /* owned; one of each link */
	struct iface ifaces[IFACE_MAX];
	struct mnl_socket *watch;
	struct event *on_watch;
	struct event *on_tick; /* pending: something waits */
	struct event *on_idle;
	struct event *on_ways; /* pending: ways_changed() is to be called */
	uint64_t ways_ns;      /* when that was, last; CLOCK_MONOTONIC */
	struct waitings waiting;
	struct neighs in_use;
	struct paths paths;
	struct log_limit narrowed;
	struct locals locals;
	bool by_source;	  /* as the links have it */
	bool addrs_stale; /* the map is behind the kernel */
	bool told_stale;  /* and that was logged */
};

/* --- resolver.c --- */

/* Cached answers for these destinations are old from here on; NULL: all are. */
void resolver_advance(struct resolver *r, const struct prefix *changed);

/* Of the interfaces that we serve; NULL: none. */
struct iface *resolver_served(struct resolver *r, uint32_t ifindex);

/* What waits is looked at in a moment. */
void resolver_tick_soon(struct resolver *r);

/* The addresses changed: the map follows. Where that fails, in a moment. */
void resolver_refresh_locals(struct resolver *r);

/* --- resolver_ask.c --- */

/* A full queue: the worker asks again when its entry expires. */
void resolver_answer(struct nexthop_link *link, const struct nexthop *nh);

/* Answers the question, or makes it wait for a neighbour. */
void resolver_resolve(struct resolver *r, const struct nexthop_query *q);

/* A neighbour is valid: answers who waits for it. */
void resolver_neigh_arrived(struct resolver *r, const struct nl_neigh *n);

/* Its time is over. */
void resolver_refuse(const struct waiting *w);

/* --- resolver_paths.c --- */

/* What was learned long ago is forgotten. */
void resolver_age_paths(struct resolver *r);

/* --- resolver_watch.c --- */

/* Who only wants to know from time to time is told in a moment. */
void resolver_ways_soon(struct resolver *r);

/* What rules look at, for the workers; advance() makes them see it. */
void resolver_read_rules(struct resolver *r);

/* Further stations on the links of unprotected interfaces, for the programs. */
void resolver_read_stations(struct resolver *r);

/* Hears of changes from now on. 0 or a negative errno. */
int resolver_watch_open(struct resolver *r);
void resolver_watch_close(struct resolver *r);

#endif
