/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changes in a data path that runs: SAs and policies (sadb.h), on the event
 * loop and over the programs' maps. For dp.c, which starts and ends it. Control
 * thread.
 */
#ifndef CYG_DP_CHANGES_H
#define CYG_DP_CHANGES_H

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"

struct dp;
struct event_base;

/* dp->programs and dp->sad are there. 0, or negative with e filled. */
int changes_open(struct dp *dp, struct event_base *base, struct error *e);

/* The tunnels' routes, anew. */
void changes_route(struct dp *dp);

/* They follow the ways to the peers; of a struct dp. */
void changes_follow(void *ctx);

/* A configuration's policies and manual SAs in place of those that there are; see
 * tunnels_replace(). */
int changes_take(struct dp *dp, struct config *config, struct error *e);

/* After the workers ended, before the programs are freed. */
void changes_close(struct dp *dp);

#endif
