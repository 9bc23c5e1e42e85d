// SPDX-License-Identifier: BSD-2-Clause
/*
 * The resolver over a kernel of its own: what a worker is told of destinations
 * of both families by every kind of route and of rule, what changes an answer,
 * and which addresses the programs' map has.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/nl_table.h"
#include "ctrl/dp/paths.h"
#include "tests/bpf/routing.h"

#define PATIENCE_NS (5 * NS_PER_S)
#define PATHS	    64 /* destinations, of which each path has some */

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

/* --- a worker's side --- */

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

/* The events that wait are handled. */
static void run(struct routing *f)
{
	event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static void ask(struct nexthop_link *link, const struct addr *dst)
{
	const uint64_t one = 1;
	const struct nexthop_query q = { .dst = *dst,
					 .gen = atomic_load(&link->fib.gen) };

	assert_true(spsc_push(&link->queries, &q));
	assert_int_equal(write(link->query_fd, &one, sizeof(one)), sizeof(one));
}

static bool answered(struct routing *f, struct nexthop_link *link,
		     struct nexthop *out)
{
	uint64_t until_ns = clock_ns() + PATIENCE_NS;

	while (clock_ns() < until_ns) {
		run(f);
		if (spsc_pop(&link->answers, out))
			return true;
		usleep(1000);
	}
	return false;
}

static struct nexthop resolve_addr(struct routing *f, const struct addr *dst)
{
	struct nexthop nh;

	run(f);
	ask(&f->links[0], dst);
	assert_true(answered(f, &f->links[0], &nh));
	assert_true(addr_equal(&nh.dst, dst));
	return nh;
}

static struct nexthop resolve(struct routing *f, const char *dst)
{
	const struct addr a = addr_of(dst);

	return resolve_addr(f, &a);
}

static void assert_refused(struct routing *f, const char *dst,
			   enum drop_reason reason)
{
	struct nexthop nh = resolve(f, dst);

	assert_int_equal(nh.kind, NH_NONE);
	assert_int_equal(nh.drop, reason);
}

static void assert_port(struct routing *f, const char *dst,
			const struct iface *iface, uint8_t mac4, uint8_t mac5)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, mac4, mac5 };
	struct nexthop nh = resolve(f, dst);

	assert_int_equal(nh.kind, NH_PORT);
	assert_int_equal(nh.ifindex, iface->ifindex);
	assert_int_equal(nh.role, iface->role);
	assert_int_equal(nh.link_bytes, 12);
	assert_memory_equal(nh.link, mac, 6);
	assert_memory_equal(nh.link + 6, iface->mac, 6);
}

/* --- ways --- */

static void each_family_goes_to_its_neighbour_or_by_its_gateway(void **state)
{
	struct routing *f = *state;

	assert_port(f, "10.1.0.2", &f->ifaces[0], 1, 0x02);
	assert_port(f, "2001:db8:1::2", &f->ifaces[0], 1, 0x62);
	assert_port(f, "10.2.0.7", &f->ifaces[1], 2, 0x09);
	assert_port(f, "2001:db8:2::7", &f->ifaces[1], 2, 0x69);
}

/* As wan were a VLAN inside another one, on a device of number 77. */
static void vlan_sends_by_its_device_and_with_its_tags(void **state)
{
	static const uint8_t want[NH_LINK_MAX] = {
		2,    0,    0,	  0,	2,    0x09, /* the gateway */
		2,    0,    0,	  0,	2,    0,    /* wan */
		0x88, 0xa8, 0x0f, 0xfe, 0x81, 0,    0, 100,
	};
	struct routing *f = *state;
	struct iface *wan = &f->ifaces[1];
	struct nexthop nh;

	wan->lower_ifindex = 77;
	wan->n_tags = 2;
	wan->tag[0] = (struct vlan_tag){ .tpid = 0x88a8, .vid = 0xffe };
	wan->tag[1] = (struct vlan_tag){ .tpid = 0x8100, .vid = 100 };
	resolver_free(f->resolver);
	f->resolver = NULL;
	assert_int_equal(routing_resolve(f), 0);
	nh = resolve(f, "10.2.0.7");
	assert_int_equal(nh.kind, NH_PORT);
	assert_int_equal(nh.ifindex, 77);
	assert_int_equal(nh.role, IFACE_UNPROTECTED);
	assert_int_equal(nh.link_bytes, NH_LINK_MAX);
	assert_memory_equal(nh.link, want, sizeof(want));
}

