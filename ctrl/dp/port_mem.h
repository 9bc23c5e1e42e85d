/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port of plain arrays: what a test or a benchmark puts in is received,
 * what the worker transmits stands in an array to be looked at. The same
 * worker code runs over it as over AF_XDP.
 */
#ifndef CYG_DP_PORT_MEM_H
#define CYG_DP_PORT_MEM_H

#include "ctrl/dp/port.h"

#define PORT_MEM_ROOM	   1024U
#define PORT_MEM_FRAME_MAX 65600U

struct port_mem {
	struct port port;
	uint32_t rx_n, rx_at; /* given in, taken by the worker */
	uint32_t tx_n;
	uint32_t tx_room; /* frames that tx takes; a test may lower it */
	struct port_desc rx[PORT_MEM_ROOM];
	struct port_desc tx[PORT_MEM_ROOM];
};

void port_mem_init(struct port_mem *m, struct umem *umem, uint32_t ifindex);

/*
 * A frame to be received, with metadata before it when meta isn't NULL; in pieces
 * if one frame of memory does not take it.
 * false: no free frame, or the array is full.
 */
bool port_mem_give(struct port_mem *m, const void *meta, uint32_t meta_bytes,
		   const void *frame, uint32_t bytes);

/* Whole frames: transmitted, and not yet received. */
uint32_t port_mem_sent_n(const struct port_mem *m);
uint32_t port_mem_waiting_n(const struct port_mem *m);

/* The frame whose pieces begin there, its octets, and where the next one begins; 0:
 * there is none that is whole. */
uint32_t port_mem_sent_whole(const struct port_mem *m, uint32_t *index,
			     uint8_t frame[PORT_MEM_FRAME_MAX]);

/* A frame that the worker transmitted, or a piece of one, index below tx_n. */
const uint8_t *port_mem_sent(const struct port_mem *m, uint32_t index,
			     uint32_t *bytes);

/* Frees every frame that the port holds, and forgets it. */
void port_mem_reset(struct port_mem *m);

#endif
