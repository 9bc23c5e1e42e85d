/* SPDX-License-Identifier: BSD-2-Clause */
/* The snapshot that the control protocol reads. Control thread. */
#ifndef CYG_DAEMON_VIEW_H
#define CYG_DAEMON_VIEW_H

#include "ctrl/dp/dp.h"
#include "ctrl/model/config.h"
#include "ctrl/model/status.h"

/* Handed over, free with status_free(); NULL: out of memory. */
struct status *view_status(const struct config *config, struct dp *dp);

#endif
