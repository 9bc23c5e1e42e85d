/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet as selectors see it (RFC 4301 section 4.4.1.1), the same in the BPF
 * programs, in the workers and in the linear reference.
 */
#ifndef CYG_INCLUDE_FLOW_H
#define CYG_INCLUDE_FLOW_H

#include <linux/types.h>

#include "include/addr.h"

/*
 * Local is the protected side, whichever way the packet goes. Ports in host
 * order; of ICMP and ICMPv6 both are type << 8 | code, as traffic selectors have
 * it (RFC 7296 section 3.13.1), of a Mobility Header type << 8. Where has_ports is not set, there are none to
 * be seen: a later fragment, or another protocol; such a packet matches
 * no selector that asks for some, but OPAQUE ones (RFC 4301 section 4.4.1.2).
 *
 * What a route sends to a tunnel interface has that one's number, and matches the
 * policies of its tunnel alone; so does what comes out of the tunnel. All else has
 * number 0, and matches none of these.
 */
struct flow {
	struct addr local, remote;
	__u16 local_port, remote_port;
	__u8 protocol; /* behind IPv6 extension headers */
	__u8 has_ports : 1;
	__u8 dir : 1; /* enum dp_dir */
	__u8 pad : 6; /* 0 */
	__u16 tunnel;
} __attribute__((aligned(8))); /* BPF would read it octet by octet */

_Static_assert(sizeof(struct flow) == 40, "map key without holes");
_Static_assert(__builtin_offsetof(struct flow, remote) == 16 &&
		       __builtin_offsetof(struct flow, local) == 0,
	       "addresses come first, see spd_key_of()");

#endif
