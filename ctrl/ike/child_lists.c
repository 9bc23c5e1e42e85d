// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs of which the engine knows without a search over all IKE SAs: those that
 * their policies are bound to, those that a rekeying of the peer's has replaced, and
 * all that are installed, by their inbound SPIs.
 * A child is in a list if its entry points back.
 */
#include "ctrl/ike/child.h"
#include "ctrl/ike/child_for.h"
#include "ctrl/ike/child_near.h"

static struct child_list *bucket_of(const struct engine *e, uint32_t policy)
{
	return (struct child_list *)&e->bound[policy % BOUND_BUCKETS];
}

void child_clear_bound(struct child_sa *c)
{
	c->bound = false;
	if (!c->of_bound.le_prev)
		return;
	LIST_REMOVE(c, of_bound);
	c->of_bound.le_prev = NULL;
	child_near_take(c);
}

void child_set_bound(struct ike_sa *sa, struct child_sa *c)
{
	struct child_near near = child_near(sa->e, c, true);
	struct child_sa *o;

	while ((o = child_near_next(&near))) {
		if (o != c && !child_covers(c, o))
			continue;
		child_clear_bound(o);
		sa_touch(o->sa);
	}
	c->sa = sa;
	c->bound = true;
	LIST_INSERT_HEAD(bucket_of(sa->e, c->conf->policy), c, of_bound);
	child_near_put(sa->e, c);
	sa_touch(sa);
}

bool child_other_is_bound(const struct engine *e, const struct child_sa *c)
{
	struct child_near near = child_near(e, c, true);
	const struct child_sa *o;

	while ((o = child_near_next(&near)))
		if (o->state != CHILD_ST_DELETING && child_meets(o, c))
			return true;
	return false;
}

static struct child_list *policy_list(const struct engine *e, uint32_t policy)
{
	return (struct child_list *)&e->by_policy[policy % BOUND_BUCKETS];
}

void child_unlisted(struct child_sa *c)
{
	if (!c->of_spi.le_prev)
		return;
	LIST_REMOVE(c, of_spi);
	LIST_REMOVE(c, of_policy);
	c->of_spi.le_prev = NULL;
	child_near_take(c);
}

void child_listed(struct ike_sa *sa, struct child_sa *c)
{
	child_unlisted(c);
	c->sa = sa;
	LIST_INSERT_HEAD(&sa->e->by_spi[c->spi_in % SPI_BUCKETS], c, of_spi);
	LIST_INSERT_HEAD(policy_list(sa->e, c->conf->policy), c, of_policy);
	child_near_put(sa->e, c);
}

struct child_sa *child_of_policy(const struct engine *e, uint32_t policy,
				 const struct child_sa *after)
{
	struct child_sa *c = after ? LIST_NEXT(after, of_policy)
				   : LIST_FIRST(policy_list(e, policy));

	while (c && c->conf->policy != policy)
		c = LIST_NEXT(c, of_policy);
	return c;
}

struct child_sa *child_of_spi(const struct engine *e, uint32_t spi_in,
			      struct child_sa *after)
{
	struct child_sa *c =
		after ? LIST_NEXT(after, of_spi)
		      : LIST_FIRST(&e->by_spi[spi_in % SPI_BUCKETS]);

	while (c && c->spi_in != spi_in)
		c = LIST_NEXT(c, of_spi);
	return spi_in ? c : NULL;
}

void child_set_replaced(struct engine *e, struct child_sa *c, uint32_t by)
{
	if (c->of_replaced.le_prev)
		LIST_REMOVE(c, of_replaced);
	c->of_replaced.le_prev = NULL;
	c->replaced_by = by;
	if (by)
		LIST_INSERT_HEAD(&e->replaced, c, of_replaced);
}
