// SPDX-License-Identifier: BSD-2-Clause
/*
 * The IPv6 header: parsed along its extension headers, built, cut, and the
 * checksum over its addresses. Packets are scapy 2.5.0's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ipv6.h"
#include "include/proto.h"
#include "tests/support/hex.h"
#include "tests/support/packet.h"

#define ROOM 2048U

/* UDP in IPv6 with traffic class 0xb9 and flow label 0x12345. */
#define UDP_BYTES 55U
#define UDP_PACKET                                                 \
	"6b912345000f113f20010db800010000000000000000000520010db8" \
	"00020000000000000000000703e807d0000f076a61626364656667"

/* The same behind hop-by-hop, routing and destination options headers. */
#define CHAIN_HEADERS 88U
#define CHAIN_BYTES   103U
#define CHAIN_PACKET                                                     \
	"6b912345003f003f20010db800010000000000000000000520010db8"       \
	"0002000000000000000000072b000502000001003c0202010000000020010d" \
	"b80000000000000000000000091101010c00000000000000000000000003e8" \
	"07d0000f076a61626364656667"

static bool parses(const uint8_t *at, size_t len, struct ip_header *out)
{
	/* Of its own size, for the sanitizers to see a step beyond. */
	uint8_t *copy = malloc(len ? len : 1);
	bool good;

	assert_non_null(copy);
	memcpy(copy, at, len);
	good = ipv6_parse(slice_of(copy, len), out);
	free(copy);
	return good;
}

static void every_field_is_read(void **state)
{
	const struct addr saddr = addr_of("2001:db8:1::5");
	const struct addr daddr = addr_of("2001:db8:2::7");
	uint8_t at[ROOM];
	struct ip_header h;

	(void)state;
	assert_int_equal(hex_decode(UDP_PACKET, at, ROOM), UDP_BYTES);
	assert_true(parses(at, UDP_BYTES + 9, &h));
	assert_int_equal(h.version, 6);
	assert_int_equal(h.header_bytes, IPV6_HEADER_BYTES);
	assert_int_equal(h.total_bytes, UDP_BYTES);
	assert_int_equal(h.tos, 0xb9);
	assert_int_equal(h.fragment, IPV4_DF);
	assert_int_equal(h.ttl, 63);
	assert_int_equal(h.protocol, PROTO_UDP);
	assert_true(addr_equal(&h.saddr, &saddr));
	assert_true(addr_equal(&h.daddr, &daddr));
}

static void what_is_built_is_as_others_build_it_without_a_flow_label(void **state)
{
	uint8_t at[ROOM], built[IPV6_HEADER_BYTES];
	struct ip_header h;

	(void)state;
	hex_decode(UDP_PACKET, at, ROOM);
	assert_true(ipv6_parse(slice_of(at, ROOM), &h));
	ipv6_build(built, &h);
	at[1] &= 0xf0;
	memset(at + 2, 0, 2);
	assert_memory_equal(built, at, IPV6_HEADER_BYTES);
}

static void every_truncation_is_refused(void **state)
{
	uint8_t at[ROOM] = { 0 };
	struct ip_header h;

	(void)state;
	hex_decode(CHAIN_PACKET, at, ROOM);
	for (size_t len = 0; len <= CHAIN_BYTES; len++)
		assert_true(parses(at, len, &h) == (len == CHAIN_BYTES));
}

static void any_version_but_6_is_refused(void **state)
{
	uint8_t at[ROOM];
	struct ip_header h;

	(void)state;
	hex_decode(UDP_PACKET, at, ROOM);
	for (uint32_t version = 0; version < 16; version++) {
		at[0] = (uint8_t)(version << 4 | 0xb);
		assert_true(parses(at, UDP_BYTES, &h) == (version == 6));
	}
}

/* RFC 4291 section 2.5.5.2: the form that everything here takes for IPv4. */
static void mapped_address_is_refused(void **state)
{
	const struct addr mapped = addr_of("10.1.0.5");
	struct ip_header h;

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t at[ROOM];

		hex_decode(UDP_PACKET, at, ROOM);
		memcpy(at + (i ? 24 : 8), &mapped, sizeof(mapped));
		assert_false(parses(at, UDP_BYTES, &h));
		at[i ? 24 : 8] = 1;
		assert_true(parses(at, UDP_BYTES, &h));
	}
}

static void extension_headers_are_stepped_over(void **state)
{
	uint8_t at[ROOM];
	struct ip_header h;

	(void)state;
	assert_int_equal(hex_decode(CHAIN_PACKET, at, ROOM), CHAIN_BYTES);
	assert_true(parses(at, CHAIN_BYTES, &h));
	assert_int_equal(h.header_bytes, CHAIN_HEADERS);
	assert_int_equal(h.protocol, PROTO_UDP);
	assert_int_equal(h.fragment, IPV4_DF);
}

