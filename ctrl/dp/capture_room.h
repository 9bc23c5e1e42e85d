/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where packets wait for the reader of a capture. They are plaintext: they stand in
 * memory of their own, which no core has, from where the kernel takes them, and
 * are wiped when it has. A ring, as what goes first is written first. Control thread.
 */
#ifndef CYG_DP_CAPTURE_ROOM_H
#define CYG_DP_CAPTURE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPTURE_ROOM_BYTES (4U << 20) /* that wait for the reader */

struct capture_room;
struct evbuffer;

/* NULL: out of memory. */
struct capture_room *capture_room_new(void);

/* What still waits is there until its buffer is gone. NULL is fine. */
void capture_room_free(struct capture_room *r);

/* So many octets to be filled, until the next call; NULL: too much waits. */
uint8_t *capture_room_take(struct capture_room *r, size_t bytes);

/*
 * The first octets of what was taken last go to a buffer's end, one and the same
 * buffer for all. false: out of memory, and they don't.
 */
bool capture_room_give(struct capture_room *r, size_t bytes,
		       struct evbuffer *out);

#endif
