/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ethtool shows of an interface, for whoever looks for a cause. It
 * changes nothing. Any thread.
 */
#ifndef CYG_DP_ETHTOOL_H
#define CYG_DP_ETHTOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETHTOOL_DRIVER_MAX 32 /* with the NUL */

/* What a driver may do to frames before XDP sees them. */
enum ethtool_offload {
	OFFLOAD_RX_VLAN, /* takes the VLAN tag off */
	OFFLOAD_LRO,	 /* joins packets */
	OFFLOAD_GRO_HW,	 /* likewise */
	OFFLOAD_MAX
};

/* As `ethtool -K` names it. */
const char *ethtool_offload_name(enum ethtool_offload offload);

struct ethtool {
	char driver[ETHTOOL_DRIVER_MAX]; /* empty: it says nothing */
	uint32_t channels_max;	   /* that it can have; 0: it says nothing */
	int offloads[OFFLOAD_MAX]; /* 1 on, 0 off, -1: it says nothing */
};

/* 0, or a negative errno: -ENODEV. */
int ethtool_read(const char *name, struct ethtool *out);

#endif
