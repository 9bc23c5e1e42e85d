/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tables of packets speak of: the gateway under test, its policies
 * and SAs, and the form of a row.
 *
 *   10.1.0.0/24 -- prot [gateway] unprot -- 192.0.2.0/24 -- everything else
 *   10.9.0.0/24 -- other --'
 *
 * and of IPv6 likewise 2001:db8:1::/64, 2001:db8:ff::/64 and 2001:db8:9::/64.
 */
#ifndef CYG_TESTS_BPF_TABLE_H
#define CYG_TESTS_BPF_TABLE_H

#include <stdbool.h>

#include "include/drop.h"
#include "include/limits.h"
#include "include/meta.h"
#include "include/pass.h"
#include "tests/bpf/frame.h"

#define GATEWAY_IN    "10.1.0.1"
#define GATEWAY_OUT   "192.0.2.1"
#define LAN_HOST      "10.1.0.10"
#define LAN_NEIGHBOUR "10.1.0.11"
#define LAN_BY_SOURCE "10.1.0.66" /* a rule sends it to the other LAN */
#define LAN_LOST      "10.1.0.99" /* the kernel has a blackhole for it */
#define LAN_BROADCAST "10.1.0.255"
#define WAN_HOST      "192.0.2.77" /* on the link; nobody answers ARP */
#define WAN_BROADCAST "192.0.2.255"
#define OTHER_HOST    "10.9.0.10" /* its neighbour entry is there */
#define OTHER_SILENT  "10.9.0.11" /* nobody answers ARP */
#define FAR_HOST      "10.2.0.10"
#define FAR_DISCARDED "10.2.9.10"
#define FAR_BLACKHOLE \
	"10.2.66.10" /* no inner route, as the tunnel needs none */
#define TCP_HOST       "10.3.0.10"
#define NO_SA_HOST     "10.4.0.10"
#define ON_DEMAND_HOST "10.5.0.10"
#define POPULATED_HOST "10.6.0.10" /* each remote address has SAs of its own */
#define LATER_HOST     "10.8.0.10" /* its later fragments are discarded */
#define BYPASSED_HOST  "198.51.100.10"
#define STRANGER       "203.0.113.10"
#define LIAR	       "203.0.113.66" /* a router whom nobody believes */
#define FAR_GATEWAY    "203.0.113.1"
#define TUNNEL_HOST    "10.42.0.10" /* a route leads to tun42 */
#define TUNNEL_TOO     "10.2.77.10" /* too, and POLICY_PROTECT is of 10.2 */
#define NARROW_HOST    "10.43.0.10" /* to tun43, whose policy has no SA */
#define NARROW_OTHER   "10.43.9.10" /* to tun43, and no policy of it covers it */
#define ANY_BROADCAST  "255.255.255.255"
#define MULTICAST      "224.0.0.5"
#define WIDE_GROUP     "239.1.2.3"
#define LINK_LOCAL     "169.254.1.1"

#define GATEWAY_IN6	"2001:db8:1::1"
#define GATEWAY_OUT6	"2001:db8:ff::1"
#define LAN_HOST6	"2001:db8:1::10"
#define LAN_NEIGHBOUR6	"2001:db8:1::11"
#define LAN_BY_SOURCE6	"2001:db8:1::66"
#define OTHER_HOST6	"2001:db8:9::10"
#define FAR_HOST6	"2001:db8:2::10"
#define FAR_DISCARDED6	"2001:db8:2:9::10"
#define TCP_HOST6	"2001:db8:3::10"
#define NO_SA_HOST6	"2001:db8:4::10"
#define MOBILE_HOST6	"2001:db8:8::10" /* one type of Mobility Headers is not */
#define BYPASSED_HOST6	"2001:db8:6::10"
#define PROTECTED_HOST6 "2001:db8:7::10"
#define STRANGER6	"2001:db8:77::10"
#define FAR_GATEWAY6	"2001:db8:77::1"
#define WAN_NEIGHBOUR6	"2001:db8:ff::77"
#define LINK_LOCAL6	"fe80::1"
#define LINK_LOCAL6_TOO "fe80::2"
#define ALL_NODES6	"ff02::1"
#define WIDE_GROUP6	"ff0e::1:2:3"
#define MLD_ROUTERS6	"ff02::16"
#define DHCP_SERVERS6	"ff02::1:2"