static void way_has_its_mtu_and_our_address(void **state)
{
	const struct addr ours[] = { addr_of("192.0.2.1"),
				     addr_of("2001:db8:f::1") };
	struct routing *f = *state;
	struct nexthop nh = resolve(f, "10.2.0.7");

	assert_int_equal(nh.mtu, 1400);
	assert_true(addr_equal(&nh.saddr, &ours[0]));
	nh = resolve(f, "2001:db8:2::7");
	assert_int_equal(nh.mtu, 1300);
	assert_true(addr_equal(&nh.saddr, &ours[1]));
}

/* To the addresses of that question alone; the other way's is as it was. */
static void narrow_path_is_the_ways_mtu_for_its_peer_alone(void **state)
{
	const struct addr peer = addr_of("10.2.0.7");
	const struct addr ours = addr_of("192.0.2.1");
	struct routing *f = *state;
	uint32_t gen = fib_gen(&f->links[0].fib);
	const struct addr other = addr_of("10.2.0.8");

	resolver_learn_mtu(f->resolver, &peer, &ours, 1350);
	for (uint32_t i = 0; i < N_LINKS; i++) {
		struct fib *fib = &f->links[i].fib;

		assert_false(fib_holds(fib, &peer, gen, fib_gen(fib)));
		assert_true(fib_holds(fib, &other, gen, fib_gen(fib)));
	}
	assert_int_equal(resolve(f, "10.2.0.7").mtu, 1350);
	assert_int_equal(resolve(f, "10.2.0.8").mtu, 1400);
	resolver_learn_mtu(f->resolver, &peer, &ours, 1390);
	assert_int_equal(resolve(f, "10.2.0.7").mtu, 1350);
	assert_int_equal(resolver_path_mtu(f->resolver, &peer, &ours), 1350);
	assert_int_equal(resolver_path_mtu(f->resolver, &other, &ours),
			 PATH_OPEN);
}

/* What the route says counts where that is less. */
static void route_that_is_narrower_than_the_path_counts(void **state)
{
	const struct addr peer = addr_of("10.2.0.7");
	const struct addr ours = addr_of("192.0.2.1");
	struct routing *f = *state;

	resolver_learn_mtu(f->resolver, &peer, &ours, 1450);
	assert_int_equal(resolve(f, "10.2.0.7").mtu, 1400);
}

static void ipv4_goes_by_a_gateway_of_ipv6(void **state)
{
	struct routing *f = *state;

	ip("route add 10.7.0.0/24 via inet6 fe80::9 dev wan");
	assert_port(f, "10.7.0.7", &f->ifaces[1], 2, 0x69);
}

static void what_is_the_hosts_or_of_the_link_goes_up(void **state)
{
	static const char *const to[] = {
		"10.1.0.1",	 /* an address of ours */
		"2001:db8:1::1", /* */
		"10.1.0.255",	 /* broadcast */
		"2001:db8:1::",	 /* subnet-router anycast */
		"224.0.0.9",	 /* groups */
		"ff0e::9",	 /* */
		"fe80::7",	 /* of some link */
		"10.3.0.7",	 /* by an interface that is not served */
		"2001:db8:3::7", /* */
	};
	struct routing *f = *state;

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++)
		if (resolve(f, to[i]).kind != NH_HOST)
			fail_msg("%s", to[i]);
}

