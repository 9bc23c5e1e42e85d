// SPDX-License-Identifier: BSD-2-Clause
/* ICMP errors: which packets they are about, and what stands in one. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/icmp.h"
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/hex.h"
#include "tests/support/packet.h"

#define TYPE_AT IPV4_HEADER_BYTES

struct subject {
	struct ip_header h;
	uint8_t octets[1500];
};

static struct subject subject(void)
{
	struct subject s = {
		.h = {
			.version = 4,
			.header_bytes = IPV4_HEADER_BYTES,
			.total_bytes = 1500,
			.fragment = IPV4_DF,
			.ttl = 64,
			.protocol = PROTO_UDP,
			.saddr = addr_of("10.1.0.5"),
			.daddr = addr_of("10.2.0.7"),
		},
	};

	for (size_t i = 0; i < sizeof(s.octets); i++)
		s.octets[i] = (uint8_t)i;
	return s;
}

static bool may_answer(struct subject *s)
{
	ip_build(s->octets, &s->h);
	return icmp_may_answer(slice_of(s->octets, s->h.total_bytes), &s->h);
}

static void ordinary_packet_is_answered(void **state)
{
	struct subject s = subject();

	(void)state;
	assert_true(may_answer(&s));
}

static void first_fragment_is_answered_and_a_later_one_is_not(void **state)
{
	struct subject s = subject();

	(void)state;
	s.h.fragment = IPV4_MF;
	assert_true(may_answer(&s));
	s.h.fragment = IPV4_MF | 1;
	assert_false(may_answer(&s));
	s.h.fragment = 100;
	assert_false(may_answer(&s));
}

static void source_that_is_not_one_host_gets_no_answer(void **state)
{
	static const char *const sources[] = {
		"0.0.0.0",   "0.1.2.3",		"127.0.0.1", "224.0.0.1",
		"239.1.1.1", "255.255.255.255", "240.0.0.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		struct subject s = subject();

		s.h.saddr = addr_of(sources[i]);
		if (may_answer(&s))
			fail_msg("an answer for %s", sources[i]);
	}
}

static void packet_to_many_gets_no_answer(void **state)
{
	struct subject s = subject();

	(void)state;
	s.h.daddr = addr_of("224.0.0.251");
	assert_false(may_answer(&s));
	s.h.daddr = addr_of("255.255.255.255");
	assert_false(may_answer(&s));
}

static void of_icmp_only_questions_and_their_answers_are_answered(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 256; type++) {
		bool harmless =
			type == 0 || type == 8 || type == 13 || type == 14;
		struct subject s = subject();

		s.h.protocol = PROTO_ICMP;
		s.octets[TYPE_AT] = (uint8_t)type;
		if (may_answer(&s) != harmless)
			fail_msg("type %u", type);
	}
}

static void icmp_without_a_type_gets_no_answer(void **state)
{
	struct subject s = subject();

	(void)state;
	s.h.protocol = PROTO_ICMP;
	s.h.total_bytes = IPV4_HEADER_BYTES;
	assert_false(may_answer(&s));
}

/* The whole error about that many octets of a packet; its octets. */
static uint32_t error_about(const struct subject *s, uint32_t bytes,
			    uint32_t mtu, uint8_t *l3)
{
	uint32_t header = ip_least_bytes(s->h.version);
	bool v4 = s->h.version == 4;
	struct ip_header h = {
		.version = s->h.version,
		.protocol = v4 ? PROTO_ICMP : PROTO_ICMPV6,
		.ttl = 64,
		.saddr = s->h.daddr,
		.daddr = s->h.saddr,
	};

	h.total_bytes =
		header + icmp_too_big(l3 + header, slice_of(s->octets, bytes),
				      s->h.version, mtu);
	icmp_build(l3, &h);
	return h.total_bytes;
}

static void frag_needed_names_the_mtu_and_quotes_the_packet(void **state)
{
	static const uint8_t head[] = { 3, 4, 0, 0, 0, 0, 1438 >> 8, 1438 & 255 };
	struct subject s = subject();
	uint8_t l3[ICMPV6_ERROR_MAX], *icmp = l3 + IPV4_HEADER_BYTES;
	uint32_t bytes;

	(void)state;
	bytes = error_about(&s, 100, 1438, l3) - IPV4_HEADER_BYTES;
	assert_int_equal(bytes, ICMP_HEADER_BYTES + 100);
	assert_int_equal(ipv4_checksum(icmp, bytes), 0);
	memset(icmp + 2, 0, 2);
	assert_memory_equal(icmp, head, sizeof(head));
	assert_memory_equal(icmp + ICMP_HEADER_BYTES, s.octets, 100);
}

/* RFC 1812 section 4.3.2.3. */
static void datagram_of_an_error_has_576_octets_at_most(void **state)
{
	struct subject s = subject();
	uint8_t l3[ICMPV6_ERROR_MAX], *icmp = l3 + IPV4_HEADER_BYTES;
	uint32_t bytes;

	(void)state;
	bytes = error_about(&s, sizeof(s.octets), 68, l3) - IPV4_HEADER_BYTES;
	assert_int_equal(IPV4_HEADER_BYTES + bytes, 576);
	assert_int_equal(ipv4_checksum(icmp, bytes), 0);
	assert_memory_equal(icmp + ICMP_HEADER_BYTES, s.octets,
			    bytes - ICMP_HEADER_BYTES);
}

