// SPDX-License-Identifier: BSD-2-Clause
/*
 * Inbound SAs of CHILD SAs that another pair has replaced. A DELETE, or the
 * answer to ours, may overtake packets that the peer sent before it: so they are
 * accepted for some seconds more, under an SPI that nobody gets meanwhile. They
 * belong to no IKE SA any more.
 *
 * A limit: a peer that rekeys too often, or too many of a policy at once, has the
 * oldest of them go at once, lest they fill the SAD.
 */
#include <stdlib.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/child_cpus.h"

#define DEPARTING_MAX	1024U
#define OF_ONE_PEER_MAX 8U /* and policy, beside what CPUs have */

/* In the order in which they go, which is that in which they came unless the
 * options changed meanwhile. */
struct departure {
	struct sadb_id in;
	struct addr peer;
	uint32_t policy;
	uint64_t at_ns;
	struct departure *next;
};

static void end(struct engine *e, struct departure **at)
{
	struct departure *d = *at;
	const struct sadb_request q = { .verb = SADB_DELETE, .id = d->in };

	*at = d->next;
	free(d);
	e->calls.sadb(e->calls.ctx, &q);
}

static bool is_alike(const struct departure *a, const struct departure *b)
{
	return a->policy == b->policy && addr_equal(&a->peer, &b->peer);
}

/* The oldest of the peer and policy, or of all, where there are too many. */
static void make_room(struct engine *e, const struct departure *d,
		      unsigned int most)
{
	struct departure **oldest = NULL;
	unsigned int n = 0, n_alike = 0;

	for (struct departure **at = &e->departing; *at; at = &(*at)->next) {
		n++;
		if (!is_alike(*at, d))
			continue;
		n_alike++;
		if (!oldest)
			oldest = at;
	}
	if (n_alike >= most)
		end(e, oldest);
	else if (n >= DEPARTING_MAX)
		end(e, &e->departing);
}

static bool depart(const struct ike_sa *sa, const struct child_sa *c)
{
	struct engine *e = sa->e;
	struct departure **last = &e->departing;
	struct departure *d = malloc(sizeof(*d));

	if (!d)
		return false;
	*d = (struct departure){
		.in = c->in,
		.peer = sa->path.remote,
		.policy = c->conf->policy,
		.at_ns = e->now_ns + e->options.delete_rekeyed_delay * NS_PER_S,
	};
	make_room(e, d, OF_ONE_PEER_MAX + (c->of_cpus ? CPUS_MAX : 0));
	while (*last && (*last)->at_ns <= d->at_ns)
		last = &(*last)->next;
	d->next = *last;
	*last = d;
	return true;
}

void child_depart(struct ike_sa *sa, struct child_sa *c, const char *why)
{
	child_retire(sa, c);
	if (c->has_in && child_other_is_bound(sa->e, c) && depart(sa, c))
		c->has_in = false;
	child_remove(sa, c, why);
}

uint64_t departures_deadline(const struct engine *e)
{
	return e->departing ? e->departing->at_ns : UINT64_MAX;
}

void departures_end(struct engine *e, uint64_t now_ns)
{
	while (e->departing && e->departing->at_ns <= now_ns)
		end(e, &e->departing);
}

void departures_forget(struct engine *e)
{
	while (e->departing) {
		struct departure *d = e->departing;

		e->departing = d->next;
		free(d);
	}
}
