// SPDX-License-Identifier: BSD-2-Clause
/* Outer headers: what a copy of the template gets of its own and of the packet
 * inside, and what that gets when they come off. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/sadb/outer.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "tests/support/packet.h"

#define ESP_AT	  OUTER_MAX
#define ESP_BYTES 40U

static struct outer outer_as(bool v6, uint16_t port,
			     const struct sadb_outer *conf)
{
	const struct addr saddr = addr_of(v6 ? "2001:db8::1" : "192.0.2.1");
	const struct addr daddr = addr_of(v6 ? "2001:db8::2" : "192.0.2.2");
	struct outer o;

	outer_init(&o, port ? PROTO_UDP : PROTO_ESP, &saddr, &daddr,
		   htons(port), htons(port), conf);
	return o;
}

static struct outer outer_of(bool v6, uint16_t port)
{
	return outer_as(v6, port, NULL);
}

/* What an outer header around such a packet says; its checksum is right. */
static struct ip_header put_around(const struct outer *o,
				   const struct ip_header *inner)
{
	uint8_t at[ESP_AT + ESP_BYTES] = { 0 };
	uint32_t bytes = o->bytes + ESP_BYTES;
	struct ip_header got;

	outer_put(o, at + ESP_AT, bytes, inner, 1);
	assert_true(ip_parse(slice_of(at + ESP_AT - o->bytes, bytes), &got));
	return got;
}

/* Every sum of the fields has another carry. */
static void ipv4_checksum_is_right_whatever_the_packet_has(void **state)
{
	const struct outer o = outer_of(false, 0);

	(void)state;
	for (uint32_t i = 0; i < 65536; i++) {
		const struct ip_header inner = {
			.tos = (uint8_t)i,
			.fragment = i & 1 ? IPV4_DF : 0,
		};
		uint8_t at[ESP_AT + ESP_BYTES] = { 0 };
		struct ip_header got;

		outer_put(&o, at + ESP_AT, 60, &inner, (uint16_t)i);
		assert_true(ip_parse(slice_of(at + ESP_AT - 20, 60), &got));
		assert_int_equal(got.id, i);
		assert_int_equal(got.tos, inner.tos);
		assert_int_equal(got.fragment, inner.fragment);
	}
}

static void flags_of_the_inner_packet_but_df_stay_inside(void **state)
{
	const struct outer o = outer_of(false, 0);
	const struct ip_header inner = { .fragment = IPV4_DF | IPV4_MF | 77 };
	uint8_t at[ESP_AT + ESP_BYTES] = { 0 };

	(void)state;
	outer_put(&o, at + ESP_AT, 60, &inner, 1);
	assert_int_equal(at[ESP_AT - 14] << 8 | at[ESP_AT - 13], IPV4_DF);
}

/* RFC 768: 0 would say that there is none. */
static void checksum_of_udp_that_comes_out_as_0_is_written_as_ffff(void **state)
{
	const struct outer o = outer_of(true, 4500);
	const struct ip_header inner = { .tos = 0 };
	const uint32_t bytes = IPV6_HEADER_BYTES + UDP_HEADER_BYTES + ESP_BYTES;
	uint8_t at[ESP_AT + ESP_BYTES] = { 0 };
	uint8_t *checksum = at + ESP_AT - 2, *word = at + ESP_AT;

	(void)state;
	outer_put(&o, at + ESP_AT, bytes, &inner, 1);
	memcpy(word, checksum, 2);
	outer_put(&o, at + ESP_AT, bytes, &inner, 1);
	assert_memory_equal(checksum, "\xff\xff", 2);
	assert_int_equal(ipv6_checksum(at, PROTO_UDP, at + IPV6_HEADER_BYTES,
				       bytes - IPV6_HEADER_BYTES),
			 0);
}

static void template_that_is_turned_is_as_if_made_for_there(void **state)
{
	static const char *const there[] = { "203.0.113.255", "2001:db8:9::9" };
	static const char *const here[] = { "192.0.2.1", "2001:db8::1" };

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct outer turned = outer_of(v6, 4500), made;
		const struct addr saddr = addr_of(here[v6]);
		const struct addr daddr = addr_of(there[v6]);

		outer_init(&made, PROTO_UDP, &saddr, &daddr, htons(4500),
			   htons(1024), NULL);
		outer_turn(&turned, &daddr, htons(1024));
		assert_memory_equal(&turned, &made, sizeof(made));
	}
}

