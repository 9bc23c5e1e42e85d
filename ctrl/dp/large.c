// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/large.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "ctrl/dp/handoff.h"
#include "ctrl/dp/worker.h"

/* Behind the largest packet: padding, an ICV, what AH's extended numbers need. */
#define BEHIND 64U

/* With an address's octets of link header, and metadata that is part of it. */
#define LARGE_BYTES                                                           \
	(FRAME_L3_AT + (uint32_t)sizeof(struct head_meta) + UINT16_MAX + 1U + \
	 BEHIND)

/* At the front of the first frame of one that is laid. */
struct laid {
	uint32_t more;
	uint64_t frame[CHAIN_MAX - 1];
};

_Static_assert(sizeof(struct laid) + NH_LINK_MAX + ETH_TYPE_BYTES <=
		       FRAME_HEADROOM,
	       "in front of the packet");

int large_init(struct worker *w)
{
	w->scratch = mmap(NULL, LARGE_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (w->scratch == MAP_FAILED) {
		w->scratch = NULL;
		return -ENOMEM;
	}
	/* Plaintext passes through here. */
	madvise(w->scratch, LARGE_BYTES, MADV_DONTDUMP);
	return 0;
}

void large_fini(struct worker *w)
{
	if (w->scratch)
		munmap(w->scratch, LARGE_BYTES);
	w->scratch = NULL;
}

uint8_t *large_place(const struct worker *w)
{
	return w->scratch + FRAME_ETH_AT;
}

static uint32_t room_at(const struct worker *w, const uint8_t *at)
{
	return LARGE_BYTES - BEHIND - (uint32_t)(at - w->scratch);
}

bool large_holds(const struct worker *w, const struct packet *p, uint32_t bytes)
{
	return bytes <= room_at(w, p->l3) + BEHIND;
}

/* --- chains that arrive --- */

/* Of more pieces than a packet has, the rest is lost, and its length wrong. */
static void add_piece(struct worker *w, struct port *port,
		      const struct port_desc *desc)
{
	if (port->n_pieces == CHAIN_MAX)
		frame_put(&w->umem, desc->addr);
	else
		port->pieces[port->n_pieces++] = *desc;
}

/* To large_place(), with what stands in front of the first piece; their octets. All
 * but that one are free. */
static uint32_t gather(struct worker *w, struct port *port)
{
	const struct port_desc *first = &port->pieces[0];
	uint8_t *to = large_place(w);
	uint32_t bytes = 0;

	memcpy(to - sizeof(struct dp_meta),
	       umem_at(&w->umem, first->addr) - sizeof(struct dp_meta),
	       sizeof(struct dp_meta));
	for (uint32_t i = 0; i < port->n_pieces; i++) {
		const struct port_desc *d = &port->pieces[i];
		uint32_t room = room_at(w, to + bytes);
		uint32_t n = d->bytes < room ? d->bytes : room;

		memcpy(to + bytes, umem_at(&w->umem, d->addr), n);
		bytes += n;
		if (i)
			frame_put(&w->umem, d->addr);
	}
	port->n_pieces = 0;
	return bytes;
}

/*
 * Where a full ring cut it off, pieces of another stand behind what there is of
 * it: it has just the octets that it says, or is none.
 */
static void join(struct worker *w, struct port *port, struct batch *b)
{
	const uint64_t frame = frame_of(port->pieces[0].addr);
	const uint32_t bytes = gather(w, port);
	struct packet *p = &b->pkt[0];

	resolve_at(w, b, frame, large_place(w), bytes);
	p->large = true;
	if (p->state != PKT_GONE && p->drop == DROP_NONE &&
	    p->l3 + p->bytes != large_place(w) + bytes)
		packet_drop(p, DROP_IP_MALFORMED);
}

void large_rx(struct worker *w, struct port *port, const struct port_desc *desc,
	      uint32_t n)
{
	struct batch b;

	b.n = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!port->n_pieces && !desc[i].more) {
			resolve_port(w, &b, &desc[i], 1);
			continue;
		}
		add_piece(w, port, &desc[i]);
		if (desc[i].more)
			continue;
		worker_walk(w, &b);
		join(w, port, &b);
		worker_walk(w, &b);
	}
	worker_walk(w, &b);
}

void large_forget(struct worker *w, struct port *port)
{
	if (!port->n_pieces)
		return;
	w->drops[DROP_IP_MALFORMED].pkts++;
	for (uint32_t i = 0; i < port->n_pieces; i++) {
		w->drops[DROP_IP_MALFORMED].bytes += port->pieces[i].bytes;
		frame_put(&w->umem, port->pieces[i].addr);
	}
	port->n_pieces = 0;
}

/* --- from the host --- */

void large_host(struct worker *w, struct batch *b, uint64_t frame,
		uint32_t bytes)
{
	resolve_host_at(w, b, frame, large_place(w), bytes);
	b->pkt[0].large = true;
	worker_walk(w, b);
}

