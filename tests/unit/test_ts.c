// SPDX-License-Identifier: BSD-2-Clause
/*
 * Traffic selectors of both families: what is taken from a peer, what both sides
 * have in common, and the pairs that an SA is made of (RFC 7296 sections 2.9 and
 * 3.13).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/base/range.h"
#include "ctrl/ike/ts.h"
#include "include/proto.h"

#define V4_TS                                              \
	"\x07\x00\x00\x10\x00\x00\xff\xff\x0a\x01\x00\x00" \
	"\x0a\x01\x00\xff" /* 10.1.0.0/24 */
#define V6_TS(min, max) "\x08\x00\x00\x28\x00\x00\xff\xff" min max
#define NET_V6		"\x20\x01\x0d\xb8\x00\x01\x00\x00"
#define ZEROS		"\x00\x00\x00\x00\x00\x00\x00\x00"
#define ONES		"\xff\xff\xff\xff\xff\xff\xff\xff"
#define MAPPED		ZEROS "\x00\x00\xff\xff\x0a\x01\x00"

static struct ts_list from_wire(const char *octets, size_t n)
{
	struct ts_list l;

	ts_from_wire(slice_of(octets, n), &l);
	return l;
}

#define FROM_WIRE(octets) from_wire(octets, sizeof(octets) - 1)

static struct ts_conf conf_of(const char *net)
{
	struct ts_conf c = { .port_max = UINT16_MAX };

	assert_int_equal(prefix_parse(net, &c.net), 0);
	return c;
}

static struct ts_list list_of(const char *one, const char *other)
{
	const struct ts_conf conf[] = { conf_of(one), conf_of(other) };
	const struct ts_dynamic none = { .n = 0 };
	struct ts_list l;

	ts_from_conf(conf, 2, &none, &l);
	return l;
}

static void assert_list(const struct ts_list *l, const char *expected)
{
	char buf[512];

	assert_string_equal(ts_str(l, buf, sizeof(buf)), expected);
}

static void selectors_of_both_families_are_taken(void **state)
{
	const struct ts_list l =
		FROM_WIRE(V6_TS(NET_V6 ZEROS, NET_V6 ONES) V4_TS);

	(void)state;
	assert_list(&l, "2001:db8:1::/64 10.1.0.0/24");
}

static void ipv4_in_the_form_of_ipv6_is_taken_by_nobody(void **state)
{
	const struct ts_list first = FROM_WIRE(V6_TS(MAPPED "\x01", ONES ONES));
	const struct ts_list last = FROM_WIRE(V6_TS(ZEROS ZEROS, MAPPED "\x01"));
	const struct ts_list all = FROM_WIRE(V6_TS(ZEROS ZEROS, ONES ONES));

	(void)state;
	assert_int_equal(first.n, 0);
	assert_int_equal(last.n, 0);
	assert_list(&all, "::/0");
}

/* And in the peer's order, as its first is what it wants most. */
static void families_are_narrowed_each_for_itself(void **state)
{
	const struct ts_list ours = list_of("10.0.0.0/8", "2001:db8::/32");
	const struct ts_list peers = list_of("2001:db8:7::/48", "0.0.0.0/0");
	struct ts_list both;

	(void)state;
	ts_narrow(&ours, &peers, &both);
	assert_list(&both, "2001:db8:7::/48 10.0.0.0/8");
}

/* As the packet's selector lies inside the network that follows it. */
static void what_lies_inside_another_is_not_said_twice(void **state)
{
	const struct ts_list ours = list_of("10.1.0.0/16", "10.2.0.0/16");
	const struct ts_list inner = list_of("10.1.7.0/24", "10.1.0.0/16");
	const struct ts_list outer = list_of("10.1.0.0/16", "10.1.7.0/24");
	struct ts_list both;

	(void)state;
	ts_narrow(&ours, &inner, &both);
	assert_list(&both, "10.1.0.0/16");
	ts_narrow(&ours, &outer, &both);
	assert_list(&both, "10.1.0.0/16");
}

