/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a BPF program sent a packet that it did not drop: to the kernel (and
 * why), to a worker, or to the host interface; and where a worker sent what it
 * was given. With drop.h, every packet that a program saw is counted exactly
 * once by the programs; every one that was steered then, or that a worker made,
 * once by a worker or by the kernel, or it is on its way.
 */
#ifndef CYG_INCLUDE_PASS_H
#define CYG_INCLUDE_PASS_H

#include <linux/types.h>

/* clang-format off */
#define PASS_REASONS(X)                                                        \
	X(NOT_IP,     "not_ip",	    "kernel: ARP and other protocols that are not IP") \
	X(LINK,	      "link",	    "kernel: multicast, broadcast, link-local, DHCP, neighbour discovery") \
	X(OTHER_HOST, "other_host", "kernel: to another station's MAC address")      \
	X(OTHER_IFACE, "other_iface", "kernel: of a VLAN that is not served, or guarded at its own interface") \
	X(LOCAL,      "local",	    "kernel: addressed to this host")          \
	X(IKE,	      "ike",	    "kernel: IKE to this host, or fragments that may be of it") \
	X(EGRESS,     "egress",	    "kernel: does not leave by an unprotected interface") \
	X(FORWARD,    "forward",    "kernel: gateway.forward is kernel, and the guard has it afterwards") \
	X(TTL,	      "ttl",	    "kernel: TTL or hop limit used up, it answers with ICMP") \
	X(BYPASS,     "bypass",	    "a BYPASS policy matched")		       \
	X(DEFAULT,    "default",    "no policy matched and gateway.default is bypass") \
	X(QUOTE,      "quote",	    "kernel: an ICMP error that no policy covers; the guard sees to what it quotes") \
	X(OWN_SOCKET, "own_socket", "kernel: from a socket of our own (IKE, DNS), or an answer to it (DNS)")	       \
	X(STEER_OUT,  "steer_out",  "to a worker, to be protected")	       \
	X(STEER_IN,   "steer_in",   "to a worker, to be verified and decrypted")     \
	X(STEER_ICMP, "steer_icmp", "to a worker: an ICMP error, that a packet of an SA of ours was too big") \
	X(STEER_HOST, "steer_host", "guard: to the host interface, to be protected") \
	X(WORKER_TX,  "worker_tx",  "worker: transmitted, protected or decrypted") \
	X(WORKER_STREAM, "worker_stream", "worker: protected, to a TCP connection of ours") \
	X(STREAM_IN, "stream_in", "worker: ESP that came in a TCP connection, to be verified and decrypted; also counted where it went") \
	X(WORKER_HOST, "worker_host", "worker: up through the host interface, decrypted or an ICMP error") \
	X(WORKER_WHOLE, "worker_whole", "worker: fragment that is part of a packet that was put together") \
	X(WORKER_ICMP, "worker_icmp", "worker: made an ICMP error about a packet that is too big") \
	X(WORKER_PMTU, "worker_pmtu", "worker: took the path MTU that an ICMP error says") \
	X(WORKER_FRAGMENT, "worker_fragment", "worker: made one more fragment of a packet that is too big") \
	X(WORKER_SEGMENT, "worker_segment", "worker: cut one more segment off a large packet of the host") \
	X(WORKER_DUMMY, "worker_dummy", "worker: made a dummy packet, as tfc_dummies asks for") \
	X(WORKER_ECN, "worker_ecn", "worker: decrypted, and the ECN fields outside and inside are a pair that nobody should send (RFC 6040 section 4.2); also counted where it went")
/* clang-format on */

enum pass_reason {
#define X(id, name, text) PASS_##id,
	PASS_REASONS(X)
#undef X
		PASS_MAX
};

/*
 * Value of the maps of counters; key: the reason. Workers have a row each, so
 * long that no two of them write to one cache line.
 */
struct counter {
	__u64 pkts;
	__u64 bytes;
};

#define COUNTER_ROW(reasons) (((reasons) + 3U) & ~3U)

#endif
