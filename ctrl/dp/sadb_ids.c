// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which id a policy has: what did not change keeps its own, wherever in the
 * list it stands, so that its SA stays bound.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/dp/sadb_state.h"

#define NONE UINT32_MAX

/* The side that changes is the same by the others. */
static bool same_selector(const struct policy *a, const struct policy *b)
{
	struct sadb_selector s = a->selector;

	if (a->is_vips != b->is_vips || !a->leased_by != !b->leased_by)
		return false;
	if (a->is_vips) {
		s.local_min = b->selector.local_min;
		s.local_max = b->selector.local_max;
	}
	if (a->leased_by) {
		s.remote_min = b->selector.remote_min;
		s.remote_max = b->selector.remote_max;
	}
	return selector_equal(&s, &b->selector);
}

static bool same_policy(const struct policy *a, const struct policy *b)
{
	return a->action == b->action && a->manual == b->manual &&
	       a->pfp == b->pfp && a->dirs == b->dirs &&
	       a->tunnel[DIR_OUT] == b->tunnel[DIR_OUT] &&
	       a->tunnel[DIR_IN] == b->tunnel[DIR_IN] && same_selector(a, b);
}

static uint32_t hash_of(const struct policy *p)
{
	const struct sadb_selector *s = &p->selector;
	uint32_t ports = (uint32_t)s->local_port_min << 16 | s->remote_port_min;
	uint32_t local = p->is_vips ? 1 : addr_hash(&s->local_min);
	uint32_t remote = p->leased_by ? 1
				       : addr_hash(&s->remote_min) * 31U +
						 addr_hash(&s->remote_max);

	return local * 961U + remote + ports * 2654435761U + s->protocol;
}

/* The list in force by what its policies are: chains in its order. */
struct index {
	uint32_t *first, *next;
	uint32_t mask;
};

static void index_free(struct index *x)
{
	free(x->first);
	free(x->next);
}

static int index_new(const struct sadb *s, struct index *x)
{
	size_t buckets = 1;

	while (buckets < s->n_policies)
		buckets *= 2;
	x->mask = (uint32_t)(buckets - 1);
	x->first = malloc(buckets * sizeof(*x->first));
	x->next = calloc(s->n_policies + 1, sizeof(*x->next));
	if (!x->first || !x->next)
		return -ENOMEM;
	memset(x->first, 0xff, buckets * sizeof(*x->first));
	for (size_t i = s->n_policies; i-- > 0;) {
		uint32_t *at = &x->first[hash_of(&s->policies[i]) & x->mask];

		x->next[i] = *at;
		*at = (uint32_t)i;
	}
	return 0;
}

/* Of policies that are the same, which one it is. */
enum alike {
	ALIKE_ID,   /* the one that has the id that it names */
	ALIKE_ALL,  /* the first whose selector is the same on both sides */
	ALIKE_SOME, /* the first */
	ALIKES,
};

static bool is_alike(const struct policy *was, const struct policy *p,
		     enum alike how)
{
	if (!same_policy(was, p))
		return false;
	switch (how) {
	case ALIKE_ID:
		return was->id == p->id;
	case ALIKE_ALL:
		return selector_equal(&was->selector, &p->selector);
	case ALIKE_SOME:
	case ALIKES:
		break;
	}
	return true;
}

/* Takes it out: each of the old ones is one of the new ones at most. */
static const struct policy *index_take(struct index *x, const struct sadb *s,
				       const struct policy *p, enum alike how)
{
	uint32_t *at = &x->first[hash_of(p) & x->mask];

	if (how == ALIKE_ID && !policy_find(s, p->id))
		return NULL;
	while (*at != NONE && !is_alike(&s->policies[*at], p, how))
		at = &x->next[*at];
	if (*at == NONE)
		return NULL;
	p = &s->policies[*at];
	*at = x->next[*at];
	return p;
}

struct giving {
	struct policy_set used;	 /* given in the new list */
	struct policy_set avoid; /* meant something in the one before */
	uint32_t next;		 /* none below it is free but to be avoided */
	bool all;		 /* none is free: what was before, too */
};

static bool is_free(const struct giving *g, uint32_t id)
{
	return id < SPD_MAX && !policy_set_has(&g->used, id) &&
	       (g->all || !policy_set_has(&g->avoid, id));
}

/* One that meant nothing before, while there is any. */
static uint32_t give_any(struct giving *g)
{
	while (!is_free(g, g->next)) {
		if (++g->next < SPD_MAX)
			continue;
		g->next = 0;
		g->all = true;
	}
	policy_set_add(&g->used, g->next);
	return g->next;
}

/* What a policy names comes first, where it means nothing else. */
static void give_new(struct giving *g, struct policy *list, size_t n, bool *done)
{
	for (size_t i = 0; i < n; i++) {
		if (done[i] || !is_free(g, list[i].id))
			continue;
		policy_set_add(&g->used, list[i].id);
		done[i] = true;
	}
	for (size_t i = 0; i < n; i++)
		if (!done[i])
			list[i].id = give_any(g);
}

/* Those that are in both lists. */
static void keep_old(const struct sadb *s, struct index *x, struct policy *list,
		     size_t n, enum alike how, bool *done,
		     struct policy_set *kept)
{
	for (size_t i = 0; i < n; i++) {
		const struct policy *old =
			done[i] ? NULL : index_take(x, s, &list[i], how);

		if (!old)
			continue;
		list[i].id = old->id;
		policy_set_add(kept, old->id);
		done[i] = true;
	}
}

int ids_assign(const struct sadb *s, struct policy *list, size_t n,
	       struct policy_set *kept)
{
	struct giving *g = calloc(1, sizeof(*g));
	bool *done = calloc(n + 1, sizeof(*done));
	struct index x = { NULL, NULL, 0 };
	int err = g && done ? index_new(s, &x) : -ENOMEM;

	for (enum alike how = 0; !err && how < ALIKES; how++)
		keep_old(s, &x, list, n, how, done, kept);
	if (!err) {
		g->used = *kept;
		for (size_t i = 0; i < s->n_policies; i++)
			policy_set_add(&g->avoid, s->policies[i].id);
		give_new(g, list, n, done);
	}
	index_free(&x);
	free(done);
	free(g);
	return err;
}
