/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports over AF_XDP: every queue's socket of one worker, sharing the worker's
 * UMEM, each with fill and completion rings of its own. Opened and closed on
 * the control thread, used by the worker.
 */
#ifndef CYG_DP_PORT_XSK_H
#define CYG_DP_PORT_XSK_H

#include "ctrl/base/error.h"
#include "ctrl/dp/port.h"

#define XSK_RING 2048U

/* What the sockets of one worker share. */
struct xsk_memory;

/* Frames that one port needs so that no ring runs dry. */
#define XSK_PORT_FRAMES (2U * XSK_RING)

struct xsk_port_spec {
	const char *ifname;
	uint32_t ifindex;
	uint32_t queue;
};

/* umem is borrowed until xsk_memory_free(). 0 or -ENOMEM. */
int xsk_memory_new(struct umem *umem, struct xsk_memory **out);

/* After the ports are closed. NULL is fine. */
void xsk_memory_free(struct xsk_memory *mem);

/*
 * Binds a socket to one queue; waits for a queue that was closed just before.
 * Zero-copy where driver and the other sockets allow it, else copy.
 *
 * 0, or negative with e filled. Close with ops->close().
 */
int port_xsk_open(struct xsk_memory *mem, const struct xsk_port_spec *spec,
		  struct port **out, struct error *e);

#endif