/* Each header's length, one unit more than there is. */
/* The routing header is the second one of the chain, at 48. */
static void segments_left_are_told(void **state)
{
	uint8_t at[ROOM];
	struct ip_header h;

	(void)state;
	hex_decode(CHAIN_PACKET, at, ROOM);
	for (uint32_t left = 0; left < 2; left++) {
		at[51] = (uint8_t)left;
		assert_true(parses(at, CHAIN_BYTES, &h));
		assert_int_equal(h.source_route, left);
	}
}

static void extension_header_that_ends_behind_the_packet_is_refused(void **state)
{
	static const uint32_t lengths[] = { 41, 49, 73 };
	uint8_t at[ROOM] = { 0 };
	struct ip_header h;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t header = lengths[i] - 1;

		hex_decode(CHAIN_PACKET, at, ROOM);
		at[lengths[i]] = (uint8_t)((CHAIN_BYTES - header) / 8);
		assert_false(parses(at, ROOM, &h));
	}
}

/* So many destination options headers of 8 octets. */
static uint32_t put_chain(uint8_t *at, uint32_t headers, uint8_t protocol)
{
	uint32_t bytes = 8 * headers;

	hex_decode(UDP_PACKET, at, ROOM);
	memset(at + IPV6_HEADER_BYTES, 0, bytes);
	at[4] = 0;
	at[5] = (uint8_t)bytes;
	at[6] = headers ? EXT_DEST_OPTIONS : protocol;
	for (uint32_t i = 0; i < headers; i++)
		at[IPV6_HEADER_BYTES + 8 * i] =
			i + 1 == headers ? protocol : EXT_DEST_OPTIONS;
	return IPV6_HEADER_BYTES + bytes;
}

static void more_extension_headers_than_are_stepped_over_are_refused(void **state)
{
	uint8_t at[ROOM];
	struct ip_header h;
	uint32_t n;

	(void)state;
	for (uint32_t i = 0; i <= IPV6_EXTENSIONS_MAX; i++) {
		n = put_chain(at, i, PROTO_NONE);
		assert_true(parses(at, n, &h));
		assert_int_equal(h.header_bytes, n);
		assert_int_equal(h.protocol, PROTO_NONE);
	}
	n = put_chain(at, IPV6_EXTENSIONS_MAX + 1, PROTO_NONE);
	assert_false(parses(at, n, &h));
}

static void ipsec_is_what_is_above_and_no_extension_header(void **state)
{
	static const uint8_t protocols[] = { PROTO_ESP,	   PROTO_AH, PROTO_TCP,
					     PROTO_ICMPV6, 135,	     253 };
	uint8_t at[ROOM];
	struct ip_header h;

	(void)state;
	for (uint32_t i = 0; i < sizeof(protocols); i++) {
		assert_true(parses(at, put_chain(at, 1, protocols[i]), &h));
		assert_int_equal(h.protocol, protocols[i]);
		assert_int_equal(h.header_bytes, 48);
	}
}

/* RFC 2675: no payload length, and the length in an option. */
static void jumbogram_is_refused(void **state)
{
	uint8_t at[ROOM];
	struct ip_header h;

	(void)state;
	put_chain(at, 1, PROTO_UDP);
	at[5] = 0;
	at[6] = EXT_HOP_BY_HOP;
	assert_false(parses(at, 48, &h));
}

/* A fragment header with that offset and flag, a destination options header
 * behind it. */
static struct ip_header fragment_of(uint16_t offset_and_more)
{
	uint8_t at[ROOM];
	struct ip_header h;
	uint32_t n = put_chain(at, 2, PROTO_TCP);

	at[6] = EXT_FRAGMENT;
	at[42] = (uint8_t)(offset_and_more >> 8);
	at[43] = (uint8_t)offset_and_more;
	assert_true(parses(at, n, &h));
	return h;
}

static void later_fragment_shows_nothing_behind_its_header(void **state)
{
	struct ip_header h = fragment_of(0x1238 | 1);

	(void)state;
	assert_int_equal(h.fragment, IPV4_DF | IPV4_MF | 0x1238 / 8);
	assert_int_equal(h.protocol, EXT_DEST_OPTIONS);
	assert_int_equal(h.header_bytes, 48);
	h = fragment_of(0xfff8);
	assert_int_equal(h.fragment, IPV4_DF | 0x1fff);
}

static void first_fragment_shows_what_is_above(void **state)
{
	struct ip_header h = fragment_of(1);

	(void)state;
	assert_int_equal(h.fragment, IPV4_DF | IPV4_MF);
	assert_int_equal(h.protocol, PROTO_TCP);
	assert_int_equal(h.header_bytes, 56);
	h = fragment_of(0); /* an atomic one, RFC 6946 */
	assert_int_equal(h.fragment, IPV4_DF);
	assert_int_equal(h.protocol, PROTO_TCP);
}

