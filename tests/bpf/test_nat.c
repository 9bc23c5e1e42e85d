// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the guard sees through NAT: packets that the kernel forwards or sends, and
 * nftables changes before they get there, from a host on an interface that is not
 * served (dmz), from outside (wan), or of the gateway itself. The guard is loaded
 * before there is any rule, and before the module that tracks connections.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/dp/attach.h"
#include "ctrl/dp/conntrack.h"
#include "ctrl/dp/programs.h"
#include "ctrl/wire/icmp.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "include/proto.h"
#include "tests/support/packet.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define GATEWAY	  "10.1.0.1"
#define OUTER	  "192.0.2.1"
#define HOST	  "10.1.0.10"
#define FAR_HOST  "10.2.0.10"
#define PORT_HOST "10.4.0.10" /* see set_policies() */
#define BYPASSED  "198.51.100.10"
#define STRANGER  "203.0.113.10"
#define HOST6	  "2001:db8:1::10"
#define FAR_HOST6 "2001:db8:2::10"
#define STRANGER6 "2001:db8:77::10"

#define PORT	   4000
#define FIRST_PORT 40000 /* of senders, one for each case */
#define SENT_MAX   2
#define WAIT_MS	   2000
#define L4_BYTES   24U
#define FRAME_MAX  256U
#define BIG_BYTES  2000U /* more than the MTU, less than two */
#define ECHO	   (8 << 8)
#define ECHO6	   (128 << 8)
#define DMZ_MAC	   0x02, 0, 0, 0, 0, 1
#define WAN_MAC	   0x02, 0, 0, 0, 0, 2

/* A packet, or a datagram of the gateway's own. */
struct sent {
	const char *by; /* interface by which it comes; NULL: it is ours */
	const char *saddr, *daddr;
	uint16_t sport;	   /* 0: the case's own */
	uint16_t dport;	   /* or ICMP's type and code */
	uint8_t protocol;  /* 0: UDP */
	uint16_t bytes;	   /* of a datagram of ours */
	const char *about; /* ICMP error about a packet from there to saddr */
};

struct nat_case {
	const char *name;
	const char *before; /* rule where it comes in or is made */
	const char *after;  /* rule in postrouting */
	struct sent sent[SENT_MAX];
	enum drop_reason drop; /* one packet; DROP_NONE: it passes */
	enum pass_reason pass;
	uint32_t passed; /* so many others do as well */
};

#define MASQUERADE "oifname wan masquerade"
#define SNAT6	   "oifname wan snat ip6 to 2001:db8:ff::1"
#define DNAT(to)   "dnat ip to " to

#define FROM_DMZ(to)	 .by = "dmz", .saddr = HOST, .daddr = to
#define FROM_GATEWAY(to) .saddr = GATEWAY, .daddr = to

