// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets that wait: for the next hop of their destination, or for an SA of
 * their policy. Both at most a second and so many for each, the first ones
 * kept; together at most an eighth of the frames.
 *
 * A held packet keeps no SA, only its name: it may wait longer than the SA
 * lives. What is to be protected takes whatever SA its policy has when it goes
 * on, unless that policy is gone; what was opened needs it for its counters.
 *
 * Worker.
 */
#include <string.h>

#include "ctrl/dp/handoff.h"
#include "ctrl/dp/large.h"
#include "ctrl/dp/worker.h"
#include "ctrl/wire/icmp.h"
#include "include/proto.h"

#define HOLD_SHIFT 22 /* leaves the bits of HOLD_BUCKETS */
_Static_assert(HOLD_BUCKETS == 1U << (32 - HOLD_SHIFT), "one for each hash");

#define ACQUIRE_LAST_S 30U

/*
 * What is not yet sealed waits for the way to the peer. Errors count as if they
 * went to one host: whoever invents sources would have the whole hold.
 */
static struct addr waits_for(const struct packet *p)
{
	switch ((enum packet_state)p->state) {
	case PKT_CLEAR:
		return *sa_daddr(p->sa);
	case PKT_ERROR:
		return (struct addr){ 0 };
	case PKT_SEALED:
	case PKT_STREAM:
	case PKT_CIPHER:
	case PKT_FRAGMENT:
	case PKT_PLAIN:
	case PKT_OPENED:
	case PKT_GONE:
		break;
	}
	return p->ip.daddr;
}

static uint8_t *held_for(struct worker *w, const struct packet *p)
{
	struct addr dst = waits_for(p);
	uint32_t hash = (addr_hash(&dst) ^ w->magic) * 2654435761U;

	return &w->held_for[hash >> HOLD_SHIFT];
}

void packet_put_down(struct packet *p)
{
	p->ref = p->sa ? p->sa->ref : (struct sa_ref){ 0 };
}

void packet_pick_up(struct worker *w, struct packet *p)
{
	struct sa_ref ref = p->ref;

	p->sa = NULL;
	if (p->state == PKT_CLEAR)
		take_policy_sa(w, p);
	else
		p->sa = sad_get(w->sad, ref);
}

static void hold(struct worker *w, struct packet *p)
{
	struct packet *at = &w->hold[w->held++];

	if (!p->deadline_ns)
		p->deadline_ns = w->now_ns + HOLD_NS;
	if (w->held == 1 || p->deadline_ns < w->hold_due_ns)
		w->hold_due_ns = p->deadline_ns;
	packet_own(w, p);
	*at = *p;
	packet_put_down(at);
	p->state = PKT_GONE;
}

void hold_packet(struct worker *w, struct packet *p)
{
	uint8_t *held = held_for(w, p);

	if (p->deadline_ns && w->now_ns >= p->deadline_ns)
		return packet_drop(p, DROP_NO_NEIGHBOUR);
	if (w->held == w->hold_room || *held == HOLD_PER_DST ||
	    (p->large && !large_hold(w, p)))
		return packet_drop(p, DROP_HOLD_FULL);
	++*held;
	hold(w, p);
}

/* --- for an SA --- */

static bool is_on_demand(const struct worker *w, uint32_t policy_id)
{
	return atomic_load_explicit(&w->policies->on_demand[policy_id],
				    memory_order_acquire);
}

/* RFC 4301 section 4.4.1.1: the packet's own values, for the negotiation. */
static struct telling acquire_of(const struct worker *w, const struct packet *p,
				 const struct acquire *a)
{
	struct flow f = packet_flow(p, DIR_OUT);

	return (struct telling){
		.kind = TELL_ACQUIRE,
		.policy = p->policy_id,
		.saddr = p->ip.saddr,
		.daddr = p->ip.daddr,
		.sport = f.local_port,
		.dport = f.remote_port,
		.protocol = p->ip.protocol,
		.has_ports = f.has_ports,
		.cpu = (uint8_t)(a->own ? w->index + 1 : 0),
	};
}

/* At once, then after 1, 2, 4 … 30 s while packets come; anew after a pause. */
static void acquire(struct worker *w, const struct packet *p, struct acquire *a)
{
	struct telling what = acquire_of(w, p, a);

	if (w->now_ns - a->last_ns >= ACQUIRE_LAST_S * NS_PER_S)
		*a = (struct acquire){ .held = a->held,
				       .changed = a->changed,
				       .own = a->own };
	a->last_ns = w->now_ns;
	if (w->now_ns < a->next_ns || !tell_put(w->tell, &what))
		return;
	a->wait_s = a->wait_s ? a->wait_s * 2 : 1;
	if (a->wait_s > ACQUIRE_LAST_S)
		a->wait_s = ACQUIRE_LAST_S;
	a->next_ns = w->now_ns + a->wait_s * NS_PER_S;
}