/* --- what the packet inside has, and the outer header gets --- */

/* By family outside, and every TOS inside. */
static void assert_tos(const struct sadb_outer *conf, uint8_t copied,
		       uint8_t set)
{
	for (uint32_t i = 0; i < 2 * 256; i++) {
		const struct outer o = outer_as(i & 1, 0, conf);
		const struct ip_header inner = { .tos = (uint8_t)(i >> 1) };

		assert_int_equal(put_around(&o, &inner).tos,
				 (inner.tos & copied) | set);
	}
}

static void dscp_and_ecn_are_copied_outwards(void **state)
{
	(void)state;
	assert_tos(&(struct sadb_outer){ 0 }, 0xff, 0);
}

/* RFC 6040 section 4.1: compatibility mode. */
static void without_ecn_the_outer_header_is_not_ect(void **state)
{
	(void)state;
	assert_tos(&(struct sadb_outer){ .no_ecn = true }, 0xfc, 0);
}

static void dscp_that_is_set_is_in_every_outer_header(void **state)
{
	(void)state;
	assert_tos(&(struct sadb_outer){ .dscp_is_set = true, .dscp = 46 },
		   0x03, 46 << 2);
	assert_tos(&(struct sadb_outer){ .dscp_is_set = true, .no_ecn = true },
		   0, 0);
}