static const struct nat_case cases[] = {
	{ .name = "what NAT leaves alone is judged as it is",
	  .sent = { { FROM_DMZ(FAR_HOST) } },
	  .drop = DROP_NO_SA },
	{ .name = "UDP that was to be protected does not escape",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ(FAR_HOST) } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "nor does TCP",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ(FAR_HOST), .protocol = PROTO_TCP } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "nor does ICMP",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ(FAR_HOST), .protocol = PROTO_ICMP,
		      .dport = ECHO } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "nor does a protocol without ports",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ(FAR_HOST), .protocol = 253 } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "nor does IPv6",
	  .after = SNAT6,
	  .sent = { { .by = "dmz", .saddr = HOST6, .daddr = FAR_HOST6 } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "nor does ICMPv6",
	  .after = SNAT6,
	  .sent = { { .by = "dmz",
		      .saddr = HOST6,
		      .daddr = FAR_HOST6,
		      .protocol = PROTO_ICMPV6,
		      .dport = ECHO6 } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "what no policy covers is masqueraded",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ(STRANGER) } },
	  .pass = PASS_DEFAULT },
	{ .name = "and so is what a BYPASS policy covers",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ(BYPASSED) } },
	  .pass = PASS_DEFAULT },
	{ .name = "and IPv6 that no policy covers",
	  .after = SNAT6,
	  .sent = { { .by = "dmz", .saddr = HOST6, .daddr = STRANGER6 } },
	  .pass = PASS_DEFAULT },

	/* --- the gateway's own */
	{ .name = "the gateway's own packets do not escape",
	  .after = MASQUERADE,
	  .sent = { { FROM_GATEWAY(FAR_HOST) } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "nor does a fragment", /* the kernel sends no other then */
	  .after = MASQUERADE,
	  .sent = { { FROM_GATEWAY(FAR_HOST), .bytes = BIG_BYTES } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "nor a later one, which a policy for ports might cover",
	  .after = MASQUERADE,
	  .sent = { { FROM_GATEWAY(PORT_HOST), .dport = PORT + 1,
		      .bytes = BIG_BYTES } },
	  .drop = DROP_NAT_ESCAPE,
	  .pass = PASS_DEFAULT,
	  .passed = 1 },
	{ .name = "fragments that no policy covers are masqueraded",
	  .after = MASQUERADE,
	  .sent = { { FROM_GATEWAY(STRANGER), .bytes = BIG_BYTES } },
	  .pass = PASS_DEFAULT,
	  .passed = 1 },
	{ .name = "the gateway's own that no policy covers are masqueraded",
	  .after = MASQUERADE,
	  .sent = { { FROM_GATEWAY(STRANGER) } },
	  .pass = PASS_DEFAULT },
	{ .name = "the gateway's own do not escape to another address",
	  .before = DNAT(STRANGER),
	  .sent = { { FROM_GATEWAY(FAR_HOST) } },
	  .drop = DROP_NAT_ESCAPE },

	/* --- ports and other destinations */
	{ .name = "the ports before NAT are those of the policy",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ(PORT_HOST), .dport = PORT } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "and with others nothing escapes",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ(PORT_HOST), .dport = PORT + 1 } },
	  .pass = PASS_DEFAULT },
	{ .name = "the type of ICMP is as it was",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ(PORT_HOST), .protocol = PROTO_ICMP,
		      .dport = ECHO } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "a port that is changed is no way out",
	  .before = "udp dport 4000 " DNAT(PORT_HOST) ":5000",
	  .sent = { { FROM_DMZ(PORT_HOST), .dport = PORT } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "the source port counts, too",
	  .after = "meta l4proto udp snat ip to 10.1.0.10:7000",
	  .sent = { { FROM_DMZ(PORT_HOST), .sport = PORT, .dport = 53 } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "nor is a destination that is changed",
	  .before = DNAT(STRANGER),
	  .sent = { { FROM_DMZ(FAR_HOST) } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "what is protected only once its destination is changed, "
		  "neither",
	  .before = "ip daddr 203.0.113.99 " DNAT(FAR_HOST),
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ("203.0.113.99") } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "whether by its address or by its port",
	  .before = "udp dport 4001 " DNAT(PORT_HOST) ":4000",
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ("203.0.113.97"), .dport = PORT + 1 } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "a destination that is changed to another stranger may be",
	  .before = "ip daddr 203.0.113.98 " DNAT(STRANGER),
	  .after = MASQUERADE,
	  .sent = { { FROM_DMZ("203.0.113.98") } },
	  .pass = PASS_DEFAULT },

	/* --- the other way */
	{ .name = "an answer that was to be protected does not escape",
	  .before = "udp dport 9000 " DNAT(HOST),
	  .sent = { { .by = "wan",
		      .saddr = FAR_HOST,
		      .daddr = OUTER,
		      .sport = 49152,
		      .dport = 9000 },
		    { FROM_DMZ(FAR_HOST), .sport = 9000, .dport = 49152 } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "nor does an error of ICMP",
	  .before = "udp dport 9001 " DNAT(HOST),
	  .sent = { { .by = "wan",
		      .saddr = FAR_HOST,
		      .daddr = OUTER,
		      .sport = 49152,
		      .dport = 9001 },
		    { FROM_DMZ(FAR_HOST), .sport = 9001, .dport = 49152,
		      .about = FAR_HOST } },
	  .drop = DROP_NAT_ESCAPE },
	{ .name = "an answer that no policy covers may leave",
	  .before = "udp dport 9002 " DNAT(HOST),
	  .sent = { { .by = "wan",
		      .saddr = STRANGER,
		      .daddr = OUTER,
		      .sport = 49152,
		      .dport = 9002 },
		    { FROM_DMZ(STRANGER), .sport = 9002, .dport = 49152 } },
	  .pass = PASS_DEFAULT },
};