static void traffic_class_changes_and_the_flow_label_stays(void **state)
{
	uint8_t at[ROOM], was[UDP_BYTES];

	(void)state;
	hex_decode(UDP_PACKET, at, ROOM);
	memcpy(was, at, sizeof(was));
	ipv6_set_tos(at, 0x5a);
	assert_int_equal(at[0], 0x65);
	assert_int_equal(at[1], 0xa1);
	assert_memory_equal(at + 2, was + 2, sizeof(was) - 2);
	ip_set_tos(at, 0xb9);
	assert_memory_equal(at, was, sizeof(was));
}

static void hop_limit_is_counted_down(void **state)
{
	uint8_t at[ROOM];

	(void)state;
	hex_decode(UDP_PACKET, at, ROOM);
	ip_hop(at);
	assert_int_equal(at[7], 62);
}

static void checksum_of_others_is_right_and_a_changed_address_makes_it_wrong(
	void **state)
{
	uint8_t at[ROOM], *udp = at + IPV6_HEADER_BYTES;

	(void)state;
	hex_decode(UDP_PACKET, at, ROOM);
	assert_int_equal(ipv6_checksum(at, PROTO_UDP, udp, 15), 0);
	for (uint32_t i = 8; i < IPV6_HEADER_BYTES; i++) {
		at[i] ^= 0x10;
		assert_int_not_equal(ipv6_checksum(at, PROTO_UDP, udp, 15), 0);
		at[i] ^= 0x10;
	}
	memset(udp + 6, 0, 2);
	assert_int_equal(ipv6_checksum(at, PROTO_UDP, udp, 15), 0x076a);
}

/* fragment6() with a fragment size of 96. */
static void fragments_are_as_others_cut_them(void **state)
{
	static const char *const parts[] = {
		("6000000000382c4020010db8ffff0000000000000000000120010db8ffff"
		 "0000000000000000000211000001c0ffee01000102030405060708090a0b"
		 "0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526272829"
		 "2a2b2c2d2e2f"),
		("6000000000382c4020010db8ffff0000000000000000000120010db8ffff"
		 "0000000000000000000211000031c0ffee01303132333435363738393a3b"
		 "3c3d3e3f404142434445464748494a4b4c4d4e4f50515253545556575859"
		 "5a5b5c5d5e5f"),
		("60000000000c2c4020010db8ffff0000000000000000000120010db8ffff"
		 "0000000000000000000211000060c0ffee0160616263"),
	};
	const struct ip_header h = {
		.version = 6,
		.total_bytes = 140,
		.ttl = 64,
		.protocol = PROTO_UDP,
		.saddr = addr_of("2001:db8:ffff::1"),
		.daddr = addr_of("2001:db8:ffff::2"),
	};
	uint8_t room[ROOM], *packet = room + IPV6_FRAGMENT_BYTES;
	uint8_t want[ROOM], out[ROOM];

	(void)state;
	ipv6_build(packet, &h);
	for (uint32_t i = 0; i < 100; i++)
		packet[IPV6_HEADER_BYTES + i] = (uint8_t)i;
	for (uint32_t i = 3; i-- > 0;) {
		uint32_t bytes = i == 2 ? 4 : 48;
		uint8_t *at = i ? out : room;

		ipv6_fragment(at, packet, i * 48, bytes, 0xc0ffee01);
		assert_int_equal(hex_decode(parts[i], want, ROOM),
				 IPV6_HEADER_BYTES + IPV6_FRAGMENT_BYTES + bytes);
		assert_memory_equal(at, want, 48 + bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(
			what_is_built_is_as_others_build_it_without_a_flow_label),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(any_version_but_6_is_refused),
		cmocka_unit_test(mapped_address_is_refused),
		cmocka_unit_test(extension_headers_are_stepped_over),
		cmocka_unit_test(segments_left_are_told),
		cmocka_unit_test(
			extension_header_that_ends_behind_the_packet_is_refused),
		cmocka_unit_test(
			more_extension_headers_than_are_stepped_over_are_refused),
		cmocka_unit_test(ipsec_is_what_is_above_and_no_extension_header),
		cmocka_unit_test(jumbogram_is_refused),
		cmocka_unit_test(later_fragment_shows_nothing_behind_its_header),
		cmocka_unit_test(first_fragment_shows_what_is_above),
		cmocka_unit_test(traffic_class_changes_and_the_flow_label_stays),
		cmocka_unit_test(hop_limit_is_counted_down),
		cmocka_unit_test(
			checksum_of_others_is_right_and_a_changed_address_makes_it_wrong),
		cmocka_unit_test(fragments_are_as_others_cut_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