/* --- ICMPv6 --- */

static struct subject subject_v6(void)
{
	struct subject s = subject();

	s.h.version = 6;
	s.h.header_bytes = IPV6_HEADER_BYTES;
	s.h.saddr = addr_of("2001:db8:1::5");
	s.h.daddr = addr_of("2001:db8:2::7");
	return s;
}

static void ordinary_ipv6_packet_is_answered_and_one_to_many_too(void **state)
{
	struct subject s = subject_v6();

	(void)state;
	assert_true(may_answer(&s));
	s.h.daddr = addr_of("ff0e::1"); /* RFC 4443 section 2.4 e.3 */
	assert_true(may_answer(&s));
	s.h.fragment = IPV4_DF | 100;
	assert_true(may_answer(&s));
}

static void ipv6_source_that_is_not_one_host_gets_no_answer(void **state)
{
	static const char *const sources[] = { "::", "::1", "ff02::1",
					       "ff0e::5" };

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		struct subject s = subject_v6();

		s.h.saddr = addr_of(sources[i]);
		if (may_answer(&s))
			fail_msg("an answer for %s", sources[i]);
	}
}

/* RFC 4443 section 2.4 e.1 and e.2. */
static void of_icmpv6_errors_and_redirects_get_no_answer(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 256; type++) {
		struct subject s = subject_v6();

		s.h.protocol = PROTO_ICMPV6;
		s.octets[IPV6_HEADER_BYTES] = (uint8_t)type;
		if (may_answer(&s) != (type >= 128 && type != 137))
			fail_msg("type %u", type);
	}
}

static void icmpv6_without_a_type_to_be_seen_gets_no_answer(void **state)
{
	struct subject s = subject_v6();

	(void)state;
	s.h.protocol = PROTO_ICMPV6;
	s.octets[IPV6_HEADER_BYTES] = 128;
	assert_true(may_answer(&s));
	s.h.fragment = IPV4_DF | 1;
	assert_false(may_answer(&s));
	s.h.fragment = IPV4_DF;
	s.h.total_bytes = IPV6_HEADER_BYTES;
	assert_false(may_answer(&s));
}

/* scapy 2.5.0: ICMPv6PacketTooBig(mtu=1438) about a packet with UDP. */
static void packet_too_big_is_as_others_make_it(void **state)
{
	static const char packet[] =
		"6b912345000f113f20010db800010000000000000000000520010db8"
		"00020000000000000000000703e807d0000f076a61626364656667";
	static const char error[] =
		"6c000000003f3a4020010db800020000000000000000000720010db8"
		"0001000000000000000000050200fc620000059e6b912345000f113f"
		"20010db800010000000000000000000520010db80002000000000000"
		"0000000703e807d0000f076a61626364656667";
	struct subject s = subject_v6();
	uint8_t l3[ICMPV6_ERROR_MAX], want[ICMPV6_ERROR_MAX];
	uint32_t n = (uint32_t)hex_decode(packet, s.octets, sizeof(s.octets));

	(void)state;
	n = error_about(&s, n, 1438, l3);
	assert_int_equal(n, hex_decode(error, want, sizeof(want)));
	ip_set_tos(l3, 0xc0);
	assert_memory_equal(l3, want, n);
}

/* RFC 4443 section 2.4 c. */
static void ipv6_datagram_of_an_error_has_1280_octets_at_most(void **state)
{
	struct subject s = subject_v6();
	uint8_t l3[ICMPV6_ERROR_MAX];

	(void)state;
	assert_int_equal(error_about(&s, 1231, 1280, l3), 1279);
	assert_int_equal(error_about(&s, 1232, 1280, l3), 1280);
	assert_int_equal(error_about(&s, 1500, 1280, l3), 1280);
	assert_memory_equal(l3 + 48, s.octets, 1232);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_packet_is_answered),
		cmocka_unit_test(
			first_fragment_is_answered_and_a_later_one_is_not),
		cmocka_unit_test(source_that_is_not_one_host_gets_no_answer),
		cmocka_unit_test(packet_to_many_gets_no_answer),
		cmocka_unit_test(
			of_icmp_only_questions_and_their_answers_are_answered),
		cmocka_unit_test(icmp_without_a_type_gets_no_answer),
		cmocka_unit_test(frag_needed_names_the_mtu_and_quotes_the_packet),
		cmocka_unit_test(datagram_of_an_error_has_576_octets_at_most),
		cmocka_unit_test(
			ordinary_ipv6_packet_is_answered_and_one_to_many_too),
		cmocka_unit_test(ipv6_source_that_is_not_one_host_gets_no_answer),
		cmocka_unit_test(of_icmpv6_errors_and_redirects_get_no_answer),
		cmocka_unit_test(icmpv6_without_a_type_to_be_seen_gets_no_answer),
		cmocka_unit_test(packet_too_big_is_as_others_make_it),
		cmocka_unit_test(
			ipv6_datagram_of_an_error_has_1280_octets_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
