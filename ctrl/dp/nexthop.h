/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a destination's packets go, as the kernel said: the messages between
 * a worker, which needs to know, and the resolver on the control thread,
 * which asks; and the worker's cache of the answers.
 *
 * An answer holds until something changes that concerns it (fib.h), so the next
 * packet after the event asks again. A neighbour that is in use is asked for
 * anew from time to time, so that the resolver knows which ones are.
 *
 * A question is for a destination alone, unless the host has rules that look at
 * more: then what we built ourselves asks with its source, and all else is for
 * the kernel to forward.
 *
 * An answer that nobody asked for, and that says nothing, is a wish: packets for
 * its destination are to come, and the worker does well to ask beforehand.
 */
#ifndef CYG_DP_NEXTHOP_H
#define CYG_DP_NEXTHOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/base/clock.h"
#include "ctrl/base/spsc.h"
#include "ctrl/dp/fib.h"
#include "include/drop.h"
#include "include/sad.h"

enum nexthop_kind {
	NH_PENDING, /* asked, not yet answered; as an answer a wish */
	NH_PORT,    /* an interface that we serve, neighbour known */
	NH_HOST,    /* the kernel's: local, or an interface we don't serve */
	NH_NONE,    /* nowhere: see drop */
};

#define NH_LINK_MAX 20U /* both MAC addresses and two VLAN tags */

struct nexthop {
	struct addr dst;
	struct addr src; /* all 0: any */
	uint32_t gen;	 /* FIB generation of the question; of an answer in the
			  * cache a later one in which it held as well */
	enum nexthop_kind kind;
	enum drop_reason drop; /* NH_NONE */
	uint32_t ifindex;      /* NH_PORT; whose queues transmit */
	enum iface_role role;  /* NH_PORT; of the interface that is served */
	uint32_t mtu;	       /* NH_PORT; bytes of the IP packet */
	struct addr saddr;     /* NH_PORT; ours towards it; all 0: none */
	/* NH_PORT: what stands before the EtherType. */
	uint8_t link[NH_LINK_MAX];
	uint8_t link_bytes;
	uint64_t renew_ns;   /* NH_PORT; asked for anew then; 0: not */
	uint64_t expires_ns; /* CLOCK_MONOTONIC; all but NH_HOST */
};

struct nexthop_link;

struct nexthop_query {
	struct addr dst;
	struct addr src; /* ours; all 0: any */
	uint32_t gen;
	/* Whose question it is, and what the route says: the resolver's own,
	 * while it waits for the neighbour. */
	struct nexthop_link *link;
	uint32_t mtu;
	struct addr saddr;
};

/* The seam between one worker and the resolver. */
struct nexthop_link {
	struct spsc queries; /* worker to resolver */
	struct spsc answers; /* resolver to worker: struct nexthop */
	int query_fd;	     /* eventfd: queries wait */
	int answer_fd;	     /* eventfd: answers wait */
	/* Written by the control thread; before the generation. */
	_Atomic bool by_source; /* rules look at more than the destination */
	struct fib fib;
};

/* 0 or a negative errno. */
int nexthop_link_init(struct nexthop_link *link);
void nexthop_link_fini(struct nexthop_link *link);

#define NH_SETS	    256U /* a power of two */
#define NH_WAYS	    4U
#define NH_RETRY_NS NS_PER_S	     /* a refusal holds, a question waits */
#define NH_HOLD_NS  (120 * NS_PER_S) /* a neighbour's address holds */

struct nexthop_cache {
	struct nexthop_link *link; /* borrowed */
	struct nexthop *last;	   /* found: of a batch, many go the same way */
	struct nexthop set[NH_SETS][NH_WAYS];
	uint8_t victim[NH_SETS];
};

void nexthop_cache_init(struct nexthop_cache *c, struct nexthop_link *link);

/* May the way of a packet depend on more than its destination? Worker. */
static inline bool nexthop_by_source(const struct nexthop_cache *c)
{
	return atomic_load_explicit(&c->link->by_source, memory_order_relaxed);
}

/*
 * The next hop of a destination; asks the resolver when it isn't known, or
 * may be another by now. Never NULL; valid until the next call of
 * nexthop_lookup() or nexthop_learn(). Worker.
 */
const struct nexthop *nexthop_lookup(struct nexthop_cache *c,
				     const struct addr *dst, uint64_t now_ns);

/* The same for what we send ourselves, from src, which counts where rules look
 * at it. */
const struct nexthop *nexthop_lookup_ours(struct nexthop_cache *c,
					  const struct addr *dst,
					  const struct addr *src,
					  uint64_t now_ns);

/* Takes the waiting answers, and asks for what is wished; how many. Worker. */
uint32_t nexthop_learn(struct nexthop_cache *c);

#endif
