/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the configuration to the databases: the policies and the manual SAs, by
 * the way that all others take (sadb.h), and the routes that make the host's
 * own traffic fit the tunnels. Control thread.
 */
#ifndef CYG_DP_TUNNEL_H
#define CYG_DP_TUNNEL_H

#include "ctrl/base/error.h"
#include "ctrl/dp/resolver.h"
#include "ctrl/dp/sadb.h"
#include "ctrl/model/config.h"
#include "ctrl/sadb/sad.h"

struct policy_view;

#define TUNNELS_MARK_BYTES 32

/* The two SAs of config.manual[i], at the same index. */
struct tunnel {
	struct sa_ref in;
	struct sa_ref out;
};

/*
 * config    its children get the ids of their policies, those that they name if
 *           these are free; manual keys are wiped
 * tunnels   room for config.n_manual
 * mark      by which the manual SAs and their policies are known again; no key
 *           can be had from it
 *
 * 0, or negative with e filled.
 */
int tunnels_install(struct config *config, struct sadb *sadb,
		    struct tunnel *tunnels, uint8_t mark[TUNNELS_MARK_BYTES],
		    struct error *e);

/*
 * The policies of another configuration; likewise. -EBUSY: its manual SAs are
 * not those of the mark.
 */
int tunnels_replace(struct config *config, struct sadb *sadb,
		    const uint8_t mark[TUNNELS_MARK_BYTES], struct error *e);

/* What the routes follow from; all borrowed. */
struct tunnel_routes {
	const struct config *config;
	struct nl *nl;
	const struct resolver *resolver;
	const struct sad *sad;
	const struct tunnel *tunnels;
	const struct policy_view *policies; /* the SAs that children have */
};

/* Routes of NL_TABLE, anew. Failures are logged: they lose no secrecy. */
void tunnels_route(const struct tunnel_routes *r);

/* The policy of a child has another SA, by which another size fits; that of
 * nobody's child is left. */
void tunnels_route_child(const struct tunnel_routes *r, uint32_t policy_id);

#endif
