/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of the maps by which BPF finds an SA, and of those that say whose a
 * packet is.
 */
#ifndef CYG_INCLUDE_SAD_H
#define CYG_INCLUDE_SAD_H

#include <linux/types.h>

#include "include/addr.h"
#include "include/limits.h"

/* Map `sad`, RFC 4301 section 4.1; value struct sa_ref. */
struct sad_key {
	struct addr daddr;
	__be32 spi;
	__u8 protocol; /* PROTO_ESP or PROTO_AH */
	__u8 pad[3];
};

/* Map `local_addrs`, key struct addr. */
enum local_kind {
	LOCAL_UNICAST = 1,
	LOCAL_BROADCAST = 2, /* of a subnet that we are in */
};

enum iface_role {
	IFACE_PROTECTED = 1,
	IFACE_UNPROTECTED = 2,
};

/* Map `ifaces`, key ifindex. */
struct iface_info {
	__u32 role; /* enum iface_role */
	__u32 slot; /* row of `xsks`: key slot * QUEUE_MAX + queue */
	__u64 mac;  /* mac_word() of its address */
};

/* A MAC address as one number, to be compared. */
static inline __u64 mac_word(const __u8 *octets)
{
	return (__u64)octets[0] | (__u64)octets[1] << 8 |
	       (__u64)octets[2] << 16 | (__u64)octets[3] << 24 |
	       (__u64)octets[4] << 32 | (__u64)octets[5] << 40;
}

#define MAC_GROUP 1ULL /* in mac_word(): multicast or broadcast */

_Static_assert(sizeof(struct sad_key) == 24, "map key without holes");
_Static_assert(sizeof(struct iface_info) == 16, "map value without holes");

#endif
