/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ethtool shows of an interface, and the offloads that it turns on and
 * off. Any thread.
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

/* As `ethtool -K` names it, and what it does. */
const char *ethtool_offload_name(enum ethtool_offload offload);
const char *ethtool_offload_hides(enum ethtool_offload offload);

struct ethtool {
	char driver[ETHTOOL_DRIVER_MAX]; /* empty: it says nothing */
	uint32_t channels_max;	   /* that it can have; 0: it says nothing */
	int offloads[OFFLOAD_MAX]; /* 1 on, 0 off, -1: it says nothing */
};

/* 0, or a negative errno: -ENODEV. */
int ethtool_read(const char *name, struct ethtool *out);

/* Bits (1 << enum ethtool_offload) of those that are on. */
uint32_t ethtool_offloads_on(const struct ethtool *e);

/* Of these offloads (such bits), those that the driver lets us are turned on, or
 * off; ethtool_read() tells. 0 or a negative errno. */
int ethtool_turn(const char *name, uint32_t offloads, bool on);

#endif