/* --- the gateway */

static struct programs *programs;
static struct attachment guard_at;

static const char links[] =
	"set -e\n"
	"echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6\n"
	"echo 1 >/proc/sys/net/ipv4/ip_forward\n"
	"ip link set lo up\n"
	"ip link add wan type veth peer name wan-peer\n"
	"ip link add dmz type veth peer name dmz-peer\n"
	"ip link set dmz address 02:00:00:00:00:01\n"
	"ip link set wan address 02:00:00:00:00:02\n"
	"for i in wan wan-peer dmz dmz-peer; do ip link set $i up; done\n"
	"for i in wan dmz; do\n"
	"	echo 0 >/proc/sys/net/ipv6/conf/$i/accept_dad\n"
	"	echo 0 >/proc/sys/net/ipv6/conf/$i/disable_ipv6\n"
	"done\n"
	"echo 1 >/proc/sys/net/ipv6/conf/all/forwarding\n"
	"ip address add 192.0.2.1/24 dev wan\n"
	"ip address add 10.1.0.1/24 dev dmz\n"
	"ip address add 2001:db8:ff::1/64 dev wan\n"
	"ip address add 2001:db8:1::1/64 dev dmz\n"
	"ip route add default via 192.0.2.254\n"
	"ip route add default via 2001:db8:ff::fe dev wan\n"
	"ip neigh add 10.1.0.10 lladdr 02:00:00:00:00:0a dev dmz\n"
	"ip neigh add 192.0.2.254 lladdr 02:00:00:00:00:fe dev wan\n"
	"ip neigh add 2001:db8:ff::fe lladdr 02:00:00:00:00:fe dev wan\n";

static struct policy policy(uint32_t id, const char *local, const char *remote)
{
	struct prefix l, r;

	if (prefix_parse(local, &l) || prefix_parse(remote, &r))
		abort();
	return (struct policy){
		.id = id,
		.action = SPD_PROTECT,
		.dirs = SPD_BOTH,
		.selector = selector_between(&l, &r, 0),
	};
}

/* The host with ports: UDP to PORT or from it, and echo requests. */
static int set_policies(void)
{
	struct policy list[] = {
		policy(1, "10.1.0.0/24", "10.2.0.0/16"),
		policy(2, "2001:db8:1::/64", "2001:db8:2::/64"),
		policy(3, "10.1.0.0/24", "10.4.0.0/24"),
		policy(4, "10.1.0.0/24", "10.4.0.0/24"),
		policy(5, "10.1.0.0/24", "10.4.0.0/24"),
		policy(6, "10.1.0.0/24", "198.51.100.0/24"),
	};
	struct spd_image image;
	int err;

	list[2].selector.protocol = list[3].selector.protocol = PROTO_UDP;
	list[2].selector.remote_port_min = list[2].selector.remote_port_max =
		PORT;
	list[3].selector.local_port_min = list[3].selector.local_port_max = PORT;
	list[4].selector.protocol = PROTO_ICMP;
	list[4].selector.local_port_min = list[4].selector.local_port_max = ECHO;
	list[5].action = SPD_BYPASS;
	err = classify_compile(list, ARRAY_LEN(list), 1, &image);
	if (err)
		return err;
	err = programs_set_policies(programs, &image);
	image_free(&image);
	return err;
}

static struct attach_iface wan(void)
{
	return (struct attach_iface){ .name = "wan",
				      .ifindex = if_nametoindex("wan"),
				      .role = IFACE_UNPROTECTED };
}

static int load(struct programs_spec *spec, struct error *e)
{
	const struct attach_iface at = wan();
	int err = conntrack_find(&spec->conntrack);

	if (err)
		return error_set(e, err, "connection tracking: %s",
				 strerror(-err));
	err = programs_load(spec, &programs, e);
	if (err)
		return err;
	if (set_policies())
		return error_set(e, -EINVAL, "policies");
	return attach_guard(&at, programs_guard_fd(programs), &guard_at, e);
}

