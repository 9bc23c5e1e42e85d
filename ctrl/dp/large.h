/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets larger than a frame. A port takes them in chains of frames, the host
 * gives them in one piece, fragments become them. Such a packet walks alone in
 * its batch, in the worker's scratch buffer, where its octets follow each other
 * and no frame's end is in the way: p->large says so. p->frame is a frame of its
 * own, as other packets have one, and nothing stands there.
 *
 * What it becomes goes into that frame if it fits, and else leaves as a chain of
 * frames. Where it has to wait, or for another worker, it is laid into frames: it
 * begins in p->frame, in front of it stands which the others are.
 *
 * Worker.
 */
#ifndef CYG_DP_LARGE_H
#define CYG_DP_LARGE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/dp/packet.h"
#include "ctrl/dp/port.h"

struct worker;

/* 0 or -ENOMEM. */
int large_init(struct worker *w);
void large_fini(struct worker *w);

/* Where a frame begins that is put into the scratch buffer; there is room for
 * whatever IP can say. Free while nothing walks. */
uint8_t *large_place(const struct worker *w);

/* Is there room for so many octets, from p->l3 on, of one that stands there? */
bool large_holds(const struct worker *w, const struct packet *p, uint32_t bytes);

/* What a port received, where pieces of larger frames are among it, walks. */
void large_rx(struct worker *w, struct port *port, const struct port_desc *desc,
	      uint32_t n);

/* The pieces of a frame whose others never come are free again, and dropped. */
void large_forget(struct worker *w, struct port *port);

/*
 * A frame from the host, which stands at large_place(): it walks, behind those of
 * b, which is empty before and after.
 *
 * frame   of its own
 * bytes   from its Ethernet header on
 */
void large_host(struct worker *w, struct batch *b, uint64_t frame,
		uint32_t bytes);

/* Is it no larger any more? Then it stands in its frame. */
bool large_shrink(struct worker *w, struct packet *p);

/*
 * Away, as a chain: all of it, or it is dropped.
 *
 * bytes   up to the packet's end, with the link header that stands in front of it
 */
void large_tx(struct worker *w, struct port *port, struct packet *p,
	      uint32_t bytes);

/* So many packets were sent, if so many frames came back. */
uint32_t large_sent(struct port *port, uint32_t frames);

/* Laid into frames, or into its own, where it is no larger; false: there are not
 * enough. How many more than one it has then, is large_more(). */
bool large_lay(struct worker *w, struct packet *p);

/* The same, to wait, as long as not too many frames do. */
bool large_hold(struct worker *w, struct packet *p);

uint32_t large_more(const struct umem *u, uint64_t frame);

/* All but the first frame are free again; how many. */
uint32_t large_unlay(struct umem *u, uint64_t frame);

/*
 * To the scratch buffer again.
 *
 * from    the memory that it was laid into: the worker's own, whose frames but for
 *         the first are free again, or another's
 * frame   the first of them there
 */
void large_lift(struct worker *w, struct umem *from, uint64_t frame,
		struct packet *p);

#endif