static void each_kind_of_refusal_has_its_reason(void **state)
{
	static const struct {
		const char *kind;
		enum drop_reason reason;
	} rows[] = {
		{ "blackhole", DROP_ROUTE_REFUSES },
		{ "unreachable", DROP_ROUTE_REFUSES },
		{ "prohibit", DROP_ROUTE_REFUSES },
		{ "throw", DROP_NO_ROUTE }, /* no other table has one */
	};
	struct routing *f = *state;
	char line[128];

	assert_refused(f, "10.8.0.7", DROP_NO_ROUTE);
	assert_refused(f, "2001:db8:8::7", DROP_NO_ROUTE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "route replace %s 10.8.0.0/24",
			 rows[i].kind);
		ip(line);
		assert_refused(f, "10.8.0.7", rows[i].reason);
		ip("route del 10.8.0.0/24");
		snprintf(line, sizeof(line), "route add %s 2001:db8:8::/64",
			 rows[i].kind);
		ip(line);
		assert_refused(f, "2001:db8:8::7", rows[i].reason);
		ip("route del 2001:db8:8::/64");
	}
}

static void rules_lead_to_their_tables_and_refuse(void **state)
{
	struct routing *f = *state;

	ip("route add 10.2.0.0/16 via 192.0.2.8 table 77");
	ip("rule add to 10.2.0.0/24 table 77");
	assert_port(f, "10.2.0.7", &f->ifaces[1], 2, 0x08);
	assert_port(f, "10.2.1.7", &f->ifaces[1], 2, 0x09);
	ip("-6 route add 2001:db8:2::/48 via fe80::8 dev wan table 77");
	ip("-6 rule add to 2001:db8:2::/64 table 77");
	assert_port(f, "2001:db8:2::7", &f->ifaces[1], 2, 0x68);
	assert_port(f, "2001:db8:2:1::7", &f->ifaces[1], 2, 0x69);
	ip("rule add to 10.2.2.0/24 prohibit");
	assert_refused(f, "10.2.2.7", DROP_ROUTE_REFUSES);
	ip("-6 rule add to 2001:db8:2:2::/64 blackhole");
	assert_refused(f, "2001:db8:2:2::7", DROP_ROUTE_REFUSES);
}

static bool by_source(struct routing *f)
{
	uint32_t n = 0;

	run(f);
	for (uint32_t i = 0; i < N_LINKS; i++)
		n += atomic_load(&f->links[i].by_source);
	assert_true(n == 0 || n == N_LINKS);
	return n;
}

static void workers_are_told_of_rules_that_look_at_more(void **state)
{
	static const char *const rules[] = {
		"iif lan table 77",    "oif wan table 77",
		"tos 0x10 table 77",   "ipproto 50 table 77",
		"sport 4500 table 77", "uidrange 0-9 table 77",
	};
	struct routing *f = *state;
	char line[128];

	assert_false(by_source(f));
	ip("rule add to 10.2.0.0/24 table 77");
	ip("rule add fwmark 7 table 77");
	ip("rule add iif lo table 220 proto 220"); /* ours */
	assert_false(by_source(f));
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		for (uint32_t v6 = 0; v6 < 2; v6++) {
			snprintf(line, sizeof(line), "%s rule add %s",
				 v6 ? "-6" : "-4", rules[i]);
			ip(line);
			if (!by_source(f))
				fail_msg("%s", line);
			memcpy(strstr(line, "add"), "del", 3);
			ip(line);
			assert_false(by_source(f));
		}
	}
}

static void rule_for_a_source_is_one_that_looks_at_more(void **state)
{
	struct routing *f = *state;

	ip("rule add from 192.0.2.1 table 77");
	assert_true(by_source(f));
	ip("rule del from 192.0.2.1 table 77");
	assert_false(by_source(f));
	ip("-6 rule add from 2001:db8:f::1 table 77");
	assert_true(by_source(f));
}

