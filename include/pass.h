/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a BPF program sent a packet that it did not drop: to the kernel (and
 * why), to a worker, or to the host interface. Together with drop.h every
 * packet that a program saw is counted exactly once.
 */
#ifndef CYG_INCLUDE_PASS_H
#define CYG_INCLUDE_PASS_H

#include <linux/types.h>

/* clang-format off */
#define PASS_REASONS(X)                                                        \
	X(NOT_IPV4,   "not_ipv4",   "kernel: ARP, IPv6 and other protocols")         \
	X(LINK,	      "link",	    "kernel: multicast, broadcast, link-local, DHCP") \
	X(LOCAL,      "local",	    "kernel: addressed to this host")          \
	X(EGRESS,     "egress",	    "kernel: does not leave by an unprotected interface") \
	X(TTL,	      "ttl",	    "kernel: TTL used up, it answers with ICMP") \
	X(BYPASS,     "bypass",	    "a BYPASS policy matched")		       \
	X(DEFAULT,    "default",    "no policy matched and gateway.default is bypass") \
	X(OWN_SOCKET, "own_socket", "guard: from a socket of our own (IKE)")	       \
	X(STEER_OUT,  "steer_out",  "to a worker, to be protected")	       \
	X(STEER_IN,   "steer_in",   "to a worker, to be verified and decrypted")     \
	X(STEER_HOST, "steer_host", "guard: to the host interface, to be protected")
/* clang-format on */

enum pass_reason {
#define X(id, name, text) PASS_##id,
	PASS_REASONS(X)
#undef X
		PASS_MAX
};

/* Value of the per-CPU maps `drops` and `passes`; key: the reason. */
struct counter {
	__u64 pkts;
	__u64 bytes;
};

#endif
