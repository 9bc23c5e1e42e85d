/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port of plain arrays: what a test or a benchmark puts in is received,
 * what the worker transmits stands in an array to be looked at. The same
 * worker code runs over it as over AF_XDP.
 */
#ifndef CYG_DP_PORT_MEM_H
#define CYG_DP_PORT_MEM_H

#include "ctrl/dp/port.h"

#define PORT_MEM_ROOM 1024U

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
 * A frame to be received, with metadata before it when meta isn't NULL.
 * false: no free frame, or the array is full.
 */
bool port_mem_give(struct port_mem *m, const void *meta, uint32_t meta_bytes,
		   const void *frame, uint32_t bytes);

/* A frame that the worker transmitted, index below tx_n. */
const uint8_t *port_mem_sent(const struct port_mem *m, uint32_t index,
			     uint32_t *bytes);

/* Frees every frame that the port holds, and forgets it. */
void port_mem_reset(struct port_mem *m);

#endif
