// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which outbound SA of its policy a packet goes by, where BPF did not say or said
 * one that refuses it, or one of those for each CPU (RFC 9611). A policy has one as a
 * rule. Of several, which are narrower than the policy, it is the newest whose selectors
 * take the packet, and of those for each CPU the worker's own, else the fall-back; where
 * a policy takes selectors from the packet, it is the one of the packet's own values.
 *
 * Worker.
 */
#include "ctrl/dp/quoted.h"
#include "ctrl/dp/worker.h"
#include "ctrl/wire/icmp.h"

/* NULL: there is none of that name. */
static struct sa_rt *outbound(const struct sad *sad, struct sa_ref ref)
{
	struct sa_rt *sa = ref.gen ? sad_get(sad, ref) : NULL;

	return sa && sa->dir == DIR_OUT ? sa : NULL;
}

static struct sa_rt *of_flow(const struct sad *sad, const struct policy_view *v,
			     uint32_t policy_id, struct flow f)
{
	const struct within *within =
		atomic_load_explicit(&v->within, memory_order_acquire);
	struct within_key key;

	if (!within)
		return NULL;
	key = policy_key(v, policy_id, &f);
	return outbound(sad, within_get(within, &key));
}

/* An ICMP error has no SA of its own: it goes by that of the packet which it is about,
 * which came the other way (RFC 4301 section 6.2). */
static struct sa_rt *of_quoted(const struct sad *sad,
			       const struct policy_view *v,
			       const struct packet *p)
{
	struct packet quote = { .drop = DROP_NONE };

	if (!icmp_is_error(slice_of(p->l3, p->bytes), &p->ip) ||
	    !quoted_read(p, &quote))
		return NULL;
	return of_flow(sad, v, p->policy_id, packet_flow(&quote, DIR_IN));
}

static struct sa_rt *of_values(const struct sad *sad,
			       const struct policy_view *v,
			       const struct packet *p)
{
	struct sa_rt *sa;

	if (!policy_is_pfp(v, p->policy_id))
		return NULL;
	sa = of_flow(sad, v, p->policy_id, packet_flow(p, DIR_OUT));
	return sa ? sa : of_quoted(sad, v, p);
}

/* As admit() in esp_out.c will ask. */
static bool takes(struct sa_rt *sa, const struct packet *p)
{
	struct packet of = *p;
	enum drop_reason misfit;

	if (!sa->narrow)
		return true;
	of.sa = sa;
	misfit = packet_misfit(&of, DIR_OUT);
	return misfit == DROP_NONE ||
	       quoted_ask(&of, DIR_OUT, misfit) == DROP_NONE;
}

/* cpu: of that worker's alone; 0: of those that are nobody's */
static struct sa_rt *first_that_takes(const struct sad *sad,
				      const struct several *of, uint32_t cpu,
				      const struct packet *p)
{
	for (uint32_t i = 0; i < several_count(of); i++) {
		struct sa_rt *sa = several_cpu(of, i) == cpu
					   ? outbound(sad, several_at(of, i))
					   : NULL;

		if (sa && takes(sa, p))
			return sa;
	}
	return NULL;
}

struct sa_rt *policy_sa(const struct sad *sad, const struct policy_view *v,
			uint32_t worker, const struct packet *p)
{
	struct sa_rt *bound = outbound(sad, policy_binding(v, p->policy_id));
	const struct several *of = NULL;
	struct sa_rt *other = NULL;

	if (!bound)
		return of_values(sad, v, p);
	if (bound->narrow || bound->of_cpus)
		of = atomic_load_explicit(&v->several[p->policy_id],
					  memory_order_acquire);
	if (of)
		other = first_that_takes(sad, of, worker + 1, p);
	if (of && !other)
		other = first_that_takes(sad, of, 0, p);
	return other ? other : bound;
}

/* They have an SA: what asks for another begins anew. */
static void got_sa(struct worker *w, const struct packet *p)
{
	struct acquire *a = &w->acquire[p->policy_id];
	struct asking *asking = NULL;

	a->next_ns = 0;
	a->wait_s = 0;
	if (p->deadline_ns && policy_is_pfp(w->policies, p->policy_id))
		asking = asking_find(w, p);
	if (asking)
		asking->acquire.next_ns = asking->acquire.wait_s = 0;
}

/* What another worker gave has come here for the fall-back. */
static uint32_t whose(const struct worker *w, const struct packet *p)
{
	return p->lent ? WORKERS_MAX : w->index;
}

static bool is_own(const struct worker *w, const struct sa_rt *sa)
{
	return !sa->of_cpus || sa->cpu == w->index + 1;
}

void take_policy_sa(struct worker *w, struct packet *p)
{
	struct sa_rt *sa = policy_sa(w->sad, w->policies, whose(w, p), p);

	if (!sa)
		return;
	if (packet_is_stale(w, p))
		return packet_drop(p, DROP_POLICY_STALE);
	if (is_own(w, sa))
		got_sa(w, p);
	p->sa = sa;
}

void take_own_sa(struct worker *w, struct packet *p)
{
	struct sa_rt *sa = NULL;

	if (p->policy_id < SPD_MAX && !packet_is_stale(w, p))
		sa = policy_sa(w->sad, w->policies, whose(w, p), p);
	if (!sa)
		return;
	if (is_own(w, sa))
		got_sa(w, p);
	else if (!p->lent)
		ask_for_own_sa(w, p);
	p->sa = sa;
}

bool turn_to_other_sa(struct worker *w, struct packet *p)
{
	struct sa_rt *sa;

	if (w->turned_before || p->policy_id >= SPD_MAX || packet_is_stale(w, p))
		return false;
	sa = policy_sa(w->sad, w->policies, whose(w, p), p);
	if (!sa || sa == p->sa || !takes(sa, p)) {
		ask_for_other_sa(w, p);
		return false;
	}
	p->sa = sa;
	w->turned = true;
	return true;
}
