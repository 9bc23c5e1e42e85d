// SPDX-License-Identifier: BSD-2-Clause
/* Transport mode's places in a header: by tables of chains of extension headers,
 * and what a header says before and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "ctrl/wire/transport.h"
#include "include/proto.h"
#include "tests/support/packet.h"

#define ROOM	  512U
#define CHAIN_MAX 5U
#define END	  PROTO_UDP
#define PAYLOAD	  24U

/* Each header is one unit of 8 octets longer than the one before. */
struct chain {
	uint8_t kinds[CHAIN_MAX]; /* up to END */
	uint32_t before;	  /* how many stand before ESP */
};

static const struct chain chains[] = {
	{ { END }, 0 },
	{ { EXT_HOP_BY_HOP, END }, 1 },
	{ { EXT_ROUTING, END }, 1 },
	{ { EXT_FRAGMENT, END }, 1 },
	{ { EXT_DEST_OPTIONS, END }, 0 },
	{ { EXT_HOP_BY_HOP, EXT_DEST_OPTIONS, END }, 1 },
	{ { EXT_DEST_OPTIONS, EXT_ROUTING, END }, 2 },
	{ { EXT_ROUTING, EXT_DEST_OPTIONS, END }, 1 },
	{ { EXT_HOP_BY_HOP, EXT_DEST_OPTIONS, EXT_ROUTING, EXT_DEST_OPTIONS,
	    END },
	  3 },
	{ { EXT_HOP_BY_HOP, EXT_ROUTING, EXT_FRAGMENT, EXT_DEST_OPTIONS, END },
	  3 },
};

#define CHAINS (sizeof(chains) / sizeof(chains[0]))

static uint32_t units_of(uint8_t kind, uint32_t i)
{
	return kind == EXT_FRAGMENT ? 0 : i;
}

/* Where its header of that index begins, or what is above. */
static uint32_t at_of(const struct chain *c, uint32_t index)
{
	uint32_t at = IPV6_HEADER_BYTES;

	for (uint32_t i = 0; i < index; i++)
		at += 8 + 8 * units_of(c->kinds[i], i);
	return at;
}

/* UDP, or what the chain ends with; octets of it. */
static uint32_t build(const struct chain *c, uint8_t *l3)
{
	struct ip_header h = {
		.version = 6,
		.ttl = 7,
		.tos = 0xb9,
		.protocol = c->kinds[0],
		.saddr = addr_of("2001:db8::1"),
		.daddr = addr_of("2001:db8::2"),
	};
	uint32_t n = 0;

	memset(l3, 0, ROOM);
	for (; c->kinds[n] != END; n++) {
		uint8_t *at = l3 + at_of(c, n);

		at[0] = c->kinds[n + 1];
		at[1] = (uint8_t)units_of(c->kinds[n], n);
		if (c->kinds[n] == EXT_FRAGMENT)
			at[1] = 0x55; /* reserved, and no length */
	}
	h.total_bytes = at_of(c, n) + PAYLOAD;
	ip_build(l3, &h);
	return h.total_bytes;
}

static struct ip_header parsed(const uint8_t *l3, uint32_t bytes)
{
	struct ip_header h;

	assert_true(ip_parse(slice_of(l3, bytes), &h));
	return h;
}

static void esp_stands_behind_what_is_looked_at_on_the_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHAINS; i++) {
		const struct chain *c = &chains[i];
		uint8_t l3[ROOM];
		struct ip_header h = parsed(l3, build(c, l3));
		struct ip_place place = ip_place_security(l3, &h);

		assert_int_equal(place.at, at_of(c, c->before));
		assert_int_equal(l3[place.next_at], c->kinds[c->before]);
		assert_int_equal(place.next_at,
				 c->before ? at_of(c, c->before - 1) : 6);
	}
}

static void upper_stands_behind_all_of_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHAINS; i++) {
		uint8_t l3[ROOM];
		struct ip_header h = parsed(l3, build(&chains[i], l3));
		struct ip_place place = ip_place_upper(l3, &h);

		assert_int_equal(place.at, h.header_bytes);
		assert_int_equal(l3[place.next_at], END);
	}
}

/* With ESP in its place, and back. */
static void header_says_what_follows_and_how_long_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHAINS; i++) {
		uint8_t l3[ROOM], was[ROOM];
		uint32_t bytes = build(&chains[i], l3);
		struct ip_header h = parsed(l3, bytes), esp;
		struct ip_place place = ip_place_security(l3, &h);
		uint8_t next = l3[place.next_at];

		memcpy(was, l3, sizeof(was));
		ip_set_next(l3, &place, PROTO_ESP, bytes + 30);
		esp = parsed(l3, bytes + 30);
		assert_int_equal(esp.protocol, PROTO_ESP);
		assert_int_equal(esp.header_bytes, place.at);
		assert_int_equal(esp.total_bytes, bytes + 30);
		place = ip_place_upper(l3, &esp);
		ip_set_next(l3, &place, next, bytes);
		assert_memory_equal(l3, was, sizeof(was));
	}
}

static uint32_t build_v4(uint8_t *l3, uint8_t protocol, uint32_t payload)
{
	const struct ip_header h = {
		.version = 4,
		.total_bytes = IPV4_HEADER_BYTES + payload,
		.tos = 0x2e,
		.id = 0xfedc,
		.fragment = IPV4_DF,
		.ttl = 9,
		.protocol = protocol,
		.saddr = addr_of("192.0.2.1"),
		.daddr = addr_of("192.0.2.2"),
	};

	ip_build(l3, &h);
	for (uint32_t i = 0; i < payload; i++)
		l3[IPV4_HEADER_BYTES + i] = (uint8_t)(i * 7);
	return h.total_bytes;
}

