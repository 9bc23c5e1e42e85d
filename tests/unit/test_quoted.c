// SPDX-License-Identifier: BSD-2-Clause
/*
 * ICMP errors through an SA (RFC 4301 section 6.2): by their own header, by what they
 * quote, and not at all. The inbound SA takes UDP from 10.1.0.0/16 to 10.2.0.0/16,
 * the outbound one the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/icmp.h"
#include "include/proto.h"
#include "tests/support/gateway.h"
#include "tests/support/packet.h"

#define ROUTER	"203.0.113.9" /* no selector has it */
#define ROUTER6 "2001:db8:99::9"

struct error_spec {
	const char *from, *to;	     /* the error itself */
	const char *source, *target; /* of what it quotes */
	uint8_t type;		     /* 0: time exceeded */
	uint8_t protocol;	     /* of what it quotes; 0: UDP */
	uint16_t fragment;	     /* the error's own */
	uint32_t cut;		     /* octets of the quote; 0: 28 or 48 */
};

static struct ip_header header_of(const char *from, const char *to,
				  uint8_t protocol, uint32_t bytes)
{
	struct ip_header h = {
		.saddr = addr_of(from),
		.daddr = addr_of(to),
		.ttl = 64,
		.protocol = protocol,
	};

	h.version = addr_is_v4(&h.saddr) ? 4 : 6;
	h.total_bytes = ip_least_bytes(h.version) + bytes;
	return h;
}

static uint32_t build(const struct error_spec *s, uint8_t *l3)
{
	struct ip_header quote =
		header_of(s->source, s->target,
			  s->protocol ? s->protocol : PROTO_UDP, 1000);
	uint32_t n = s->cut ? s->cut : ip_least_bytes(quote.version) + 8;
	bool v4 = quote.version == 4;
	struct ip_header h =
		header_of(s->from, s->to, v4 ? PROTO_ICMP : PROTO_ICMPV6,
			  ICMP_HEADER_BYTES + n);
	uint8_t *icmp = l3 + ip_least_bytes(h.version);
	uint8_t octets[IPV6_HEADER_BYTES + 8] = { 0 };

	ip_build(octets, &quote);
	memset(octets + ip_least_bytes(quote.version), 0x11, 8);
	memset(icmp, 0, ICMP_HEADER_BYTES);
	icmp[0] = s->type ? s->type : v4 ? ICMP_TIME_EXCEEDED : 3;
	memcpy(icmp + ICMP_HEADER_BYTES, octets, n);
	h.fragment = s->fragment;
	icmp_build(l3, &h);
	return h.total_bytes;
}

static int setup(void **state)
{
	static const struct gateway_spec spec = { .encr = "aes128gcm16",
						  .frames = 256 };
	struct gateway *g = gateway_new(&spec);

	gateway_know_all(g);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct gateway *g = *state;
	bool balance = gateway_books_balance(g);

	gateway_free(g);
	return balance ? 0 : -1;
}

/* Through the inbound SA. */
static void come(struct gateway *g, const struct error_spec *s)
{
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t n = build(s, packet);

	n = gateway_text(g, packet, n, text);
	gateway_give(g, DIR_IN, l3, gateway_seal(g, text, n, l3));
	worker_step(&g->w);
}

static void assert_dropped(const struct gateway *g, enum drop_reason reason)
{
	assert_int_equal(g->inside.tx_n, 0);
	assert_int_equal(g->drops[reason].pkts, 1);
	assert_int_equal(gateway_dropped(g), 1);
}

static const struct error_spec good = {
	.from = ROUTER,
	.to = "10.2.0.7",
	.source = "10.2.0.7",
	.target = "10.1.0.5",
};

static const struct error_spec good6 = {
	.from = ROUTER6,
	.to = "2001:db8:2::7",
	.source = "2001:db8:2::7",
	.target = "2001:db8:1::5",
};

static void error_about_what_went_by_the_sa_comes_out_of_it(void **state)
{
	struct gateway *g = *state;

	come(g, &good);
	assert_int_equal(g->inside.tx_n, 1);
	come(g, &good6);
	assert_int_equal(g->inside.tx_n, 2);
	assert_int_equal(gateway_dropped(g), 0);
}

