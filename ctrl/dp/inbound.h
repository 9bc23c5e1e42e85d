/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ESP and AH do alike with what comes in (RFC 4303 section 3.4, RFC 4302
 * section 3.4): its number, before and after the ICV is known to be right; what was
 * inside, and whether that is the SA's (RFC 4301 section 5.2); and the SA's books.
 *
 * An authentic packet from elsewhere than before is told of, where a NAT may be in
 * between; nothing else follows. The worker that has the SA's lock.
 */
#ifndef CYG_DP_INBOUND_H
#define CYG_DP_INBOUND_H

#include "ctrl/dp/worker.h"

/*
 * p->seq, from its low half; dropped where that was seen before, or is left of the
 * window.
 */
void inbound_number(struct packet *p, uint32_t seq_lo);

/* The ICV is right: the window moves. false: it has seen the number meanwhile, and
 * the packet is dropped. */
bool inbound_authentic(struct worker *w, struct packet *p);

/*
 * Takes off what is ours: p->l3, p->ip and p->bytes are of the packet that was
 * inside, or it is dropped.
 *
 * inside        what the next header speaks of
 * next_header   that ESP or AH had
 */
void inbound_take(struct worker *w, struct packet *p, uint8_t *inside,
		  uint32_t bytes, uint8_t next_header);

/* After a run: those that passed, which the SA may carry; its window; its end. */
void inbound_count(struct worker *w, struct sa_rt *sa, struct packet **of,
		   uint32_t n);

#endif
