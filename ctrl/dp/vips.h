/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual IPs. Those that peers gave us: the policies of their connections' children
 * are for them, and then an interface has them, `ipsec0` or another. In this order: no
 * packet is from such an address while nothing protects it. Interfaces outlive us, and
 * what an earlier start gave them goes. Those that peers get of our pools: policies
 * are for what a pool has. Control thread.
 */
#ifndef CYG_DP_VIPS_H
#define CYG_DP_VIPS_H

#include "ctrl/model/config.h"

struct dp;

/* A configuration in place of another one knows what that knew. */
void vips_keep(const struct config *was, struct config *now);

/* Interfaces have those of all connections, and no others of ours. */
void vips_settle(const struct dp *dp);

#endif