static void several_that_lie_inside_go_and_the_first_place_stays(void **state)
{
	const struct ts_list ours = list_of("10.0.0.0/8", "192.0.2.0/24");
	struct ts_list peers = list_of("10.1.0.0/16", "192.0.2.1"), both;
	const struct ts_list more = list_of("10.2.0.0/16", "10.0.0.0/8");

	(void)state;
	peers.at[peers.n++] = more.at[0];
	peers.at[peers.n++] = more.at[1];
	ts_narrow(&ours, &peers, &both);
	assert_list(&both, "10.0.0.0/8 192.0.2.1/32");
}

static void offer_begins_with_what_is_wanted_first(void **state)
{
	const struct ts_list ours = list_of("10.1.0.0/16", "10.2.0.0/16");
	const struct ts_list first = list_of("10.2.0.0/16", "10.2.7.0/24");
	struct ts_list offer;

	(void)state;
	ts_offer(&first, &ours, &offer);
	assert_list(&offer, "10.2.0.0/16 10.2.7.0/24 10.1.0.0/16");
}

static void first_pair_stays_where_there_are_too_many(void **state)
{
	struct ts_list local = { .n = 0 }, remote = { .n = 0 };
	struct sadb_selector pairs[SADB_SELECTORS_MAX];
	struct ike_ts first;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const struct ts_list two = list_of("10.1.0.0/16", "10.2.0.0/16");

		local.at[local.n++] = two.at[0];
		local.at[local.n++] = two.at[1];
		remote.at[remote.n++] = two.at[1];
	}
	first = local.at[0];
	assert_int_equal(ts_to_selectors(&local, &remote, pairs), -E2BIG);
	assert_true(ts_cut(&local, &remote));
	assert_int_equal(ts_to_selectors(&local, &remote, pairs), 16);
	assert_memory_equal(&local.at[0], &first, sizeof(first));
	assert_false(ts_cut(&local, &remote));
}

static void host_alone_is_seen_under_another_address(void **state)
{
	struct ts_list l = list_of("10.0.0.7", "10.0.0.0/8");
	struct addr host, other;

	(void)state;
	assert_int_equal(addr_parse("192.0.2.9", &host), 0);
	assert_int_equal(addr_parse("2001:db8::9", &other), 0);
	ts_set_host(&l, &other);
	assert_list(&l, "10.0.0.7/32 10.0.0.0/8");
	ts_set_host(&l, &host);
	assert_list(&l, "192.0.2.9/32 10.0.0.0/8");
}

static void all_of_ipv6_is_nothing_of_ipv4(void **state)
{
	const struct ts_list ours = list_of("10.0.0.0/8", "192.0.2.1");
	const struct ts_list peers = list_of("::/0", "::/0");
	struct ts_list both;

	(void)state;
	ts_narrow(&ours, &peers, &both);
	assert_int_equal(both.n, 0);
	assert_false(ts_within(&ours, &peers));
}

static void pairs_are_of_one_family(void **state)
{
	const struct ts_list local = list_of("10.1.0.0/16", "2001:db8:1::/48");
	const struct ts_list remote = list_of("2001:db8:2::/48", "10.2.0.0/16");
	struct sadb_selector pairs[SADB_SELECTORS_MAX];
	struct range remote_of_v4, remote_of_v6;

	(void)state;
	assert_int_equal(range_parse("10.2.0.0/16", &remote_of_v4), 0);
	assert_int_equal(range_parse("2001:db8:2::/48", &remote_of_v6), 0);
	assert_int_equal(ts_to_selectors(&local, &remote, pairs), 2);
	assert_true(addr_equal(&pairs[0].remote_min, &remote_of_v4.min));
	assert_true(addr_equal(&pairs[0].remote_max, &remote_of_v4.max));
	assert_true(addr_equal(&pairs[1].remote_min, &remote_of_v6.min));
	assert_true(addr_equal(&pairs[1].remote_max, &remote_of_v6.max));
}

