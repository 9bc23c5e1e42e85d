// SPDX-License-Identifier: BSD-2-Clause
/*
 * The rules of an SA and the ranges that they are made of: borders, order, and
 * what has no ports.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/sadb/policy.h"
#include "ctrl/sadb/rules.h"
#include "include/proto.h"

static struct sadb_selector ranges(const char *local, const char *remote,
				   uint8_t protocol)
{
	struct prefix l, r;

	assert_int_equal(prefix_parse(local, &l), 0);
	assert_int_equal(prefix_parse(remote, &r), 0);
	return selector_between(&l, &r, protocol);
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct flow flow_of(const char *local, const char *remote)
{
	return (struct flow){
		.local = addr_of(local),
		.remote = addr_of(remote),
		.local_port = 1000,
		.remote_port = 2000,
		.has_ports = true,
		.protocol = PROTO_UDP,
	};
}

/* What is asked without ports says the same, or that they decide. */
static bool accepts(const struct sa_rule *rule, size_t n, const struct flow *f)
{
	struct rules *r = rules_new(rule, n);
	enum rules_say say;
	bool accepted;

	assert_non_null(r);
	accepted = rules_accept(r, f);
	say = rules_ask(r, &f->local, &f->remote, f->protocol);
	if (say != RULES_PORTS)
		assert_int_equal(say == RULES_ACCEPT, accepted);
	rules_free(r);
	return accepted;
}

