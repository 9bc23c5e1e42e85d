// SPDX-License-Identifier: BSD-2-Clause
/*
 * Policies that take selectors from the packet ask for an SA for each values, of
 * which a scan has any number. So few of them have a place at a time, where stands
 * when to ask again; a place is given to others a second later at the earliest, and
 * each asks once as it gets it, so that whoever scans has a worker ask ASKING_WAYS
 * times a second at most, and takes no place but of policies of its own set.
 *
 * Worker.
 */
#include "ctrl/dp/worker.h"

static struct within_key key_of(const struct worker *w, const struct packet *p)
{
	const struct flow f = packet_flow(p, DIR_OUT);

	return policy_key(w->policies, p->policy_id, &f);
}

/* Ids are given one after the other, so that few policies share one. */
static struct asking *set_of(const struct worker *w, const struct packet *p)
{
	return &w->asking[p->policy_id % ASKING_SETS * ASKING_WAYS];
}

struct asking *asking_find(const struct worker *w, const struct packet *p)
{
	const struct within_key key = key_of(w, p);
	struct asking *set = set_of(w, p);

	for (uint32_t i = 0; i < ASKING_WAYS; i++)
		if (set[i].since_ns && within_key_equal(&set[i].key, &key))
			return &set[i];
	return NULL;
}

static bool is_to_be_had(const struct worker *w, const struct asking *a)
{
	return !a->since_ns || w->now_ns - a->since_ns >= NS_PER_S;
}

/* Of those, the one whose packets are the longest ago. */
struct asking *asking_take(struct worker *w, const struct packet *p)
{
	struct asking *set = set_of(w, p), *best = NULL;

	for (uint32_t i = 0; i < ASKING_WAYS; i++)
		if (is_to_be_had(w, &set[i]) &&
		    (!best || set[i].acquire.last_ns < best->acquire.last_ns))
			best = &set[i];
	if (!best)
		return NULL;
	*best = (struct asking){ .key = key_of(w, p), .since_ns = w->now_ns };
	w->has_asked = true;
	return best;
}

void asking_hold_none(struct worker *w)
{
	for (uint32_t i = 0; w->has_asked && i < ASKING_SETS * ASKING_WAYS; i++)
		w->asking[i].acquire.held = 0;
}