static void question_with_a_source_goes_by_the_rules_for_it(void **state)
{
	struct nexthop_query q = { .dst = addr_of("10.2.0.7"),
				   .src = addr_of("192.0.2.1") };
	const uint64_t one = 1;
	struct routing *f = *state;
	struct nexthop nh;

	ip("route add default via 192.0.2.8 table 77");
	ip("rule add from 192.0.2.1 table 77");
	assert_port(f, "10.2.0.7", &f->ifaces[1], 2, 0x09);
	q.gen = atomic_load(&f->links[0].fib.gen);
	assert_true(spsc_push(&f->links[0].queries, &q));
	assert_int_equal(write(f->links[0].query_fd, &one, sizeof(one)),
			 sizeof(one));
	assert_true(answered(f, &f->links[0], &nh));
	assert_int_equal(nh.link[5], 0x08);
	assert_true(addr_equal(&nh.src, &q.src));
}

/* The routes of tunnels are for who does not know their mark. */
static void routes_of_tunnels_are_not_seen(void **state)
{
	struct nl_tunnel_route r = { .gateway = addr_of("192.0.2.8") };
	struct nl_lengths lengths = { .v4 = { false } };
	struct routing *f = *state;

	r.ifindex = f->ifaces[1].ifindex;
	assert_int_equal(prefix_parse("10.2.0.0/24", &r.remote), 0);
	nl_lengths_add(&lengths, &r.remote);
	assert_int_equal(nl_route_set(f->nl, &r), 0);
	assert_int_equal(nl_rules_set(f->nl, &lengths), 0);
	assert_port(f, "10.2.0.7", &f->ifaces[1], 2, 0x09);
}

/* Of two paths over PATHS destinations, which are used; a bit each. */
static uint32_t paths_used(struct routing *f, struct addr dst, uint8_t one,
			   uint8_t other)
{
	uint32_t used = 0;
	struct nexthop nh;

	for (uint8_t i = 0; i < PATHS; i++) {
		dst.octets[15] = i;
		nh = resolve_addr(f, &dst);
		assert_int_equal(nh.kind, NH_PORT);
		assert_true(nh.link[5] == one || nh.link[5] == other);
		used |= nh.link[5] == one ? 1 : 2;
	}
	return used;
}

static void all_paths_of_a_route_are_used(void **state)
{
	struct routing *f = *state;

	ip("route add 10.9.0.0/24 nexthop via 192.0.2.8 nexthop via 192.0.2.9");
	assert_int_equal(paths_used(f, addr_of("10.9.0.0"), 0x08, 0x09), 3);
	ip("route add 2001:db8:9::/64 nexthop via fe80::8 dev wan "
	   "nexthop via fe80::9 dev wan");
	assert_int_equal(paths_used(f, addr_of("2001:db8:9::"), 0x68, 0x69), 3);
}

static void nexthop_objects_and_their_groups_are_ways(void **state)
{
	struct routing *f = *state;

	ip("nexthop add id 1 via 192.0.2.8 dev wan");
	ip("nexthop add id 2 via fe80::9 dev wan");
	ip("nexthop add id 3 group 1/2");
	ip("route add 10.9.0.0/24 nhid 1");
	assert_port(f, "10.9.0.7", &f->ifaces[1], 2, 0x08);
	ip("nexthop replace id 1 via 192.0.2.9 dev wan");
	assert_port(f, "10.9.0.7", &f->ifaces[1], 2, 0x09);
	ip("route add 10.9.1.0/24 nhid 3");
	assert_int_equal(paths_used(f, addr_of("10.9.1.0"), 0x09, 0x69), 3);
}

/* --- neighbours --- */

static void all_who_wait_for_a_neighbour_are_answered(void **state)
{
	static const char *const hosts[] = { "10.1.0.9", "2001:db8:1::9" };
	struct routing *f = *state;
	struct nexthop nh;
	char line[128];

	for (size_t i = 0; i < 2; i++) {
		const struct addr dst = addr_of(hosts[i]);

		run(f);
		for (uint32_t k = 0; k < N_LINKS; k++)
			ask(&f->links[k], &dst);
		run(f);
		for (uint32_t k = 0; k < N_LINKS; k++)
			assert_false(spsc_pop(&f->links[k].answers, &nh));
		snprintf(line, sizeof(line),
			 "neigh replace %s lladdr 02:00:00:00:00:77 dev lan",
			 hosts[i]);
		ip(line);
		for (uint32_t k = 0; k < N_LINKS; k++) {
			assert_true(answered(f, &f->links[k], &nh));
			assert_int_equal(nh.kind, NH_PORT);
			assert_int_equal(nh.link[5], 0x77);
		}
	}
}

