// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which outbound SA a policy has. Of a rekeyed pair the initiator binds the new
 * one as soon as it is there; the responder waits until the initiator has it for
 * sure, as what it sent by it would be lost before.
 */
#include "ctrl/ike/child.h"

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

/* The newest of this IKE SA, rather one that the peer has for sure; NULL: none. */
static struct child_sa *best_of(const struct ike_sa *sa, uint32_t policy)
{
	struct child_sa *best = NULL;

	for (struct child_sa *c = sa->children; c; c = c->next) {
		if (c->conf->policy != policy || c->state != CHILD_ST_INSTALLED)
			continue;
		if (c->has_out && (!best || (c->confirmed && !best->confirmed)))
			best = c;
	}
	return best;
}

/* Under this IKE SA if there is one, else under any; *of: under which. */
static struct child_sa *best_of_all(struct ike_sa *sa, uint32_t policy,
				    struct ike_sa **of)
{
	struct child_sa *best = best_of(sa, policy);

	*of = sa;
	for (uint32_t i = 1; !best && i < sa->e->n_slots; i++) {
		*of = sa->e->slots[i];
		best = *of ? best_of(*of, policy) : NULL;
	}
	return best;
}

void child_bind_best(struct ike_sa *sa, uint32_t policy)
{
	struct ike_sa *of;
	struct child_sa *best;

	if (child_policy_is_bound(sa->e, policy))
		return;
	best = best_of_all(sa, policy, &of);
	if (best)
		child_rebind(of, best);
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
