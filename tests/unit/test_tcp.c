// SPDX-License-Identifier: BSD-2-Clause
/*
 * The maximum segment size of a SYN: lowered where it stands and nowhere else,
 * with a checksum that is as right or wrong as before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/tcp.h"
#include "include/proto.h"

#define MSS 1398U
#define SYN 0x02U
#define ACK 0x10U

struct segment {
	size_t bytes;
	uint8_t at[80];
};

/* With these options, padded, and a checksum that makes the whole sum right. */
static struct segment segment(uint8_t control, const void *options, size_t n)
{
	struct segment s = { .bytes = TCP_HEADER_BYTES + (n + 3) / 4 * 4 };
	uint16_t checksum;

	for (size_t i = 0; i < TCP_HEADER_BYTES; i++)
		s.at[i] = (uint8_t)(0xa0 + i);
	s.at[12] = (uint8_t)(s.bytes / 4 << 4);
	s.at[13] = control;
	memset(s.at + 16, 0, 2);
	memcpy(s.at + TCP_HEADER_BYTES, options, n);
	checksum = ipv4_checksum(s.at, s.bytes);
	s.at[16] = (uint8_t)(checksum >> 8);
	s.at[17] = (uint8_t)checksum;
	return s;
}

#define SEGMENT(control, ...)                              \
	segment(control, (const uint8_t[]){ __VA_ARGS__ }, \
		sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* 1460 */
#define MSS_OPTION 2, 4, 0x05, 0xb4

static void assert_untouched(struct segment s)
{
	struct segment before = s;

	assert_false(tcp_clamp_mss(s.at, s.bytes, MSS));
	assert_memory_equal(&s, &before, sizeof(s));
}

/* At that place, and nowhere else. */
static void assert_clamped(struct segment s, size_t at)
{
	struct segment before = s;

	assert_true(tcp_clamp_mss(s.at, s.bytes, MSS));
	assert_int_equal(s.at[at] << 8 | s.at[at + 1], MSS);
	assert_int_equal(ipv4_checksum(s.at, s.bytes), 0);
	memcpy(s.at + at, before.at + at, 2);
	memcpy(s.at + 16, before.at + 16, 2);
	assert_memory_equal(&s, &before, sizeof(s));
}

static void syn_and_syn_ack_are_clamped(void **state)
{
	(void)state;
	assert_clamped(SEGMENT(SYN, MSS_OPTION), 22);
	assert_clamped(SEGMENT(SYN | ACK, MSS_OPTION), 22);
	assert_clamped(SEGMENT(SYN | 0xc0, MSS_OPTION), 22); /* with ECN */
}

static void segment_without_syn_is_left(void **state)
{
	(void)state;
	assert_untouched(SEGMENT(ACK, MSS_OPTION));
	assert_untouched(SEGMENT(0x04, MSS_OPTION));
	assert_untouched(SEGMENT(0, MSS_OPTION));
}

static void size_is_never_raised(void **state)
{
	(void)state;
	assert_untouched(SEGMENT(SYN, 2, 4, MSS >> 8, MSS & 255));
	assert_untouched(SEGMENT(SYN, 2, 4, 0x02, 0x18));
	assert_untouched(SEGMENT(SYN, 2, 4, 0, 0));
	assert_clamped(SEGMENT(SYN, 2, 4, (MSS + 1) >> 8, (MSS + 1) & 255), 22);
}

static void segment_without_the_option_is_left(void **state)
{
	(void)state;
	assert_untouched(SEGMENT(SYN, 1, 1, 4, 2, 3, 3, 7, 0));
	assert_untouched(segment(SYN, "", 0));
}

/* Behind others, at an even and at an odd place. */
static void option_is_found_wherever_it_stands(void **state)
{
	(void)state;
	assert_clamped(SEGMENT(SYN, 1, MSS_OPTION), 23);
	assert_clamped(SEGMENT(SYN, 4, 2, MSS_OPTION), 24);
	assert_clamped(SEGMENT(SYN, 3, 3, 7, MSS_OPTION, 0), 25);
	assert_clamped(SEGMENT(SYN, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
			       1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
			       1, 1, 1, 1, 1, MSS_OPTION),
		       58);
}

static void option_behind_the_end_of_the_list_is_not_one(void **state)
{
	(void)state;
	assert_untouched(SEGMENT(SYN, 0, MSS_OPTION));
}

/* Linux takes the last one, others the first. */
static void every_one_of_several_options_is_clamped(void **state)
{
	struct segment s = SEGMENT(SYN, MSS_OPTION, 1, 2, 4, 0xff, 0xff);

	(void)state;
	assert_true(tcp_clamp_mss(s.at, s.bytes, MSS));
	assert_int_equal(s.at[22] << 8 | s.at[23], MSS);
	assert_int_equal(s.at[27] << 8 | s.at[28], MSS);
	assert_int_equal(ipv4_checksum(s.at, s.bytes), 0);
}

static void options_that_lie_about_their_lengths_are_left(void **state)
{
	(void)state;
	assert_untouched(SEGMENT(SYN, 3, 0, MSS_OPTION));
	assert_untouched(SEGMENT(SYN, 3, 1, MSS_OPTION));
	assert_untouched(SEGMENT(SYN, 3, 9, MSS_OPTION, 1, 1));
	assert_untouched(SEGMENT(SYN, 2, 3, 0x05, 0xb4));
	assert_untouched(SEGMENT(SYN, 2, 5, 0x05, 0xb4));
	assert_untouched(SEGMENT(SYN, 1, 1, 2, 4)); /* cut */
	assert_untouched(SEGMENT(SYN, 1, 1, 1, 2)); /* without a length */
}

static void option_that_goes_on_in_the_payload_is_left(void **state)
{
	struct segment s = SEGMENT(SYN, 1, 1, 2, 4, 0xff, 0xff, 0xff, 0xff);

	(void)state;
	s.at[12] = (TCP_HEADER_BYTES + 4) / 4 << 4;
	assert_untouched(s);
}

static void every_truncation_is_left(void **state)
{
	(void)state;
	for (size_t n = 0; n < TCP_HEADER_BYTES + 4; n++) {
		struct segment s = SEGMENT(SYN, MSS_OPTION);

		s.bytes = n;
		assert_untouched(s);
	}
}

static void header_shorter_than_20_octets_has_no_options(void **state)
{
	(void)state;
	for (uint8_t words = 0; words < 6; words++) {
		struct segment s = SEGMENT(SYN, MSS_OPTION);

		s.at[12] = (uint8_t)(words << 4);
		assert_untouched(s);
	}
}

static void wrong_checksum_stays_wrong(void **state)
{
	struct segment s = SEGMENT(SYN, MSS_OPTION);
	uint16_t before;

	(void)state;
	s.at[3] ^= 0x40;
	before = ipv4_checksum(s.at, s.bytes);
	assert_true(tcp_clamp_mss(s.at, s.bytes, MSS));
	assert_int_not_equal(before, 0);
	assert_int_equal(ipv4_checksum(s.at, s.bytes), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_and_syn_ack_are_clamped),
		cmocka_unit_test(segment_without_syn_is_left),
		cmocka_unit_test(size_is_never_raised),
		cmocka_unit_test(segment_without_the_option_is_left),
		cmocka_unit_test(option_is_found_wherever_it_stands),
		cmocka_unit_test(option_behind_the_end_of_the_list_is_not_one),
		cmocka_unit_test(every_one_of_several_options_is_clamped),
		cmocka_unit_test(options_that_lie_about_their_lengths_are_left),
		cmocka_unit_test(option_that_goes_on_in_the_payload_is_left),
		cmocka_unit_test(every_truncation_is_left),
		cmocka_unit_test(header_shorter_than_20_octets_has_no_options),
		cmocka_unit_test(wrong_checksum_stays_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
