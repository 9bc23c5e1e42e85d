// SPDX-License-Identifier: BSD-2-Clause
/*
 * The worker's loop: rounds over its ports and the host interface while there
 * is work, asleep in poll() while there is none. The walk of a batch and the
 * books of the frames are here; what happens to a packet is in the stages.
 */
#include "ctrl/dp/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "include/proto.h"

#define HOLD_SHARE    8U  /* of the frames, at most this part is held */
#define POLL_HELD_MS  50  /* deadlines of held packets */
#define POLL_TX_MS    1	  /* the kernel still transmits */
#define DRAIN_ROUNDS  256 /* at the end, to empty full rings */
#define HOST_READ_OFF 512 /* where a frame from the host is read to */

#define HOLD_SHIFT 22 /* leaves the bits of HOLD_BUCKETS */
_Static_assert(HOLD_BUCKETS == 1U << (32 - HOLD_SHIFT), "one for each hash");

int worker_init(struct worker *w, uint32_t frames, struct nexthop_link *link)
{
	int err;

	memset(w, 0, sizeof(*w));
	w->host_fd = -1;
	err = umem_init(&w->umem, frames);
	if (err)
		return err;
	w->hold_max = frames / HOLD_SHARE;
	w->hold = calloc(w->hold_max, sizeof(*w->hold));
	if (!w->hold) {
		worker_fini(w);
		return -ENOMEM;
	}
	nexthop_cache_init(&w->nexthops, link);
	random_init(&w->random);
	return 0;
}

void worker_fini(struct worker *w)
{
	umem_fini(&w->umem);
	free(w->hold);
	explicit_bzero(&w->random, sizeof(w->random));
	w->hold = NULL;
}

/* What is not yet sealed waits for the way to the peer. */
static uint8_t *held_for(struct worker *w, const struct packet *p)
{
	uint32_t dst_be =
		p->state == PKT_CLEAR ? p->sa->daddr_be : p->ip.daddr_be;
	uint32_t hash = (ntohl(dst_be) ^ w->magic) * 2654435761U;

	return &w->held_for[hash >> HOLD_SHIFT];
}

void hold_packet(struct worker *w, struct packet *p)
{
	uint8_t *held = held_for(w, p);

	if (p->deadline_ns && w->now_ns >= p->deadline_ns)
		return packet_drop(p, DROP_NO_NEIGHBOUR);
	if (w->held == w->hold_max || *held == HOLD_PER_DST)
		return packet_drop(p, DROP_HOLD_FULL);
	++*held;
	if (!p->deadline_ns)
		p->deadline_ns = w->now_ns + HOLD_NS;
	w->hold[w->held++] = *p;
	p->state = PKT_GONE;
}

void settle(struct worker *w, struct batch *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		struct packet *p = &b->pkt[i];

		if (p->state == PKT_GONE)
			continue;
		w->drops[p->drop].pkts++;
		w->drops[p->drop].bytes += p->bytes;
		if (p->sa)
			sa_count(&p->sa->count.drops[p->drop], 1);
		frame_put(&w->umem, p->frame);
	}
	b->n = 0;
}

/* The walk. Every packet ends gone or dropped. */
static void walk(struct worker *w, struct batch *b)
{
	esp_out(w, b);
	esp_in(w, b);
	forward(w, b);
	settle(w, b);
}

/* Everything that waits walks again; what still must wait is held anew. */
static void hold_retry(struct worker *w)
{
	uint32_t waiting = w->held;
	struct batch b = { .n = 0 };

	w->held = 0;
	memset(w->held_for, 0, sizeof(w->held_for));
	for (uint32_t i = 0; i < waiting; i++) {
		b.pkt[b.n++] = w->hold[i];
		if (b.n == BATCH_MAX)
			walk(w, &b);
	}
	walk(w, &b);
}

static bool port_rx(struct worker *w, struct port *port)
{
	struct port_desc desc[BATCH_MAX];
	uint32_t n = port->ops->rx(port, desc, BATCH_MAX);
	struct batch b;

	b.n = 0;
	for (uint32_t i = 0; i < n; i++)
		resolve_port(w, &b, port, &desc[i]);
	walk(w, &b);
	return n > 0;
}

