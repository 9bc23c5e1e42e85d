/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data path's sadb (sadb.h) on the event loop, over the programs' maps: for
 * dp.c, which starts and ends it; and what else dp.h has for IKE. Control
 * thread.
 */
#ifndef CYG_DP_SEAM_H
#define CYG_DP_SEAM_H

#include "ctrl/base/error.h"

struct dp;
struct event_base;

/* dp->programs and dp->sad are there. 0, or negative with e filled. */
int seam_open(struct dp *dp, struct event_base *base, struct error *e);

/* After the workers ended, before the programs are freed. */
void seam_close(struct dp *dp);

#endif
