// SPDX-License-Identifier: BSD-2-Clause
/* Outer headers: what a copy of the template gets of its own. */
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

static struct outer outer_of(bool v6, uint16_t port)
{
	const struct addr saddr = addr_of(v6 ? "2001:db8::1" : "192.0.2.1");
	const struct addr daddr = addr_of(v6 ? "2001:db8::2" : "192.0.2.2");
	struct outer o;

	outer_init(&o, &saddr, &daddr, htons(port), htons(port));
	return o;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_checksum_is_right_whatever_the_packet_has),
		cmocka_unit_test(flags_of_the_inner_packet_but_df_stay_inside),
		cmocka_unit_test(
			checksum_of_udp_that_comes_out_as_0_is_written_as_ffff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
