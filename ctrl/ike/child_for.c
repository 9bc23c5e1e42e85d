// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/child_for.h"

#include "ctrl/ike/child.h"

static bool have_same_values(const struct child_sa *c,
			     const struct child_sa *other)
{
	struct ts_first a, b;

	child_first(c, &a);
	child_first(other, &b);
	return ts_same_values(c->conf->pfp, &a, &b);
}

bool child_shares(const struct child_sa *c, const struct child_sa *other)
{
	struct ts_sides these, those;

	if (c->conf->policy != other->conf->policy)
		return false;
	if (c->conf->pfp)
		return have_same_values(c, other);
	these = child_kept_ts(c);
	those = child_kept_ts(other);
	return ts_meet(&these.local, &those.local) &&
	       ts_meet(&these.remote, &those.remote);
}

bool child_meets(const struct child_sa *c, const struct child_sa *other)
{
	return c->cpu == other->cpu && child_shares(c, other);
}

bool child_covers(const struct child_sa *c, const struct child_sa *other)
{
	struct ts_sides these, those;

	if (c->conf->policy != other->conf->policy ||
	    (c->of_cpus && c->cpu != other->cpu))
		return false;
	if (c->conf->pfp)
		return have_same_values(c, other);
	these = child_kept_ts(c);
	those = child_kept_ts(other);
	return ts_within(&those.local, &these.local) &&
	       ts_within(&those.remote, &these.remote);
}

bool child_takes(const struct child_sa *c, const struct ts_first *first)
{
	struct ts_sides packet = { .local.n = 1, .remote.n = 1 }, these;

	packet.local.at[0] = first->local;
	packet.remote.at[0] = first->remote;
	these = child_kept_ts(c);
	return ts_within(&packet.local, &these.local) &&
	       ts_within(&packet.remote, &these.remote);
}

bool child_is_for(const struct child_sa *c, uint32_t policy,
		  const struct ts_first *first)
{
	struct ts_first own;

	if (c->conf->policy != policy || (first && first->cpu != c->cpu))
		return false;
	if (!first || !first->is)
		return true;
	child_first(c, &own);
	if (c->conf->pfp)
		return ts_same_values(c->conf->pfp, &own, first);
	return !c->more_ts || child_takes(c, first);
}

static uint8_t cpu_of(const struct ts_first *first)
{
	return first ? first->cpu : 0;
}

bool child_conf_same(const struct child_conf *conf, const struct ts_first *a,
		     const struct ts_first *b)
{
	if (cpu_of(a) != cpu_of(b))
		return false;
	return !conf->pfp || !a || !a->is || !b || !b->is ||
	       ts_same_values(conf->pfp, a, b);
}

const struct ts_first *child_values(const struct child_sa *c,
				    struct ts_first *room)
{
	child_first(c, room);
	return c->conf->pfp && room->is ? room : NULL;
}