static void dynamic_is_the_outer_address_of_its_family(void **state)
{
	const struct ts_conf dynamic = { .dynamic = true,
					 .port_max = UINT16_MAX };
	struct ts_dynamic outer = { .n = 1 };
	struct ts_list l;

	(void)state;
	assert_int_equal(range_parse("2001:db8::1", &outer.at[0]), 0);
	ts_from_conf(&dynamic, 1, &outer, &l);
	assert_int_equal(l.at[0].type, IKE_TS_IPV6_RANGE);
	assert_list(&l, "2001:db8::1/128");
}

static void dynamic_is_each_virtual_address(void **state)
{
	const struct ts_conf conf[] = { { .dynamic = true,
					  .protocol = 6,
					  .port_min = 80,
					  .port_max = 80 },
					conf_of("10.1.0.0/24") };
	struct ts_dynamic vips = { .n = 2 };
	struct ts_list l;

	(void)state;
	assert_int_equal(range_parse("10.3.0.1", &vips.at[0]), 0);
	assert_int_equal(range_parse("2001:db8::7", &vips.at[1]), 0);
	ts_from_conf(conf, 2, &vips, &l);
	assert_list(&l, "10.3.0.1/32[6/80] 2001:db8::7/128[6/80] 10.1.0.0/24");
	vips.n = 0;
	ts_from_conf(conf, 2, &vips, &l);
	assert_list(&l, "10.1.0.0/24");
}

/* RFC 7296 section 3.13.1: 65535 to 0. */
static void opaque_has_only_opaque_in_common(void **state)
{
	const struct ts_list opaque =
		FROM_WIRE("\x07\x06\x00\x10\xff\xff\x00\x00\x0a\x01\x00\x00"
			  "\x0a\x01\x00\xff");
	const struct ts_list backwards =
		FROM_WIRE("\x07\x06\x00\x10\xff\xff\x00\x01\x0a\x01\x00\x00"
			  "\x0a\x01\x00\xff");
	const struct ts_list any = FROM_WIRE(V4_TS);
	struct ts_list both;

	(void)state;
	assert_int_equal(opaque.n, 1);
	assert_int_equal(backwards.n, 0);
	ts_narrow(&opaque, &any, &both);
	assert_int_equal(both.n, 0);
	ts_narrow(&any, &opaque, &both);
	assert_int_equal(both.n, 0);
	ts_narrow(&opaque, &opaque, &both);
	assert_int_equal(both.n, 1);
	assert_int_equal(both.at[0].port_min, 65535);
	assert_int_equal(both.at[0].port_max, 0);
	assert_true(ts_within(&opaque, &opaque));
}

/* --- populate from packet: RFC 4301 section 4.4.1.2 */

static struct ts_first packet_of(uint8_t protocol, uint16_t port_min,
				 uint16_t port_max, uint8_t pfp)
{
	struct sadb_selector s = { .protocol = protocol };
	struct ts_first first;

	assert_int_equal(addr_parse("10.1.0.5", &s.local_min), 0);
	assert_int_equal(addr_parse("10.2.0.6", &s.remote_min), 0);
	s.local_max = s.local_min;
	s.remote_max = s.remote_min;
	s.local_port_min = s.remote_port_min = port_min;
	s.local_port_max = s.remote_port_max = port_max;
	ts_of_packet(&s, pfp, &first);
	return first;
}

#define ALL_FLAGS (PFP_LOCAL | PFP_REMOTE | PFP_PROTOCOL | PFP_PORTS)

