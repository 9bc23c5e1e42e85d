/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets from one worker to another: an outbound SA is one worker's alone, so
 * that the peer's replay window never suffers from our parallelism, and an
 * interface may have fewer queues than there are workers.
 *
 * The lender keeps its frame; the taker encrypts the packet from there into one
 * of its own memory, or copies what it does not encrypt at once, and gives the
 * frame back by a second ring. What is on its way names
 * its SA and is looked up again by the taker, by its policy, so that a change
 * of SAs need not wait for these rings.
 */
#ifndef CYG_DP_HANDOFF_H
#define CYG_DP_HANDOFF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/spsc.h"
#include "include/limits.h"

#define HANDOFF_ROOM   1024U /* packets between two workers */
/* Of them, fragments to be put together: anybody may send those, and the rest is
 * what has an SA. */
#define HANDOFF_PIECES (HANDOFF_ROOM / 4U)

struct packet;
struct worker;

/* From one worker to one other. */
struct handoff {
	struct spsc packets; /* lender to taker: struct packet */
	struct spsc frames;  /* taker to lender: offsets of its frames */
	struct worker *lender, *taker;
	/* The lender's. */
	uint32_t lent;	    /* of its frames, not yet back */
	uint32_t lent_more; /* likewise: that are no packet's first */
	uint32_t pieces;    /* of the former, with a fragment */
	bool pushed;	    /* since the taker was last woken */
};

/* All workers of a gateway: at [lender][taker]; NULL in the diagonal. */
struct handoffs;

/*
 * workers   n of them, each with its number as index; borrowed until
 *           handoffs_free(), each knows its rings until then
 *
 * 0 or -ENOMEM. Control thread; no worker runs.
 */
int handoffs_new(struct worker *const *workers, uint32_t n,
		 struct handoffs **out);
void handoffs_free(struct handoffs *all);

/* The packet is the other worker's from now on, or is dropped as HANDOFF_FULL:
 * it comes slower than we give. Worker. */
void handoff_give(struct worker *w, uint32_t to, struct packet *p);

/* The same where the interface has no queue of ours, but one of another's; false:
 * it is not so, and nothing was done. Worker. */
bool handoff_to_port(struct worker *w, uint32_t ifindex, struct packet *p);

/* Into its own frame, if it does not stand there: before it goes on to another
 * worker, or waits. Worker. */
void packet_own(struct worker *w, struct packet *p);

/* To the front of its own frame, where it has the most room, from wherever it is.
 * Worker. */
void packet_front(struct worker *w, struct packet *p);

/* Takes what others gave, and walks it; what has no frame waits. Worker. */
bool handoff_take(struct worker *w);

/* Own frames that came back. At a round's begin. Worker. */
void handoff_reclaim(struct worker *w);

/* At a round's end: who was given something is to look. Worker. */
void handoff_wake(struct worker *w);

/* May the worker sleep? Nothing was given to it since it said that it will. */
bool handoff_is_idle(const struct worker *w);

/* Frames of the worker that others have. */
uint32_t handoff_lent(const struct worker *w);

#endif
