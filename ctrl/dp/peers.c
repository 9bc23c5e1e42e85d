// SPDX-License-Identifier: BSD-2-Clause
/*
 * Peers that have names: their lookups, and what these say. What a name resolved
 * to is where SAs of its connection may go to, and where its routes lead.
 */
#include <errno.h>
#include <string.h>

#include "ctrl/dp/changes.h"
#include "ctrl/dp/dp.h"
#include "ctrl/dp/state.h"

int dp_let_lookup_out(struct dp *dp, uint32_t slot, const int *fds, size_t n)
{
	if (slot >= LOOKUPS_MAX || n > RESOLVERS_MAX)
		return -EINVAL;
	return lookups_set(&dp->lookups, dp->programs, slot, fds, n);
}

static struct conn_conf *conn_of(const struct dp *dp, const char *name)
{
	for (size_t i = 0; i < dp->config->n_conns; i++)
		if (strcmp(dp->config->conns[i].name, name) == 0)
			return &dp->config->conns[i];
	return NULL;
}

/* Until it is resolved again, an SA to where it was may be rekeyed. */
void dp_set_peer(struct dp *dp, const struct conn_peer *peer)
{
	struct conn_conf *c = conn_of(dp, peer->conn);
	struct policy_ends ends;

	if (!c || !conn_is_named(c))
		return;
	conn_resolve(c, peer->known, peer->n_known);
	tunnel_ends(c, &ends);
	conn_resolve(c, peer->now, peer->n_now);
	for (size_t k = 0; k < c->n_children; k++)
		sadb_set_ends(dp->sadb, c->children[k].policy, &ends);
	changes_route(dp);
}
