// SPDX-License-Identifier: BSD-2-Clause
/*
 * The worker's loop: rounds over its ports and the host interface while there
 * is work, asleep in poll() while there is none. The walk of a batch and the
 * books of the frames are here; what happens to a packet is in the stages.
 */
#include "ctrl/dp/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/prefetch.h"
#include "ctrl/dp/handoff.h"
#include "ctrl/dp/large.h"
#include "ctrl/dp/plug.h"
#include "ctrl/dp/tap.h"
#include "ctrl/dp/tfc.h"
#include "ctrl/sadb/quiescent.h"
#include "include/meta.h"

#define HOLD_SHARE     8U  /* of the frames, at most this part is held */
#define POLL_HELD_MS   50  /* deadlines of held packets */
#define POLL_PIECES_MS 500 /* those of packets that are not whole */
#define POLL_TX_MS     1   /* frames of ours come back */
#define LAST_ROUNDS    256 /* at the end, to empty full rings */

int worker_init(struct worker *w, uint32_t frames, struct nexthop_link *link)
{
	int err;

	memset(w, 0, sizeof(*w));
	stream_init(&w->stream);
	err = host_init(&w->host);
	if (err)
		return err;
	err = umem_init(&w->umem, frames);
	if (!err)
		err = large_init(w);
	if (err) {
		umem_fini(&w->umem);
		host_fini(&w->host);
		return err;
	}
	w->hold_max = w->hold_room = frames / HOLD_SHARE;
	w->hold = calloc(w->hold_max, sizeof(*w->hold));
	w->made = calloc(MADE_MAX, sizeof(*w->made));
	w->asking = calloc(ASKING_SETS * ASKING_WAYS, sizeof(*w->asking));
	w->tfc.due_ns = UINT64_MAX;
	if (!w->hold || !w->made || !w->asking || plugs_init(w) ||
	    reassembly_init(&w->reassembly, frames)) {
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
	host_fini(&w->host);
	stream_fini(&w->stream);
	large_fini(w);
	plugs_fini(w);
	reassembly_fini(&w->reassembly);
	free(w->hold);
	free(w->made);
	free(w->asking);
	explicit_bzero(&w->random, sizeof(w->random));
	w->hold = w->made = NULL;
	w->asking = NULL;
}

static void settle_one(struct worker *w, struct packet *p)
{
	struct tap *tap = worker_tap(w);

	w->drops[p->drop].pkts++;
	w->drops[p->drop].bytes += p->bytes;
	if (p->sa)
		sa_count_drop(&p->sa->count, p->drop);
	if (tap)
		tap_drop(tap, w, p);
	audit_drop(w, p);
	frame_put(&w->umem, p->frame);
}

void settle(struct worker *w, struct batch *b)
{
	struct packet *end = b->pkt + b->n;

	for (struct packet *p = b->pkt; p < end; p++)
		if (p->state != PKT_GONE)
			settle_one(w, p);
	b->n = 0;
}

static void walk(struct worker *w, struct batch *b)
{
	esp_out(w, b);
	reassemble(w, b);
	esp_in(w, b);
	forward(w, b);
	settle(w, b);
}

/* The first ones that were made, into an empty batch; false: there are none. */
static bool take_made(struct worker *w, struct batch *b)
{
	if (!w->n_made)
		return false;
	b->n = w->n_made < BATCH_MAX ? w->n_made : BATCH_MAX;
	w->n_made -= b->n;
	memcpy(b->pkt, w->made, b->n * sizeof(*b->pkt));
	memmove(w->made, w->made + b->n, w->n_made * sizeof(*w->made));
	return true;
}

void worker_walk(struct worker *w, struct batch *b)
{
	walk(w, b);
	while (take_made(w, b) || reassemble_large(w, b))
		walk(w, b);
}

/*
 * Another CPU wrote the frames, or a NIC: a batch waits for memory once, not with
 * each packet. Metadata, headers, and where a trailer stands or will, are asked
 * for with the whole batch before the first is read, into the second cache, where
 * all have room; what is between them is for the cipher, which asks for it itself.
 */
PREFETCHES void fetch(const struct worker *w, const struct port_desc *desc,
		      uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *at = umem_at(&w->umem, desc[i].addr);

		__builtin_prefetch(at - sizeof(struct dp_meta), 0, 2);
		__builtin_prefetch(at, 0, 2);
		__builtin_prefetch(at + desc[i].bytes, 0, 2);
	}
}

static bool port_rx(struct worker *w, uint32_t index)
{
	struct port *port = w->ports[index];
	struct port_desc desc[BATCH_MAX];
	uint32_t n = port->ops->rx(port, desc, BATCH_MAX);
	struct batch b;

	b.n = 0;
	fetch(w, desc, n);
	if (port->chained) {
		large_rx(w, port, desc, n);
	} else {
		resolve_port(w, &b, desc, n);
		worker_walk(w, &b);
	}
	drain_port(w, index, n);
	return n > 0;
}

/* Free frames to receive into. Of them all, none has more than its share: a worker
 * that got more ports than it began with has fewer frames than they could take. */
