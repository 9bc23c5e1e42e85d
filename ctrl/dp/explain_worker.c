// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the workers would do with a packet that a program hands them, by what they
 * look at: SA, way to the peer, the SA's selectors and mode, limits, sequence
 * numbers, in their order (resolve.c, esp_out.c, forward.c). Those look at packets in
 * batches, and take numbers and frames: they can't run dry. A packet as small as
 * the one that is asked about fits every path.
 */
#include <arpa/inet.h>
#include <string.h>

#include "ctrl/dp/explain.h"
#include "ctrl/dp/explain_frame.h"
#include "ctrl/dp/pmtu.h"
#include "ctrl/dp/transport.h"

/* AH that the outbound SA's packets are in; NULL: they are in none. */
static struct sa_rt *carrier_of(const struct explaining *w,
				const struct sa_rt *sa)
{
	return sa->dir == DIR_OUT ? sad_get(w->dp->sad, sa_then(sa)) : NULL;
}

static void take_sa(const struct explaining *w, const struct sa_rt *sa,
		    struct explain_sa *out)
{
	const bool outbound = sa->dir == DIR_OUT;
	const struct sa_rt *ah = carrier_of(w, sa);

	*out = (struct explain_sa){
		.local = outbound ? *sa_saddr(sa) : *sa_daddr(sa),
		.remote = outbound ? *sa_daddr(sa) : *sa_saddr(sa),
		.spi = ntohl(sa->spi_be),
		.carrier = ah ? ntohl(ah->spi_be) : 0,
		.udp = sa_outer(sa)->bytes != sa_outer(sa)->ip_bytes,
	};
}

static void take_way(const struct sa_rt *sa, const struct resolver_way *way,
		     struct explain_way *out)
{
	if (!way->iface)
		return;
	*out = (struct explain_way){
		.hop = way->hop,
		.mtu = way->mtu,
		.inner_mtu = pmtu_inner(sa, way->mtu),
		.resolved = way->resolved,
	};
	memcpy(out->iface, way->iface->name, sizeof(out->iface));
}

/* As a worker would see it. */
static void take_packet(const struct explaining *w, struct sa_rt *sa,
			uint8_t frame[EXPLAIN_FRAME_MAX], struct packet *out)
{
	uint32_t bytes = explain_frame(w->q, NULL, frame);

	*out = (struct packet){ .l3 = frame + ETH_HEADER_BYTES,
				.routed = w->routed,
				.sa = sa };
	if (ip_parse(slice_of(out->l3, bytes - ETH_HEADER_BYTES), &out->ip))
		out->bytes = out->ip.total_bytes;
}

/* Is it what the SA is for? */
static enum drop_reason fits_sa(const struct explaining *w, struct sa_rt *sa)
{
	uint8_t frame[EXPLAIN_FRAME_MAX];
	enum drop_reason misfit;
	struct packet p;

	take_packet(w, sa, frame, &p);
	misfit = sa->narrow ? packet_misfit(&p, DIR_OUT) : DROP_NONE;
	if (misfit != DROP_NONE)
		return misfit;
	if (sa->transport && !transport_admits(&p))
		return p.drop;
	return DROP_NONE;
}

/* Of several SAs, the one that takes it; see policy_sa.c. */
static struct sa_rt *sa_of(const struct explaining *w, struct sa_ref told)
{
	struct sa_rt *sa = told.gen ? sad_get(w->dp->sad, told) : NULL, *other;
	uint8_t frame[EXPLAIN_FRAME_MAX];
	struct packet p;

	if (told.gen &&
	    (!sa || sa->dir != DIR_OUT || fits_sa(w, sa) == DROP_NONE))
		return sa;
	take_packet(w, NULL, frame, &p);
	p.policy_id = w->x->policy.id;
	other = policy_sa(w->dp->sad, &w->dp->policies, WORKERS_MAX, &p);
	return other ? other : sa;
}

