// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/port_xsk.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include "ctrl/dp/netdev.h"

/* A queue closed a moment ago answers EBUSY until the kernel let go of it. */
#define BIND_TRIES    50
#define BIND_PAUSE_NS 20000000L

/* Linux 6.6; Debian 12's headers are older. */
#define BIND_SG	  (1U << 4) /* XDP_USE_SG */
#define PKT_CONTD 1U	    /* XDP_PKT_CONTD */

/* Copy mode transmits at most 32 frames a call; XSK_RING / 32, bounded. */
#define KICKS_MAX 8

struct xsk_port {
	struct port port;
	struct xsk_umem *xsk_umem; /* NULL once it is shut */
	struct xsk_socket *xsk;
	struct xsk_ring_cons rx;
	struct xsk_ring_prod tx;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons comp;
};

static struct xsk_port *self(struct port *p)
{
	return (struct xsk_port *)p; /* its first member */
}

static uint32_t xsk_rx(struct port *p, struct port_desc *out, uint32_t n)
{
	struct xsk_ring_cons *ring = &self(p)->rx;
	uint32_t at, got = xsk_ring_cons__peek(ring, n, &at), more = p->n_pieces;

	for (uint32_t i = 0; i < got; i++) {
		const struct xdp_desc *d = xsk_ring_cons__rx_desc(ring, at + i);

		out[i] = (struct port_desc){
			.addr = d->addr,
			.bytes = d->len,
			.more = d->options & PKT_CONTD,
		};
		more |= d->options & PKT_CONTD;
		frame_lend(p->umem, d->addr, 0);
	}
	p->chained = more != 0;
	xsk_ring_cons__release(ring, got);
	p->in_kernel -= got;
	return got;
}

/* By the producer's own index: what the library remembers of it may be old. */
static uint32_t xsk_waiting(struct port *p)
{
	const struct xsk_ring_cons *ring = &self(p)->rx;

	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) -
	       ring->cached_cons;
}

/* Of n, those from the front that end a frame. */
static uint32_t whole(const struct port_desc *in, uint32_t n)
{
	while (n && in[n - 1].more)
		n--;
	return n;
}

static uint32_t xsk_tx(struct port *p, const struct port_desc *in, uint32_t n)
{
	struct xsk_ring_prod *ring = &self(p)->tx;
	uint32_t at, room = xsk_prod_nb_free(ring, n);

	if (n > room)
		n = whole(in, room);
	n = xsk_ring_prod__reserve(ring, n, &at);
	for (uint32_t i = 0; i < n; i++) {
		*xsk_ring_prod__tx_desc(ring, at + i) = (struct xdp_desc){
			.addr = in[i].addr,
			.len = in[i].bytes,
			.options = in[i].more ? PKT_CONTD : 0,
		};
		frame_lend(p->umem, in[i].addr, p->tag);
	}
	xsk_ring_prod__submit(ring, n);
	p->in_kernel += n;
	p->in_tx += n;
	return n;
}

