// SPDX-License-Identifier: BSD-2-Clause
/* Fragments of IPv4 packets: put together again they are the packet. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/packet.h"

#define ROOM 2048U

static const uint8_t none[1];

/* A header with these options, and a payload that counts up. */
static struct ip_header make(uint8_t *at, uint16_t fragment,
			     const uint8_t *options, uint8_t options_bytes,
			     uint16_t payload)
{
	struct ip_header h = {
		.header_bytes = (uint8_t)(IPV4_HEADER_BYTES + options_bytes),
		.tos = 0x28,
		.id = 0x1234,
		.fragment = fragment,
		.ttl = 9,
		.protocol = PROTO_UDP,
		.saddr = addr_of("10.1.0.5"),
		.daddr = addr_of("10.2.0.7"),
	};
	uint16_t checksum;

	h.total_bytes = (uint16_t)(h.header_bytes + payload);
	ipv4_build(at, &h);
	at[0] = (uint8_t)(4 << 4 | h.header_bytes / 4);
	memcpy(at + IPV4_HEADER_BYTES, options, options_bytes);
	memset(at + 10, 0, 2);
	checksum = ipv4_checksum(at, h.header_bytes);
	at[10] = (uint8_t)(checksum >> 8);
	at[11] = (uint8_t)checksum;
	for (uint16_t i = 0; i < payload; i++)
		at[h.header_bytes + i] = (uint8_t)(i * 7);
	return h;
}

/* One fragment, right in itself and of that packet. */
static struct ip_header take(const uint8_t *packet, const struct ip_header *h,
			     uint32_t from, uint32_t bytes, uint8_t *out)
{
	struct ip_header f;

	ipv4_fragment(out, packet, h, from, bytes);
	assert_true(ipv4_parse(slice_of(out, h->header_bytes + bytes), &f));
	assert_int_equal(f.total_bytes, h->header_bytes + bytes);
	assert_int_equal(ipv4_checksum(out, f.header_bytes), 0);
	assert_int_equal(f.tos, h->tos);
	assert_int_equal(f.id, h->id);
	assert_int_equal(f.ttl, h->ttl);
	assert_int_equal(f.protocol, h->protocol);
	assert_true(addr_equal(&f.saddr, &h->saddr));
	assert_true(addr_equal(&f.daddr, &h->daddr));
	assert_memory_equal(out + f.header_bytes,
			    packet + h->header_bytes + from, bytes);
	return f;
}

static void every_fragment_has_its_offset_and_all_but_the_last_more(void **state)
{
	uint8_t packet[ROOM], out[ROOM];
	struct ip_header h = make(packet, 0, none, 0, 1000);

	(void)state;
	assert_int_equal(take(packet, &h, 0, 400, out).fragment, IPV4_MF);
	assert_int_equal(take(packet, &h, 400, 400, out).fragment,
			 IPV4_MF | 400 / 8);
	assert_int_equal(take(packet, &h, 800, 200, out).fragment, 800 / 8);
}

static void fragment_of_a_fragment_counts_from_the_whole(void **state)
{
	uint8_t packet[ROOM], out[ROOM];
	struct ip_header h = make(packet, IPV4_MF | 50, none, 0, 800);

	(void)state;
	assert_int_equal(take(packet, &h, 0, 400, out).fragment, IPV4_MF | 50);
	assert_int_equal(take(packet, &h, 400, 400, out).fragment,
			 IPV4_MF | 100);
	h = make(packet, 50, none, 0, 800);
	assert_int_equal(take(packet, &h, 400, 400, out).fragment, 100);
}

static void first_fragment_may_take_the_packets_place(void **state)
{
	uint8_t packet[ROOM], before[ROOM];
	struct ip_header h = make(packet, 0, none, 0, 1000), f;

	(void)state;
	memcpy(before, packet, sizeof(packet));
	f = take(packet, &h, 0, 96, packet);
	assert_int_equal(f.fragment, IPV4_MF);
	assert_memory_equal(packet + 20, before + 20, 1000);
}

/* Router alert (RFC 2113) is copied, record route (RFC 791) is not. */
static void options_of_the_first_fragment_alone_are_blanked_in_others(void **state)
{
	static const uint8_t options[12] = { 1, 7, 7,	 4, 0, 0,
					     0, 0, 0x94, 4, 0, 0 };
	static const uint8_t blanked[12] = { 1, 1, 1,	 1, 1, 1,
					     1, 1, 0x94, 4, 0, 0 };
	uint8_t packet[ROOM], out[ROOM];
	struct ip_header h = make(packet, 0, options, sizeof(options), 200);

	(void)state;
	take(packet, &h, 0, 96, out);
	assert_memory_equal(out + IPV4_HEADER_BYTES, options, sizeof(options));
	take(packet, &h, 96, 104, out);
	assert_memory_equal(out + IPV4_HEADER_BYTES, blanked, sizeof(blanked));
}

static void options_that_lie_stay_within_the_header(void **state)
{
	static const uint8_t lies[][4] = {
		{ 7, 0, 9, 9 }, { 7, 200, 9, 9 }, { 1, 1, 1, 7 }, { 7, 1, 7, 0 }
	};
	uint8_t packet[ROOM], out[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct ip_header h = make(packet, 0, lies[i], 4, 200);

		take(packet, &h, 96, 104, out);
	}
}

static void mended_checksum_is_that_of_the_changed_octets(void **state)
{
	uint8_t octets[64];
	uint32_t seed = 5;

	(void)state;
	for (uint32_t n = 0; n < 10000; n++) {
		uint16_t before, was, now;

		for (size_t i = 0; i < sizeof(octets); i++) {
			seed = seed * 1664525U + 1013904223U;
			octets[i] = (uint8_t)(seed >> 24);
		}
		before = ipv4_checksum(octets, sizeof(octets));
		was = (uint16_t)(octets[6] << 8 | octets[7]);
		now = (uint16_t)(seed >> 9);
		octets[6] = (uint8_t)(now >> 8);
		octets[7] = (uint8_t)now;
		assert_int_equal(ipv4_checksum_mend(before, was, now),
				 ipv4_checksum(octets, sizeof(octets)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_fragment_has_its_offset_and_all_but_the_last_more),
		cmocka_unit_test(fragment_of_a_fragment_counts_from_the_whole),
		cmocka_unit_test(first_fragment_may_take_the_packets_place),
		cmocka_unit_test(
			options_of_the_first_fragment_alone_are_blanked_in_others),
		cmocka_unit_test(options_that_lie_stay_within_the_header),
		cmocka_unit_test(mended_checksum_is_that_of_the_changed_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