/* It is about a packet that came by an SA: where none is up, nothing is to be made for
 * it (RFC 4301 section 6.2). */
static bool is_error(const struct packet *p)
{
	return icmp_is_error(slice_of(p->l3, p->bytes), &p->ip);
}

/* The peer may have others to give by now. */
static void anew_with_change(const struct worker *w, struct acquire *a)
{
	const uint32_t changed = atomic_load_explicit(&w->policies->changed,
						      memory_order_acquire);

	if (a->changed == changed)
		return;
	a->changed = changed;
	a->next_ns = 0;
	a->wait_s = 0;
}

/* That none is there and that the worker's own is not, is asked for one after the
 * other: what is new begins anew. */
static void asks_for(struct acquire *a, bool own)
{
	if (a->own != own)
		a->next_ns = a->wait_s = 0;
	a->own = own;
}

void ask_for_other_sa(struct worker *w, const struct packet *p)
{
	struct acquire *a = &w->acquire[p->policy_id];

	if (!is_on_demand(w, p->policy_id) || is_error(p))
		return;
	anew_with_change(w, a);
	asks_for(a, false);
	acquire(w, p, a);
}

void ask_for_own_sa(struct worker *w, const struct packet *p)
{
	struct acquire *a = &w->acquire[p->policy_id];

	if (!is_on_demand(w, p->policy_id) || is_error(p))
		return;
	asks_for(a, true);
	acquire(w, p, a);
}

/* Where it is counted; NULL: it is a new one of values for which nobody can ask now,
 * so many others of its policy are asked for. */
static struct acquire *acquire_for(struct worker *w, const struct packet *p,
				   bool fresh)
{
	struct acquire *all = &w->acquire[p->policy_id];
	struct asking *asking;

	if (!policy_is_pfp(w->policies, p->policy_id))
		return all;
	asking = asking_find(w, p);
	if (!asking && !fresh)
		return all;
	if (!asking)
		asking = asking_take(w, p);
	return asking ? &asking->acquire : NULL;
}

/* So few for each policy, and of its packets for each values. */
static bool has_place(const struct worker *w, const struct packet *p,
		      const struct acquire *a)
{
	const struct acquire *all = &w->acquire[p->policy_id];

	return all->held < HOLD_PER_SA &&
	       (a == all || a->held < HOLD_PER_VALUES) && w->held < w->hold_room;
}

void hold_for_sa(struct worker *w, struct packet *p)
{
	bool fresh = !p->deadline_ns;
	struct acquire *a;

	if (p->policy_id >= SPD_MAX || !is_on_demand(w, p->policy_id) ||
	    is_error(p))
		return packet_drop(p, DROP_NO_SA);
	if (packet_is_stale(w, p))
		return packet_drop(p, DROP_POLICY_STALE);
	a = acquire_for(w, p, fresh);
	if (!a)
		return packet_drop(p, DROP_NO_SA);
	asks_for(a, false);
	if (fresh)
		acquire(w, p, a);
	if ((!fresh && w->now_ns >= p->deadline_ns) || !has_place(w, p, a) ||
	    (p->large && !large_hold(w, p)))
		return packet_drop(p, DROP_NO_SA);
	a->held++;
	if (a != &w->acquire[p->policy_id])
		w->acquire[p->policy_id].held++;
	hold(w, p);
}

/* --- again --- */

/*
 * Everything that waits walks again; what still must wait is held anew, in the
 * place of what has walked: also fragments and errors, which may be more.
 */
static void walk_held(struct worker *w, struct batch *b, uint32_t i)
{
	const bool large = w->hold[i].large; /* which walks alone */
	struct packet *p;

	if (large)
		worker_walk(w, b);
	p = &b->pkt[b->n++];
	*p = w->hold[i];
	packet_pick_up(w, p);
	if (large)
		large_lift(w, &w->umem, p->frame, p);
	w->hold_room = i + 1;
	if (large || b->n == BATCH_MAX)
		worker_walk(w, b);
}

static void retry(struct worker *w)
{
	uint32_t waiting = w->held;
	struct batch b = { .n = 0 };

	w->held = w->held_more = 0;
	w->hold_room = 0;
	memset(w->held_for, 0, sizeof(w->held_for));
	for (uint32_t i = 0; i < waiting; i++)
		if (w->hold[i].policy_id < SPD_MAX)
			w->acquire[w->hold[i].policy_id].held = 0;
	asking_hold_none(w);
	for (uint32_t i = 0; i < waiting; i++)
		walk_held(w, &b, i);
	worker_walk(w, &b);
	w->hold_room = w->hold_max;
}

void hold_retry(struct worker *w, bool learned)
{
	uint32_t changed = atomic_load_explicit(&w->policies->changed,
						memory_order_acquire);
	bool due = w->held && w->now_ns >= w->hold_due_ns;

	if (learned || due || changed != w->changed)
		retry(w);
	w->changed = changed;
}