static void prefix_becomes_its_first_and_last_address(void **state)
{
	static const struct {
		const char *prefix, *min, *max;
	} rows[] = {
		{ "10.1.0.0/16", "10.1.0.0", "10.1.255.255" },
		{ "10.1.2.3", "10.1.2.3", "10.1.2.3" },
		{ "0.0.0.0/0", "0.0.0.0", "255.255.255.255" },
		{ "10.1.2.4/30", "10.1.2.4", "10.1.2.7" },
		{ "128.0.0.0/1", "128.0.0.0", "255.255.255.255" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sadb_selector s =
			ranges(rows[i].prefix, "10.2.0.0/16", 6);

		assert_int_equal(addr_v4_be(&s.local_min),
				 inet_addr(rows[i].min));
		assert_int_equal(addr_v4_be(&s.local_max),
				 inet_addr(rows[i].max));
		assert_true(addr_is_v4(&s.local_min));
		assert_true(addr_is_v4(&s.local_max));
		assert_int_equal(s.protocol, 6);
		assert_int_equal(s.remote_port_min, 0);
		assert_int_equal(s.local_port_max, 65535);
	}
}

static void borders_of_every_range_are_inside(void **state)
{
	struct sa_rule rule = { ranges("10.1.0.0/16", "10.2.0.0/16", 0), true };
	struct flow f;

	(void)state;
	f = flow_of("10.1.0.0", "10.2.255.255");
	assert_true(accepts(&rule, 1, &f));
	f = flow_of("10.1.255.255", "10.2.0.0");
	assert_true(accepts(&rule, 1, &f));
	f = flow_of("10.0.255.255", "10.2.0.0");
	assert_false(accepts(&rule, 1, &f));
	f = flow_of("10.2.0.0", "10.2.0.0");
	assert_false(accepts(&rule, 1, &f));
	f = flow_of("10.1.0.0", "10.1.255.255");
	assert_false(accepts(&rule, 1, &f));
	f = flow_of("10.1.0.0", "10.3.0.0");
	assert_false(accepts(&rule, 1, &f));
	rule.selector.local_port_min = rule.selector.local_port_max = 1000;
	rule.selector.remote_port_min = 2000;
	f = flow_of("10.1.0.0", "10.2.0.0");
	assert_true(accepts(&rule, 1, &f));
	f.local_port = 1001;
	assert_false(accepts(&rule, 1, &f));
	f.local_port = 1000;
	f.remote_port = 1999;
	assert_false(accepts(&rule, 1, &f));
}

static void ipv6_addresses_are_compared_in_whole(void **state)
{
	struct sa_rule rule = { ranges("2001:db8:1::/48", "2001:db8:2::/127", 0),
				true };
	struct flow f;

	(void)state;
	f = flow_of("2001:db8:1::", "2001:db8:2::1");
	assert_true(accepts(&rule, 1, &f));
	f = flow_of("2001:db8:1:ffff:ffff:ffff:ffff:ffff", "2001:db8:2::");
	assert_true(accepts(&rule, 1, &f));
	f = flow_of("2001:db8:0:ffff:ffff:ffff:ffff:ffff", "2001:db8:2::");
	assert_false(accepts(&rule, 1, &f));
	f = flow_of("2001:db8:2::", "2001:db8:2::");
	assert_false(accepts(&rule, 1, &f));
	f = flow_of("2001:db8:1::", "2001:db8:2::2");
	assert_false(accepts(&rule, 1, &f));
	f = flow_of("10.1.0.5", "10.2.0.7");
	assert_false(accepts(&rule, 1, &f));
}

static void ipv4_is_no_part_of_all_ipv6(void **state)
{
	struct sa_rule rule = { ranges("::/0", "::/0", 0), true };
	struct flow f = flow_of("10.1.0.1", "10.2.0.1");

	(void)state;
	assert_false(accepts(&rule, 1, &f));
	f = flow_of("2001:db8::1", "2001:db8::2");
	assert_true(accepts(&rule, 1, &f));
}

static void lower_half_of_an_ipv4_address_does_not_make_one(void **state)
{
	struct sa_rule rule = { ranges("10.1.0.0/16", "10.2.0.0/16", 0), true };
	struct flow f = flow_of("10.1.0.5", "10.2.0.7");

	(void)state;
	assert_true(accepts(&rule, 1, &f));
	f = flow_of("2001:db8::ffff:a01:5", "10.2.0.7");
	assert_false(accepts(&rule, 1, &f));
	f = flow_of("10.1.0.5", "2001:db8::ffff:a02:7");
	assert_false(accepts(&rule, 1, &f));
}

static void rules_of_both_families_are_asked_in_their_order(void **state)
{
	struct sa_rule rules[] = {
		{ ranges("10.1.0.0/16", "10.2.0.0/16", 0), true },
		{ ranges("2001:db8:1::1", "2001:db8:2::/48", 0), false },
		{ ranges("2001:db8:1::/48", "2001:db8:2::/48", 0), true },
		{ ranges("10.3.0.0/16", "10.2.0.0/16", PROTO_UDP), true },
	};
	struct flow f = flow_of("2001:db8:1::2", "2001:db8:2::1");

	(void)state;
	assert_true(accepts(rules, 4, &f));
	f = flow_of("2001:db8:1::1", "2001:db8:2::1");
	assert_false(accepts(rules, 4, &f));
	f = flow_of("10.3.0.1", "10.2.0.1");
	assert_true(accepts(rules, 4, &f));
	f.protocol = PROTO_TCP;
	assert_false(accepts(rules, 4, &f));
}

/* Else whoever asks without them would never come to ask with them. */
static void rule_of_ports_says_that_they_decide(void **state)
{
	struct sa_rule rules[] = {
		{ ranges("10.1.0.0/16", "10.2.0.0/16", PROTO_UDP), true },
		{ ranges("10.1.0.0/16", "10.2.0.0/16", 0), true },
	};
	const struct flow f = flow_of("10.1.0.5", "10.2.0.7");
	struct rules *r;

	(void)state;
	rules[0].selector.local_port_max = 999;
	r = rules_new(rules, 2);
	assert_non_null(r);
	assert_int_equal(rules_ask(r, &f.local, &f.remote, PROTO_UDP),
			 RULES_PORTS);
	assert_int_equal(rules_ask(r, &f.local, &f.remote, PROTO_TCP),
			 RULES_ACCEPT);
	rules_free(r);
}

static void first_that_matches_decides_and_none_refuses(void **state)
{
	const struct sa_rule rules[] = {
		{ ranges("10.1.0.5", "10.2.0.0/16", PROTO_TCP), false },
		{ ranges("10.1.0.0/24", "10.2.0.0/16", 0), true },
		{ ranges("10.1.0.0/16", "10.2.0.0/16", 0), false },
		{ ranges("10.1.0.0/16", "10.2.0.0/16", 0), true },
	};
	struct flow f = flow_of("10.1.0.5", "10.2.0.7");

	(void)state;
	assert_true(accepts(rules, 4, &f));
	f.protocol = PROTO_TCP;
	assert_false(accepts(rules, 4, &f));
	f = flow_of("10.1.1.5", "10.2.0.7");
	assert_false(accepts(rules, 4, &f));
	f = flow_of("10.9.1.5", "10.2.0.7");
	assert_false(accepts(rules, 4, &f));
	assert_false(accepts(rules, 0, &f));
}

static void without_ports_no_rule_of_ports_matches(void **state)
{
	struct sa_rule rules[] = {
		{ ranges("10.1.0.0/16", "10.2.0.0/16", 0), true },
		{ ranges("10.1.0.0/16", "10.2.0.0/16", 0), false },
	};
	struct flow f = flow_of("10.1.0.5", "10.2.0.7");

	(void)state;
	f.has_ports = false;
	assert_true(accepts(rules, 2, &f));
	rules[0].selector.remote_port_max = 65534;
	assert_false(accepts(rules, 2, &f));
	f.has_ports = true;
	assert_true(accepts(rules, 2, &f));
}

static void protocol_is_named_by_its_number_in_a_rule_that_accepts(void **state)
{
	const struct sa_rule rule[] = {
		{ ranges("10.1.0.0/16", "10.2.0.0/16", PROTO_IPV6), false },
		{ ranges("10.1.0.0/16", "10.2.0.0/16", PROTO_IPIP), true },
		{ ranges("10.1.0.0/16", "10.2.0.0/16", PROTO_ANY), true },
	};
	struct rules *r = rules_new(rule, 3);

	(void)state;
	assert_non_null(r);
	assert_true(rules_name(r, PROTO_IPIP));
	assert_false(rules_name(r, PROTO_IPV6));
	assert_false(rules_name(r, PROTO_UDP));
	rules_free(r);
}

static bool may_accept(const struct sa_rule *rule, size_t n,
		       const struct flow *f, bool *asks_ports)
{
	struct rules *r = rules_new(rule, n);
	bool may;

	assert_non_null(r);
	may = rules_may_accept(r, f);
	*asks_ports = rules_accept_ports(r);
	rules_free(r);
	return may;
}

static void without_ports_it_may_be_what_a_rule_of_ports_accepts(void **state)
{
	struct sa_rule rules[] = {
		{ ranges("10.1.0.0/16", "10.2.0.0/16", PROTO_UDP), true },
		{ ranges("10.1.0.0/16", "10.2.0.0/16", 0), false },
	};
	struct flow f = flow_of("10.1.0.5", "10.2.0.7");
	bool asks;

	(void)state;
	rules[0].selector.remote_port_max = 65534;
	assert_false(may_accept(rules, 2, &f, &asks));
	assert_true(asks);
	f.has_ports = false;
	assert_true(may_accept(rules, 2, &f, &asks));
	f.protocol = PROTO_TCP;
	assert_false(may_accept(rules, 2, &f, &asks));
	f.protocol = PROTO_UDP;
	rules[0].accept = false;
	assert_false(may_accept(rules, 2, &f, &asks));
	assert_false(asks);
	rules[0].accept = true;
	rules[0].selector.remote_port_max = 65535;
	assert_true(may_accept(rules, 2, &f, &asks));
	assert_false(asks);
}

/* RFC 4301 section 4.4.1.2. */
static void opaque_takes_what_shows_no_ports_alone(void **state)
{
	struct sa_rule rule = { ranges("10.1.0.0/16", "10.2.0.0/16", PROTO_UDP),
				true };
	struct flow f = flow_of("10.1.0.1", "10.2.0.1");
	bool asks;

	(void)state;
	rule.selector.local_port_min = PORT_OPAQUE_MIN;
	rule.selector.local_port_max = PORT_OPAQUE_MAX;
	assert_false(accepts(&rule, 1, &f));
	f.local_port = 65535; /* no range begins and ends like that */
	assert_false(accepts(&rule, 1, &f));
	f.has_ports = false;
	f.local_port = f.remote_port = 0;
	assert_true(accepts(&rule, 1, &f));
	assert_true(may_accept(&rule, 1, &f, &asks));
	assert_false(asks); /* its later fragments are its own */
	f.protocol = PROTO_TCP;
	assert_false(accepts(&rule, 1, &f));
	f.protocol = PROTO_UDP;
	rule.selector.remote_port_min = 80;
	assert_false(accepts(&rule, 1, &f));
}

static void opaque_is_within_any_and_within_no_ports(void **state)
{
	struct sadb_selector outer =
		ranges("10.1.0.0/16", "10.2.0.0/16", PROTO_UDP);
	struct sadb_selector s = outer;

	(void)state;
	s.local_port_min = s.remote_port_min = PORT_OPAQUE_MIN;
	s.local_port_max = s.remote_port_max = PORT_OPAQUE_MAX;
	assert_true(selector_within(&s, &s));
	assert_true(selector_within(&s, &outer));
	assert_false(selector_within(&outer, &s));
	outer.local_port_max = 90;
	assert_false(selector_within(&s, &outer));
	outer.local_port_min = outer.local_port_max = 65535;
	assert_false(selector_within(&s, &outer));
	assert_false(selector_within(&outer, &s));
}

static void selector_is_within_when_every_range_is(void **state)
{
	const struct sadb_selector outer =
		ranges("10.1.0.0/16", "10.2.0.0/16", PROTO_UDP);
	struct sadb_selector s = outer;

	(void)state;
	assert_true(selector_within(&s, &outer));
	s.protocol = PROTO_ANY;
	assert_false(selector_within(&s, &outer));
	assert_true(selector_within(&outer, &s));
	s = ranges("10.1.2.0/24", "10.2.0.0/16", PROTO_UDP);
	assert_true(selector_within(&s, &outer));
	assert_false(selector_within(&outer, &s));
	s = ranges("10.1.0.0/16", "10.2.0.0/15", PROTO_UDP);
	assert_false(selector_within(&s, &outer));
	s = outer;
	s.local_port_min = 1;
	assert_true(selector_within(&s, &outer));
	assert_false(selector_within(&outer, &s));
}

static void ipv4_is_not_within_all_of_ipv6(void **state)
{
	const struct sadb_selector outer = ranges("::/0", "::/0", PROTO_ANY);
	struct sadb_selector s = ranges("2001:db8::/32", "::/0", PROTO_ANY);

	(void)state;
	assert_true(selector_within(&s, &outer));
	s = ranges("10.1.0.0/16", "10.2.0.0/16", PROTO_ANY);
	assert_false(selector_within(&s, &outer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefix_becomes_its_first_and_last_address),
		cmocka_unit_test(borders_of_every_range_are_inside),
		cmocka_unit_test(ipv6_addresses_are_compared_in_whole),
		cmocka_unit_test(ipv4_is_no_part_of_all_ipv6),
		cmocka_unit_test(lower_half_of_an_ipv4_address_does_not_make_one),
		cmocka_unit_test(rules_of_both_families_are_asked_in_their_order),
		cmocka_unit_test(rule_of_ports_says_that_they_decide),
		cmocka_unit_test(first_that_matches_decides_and_none_refuses),
		cmocka_unit_test(without_ports_no_rule_of_ports_matches),
		cmocka_unit_test(
			protocol_is_named_by_its_number_in_a_rule_that_accepts),
		cmocka_unit_test(
			without_ports_it_may_be_what_a_rule_of_ports_accepts),
		cmocka_unit_test(opaque_takes_what_shows_no_ports_alone),
		cmocka_unit_test(opaque_is_within_any_and_within_no_ports),
		cmocka_unit_test(selector_is_within_when_every_range_is),
		cmocka_unit_test(ipv4_is_not_within_all_of_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
