/* SPDX-License-Identifier: BSD-2-Clause */
/* The snapshot that the control protocol reads. Control thread. */
#ifndef CYG_DAEMON_VIEW_H
#define CYG_DAEMON_VIEW_H

#include "ctrl/daemon/dp_link.h"
#include "ctrl/daemon/failures.h"
#include "ctrl/daemon/up_since.h"
#include "ctrl/model/config.h"
#include "ctrl/model/sas.h"
#include "ctrl/model/status.h"

/* What it is made from; all borrowed. */
struct view {
	const struct config *config;
	const struct dp_view *dp;   /* what the data path showed last */
	const struct sa_heads *sas; /* what IKE has; NULL: it is not spoken */
	const struct failures *failures;
	const struct up_since *since;
	const struct stream_counts *streams; /* NULL: no TCP */
};

/*
 * Manual tunnels, and behind them a child of each connection after the other,
 * up or not; policies, and behind them those of the children.
 *
 * Handed over, free with status_free(); NULL: out of memory.
 */
struct status *view_status(const struct view *v);

/* What each child's SAs have carried so far, into sas. */
void view_count(struct sas *sas, const struct dp_view *dp);

#endif
