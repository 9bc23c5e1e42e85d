/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data path as a whole: programs, maps, host interface, worker, next hops
 * and the tunnels' routes, started and stopped in an order that never lets
 * protected traffic out in the clear. Control thread.
 */
#ifndef CYG_DP_DP_H
#define CYG_DP_DP_H

#include "ctrl/base/error.h"
#include "ctrl/dp/sadb.h"
#include "ctrl/model/config.h"
#include "ctrl/model/status.h"

struct event_base;
struct dp;

/*
 * config is borrowed until dp_stop(); children of its connections get the ids
 * of their policies.
 *
 * 0, or negative with e filled; then nothing is attached that was not before.
 */
int dp_start(struct config *config, struct event_base *base, struct dp **out,
	     struct error *e);

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

/*
 * The start succeeded as a whole: what an earlier one left on interfaces that
 * this one does not serve is taken off. No dp_undo() afterwards.
 */
void dp_settle(struct dp *dp);

/*
 * Takes programs, host interface and routes away, whatever start they are of.
 *
 * 0, or negative with e filled: -EBUSY while a daemon runs, -EPERM.
 */
int dp_release(struct error *e);

/* Who is answered and told by the seam of ctrl/model/sadb.h; calls is copied. */
void dp_serve_sadb(struct dp *dp, const struct sadb_calls *calls);

/* GETSPI, ADD, UPDATE or DELETE; see sadb_request(). */
void dp_sadb(struct dp *dp, const struct sadb_request *q);

/* IKE ended: its SAs end too, but not at once; see sadb_orphan(). */
void dp_orphan_sas(struct dp *dp);

/* What an SA of the seam has carried so far. 0 or -ENOENT. */
int dp_sa_count(struct dp *dp, const struct sadb_id *id,
		struct sadb_counters *out);

/* The whole policy list, whose ids are written; see sadb_set_policies(). */
int dp_set_policies(struct dp *dp, struct policy *list, size_t n);

/*
 * What this socket of ours (IKE) sends passes the guard, to wherever: exempt is
 * the socket, not its port. 0, or negative with e filled.
 */
int dp_let_out(struct dp *dp, int fd, struct error *e);

/* Adds what dp knows to a zeroed snapshot. 0 or -ENOMEM. */
int dp_status(struct dp *dp, struct status *out);

#endif