static int start(void **state)
{
	struct programs_spec spec = { .default_action = SPD_BYPASS };
	struct error e = { .text = "ip link, address, route" };

	(void)state;
	if (unshare(CLONE_NEWNET) == 0 && system(links) == 0 &&
	    load(&spec, &e) == 0)
		return 0;
	printf("# %s\n", e.text);
	return -1;
}

static int stop(void **state)
{
	const struct attach_iface at = wan();

	(void)state;
	attach_undo_guard(&at, &guard_at);
	programs_free(programs);
	return 0;
}

static void set_rules(const struct nat_case *c)
{
	FILE *nft = popen("nft -f -", "w");
	const char *before = c->before ? c->before : "";

	assert_non_null(nft);
	fprintf(nft,
		"flush ruleset\n"
		"table inet nat {\n"
		"chain in { type nat hook prerouting priority -100; %s\n }\n"
		"chain own { type nat hook output priority -100; %s\n }\n"
		"chain out { type nat hook postrouting priority 100; %s\n }\n"
		"}\n",
		before, before, c->after ? c->after : "");
	assert_int_equal(pclose(nft), 0);
}

/* --- packets */

static void put16(uint8_t *at, uint16_t value)
{
	const uint16_t be = htons(value);

	memcpy(at, &be, sizeof(be));
}

/* RFC 9293 section 3.1: a SYN. */
static void build_tcp(uint8_t *l4, const struct ip_header *h)
{
	uint8_t whole[12 + L4_BYTES] = { [9] = PROTO_TCP, [11] = L4_BYTES };

	l4[12] = 5 << 4;
	l4[13] = 0x02;
	memcpy(whole, h->saddr.octets + ADDR_V4_AT, 4);
	memcpy(whole + 4, h->daddr.octets + ADDR_V4_AT, 4);
	memcpy(whole + 12, l4, L4_BYTES);
	put16(l4 + 16, ipv4_checksum(whole, sizeof(whole)));
}

/* An IPv4 datagram needs no checksum. */
static void build_udp(uint8_t *l3, uint8_t *l4, const struct ip_header *h)
{
	put16(l4 + 4, L4_BYTES);
	if (h->version == 6)
		put16(l4 + 6, ipv6_checksum(l3, PROTO_UDP, l4, L4_BYTES));
}

static uint32_t build(const struct sent *s, uint16_t sport, uint8_t *l3)
{
	struct ip_header h = {
		.saddr = addr_of(s->saddr),
		.daddr = addr_of(s->daddr),
		.ttl = 64,
		.protocol = s->protocol ? s->protocol : PROTO_UDP,
	};
	uint8_t *l4;

	h.version = addr_is_v4(&h.saddr) ? 4 : 6;
	l4 = l3 + ip_least_bytes(h.version);
	h.total_bytes = ip_least_bytes(h.version) + L4_BYTES;
	ip_build(l3, &h);
	put16(l4, sport);
	put16(l4 + 2, s->dport);
	if (h.protocol == PROTO_ICMP || h.protocol == PROTO_ICMPV6) {
		put16(l4, s->dport);
		put16(l4 + 4, sport); /* its identifier */
		icmp_build(l3, &h);
	} else if (h.protocol == PROTO_TCP) {
		build_tcp(l4, &h);
	} else if (h.protocol == PROTO_UDP) {
		build_udp(l3, l4, &h);
	}
	return h.total_bytes;
}

/* From saddr, about a datagram that got there. */
static uint32_t build_error(const struct sent *s, uint8_t *l3)
{
	const struct sent quoted = { .saddr = s->about,
				     .daddr = s->saddr,
				     .dport = s->sport };
	struct ip_header h = {
		.saddr = addr_of(s->saddr),
		.daddr = addr_of(s->daddr),
		.version = 4,
		.ttl = 64,
		.protocol = PROTO_ICMP,
	};
	uint8_t packet[FRAME_MAX] = { 0 };
	uint32_t bytes = build(&quoted, s->dport, packet);

	h.total_bytes = IPV4_HEADER_BYTES +
			icmp_too_big(l3 + IPV4_HEADER_BYTES,
				     (struct slice){ packet, bytes }, 4, 1400);
	icmp_build(l3, &h);
	return h.total_bytes;
}

