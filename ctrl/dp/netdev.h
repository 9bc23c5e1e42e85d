/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver says of its XDP, through the generic netlink family `netdev`
 * (Linux 6.3). Control thread.
 */
#ifndef CYG_DP_NETDEV_H
#define CYG_DP_NETDEV_H

#include <stdint.h>

struct netdev {
	uint64_t xdp_features; /* enum netdev_xdp_act */
	/* Pieces of a frame in zero-copy mode; 1: none has more, or nobody says
	 * (Linux 6.6). */
	uint32_t zc_pieces;
};

/* 0 or a negative errno: -ENOENT, where the kernel has no such family. */
int netdev_read(uint32_t ifindex, struct netdev *out);

#endif