/* Served VLANs: see fixture_set_vlans(). */
#define VID_LAN 100
#define VID_WAN 200
#define VID_BY_INGRESS \
	300 /* a rule sends what arrives there to the other LAN */
#define VID_PROVIDER 400
#define VID_NONE     500 /* not served */

#define OTHER_MAC                 \
	{                         \
		2, 0, 0, 0, 0, 99 \
	}
#define BROADCAST_MAC                        \
	{                                    \
		255, 255, 255, 255, 255, 255 \
	}

#define POLICY_GEN 7
#define TAG_MARK   0x40U /* one bit of a mark; others are not ours */

/* Not the places in the list, and no two alike. */
enum policy_id {
	POLICY_DISCARD = 11,
	POLICY_PROTECT = 22,
	POLICY_SHADOWED = 33,
	POLICY_TCP = 44,
	POLICY_NO_SA = 55,
	POLICY_ON_DEMAND = 56, /* has no SA either */
	POLICY_OTHER_LAN = 63,
	POLICY_SIX = 66,      /* has none either */
	POLICY_REDIRECT = 64, /* both discard ICMP to the gateway itself */
	POLICY_ROUTER = 65,
	POLICY_LATER = 67,
	POLICY_MH = 68,
	POLICY_BYPASS = 9,
	POLICY_TUNNEL = 70, /* of everything, by tun42 */
	POLICY_NARROW = 71,
	POLICY_GRE = 73,       /* of this host, as a tunnel of GRE has it */
	POLICY_POPULATED = 72, /* whose SAs BPF does not know */
};

#define SA_OUT	   ((struct sa_ref){ .id = 5, .gen = 3 })
#define SA_TCP	   ((struct sa_ref){ .id = 6, .gen = 1 })
#define SA_GRE	   ((struct sa_ref){ .id = 14, .gen = 2 })
#define SA_TUNNEL  ((struct sa_ref){ .id = 13, .gen = 1 })
#define SA_OUT6	   ((struct sa_ref){ .id = 11, .gen = 1 })
#define SA_OUT_AH  ((struct sa_ref){ .id = 12, .gen = 1 })
#define SA_IN_ESP  ((struct sa_ref){ .id = 7, .gen = 2 })
#define SA_IN_ESP6 ((struct sa_ref){ .id = 9, .gen = 5 })
#define SA_IN_AH6  ((struct sa_ref){ .id = 10, .gen = 6 })
#define SA_IN_AH   ((struct sa_ref){ .id = 8, .gen = 4 })

#define SPI_ESP	   0x10000001U
#define SPI_OUT	   0x30000003U
#define SPI_LOWEST 256U /* the first that is not reserved */
#define SPI_AH	   0x20000002U

enum program {
	PROGRAM_PROTECTED,
	PROGRAM_UNPROTECTED,
	PROGRAM_GUARD,
	PROGRAM_TUNNEL,
};

/* The two tunnel interfaces: if_id, and number. */
#define TUN42	     42U
#define TUN43	     43U
#define TUNNEL_FIRST 1
#define TUNNEL_OTHER 2

/* Instances of the programs. */
enum instance {
	GW_BYPASS, /* gateway.default = bypass */
	/* The same policies, gateway.default = discard; AF_XDP takes no frame in
	 * several pieces. */
	GW_DISCARD,
	GW_NO_PROTECT,	/* DISCARD and BYPASS policies alone */
	GW_BYPASS_ALL,	/* BYPASS policies alone, and the default */
	GW_DISCARD_ALL, /* BYPASS policies alone, the default is discard */
	GW_KERNEL,	/* as GW_BYPASS, gateway.forward = kernel */
	GW_NO_META,	/* its interfaces' drivers take no metadata */
	GW_MAX,
};

struct row {
	const char *name;
	enum instance on;
	struct frame_spec frame;
	const char *ingress; /* NULL: the program's interface */
	const char *from;    /* guard: whence it came in; NULL: from the host */
	uint32_t queue;
	uint32_t mark;	   /* guard: that the packet has */
	uint32_t gso_segs; /* guard: it is so many in one */
	/* The packet is counted here, and the verdict follows from it. */
	enum drop_reason drop; /* DROP_NONE: see pass */
	enum pass_reason pass;
	/* What a steered packet carries; 0 and {0}: of the usual policy. */
	uint32_t policy_id;
	struct sa_ref sa;
	bool no_sa; /* it carries none */
	bool plain; /* a first fragment: whole, it is the kernel's */
};

#endif