static void inject(const struct sent *s, uint16_t sport)
{
	static const uint8_t dmz_mac[] = { DMZ_MAC }, wan_mac[] = { WAN_MAC };
	const bool dmz = strcmp(s->by, "dmz") == 0;
	const struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex =
			(int)if_nametoindex(dmz ? "dmz-peer" : "wan-peer"),
	};
	uint8_t frame[ICMP_ERROR_PAYLOAD_MAX + FRAME_MAX] = { 0 };
	uint8_t *l3 = frame + ETH_HEADER_BYTES;
	uint32_t bytes = s->about ? build_error(s, l3) : build(s, sport, l3);
	int sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	memcpy(frame, dmz ? dmz_mac : wan_mac, sizeof(dmz_mac));
	put16(frame + 12, l3[0] >> 4 == 6 ? 0x86dd : 0x0800);
	assert_return_code(sock, errno);
	assert_return_code(bind(sock, (const struct sockaddr *)&to, sizeof(to)),
			   errno);
	assert_int_equal(send(sock, frame, ETH_HEADER_BYTES + bytes, 0),
			 ETH_HEADER_BYTES + bytes);
	close(sock);
}

static struct sockaddr_in socket_address(const char *text, uint16_t port)
{
	const struct addr a = addr_of(text);
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(port) };

	memcpy(&in.sin_addr, a.octets + ADDR_V4_AT, sizeof(in.sin_addr));
	return in;
}

/* Whether the guard lets it out is not what send() says. */
static void send_own(const struct sent *s, uint16_t sport)
{
	const struct sockaddr_in from = socket_address(s->saddr, sport);
	const struct sockaddr_in to =
		socket_address(s->daddr, s->dport ? s->dport : 9);
	static const uint8_t octets[BIG_BYTES];
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_return_code(sock, errno);
	assert_return_code(
		bind(sock, (const struct sockaddr *)&from, sizeof(from)), errno);
	(void)sendto(sock, octets, s->bytes ? s->bytes : L4_BYTES, 0,
		     (const struct sockaddr *)&to, sizeof(to));
	close(sock);
}

/* --- what became of them */

/* All that the guard met; what is said on the link by itself is not ours. */
static uint64_t met(const struct counters *c)
{
	uint64_t n = 0;

	for (int i = 0; i < DROP_MAX; i++)
		n += c->drops[i].pkts;
	for (int i = 0; i < PASS_MAX; i++)
		if (i != PASS_LINK)
			n += c->passes[i].pkts;
	return n;
}

/* Forwarding goes on after send() now and then. */
static void wait_for(uint64_t n, struct counters *now)
{
	for (int ms = 0; ms < WAIT_MS; ms++) {
		memset(now, 0, sizeof(*now));
		programs_counters(programs, now);
		if (met(now) >= n)
			return;
		usleep(1000);
	}
}

static void assert_met(const struct nat_case *c, const struct counters *before)
{
	const uint64_t pkts = 1 + c->passed;
	const uint64_t dropped = c->drop != DROP_NONE ? 1 : 0;
	struct counters now;

	wait_for(met(before) + pkts, &now);
	assert_int_equal(met(&now) - met(before), pkts);
	assert_int_equal(now.drops[c->drop].pkts - before->drops[c->drop].pkts,
			 dropped);
	assert_int_equal(now.passes[c->pass].pkts - before->passes[c->pass].pkts,
			 pkts - dropped);
}

static void case_holds(void **state)
{
	const struct nat_case *c = *state;
	const uint16_t own = (uint16_t)(FIRST_PORT + (c - cases));
	struct counters before = { 0 };

	set_rules(c);
	programs_counters(programs, &before);
	for (size_t i = 0; i < SENT_MAX && c->sent[i].saddr; i++) {
		const struct sent *s = &c->sent[i];
		const uint16_t sport = s->sport ? s->sport : own;

		if (s->by)
			inject(s, sport);
		else
			send_own(s, sport);
	}
	assert_met(c, &before);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_LEN(cases)];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = case_holds,
			.initial_state = (void *)(uintptr_t)&cases[i],
		};
	return _cmocka_run_group_tests("nat", tests, ARRAY_LEN(cases), start,
				       stop);
}
