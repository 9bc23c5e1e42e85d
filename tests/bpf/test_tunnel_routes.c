// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tunnels' routes over a kernel of its own, as the kernel says them to the
 * host's own traffic: of both families inside and outside, and as they follow
 * the way to the peer.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip6.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/crypto/alg.h"
#include "ctrl/dp/nl_table.h"
#include "ctrl/dp/tunnel_routes.h"
#include "ctrl/dp/worker.h"
#include "tests/bpf/routing.h"

#define SAYS_MAX 1024

struct tunnel_case {
	struct routing net;
	struct config config;
	struct conn_conf conn;
	struct child_conf children[2];
	struct policy_view policies; /* no child has an SA */
	struct sad *sad;
};

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static struct ts_conf ts_of(const char *text)
{
	return (struct ts_conf){ .net = prefix_of(text),
				 .port_max = UINT16_MAX };
}

/* The conn's next child. */
static void add_child(struct tunnel_case *c, const char *local,
		      const char *remote)
{
	struct child_conf *child = &c->children[c->conn.n_children++];

	*child = (struct child_conf){
		.n_local_ts = 1,
		.n_remote_ts = 1,
		.local_ts = { ts_of(local) },
		.remote_ts = { ts_of(remote) },
		.policy = UINT32_MAX,
	};
	snprintf(child->name, sizeof(child->name), "%s", remote);
}

static int setup(void **state)
{
	struct tunnel_case *c = calloc(1, sizeof(*c));
	struct gateway_conf *g = &c->config.gateway;

	*state = c;
	if (!c || routing_start(&c->net))
		return -1;
	c->sad = sad_new(&crypto_openssl, 1);
	c->config.conns = &c->conn;
	c->config.n_conns = 1;
	c->conn.children = c->children;
	c->conn.n_remote_addrs = 1;
	snprintf(g->ifaces[0].name, sizeof(g->ifaces[0].name), "wan");
	g->ifaces[0].role = IFACE_UNPROTECTED;
	g->n_ifaces = 1;
	return c->sad ? 0 : -1;
}

static int teardown(void **state)
{
	struct tunnel_case *c = *state;

	routing_stop(&c->net);
	sad_free(c->sad);
	free(c);
	return 0;
}

static struct tunnel_routes routes_of(const struct tunnel_case *c)
{
	return (struct tunnel_routes){
		.config = &c->config,
		.nl = c->net.nl,
		.resolver = c->net.resolver,
		.sad = c->sad,
		.policies = &c->policies,
	};
}

static void set(struct tunnel_case *c, const char *peer)
{
	const struct tunnel_routes r = routes_of(c);

	c->conn.remote_addrs[0].net = prefix_of(peer);
	tunnel_routes_set(&r);
}

static void follow(struct tunnel_case *c)
{
	const struct tunnel_routes r = routes_of(c);

	tunnel_routes_follow(&r);
}

/* What ip answers. */
static void says(const char *words, char out[SAYS_MAX])
{
	char line[256];
	FILE *answer;
	size_t n;

	snprintf(line, sizeof(line), "ip %s 2>&1", words);
	answer = popen(line, "r");
	assert_non_null(answer);
	n = fread(out, 1, SAYS_MAX - 1, answer);
	out[n] = '\0';
	pclose(answer);
}

static void assert_says(const char *words, const char *want)
{
	char out[SAYS_MAX];

	says(words, out);
	if (!strstr(out, want))
		fail_msg("ip %s: %s; wanted: %s", words, out, want);
}

static void assert_same(const char *words, const char *before)
{
	char out[SAYS_MAX];

	says(words, out);
	assert_string_equal(out, before);
}

/* --- */