static bool is_over(const struct sa_rt *sa)
{
	const struct sa_counters *n = &sa->count;

	return sa->limited &&
	       limit_reached(
		       &sa->limits.hard,
		       atomic_load_explicit(&n->pkts, memory_order_relaxed),
		       atomic_load_explicit(&n->bytes, memory_order_relaxed),
		       clock_ns()) != SADB_BY_NONE;
}

static enum drop_reason number_left(const struct sa_rt *sa)
{
	const uint64_t seq = sa_seq(sa);

	if (!sa->esn && seq >= UINT32_MAX)
		return DROP_SEQ_EXHAUSTED;
	if (sa->kept &&
	    seq >= atomic_load_explicit(&sa->kept->limit, memory_order_relaxed))
		return DROP_SEQ_RESERVED;
	return DROP_NONE;
}

static enum drop_reason life_left(const struct sa_rt *sa)
{
	return is_over(sa) ? DROP_LIFETIME : number_left(sa);
}

static enum drop_reason judge(const struct explaining *w, struct sa_rt *sa,
			      const struct resolver_way *way)
{
	enum drop_reason reason;
	const struct sa_rt *ah;

	if (sa_stream(sa) == STREAM_LOST)
		return DROP_STREAM_GONE;
	if (way->drop != DROP_NONE)
		return way->drop;
	if (!way->iface)
		return DROP_NO_ROUTE;
	reason = fits_sa(w, sa);
	if (reason != DROP_NONE)
		return reason;
	reason = life_left(sa);
	if (reason != DROP_NONE || !sa->carrier_bytes)
		return reason;
	ah = carrier_of(w, sa);
	return ah ? life_left(ah) : DROP_SA_GONE;
}

static void drop(struct explaining *w, struct explain_step *s,
		 enum drop_reason reason)
{
	s->drop = reason;
	w->x->outcome = EXPLAIN_DROPPED;
}

/* BPF hands on what a policy has that takes selectors from packets, asked for or not. */
static bool is_asked_for(const struct explaining *w)
{
	const struct policy_view *v = &w->dp->policies;

	return w->on_demand &&
	       atomic_load_explicit(&v->on_demand[w->x->policy.id],
				    memory_order_acquire);
}

void explain_out(struct explaining *w, struct sa_ref told)
{
	struct sa_rt *sa = sa_of(w, told);
	struct explain_step *s = explain_add(w, EXPLAIN_AT_WORKER, "");
	struct resolver_way way;
	enum drop_reason reason;

	if (!sa || sa->dir != DIR_OUT) {
		s->held = !told.gen && is_asked_for(w);
		w->x->outcome = EXPLAIN_HELD;
		if (!s->held)
			drop(w, s, told.gen ? DROP_SA_GONE : DROP_NO_SA);
		return;
	}
	take_sa(w, sa, &w->x->sa);
	resolver_look(w->dp->resolver, sa_daddr(sa), sa_saddr(sa), &way);
	take_way(sa, &way, &w->x->way);
	reason = judge(w, sa, &way);
	if (reason != DROP_NONE)
		return drop(w, s, reason);
	s->pass = sa_stream(sa) ? PASS_WORKER_STREAM : PASS_WORKER_TX;
	w->x->outcome = EXPLAIN_SEALED;
}

/* If the SA still takes any, what becomes of it depends on what stands in it. */
void explain_in(struct explaining *w, struct sa_ref told)
{
	const struct sa_rt *sa = sad_get(w->dp->sad, told);

	if (!sa || sa->dir != DIR_IN)
		return drop(w, explain_add(w, EXPLAIN_AT_WORKER, ""),
			    DROP_SA_GONE);
	take_sa(w, sa, &w->x->sa);
	if (sa->carried)
		return drop(w, explain_add(w, EXPLAIN_AT_WORKER, ""),
			    DROP_BUNDLE);
	w->x->outcome = EXPLAIN_OPENED;
	if (is_over(sa))
		drop(w, explain_add(w, EXPLAIN_AT_WORKER, ""), DROP_LIFETIME);
}