static uint32_t xsk_unsent(struct port *p)
{
	const struct xsk_ring_prod *ring = &self(p)->tx;

	return *ring->producer -
	       __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

static uint32_t xsk_complete(struct port *p)
{
	struct xsk_ring_cons *ring = &self(p)->comp;
	uint32_t at, got = xsk_ring_cons__peek(ring, XSK_RING, &at);

	for (uint32_t i = 0; i < got; i++) {
		const uint64_t frame = *xsk_ring_cons__comp_addr(ring, at + i);

		frame_lend(p->umem, frame, 0);
		frame_put(p->umem, frame);
	}
	xsk_ring_cons__release(ring, got);
	p->in_kernel -= got;
	p->in_tx -= got;
	return got;
}

static void xsk_fill(struct port *p, uint32_t n)
{
	struct xsk_ring_prod *ring = &self(p)->fill;
	uint32_t at, room = xsk_prod_nb_free(ring, n), i;
	uint64_t frame;

	if (n > room)
		n = room;
	n = xsk_ring_prod__reserve(ring, n, &at);
	for (i = 0; i < n && frame_get(p->umem, &frame); i++) {
		*xsk_ring_prod__fill_addr(ring, at + i) = frame;
		frame_lend(p->umem, frame, p->tag);
	}
	assert(i == n); /* what is reserved is submitted */
	xsk_ring_prod__submit(ring, i);
	p->in_kernel += i;
}

static void xsk_kick(struct port *p)
{
	struct xsk_port *x = self(p);

	if (xsk_ring_prod__needs_wakeup(&x->fill))
		recvfrom(p->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
	for (int i = 0; i < KICKS_MAX && p->in_tx; i++) {
		if (!xsk_ring_prod__needs_wakeup(&x->tx))
			return;
		if (sendto(p->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0 ||
		    errno != EAGAIN)
			return; /* all sent, or the link says no: not ours */
	}
}

static void xsk_kernel_drops(struct port *p, uint64_t drops[DROP_MAX])
{
	struct xdp_statistics s;
	socklen_t len = sizeof(s);

	if (getsockopt(p->fd, SOL_XDP, XDP_STATISTICS, &s, &len))
		return;
	drops[DROP_XSK_RX] += s.rx_dropped;
	drops[DROP_XSK_RX_FULL] += s.rx_ring_full;
	drops[DROP_XSK_TX_INVALID] += s.tx_invalid_descs;
}

void port_xsk_shut(struct port *p)
{
	struct xsk_port *x = self(p);

	if (!x->xsk_umem)
		return;
	xsk_socket__delete(x->xsk);
	xsk_umem__delete(x->xsk_umem);
	x->xsk_umem = NULL;
	p->fd = -1;
}

static void xsk_close(struct port *p)
{
	port_xsk_shut(p);
	free(self(p));
}

static const struct port_ops xsk_ops = {
	.rx = xsk_rx,
	.waiting = xsk_waiting,
	.tx = xsk_tx,
	.unsent = xsk_unsent,
	.complete = xsk_complete,
	.fill = xsk_fill,
	.kick = xsk_kick,
	.kernel_drops = xsk_kernel_drops,
	.close = xsk_close,
};

static int memory_register(struct umem *umem, struct xsk_port *x)
{
	const struct xsk_umem_config cfg = {
		.fill_size = XSK_RING,
		.comp_size = XSK_RING,
		.frame_size = FRAME_BYTES,
		.frame_headroom = FRAME_HEADROOM,
	};

	return xsk_umem__create(&x->xsk_umem, umem->area,
				(uint64_t)umem->frames * FRAME_BYTES, &x->fill,
				&x->comp, &cfg);
}

/* Without a mode the kernel takes zero-copy where it can. */
static int bind_once(struct xsk_port *x, const struct xsk_port_spec *spec)
{
	const struct xsk_socket_config cfg = {
		.rx_size = XSK_RING,
		.tx_size = XSK_RING,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = (uint16_t)(XDP_USE_NEED_WAKEUP |
					 (spec->chains ? BIND_SG : 0)),
	};

	return xsk_socket__create(&x->xsk, spec->ifname, spec->queue,
				  x->xsk_umem, &x->rx, &x->tx, &cfg);
}

static int bind_queue(struct xsk_port *x, const struct xsk_port_spec *spec)
{
	const struct timespec pause = { .tv_nsec = BIND_PAUSE_NS };
	int err = bind_once(x, spec);

	for (int i = 0; spec->patient && i < BIND_TRIES && err == -EBUSY; i++) {
		nanosleep(&pause, NULL);
		err = bind_once(x, spec);
	}
	return err;
}

static bool is_zero_copy(int fd)
{
	struct xdp_options opts;
	socklen_t len = sizeof(opts);

	return getsockopt(fd, SOL_XDP, XDP_OPTIONS, &opts, &len) == 0 &&
	       (opts.flags & XDP_OPTIONS_ZEROCOPY);
}

/* The kernel takes no more of a frame, and never gives those back. */
static uint32_t zc_pieces(uint32_t ifindex)
{
	struct netdev driver;

	return netdev_read(ifindex, &driver) ? 1 : driver.zc_pieces;
}

static void describe(struct xsk_port *x, struct umem *umem,
		     const struct xsk_port_spec *spec)
{
	x->port = (struct port){
		.ops = &xsk_ops,
		.ifindex = spec->ifindex,
		.queue = spec->queue,
		.tag = spec->tag,
		.chains = spec->chains,
		.fd = xsk_socket__fd(x->xsk),
		.umem = umem,
	};
	snprintf(x->port.ifname, sizeof(x->port.ifname), "%s", spec->ifname);
	x->port.zero_copy = is_zero_copy(x->port.fd);
	x->port.pieces_max =
		x->port.zero_copy ? zc_pieces(spec->ifindex) : CHAIN_MAX;
}

/* An older kernel looks at the flags before it looks for the interface. */
bool port_xsk_has_chains(void)
{
	const struct sockaddr_xdp nowhere = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = BIND_SG,
		.sxdp_ifindex = INT32_MAX,
	};
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	bool has;

	if (fd < 0)
		return false;
	has = bind(fd, (const struct sockaddr *)&nowhere, sizeof(nowhere)) &&
	      errno == ENODEV;
	close(fd);
	return has;
}

int port_xsk_open(struct umem *umem, const struct xsk_port_spec *spec,
		  struct port **out, struct error *e)
{
	struct xsk_port *x = calloc(1, sizeof(*x));
	int err;

	if (!x)
		return error_set(e, -ENOMEM, "no memory for a port");
	err = memory_register(umem, x);
	if (err) {
		error_set(e, err,
			  "cannot register packet memory: %s; raise the locked-memory limit (ulimit -l)",
			  strerror(-err));
		goto put_port;
	}
	err = bind_queue(x, spec);
	if (err) {
		error_set(e, err,
			  "cannot bind AF_XDP to queue %u of %s: %s; is another program using it?",
			  spec->queue, spec->ifname, strerror(-err));
		goto put_memory;
	}
	describe(x, umem, spec);
	*out = &x->port;
	return 0;

put_memory:
	xsk_umem__delete(x->xsk_umem);
put_port:
	free(x);
	return err;
}
