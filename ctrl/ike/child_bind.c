// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which outbound SA a policy has. Of a rekeyed pair the initiator binds the new
 * one as soon as it is there; the responder waits until the initiator has it for
 * sure, as what it sent by it would be lost before.
 */
#include "ctrl/ike/child.h"

static void unbind(struct ike_sa *sa, struct child_sa *c, uint32_t policy)
{
	if (!c->bound || c->conf->policy != policy)
		return;
	c->bound = false;
	sa_touch(sa);
}

/* One policy has one outbound SA, whichever IKE SA it was made under. */
static void note_bound(struct ike_sa *sa, struct child_sa *c)
{
	uint32_t policy = c->conf->policy;

	for (uint32_t i = 1; i < sa->e->n_slots; i++) {
		struct ike_sa *other = sa->e->slots[i];

		if (!other)
			continue;
		for (struct child_sa *o = other->children; o; o = o->next)
			unbind(other, o, policy);
		if (other->ours.child)
			unbind(other, other->ours.child, policy);
	}
	c->bound = true;
	sa_touch(sa);
}

void child_bind(struct ike_sa *sa, struct exchange *x)
{
	const struct sadb_request q = {
		.token = token_new(sa, x, STEP_BIND),
		.verb = SADB_UPDATE,
		.id = x->child->out,
	};

	note_bound(sa, x->child);
	sa->e->calls.sadb(sa->e->calls.ctx, &q);
}

void child_rebind(struct ike_sa *sa, struct child_sa *c)
{
	const struct sadb_request q = {
		.verb = SADB_UPDATE,
		.id = c->out,
	};

	c->bind_ns = 0;
	if (!c->has_out)
		return;
	note_bound(sa, c);
	sa->e->calls.sadb(sa->e->calls.ctx, &q);
}

void child_confirm(struct ike_sa *sa, struct child_sa *c)
{
	if (c->confirmed)
		return;
	c->confirmed = true;
	c->trust_ns = 0;
	if (c->state == CHILD_ST_INSTALLED)
		child_rebind(sa, c);
}

/* The newest of this IKE SA, rather one that the peer has for sure; true in *bound:
 * one is. */
static struct child_sa *best_of(const struct ike_sa *sa, uint32_t policy,
				bool *bound)
{
	struct child_sa *best = NULL;

	if (sa->ours.child && sa->ours.child->conf->policy == policy)
		*bound |= sa->ours.child->bound;
	for (struct child_sa *c = sa->children; c; c = c->next) {
		if (c->conf->policy != policy || c->state != CHILD_ST_INSTALLED)
			continue;
		*bound |= c->bound;
		if (c->has_out && (!best || (c->confirmed && !best->confirmed)))
			best = c;
	}
	return best;
}

/* Under this IKE SA if there is one, else under any; *of: under which. */
static struct child_sa *best_of_all(struct ike_sa *sa, uint32_t policy,
				    struct ike_sa **of, bool *bound)
{
	struct child_sa *best = NULL, *c;

	*bound = false;
	for (uint32_t i = 1; i < sa->e->n_slots; i++) {
		struct ike_sa *other = sa->e->slots[i];

		if (!other)
			continue;
		c = best_of(other, policy, bound);
		if (!c || (best && other != sa))
			continue;
		best = c;
		*of = other;
	}
	return best;
}

void child_bind_best(struct ike_sa *sa, uint32_t policy)
{
	struct ike_sa *of = NULL;
	bool bound;
	struct child_sa *best = best_of_all(sa, policy, &of, &bound);

	if (best && !bound)
		child_rebind(of, best);
}

bool child_policy_is_bound(struct ike_sa *sa, uint32_t policy)
{
	struct ike_sa *of;
	bool bound;

	best_of_all(sa, policy, &of, &bound);
	return bound;
}

/* Rather one that the peer has for sure, rather a newer one. */
static bool is_better(const struct child_sa *c, const struct child_sa *best)
{
	if (!best || c->confirmed != best->confirmed)
		return !best || c->confirmed;
	return c->view_id > best->view_id;
}

/* Of those beside this one; *of: under which IKE SA. */
static struct child_sa *best_beside(const struct child_sa *one,
				    const struct engine *e, struct ike_sa **of)
{
	struct child_sa *best = NULL;

	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		for (struct child_sa *c = sa ? sa->children : NULL; c;
		     c = c->next) {
			if (c == one || c->conf->policy != one->conf->policy ||
			    c->state != CHILD_ST_INSTALLED || !c->has_out ||
			    !is_better(c, best))
				continue;
			best = c;
			*of = sa;
		}
	}
	return best;
}

void child_give_up(struct ike_sa *sa, const struct child_sa *c)
{
	struct ike_sa *of = NULL;
	struct child_sa *next = c->bound ? best_beside(c, sa->e, &of) : NULL;

	if (next)
		child_confirm(of, next);
}
