// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/tap.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ctrl/dp/umem.h"
#include "ctrl/dp/worker.h"

/* --- the ring --- */

static size_t ring_bytes(const struct tap *t)
{
	return (size_t)t->room * t->slot_bytes;
}

struct tap *tap_new(const struct capture_filter *filter)
{
	struct tap *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->filter = *filter;
	t->room = TAP_ROOM;
	t->slot_bytes =
		((uint32_t)sizeof(struct tapped) + filter->snaplen + 7) & ~7U;
	t->slots = mmap(NULL, ring_bytes(t), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t->slots == MAP_FAILED) {
		free(t);
		return NULL;
	}
	/* Plaintext comes into it. */
	madvise(t->slots, ring_bytes(t), MADV_DONTDUMP);
	return t;
}

void tap_free(struct tap *t)
{
	if (!t)
		return;
	munmap(t->slots, ring_bytes(t));
	free(t);
}

static struct tapped *slot_at(const struct tap *t, uint32_t number)
{
	return (struct tapped *)(t->slots + (size_t)(number & (t->room - 1)) *
						    t->slot_bytes);
}

const struct tapped *tap_first(const struct tap *t)
{
	uint32_t tail = atomic_load_explicit(&t->tail, memory_order_relaxed);

	if (tail == atomic_load_explicit(&t->head, memory_order_acquire))
		return NULL;
	return slot_at(t, tail);
}

void tap_pop(struct tap *t)
{
	uint32_t tail = atomic_load_explicit(&t->tail, memory_order_relaxed);

	atomic_store_explicit(&t->tail, tail + 1, memory_order_release);
}

static uint32_t head_of(const struct tap *t)
{
	return atomic_load_explicit(&t->head, memory_order_relaxed);
}

/* The next slot behind those that are staged; NULL: there is no room. */
static struct tapped *stage(struct tap *t)
{
	uint32_t next = head_of(t) + t->staged;

	if (next - atomic_load_explicit(&t->tail, memory_order_acquire) ==
	    t->room)
		return NULL;
	t->staged++;
	return slot_at(t, next);
}

static void miss(struct tap *t)
{
	uint64_t so_far = atomic_load_explicit(&t->missed, memory_order_relaxed);

	atomic_store_explicit(&t->missed, so_far + 1, memory_order_relaxed);
}

/* The first n of those staged; the others never were. */
static void show(struct tap *t, uint32_t n)
{
	atomic_store_explicit(&t->head, head_of(t) + n, memory_order_release);
	t->staged = 0;
}

/* --- what is wanted --- */

static bool wants_sa(const struct tap *t, const struct packet *p)
{
	return !t->filter.spi ||
	       (p->sa && ntohl(p->sa->spi_be) == t->filter.spi);
}

static bool wants_drop(const struct tap *t, enum drop_reason drop)
{
	if (t->filter.drop == CAPTURE_ANY_DROP)
		return drop != DROP_NONE;
	return t->filter.drop == DROP_NONE || t->filter.drop == drop;
}

/* RFC 4303 section 2.6: nothing is in it. */
static bool is_dummy(const struct packet *p)
{
	return p->ip.version == 0;
}

/* What no policy brought here is an SA's, whose policies the control thread has. */
static bool has_policy(const struct packet *p)
{
	return p->state != PKT_CIPHER && p->state != PKT_OPENED && !is_dummy(p);
}

static bool wants_policy(const struct tap *t, const struct packet *p)
{
	return t->filter.policy == CAPTURE_ANY_POLICY || !has_policy(p) ||
	       t->filter.policy == p->policy_id;
}

/* --- copies --- */

/*
 * Dropped before its header was read: what counts is the frame then, and where IP
 * begins in it is not known, only that no link header is longer.
 */
static uint32_t sure_bytes(const struct packet *p)
{
	const uint32_t link = FRAME_L3_AT - FRAME_ETH_AT;

	switch (p->drop) {
	case DROP_META_MISSING:
	case DROP_HOST_UNTAGGED:
	case DROP_HOST_READ:
	case DROP_IP_MALFORMED:
	case DROP_POLICY_STALE:
		return p->bytes > link ? p->bytes - link : 0;
	default:
		return p->bytes;
	}
}

/* A frame's end, whichever worker's it is. */
static uint32_t in_frame(const struct packet *p)
{
	uint32_t left = FRAME_BYTES - (uint32_t)((uintptr_t)p->l3 % FRAME_BYTES);
	uint32_t bytes = sure_bytes(p);

	return p->large || bytes < left ? bytes : left;
}

