/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors that the program `guard` meets, and what they quote. */
#ifndef CYG_TESTS_BPF_ROWS_QUOTE_H
#define CYG_TESTS_BPF_ROWS_QUOTE_H

#include "tests/bpf/table.h"

/* From a router whom no policy covers. */
#define ERROR_OUT(type)                                                 \
	.saddr = OTHER_HOST, .daddr = FAR_HOST, .protocol = PROTO_ICMP, \
	.port = (type) << 8
#define ERROR6_OUT(type)                                \
	.saddr = OTHER_HOST6, .daddr = PROTECTED_HOST6, \
	.protocol = PROTO_ICMPV6, .port = (type) << 8

static const struct row quote_rows_guard[] = {
	{ .name = "guard: an ICMP error quotes what came through a tunnel",
	  .from = "prot",
	  .frame = { ERROR_OUT(ICMP_TIME_EXCEEDED), .about = FAR_HOST,
		     .to = LAN_HOST },
	  .drop = DROP_ICMP_QUOTE },
	{ .name = "guard: so does one of the host's own",
	  .frame = { ERROR_OUT(ICMP_UNREACHABLE), .about = FAR_HOST,
		     .to = LAN_HOST },
	  .drop = DROP_ICMP_QUOTE },
	{ .name = "guard: what a BYPASS policy passes quotes no less",
	  .frame = { .saddr = LAN_HOST,
		     .daddr = BYPASSED_HOST,
		     .protocol = PROTO_ICMP,
		     .port = ICMP_PARAMETER_PROBLEM << 8,
		     .about = FAR_HOST,
		     .to = LAN_HOST },
	  .drop = DROP_ICMP_QUOTE },
	{ .name = "guard: an ICMP error about what came in the clear passes",
	  .frame = { ERROR_OUT(ICMP_UNREACHABLE), .about = STRANGER,
		     .to = LAN_HOST },
	  .pass = PASS_DEFAULT },
	{ .name = "guard: an ICMP error about what no policy protects passes",
	  .frame = { ERROR_OUT(ICMP_UNREACHABLE), .about = TCP_HOST,
		     .to = LAN_HOST },
	  .pass = PASS_DEFAULT },
	{ .name = "guard: an ICMP error that PROTECT covers is protected",
	  .frame = { .protocol = PROTO_ICMP,
		     .port = ICMP_UNREACHABLE << 8,
		     .about = FAR_HOST,
		     .to = LAN_HOST },
	  .pass = PASS_STEER_HOST },
	{ .name = "guard: an answer to a ping quotes nothing",
	  .frame = { ERROR_OUT(ICMP_ECHO_REPLY), .about = FAR_HOST,
		     .to = LAN_HOST },
	  .pass = PASS_DEFAULT },
	{ .name = "guard: an ICMP error whose quote is no IP may quote anything",
	  .frame = { ERROR_OUT(ICMP_UNREACHABLE) },
	  .drop = DROP_ICMP_QUOTE },
	{ .name = "guard: that passes where everything may",
	  .on = GW_BYPASS_ALL,
	  .frame = { ERROR_OUT(ICMP_UNREACHABLE) },
	  .pass = PASS_DEFAULT },
	{ .name = "guard: an ICMPv6 error quotes what came through a tunnel",
	  .from = "prot",
	  .frame = { ERROR6_OUT(ICMPV6_TOO_BIG), .about = PROTECTED_HOST6,
		     .to = LAN_HOST6 },
	  .drop = DROP_ICMP_QUOTE },
	{ .name = "guard: an ICMPv6 error about what came in the clear passes",
	  .frame = { ERROR6_OUT(ICMPV6_TOO_BIG), .about = STRANGER6,
		     .to = LAN_HOST6 },
	  .pass = PASS_DEFAULT },
	{ .name = "guard: an ICMPv6 message that is no error quotes nothing",
	  .frame = { ERROR6_OUT(ICMPV6_INFO_MIN), .about = PROTECTED_HOST6,
		     .to = LAN_HOST6 },
	  .pass = PASS_DEFAULT },
};

#endif