static void error_about_anything_else_is_refused(void **state)
{
	static const struct {
		const char *name;
		struct error_spec s;
	} rows[] = {
		{ "what went to another network",
		  { ROUTER, "10.2.0.7", "10.2.0.7", "10.3.0.5", 0, 0, 0, 0 } },
		{ "another host's packet",
		  { ROUTER, "10.2.0.7", "10.2.0.8", "10.1.0.5", 0, 0, 0, 0 } },
		{ "another protocol",
		  { ROUTER, "10.2.0.7", "10.2.0.7", "10.1.0.5", 0, PROTO_TCP, 0,
		    0 } },
		{ "what an earlier policy has",
		  { ROUTER, "10.2.0.7", "10.2.0.7", GATEWAY_DENIED_HOST, 0, 0,
		    0, 0 } },
		{ "what came by the SA, as its receiver would say",
		  { ROUTER, "10.1.0.5", "10.1.0.5", "10.2.0.7", 0, 0, 0, 0 } },
		{ "a quote that is cut",
		  { ROUTER, "10.2.0.7", "10.2.0.7", "10.1.0.5", 0, 0, 0, 19 } },
		{ "an answer to a ping",
		  { ROUTER, "10.2.0.7", "10.2.0.7", "10.1.0.5", 13, 0, 0, 0 } },
		{ "a redirect",
		  { ROUTER, "10.2.0.7", "10.2.0.7", "10.1.0.5", ICMP_REDIRECT,
		    0, 0, 0 } },
		{ "a redirect of IPv6",
		  { ROUTER6, "2001:db8:2::7", "2001:db8:2::7", "2001:db8:1::5",
		    ICMPV6_REDIRECT, 0, 0, 0 } },
		{ "an error that says that it is from behind us",
		  { "10.2.0.9", "10.2.0.7", "10.2.0.7", "10.1.0.5", 0, 0, 0,
		    0 } },
		{ "one of IPv6 that does",
		  { "2001:db8:2::9", "2001:db8:2::7", "2001:db8:2::7",
		    "2001:db8:1::5", 0, 0, 0, 0 } },
		{ "a later fragment",
		  { ROUTER, "10.2.0.7", "10.2.0.7", "10.1.0.5", 0, 0, 1, 0 } },
		{ "a question of IPv6",
		  { ROUTER6, "2001:db8:2::7", "2001:db8:2::7", "2001:db8:1::5",
		    128, 0, 0, 0 } },
		{ "what went to another network of IPv6",
		  { ROUTER6, "2001:db8:2::7", "2001:db8:2::7", "2001:db8:3::5",
		    0, 0, 0, 0 } },
		{ "a quote of IPv6 that is cut",
		  { ROUTER6, "2001:db8:2::7", "2001:db8:2::7", "2001:db8:1::5",
		    0, 0, 0, 39 } },
	};
	struct gateway *g = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		come(g, &rows[i].s);
		if (g->drops[DROP_SELECTOR].pkts != i + 1)
			fail_msg("%s", rows[i].name);
	}
	assert_int_equal(g->inside.tx_n, 0);
}

