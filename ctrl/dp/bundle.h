/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bundle of two SAs between the same addresses: ESP, in either mode, carried by AH
 * in transport mode (RFC 2401 section 4.5; RFC 4301 section 4.3 leaves it to whoever
 * wants it).
 *
 *     | IP | AH | ESP | in tunnel mode IP, TCP … |
 *
 * What ESP has sealed is AH's to seal in the same walk, and what AH has opened ESP's
 * to open, and nothing else's: what ESP's SA is to get by AH it takes no other way,
 * and AH's carries nothing but that. So there is one step more, and never a third.
 * Between the two a packet is of one SA or of the other, with that one's numbers,
 * limits and counters. Worker.
 */
#ifndef CYG_DP_BUNDLE_H
#define CYG_DP_BUNDLE_H

#include "ctrl/dp/worker.h"

/*
 * Of what an outbound SA of a bundle has sealed, those that are AH's now, PKT_CLEAR
 * and without a number, at the front of `of`; others are dropped.
 *
 * How many.
 */
uint32_t bundle_carry(struct worker *w, struct packet **of, uint32_t n);

/*
 * AH is off: p is ESP as it would have come without, PKT_CIPHER still, and of AH's
 * SA until bundle_next(); or it is dropped. As inbound_take().
 */
void bundle_take(struct worker *w, struct packet *p, uint8_t *inside,
		 uint32_t bytes, uint8_t next_header);

/*
 * After a run of AH's: those from p on that stand together are ESP's from now on.
 *
 * n   at most; those before were dropped
 *
 * How many, 0 where p is dropped.
 */
uint32_t bundle_next(struct worker *w, struct packet *p, uint32_t n);

#endif
