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
#include "include/meta.h"

/* Map `sad`, RFC 4301 section 4.1; value struct sa_ref. */
struct sad_key {
	struct addr daddr;
	__be32 spi;
	__u8 protocol; /* PROTO_ESP or PROTO_AH */
	__u8 pad[3];
} __attribute__((aligned(8))); /* BPF would read it octet by octet */

/*
 * Map `sad_slots`: at the low bits of an SPI the SA that has it, or one of those
 * that have the same. Two of them are a cache line. The SPIs that we choose differ
 * there (ctrl/dp/sadb_spi.c). SPI 0: none.
 */
struct sad_slot {
	struct sad_key key;
	struct sa_ref sa;
};

/* Slots for so many SAs: a power of two. */
static inline __u32 sad_slots_for(__u32 sas)
{
	__u32 n = 1;

	while (n < sas)
		n *= 2;
	return n;
}

/* Map `local_addrs`, key struct addr. */
enum local_kind {
	LOCAL_UNICAST = 1,
	LOCAL_BROADCAST = 2, /* of a subnet that we are in */
};

enum iface_role {
	IFACE_PROTECTED = 1,
	IFACE_UNPROTECTED = 2,
	IFACE_TUNNEL = 3, /* see include/tunnel.h; not served by itself */
};

#define VLAN_TAGS_MAX 2 /* of a frame: 802.1Q, or 802.1ad and 802.1Q */

/* A VLAN tag (IEEE 802.1Q) in host order; both 0: none. */
struct vlan_tag {
	__u16 tpid; /* ETH_P_8021Q or ETH_P_8021AD */
	__u16 vid;
};

/*
 * Map `ifaces`. A VLAN interface stands in it twice: by the device and the
 * tags with which its frames arrive, and by its own ifindex without tags, which
 * is how the kernel names it where it tells a route.
 */
struct iface_key {
	__u32 ifindex;
	struct vlan_tag tag[VLAN_TAGS_MAX]; /* outermost first */
};

struct iface_info {
	__u32 role;    /* enum iface_role */
	__u32 slot;    /* row of `xsks`: key slot * QUEUE_MAX + queue */
	__u64 mac;     /* mac_word() of its address */
	__u32 ifindex; /* its own */
	__u32 tunnel;  /* IFACE_TUNNEL: its number */
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
_Static_assert(sizeof(struct sad_slot) == 32, "half a cache line");
_Static_assert(sizeof(struct iface_key) == 12, "map key without holes");
_Static_assert(sizeof(struct iface_info) == 24, "map value without holes");

#endif
