/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port: one queue of one interface as a worker sees it, receiving into and
 * transmitting from frames of the worker's memory. Behind it an AF_XDP socket
 * (port_xsk.c), or plain arrays for tests and benchmarks (port_mem.c).
 *
 * Frames travel as (addr, bytes): addr is the offset in the UMEM of the first
 * octet of the Ethernet frame. All calls belong to the owning worker.
 */
#ifndef CYG_DP_PORT_H
#define CYG_DP_PORT_H

#include <net/if.h>
#include <stdint.h>

#include "ctrl/dp/umem.h"
#include "include/drop.h"
#include "include/sad.h"

/* Of a frame that is larger than one of memory, the pieces stand together. */
#define CHAIN_MAX 20U

struct port_desc {
	uint64_t addr;
	uint32_t bytes;
	uint32_t more; /* not 0: the next one is a piece of the same frame */
};

struct port;

struct port_ops {
	/* Takes up to n received frames; their number. */
	uint32_t (*rx)(struct port *p, struct port_desc *out, uint32_t n);
	/* Takes up to n frames to transmit, none in part; how many it took. */
	uint32_t (*tx)(struct port *p, const struct port_desc *in, uint32_t n);
	/* Received frames that wait to be taken. */
	uint32_t (*waiting)(struct port *p);
	/* Frames to transmit that the kernel has not begun with. */
	uint32_t (*unsent)(struct port *p);
	/* Frames whose transmission ended are free again; how many. */
	uint32_t (*complete)(struct port *p);
	/* Takes up to n free frames, which there are, to receive into. */
	void (*fill)(struct port *p, uint32_t n);
	/* Wakes the kernel where it asked for it. */
	void (*kick)(struct port *p);
	/* What the kernel dropped so far, by reason (the XSK_ ones). */
	void (*kernel_drops)(struct port *p, uint64_t drops[DROP_MAX]);
	void (*close)(struct port *p);
};

struct port {
	const struct port_ops *ops;
	char ifname[IF_NAMESIZE];
	uint32_t ifindex;
	uint32_t queue;
	uint16_t tag; /* its number in umem->lent_to; 0: it has none there */
	bool leaving; /* the worker's: it is emptied, and nothing goes in */
	int fd;	      /* to poll for received frames; -1: none */
	bool zero_copy;
	bool chains;  /* it takes and gives frames in pieces ... */
	bool chained; /* what was received last has pieces, or there are some */
	uint32_t pieces_max; /* ... at most so many at once */
	uint32_t in_kernel;  /* frames filled or being transmitted, less those
				received or completed */
	uint32_t in_tx;	     /* of them those being transmitted */
	uint32_t more_in_tx; /* the worker's: of those, that are no frame's
				first piece */
	uint32_t n_pieces; /* the worker's: of a frame that is not whole yet */
	struct umem *umem; /* borrowed */
	struct port_desc pieces[CHAIN_MAX];
};

#endif
