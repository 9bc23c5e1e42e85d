// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/neigh.h"

#include <string.h>

static struct neigh *find(struct neighs *t, const struct nl_neigh *n)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].is.ifindex == n->ifindex &&
		    addr_equal(&t->at[i].is.addr, &n->addr))
			return &t->at[i];
	return NULL;
}

bool neigh_use(struct neighs *t, const struct nl_neigh *n, uint64_t now_ns)
{
	struct neigh *u = find(t, n);

	if (!u && t->n == NEIGH_MAX)
		return false;
	if (!u)
		u = &t->at[t->n++];
	*u = (struct neigh){ .is = *n, .asked_ns = now_ns };
	return true;
}

bool neigh_changed(struct neighs *t, const struct nl_neigh *n)
{
	struct neigh *u = find(t, n);
	bool moved;

	if (!u)
		return false;
	if (!n->valid) {
		*u = t->at[--t->n];
		return true;
	}
	moved = memcmp(u->is.mac, n->mac, sizeof(n->mac)) != 0;
	u->is = *n;
	return moved;
}

bool neigh_idle(struct neighs *t, uint64_t now_ns, struct nl_neigh *out)
{
	for (size_t i = 0; i < t->n; i++) {
		struct neigh *u = &t->at[i];

		if (now_ns < u->asked_ns + NEIGH_IDLE_NS)
			continue;
		*out = u->is;
		*u = t->at[--t->n];
		return true;
	}
	return false;
}
