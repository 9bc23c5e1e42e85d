/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnel interfaces, of route-based tunnels: each if_id has one, `ipsec42` that of
 * if_id 42. Policies and flows name it by a number, from 1 on, which dp gives it;
 * map `ifaces` has that for the interface to which a route leads.
 */
#ifndef CYG_INCLUDE_TUNNEL_H
#define CYG_INCLUDE_TUNNEL_H

#include <linux/types.h>

/* Value of the map `tunnels`, key its if_id: where what comes out of it comes in. */
struct tunnel_place {
	__u32 ifindex;
	__u8 mac[6];
	__u8 pad[2];
};

/* A worker writes this in place of both MAC addresses of what it opened for the
 * kernel. No interface has such an address: nobody takes it without the programs. */
struct tunnel_tag {
	__u32 magic; /* random at each start */
	__u32 if_id;
	__u32 zero;
};

_Static_assert(sizeof(struct tunnel_place) == 12, "map value without holes");
_Static_assert(sizeof(struct tunnel_tag) == 12, "two MAC addresses");

#endif
