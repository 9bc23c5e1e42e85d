// SPDX-License-Identifier: BSD-2-Clause
/*
 * CREATE_CHILD_SA says of each that it is one of several:
 *
 *     HDR, SK {SA, Ni, [KEi,] TSi, TSr, N(SA_RESOURCE_INFO)}  -->
 *              <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr, N(SA_RESOURCE_INFO)}
 *         or:  <--  HDR, SK {N(TS_MAX_QUEUE)}
 *
 * In IKE_AUTH it says so of the fall-back. The notify has our number, four octets as
 * strongSwan's, and none of the fall-back. A rekeyed one stays what it was.
 */
#include "ctrl/ike/child_cpus.h"

#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/child_for.h"

void cpus_inherit(struct child_sa *c, const struct child_sa *from)
{
	c->of_cpus = from->of_cpus;
	c->cpu = from->cpu;
	c->no_more = from->no_more;
}

static bool is_up(const struct child_sa *c)
{
	return c->state == CHILD_ST_INSTALLED && !c->replaced_by;
}

/* Of the same policy, for some of the same packets, it and that one. */
static bool is_beside(const struct child_sa *c, const struct child_sa *that)
{
	return c != that && c->of_cpus && is_up(c) && child_shares(c, that);
}

static bool is_fall_back(const struct child_sa *c)
{
	return c->of_cpus && !c->cpu && is_up(c);
}

static struct child_sa *fall_back_of(const struct ike_sa *sa,
				     const struct child_sa *that)
{
	struct child_sa *c = sa->children;

	while (c && !(is_beside(c, that) && is_fall_back(c)))
		c = c->next;
	return c;
}

static struct child_sa *fall_back_for(const struct ike_sa *sa, uint32_t policy)
{
	struct child_sa *c = sa->children;

	while (c && !(c->conf->policy == policy && is_fall_back(c)))
		c = c->next;
	return c;
}

bool cpus_begin(const struct ike_sa *sa, struct child_sa *c,
		const struct ts_first *first)
{
	const struct child_sa *beside;
	struct ts_sides ts;

	if (!first || !first->cpu)
		return true;
	beside = fall_back_for(sa, c->conf->policy);
	if (!beside)
		return false;
	c->cpu = first->cpu;
	ts = child_kept_ts(beside);
	child_keep_ts(c, &ts);
	return true;
}

void cpus_put(const struct child_sa *c, struct ike_builder *m)
{
	uint32_t number_be = htonl(c->cpu - 1U);
	const struct ike_notify n = {
		.type = IKE_N_SA_RESOURCE_INFO,
		.data = slice_of(&number_be, c->cpu ? sizeof(number_be) : 0),
	};

	if (c->of_cpus)
		ike_notify_put(m, &n);
}

void cpus_answered(struct exchange *x, const struct ike_payloads *p)
{
	struct ike_notify n;

	if (x->old_spi_in || ike_find_notify(p, IKE_N_SA_RESOURCE_INFO, &n))
		return;
	x->child->of_cpus = false;
	x->child->cpu = 0;
}

static unsigned int count(const struct ike_sa *sa, const struct child_sa *that)
{
	unsigned int n = 0;

	for (const struct child_sa *c = sa->children; c; c = c->next)
		n += c->cpu && is_beside(c, that);
	return n;
}

bool cpus_offered(const struct ike_sa *sa, struct exchange *x,
		  const struct ike_payloads *p)
{
	struct child_sa *c = x->child;
	struct ike_notify n;

	if (x->old_spi_in)
		return true;
	c->of_cpus = ike_find_notify(p, IKE_N_SA_RESOURCE_INFO, &n) &&
		     !c->conf->spread && !c->conf->pfp && !c->conf->n_pools;
	return !c->of_cpus || count(sa, c) < CPUS_MAX;
}

/* From the last on, as our own workers' are asked for from any: so two sides that
 * begin at once rarely give the same worker two. */
void cpus_assign(const struct ike_sa *sa, struct child_sa *c, uint8_t workers)
{
	unsigned int has[WORKERS_MAX + 1] = { 0 };
	const struct child_sa *ours = sa->ours.child;
	uint8_t best = workers ? workers : 1;

	c->cpu = 0;
	if (!fall_back_of(sa, c))
		return;
	for (const struct child_sa *o = sa->children; o; o = o->next)
		if (is_beside(o, c))
			has[o->cpu]++;
	if (ours && ours != c && ours->cpu &&
	    ours->conf->policy == c->conf->policy)
		has[ours->cpu]++;
	for (uint8_t i = best; i > 0; i--)
		if (has[i] < has[best])
			best = i;
	c->cpu = best;
}

void cpus_refused(struct ike_sa *sa, const struct child_sa *c)
{
	struct child_sa *f = fall_back_for(sa, c->conf->policy);

	if (f)
		f->no_more = true;
}

void cpus_gone(struct ike_sa *sa, const struct child_sa *c)
{
	const bool makes_room = c->up && !c->succeeded && !c->replaced_by;
	struct child_sa *f = c->cpu && makes_room ? fall_back_of(sa, c) : NULL;

	if (f)
		f->no_more = false;
}

static bool takes_children(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_ESTABLISHED && !sa->has_heir &&
	       !sa->drop_ns && !sa->delete_wanted;
}

static bool has_one(const struct ike_sa *sa, uint32_t policy,
		    const struct ts_first *own)
{
	for (const struct child_sa *c = sa->children; c; c = c->next)
		if (is_up(c) && child_is_for(c, policy, own))
			return true;
	return (sa->ours.child && child_is_for(sa->ours.child, policy, own)) ||
	       wish_has(sa, policy, own);
}

static void make_own(struct ike_sa *sa, const struct child_sa *f, uint8_t cpu)
{
	const struct ts_first own = { .cpu = cpu };

	if (!f->conf->per_cpu || f->no_more ||
	    has_one(sa, f->conf->policy, &own))
		return;
	if (wish_add(sa, f->conn, f->conf, &own, sa->e->now_ns))
		sa_next(sa);
}

/* Its policy is bound to it already, and packets go by it, before the SAD's answer is
 * here. */
static struct ike_sa *about_to_have(const struct engine *e, uint32_t policy)
{
	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];
		const struct child_sa *c = sa ? sa->ours.child : NULL;

		if (c && c->conf->policy == policy && c->of_cpus && !c->cpu &&
		    sa->ours.step == STEP_BIND)
			return sa;
	}
	return NULL;
}

bool cpus_acquire(struct engine *e, uint32_t policy, uint8_t cpu,
		  const struct ts_first *packet)
{
	const struct child_sa *c = NULL;
	struct ike_sa *maker;

	while ((c = child_of_policy(e, policy, c)))
		if (is_fall_back(c) && child_takes(c, packet))
			break;
	if (c) {
		if (takes_children(c->sa))
			make_own(c->sa, c, cpu);
		return true;
	}
	maker = about_to_have(e, policy);
	if (maker)
		make_own(maker, maker->ours.child, cpu);
	return maker;
}
