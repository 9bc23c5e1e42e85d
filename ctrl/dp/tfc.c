// SPDX-License-Identifier: BSD-2-Clause
/*
 * An SA's dummies are due at equal distances on a time line that only its rate and
 * its slot say, so that nothing about them is kept: how many are due is how many
 * of these points are between two rounds. A worker that was late skips the others.
 */
#include "ctrl/dp/tfc.h"

#include <string.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/pmtu.h"
#include "ctrl/dp/stream.h"
#include "ctrl/wire/ipv4.h"

#define TICK_NS	    NS_PER_MS	/* a worker looks no more often */
#define BURST_MAX   4U		/* of one SA at once */
#define PHASE_PRIME 2654435761U /* spreads slots over a second */

/* --- the table */

static uint64_t word_of(struct sa_ref sa)
{
	uint64_t whole;

	memcpy(&whole, &sa, sizeof(whole));
	return whole;
}

/* The place of that word; NULL: it has none. */
static _Atomic uint64_t *find(struct policy_view *view, uint64_t word)
{
	uint32_t n = atomic_load(&view->n_dummies);

	for (uint32_t i = 0; i < n; i++)
		if (atomic_load(&view->dummies[i]) == word)
			return &view->dummies[i];
	return NULL;
}

bool tfc_put(struct policy_view *view, struct sa_ref sa)
{
	uint32_t n = atomic_load(&view->n_dummies);
	_Atomic uint64_t *at = find(view, word_of(sa));

	if (at)
		return true;
	at = find(view, 0);
	if (!at && n == DUMMIES_MAX)
		return false;
	if (!at)
		at = &view->dummies[n++];
	atomic_store(at, word_of(sa));
	atomic_store(&view->n_dummies, n);
	return true;
}

void tfc_take(struct policy_view *view, struct sa_ref sa)
{
	_Atomic uint64_t *at = find(view, word_of(sa));

	if (at)
		atomic_store(at, 0);
}

/* --- the time line */

/* Where an SA's own begins, so that not all send at once. */
static uint64_t phase_of(const struct sa_rt *sa)
{
	return (uint64_t)sa->ref.id * PHASE_PRIME % NS_PER_S;
}

/* Points up to then. */
static uint64_t points(const struct sa_rt *sa, uint64_t at_ns)
{
	uint64_t t = at_ns + phase_of(sa);

	return t / NS_PER_S * sa->dummies +
	       t % NS_PER_S * sa->dummies / NS_PER_S;
}

/* When the next one is, behind that time. */
static uint64_t next_point(const struct sa_rt *sa, uint64_t at_ns)
{
	uint64_t t = at_ns + phase_of(sa);
	uint64_t in_second = t % NS_PER_S * sa->dummies / NS_PER_S + 1;

	return t / NS_PER_S * NS_PER_S - phase_of(sa) +
	       (in_second * NS_PER_S + sa->dummies - 1U) / sa->dummies;
}

/* --- packets */

/* Octets of one: as large as padded packets are, or of any size. 0: no random
 * number is left. */
static uint32_t size_of(struct worker *w, const struct sa_rt *sa, uint32_t mtu)
{
	uint32_t least = esp_least_bytes(sa, mtu);
	uint16_t any;

	if (least)
		return least;
	if (!random_bytes(&w->random, &any, sizeof(any)))
		return 0;
	return 1 + any % mtu;
}

/* An observer sees of it what it would of TCP: it has DF, and no DSCP. */
static bool make(struct worker *w, struct sa_rt *sa, uint32_t bytes,
		 struct packet *p)
{
	*p = (struct packet){
		.state = PKT_CLEAR,
		.sa = sa,
		.bytes = bytes,
		.ip.fragment = IPV4_DF,
	};
	if (!bytes || !frame_get(&w->umem, &p->frame))
		return false;
	p->l3 = umem_at(&w->umem, p->frame) + FRAME_L3_AT;
	memset(p->l3, 0, bytes);
	w->passes[PASS_WORKER_DUMMY].pkts++;
	w->passes[PASS_WORKER_DUMMY].bytes += bytes;
	return true;
}

/* None waits for a next hop; but that one is asked for it. 0: it can't go now. */
static uint32_t mtu_of(struct worker *w, const struct sa_rt *sa)
{
	const struct nexthop *nh;

	if (sa_stream(sa))
		return stream_is_there(w, sa) ? pmtu_frame(sa, STREAM_PATH_MTU)
					      : 0;
	nh = nexthop_lookup_ours(&w->nexthops, sa_daddr(sa), sa_saddr(sa),
				 w->now_ns);
	return nh->kind == NH_PORT ? pmtu_frame(sa, nh->mtu) : 0;
}

static void send_some(struct worker *w, struct sa_rt *sa, uint64_t n)
{
	uint32_t mtu = mtu_of(w, sa);
	struct packet *of[BURST_MAX];
	struct batch b;

	b.n = 0;
	while (mtu && b.n < n && b.n < BURST_MAX &&
	       make(w, sa, size_of(w, sa, mtu), &b.pkt[b.n])) {
		of[b.n] = &b.pkt[b.n];
		b.n++;
	}
	if (!b.n)
		return;
	esp_seal(w, of, b.n, mtu);
	worker_walk(w, &b);
}

/* --- the worker's round */

/* The SA at that place, if its dummies are that worker's; NULL: they are not. */
static struct sa_rt *own(const struct worker *w, uint32_t place)
{
	uint64_t whole = atomic_load(&w->policies->dummies[place]);
	struct sa_rt *sa;
	struct sa_ref ref;

	if (!whole)
		return NULL;
	memcpy(&ref, &whole, sizeof(ref));
	sa = sad_get(w->sad, ref);
	return sa && sa_owner(sa) == w->index ? sa : NULL;
}

static void send_due(struct worker *w)
{
	uint32_t n = atomic_load(&w->policies->n_dummies);
	uint64_t due_ns = UINT64_MAX;

	for (uint32_t i = 0; i < n; i++) {
		struct sa_rt *sa = own(w, i);
		uint64_t next;

		if (!sa)
			continue;
		next = points(sa, w->now_ns) - points(sa, w->tfc.last_ns);
		if (next)
			send_some(w, sa, next);
		next = next_point(sa, w->now_ns);
		due_ns = next < due_ns ? next : due_ns;
	}
	w->tfc.last_ns = w->now_ns;
	if (due_ns < w->now_ns + TICK_NS)
		due_ns = w->now_ns + TICK_NS;
	w->tfc.due_ns = due_ns;
}

void tfc_step(struct worker *w)
{
	uint32_t changed = atomic_load_explicit(&w->policies->changed,
						memory_order_acquire);

	if (changed != w->tfc.changed) {
		if (w->tfc.due_ns == UINT64_MAX)
			w->tfc.last_ns = w->now_ns;
		w->tfc.due_ns = w->now_ns;
		w->tfc.changed = changed;
	}
	if (w->now_ns >= w->tfc.due_ns)
		send_due(w);
}

int tfc_poll_ms(const struct worker *w)
{
	if (w->tfc.due_ns == UINT64_MAX)
		return -1;
	if (w->tfc.due_ns <= w->now_ns)
		return 0;
	return (int)((w->tfc.due_ns - w->now_ns + NS_PER_MS - 1) / NS_PER_MS);
}
