/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * IPv4's options (RFC 791 section 3.1), of which one counts here: a source route
 * makes whoever is addressed send the packet on to somebody else.
 */
#ifndef CYG_BPF_IPV4_H
#define CYG_BPF_IPV4_H

#include "bpf/packet.h"

#define IPV4_OPTIONS_MAX (IPV4_HEADER_MAX_BYTES - IPV4_HEADER_BYTES)

static __always_inline bool ipv4_is_source_route(__u8 option)
{
	return option == IPV4_OPT_LSRR || option == IPV4_OPT_SSRR;
}

/*
 * Is there one among them, followed to its end or not (RFC 7126 sections 4.3 and
 * 4.4)? Options whose lengths lie count as one: the kernel takes none of them.
 *
 * at      of the options in the frame
 * bytes   of them
 *
 * Not static: see ipv6_walk_xdp().
 */
int ipv4_source_route_xdp(struct xdp_md *ctx, __u32 at, __u32 bytes);

__noinline int ipv4_source_route_xdp(struct xdp_md *ctx, __u32 at, __u32 bytes)
{
	__u8 option[IPV4_OPTIONS_MAX + 1] = {}; /* one has a length behind it */
	__u32 next = 0, more = bytes - 1;

	/* Linux 6.1 takes "not 0" for no lower bound: it is shown one. */
	__asm__ volatile("" : "+r"(more));
	if (more >= IPV4_OPTIONS_MAX ||
	    bpf_xdp_load_bytes(ctx, at, option, more + 1))
		return 1;
	for (__u32 i = 0; i < IPV4_OPTIONS_MAX; i++) {
		if (i >= bytes)
			break;
		if (i < next)
			continue;
		if (option[i] == IPV4_OPT_END)
			return 0;
		next = i + 1;
		if (option[i] == IPV4_OPT_NOP)
			continue;
		if (ipv4_is_source_route(option[i]) || option[i + 1] < 2)
			return 1;
		next = i + option[i + 1];
	}
	return next > bytes;
}

#endif
