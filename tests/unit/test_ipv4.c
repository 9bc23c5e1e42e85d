// SPDX-License-Identifier: BSD-2-Clause
/* The IPv4 header: parsed, built, and its checksum kept right. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/hex.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Outer header of RFC 3602 section 4 case 7, total length 140. */
#define ESP_HEADER "4500008c090500004032f91ec0a87b03c0a87bc8"

static const char *const headers[] = {
	ESP_HEADER,
	/* RFC 3602 section 4: cases 5 (inner and outer), 6, 7 (inner), 8 */
	"4500005408f200004001f9fec0a87b03c0a87b64",
	"4500007c08f200004032f9a5c0a87b03c0a87b64",
	"45000054090400004001f988c0a87b03c0a87bc8",
	"45000044090c00004001f990c0a87b03c0a87bc8",
	/* draft-mcgrew-gcm-test-01 section 4: DF set; TOS 8 */
	"45000028a4ad4000400678800a01038f0a010612",
	"45080028732c00004006e9f90a0106120a01038f",
};

/* A packet of total octets in memory of its own, zeros after the header. */
static uint8_t *packet_new(const char *header, size_t total)
{
	uint8_t *at = calloc(1, total);

	assert_non_null(at);
	assert_int_equal(hex_decode(header, at, total), IPV4_HEADER_BYTES);
	return at;
}

static bool parses(const uint8_t *at, size_t len)
{
	struct ip_header h;

	return ipv4_parse(slice_of(at, len), &h);
}

static void every_field_is_read(void **state)
{
	uint8_t *at =
		packet_new("45b9008c12346abc7f32f91ec0a87b03c0a87bc8", 140);
	struct ip_header h;

	(void)state;
	assert_true(ipv4_parse(slice_of(at, 140), &h));
	assert_int_equal(h.header_bytes, 20);
	assert_int_equal(h.total_bytes, 140);
	assert_int_equal(h.tos, 0xb9);
	assert_int_equal(h.id, 0x1234);
	assert_int_equal(h.fragment, 0x6abc);
	assert_int_equal(h.ttl, 0x7f);
	assert_int_equal(h.protocol, PROTO_ESP);
	assert_int_equal(ntohl(addr_v4_be(&h.saddr)), 0xc0a87b03);
	assert_int_equal(ntohl(addr_v4_be(&h.daddr)), 0xc0a87bc8);
	free(at);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 140; len++) {
		uint8_t *whole = packet_new(ESP_HEADER, 140);
		uint8_t *at = malloc(len ? len : 1);

		assert_non_null(at);
		memcpy(at, whole, len);
		assert_true(parses(at, len) == (len == 140));
		free(at);
		free(whole);
	}
}

static void octets_after_the_packet_are_allowed(void **state)
{
	uint8_t *at = packet_new(ESP_HEADER, 200);
	struct ip_header h;

	(void)state;
	assert_true(ipv4_parse(slice_of(at, 200), &h));
	assert_int_equal(h.total_bytes, 140);
	free(at);
}

static void any_version_but_4_is_refused(void **state)
{
	uint8_t *at = packet_new(ESP_HEADER, 140);

	(void)state;
	for (unsigned int version = 0; version < 16; version++) {
		at[0] = (uint8_t)(version << 4 | 5);
		assert_true(parses(at, 140) == (version == 4));
	}
	free(at);
}

static void header_length_must_be_20_at_least_and_inside(void **state)
{
	uint8_t *at = packet_new(ESP_HEADER, 140);

	(void)state;
	for (unsigned int ihl = 0; ihl < 16; ihl++) {
		struct ip_header h;

		at[0] = (uint8_t)(4 << 4 | ihl);
		assert_true(parses(at, 140) == (ihl >= 5));
		if (ipv4_parse(slice_of(at, 140), &h))
			assert_int_equal(h.header_bytes, ihl * 4);
		/* A packet that ends inside its header's options. */
		at[3] = 24;
		assert_true(parses(at, 140) == (ihl == 5 || ihl == 6));
		at[3] = 140;
	}
	free(at);
}

