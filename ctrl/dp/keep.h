/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Others configure the network, too: a manager that sets qdiscs, an agent whose
 * filter has the guard's place, `ip link set xdp off`. What they took off is
 * attached again as the kernel tells of it, or within a second. Control thread.
 */
#ifndef CYG_DP_KEEP_H
#define CYG_DP_KEEP_H

#include "ctrl/base/error.h"

struct dp;
struct event_base;

/* From now on until keep_end(). 0, or negative with e filled. */
int keep_begin(struct dp *dp, struct event_base *base, struct error *e);
void keep_end(struct dp *dp);

#endif
