/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded queue of fixed-size messages between one producing and one
 * consuming thread, without a lock. Messages are copied in and out.
 */
#ifndef CYG_BASE_SPSC_H
#define CYG_BASE_SPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spsc {
	_Atomic uint32_t head; /* written by the producer, read by both */
	_Atomic uint32_t tail; /* written by the consumer, read by both */
	uint32_t room;	       /* messages, a power of two */
	size_t msg_bytes;
	uint8_t *msgs; /* owned */
};

/* room: a power of two. 0 or -ENOMEM. */
int spsc_init(struct spsc *q, uint32_t room, size_t msg_bytes);
void spsc_free(struct spsc *q);

/* Producer. false: full, nothing was taken. */
bool spsc_push(struct spsc *q, const void *msg);

/* Consumer. false: empty. */
bool spsc_pop(struct spsc *q, void *msg);

/* Consumer. Is there nothing to pop? */
bool spsc_is_empty(const struct spsc *q);

#endif