static void copy(const struct tap *t, struct tapped *to, const struct worker *w,
		 const struct packet *p)
{
	uint32_t kept = in_frame(p);

	*to = (struct tapped){
		.at_ns = w->now_ns,
		.policy = has_policy(p) ? p->policy_id : CAPTURE_ANY_POLICY,
		.bytes = p->bytes,
		.kept = kept < t->filter.snaplen ? kept : t->filter.snaplen,
		.drop = (uint16_t)p->drop,
		.inbound = p->state == PKT_CIPHER || p->state == PKT_OPENED,
		.side = p->state == PKT_CIPHER || p->state == PKT_SEALED ||
					p->state == PKT_STREAM
				? CAPTURE_CIPHER
				: CAPTURE_CLEAR,
	};
	if (p->sa) {
		to->sa = p->sa->ref;
		to->spi = ntohl(p->sa->spi_be);
	}
	memcpy(to + 1, p->l3, to->kept);
}

static void take(struct tap *t, const struct worker *w, const struct packet *p,
		 uint64_t seq)
{
	struct tapped *to = stage(t);

	if (!to)
		return miss(t);
	copy(t, to, w, p);
	to->seq = seq;
	show(t, 1);
}

/* --- outbound --- */

void tap_out(struct tap *t, const struct worker *w, struct packet *const *of,
	     uint32_t n, enum capture_side side)
{
	if (!(t->filter.sides & side) || t->filter.drop)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (of[i]->drop == DROP_NONE && wants_sa(t, of[i]) &&
		    wants_policy(t, of[i]) &&
		    (side == CAPTURE_CIPHER || !is_dummy(of[i])))
			take(t, w, of[i], of[i]->seq);
}

/* --- inbound --- */

void tap_in(struct tap *t, const struct worker *w, const struct packet *p,
	    uint32_t n)
{
	struct tapped *to;

	t->staged = 0;
	if (!(t->filter.sides & CAPTURE_CIPHER) || !wants_sa(t, p))
		return;
	for (uint32_t i = 0; i < n && (to = stage(t)); i++)
		copy(t, to, w, &p[i]);
}

/* What has none was dropped before it was looked for. */
static uint64_t number_of(const struct packet *p)
{
	return p->drop == DROP_ESP_LENGTH || p->drop == DROP_SA_GONE ? 0
								     : p->seq;
}

/* What the ciphertext is shown with: its slot is the i-th that is staged, and
 * moves up to where nothing unwanted is left. */
static uint32_t judge(struct tap *t, const struct packet *p, uint32_t i,
		      uint32_t wanted)
{
	struct tapped *from = slot_at(t, head_of(t) + i);
	struct tapped *to = slot_at(t, head_of(t) + wanted);

	if (!wants_drop(t, p->drop))
		return wanted;
	from->drop = (uint16_t)p->drop;
	from->seq = number_of(p);
	if (to != from)
		memcpy(to, from, sizeof(*from) + from->kept);
	return wanted + 1;
}

/* Is it known what was in it? What is dropped once it is opened is settle()'s to
 * show. */
static bool was_opened(const struct packet *p)
{
	return p->drop == DROP_SELECTOR ||
	       (p->drop == DROP_NONE && p->state == PKT_OPENED);
}

static void take_opened(struct tap *t, const struct worker *w,
			const struct packet *p)
{
	struct packet inner = *p;

	inner.state = PKT_OPENED;
	inner.bytes = p->ip.total_bytes;
	take(t, w, &inner, p->seq);
}

void tap_in_done(struct tap *t, const struct worker *w, const struct packet *p,
		 uint32_t n)
{
	uint32_t staged = t->staged, wanted = 0;

	if (!wants_sa(t, p))
		return;
	for (uint32_t i = 0; i < n; i++) {
		if (i < staged)
			wanted = judge(t, &p[i], i, wanted);
		else if (t->filter.sides & CAPTURE_CIPHER &&
			 wants_drop(t, p[i].drop))
			miss(t);
	}
	show(t, wanted);
	if (!(t->filter.sides & CAPTURE_CLEAR))
		return;
	for (uint32_t i = 0; i < n; i++)
		if (was_opened(&p[i]) && wants_drop(t, p[i].drop))
			take_opened(t, w, &p[i]);
}

/* --- dropped elsewhere --- */

void tap_drop(struct tap *t, const struct worker *w, const struct packet *p)
{
	const bool inbound = p->state == PKT_CIPHER;

	if (inbound && p->sa)
		return; /* tap_in_done() has shown it */
	if (!wants_drop(t, p->drop) || !wants_sa(t, p) || !wants_policy(t, p))
		return;
	if (t->filter.sides &
	    (inbound || p->state == PKT_SEALED ? CAPTURE_CIPHER : CAPTURE_CLEAR))
		take(t, w, p, p->sa && p->state != PKT_CLEAR ? p->seq : 0);
}
