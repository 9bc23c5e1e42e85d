/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IP address of either family: IPv4 stands as IPv4-mapped IPv6 (RFC 4291
 * section 2.5.5.2), so that one layout serves both, in map keys as elsewhere.
 */
#ifndef CYG_INCLUDE_ADDR_H
#define CYG_INCLUDE_ADDR_H

#include <linux/types.h>

#define ADDR_V4_AT 12 /* where in it the octets of an IPv4 address stand */

struct addr {
	__u8 octets[16]; /* network order */
};

_Static_assert(sizeof(struct addr) == 16, "part of map keys");

#endif
