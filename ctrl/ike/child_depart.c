// SPDX-License-Identifier: BSD-2-Clause
/*
 * Inbound SAs of CHILD SAs that another pair has replaced. A DELETE, or the
 * answer to ours, may overtake packets that the peer sent before it: so they are
 * accepted for some seconds more, under an SPI that nobody gets meanwhile. They
 * belong to no IKE SA any more.
 *
 * A limit: who rekeys too often, or too many at once, has the oldest of them go
 * at once, lest they fill the SAD.
 */
#include <stdlib.h>

#include "ctrl/ike/child.h"
#include "include/limits.h"

#define DEPARTING_MAX	  1024U
#define OF_ONE_POLICY_MAX 8U

/* In the order in which they go, which is that in which they came unless the
 * options changed meanwhile. */
struct departure {
	struct sadb_id in;
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

/* The oldest of the policy, or of all, where there are too many. */
static void make_room(struct engine *e, uint32_t policy)
{
	struct departure **oldest = NULL;
	unsigned int n = 0, of_policy = 0;

	for (struct departure **at = &e->departing; *at; at = &(*at)->next) {
		n++;
		if ((*at)->policy != policy)
			continue;
		of_policy++;
		if (!oldest)
			oldest = at;
	}
	if (of_policy >= OF_ONE_POLICY_MAX)
		end(e, oldest);
	else if (n >= DEPARTING_MAX)
		end(e, &e->departing);
}

static bool depart(struct engine *e, const struct child_sa *c)
{
	struct departure **last = &e->departing;
	struct departure *d = malloc(sizeof(*d));

	if (!d)
		return false;
	*d = (struct departure){
		.in = c->in,
		.policy = c->conf->policy,
		.at_ns = e->now_ns + e->options.delete_rekeyed_delay * NS_PER_S,
	};
	make_room(e, d->policy);
	while (*last && (*last)->at_ns <= d->at_ns)
		last = &(*last)->next;
	d->next = *last;
	*last = d;
	return true;
}

void child_depart(struct ike_sa *sa, struct child_sa *c, const char *why)
{
	child_retire(sa, c);
	if (c->has_in && child_other_is_bound(sa->e, c) && depart(sa->e, c))
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
