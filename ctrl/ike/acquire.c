// SPDX-License-Identifier: BSD-2-Clause
/*
 * ACQUIRE: packets wait for an SA of a policy. It is told again for as long as
 * they do, so what is under way already is left alone.
 */
#include "ctrl/ike/acquire.h"

#include <string.h>

static bool is_made_by(const struct exchange *x, uint32_t policy)
{
	return x->child && x->child->conf->policy == policy;
}

static bool has_child(const struct ike_sa *sa, uint32_t policy)
{
	for (const struct child_sa *c = sa->children; c; c = c->next)
		if (c->state == CHILD_ST_INSTALLED && c->conf->policy == policy)
			return true;
	return (sa->wanted && sa->wanted->policy == policy &&
		sa->state != IKE_ST_ESTABLISHED) ||
	       is_made_by(&sa->ours, policy) || is_made_by(&sa->peers, policy);
}

static bool is_under_way(const struct engine *e, uint32_t policy)
{
	for (uint32_t i = 1; i < e->n_slots; i++) {
		const struct ike_sa *sa = e->slots[i];

		if (sa && sa->state < IKE_ST_DELETING && has_child(sa, policy))
			return true;
	}
	return false;
}

static const struct child_conf *child_of(const struct conn *c, uint32_t policy)
{
	for (size_t i = 0; i < c->conf.n_children; i++)
		if (c->conf.children[i].policy == policy)
			return &c->conf.children[i];
	return NULL;
}

void acquire(struct engine *e, uint32_t policy)
{
	const struct child_conf *child = NULL;
	struct conn *c = e->conns;

	while (c && !(child = child_of(c, policy)))
		c = c->next;
	if (child && !is_under_way(e, policy))
		engine_initiate(e, c->conf.name, child->name, e->now_ns);
}