/* --- what became of it --- */

bool large_shrink(struct worker *w, struct packet *p)
{
	if (p->bytes > FRAME_BYTES - FRAME_HEADROOM)
		return false;
	packet_front(w, p);
	return true;
}

/*
 * So many octets, into the packet's frame, from `at` there on, and as many more as
 * they need.
 *
 * desc   room for CHAIN_MAX
 *
 * How many there are; 0: not enough are free.
 */
static uint32_t scatter(struct worker *w, const struct packet *p, uint32_t at,
			const uint8_t *from, uint32_t bytes,
			struct port_desc *desc)
{
	const uint32_t first = FRAME_BYTES - at;
	const uint32_t more = (bytes - first + FRAME_BYTES - 1) / FRAME_BYTES;
	uint64_t addr = p->frame + at;

	if (more > w->umem.free_count || more >= CHAIN_MAX)
		return 0;
	for (uint32_t i = 0; i <= more; i++) {
		uint32_t n = i ? FRAME_BYTES : first;

		if (i && !frame_get(&w->umem, &addr))
			return 0; /* there are as many */
		n = n < bytes ? n : bytes;
		memcpy(umem_at(&w->umem, addr), from, n);
		desc[i] = (struct port_desc){ addr, n, i < more };
		from += n;
		bytes -= n;
	}
	return more + 1;
}

static void put_more(struct worker *w, const struct port_desc *desc, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		frame_put(&w->umem, desc[i].addr);
}

void large_tx(struct worker *w, struct port *port, struct packet *p,
	      uint32_t bytes)
{
	const uint8_t *from = p->l3 + p->bytes - bytes;
	struct port_desc desc[CHAIN_MAX];
	uint32_t n;

	if (!port->chains)
		return packet_drop(p, DROP_JUMBO);
	n = scatter(w, p, FRAME_HEADROOM, from, bytes, desc);
	if (!n)
		return packet_drop(p, DROP_TX_FULL);
	if (n > port->pieces_max) {
		put_more(w, desc, n);
		return packet_drop(p, DROP_JUMBO);
	}
	if (port->ops->tx(port, desc, n) != n) {
		put_more(w, desc, n);
		return packet_drop(p, DROP_TX_FULL);
	}
	port->more_in_tx += n - 1;
	w->passes[PASS_WORKER_TX].bytes += p->bytes;
	p->state = PKT_GONE;
}

/* Which of them they were is not told: those that count nothing come first, and
 * when all are back the sum is right. */
uint32_t large_sent(struct port *port, uint32_t frames)
{
	uint32_t more = port->more_in_tx < frames ? port->more_in_tx : frames;

	port->more_in_tx -= more;
	return frames - more;
}

/* --- laid into frames --- */

static struct laid *laid_at(const struct umem *u, uint64_t frame)
{
	return (struct laid *)umem_at(u, frame);
}

bool large_lay(struct worker *w, struct packet *p)
{
	struct laid *laid = laid_at(&w->umem, p->frame);
	struct port_desc desc[CHAIN_MAX];
	uint32_t n;

	if (large_shrink(w, p))
		return true;
	n = scatter(w, p, FRAME_HEADROOM, p->l3, p->bytes, desc);
	if (!n)
		return false;
	laid->more = n - 1;
	for (uint32_t i = 1; i < n; i++)
		laid->frame[i - 1] = desc[i].addr;
	p->l3 = umem_at(&w->umem, p->frame + FRAME_HEADROOM);
	return true;
}

bool large_hold(struct worker *w, struct packet *p)
{
	if (w->held + w->held_more + p->bytes / FRAME_BYTES >= w->hold_max ||
	    !large_lay(w, p))
		return false;
	if (p->large)
		w->held_more += large_more(&w->umem, p->frame);
	return true;
}

uint32_t large_more(const struct umem *u, uint64_t frame)
{
	return laid_at(u, frame)->more;
}

uint32_t large_unlay(struct umem *u, uint64_t frame)
{
	struct laid *laid = laid_at(u, frame);

	for (uint32_t i = 0; i < laid->more; i++)
		frame_put(u, laid->frame[i]);
	return laid->more;
}

void large_lift(struct worker *w, struct umem *from, uint64_t frame,
		struct packet *p)
{
	const struct laid *laid = laid_at(from, frame);
	uint8_t *to = w->scratch + FRAME_L3_AT;
	uint32_t bytes = FRAME_BYTES - FRAME_HEADROOM;

	memcpy(to, umem_at(from, frame + FRAME_HEADROOM), bytes);
	for (uint32_t i = 0; i < laid->more; i++) {
		uint32_t left = p->bytes - bytes;
		uint32_t n = left < FRAME_BYTES ? left : FRAME_BYTES;

		memcpy(to + bytes, umem_at(from, laid->frame[i]), n);
		bytes += n;
	}
	p->l3 = to;
	if (from == &w->umem)
		large_unlay(from, frame);
}