/* Two words of options. */
static uint32_t put_options(uint8_t *l3, uint32_t bytes)
{
	memmove(l3 + 28, l3 + 20, bytes - 20);
	memset(l3 + 20, IPV4_OPT_NOP, 8);
	l3[0] = 4 << 4 | 28 / 4;
	l3[3] = (uint8_t)(bytes + 8);
	packet_mend_checksum(l3, bytes + 8);
	return bytes + 8;
}

static void ipv4_keeps_its_options_before_esp_and_a_right_checksum(void **state)
{
	uint8_t l3[ROOM], was[ROOM];
	uint32_t bytes = put_options(l3, build_v4(l3, PROTO_TCP, 40));
	struct ip_header h = parsed(l3, bytes);
	struct ip_place place = ip_place_security(l3, &h);

	(void)state;
	assert_int_equal(place.at, 28);
	memcpy(was, l3, sizeof(was));
	ip_set_next(l3, &place, PROTO_ESP, bytes + 33);
	h = parsed(l3, bytes + 33);
	assert_int_equal(h.protocol, PROTO_ESP);
	assert_int_equal(h.ttl, 9);
	ip_set_next(l3, &place, PROTO_TCP, bytes);
	assert_memory_equal(l3, was, sizeof(was));
}

static void wrong_checksum_of_ipv4_stays_wrong(void **state)
{
	uint8_t l3[ROOM];
	uint32_t bytes = build_v4(l3, PROTO_TCP, 40);
	struct ip_header h = parsed(l3, bytes);
	struct ip_place place = ip_place_security(l3, &h);

	(void)state;
	l3[IPV4_CHECKSUM_AT] ^= 1;
	ip_set_next(l3, &place, PROTO_ESP, bytes + 33);
	assert_false(ip_parse(slice_of(l3, bytes + 33), &h));
}

/* --- RFC 3948 section 3.1.2 --- */

#define TCP_SUM 16U
#define UDP_SUM 6U

static void put_udp_length(uint8_t *upper, uint32_t bytes)
{
	upper[4] = 0;
	upper[5] = (uint8_t)bytes;
}

/* By a reading of its own: RFC 1071 over the pseudo-header and all. */
static uint16_t sum_v4(const uint8_t *l3, uint32_t bytes)
{
	uint32_t sum = l3[9] + bytes - 20;

	for (uint32_t i = 12; i < bytes; i++)
		sum += i % 2 ? l3[i] : (uint32_t)l3[i] << 8;
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

static void tcp_and_udp_get_a_checksum_for_the_addresses_they_have(void **state)
{
	static const uint8_t protocols[] = { PROTO_TCP, PROTO_UDP };

	(void)state;
	for (uint32_t i = 0; i < 2 * 60; i++) {
		uint8_t l3[ROOM];
		uint32_t bytes = build_v4(l3, protocols[i % 2], 20 + i);
		struct ip_header h = parsed(l3, bytes);

		if (i % 2)
			put_udp_length(l3 + 20, 20 + i);
		ip_sum_upper(l3, &h);
		assert_int_equal(sum_v4(l3, bytes), 0xffff);
	}
}

static void ipv6_too(void **state)
{
	const struct chain c = { { EXT_HOP_BY_HOP, END }, 1 };
	uint8_t l3[ROOM];
	uint32_t bytes = build(&c, l3);
	struct ip_header h = parsed(l3, bytes);

	(void)state;
	put_udp_length(l3 + h.header_bytes, PAYLOAD);
	l3[h.header_bytes + UDP_SUM] = 1;
	ip_sum_upper(l3, &h);
	assert_int_equal(
		ipv6_checksum(l3, PROTO_UDP, l3 + h.header_bytes, PAYLOAD), 0);
}

/* Each is the right one with one thing changed. */
static void what_has_no_checksum_to_make_stays_as_it_is(void **state)
{
	static const struct {
		uint8_t protocol;
		uint32_t payload;
		uint8_t length, sum;
	} cases[] = {
		{ PROTO_UDP, 24, 24, 0 },    /* none was made */
		{ PROTO_UDP, 24, 25, 1 },    /* its length lies */
		{ PROTO_UDP, 24, 23, 1 },    /* octets behind it */
		{ PROTO_UDP, 7, 7, 1 },	     /* cut short */
		{ PROTO_TCP, 19, 0, 1 },     /* likewise */
		{ PROTO_ICMP, 24, 24, 1 },   /* covers no address */
		{ PROTO_UDPLITE, 24, 24, 1 } /* nobody asks for it */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t l3[ROOM], was[ROOM];
		uint32_t bytes =
			build_v4(l3, cases[i].protocol, cases[i].payload);
		struct ip_header h = parsed(l3, bytes);

		put_udp_length(l3 + 20, cases[i].length);
		l3[20 + UDP_SUM] = l3[20 + TCP_SUM] = cases[i].sum;
		l3[20 + UDP_SUM + 1] = l3[20 + TCP_SUM + 1] = 0;
		memcpy(was, l3, sizeof(was));
		ip_sum_upper(l3, &h);
		assert_memory_equal(l3, was, bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(esp_stands_behind_what_is_looked_at_on_the_way),
		cmocka_unit_test(upper_stands_behind_all_of_them),
		cmocka_unit_test(header_says_what_follows_and_how_long_it_is),
		cmocka_unit_test(
			ipv4_keeps_its_options_before_esp_and_a_right_checksum),
		cmocka_unit_test(wrong_checksum_of_ipv4_stays_wrong),
		cmocka_unit_test(
			tcp_and_udp_get_a_checksum_for_the_addresses_they_have),
		cmocka_unit_test(ipv6_too),
		cmocka_unit_test(what_has_no_checksum_to_make_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
