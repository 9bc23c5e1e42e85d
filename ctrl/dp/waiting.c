// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/waiting.h"

static struct waiting *find(struct waitings *t, uint32_t ifindex,
			    const struct addr *addr)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].ifindex == ifindex &&
		    addr_equal(&t->at[i].addr, addr))
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
		    addr_equal(&w->query[i].dst, &query->dst) &&
		    addr_equal(&w->query[i].src, &query->src)) {
			w->query[i] = *query;
			return;
		}
	}
	if (w->n == WAITING_QUERIES)
		w->more = true;
	else
		w->query[w->n++] = *query;
}

bool waiting_add(struct waitings *t, uint32_t ifindex, const struct addr *addr,
		 const struct nexthop_query *query, uint64_t now_ns,
		 struct waiting *out)
{
	struct waiting *w = find(t, ifindex, addr);
	bool pushed = !w && t->n == WAITING_MAX;

	if (pushed)
		take(t, oldest(t), out);
	if (!w) {
		w = &t->at[t->n++];
		*w = (struct waiting){ .ifindex = ifindex,
				       .addr = *addr,
				       .deadline_ns = now_ns + WAITING_NS };
	}
	add_query(w, query);
	return pushed;
}

bool waiting_take(struct waitings *t, uint32_t ifindex, const struct addr *addr,
		  struct waiting *out)
{
	struct waiting *w = find(t, ifindex, addr);

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
