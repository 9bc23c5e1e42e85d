// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ways that somebody only asks about: that of packets of ours to a peer, as a worker
 * would be told it, and that on which the kernel itself would send a packet. Nothing
 * of the network is asked for it.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "ctrl/dp/nl_table.h"
#include "include/proto.h"
#include "tests/bpf/routing.h"

static int setup(void **state)
{
	struct routing *f = calloc(1, sizeof(*f));

	*state = f;
	return f ? routing_start(f) : -1;
}

static int teardown(void **state)
{
	routing_stop(*state);
	free(*state);
	return 0;
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static bool is_addr(const struct addr *a, const char *text)
{
	const struct addr b = addr_of(text);

	return addr_equal(a, &b);
}

/* --- of ours, to a peer --- */

static struct resolver_way look(struct routing *f, const char *dst,
				const char *src)
{
	const struct addr to = addr_of(dst), from = addr_of(src);
	struct resolver_way way;

	event_base_loop(f->base, EVLOOP_NONBLOCK); /* changes are heard of */
	resolver_look(f->resolver, &to, &from, &way);
	return way;
}

static void way_to_a_peer_is_what_a_worker_is_told(void **state)
{
	struct routing *f = *state;
	struct resolver_way way = look(f, "10.2.0.7", "192.0.2.1");

	assert_int_equal(way.drop, DROP_NONE);
	assert_int_equal(way.iface->ifindex, f->ifaces[1].ifindex);
	assert_true(is_addr(&way.hop, "192.0.2.9"));
	assert_true(is_addr(&way.source, "192.0.2.1"));
	assert_int_equal(way.mtu, 1400);
	assert_true(way.resolved);
	way = look(f, "2001:db8:2::7", "2001:db8:f::1");
	assert_true(is_addr(&way.hop, "fe80::9"));
	assert_int_equal(way.mtu, 1300);
	assert_true(way.resolved);
	way = look(f, "192.0.2.8", "192.0.2.1");
	assert_true(is_addr(&way.hop, "192.0.2.8"));
}

static void neighbour_that_nobody_knows_is_not_asked_for(void **state)
{
	struct resolver_way way = look(*state, "192.0.2.77", "192.0.2.1");

	assert_int_equal(way.drop, DROP_NONE);
	assert_true(is_addr(&way.hop, "192.0.2.77"));
	assert_false(way.resolved);
	assert_int_not_equal(system("ip neigh show | grep -qF 192.0.2.77"), 0);
}

static void way_that_is_none_says_why(void **state)
{
	struct routing *f = *state;

	assert_int_equal(look(f, "10.8.0.7", "192.0.2.1").drop, DROP_NO_ROUTE);
	ip("route add blackhole 10.8.0.0/24");
	assert_int_equal(look(f, "10.8.0.7", "192.0.2.1").drop,
			 DROP_ROUTE_REFUSES);
	/* By one that is not served, to this host, and to a group. */
	assert_null(look(f, "10.3.0.7", "192.0.2.1").iface);
	assert_null(look(f, "10.1.0.1", "192.0.2.1").iface);
	assert_null(look(f, "224.0.0.5", "192.0.2.1").iface);
}

static void way_goes_by_the_source_where_rules_do(void **state)
{
	struct routing *f = *state;
	struct resolver_way way;

	ip("route add default via 192.0.2.8 table 77");
	ip("rule add from 192.0.2.1 table 77");
	way = look(f, "10.2.0.7", "192.0.2.1");
	assert_true(is_addr(&way.hop, "192.0.2.8"));
	way = look(f, "10.2.0.7", "10.1.0.1");
	assert_true(is_addr(&way.hop, "192.0.2.9"));
}

/* --- of any packet, by the kernel --- */

static int route_of(struct routing *f, const struct nl_flow *flow,
		    struct nl_route *out)
{
	return nl_route_of(f->nl, flow, out);
}

static struct nl_flow forwarded(const char *src, const char *dst)
{
	return (struct nl_flow){ .src = addr_of(src),
				 .dst = addr_of(dst),
				 .iif = if_nametoindex("lan") };
}

static void kernel_forwards_delivers_or_refuses(void **state)
{
	struct nl_flow flow = forwarded("10.1.0.2", "10.2.0.7");
	struct routing *f = *state;
	struct nl_route route;

	assert_int_equal(route_of(f, &flow, &route), 0);
	assert_int_equal(route.type, RTN_UNICAST);
	assert_int_equal(route.ifindex, f->ifaces[1].ifindex);
	flow.dst = addr_of("192.0.2.1");
	assert_int_equal(route_of(f, &flow, &route), 0);
	assert_int_equal(route.type, RTN_LOCAL);
	flow.dst = addr_of("10.8.0.7");
	assert_true(route_of(f, &flow, &route) < 0);
	flow = forwarded("2001:db8:1::2", "2001:db8:2::7");
	assert_int_equal(route_of(f, &flow, &route), 0);
	assert_int_equal(route.ifindex, f->ifaces[1].ifindex);
}

static void source_that_cannot_be_there_is_refused(void **state)
{
	const struct nl_flow flow = forwarded("10.3.0.7", "10.2.0.7");
	struct routing *f = *state;
	struct nl_route route;
	int err;

	assert_int_equal(iface_sysctl("ipv4", "lan", "rp_filter", "1"), 0);
	err = route_of(f, &flow, &route);
	assert_true(err == -EXDEV || err == -EINVAL); /* older and newer ones */
	assert_int_equal(iface_sysctl("ipv4", "lan", "rp_filter", "0"), 0);
	assert_int_equal(iface_sysctl("ipv4", "all", "rp_filter", "0"), 0);
	assert_int_equal(route_of(f, &flow, &route), 0);
}

static void rules_may_look_at_ports(void **state)
{
	struct nl_flow flow = { .dst = addr_of("10.2.0.7"),
				.protocol = PROTO_UDP,
				.sport = 4000,
				.dport = 53 };
	struct routing *f = *state;
	struct nl_route route;

	ip("route add default via 192.0.2.8 table 77");
	ip("rule add ipproto udp dport 53 table 77");
	assert_int_equal(route_of(f, &flow, &route), 0);
	assert_true(is_addr(&route.gateway, "192.0.2.8"));
	flow.dport = 54;
	assert_int_equal(route_of(f, &flow, &route), 0);
	assert_true(is_addr(&route.gateway, "192.0.2.9"));
	flow.protocol = 47; /* of which the kernel takes no question */
	assert_int_equal(route_of(f, &flow, &route), 0);
}

/* They are for the host's own, and it is asked without their mark. */
static void routes_of_tunnels_are_seen_of_the_hosts_own(void **state)
{
	struct nl_tunnel_route r = { .gateway = addr_of("192.0.2.8") };
	struct nl_flow flow = { .dst = addr_of("10.2.0.7") };
	struct nl_lengths lengths = { .v4 = { false } };
	struct routing *f = *state;
	struct nl_route route;

	r.ifindex = f->ifaces[1].ifindex;
	assert_int_equal(prefix_parse("10.2.0.0/24", &r.remote), 0);
	nl_lengths_add(&lengths, &r.remote);
	assert_int_equal(nl_route_set(f->nl, &r), 0);
	assert_int_equal(nl_rules_set(f->nl, &lengths), 0);
	assert_int_equal(route_of(f, &flow, &route), 0);
	assert_true(is_addr(&route.gateway, "192.0.2.8"));
	flow = forwarded("10.1.0.2", "10.2.0.7");
	assert_int_equal(route_of(f, &flow, &route), 0);
	assert_true(is_addr(&route.gateway, "192.0.2.9"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(way_to_a_peer_is_what_a_worker_is_told),
		CASE(neighbour_that_nobody_knows_is_not_asked_for),
		CASE(way_that_is_none_says_why),
		CASE(way_goes_by_the_source_where_rules_do),
		CASE(kernel_forwards_delivers_or_refuses),
		CASE(source_that_cannot_be_there_is_refused),
		CASE(rules_may_look_at_ports),
		CASE(routes_of_tunnels_are_seen_of_the_hosts_own),
	};

	return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
