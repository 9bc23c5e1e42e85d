// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/handoff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/dp/large.h"
#include "ctrl/dp/plug.h"
#include "ctrl/dp/worker.h"

/* Frames stand at multiples of their size: so one that is lent says that a fragment
 * is in it, or that others go with it. The taker gives it back as it is, or says
 * the latter. */
#define LENT_PIECE 1U
#define LENT_LAID  2U

struct handoffs {
	uint32_t n;
	struct handoff at[]; /* n by n */
};

static struct handoff *between(struct handoffs *all, uint32_t lender,
			       uint32_t taker)
{
	return &all->at[lender * all->n + taker];
}

static int join(struct handoffs *all, struct worker *lender,
		struct worker *taker)
{
	struct handoff *h = between(all, lender->index, taker->index);
	int err = spsc_init(&h->packets, HANDOFF_ROOM, sizeof(struct packet));

	if (!err)
		err = spsc_init(&h->frames, HANDOFF_ROOM, sizeof(uint64_t));
	if (err)
		return err;
	h->lender = lender;
	h->taker = taker;
	lender->to[taker->index] = h;
	taker->from[lender->index] = h;
	return 0;
}

int handoffs_new(struct worker *const *workers, uint32_t n,
		 struct handoffs **out)
{
	struct handoffs *all =
		calloc(1, sizeof(*all) + (size_t)n * n * sizeof(all->at[0]));
	int err = all ? 0 : -ENOMEM;

	if (all)
		all->n = n;
	for (uint32_t i = 0; !err && i < n; i++) {
		workers[i]->n_workers = n;
		for (uint32_t k = 0; !err && k < n; k++)
			if (k != i)
				err = join(all, workers[i], workers[k]);
	}
	if (err) {
		handoffs_free(all);
		return err;
	}
	*out = all;
	return 0;
}

void handoffs_free(struct handoffs *all)
{
	if (!all)
		return;
	for (uint32_t i = 0; i < all->n * all->n; i++) {
		struct handoff *h = &all->at[i];

		spsc_free(&h->packets);
		spsc_free(&h->frames);
		if (!h->lender)
			continue;
		h->lender->to[h->taker->index] = NULL;
		h->taker->from[h->lender->index] = NULL;
	}
	free(all);
}

/* --- the lender --- */

/* The ring of frames has room for all that are lent: it is never full. Nor is that
 * of packets where less are. */
void handoff_give(struct worker *w, uint32_t to, struct packet *p)
{
	const uint32_t piece = p->state == PKT_FRAGMENT ? LENT_PIECE : 0;
	struct handoff *h = w->to[to];
	struct packet given;

	packet_own(w, p);
	if (!h || h->lent == HANDOFF_ROOM ||
	    (piece && h->pieces == HANDOFF_PIECES) ||
	    (p->large && !large_lay(w, p)))
		return packet_drop(p, DROP_HANDOFF_FULL);
	given = *p;
	given.frame |= piece;
	packet_put_down(&given);
	spsc_push(&h->packets, &given);
	if (p->large)
		h->lent_more += large_more(&w->umem, p->frame);
	h->lent++;
	h->pieces += piece;
	h->pushed = true;
	p->state = PKT_GONE;
}

bool handoff_to_port(struct worker *w, uint32_t ifindex, struct packet *p)
{
	if (worker_port(w, ifindex))
		return false;
	for (uint32_t i = 0; i < w->n_workers; i++) {
		if (!w->to[i] || !plug_sends_by(w->to[i]->taker, ifindex))
			continue;
		handoff_give(w, i, p);
		return true;
	}
	return false;
}

void handoff_reclaim(struct worker *w)
{
	uint64_t frame;

	for (uint32_t i = 0; i < w->n_workers; i++) {
		struct handoff *h = w->to[i];

		while (h && spsc_pop(&h->frames, &frame)) {
			if (frame & LENT_LAID)
				h->lent_more -=
					large_unlay(&w->umem, frame_of(frame));
			frame_put(&w->umem, frame);
			h->pieces -= frame & LENT_PIECE;
			h->lent--;
		}
	}
}

/* It says that it will sleep before it looks at its rings a last time; we fill
 * them before we ask whether it does. */
void handoff_wake(struct worker *w)
{
	for (uint32_t i = 0; i < w->n_workers; i++) {
		struct handoff *h = w->to[i];

		if (!h || !h->pushed)
			continue;
		h->pushed = false;
		atomic_thread_fence(memory_order_seq_cst);
		if (atomic_load_explicit(&h->taker->asleep, memory_order_relaxed))
			worker_wake(h->taker);
	}
}

uint32_t handoff_lent(const struct worker *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n_workers; i++)
		n += w->to[i] ? w->to[i]->lent + w->to[i]->lent_more : 0;
	return n;
}

/* --- the taker --- */

/* Whatever filled the lender's finds room there, its headers included. */
void packet_front(struct worker *w, struct packet *p)
{
	uint8_t *l3 = umem_at(&w->umem, p->frame + FRAME_HEADROOM);

	memmove(l3, p->l3, p->bytes);
	p->l3 = l3;
	p->lent = p->large = false;
}

void packet_own(struct worker *w, struct packet *p)
{
	if (p->lent)
		packet_front(w, p);
}

/* With a frame of its own; the lender's, which goes back after the walk. */
static uint64_t take(struct worker *w, struct handoff *h, uint64_t frame,
		     struct packet *p)
{
	uint64_t lenders = p->frame;

	p->frame = frame;
	p->lent = !p->large;
	if (p->large)
		large_lift(w, &h->lender->umem, frame_of(lenders), p);
	else if (p->state != PKT_CLEAR)
		packet_own(w, p);
	packet_pick_up(w, p);
	return p->large ? lenders | LENT_LAID : lenders;
}

/* The next one joins b, but if it is large, walks alone behind it; false: there is
 * none, or no frame for it. */
static bool take_one(struct worker *w, struct handoff *h, struct batch *b,
		     uint64_t *lenders)
{
	struct packet *p = &b->pkt[b->n], large;
	uint64_t frame;

	if (!frame_get(&w->umem, &frame))
		return false;
	if (!spsc_pop(&h->packets, p)) {
		frame_put(&w->umem, frame);
		return false;
	}
	if (p->large) {
		large = *p;
		worker_walk(w, b);
		p = &b->pkt[0];
		*p = large;
	}
	*lenders = take(w, h, frame, p);
	b->n++;
	if (p->large)
		worker_walk(w, b);
	return true;
}

static bool take_from(struct worker *w, struct handoff *h)
{
	uint64_t lenders[BATCH_MAX];
	struct batch b;
	uint32_t n = 0;

	b.n = 0;
	while (n < BATCH_MAX && take_one(w, h, &b, &lenders[n]))
		n++;
	worker_walk(w, &b);
	for (uint32_t i = 0; i < n; i++)
		spsc_push(&h->frames, &lenders[i]);
	return n > 0;
}

bool handoff_take(struct worker *w)
{
	bool any = false;

	for (uint32_t i = 0; i < w->n_workers; i++)
		if (w->from[i])
			any |= take_from(w, w->from[i]);
	return any;
}

bool handoff_is_idle(const struct worker *w)
{
	for (uint32_t i = 0; i < w->n_workers; i++)
		if (w->from[i] && !spsc_is_empty(&w->from[i]->packets))
			return false;
	return true;
}
