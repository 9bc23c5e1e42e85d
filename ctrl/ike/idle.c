// SPDX-License-Identifier: BSD-2-Clause
/*
 * The outbound SA is asked for first, and the inbound one if that is idle. While
 * the answers are on their way the time runs anew, so one that is lost is asked for
 * again.
 */
#include "ctrl/ike/idle.h"

#include "ctrl/ike/child.h"

void idle_begin(struct ike_sa *sa, struct child_sa *c)
{
	c->idle_at_ns = sa_after(sa, c->conf->inactivity, 0);
	sa_touch(sa);
}

static void query(const struct ike_sa *sa, const struct sadb_id *id)
{
	const struct sadb_request q = {
		.token = token_next(sa),
		.verb = SADB_QUERY,
		.id = *id,
	};

	sa->e->calls.sadb(sa->e->calls.ctx, &q);
}

void idle_ask(struct ike_sa *sa, struct child_sa *c)
{
	idle_begin(sa, c);
	if (c->state == CHILD_ST_INSTALLED && c->has_in && c->has_out)
		query(sa, &c->out);
}

/* It may have moved to another IKE SA meanwhile. */
static struct child_sa *find(const struct engine *e, const struct sadb_id *id,
			     struct ike_sa **owner)
{
	for (uint32_t i = 1; i < e->n_slots; i++) {
		*owner = e->slots[i];
		for (struct child_sa *c = *owner ? (*owner)->children : NULL; c;
		     c = c->next)
			if (child_is_named(c, id))
				return c;
	}
	return NULL;
}

/* What was never used is idle since it is there. */
static uint64_t idle_ns(const struct engine *e, const struct child_sa *c,
			const struct sadb_answer *a)
{
	if (a->counters.idle_s == UINT64_MAX)
		return e->now_ns - c->installed_ns;
	return a->counters.idle_s * NS_PER_S;
}

/* Nobody else needs the IKE SA, if that is what is wanted. */
static void end(struct ike_sa *sa, struct child_sa *c)
{
	c->state = CHILD_ST_DELETING;
	c->idle_at_ns = 0;
	if (sa->e->options.inactivity_close_ike && sa->children == c &&
	    !c->next && !sa->wishes)
		sa->delete_wanted = true;
	sa_next(sa);
}

void idle_answered(struct engine *e, const struct sadb_answer *a)
{
	struct ike_sa *sa;
	struct child_sa *c = find(e, &a->id, &sa);
	uint64_t most_ns, so_far_ns;

	if (a->err || !c || c->state != CHILD_ST_INSTALLED || !c->idle_at_ns)
		return;
	most_ns = c->conf->inactivity * NS_PER_S;
	so_far_ns = idle_ns(e, c, a);
	sa_touch(sa);
	if (so_far_ns < most_ns)
		c->idle_at_ns = e->now_ns + most_ns - so_far_ns;
	else if (a->id.dir == SADB_OUT)
		query(sa, &c->in);
	else
		end(sa, c);
}