/* As a hub has it, or a route-based tunnel: nobody is on this side alone then. */
static void where_this_side_is_everybody_a_router_may_be_anybody(void **state)
{
	static const char *const ends[2][4] = {
		{ "0.0.0.0", "255.255.255.255", "10.1.0.0", "10.1.255.255" },
		{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff" },
	};
	const struct error_spec *const errors[] = { &good, &good6 };
	struct gateway *g = *state;
	struct sa_rule rule[2] = { 0 };

	for (size_t i = 0; i < 2; i++)
		rule[i] = (struct sa_rule){
			.selector = { .local_min = addr_of(ends[i][0]),
				      .local_max = addr_of(ends[i][1]),
				      .remote_min = addr_of(ends[i][2]),
				      .remote_max = addr_of(ends[i][3]),
				      .local_port_max = UINT16_MAX,
				      .remote_port_max = UINT16_MAX },
			.accept = true,
		};
	assert_int_equal(sad_set_rules(g->sad, g->in->ref, rule, 2), 0);
	for (size_t i = 0; i < 2; i++) {
		come(g, errors[i]);
		assert_int_equal(g->inside.tx_n, i + 1);
	}
	assert_int_equal(gateway_dropped(g), 0);
	rule[0].selector.local_min = addr_of("128.0.0.0");
	rule[1].selector.local_min = addr_of("2000::");
	assert_int_equal(sad_set_rules(g->sad, g->in->ref, rule, 2), 0);
	come(g, &good);
	come(g, &good6);
	assert_int_equal(g->drops[DROP_SELECTOR].pkts, 2);
}

/* As many octets as RFC 792 has at least show them, and no fewer. */
static void ports_of_a_quote_are_looked_at(void **state)
{
	struct gateway *g = *state;
	struct sa_rule rule = {
		.selector = {
			.local_min = addr_of("10.2.0.0"),
			.local_max = addr_of("10.2.255.255"),
			.remote_min = addr_of("10.1.0.0"),
			.remote_max = addr_of("10.1.255.255"),
			.local_port_min = 0x1111,
			.local_port_max = 0x1111,
			.remote_port_max = UINT16_MAX,
			.protocol = PROTO_UDP,
		},
		.accept = true,
	};
	struct error_spec s = good;

	assert_int_equal(sad_set_rules(g->sad, g->in->ref, &rule, 1), 0);
	come(g, &s);
	assert_int_equal(g->inside.tx_n, 1);
	s.cut = IPV4_HEADER_BYTES + 3;
	come(g, &s);
	assert_int_equal(g->drops[DROP_SELECTOR].pkts, 1);
	rule.selector.local_port_min = rule.selector.local_port_max = 0x1112;
	assert_int_equal(sad_set_rules(g->sad, g->in->ref, &rule, 1), 0);
	come(g, &good);
	assert_int_equal(g->drops[DROP_SELECTOR].pkts, 2);
}

static void error_that_an_earlier_policy_has_is_refused(void **state)
{
	struct gateway *g = *state;
	struct sa_rule rules[2] = {
		{ .selector = { .local_min = addr_of("10.2.0.0"),
				.local_max = addr_of("10.2.255.255"),
				.remote_min = addr_of("10.1.0.0"),
				.remote_max = addr_of("10.1.255.255"),
				.local_port_max = UINT16_MAX,
				.remote_port_max = UINT16_MAX,
				.protocol = PROTO_ICMP } },
	};
	struct error_spec s = good;

	rules[1] = rules[0];
	rules[1].selector.protocol = PROTO_UDP;
	rules[1].accept = true;
	assert_int_equal(sad_set_rules(g->sad, g->in->ref, rules, 2), 0);
	come(g, &s);
	assert_int_equal(g->inside.tx_n, 1);
	gateway_reset(g);
	s.from = "10.1.0.1";
	come(g, &s);
	assert_dropped(g, DROP_SELECTOR);
}

/* The SA that takes its header takes it, unless more is asked for. */
static void error_that_the_selectors_take_is_checked_if_wanted(void **state)
{
	struct gateway *g = *state;
	const struct sa_rule rule = {
		.selector = {
			.local_min = addr_of("10.2.0.0"),
			.local_max = addr_of("10.2.255.255"),
			.remote_min = addr_of("10.1.0.0"),
			.remote_max = addr_of("10.1.255.255"),
			.local_port_max = UINT16_MAX,
			.remote_port_max = UINT16_MAX,
		},
		.accept = true,
	};
	struct error_spec own = good, foreign = good;

	own.from = foreign.from = "10.1.0.1";
	foreign.target = "198.51.100.7";
	assert_int_equal(sad_set_rules(g->sad, g->in->ref, &rule, 1), 0);
	come(g, &foreign);
	assert_int_equal(g->inside.tx_n, 1);
	g->w.quote_check = true;
	come(g, &own);
	assert_int_equal(g->inside.tx_n, 2);
	gateway_reset(g);
	come(g, &foreign);
	assert_dropped(g, DROP_ICMP_SELECTOR);
	foreign.type = ICMP_ECHO_REPLY + 13; /* no error */
	come(g, &foreign);
	assert_int_equal(g->inside.tx_n, 1);
}

static void leave(struct gateway *g, const struct error_spec *s)
{
	uint8_t l3[FRAME_BYTES];

	gateway_give(g, DIR_OUT, l3, build(s, l3));
	worker_step(&g->w);
}

/* What the peer would take, and nothing else. */
static void error_goes_by_the_sa_of_what_it_is_about(void **state)
{
	struct gateway *g = *state;
	struct error_spec s = good;

	g->out->narrow = true;
	leave(g, &s);
	assert_int_equal(g->outside.tx_n, 1);
	s.target = "10.3.0.5";
	leave(g, &s);
	assert_int_equal(g->outside.tx_n, 1);
	assert_int_equal(g->drops[DROP_SELECTOR].pkts, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(error_about_what_went_by_the_sa_comes_out_of_it),
		TEST(error_about_anything_else_is_refused),
		TEST(where_this_side_is_everybody_a_router_may_be_anybody),
		TEST(ports_of_a_quote_are_looked_at),
		TEST(error_that_an_earlier_policy_has_is_refused),
		TEST(error_that_the_selectors_take_is_checked_if_wanted),
		TEST(error_goes_by_the_sa_of_what_it_is_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