/* RFC 791 section 3.1; of options that lie, the kernel takes none. */
static void source_route_is_told(void **state)
{
	static const struct {
		const char *options; /* of 12 octets */
		bool told;
	} rows[] = {
		{ "\1\1\1\1\1\1\1\1\1\1\1\1", false },
		{ "\203\7\4\12\1\0\2\0\0\0\0\0", true },
		{ "\211\7\4\12\1\0\2\0\0\0\0\0", true },
		{ "\1\7\6\4\0\0\0\203\3\4\0\0", true },
		{ "\7\11\4\203\7\4\12\1\0\0\0\0", false },
		{ "\0\203\7\4\12\1\0\2\0\0\0\0", false },
		{ "\1\1\1\1\1\1\1\1\1\203\3\4", true },
		{ "\7\14\4\0\0\0\0\0\0\0\0\0", false },
		{ "\7\15\4\0\0\0\0\0\0\0\0\0", true },
		{ "\7\1\4\0\0\0\0\0\0\0\0\0", true },
		{ "\1\1\1\1\1\1\1\1\1\1\1\7", true },
	};
	uint8_t *at = packet_new(ESP_HEADER, 140);

	(void)state;
	at[0] = 4 << 4 | 8;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ip_header h;

		memcpy(at + 20, rows[i].options, 12);
		assert_true(ipv4_parse(slice_of(at, 140), &h));
		assert_int_equal(h.source_route, rows[i].told);
	}
	free(at);
}

static void total_length_must_hold_the_header_and_be_there(void **state)
{
	uint8_t *at = packet_new(ESP_HEADER, 140);

	(void)state;
	for (unsigned int total = 0; total <= UINT16_MAX; total++) {
		at[2] = (uint8_t)(total >> 8);
		at[3] = (uint8_t)total;
		assert_true(parses(at, 140) == (total >= 20 && total <= 140));
	}
	free(at);
}

static void nothing_is_written_when_parsing_fails(void **state)
{
	uint8_t *at = packet_new(ESP_HEADER, 140);
	struct ip_header h, before;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	memcpy(&h, &before, sizeof(h));
	assert_false(ipv4_parse(slice_of(at, 139), &h));
	assert_memory_equal(&h, &before, sizeof(h));
	free(at);
}

static void build_is_the_inverse_of_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		uint8_t *at = packet_new(headers[i], 256);
		uint8_t again[IPV4_HEADER_BYTES];
		struct ip_header h;

		assert_true(ipv4_parse(slice_of(at, 256), &h));
		memset(again, 0xff, sizeof(again));
		ipv4_build(again, &h);
		assert_memory_equal(again, at, sizeof(again));
		free(at);
	}
}

static void build_leaves_options_out(void **state)
{
	uint8_t *at = packet_new(ESP_HEADER, 140);
	uint8_t again[IPV4_HEADER_BYTES];
	struct ip_header h;

	(void)state;
	at[0] = 0x46;
	assert_true(ipv4_parse(slice_of(at, 140), &h));
	ipv4_build(again, &h);
	assert_int_equal(again[0], 0x45);
	assert_int_equal(ipv4_checksum(again, sizeof(again)), 0);
	free(at);
}

static void checksum_matches_rfc_1071(void **state)
{
	/* Section 3's example: its sum is ddf2, the checksum the complement. */
	static const uint8_t example[] = { 0x00, 0x01, 0xf2, 0x03,
					   0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(ipv4_checksum(example, sizeof(example)),
			 0xffff ^ 0xddf2);
}

/* RFC 1071 section 1 to the letter: 16-bit words, the carries around. */
static uint16_t checksum_of_words(const uint8_t *at, size_t bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes; i++) {
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
		sum = (sum >> 16) + (sum & 0xffff);
	}
	return (uint16_t)~sum;
}

static void checksum_of_any_length_is_that_of_its_words(void **state)
{
	uint8_t octets[100], ones[sizeof(octets)];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * i + 0xf7);
	for (size_t from = 0; from < 2; from++) {
		for (size_t n = 0; n <= sizeof(octets) - from; n++) {
			assert_int_equal(ipv4_checksum(octets + from, n),
					 checksum_of_words(octets + from, n));
			assert_int_equal(ipv4_checksum(ones + from, n),
					 checksum_of_words(ones + from, n));
		}
	}
}

static void checksum_over_a_right_header_is_zero(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		uint8_t *at = packet_new(headers[i], IPV4_HEADER_BYTES);

		assert_int_equal(ipv4_checksum(at, IPV4_HEADER_BYTES), 0);
		for (size_t j = 0; j < IPV4_HEADER_BYTES; j++) {
			at[j] ^= 1;
			assert_int_not_equal(
				ipv4_checksum(at, IPV4_HEADER_BYTES), 0);
			at[j] ^= 1;
		}
		free(at);
	}
}

