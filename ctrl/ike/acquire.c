// SPDX-License-Identifier: BSD-2-Clause
/*
 * Children that nobody asks for by name. Packets wait for an SA of a policy
 * (ACQUIRE), and that is told again for as long as they do. The peer is dead
 * (dpd_action), or closed what it has not replaced (close_action), or did not
 * answer a first message (keyingtries). What is under way already is left alone.
 */
#include "ctrl/ike/acquire.h"
#include "ctrl/ike/followup.h"

#include "ctrl/ike/later.h"

#include <string.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/child_cpus.h"
#include "ctrl/ike/child_for.h"

/* For so many packets an IKE SA may be about to make children of a policy that has one
 * for each. Those beyond ask again. */
#define WAITING_MAX 64U

static bool is_made_by(const struct exchange *x, uint32_t policy,
		       const struct ts_first *first)
{
	return x->child && child_is_for(x->child, policy, first);
}

bool acquire_is_up(const struct ike_sa *sa, uint32_t policy,
		   const struct ts_first *first)
{
	for (const struct child_sa *c = sa->children; c; c = c->next)
		if (c->state == CHILD_ST_INSTALLED &&
		    child_is_for(c, policy, first))
			return true;
	return false;
}

static bool wants(const struct ike_sa *sa, uint32_t policy,
		  const struct ts_first *first)
{
	return sa->wanted && sa->wanted->policy == policy &&
	       sa->state != IKE_ST_ESTABLISHED &&
	       child_conf_same(sa->wanted, &sa->wanted_first, first);
}

static bool has_child(const struct ike_sa *sa, uint32_t policy,
		      const struct ts_first *first)
{
	return acquire_is_up(sa, policy, first) || wants(sa, policy, first) ||
	       is_made_by(&sa->ours, policy, first) ||
	       is_made_by(&sa->peers, policy, first) ||
	       is_made_by(followup_peers(sa), policy, first) ||
	       wish_has(sa, policy, first);
}

struct ike_sa *acquire_owner(const struct engine *e, uint32_t policy,
			     const struct ts_first *first,
			     const struct ike_sa *that)
{
	/* No data path has given it an id yet. */
	for (uint32_t i = 1; policy != UINT32_MAX && i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (sa && sa != that && sa->state < IKE_ST_DELETING &&
		    !sa->delete_wanted && has_child(sa, policy, first))
			return sa;
	}
	return NULL;
}

static const struct child_conf *child_of(const struct conn *c, uint32_t policy)
{
	for (size_t i = 0; i < c->conf.n_children; i++)
		if (c->conf.children[i].policy == policy)
			return &c->conf.children[i];
	return NULL;
}

/* Of one whose policy has an SA for the values of each packet. */
static unsigned int count_up(const struct engine *e, uint32_t policy)
{
	const struct child_sa *c = NULL;
	unsigned int n = 0;

	while ((c = child_of_policy(e, policy, c)))
		n += c->state == CHILD_ST_INSTALLED && !c->replaced_by;
	return n;
}

static bool has_room(const struct engine *e, const struct child_conf *conf)
{
	const unsigned int waiting = wishes_of(e, conf->policy);

	return waiting < WAITING_MAX &&
	       (!conf->pfp ||
		waiting + count_up(e, conf->policy) < conf->pfp_limit);
}

void acquire(struct engine *e, const struct sadb_event *event)
{
	const struct child_conf *child = NULL;
	struct conn *c = e->conns;
	struct ts_first first;
	const struct cause cause = {
		.first = e->options.ignore_acquire_ts ? NULL : &first,
	};

	while (c && !(child = child_of(c, event->policy)))
		c = c->next;
	if (!child)
		return;
	ts_of_packet(&event->packet, child->pfp, &first);
	if (event->cpu && cpus_acquire(e, event->policy, event->cpu, &first))
		return;
	if (!acquire_owner(e, event->policy, &first, NULL) && has_room(e, child))
		sa_initiate(e, c->conf.name, child->name, &cause);
}

/* --- again */

static void begin_again(const struct ike_sa *sa, const struct child_sa *c)
{
	struct ts_first room;
	const struct cause cause = { .not_by = sa,
				     .first = child_values(c, &room) };

	if (!acquire_owner(sa->e, c->conf->policy, cause.first, sa))
		sa_initiate(sa->e, c->conn->conf.name, c->conf->name, &cause);
}

/* Nobody here wants it down. */
static bool is_wanted(const struct ike_sa *sa, const struct child_sa *c)
{
	return sa->state == IKE_ST_ESTABLISHED && !sa->delete_wanted &&
	       c->state == CHILD_ST_INSTALLED;
}

static bool may_try_again(const struct ike_sa *sa)
{
	uint32_t most = sa->conn->conf.keyingtries;

	return !most || sa->attempts + 1 < most;
}

static void try_again(struct ike_sa *sa)
{
	const struct cause cause = {
		.attempts = sa->attempts + 1,
		.not_by = sa,
		.first = &sa->wanted_first,
	};

	if (sa->state < IKE_ST_ESTABLISHED && sa->wanted && !sa->delete_wanted)
		sa_initiate(sa->e, sa->conn->conf.name, sa->wanted->name,
			    &cause);
}

void again_dead(struct ike_sa *sa)
{
	for (const struct child_sa *c = sa->children; c; c = c->next)
		if (is_wanted(sa, c) && (c->conf->dpd_action & CHILD_START))
			begin_again(sa, c);
	if (may_try_again(sa))
		try_again(sa);
}

/* At a boot DNS may be there later than we are. */
void again_unresolved(struct ike_sa *sa)
{
	if (may_try_again(sa) ||
	    (sa->wanted && (sa->wanted->start_action & CHILD_START)))
		try_again(sa);
}

void again_closed(struct ike_sa *sa)
{
	for (const struct child_sa *c = sa->children; c; c = c->next)
		if (is_wanted(sa, c) && (c->conf->close_action & CHILD_START))
			begin_again(sa, c);
}

/* The same message may end the next one: not at once. */
void again_broken(struct ike_sa *sa)
{
	for (const struct child_sa *c = sa->children; c; c = c->next)
		if (is_wanted(sa, c) && (c->conf->start_action & CHILD_START))
			later_again(sa->e, c);
}

void again_child_closed(struct ike_sa *sa, const struct child_sa *c)
{
	if (!is_wanted(sa, c) || c->replaced_by || c->cpu ||
	    !(c->conf->close_action & CHILD_START))
		return;
	for (const struct child_sa *o = sa->children; o; o = o->next)
		if (o != c && o->state == CHILD_ST_INSTALLED && child_meets(o, c))
			return;
	begin_again(sa, c);
}