static void packet_gives_what_is_flagged_and_the_policy_the_rest(void **state)
{
	static const struct {
		uint8_t pfp, protocol;
		uint16_t port_min, port_max;
		const char *local, *remote;
	} rows[] = {
		{ PFP_LOCAL, 17, 53, 53, "10.1.0.5/32", "10.2.0.0/16" },
		{ PFP_REMOTE, 17, 53, 53, "10.1.0.0/16", "10.2.0.6/32" },
		{ PFP_PROTOCOL, 17, 53, 53, "10.1.0.0/16[17/0-65535]",
		  "10.2.0.0/16[17/0-65535]" },
		{ PFP_PROTOCOL | PFP_REMOTE_PORT, 17, 53, 53,
		  "10.1.0.0/16[17/0-65535]", "10.2.0.0/16[17/53]" },
		{ ALL_FLAGS, 17, 0, 0, "10.1.0.5/32[17/0]", "10.2.0.6/32[17/0]" },
		{ ALL_FLAGS, 1, 0x0800, 0x0800, "10.1.0.5/32[1/2048]",
		  "10.2.0.6/32[1/2048]" },
		{ ALL_FLAGS, 17, PORT_OPAQUE_MIN, PORT_OPAQUE_MAX,
		  "10.1.0.5/32[17/65535-0]", "10.2.0.6/32[17/65535-0]" },
		{ ALL_FLAGS, 47, 0, UINT16_MAX, "10.1.0.5/32[47/0-65535]",
		  "10.2.0.6/32[47/0-65535]" },
	};
	const struct ts_sides ours = { list_of("10.3.0.0/16", "10.1.0.0/16"),
				       list_of("10.2.0.0/16", "10.4.0.0/16") };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ts_first p =
			packet_of(rows[i].protocol, rows[i].port_min,
				  rows[i].port_max, rows[i].pfp);
		struct ts_sides one;

		assert_true(ts_populate(&ours, rows[i].pfp, &p, &one));
		assert_list(&one.local, rows[i].local);
		assert_list(&one.remote, rows[i].remote);
	}
}

static void what_is_no_single_value_gives_nothing(void **state)
{
	const struct ts_sides ours = { list_of("10.3.0.0/16", "10.1.0.0/16"),
				       list_of("10.2.0.0/16", "10.4.0.0/16") };
	const struct ts_first good = packet_of(17, 53, 53, ALL_FLAGS);
	struct ts_sides one;

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct ts_first p = good;

		if (i == 0)
			p.local.addr_max.octets[15]++;
		else if (i == 1)
			p.remote.addr_max.octets[15]++;
		else if (i == 2)
			p.local.protocol = p.remote.protocol = 0;
		else if (i == 3)
			p.local.port_max++;
		else
			p.remote.port_max++;
		assert_false(ts_populate(&ours, ALL_FLAGS, &p, &one));
		assert_true(ts_populate(&ours, 0, &p, &one));
		assert_int_equal(ts_same_values(ALL_FLAGS, &p, &good), false);
		assert_true(ts_same_values(0, &p, &good));
	}
	assert_true(ts_populate(&ours, ALL_FLAGS, &good, &one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_of_both_families_are_taken),
		cmocka_unit_test(ipv4_in_the_form_of_ipv6_is_taken_by_nobody),
		cmocka_unit_test(families_are_narrowed_each_for_itself),
		cmocka_unit_test(what_lies_inside_another_is_not_said_twice),
		cmocka_unit_test(
			several_that_lie_inside_go_and_the_first_place_stays),
		cmocka_unit_test(offer_begins_with_what_is_wanted_first),
		cmocka_unit_test(first_pair_stays_where_there_are_too_many),
		cmocka_unit_test(host_alone_is_seen_under_another_address),
		cmocka_unit_test(all_of_ipv6_is_nothing_of_ipv4),
		cmocka_unit_test(pairs_are_of_one_family),
		cmocka_unit_test(dynamic_is_the_outer_address_of_its_family),
		cmocka_unit_test(dynamic_is_each_virtual_address),
		cmocka_unit_test(opaque_has_only_opaque_in_common),
		cmocka_unit_test(
			packet_gives_what_is_flagged_and_the_policy_the_rest),
		cmocka_unit_test(what_is_no_single_value_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