static void odd_last_octet_counts_as_if_a_zero_followed(void **state)
{
	static const uint8_t octets[] = { 0x12, 0x34, 0x56, 0x00 };

	(void)state;
	assert_int_equal(ipv4_checksum(octets, 3), ipv4_checksum(octets, 4));
	assert_int_equal(ipv4_checksum(octets, 3), 0xffff ^ 0x6834);
	assert_int_equal(ipv4_checksum(octets, 0), 0xffff);
}

static void carries_go_around_however_many_there_are(void **state)
{
	static uint8_t ones[65536];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(ipv4_checksum(ones, sizeof(ones)), 0);
	ones[0] = 0xfe;
	assert_int_equal(ipv4_checksum(ones, sizeof(ones)), 0x0100);
}

static void header_with_one_bit_wrong_is_no_packet(void **state)
{
	struct ip_header h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		uint8_t *at = packet_new(headers[i], 140);

		assert_true(ip_parse(slice_of(at, 140), &h));
		for (size_t bit = 0; bit < IPV4_HEADER_BYTES * 8; bit++) {
			at[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_false(ip_parse(slice_of(at, 140), &h));
			at[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		free(at);
	}
}

/* Every TTL, and identifications that lead through all checksums. */
static void mended_checksum_is_the_one_computed_anew(void **state)
{
	uint8_t *at = packet_new(ESP_HEADER, IPV4_HEADER_BYTES);
	struct ip_header h = { .total_bytes = 140, .protocol = PROTO_ESP };

	(void)state;
	for (unsigned int n = 0; n < 255 * 65536; n += 7) {
		uint8_t expected[IPV4_HEADER_BYTES];

		h.ttl = (uint8_t)(n / 65536 + 1);
		h.id = (uint16_t)n;
		ipv4_build(at, &h);
		ipv4_ttl_decrement(at);
		h.ttl--;
		ipv4_build(expected, &h);
		if (memcmp(at, expected, sizeof(expected)) != 0)
			fail_msg("ttl %u id %u", h.ttl, h.id);
	}
	free(at);
}

static void another_tos_mends_the_checksum(void **state)
{
	uint8_t *at = packet_new(ESP_HEADER, IPV4_HEADER_BYTES);

	(void)state;
	for (unsigned int from = 0; from < 256; from++) {
		for (unsigned int to = 0; to < 256; to++) {
			struct ip_header h = { .tos = (uint8_t)from,
					       .total_bytes = 140 };
			uint8_t expected[IPV4_HEADER_BYTES];

			ipv4_build(at, &h);
			ipv4_set_tos(at, (uint8_t)to);
			h.tos = (uint8_t)to;
			ipv4_build(expected, &h);
			assert_memory_equal(at, expected, sizeof(expected));
		}
	}
	free(at);
}

static void wrong_checksum_stays_wrong(void **state)
{
	uint8_t *at = packet_new(ESP_HEADER, IPV4_HEADER_BYTES);
	uint16_t wrong;

	(void)state;
	at[10] ^= 1;
	wrong = ipv4_checksum(at, IPV4_HEADER_BYTES);
	ipv4_ttl_decrement(at);
	assert_int_equal(at[8], 0x3f);
	assert_int_equal(ipv4_checksum(at, IPV4_HEADER_BYTES), wrong);
	assert_int_not_equal(wrong, 0);
	free(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(octets_after_the_packet_are_allowed),
		cmocka_unit_test(any_version_but_4_is_refused),
		cmocka_unit_test(header_length_must_be_20_at_least_and_inside),
		cmocka_unit_test(source_route_is_told),
		cmocka_unit_test(total_length_must_hold_the_header_and_be_there),
		cmocka_unit_test(nothing_is_written_when_parsing_fails),
		cmocka_unit_test(build_is_the_inverse_of_parse),
		cmocka_unit_test(build_leaves_options_out),
		cmocka_unit_test(checksum_matches_rfc_1071),
		cmocka_unit_test(checksum_of_any_length_is_that_of_its_words),
		cmocka_unit_test(checksum_over_a_right_header_is_zero),
		cmocka_unit_test(odd_last_octet_counts_as_if_a_zero_followed),
		cmocka_unit_test(carries_go_around_however_many_there_are),
		cmocka_unit_test(header_with_one_bit_wrong_is_no_packet),
		cmocka_unit_test(mended_checksum_is_the_one_computed_anew),
		cmocka_unit_test(another_tos_mends_the_checksum),
		cmocka_unit_test(wrong_checksum_stays_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