static void port_fill(struct worker *w, struct port *port)
{
	const uint32_t share = w->umem.frames / w->n_ports;
	const uint32_t has = port->in_kernel - port->in_tx;
	const uint32_t free = w->umem.free_count;
	uint32_t n = free > FRAMES_KEPT ? free - FRAMES_KEPT : 0;

	if (has >= share)
		n = 0;
	else if (n > share - has)
		n = share - has;
	port->ops->fill(port, n);
}

/* Frames back from transmission, and free ones in to receive. */
static void port_refill(struct worker *w, struct port *port)
{
	uint32_t n = port->ops->complete(port);

	w->passes[PASS_WORKER_TX].pkts +=
		port->more_in_tx ? large_sent(port, n) : n;
	if (!port->leaving)
		port_fill(w, port);
	port->ops->kick(port);
}

bool worker_step(struct worker *w)
{
	bool any = false;

	w->now_ns = clock_ns();
	plugs_begin(w);
	stream_begin(w);
	drain_begin(w);
	handoff_reclaim(w);
	hold_retry(w, nexthop_learn(&w->nexthops) > 0);
	reassembly_expire(w);
	for (uint32_t i = 0; i < w->n_ports; i++)
		any |= port_rx(w, i);
	if (w->host.fd >= 0)
		any |= host_rx(w);
	if (w->stream.fd >= 0)
		any |= stream_rx(w);
	any |= handoff_take(w);
	tfc_step(w);
	for (uint32_t i = 0; i < w->n_ports; i++)
		port_refill(w, w->ports[i]);
	handoff_wake(w);
	drain_end(w);
	return any || w->draining.seq;
}

static bool transmitting(const struct worker *w)
{
	for (uint32_t i = 0; i < w->n_ports; i++)
		if (w->ports[i]->in_tx && !w->ports[i]->leaving)
			return true;
	return false;
}

/* Of two times in ms; -1: never. */
static int sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int poll_ms(const struct worker *w)
{
	int dummies_ms = tfc_poll_ms(w);

	if (transmitting(w) || host_cut_has_more(&w->host.cut))
		return POLL_TX_MS;
	if (handoff_lent(w))
		return POLL_TX_MS;
	return sooner(sooner(w->held ? POLL_HELD_MS : -1,
			     w->reassembly.pieces ? POLL_PIECES_MS : -1),
		      dummies_ms);
}

/* Only after a sleep, and before the round that finds what it was rung for: a
 * worker that is awake saves the call, and no ring is lost. */
static void bell_reset(const struct worker *w)
{
	uint64_t rung;

	if (read(w->nexthops.link->answer_fd, &rung, sizeof(rung)) < 0)
		return; /* nobody rang: a packet came */
}

static void worker_sleep(struct worker *w)
{
	struct pollfd fds[WORKER_PORTS_MAX + 3];
	nfds_t n = 0;

	for (uint32_t i = 0; i < w->n_ports; i++)
		fds[n++] = (struct pollfd){ .fd = w->ports[i]->fd,
					    .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = w->host.fd, .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = w->stream.fd, .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = w->nexthops.link->answer_fd,
				    .events = POLLIN };
	atomic_store_explicit(&w->asleep, true, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst); /* see handoff_wake() */
	if (handoff_is_idle(w)) {
		quiescent_offline();
		poll(fds, n, poll_ms(w));
		quiescent_online();
		bell_reset(w);
	}
	atomic_store_explicit(&w->asleep, false, memory_order_relaxed);
}

static bool round_and_report(struct worker *w)
{
	bool any = worker_step(w);

	quiescent_state();
	return any;
}

void worker_run(struct worker *w)
{
	quiescent_join();
	while (!atomic_load_explicit(&w->stop, memory_order_acquire))
		if (!round_and_report(w))
			worker_sleep(w);
	quiescent_leave();
}

void worker_wake(const struct worker *w)
{
	const uint64_t one = 1;

	if (write(w->nexthops.link->answer_fd, &one, sizeof(one)) < 0)
		return; /* its counter is at the top: the worker is awake */
}

void worker_stop(struct worker *w)
{
	atomic_store_explicit(&w->stop, true, memory_order_release);
	worker_wake(w);
}

/* One more round of each: has anybody something left? */
static bool round_of_all(struct worker *const *w, uint32_t n)
{
	bool any = false;

	for (uint32_t i = 0; i < n; i++)
		any |= round_and_report(w[i]) || transmitting(w[i]) ||
		       handoff_lent(w[i]);
	return any;
}

void workers_finish(struct worker *const *w, uint32_t n)
{
	quiescent_join();
	for (uint32_t i = 0; i < LAST_ROUNDS && round_of_all(w, n); i++)
		;
	quiescent_leave();
}

bool worker_frames_balance(const struct worker *w)
{
	uint32_t elsewhere = w->held + w->held_more + handoff_lent(w) +
			     w->plugs.stranded + w->reassembly.frames;

	for (uint32_t i = 0; i < w->n_ports; i++)
		elsewhere += w->ports[i]->in_kernel + w->ports[i]->n_pieces;
	return w->umem.free_count + elsewhere == w->umem.frames;
}
