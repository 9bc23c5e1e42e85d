/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The role `ike` from inside: for ike.c, which holds the engine, and ike_ctl.c,
 * which does what ctl says. One thread.
 */
#ifndef CYG_DAEMON_IKE_STATE_H
#define CYG_DAEMON_IKE_STATE_H

#include <event2/event.h>

#include "ctrl/crypto/random.h"
#include "ctrl/daemon/asked.h"
#include "ctrl/daemon/creds_in.h"
#include "ctrl/daemon/ike_fetch.h"
#include "ctrl/daemon/ike_seam.h"
#include "ctrl/daemon/ike_udp.h"
#include "ctrl/base/name_index.h"
#include "ctrl/daemon/tally.h"
#include "ctrl/daemon/work_pool.h"

/* A connection or a pool that is loaded. */
struct loaded {
	char name[CONN_NAME_MAX];
	bool again; /* by the ctl that is there now */
	bool gone;  /* as it said */
};

struct loaded_list {
	struct loaded *at; /* owned */
	size_t n, room;
	struct name_index names;
};

struct ike {
	struct event_base *base;
	struct event *on_link;
	struct seam *ctl; /* NULL: it is gone, and may come again */
	struct seam *dp;  /* likewise */
	bool had_dp;	  /* or asked for it: the next one is another epoch */
	int dp_fd; /* of a link to come, when there are connections; or -1 */
	struct engine *engine;
	struct asked *asked;
	struct work_pool *pool;
	struct event *timer;
	struct event *trim;
	struct tally *counts;	  /* that ctl was not told of */
	struct event *on_counted; /* when it is to be */
	struct event *readable[IKE_UDP_SOCKETS];
	struct ike_streams *streams; /* of ike_streams.c; NULL: no TCP */
	int fds[IKE_UDP_SOCKETS];    /* -1: not there yet, or no IPv6 */
	int route_fds[IKE_ROUTE_SOCKETS];
	int ways_fd; /* -1: nobody tells */
	struct event *on_ways, *ways_settle;
	struct conn_conf loading; /* until nothing of it is missing */
	size_t n_missing,
		n_rounds_missing; /* children, and rounds before them */
	struct loaded_list conns, pools;
	struct creds_in creds;	  /* that come */
	struct ike_fetch fetched; /* that comes */
	bool failed;
	bool stopping;
	uint16_t generation;
	bool is_kept; /* ctl keeps records */
	struct random_pool random;
	uint8_t room[IKE_UDP_MAX];
};

void loaded_free(struct loaded_list *list);

/* It ends: what cannot be gone on with. */
void ike_give_up(struct ike *i, const char *why);

/*
 * Without ctl and dp there is no SA to keep up, and the next ctl finds the ports
 * taken: dp, which keeps them, has no others to give.
 */
void ike_end_alone(const struct ike *i);

/* To ctl, if it is there. */
void ike_tell(struct ike *i, enum ike_msg type, const void *msg, size_t bytes);

/* After every call into the engine. */
void ike_set_timer(struct ike *i);

/* The link whose descriptor is dp_fd, in place of the one before. */
void ike_link_dp(struct ike *i);

/* Events: a datagram, and a link that ctl asks for. */
void ike_on_readable(evutil_socket_t fd, short what, void *ctx);
void ike_on_link(evutil_socket_t listener, short what, void *ctx);

#endif
