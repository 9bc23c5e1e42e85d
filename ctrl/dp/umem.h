/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker's packet memory: equal frames, each in exactly one place at any
 * time (free here, in a fill ring, in a receive ring, in the pipeline, held,
 * in a transmit ring). One worker owns it; nothing here is shared.
 */
#ifndef CYG_DP_UMEM_H
#define CYG_DP_UMEM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/proto.h"

#define FRAME_BYTES 4096U

/* Kept free in front of what arrives: outer headers grow into it. The kernel
 * adds XDP_PACKET_HEADROOM (256) of its own. */
#define FRAME_HEADROOM 256U

/* Where that puts a frame's first octet; who fills one himself does likewise. */
#define FRAME_ETH_AT 512U

/* So many octets of a frame arrive in one piece. */
#define PIECE_BYTES (FRAME_BYTES - FRAME_ETH_AT)

/* Where IP stands behind the longest link header, that with two VLAN tags. */
#define FRAME_L3_AT (FRAME_ETH_AT + ETH_HEADER_BYTES + 8U)

/* The largest IP packet that arrives in one frame, whatever its link header. */
#define FRAME_MTU (FRAME_BYTES - FRAME_L3_AT)

struct umem {
	uint8_t *area; /* owned; page-aligned */
	uint32_t frames;
	uint32_t free_count;
	uint64_t *free_stack; /* owned; offsets of frames */
	uint16_t *lent_to;    /* owned; the tag of the port by which the kernel
				has each frame, 0: it is here */
};

/* 0 or -ENOMEM. */
int umem_init(struct umem *u, uint32_t frames);
void umem_fini(struct umem *u);

static inline uint64_t frame_of(uint64_t addr)
{
	return addr & ~(uint64_t)(FRAME_BYTES - 1);
}

/* The offset of a free frame, taken; false when there is none. */
static inline bool frame_get(struct umem *u, uint64_t *frame)
{
	if (!u->free_count)
		return false;
	*frame = u->free_stack[--u->free_count];
	return true;
}

/* addr: any offset inside the frame. */
static inline void frame_put(struct umem *u, uint64_t addr)
{
	assert(u->free_count < u->frames);
	u->free_stack[u->free_count++] = frame_of(addr);
}

/* All frames that the kernel has by this port, whose socket is no more, are
 * free again; how many. */
uint32_t frames_put_all(struct umem *u, uint16_t tag);

/* The kernel has the frame by that port from now on; tag 0: no longer. */
static inline void frame_lend(struct umem *u, uint64_t addr, uint16_t tag)
{
	u->lent_to[addr / FRAME_BYTES] = tag;
}

static inline uint8_t *umem_at(const struct umem *u, uint64_t addr)
{
	return u->area + addr;
}

#endif
