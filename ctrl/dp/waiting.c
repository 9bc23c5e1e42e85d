// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/waiting.h"

static struct waiting *find(struct waitings *t, uint32_t ifindex,
			    uint32_t addr_be)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].addr_be == addr_be && t->at[i].ifindex == ifindex)
			return &t->at[i];
	return NULL;
}

static struct waiting *oldest(struct waitings *t)
{
	struct waiting *found = &t->at[0];

	for (size_t i = 1; i < t->n; i++)
		if (t->at[i].deadline_ns < found->deadline_ns)
			found = &t->at[i];
	return found;
}

static void take(struct waitings *t, struct waiting *w, struct waiting *out)
{
	*out = *w;
	*w = t->at[--t->n];
}

static void add_query(struct waiting *w, const struct nexthop_query *query)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->query[i].link == query->link &&
		    addr_equal(&w->query[i].dst, &query->dst)) {
			w->query[i] = *query;
			return;
		}
	}
	if (w->n == WAITING_QUERIES)
		w->more = true;
	else
		w->query[w->n++] = *query;
}

bool waiting_add(struct waitings *t, uint32_t ifindex, uint32_t addr_be,
		 const struct nexthop_query *query, uint64_t now_ns,
		 struct waiting *out)
{
	struct waiting *w = find(t, ifindex, addr_be);
	bool pushed = !w && t->n == WAITING_MAX;

	if (pushed)
		take(t, oldest(t), out);
	if (!w) {
		w = &t->at[t->n++];
		*w = (struct waiting){ .ifindex = ifindex,
				       .addr_be = addr_be,
				       .deadline_ns = now_ns + WAITING_NS };
	}
	add_query(w, query);
	return pushed;
}

bool waiting_take(struct waitings *t, uint32_t ifindex, uint32_t addr_be,
		  struct waiting *out)
{
	struct waiting *w = find(t, ifindex, addr_be);

	if (w)
		take(t, w, out);
	return w;
}

bool waiting_expired(struct waitings *t, uint64_t now_ns, struct waiting *out)
{
	struct waiting *w = t->n ? oldest(t) : NULL;

	if (!w || now_ns < w->deadline_ns)
		return false;
	take(t, w, out);
	return true;
}
