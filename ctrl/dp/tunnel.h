/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the configuration to the databases: the policies and the manual SAs, by
 * the way that all others take (sadb.h). Control thread.
 */
#ifndef CYG_DP_TUNNEL_H
#define CYG_DP_TUNNEL_H

#include "ctrl/base/error.h"
#include "ctrl/dp/manual.h"
#include "ctrl/dp/sadb.h"
#include "ctrl/dp/tunnel_if.h"
#include "ctrl/model/config.h"

/* Where they go; all is borrowed. */
struct tunnel_books {
	struct sadb *sadb;
	struct manual *manual;
	const struct tunnel_ifs *ifs; /* each if_id's is there */
};

/*
 * The policies and manual SAs of a configuration, in place of those that there
 * are.
 *
 * config   its children get the ids of their policies, those that they name if
 *          these are free; manual keys are wiped
 *
 * 0, or negative with e filled and all as it was: see manual_prepare().
 */
int tunnels_replace(struct config *config, const struct tunnel_books *to,
		    uint64_t now_ns, struct error *e);

/* Would the children have policies? What tunnels_replace() says of them, where
 * nothing is replaced. */
int tunnels_check(const struct config *config, struct error *e);

/* Between which addresses SAs of its children may be. */
void tunnel_ends(const struct conn_conf *conn, struct policy_ends *out);

/* The same policies, of which virtual IPs or pools are others than before. */
int tunnels_follow(struct config *config, const struct tunnel_books *to,
		   struct error *e);

/* Is a remote selector what peers get of the connection's pools? Then it has no
 * prefix. */
bool tunnel_is_leased(const struct conn_conf *conn, const struct ts_conf *ts);

/*
 * What one selector of a child covers; a dynamic one is the only address of its
 * side: of several, some would not be protected. On the local side it is a virtual
 * IP of the remote side's family if the connection asks for them, and nobody's
 * address until there is one.
 *
 * False: not known, or of some ports alone.
 */
bool tunnel_remote(const struct conn_conf *conn, const struct ts_conf *ts,
		   struct range *out);
bool tunnel_local(const struct conn_conf *conn, const struct ts_conf *ts,
		  const struct range *remote, struct range *out);

#endif
