/* SPDX-License-Identifier: BSD-2-Clause */
/* What routes lead to tunnel interfaces, as XDP and the program `tunnel` meet it. */
#ifndef CYG_TESTS_BPF_ROWS_TUNNEL_H
#define CYG_TESTS_BPF_ROWS_TUNNEL_H

#include "tests/bpf/table.h"

#define BY_TUNNEL \
	.pass = PASS_STEER_OUT, .policy_id = POLICY_TUNNEL, .sa = SA_TUNNEL

static const struct row tunnel_rows_protected[] = {
	{ .name = "protected: what a route leads to a tunnel is its own",
	  .frame = { .daddr = TUNNEL_HOST },
	  BY_TUNNEL },
	{ .name = "protected: though a policy without a tunnel is there for it",
	  .frame = { .daddr = TUNNEL_TOO },
	  BY_TUNNEL },
	{ .name = "protected: a tunnel without an SA carries nothing",
	  .frame = { .daddr = NARROW_HOST },
	  .drop = DROP_NO_SA },
	{ .name = "protected: what a tunnel's policies do not cover has no other",
	  .frame = { .daddr = NARROW_OTHER },
	  .drop = DROP_NO_TUNNEL },
	{ .name = "protected: nor gateway.default",
	  .on = GW_BYPASS_ALL,
	  .frame = { .daddr = TUNNEL_HOST },
	  .drop = DROP_NO_TUNNEL },
	{ .name = "protected: the kernel leads it there, if it forwards",
	  .on = GW_KERNEL,
	  .frame = { .daddr = TUNNEL_HOST },
	  .pass = PASS_FORWARD },
	{ .name = "protected: TTL 1 is the kernel's",
	  .frame = { .daddr = TUNNEL_HOST,
		     .overwrite = { AT_TTL, 1 << 8 | PROTO_UDP } },
	  .pass = PASS_TTL },
};

/* Routes decide about what goes out, and none about what comes in. */
static const struct row tunnel_rows_unprotected[] = {
	{ .name = "unprotected: no tunnel's policy is there for plaintext",
	  .frame = { .saddr = TUNNEL_HOST },
	  .pass = PASS_DEFAULT },
};

static const struct row tunnel_rows_guard[] = {
	{ .name = "guard: what no route leads to a tunnel is not its own",
	  .frame = { .daddr = TUNNEL_HOST },
	  .pass = PASS_DEFAULT },
};

#define TO_HOST .pass = PASS_STEER_HOST, .policy_id = POLICY_TUNNEL

static const struct row rows_tunnel[] = {
	{ .name = "tunnel: what it covers goes to the host interface", TO_HOST },
	{ .name = "tunnel: so does what the gateway sends",
	  .frame = { .saddr = GATEWAY_IN },
	  TO_HOST },
	{ .name = "tunnel: and what is for a neighbour of link-local address",
	  .frame = { .saddr = LINK_LOCAL, .daddr = LINK_LOCAL },
	  TO_HOST },
	{ .name = "tunnel: and what is for all routers of a link",
	  .frame = { .saddr = GATEWAY_IN, .daddr = MULTICAST },
	  TO_HOST },
	{ .name = "tunnel: and a broadcast",
	  .frame = { .saddr = GATEWAY_IN, .daddr = ANY_BROADCAST },
	  TO_HOST },
	{ .name = "tunnel: a later fragment, too, where no ports are asked for",
	  .frame = { .overwrite = { AT_FRAGMENT, 100 } },
	  TO_HOST },
	{ .name = "tunnel: a policy without an SA carries nothing",
	  .ingress = "tun43",
	  .frame = { .daddr = NARROW_HOST },
	  .drop = DROP_NO_SA },
	{ .name = "tunnel: what its policies do not cover is dropped",
	  .ingress = "tun43",
	  .frame = { .daddr = NARROW_OTHER },
	  .drop = DROP_NO_TUNNEL },
	{ .name = "tunnel: nothing is passed by default",
	  .on = GW_BYPASS_ALL,
	  .drop = DROP_NO_TUNNEL },
	{ .name = "tunnel: nor what only another policy would let pass",
	  .on = GW_NO_PROTECT,
	  .frame = { .daddr = BYPASSED_HOST },
	  .drop = DROP_NO_TUNNEL },
	{ .name = "tunnel: of another family it is no less dropped",
	  .frame = { .saddr = LAN_HOST6, .daddr = FAR_HOST6 },
	  .drop = DROP_NO_TUNNEL },
	{ .name = "tunnel: an interface that nobody told of has none",
	  .ingress = "other",
	  .drop = DROP_NO_TUNNEL },
	{ .name = "tunnel: from outside, no host behind us goes there",
	  .from = "unprot",
	  .drop = DROP_PLAINTEXT_IN },
	{ .name = "tunnel: who is outside may, where a route leads him there",
	  .from = "unprot",
	  .frame = { .saddr = STRANGER },
	  TO_HOST },
	{ .name = "tunnel: what came out of another tunnel may",
	  .from = "tun43",
	  .frame = { .saddr = NARROW_HOST },
	  TO_HOST },
	{ .name = "tunnel: what is no IP goes nowhere",
	  .frame = { .ethertype = ETH_P_ARP },
	  .drop = DROP_UNPARSED },
};

#endif
