/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data path from inside: for dp.c, which starts and ends it, and status.c,
 * which shows it. Control thread.
 */
#ifndef CYG_DP_STATE_H
#define CYG_DP_STATE_H

#include <pthread.h>

#include "ctrl/dp/attach.h"
#include "ctrl/dp/hostif.h"
#include "ctrl/dp/iface.h"
#include "ctrl/dp/nl.h"
#include "ctrl/dp/port_xsk.h"
#include "ctrl/dp/programs.h"
#include "ctrl/dp/resolver.h"
#include "ctrl/dp/tunnel.h"
#include "ctrl/dp/worker.h"

/* What one interface has of us; at the index of config.gateway.ifaces. */
struct served {
	struct attach_iface at;
	struct attachment xdp;
	struct attachment guard; /* unprotected interfaces alone */
	uint64_t tx_dropped;	 /* the interface's own count, at start */
};

struct dp {
	struct config *config;
	struct iface ifaces[IFACE_MAX];
	struct served served[IFACE_MAX];
	size_t n_ifaces;
	struct nl *nl;
	struct hostif host;
	struct programs *programs;
	struct nexthop_link link;
	struct resolver *resolver;
	struct sad *sad;
	struct policy_view policies;
	struct sadb *sadb;
	struct event *on_sadb; /* a worker told something, or a second is over */
	struct tunnel *tunnels;
	uint8_t mark[TUNNELS_MARK_BYTES]; /* of the manual SAs */
	struct worker worker;
	struct xsk_memory *memory;
	pthread_t thread;
	bool running;
	uint32_t magic;
	uint64_t since_ns;
};

/*
 * Before the worker starts: what an earlier daemon's worker had when it ended
 * is counted as WORKER_DIED.
 */
void dp_count_died(struct dp *dp);

/* After the worker ended, before its ports close: what their sockets counted
 * goes where it outlives them. */
void dp_keep_kernel_drops(struct dp *dp);

#endif