static void each_family_in_each_goes_by_the_way_to_the_peer(void **state)
{
	struct tunnel_case *c = *state;

	add_child(c, "10.1.0.0/24", "10.2.9.0/24");
	add_child(c, "2001:db8:1::/64", "2001:db8:2:9::/64");
	set(c, "192.0.2.9");
	assert_says("route get 10.2.9.7", "via 192.0.2.9 dev wan table 220 "
					  "src 10.1.0.1");
	assert_says("route get 10.2.9.7", "mtu 12");
	assert_says("route get 2001:db8:2:9::7",
		    "via fe80::5efe:c000:209 dev wan table 220");
	assert_says("route get 2001:db8:2:9::7", "src 2001:db8:1::1");
	assert_says("route get 2001:db8:2:9::7", "mtu 12");
	assert_says("-6 neigh show fe80::5efe:c000:209 dev wan", "PERMANENT");
	set(c, "2001:db8:2::9");
	assert_says("route get 10.2.9.7", "via inet6 fe80::9 dev wan table 220 "
					  "src 10.1.0.1");
	assert_says("route get 2001:db8:2:9::7",
		    "via fe80::9 dev wan table 220");
}

/* The next frame of IPv6 that leaves by wan for this address. */
static void take_frame(int fd, const struct in6_addr *daddr, uint8_t frame[128])
{
	struct ip6_hdr ip6;

	do {
		assert_true(recv(fd, frame, 128, 0) >= 54);
		memcpy(&ip6, frame + 14, sizeof(ip6));
	} while (memcmp(&ip6.ip6_dst, daddr, sizeof(*daddr)) != 0);
}

static void packet_reaches_the_guard_by_what_stands_in(void **state)
{
	static const uint8_t nobody[6] = { 2 };
	const struct timeval patience = { .tv_sec = 5 };
	const struct sockaddr_ll wire = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = (int)if_nametoindex("wan-peer"),
	};
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_port = htons(9) };
	struct addr source = prefix_of("2001:db8:1::1").net;
	struct tunnel_case *c = *state;
	int udp = socket(AF_INET6, SOCK_DGRAM, 0);
	int raw = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IPV6));
	uint8_t frame[128];

	assert_int_equal(inet_pton(AF_INET6, "2001:db8:2:9::7", &to.sin6_addr),
			 1);
	assert_int_equal(bind(raw, (const struct sockaddr *)&wire, sizeof(wire)),
			 0);
	setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	add_child(c, "2001:db8:1::/64", "2001:db8:2:9::/64");
	set(c, "192.0.2.9");
	assert_int_equal(sendto(udp, "x", 1, 0, (const struct sockaddr *)&to,
				sizeof(to)),
			 1);
	take_frame(raw, &to.sin6_addr, frame);
	assert_memory_equal(frame, nobody, sizeof(nobody));
	assert_memory_equal(frame + 14 + 8, source.octets, 16);
	close(udp);
	close(raw);
}

static void peer_on_the_link_is_the_gateway(void **state)
{
	struct tunnel_case *c = *state;

	add_child(c, "2001:db8:1::/64", "2001:db8:2:9::/64");
	set(c, "2001:db8:f::2");
	assert_says("route get 2001:db8:2:9::7",
		    "via 2001:db8:f::2 dev wan table 220");
}

static void whole_world_of_each_family_has_a_rule(void **state)
{
	struct tunnel_case *c = *state;

	add_child(c, "10.1.0.0/24", "0.0.0.0/0");
	add_child(c, "2001:db8:1::/64", "::/0");
	set(c, "192.0.2.9");
	assert_says("route get 198.51.100.7", "table 220 src 10.1.0.1");
	assert_says("route get 2001:db8:77::7", "table 220");
	/* What is longer in main, and what is forwarded, are not for it. */
	assert_says("route get 10.2.0.7", "via 192.0.2.9 dev wan src 192.0.2.1");
	assert_says("route get 2001:db8:2::7", "via fe80::9 dev wan");
	assert_says("route get 2001:db8:77::7 from 2001:db8:1::2 iif lan",
		    "unreachable");
}

