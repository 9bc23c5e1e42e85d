/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports over AF_XDP: a socket for each queue, each of which registers the
 * worker's whole memory for itself. So a frame goes from any of them to any
 * other without a copy, each is zero-copy where its own driver can, and one
 * that goes leaves the others as they are; sockets that share a registration
 * have one mode, and lose it with the interface of the first. Opened and
 * closed on the control thread, used by the worker.
 */
#ifndef CYG_DP_PORT_XSK_H
#define CYG_DP_PORT_XSK_H

#include "ctrl/base/error.h"
#include "ctrl/dp/port.h"

#define XSK_RING 2048U

/* Frames that one port needs so that no ring runs dry. */
#define XSK_PORT_FRAMES (2U * XSK_RING)

struct xsk_port_spec {
	const char *ifname;
	uint32_t ifindex;
	uint32_t queue;
	uint16_t tag; /* by which the worker's memory knows it; not 0 */
	bool chains;  /* takes frames in pieces: port_xsk_has_chains() */
	bool patient; /* waits for a queue that was closed just before */
};

/* Does AF_XDP carry a frame in several pieces here (Linux 6.6)? False, too, for
 * who may not make a socket. */
bool port_xsk_has_chains(void);

/*
 * Binds a socket to one queue. Zero-copy where the driver can, else copy. umem
 * is borrowed until the port is closed.
 *
 * 0, or negative with e filled: -EBUSY (the queue has another socket). Close
 * with ops->close().
 */
int port_xsk_open(struct umem *umem, const struct xsk_port_spec *spec,
		  struct port **out, struct error *e);

/*
 * The socket ends; ops->close() alone may follow. The worker uses the port no
 * more. In zero-copy mode the driver may go on for a moment with the frames that
 * it has.
 */
void port_xsk_shut(struct port *p);

#endif
