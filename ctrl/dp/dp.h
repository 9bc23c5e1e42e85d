/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data path as a whole: programs, maps, host interface, worker, next hops
 * and the tunnels' routes, started and stopped in an order that never lets
 * protected traffic out in the clear. Control thread.
 */
#ifndef CYG_DP_DP_H
#define CYG_DP_DP_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/dp/sadb.h"
#include "ctrl/model/capture.h"
#include "ctrl/model/config.h"
#include "ctrl/model/explain.h"
#include "ctrl/model/status.h"
#include "ctrl/model/stream.h"
#include "include/limits.h"

struct event_base;
struct dp;

/*
 * config is borrowed until dp_stop() or dp_reload(); children of its
 * connections get the ids of their policies, those that they name if these are
 * free.
 *
 * 0, or negative with e filled; then nothing is attached that was not before.
 */
int dp_start(struct config *config, struct event_base *base, struct dp **out,
	     struct error *e);

/*
 * Another configuration in place of the one that was given before: policies,
 * connections and manual SAs may differ. SAs of policies that stay are not
 * touched, nor manual ones that are the same.
 *
 * 0, or negative with e filled, and all is as it was: -EBUSY (interfaces,
 * the default action or the state folder differ), or see manual_prepare().
 */
int dp_reload(struct dp *dp, struct config *config, struct error *e);

/*
 * Ends the worker and wipes the keys. The programs stay attached, and what
 * policies protect is dropped; dp_release() lets it go.
 */
void dp_stop(struct dp *dp);

/*
 * What comes after it in the start failed: everything is as it was before, an
 * earlier start's programs and policies in force. dp_stop() afterwards.
 */
void dp_undo(struct dp *dp);

/* The start succeeded as a whole. No dp_undo() afterwards. */
void dp_settle(struct dp *dp);

/* Takes off what an earlier start left on interfaces that this one does not
 * serve. Needs no struct dp, but CAP_SYS_ADMIN. */
void dp_release_others(const struct gateway_conf *g);

/* After dp_undo() in a process that had no right to leave libxdp's dispatcher.
 * Needs CAP_SYS_ADMIN. */
void dp_release_empty_seats(void);

/*
 * Takes programs, host interface and routes away, whatever start they are of.
 *
 * 0, or negative with e filled: -EBUSY while a daemon runs, -EPERM.
 */
int dp_release(struct error *e);

/* Who is answered and told by the seam of ctrl/model/sadb.h; calls is copied. */
void dp_serve_sadb(struct dp *dp, const struct sadb_calls *calls);

/* A question; see sadb_request(). */
void dp_sadb(struct dp *dp, const struct sadb_request *q);

/* IKE ended; see sadb_orphan(). */
void dp_orphan_sas(struct dp *dp);

/*
 * What this socket of ours (IKE) sends passes the guard, to wherever: exempt is
 * the socket, not its port. 0, or negative with e filled.
 */
int dp_let_out(struct dp *dp, int fd, struct error *e);

/*
 * TCP of ours (IKE and ESP in it): what this socket sends passes the guard, and what is
 * sent to it comes in; see include/own.h.
 *
 * ends   of a socket that connects; or, of one that listens, our port alone
 *
 * 0, or negative with e filled.
 */
int dp_let_stream_out(struct dp *dp, int fd, const struct stream_ends *ends,
		      struct error *e);

/*
 * Another pair of sockets for each worker, by which ESP in TCP goes and comes; see
 * ctrl/model/stream.h.
 *
 * far   their other ends, handed over, the first *n
 *
 * 0, or a negative errno and none is.
 */
int dp_join_streams(struct dp *dp, int far[WORKERS_MAX], uint32_t *n);

/* It is over; without a local port: all are, and nobody listens. */
void dp_end_stream(struct dp *dp, const struct stream_ends *ends);

/*
 * The sockets of a lookup in DNS, fds, pass the guard to where they are connected
 * to, and what comes from there passes to them; see lookups_set(). -EINVAL: there
 * are not so many.
 */
int dp_let_lookup_out(struct dp *dp, uint32_t slot, const int *fds, size_t n);

/* What the name of a connection's peer resolved to. */
void dp_set_peer(struct dp *dp, const struct conn_peer *peer);

/* The virtual IPs that a connection has now. */
void dp_set_vips(struct dp *dp, const struct conn_vips *v);

/* A pool is there, has other addresses, or is gone. */
void dp_set_pool(struct dp *dp, const struct pool_addrs *pool);

/* What dp knows; tunnels and policies are none of it. */
void dp_status(struct dp *dp, struct status *out);

/*
 * What would become of a packet; nothing does, and nothing shows that it was asked.
 *
 * 0, or negative with e filled: -ENODEV (no such interface), or it cannot be told
 * where it would start.
 */
int dp_explain(struct dp *dp, const struct explain_question *q,
	       struct explanation *out, struct error *e);

/*
 * Packets of this filter, as pcapng, to a reader; see capture.h.
 *
 * pid        the reader's, for the log
 * greeting   goes to it first; borrowed for the call
 * fd         its stream socket, handed over if it works
 *
 * 0, or negative with e filled: -EBUSY (there is a capture already).
 */
int dp_capture(struct dp *dp, struct event_base *base,
	       const struct capture_filter *filter, int pid,
	       struct slice greeting, int fd, struct error *e);

/* See sadb_each(). */
void dp_each_sa(struct dp *dp,
		void (*each)(void *ctx, const struct sadb_id *id, uint32_t policy,
			     bool orphan, const struct sa_status *s),
		void *ctx);

#endif