static void neighbour_that_is_silent_is_refused_in_time(void **state)
{
	struct routing *f = *state;

	assert_refused(f, "10.1.0.9", DROP_NO_NEIGHBOUR);
	assert_refused(f, "2001:db8:1::9", DROP_NO_NEIGHBOUR);
}

/* --- what changes an answer --- */

static bool advances(struct routing *f, const char *words)
{
	uint32_t before[N_LINKS], advanced = 0;

	run(f);
	for (uint32_t i = 0; i < N_LINKS; i++)
		before[i] = atomic_load(&f->links[i].fib.gen);
	ip(words);
	run(f);
	for (uint32_t i = 0; i < N_LINKS; i++)
		advanced += atomic_load(&f->links[i].fib.gen) != before[i];
	assert_true(advanced == 0 || advanced == N_LINKS);
	return advanced;
}

static void every_kind_of_change_makes_all_workers_ask_anew(void **state)
{
	static const char *const changes[] = {
		"route add 13.0.0.0/24 dev lan",
		"-6 route add 2001:db8:d::/64 dev lan",
		"rule add to 13.0.0.0/24 table 77",
		"-6 rule add to 2001:db8:d::/64 table 77",
		"nexthop add id 9 via fe80::9 dev wan",
		"nexthop del id 9",
		"address add 10.99.0.1/24 dev lan",
		"address add 2001:db8:99::1/64 dev lan",
		"link set dmz down",
		"link set lan mtu 1480",
		/* of a neighbour in use; see below */
		"neigh replace 10.1.0.2 lladdr 02:00:00:00:01:03 dev lan",
		"neigh replace 2001:db8:1::2 lladdr 02:00:00:00:01:63 dev lan",
	};
	struct routing *f = *state;

	resolve(f, "10.1.0.2");
	resolve(f, "2001:db8:1::2");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (!advances(f, changes[i]))
			fail_msg("ip %s", changes[i]);
	assert_int_equal(f->changed, 1); /* lan's MTU */
}

/* Of the programs; see bpf/maps.h. */
static uint32_t programs_fib_gen(const struct routing *f)
{
	uint32_t ids[64], data[3] = { 0 }; /* fib_gen, n_tunnels, always_zero */
	const uint32_t zero = 0;
	struct bpf_prog_info prog = { .nr_map_ids = 64,
				      .map_ids = (uintptr_t)ids };
	uint32_t len = sizeof(prog);

	assert_int_equal(bpf_obj_get_info_by_fd(programs_xdp_fd(f->programs),
						&prog, &len),
			 0);
	for (uint32_t i = 0; i < prog.nr_map_ids; i++) {
		struct bpf_map_info map = { 0 };
		int fd = bpf_map_get_fd_by_id(ids[i]);

		len = sizeof(map);
		assert_int_equal(bpf_obj_get_info_by_fd(fd, &map, &len), 0);
		if (strstr(map.name, ".data") && map.value_size == sizeof(data))
			assert_int_equal(bpf_map_lookup_elem(fd, &zero, data),
					 0);
		close(fd);
	}
	assert_int_not_equal(data[0], 0);
	return data[0];
}

static void every_kind_of_change_makes_the_programs_ask_anew(void **state)
{
	static const char *const changes[] = {
		"ip route add 13.0.0.0/24 dev lan",
		"ip -6 route add 2001:db8:d::/64 dev lan",
		"ip rule add to 13.0.0.0/24 table 77",
		"ip -6 rule add to 2001:db8:d::/64 table 77",
		"ip nexthop add id 9 via fe80::9 dev wan",
		"ip nexthop del id 9",
		"ip address add 10.99.0.1/24 dev lan",
		"ip address add 2001:db8:99::1/64 dev lan",
		"ip link set dmz down",
		"echo 0 >/proc/sys/net/ipv4/conf/lan/forwarding",
		"echo 0 >/proc/sys/net/ipv6/conf/lan/forwarding",
	};
	struct routing *f = *state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint32_t before;

		run(f);
		before = programs_fib_gen(f);
		assert_int_equal(system(changes[i]), 0);
		run(f);
		if (programs_fib_gen(f) == before)
			fail_msg("%s", changes[i]);
	}
}