static void route_follows_the_way_to_the_peer(void **state)
{
	struct tunnel_case *c = *state;

	add_child(c, "10.1.0.0/24", "10.9.0.0/24");
	set(c, "10.2.0.9");
	assert_says("route get 10.9.0.7", "via 192.0.2.9 dev wan table 220");
	ip("route replace 10.2.0.0/16 via 192.0.2.8");
	follow(c);
	assert_says("route get 10.9.0.7", "via 192.0.2.8 dev wan table 220");
	ip("route replace 10.2.0.0/16 dev dmz"); /* which nobody guards */
	follow(c);
	assert_says("route get 10.9.0.7", "unreachable");
	ip("route replace 10.2.0.0/16 via 192.0.2.9 mtu 1300");
	follow(c);
	assert_says("route get 10.9.0.7", "via 192.0.2.9 dev wan table 220");
	assert_says("route get 10.9.0.7", "mtu 1");
}

/* Two ways, and two families of routes and of rules, are asked for: no more. */
static void what_is_right_is_not_touched(void **state)
{
	struct tunnel_case *c = *state;
	uint32_t seq;

	add_child(c, "10.1.0.0/24", "10.2.9.0/24");
	add_child(c, "2001:db8:1::/64", "2001:db8:2:9::/64");
	set(c, "192.0.2.9");
	seq = c->net.nl->seq;
	follow(c);
	assert_int_equal(c->net.nl->seq - seq, 6);
	assert_says("route get 10.2.9.7", "table 220");
}

static void first_of_two_with_the_same_prefix_has_the_route(void **state)
{
	struct tunnel_case *c = *state;

	add_child(c, "10.1.0.0/24", "10.2.9.0/24");
	add_child(c, "10.3.0.0/24", "10.2.9.0/24");
	set(c, "192.0.2.9");
	assert_says("route get 10.2.9.7", "src 10.1.0.1");
}

static void what_is_no_longer_wanted_goes_and_so_do_all(void **state)
{
	struct tunnel_case *c = *state;
	char before[4][SAYS_MAX];

	says("rule", before[0]);
	says("-6 rule", before[1]);
	says("-6 neigh show dev wan", before[2]);
	add_child(c, "10.1.0.0/24", "10.2.9.0/24");
	add_child(c, "2001:db8:1::/64", "2001:db8:2:9::/64");
	set(c, "192.0.2.9");
	c->conn.n_children = 1;
	set(c, "192.0.2.9");
	assert_says("route show table 220", "10.2.9.0/24");
	assert_same("-6 rule", before[1]);
	assert_same("-6 route show table 220", "");
	assert_int_equal(nl_routes_flush(c->net.nl), 0);
	assert_int_equal(nl_rules_flush(c->net.nl), 0);
	assert_same("rule", before[0]);
	assert_same("route show table 220", "");
	assert_same("-6 neigh show dev wan", before[2]);
}

/* One for each of its prefixes, and none beside it. */
static void range_has_routes_for_its_prefixes(void **state)
{
	struct tunnel_case *c = *state;

	add_child(c, "10.1.0.0/24", "10.2.9.10");
	c->children[0].remote_ts[0].last = prefix_of("10.2.9.20").net;
	set(c, "192.0.2.9");
	assert_says("route show table 220", "10.2.9.10/31");
	assert_says("route show table 220", "10.2.9.12/30");
	assert_says("route show table 220", "10.2.9.16/30");
	assert_says("route show table 220", "10.2.9.20 ");
	assert_says("route get 10.2.9.20", "table 220 src 10.1.0.1");
	assert_says("route get 10.2.9.21",
		    "via 192.0.2.9 dev wan src 192.0.2.1");
	c->children[0].remote_ts[0].last = prefix_of("10.2.9.11").net;
	set(c, "192.0.2.9");
	assert_says("route get 10.2.9.12",
		    "via 192.0.2.9 dev wan src 192.0.2.1");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_family_in_each_goes_by_the_way_to_the_peer),
		CASE(packet_reaches_the_guard_by_what_stands_in),
		CASE(peer_on_the_link_is_the_gateway),
		CASE(range_has_routes_for_its_prefixes),
		CASE(whole_world_of_each_family_has_a_rule),
		CASE(route_follows_the_way_to_the_peer),
		CASE(what_is_right_is_not_touched),
		CASE(first_of_two_with_the_same_prefix_has_the_route),
		CASE(what_is_no_longer_wanted_goes_and_so_do_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
