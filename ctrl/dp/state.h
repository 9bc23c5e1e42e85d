/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data path from inside: for dp.c, which starts and ends it, and status.c,
 * which shows it. Control thread.
 */
#ifndef CYG_DP_STATE_H
#define CYG_DP_STATE_H

#include <pthread.h>

#include "ctrl/dp/attach.h"
#include "ctrl/dp/audit_ring.h"
#include "ctrl/dp/capture.h"
#include "ctrl/dp/dry.h"
#include "ctrl/dp/handoff.h"
#include "ctrl/dp/hostif.h"
#include "ctrl/dp/iface.h"
#include "ctrl/dp/keepalive.h"
#include "ctrl/dp/lookups.h"
#include "ctrl/dp/nl.h"
#include "ctrl/dp/port_xsk.h"
#include "ctrl/dp/programs.h"
#include "ctrl/dp/resolver.h"
#include "ctrl/dp/tunnel.h"
#include "ctrl/dp/tunnel_if.h"
#include "ctrl/dp/worker.h"

/* What one interface has of us; at the index of config.gateway.ifaces. */
struct served {
	struct attach_iface at;
	struct attachment xdp;
	struct attachment guard; /* unprotected interfaces alone */
	struct attachment tag;	 /* protected ones, gateway.forward = kernel */
	uint64_t tx_dropped;	 /* the interface's own count, at start */
	uint32_t offloads;	 /* of its device, that this start turned off */
	bool gone;		 /* it was told that its device is not there */
	bool unserved;		 /* it was told that a queue cannot be served */
};

enum queue_state {
	QUEUE_NONE,
	QUEUE_SERVED,
	QUEUE_LEAVING, /* the worker empties it */
	QUEUE_SHUT,    /* its socket is closed, frames may be with the driver */
	QUEUE_ENDING,  /* the worker takes these back */
};

/* One queue of a device that we serve, or did. */
struct queue {
	enum queue_state state;
	struct port *port;
	uint32_t worker;
	uint32_t slot; /* the device's row in the map xsks */
	uint64_t shut_ns;
};

/* A worker, and what it has alone. */
struct dp_worker {
	struct worker w;
	pthread_t thread;
	bool running;
};

struct mnl_socket;

struct dp {
	struct config *config;
	bool chains; /* this kernel's AF_XDP carries frames in pieces */
	struct iface ifaces[IFACE_MAX];
	struct served served[IFACE_MAX];
	size_t n_ifaces;
	struct nl *nl;
	struct mnl_socket *keep; /* tells that programs may be off */
	struct event *on_keep;
	struct hostif host;
	struct attach_iface host_at;
	struct attachment host_tag;
	struct tunnel_ifs tunnels;
	struct programs *programs;
	struct dry *dry; /* NULL: nobody asked for it yet */
	struct lookups lookups;
	struct audit_ring *audits;
	struct capture *capture;    /* NULL: there is none */
	struct nexthop_link *links; /* owned; one of each worker */
	struct resolver *resolver;
	const struct crypto_backend *crypto;
	struct sad *sad;
	struct policy_view policies;
	struct sadb *sadb;
	struct event *on_sadb; /* a worker told something, or a second is over */
	struct manual *manual;
	struct keepalive keepalive;
	struct dp_worker *workers; /* owned, n_workers */
	uint32_t n_workers;
	struct handoffs *handoffs;
	struct queue queues[WORKER_PORTS_MAX]; /* a port's tag less 1 */
	uint64_t closed_drops[DROP_MAX];       /* of sockets that are closed */
	struct event *on_links;		       /* every second */
	bool running;
	uint32_t magic;
	uint64_t head_token;
	uint64_t since_ns;
};

/*
 * A device's row in the map xsks: of the first interface that we serve on it.
 * Others on it are VLANs, or it is one itself; XDP and queues are the device's.
 */
uint32_t dp_slot_of(const struct dp *dp, uint32_t device);

static inline bool dp_first_on_device(const struct dp *dp, size_t i)
{
	return dp_slot_of(dp, dp->ifaces[i].lower_ifindex) == i;
}

/*
 * Before workers start: what an earlier daemon's workers had when it ended
 * is counted as WORKER_DIED.
 */
void dp_count_died(struct dp *dp);

/* After the workers ended, before their ports close: what their sockets counted
 * goes where it outlives them. */
void dp_keep_kernel_drops(struct dp *dp);

#endif
