/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers the workers' questions for next hops by asking the kernel, keeps
 * the neighbours in use alive, and watches: addresses of this host go into
 * BPF's map, and what may change a next hop advances the FIB generation.
 *
 * Control thread, on its event loop.
 */
#ifndef CYG_DP_RESOLVER_H
#define CYG_DP_RESOLVER_H

#include "ctrl/base/error.h"
#include "ctrl/dp/iface.h"
#include "ctrl/dp/nexthop.h"
#include "ctrl/dp/nl.h"
#include "ctrl/dp/programs.h"

struct event_base;
struct resolver;

struct resolver_spec {
	struct event_base *base;
	struct nl *nl;
	struct nexthop_link *links; /* one of each worker */
	uint32_t n_links;
	struct programs *programs;
	const struct iface *ifaces; /* that we serve; copied */
	size_t n_ifaces;	    /* at most IFACE_MAX */

	/* The MTU, the MAC or the state of one of them is another now. */
	void (*iface_changed)(void *ctx, const struct iface *now);
	/* One of that name was made anew: it is another for the kernel. */
	void (*iface_replaced)(void *ctx, uint32_t old_ifindex,
			       const struct iface *now);
	/* Packets may go other ways now; shortly after, at most once a
	 * second. */
	void (*ways_changed)(void *ctx);
	void *ctx;
};

/*
 * Everything but ifaces is borrowed until resolver_free(). The host's
 * addresses are in the map when it returns. 0, or negative with e filled.
 */
int resolver_new(const struct resolver_spec *spec, struct resolver **out,
		 struct error *e);

/* The kernel no longer keeps neighbours for us. NULL is fine. */
void resolver_free(struct resolver *r);

/*
 * Packets for this destination, from this address of ours, are to come: workers
 * ask for their next hop now, so that the first need not wait for it. NULL:
 * there is nobody to ask.
 */
void resolver_prefetch(struct resolver *r, const struct addr *dst,
		       const struct addr *src);

/* Where packets to a destination go now. */
struct resolver_way {
	enum drop_reason drop;	   /* DROP_NONE: they do */
	const struct iface *iface; /* borrowed until the next event; NULL: none
				      that we serve */
	struct addr hop;
	struct addr source; /* ours towards it; all 0: none */
	uint32_t mtu;	    /* octets of such a packet */
	bool resolved;	    /* the kernel knows the hop's MAC address */
};

/*
 * What a worker would be answered of a packet of ours to that destination;
 * nothing is asked of the network.
 */
void resolver_look(struct resolver *r, const struct addr *dst,
		   const struct addr *src, struct resolver_way *out);

/* May the way to a peer depend on our address? */
bool resolver_by_source(const struct resolver *r);

/* An address of this host inside the prefix, to send from; all 0: none. */
struct addr resolver_local_in(const struct resolver *r, const struct prefix *p);

/* A router on the way from src to dst said that no more than mtu passes; believed for
 * PATHS_AGE_NS (paths.h). */
void resolver_learn_mtu(struct resolver *r, const struct addr *dst,
			const struct addr *src, uint32_t mtu);

/* What routers said of that way, src all 0: of whichever begins here; PATH_OPEN:
 * nothing. */
uint32_t resolver_path_mtu(const struct resolver *r, const struct addr *dst,
			   const struct addr *src);

/* Of an interface that we serve, as it is now; 0: of none. */
uint32_t resolver_mtu(const struct resolver *r, uint32_t ifindex);

#endif
