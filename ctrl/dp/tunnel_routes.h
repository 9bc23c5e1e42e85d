/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routes that make the host's own traffic fit the tunnels: each leads to
 * what a child covers at the peer, by the way to the peer, with an address
 * inside the tunnel as its source and what fits into the tunnel as its MTU. Of
 * two for the same prefix the first policy's stands. Control thread.
 */
#ifndef CYG_DP_TUNNEL_ROUTES_H
#define CYG_DP_TUNNEL_ROUTES_H

#include "ctrl/dp/nl.h"
#include "ctrl/dp/resolver.h"
#include "ctrl/dp/tunnel.h"
#include "ctrl/model/config.h"
#include "ctrl/sadb/sad.h"

struct policy_view;

/* What the routes follow from; all borrowed. */
struct tunnel_routes {
	const struct config *config;
	struct nl *nl;
	const struct resolver *resolver;
	const struct sad *sad;
	const struct policy_view *policies; /* the SAs that they have */
	const struct sadb *sadb; /* addresses of pools; NULL: there are none */
};

/*
 * Routes of NL_TABLE and their rules, as they should be; what is right is not
 * touched. Failures are logged: they lose no secrecy.
 */
void tunnel_routes_set(const struct tunnel_routes *r);

/* The same after a way to a peer may have changed: tells only of those that
 * lost their route by that. */
void tunnel_routes_follow(const struct tunnel_routes *r);

/* The policy of a child has another SA, by which another size fits; that of
 * nobody's child is left. */
void tunnel_routes_set_child(const struct tunnel_routes *r, uint32_t policy_id);

/* A peer has an address of a pool, by another SA than before, or nobody has it. */
void tunnel_routes_lease(const struct tunnel_routes *r,
			 const struct sadb_lease *l);

#endif
