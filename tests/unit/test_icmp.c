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
#include "include/proto.h"

#define TYPE_AT IPV4_HEADER_BYTES

struct subject {
	struct ipv4 h;
	uint8_t octets[1500];
};

static struct subject subject(void)
{
	struct subject s = {
		.h = {
			.header_bytes = IPV4_HEADER_BYTES,
			.total_bytes = 1500,
			.fragment = IPV4_DF,
			.ttl = 64,
			.protocol = PROTO_UDP,
			.saddr_be = inet_addr("10.1.0.5"),
			.daddr_be = inet_addr("10.2.0.7"),
		},
	};

	for (size_t i = 0; i < sizeof(s.octets); i++)
		s.octets[i] = (uint8_t)i;
	return s;
}

static bool may_answer(struct subject *s)
{
	ipv4_build(s->octets, &s->h);
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

		s.h.saddr_be = inet_addr(sources[i]);
		if (may_answer(&s))
			fail_msg("an answer for %s", sources[i]);
	}
}

static void packet_to_many_gets_no_answer(void **state)
{
	struct subject s = subject();

	(void)state;
	s.h.daddr_be = inet_addr("224.0.0.251");
	assert_false(may_answer(&s));
	s.h.daddr_be = inet_addr("255.255.255.255");
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

static void frag_needed_names_the_mtu_and_quotes_the_packet(void **state)
{
	static const uint8_t head[] = { 3, 4, 0, 0, 0, 0, 1438 >> 8, 1438 & 255 };
	uint8_t icmp[ICMP_ERROR_PAYLOAD_MAX];
	struct subject s = subject();
	uint32_t bytes;

	(void)state;
	bytes = icmp_frag_needed(icmp, slice_of(s.octets, 100), 1438);
	assert_int_equal(bytes, ICMP_HEADER_BYTES + 100);
	assert_int_equal(ipv4_checksum(icmp, bytes), 0);
	memset(icmp + 2, 0, 2);
	assert_memory_equal(icmp, head, sizeof(head));
	assert_memory_equal(icmp + ICMP_HEADER_BYTES, s.octets, 100);
}

/* RFC 1812 section 4.3.2.3. */
static void datagram_of_an_error_has_576_octets_at_most(void **state)
{
	uint8_t icmp[ICMP_ERROR_PAYLOAD_MAX];
	struct subject s = subject();
	uint32_t bytes;

	(void)state;
	bytes = icmp_frag_needed(icmp, slice_of(s.octets, sizeof(s.octets)), 68);
	assert_int_equal(IPV4_HEADER_BYTES + bytes, 576);
	assert_int_equal(ipv4_checksum(icmp, bytes), 0);
	assert_memory_equal(icmp + ICMP_HEADER_BYTES, s.octets,
			    bytes - ICMP_HEADER_BYTES);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
