/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One direction of the relay's path: frames from arrival to departure, without
 * sockets and without a clock of its own. See relay.c for what it is to do.
 */
#ifndef CYG_TESTS_RELAY_LANE_H
#define CYG_TESTS_RELAY_LANE_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_BYTES  2048U  /* with the header of the kernel's own */
#define QUEUE_FRAMES 32768U /* of a direction */
#define REORDER_MAX  256U
#define HELD_MAX     (2U * (REORDER_MAX + 1U)) /* each may be there twice */

enum kind { KIND_ESP, KIND_IKE, KIND_CLEAR, KIND_OTHER, KIND_MAX };

struct script {
	uint64_t delay_ns, seed;
	uint32_t reorder, drop_permille, dup_permille;
	bool only[KIND_MAX];
};

/* The octets begin with a struct virtio_net_hdr and an Ethernet header. */
struct frame {
	uint8_t octets[FRAME_BYTES];
	uint32_t bytes;
	enum kind kind;
	uint64_t number;  /* among those of its direction that have a fate */
	uint64_t place;	  /* the number that it leaves behind */
	uint64_t held_ns; /* since */
	uint64_t due_ns;
};

/* First in, first out. */
struct queue {
	struct frame *at[QUEUE_FRAMES];
	uint32_t head, n;
};

/* Each frame is in one of free, held, line and ready, or with the caller. */
struct lane {
	const struct script *script;
	uint64_t salt, n_fates, last_out;
	struct frame *free[QUEUE_FRAMES]; /* the last one is warm */
	struct queue line, ready;
	struct frame *held[HELD_MAX];
	uint32_t n_free, n_held;
	uint64_t got[KIND_MAX], sent[KIND_MAX];
	uint64_t dropped, duplicated, overtaken, places, lost;
};

/* The direction (0 or 1) and QUEUE_FRAMES frames, which are borrowed. */
void lane_init(struct lane *l, const struct script *s, uint32_t direction,
	       struct frame *frames);

/* One that is free; there has to be one. */
struct frame *lane_take_free(struct lane *l);

/* The frame is free, whatever it was. */
void lane_drop(struct lane *l, struct frame *f);

/* It came in, with octets and bytes filled: it meets its fate. */
void lane_arrive(struct lane *l, struct frame *f, uint64_t now_ns);

/* What is due now is ready; the time at which more will be, or UINT64_MAX. */
void lane_advance(struct lane *l, uint64_t now_ns);
uint64_t lane_next_due(const struct lane *l);

/* The first of the ready ones leaves the queue; there has to be one. */
struct frame *lane_take_ready(struct lane *l);

#endif
