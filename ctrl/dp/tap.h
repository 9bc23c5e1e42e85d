/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker's end of a capture: copies of the packets that are wanted, into a
 * bounded ring that the control thread empties (capture.h). While there is no
 * capture, a worker pays for the look at a pointer that is NULL, once a run.
 *
 *     outbound   clear  -> seal -> cipher          dropped: by settle()
 *     inbound    cipher -> open -> clear, or what was wrong
 *
 * What arrives is decrypted where it stands, and what is no match then is no more
 * what arrived: it is copied before, and shown once the verdict is known. A ring
 * that is full is counted, and costs the packet nothing.
 */
#ifndef CYG_DP_TAP_H
#define CYG_DP_TAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <urcu-qsbr.h>

#include "ctrl/dp/packet.h"
#include "ctrl/model/capture.h"

struct worker;

#define TAP_ROOM 1024U /* packets */

/* A packet in the ring; its octets are behind it. */
struct tapped {
	uint64_t at_ns; /* CLOCK_MONOTONIC */
	uint64_t seq;	/* in an SA; 0: it has no number yet */
	struct sa_ref sa;
	uint32_t spi;	 /* host order; 0: no SA */
	uint32_t policy; /* CAPTURE_ANY_POLICY: not known */
	uint32_t bytes;	 /* of the packet */
	uint32_t kept;	 /* of these, that follow */
	uint16_t drop;	 /* enum drop_reason */
	uint8_t side;	 /* enum capture_side */
	bool inbound;
};

struct tap {
	struct rcu_head rcu;
	struct capture_filter filter;
	uint32_t room; /* packets, a power of two */
	uint32_t slot_bytes;
	uint8_t *slots;	       /* owned */
	_Atomic uint32_t head; /* written by the worker, read by both */
	_Atomic uint32_t tail; /* written by the control thread, read by both */
	_Atomic uint64_t missed; /* by the worker: wanted, and no room */
	uint32_t staged;	 /* the worker's: behind head, not yet shown */
};

/* --- control thread */

/* NULL: no memory. */
struct tap *tap_new(const struct capture_filter *filter);

/* No worker uses it any more, or it was given to none. */
void tap_free(struct tap *t);

/* The oldest packet, until tap_pop(); NULL: none is there. */
const struct tapped *tap_first(const struct tap *t);
void tap_pop(struct tap *t);

static inline const uint8_t *tapped_octets(const struct tapped *t)
{
	return (const uint8_t *)(t + 1);
}

/* --- worker; t is the worker's own */

/* Packets of an outbound SA, before the crypto or after it. */
void tap_out(struct tap *t, const struct worker *w, struct packet *const *of,
	     uint32_t n, enum capture_side side);

/* A run of an inbound SA, as it came; then what became of it. */
void tap_in(struct tap *t, const struct worker *w, const struct packet *p,
	    uint32_t n);
void tap_in_done(struct tap *t, const struct worker *w, const struct packet *p,
		 uint32_t n);

/* What settle() drops. */
void tap_drop(struct tap *t, const struct worker *w, const struct packet *p);

#endif