static void df_is_copied_set_or_clear(void **state)
{
	static const struct {
		uint8_t df;
		uint16_t inner, want;
	} rows[] = {
		{ SADB_DF_COPY, 0, 0 },
		{ SADB_DF_COPY, IPV4_DF, IPV4_DF },
		{ SADB_DF_CLEAR, 0, 0 },
		{ SADB_DF_CLEAR, IPV4_DF, 0 },
		{ SADB_DF_SET, IPV4_MF | 5, IPV4_DF },
		{ SADB_DF_SET, IPV4_DF, IPV4_DF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sadb_outer conf = { .df = rows[i].df };
		const struct ip_header inner = { .fragment = rows[i].inner };
		const struct outer o = outer_as(false, 4500, &conf);

		assert_int_equal(put_around(&o, &inner).fragment, rows[i].want);
	}
}

static void only_ipv4_without_df_is_cut_whatever_is_inside(void **state)
{
	struct sadb_outer conf = { .df = SADB_DF_CLEAR };
	const struct outer cut = outer_as(false, 0, &conf);
	const struct outer v6 = outer_as(true, 0, &conf);
	const struct outer copied = outer_of(false, 0);
	struct outer set;

	(void)state;
	conf.df = SADB_DF_SET;
	set = outer_as(false, 0, &conf);
	assert_true(outer_is_cut(&cut));
	assert_false(outer_is_cut(&v6));
	assert_false(outer_is_cut(&copied));
	assert_false(outer_is_cut(&set));
}

static void ttl_is_64_or_what_is_set_and_never_the_packets(void **state)
{
	const struct ip_header inner = { .ttl = 9 };

	(void)state;
	for (uint32_t i = 0; i < 2 * 256; i++) {
		const struct sadb_outer conf = { .ttl = (uint8_t)(i >> 1) };
		const struct outer o = outer_as(i & 1, 0, &conf);

		assert_int_equal(put_around(&o, &inner).ttl,
				 conf.ttl ? conf.ttl : 64);
	}
}

/* --- what the outer header says, and the packet inside gets --- */

#define FINE(ecn)                   \
	{                           \
		ecn, OUTER_ECN_FINE \
	}
#define UNUSED(ecn)                   \
	{                             \
		ecn, OUTER_ECN_UNUSED \
	}
#define LOST                      \
	{                         \
		0, OUTER_ECN_LOST \
	}

/* RFC 6040 section 4.2, figure 4, by inner and outer code point; it has a mark of
 * exclamation, or three, where this says UNUSED. */
static const struct {
	uint8_t ecn;
	enum outer_ecn what;
} figure_4[4][4] = {
	[ECN_NOT_ECT] = { [ECN_NOT_ECT] = FINE(ECN_NOT_ECT),
			  [ECN_ECT_0] = UNUSED(ECN_NOT_ECT),
			  [ECN_ECT_1] = UNUSED(ECN_NOT_ECT),
			  [ECN_CE] = LOST },
	[ECN_ECT_0] = { [ECN_NOT_ECT] = FINE(ECN_ECT_0),
			[ECN_ECT_0] = FINE(ECN_ECT_0),
			[ECN_ECT_1] = FINE(ECN_ECT_1),
			[ECN_CE] = FINE(ECN_CE) },
	[ECN_ECT_1] = { [ECN_NOT_ECT] = FINE(ECN_ECT_1),
			[ECN_ECT_0] = UNUSED(ECN_ECT_1),
			[ECN_ECT_1] = FINE(ECN_ECT_1),
			[ECN_CE] = FINE(ECN_CE) },
	[ECN_CE] = { [ECN_NOT_ECT] = FINE(ECN_CE),
		     [ECN_ECT_0] = FINE(ECN_CE),
		     [ECN_ECT_1] = UNUSED(ECN_CE),
		     [ECN_CE] = FINE(ECN_CE) },
};

/* Whatever DSCPs these are. */
static void ecn_comes_out_as_rfc_6040_says(void **state)
{
	const struct outer o = outer_of(false, 0);

	(void)state;
	for (uint32_t i = 0; i < 65536; i++) {
		uint8_t inner = (uint8_t)i, outer = (uint8_t)(i >> 8),
			tos = inner;
		enum outer_ecn what = figure_4[inner & 3][outer & 3].what;

		assert_int_equal(outer_take(&o, outer, &tos), what);
		if (what == OUTER_ECN_LOST)
			continue;
		assert_int_equal(tos & 3, figure_4[inner & 3][outer & 3].ecn);
		assert_int_equal(tos & 0xfc, inner & 0xfc);
	}
}

static void without_ecn_the_packet_stays_as_it_was(void **state)
{
	const struct sadb_outer conf = { .no_ecn = true };
	const struct outer o = outer_as(false, 0, &conf);

	(void)state;
	for (uint32_t i = 0; i < 65536; i++) {
		uint8_t tos = (uint8_t)i;

		assert_int_equal(outer_take(&o, (uint8_t)(i >> 8), &tos),
				 OUTER_ECN_FINE);
		assert_int_equal(tos, (uint8_t)i);
	}
}

static void dscp_comes_in_where_that_is_wanted(void **state)
{
	const struct sadb_outer conf = { .dscp_in = true };
	const struct outer o = outer_as(true, 0, &conf);
	uint8_t tos = 0x28 | ECN_ECT_0;

	(void)state;
	assert_int_equal(outer_take(&o, 0xb8 | ECN_CE, &tos), OUTER_ECN_FINE);
	assert_int_equal(tos, 0xb8 | ECN_CE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_checksum_is_right_whatever_the_packet_has),
		cmocka_unit_test(template_that_is_turned_is_as_if_made_for_there),
		cmocka_unit_test(flags_of_the_inner_packet_but_df_stay_inside),
		cmocka_unit_test(
			checksum_of_udp_that_comes_out_as_0_is_written_as_ffff),
		cmocka_unit_test(dscp_and_ecn_are_copied_outwards),
		cmocka_unit_test(without_ecn_the_outer_header_is_not_ect),
		cmocka_unit_test(dscp_that_is_set_is_in_every_outer_header),
		cmocka_unit_test(df_is_copied_set_or_clear),
		cmocka_unit_test(only_ipv4_without_df_is_cut_whatever_is_inside),
		cmocka_unit_test(ttl_is_64_or_what_is_set_and_never_the_packets),
		cmocka_unit_test(ecn_comes_out_as_rfc_6040_says),
		cmocka_unit_test(without_ecn_the_packet_stays_as_it_was),
		cmocka_unit_test(dscp_comes_in_where_that_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
