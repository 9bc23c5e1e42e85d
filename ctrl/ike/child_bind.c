// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which outbound SA a policy has. Of a rekeyed pair the initiator binds the new
 * one as soon as it is there; the responder waits until the initiator has it for
 * sure, as what it sent by it would be lost before.
 */
#include "ctrl/ike/child.h"
#include "ctrl/ike/child_for.h"
#include "ctrl/ike/child_near.h"

void child_bind(struct ike_sa *sa, struct exchange *x)
{
	const struct sadb_request q = {
		.token = token_new(sa, x, STEP_BIND),
		.verb = SADB_UPDATE,
		.id = x->child->out,
	};

	child_set_bound(sa, x->child);
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
	child_set_bound(sa, c);
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

/* Could its policy be bound to it, beside one, which may be NULL? */
static bool may_be_bound(const struct child_sa *c, const struct child_sa *one)
{
	return c != one && c->state == CHILD_ST_INSTALLED && c->has_out;
}

/* Rather one that the peer has for sure, rather a newer one. */
static bool is_better(const struct child_sa *c, const struct child_sa *best)
{
	if (!best || c->confirmed != best->confirmed)
		return !best || c->confirmed;
	return c->near_order > best->near_order;
}

/* For what that one was for; NULL: none. */
static struct child_sa *best_of_all(const struct engine *e,
				    const struct child_sa *was,
				    const struct child_sa *one)
{
	struct child_near near = child_near(e, was, false);
	struct child_sa *c, *best = NULL;

	while ((c = child_near_next(&near)))
		if (may_be_bound(c, one) && child_meets(c, was) &&
		    is_better(c, best))
			best = c;
	return best;
}

/* The same under one IKE SA. */
static struct child_sa *best_of(const struct ike_sa *sa,
				const struct child_sa *was)
{
	struct child_sa *best = NULL;

	for (struct child_sa *c = sa->children; c; c = c->next)
		if (may_be_bound(c, NULL) && child_meets(c, was) &&
		    (!best || (c->confirmed && !best->confirmed)))
			best = c;
	return best;
}

void child_bind_best(struct ike_sa *sa, const struct child_sa *was)
{
	struct child_sa *best;

	if (child_other_is_bound(sa->e, was))
		return;
	best = best_of(sa, was);
	if (!best)
		best = best_of_all(sa->e, was, NULL);
	if (best)
		child_rebind(best->sa, best);
}

void child_give_up(struct ike_sa *sa, const struct child_sa *c)
{
	struct child_sa *next = NULL;

	if (c->bound)
		next = best_of_all(sa->e, c, c);
	if (next)
		child_confirm(next->sa, next);
}
