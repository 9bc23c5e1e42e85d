/* SPDX-License-Identifier: BSD-2-Clause */
/* The snapshot that the control protocol reads. Control thread. */
#ifndef CYG_DAEMON_VIEW_H
#define CYG_DAEMON_VIEW_H

#include "ctrl/daemon/dp_link.h"
#include "ctrl/model/config.h"
#include "ctrl/model/sas.h"
#include "ctrl/model/status.h"

/*
 * Manual tunnels, and children that are up; policies, and behind them those of
 * the children.
 *
 * dp    what the data path showed last
 * sas   what IKE has; NULL: it is not spoken
 *
 * Handed over, free with status_free(); NULL: out of memory.
 */
struct status *view_status(const struct config *config,
			   const struct dp_view *dp, const struct sas *sas);

/* What each child's SAs have carried so far, into sas. */
void view_count(struct sas *sas, const struct dp_view *dp);

#endif