static void routes_and_neighbours_of_no_concern_change_nothing(void **state)
{
	struct routing *f = *state;

	assert_false(advances(f, "neigh replace 10.1.0.44 dev lan "
				 "lladdr 02:00:00:00:01:44"));
	assert_false(advances(f, "route add 10.2.0.0/24 via 192.0.2.8 "
				 "table 220 proto 220"));
	assert_false(advances(f, "-6 rule add table 220 proto 220"));
	assert_false(advances(f, "-6 rule del table 220 proto 220"));
}

/* After this change, does every worker's answer for dst hold? */
static bool survives(struct routing *f, const char *dst, const char *words)
{
	const struct addr a = addr_of(dst);
	uint32_t since[N_LINKS], held = 0;

	run(f);
	for (uint32_t i = 0; i < N_LINKS; i++)
		since[i] = fib_gen(&f->links[i].fib);
	ip(words);
	run(f);
	for (uint32_t i = 0; i < N_LINKS; i++)
		held += fib_holds(&f->links[i].fib, &a, since[i],
				  fib_gen(&f->links[i].fib));
	assert_true(held == 0 || held == N_LINKS);
	return held;
}

static void change_of_a_route_concerns_its_destinations_alone(void **state)
{
	struct routing *f = *state;

	assert_true(survives(f, "10.1.0.2", "route add 13.0.0.0/24 dev lan"));
	assert_true(survives(f, "10.1.0.2", "route del 13.0.0.0/24 dev lan"));
	assert_true(survives(f, "10.1.0.2", "route add unreachable 10.1.0.3"));
	assert_true(survives(f, "10.1.0.2",
			     "-6 route add 2001:db8:d::/64 dev lan"));
	assert_true(survives(f, "2001:db8:1::2", "route add default dev lan"));
	assert_false(survives(f, "10.1.0.2", "route add blackhole 10.1.0.2"));
	assert_false(survives(f, "13.0.0.7", "route del default dev lan"));
	assert_false(survives(f, "2001:db8:d::7",
			      "-6 route del 2001:db8:d::/64 dev lan"));
	assert_false(survives(f, "10.1.0.2", "nexthop add id 9 dev lan"));
}

static void changes_are_told_together_and_not_too_often(void **state)
{
	uint64_t until_ns = clock_ns() + NS_PER_S / 2;
	struct routing *f = *state;

	while (clock_ns() < until_ns) {
		ip("route add 13.0.0.0/24 dev lan");
		ip("route del 13.0.0.0/24 dev lan");
		run(f);
	}
	assert_int_equal(f->ways, 1);
	until_ns += PATIENCE_NS;
	while (f->ways == 1 && clock_ns() < until_ns)
		event_base_loop(f->base, EVLOOP_ONCE);
	assert_int_equal(f->ways, 2);
}

/* --- addresses --- */

/* The programs' map, as nobody else has one in this test. */
static int map_fd(const struct routing *f)
{
	struct bpf_prog_info info = { 0 };
	struct bpf_map_info map;
	uint32_t ids[64], bytes = sizeof(info);
	int fd;

	info.nr_map_ids = 64;
	info.map_ids = (uint64_t)(uintptr_t)ids;
	assert_int_equal(bpf_obj_get_info_by_fd(programs_xdp_fd(f->programs),
						&info, &bytes),
			 0);
	for (uint32_t i = 0; i < info.nr_map_ids; i++) {
		map = (struct bpf_map_info){ 0 };
		bytes = sizeof(map);
		fd = bpf_map_get_fd_by_id(ids[i]);
		assert_int_equal(bpf_obj_get_info_by_fd(fd, &map, &bytes), 0);
		if (strcmp(map.name, "local_addrs") == 0)
			return fd;
		close(fd);
	}
	fail_msg("no map local_addrs");
	return -1;
}

