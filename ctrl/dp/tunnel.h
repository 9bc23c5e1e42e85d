/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the configuration to the databases: the policies and the manual SAs, by
 * the way that all others take (sadb.h). Control thread.
 */
#ifndef CYG_DP_TUNNEL_H
#define CYG_DP_TUNNEL_H

#include "ctrl/base/error.h"
#include "ctrl/dp/sadb.h"
#include "ctrl/model/config.h"
#include "ctrl/sadb/sad.h"

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

/*
 * What one selector of a child covers; a dynamic one is the only address of its
 * side: of several, some would not be protected.
 *
 * outer   the addresses of that side
 *
 * False: not known, or of some ports alone.
 */
bool tunnel_side(const struct ts_conf *ts, const struct conn_addr *outer,
		 size_t n_outer, struct prefix *out);

#endif