/* Frames back from transmission, and free ones in to receive. */
static void port_refill(struct worker *w, struct port *port)
{
	uint64_t addrs[BATCH_MAX];
	uint32_t n, taken;

	do {
		n = port->ops->complete(port, addrs, BATCH_MAX);
		for (uint32_t i = 0; i < n; i++)
			frame_put(&w->umem, addrs[i]);
		w->passes[PASS_WORKER_TX].pkts += n;
	} while (n == BATCH_MAX);
	do {
		for (n = 0; n < BATCH_MAX && frame_get(&w->umem, &addrs[n]);)
			n++;
		taken = port->ops->fill(port, addrs, n);
		for (uint32_t i = taken; i < n; i++)
			frame_put(&w->umem, addrs[i]);
	} while (taken == BATCH_MAX);
	port->ops->kick(port);
}

/* Somebody removed it: poll() would return at once for ever. */
static void host_lost(struct worker *w)
{
	log_error(
		"worker: the host interface is gone; restart cygnetd, until then what it would carry is dropped");
	w->host_fd = -1;
}

/* One frame from the host interface; false: there is none, or no room. */
static bool host_read(struct worker *w, struct batch *b)
{
	const uint32_t vnet_bytes = sizeof(struct virtio_net_hdr);
	struct port_desc desc;
	uint64_t frame;
	ssize_t got;

	if (!frame_get(&w->umem, &frame))
		return false;
	got = read(w->host_fd,
		   umem_at(&w->umem, frame + HOST_READ_OFF - vnet_bytes),
		   FRAME_BYTES - HOST_READ_OFF);
	if (got < (ssize_t)vnet_bytes) {
		frame_put(&w->umem, frame);
		if (got < 0 && errno == EBADFD)
			host_lost(w);
		return false;
	}
	desc.addr = frame + HOST_READ_OFF;
	desc.bytes = (uint32_t)got - vnet_bytes;
	resolve_host(w, b, &desc);
	return true;
}

static bool host_rx(struct worker *w)
{
	struct batch b;
	bool any;

	b.n = 0;
	while (b.n < BATCH_MAX && w->host_fd >= 0 && host_read(w, &b))
		;
	any = b.n > 0;
	walk(w, &b);
	return any;
}

static bool hold_is_due(const struct worker *w)
{
	return w->held && w->now_ns >= w->hold[0].deadline_ns;
}

bool worker_step(struct worker *w)
{
	bool any = false;

	w->now_ns = clock_ns();
	if (nexthop_learn(&w->nexthops) || hold_is_due(w))
		hold_retry(w);
	for (uint32_t i = 0; i < w->n_ports; i++)
		any |= port_rx(w, w->ports[i]);
	if (w->host_fd >= 0)
		any |= host_rx(w);
	for (uint32_t i = 0; i < w->n_ports; i++)
		port_refill(w, w->ports[i]);
	return any;
}

static bool transmitting(const struct worker *w)
{
	for (uint32_t i = 0; i < w->n_ports; i++)
		if (w->ports[i]->in_tx)
			return true;
	return false;
}

static int poll_ms(const struct worker *w)
{
	if (transmitting(w))
		return POLL_TX_MS;
	return w->held ? POLL_HELD_MS : -1;
}

static void worker_sleep(const struct worker *w)
{
	struct pollfd fds[WORKER_PORTS_MAX + 2];
	nfds_t n = 0;

	for (uint32_t i = 0; i < w->n_ports; i++)
		fds[n++] = (struct pollfd){ .fd = w->ports[i]->fd,
					    .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = w->host_fd, .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = w->nexthops.link->answer_fd,
				    .events = POLLIN };
	poll(fds, n, poll_ms(w));
}

void worker_run(struct worker *w)
{
	while (!atomic_load_explicit(&w->stop, memory_order_acquire))
		if (!worker_step(w))
			worker_sleep(w);
	for (uint32_t i = 0; i < DRAIN_ROUNDS; i++)
		if (!worker_step(w) && !transmitting(w))
			break;
}

void worker_stop(struct worker *w)
{
	const uint64_t one = 1;

	atomic_store_explicit(&w->stop, true, memory_order_release);
	if (write(w->nexthops.link->answer_fd, &one, sizeof(one)) < 0)
		return; /* its counter is at the top: the worker is awake */
}

bool worker_frames_balance(const struct worker *w)
{
	uint32_t elsewhere = w->held;

	for (uint32_t i = 0; i < w->n_ports; i++)
		elsewhere += w->ports[i]->in_kernel;
	return w->umem.free_count + elsewhere == w->umem.frames;
}