static uint32_t kind_of(int fd, const char *text)
{
	const struct addr a = addr_of(text);
	uint32_t kind = 0;

	return bpf_map_lookup_elem(fd, &a, &kind) ? 0 : kind;
}

static void addresses_of_both_families_are_in_the_map(void **state)
{
	struct routing *f = *state;
	int fd = map_fd(f);

	assert_int_equal(kind_of(fd, "10.1.0.1"), LOCAL_UNICAST);
	assert_int_equal(kind_of(fd, "10.1.0.255"), LOCAL_BROADCAST);
	assert_int_equal(kind_of(fd, "2001:db8:1::1"), LOCAL_UNICAST);
	assert_int_equal(kind_of(fd, "2001:db8:1::"), LOCAL_BROADCAST);
	assert_int_equal(kind_of(fd, "::1"), LOCAL_UNICAST);
	ip("address del 2001:db8:1::1/64 dev lan");
	ip("address add 2001:db8:4::1/64 dev lan");
	run(f);
	assert_int_equal(kind_of(fd, "2001:db8:1::1"), 0);
	assert_int_equal(kind_of(fd, "2001:db8:1::"), 0);
	assert_int_equal(kind_of(fd, "2001:db8:4::1"), LOCAL_UNICAST);
	close(fd);
}

static void source_is_an_address_inside_that_is_not_of_the_link(void **state)
{
	static const struct {
		const char *inside, *source;
	} rows[] = {
		{ "10.1.0.0/24", "10.1.0.1" },
		{ "2001:db8:3::/64", "2001:db8:3::1" },
		{ "0.0.0.0/0", "10.1.0.1" },
		{ "::/0", "2001:db8:1::1" },
	};
	struct routing *f = *state;
	struct addr source, want;
	struct prefix p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(prefix_parse(rows[i].inside, &p), 0);
		want = addr_of(rows[i].source);
		source = resolver_local_in(f->resolver, &p);
		assert_true(addr_equal(&source, &want));
	}
	assert_int_equal(prefix_parse("fe80::/10", &p), 0);
	source = resolver_local_in(f->resolver, &p);
	assert_true(addr_is_none(&source));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_family_goes_to_its_neighbour_or_by_its_gateway),
		CASE(vlan_sends_by_its_device_and_with_its_tags),
		CASE(way_has_its_mtu_and_our_address),
		CASE(narrow_path_is_the_ways_mtu_for_its_peer_alone),
		CASE(route_that_is_narrower_than_the_path_counts),
		CASE(ipv4_goes_by_a_gateway_of_ipv6),
		CASE(what_is_the_hosts_or_of_the_link_goes_up),
		CASE(each_kind_of_refusal_has_its_reason),
		CASE(rules_lead_to_their_tables_and_refuse),
		CASE(workers_are_told_of_rules_that_look_at_more),
		CASE(rule_for_a_source_is_one_that_looks_at_more),
		CASE(question_with_a_source_goes_by_the_rules_for_it),
		CASE(routes_of_tunnels_are_not_seen),
		CASE(all_paths_of_a_route_are_used),
		CASE(nexthop_objects_and_their_groups_are_ways),
		CASE(all_who_wait_for_a_neighbour_are_answered),
		CASE(neighbour_that_is_silent_is_refused_in_time),
		CASE(every_kind_of_change_makes_all_workers_ask_anew),
		CASE(every_kind_of_change_makes_the_programs_ask_anew),
		CASE(routes_and_neighbours_of_no_concern_change_nothing),
		CASE(change_of_a_route_concerns_its_destinations_alone),
		CASE(changes_are_told_together_and_not_too_often),
		CASE(addresses_of_both_families_are_in_the_map),
		CASE(source_is_an_address_inside_that_is_not_of_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
