// SPDX-License-Identifier: BSD-2-Clause
/*
 * Blocks of pcapng, octet by octet, as draft-ietf-opsawg-pcapng has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/base/pcapng.h"

static void assert_block(const struct builder *b, const uint8_t *want, size_t n)
{
	assert_true(wr_ok(b));
	assert_int_equal(b->len, n);
	assert_memory_equal(b->ptr, want, n);
}

static void section_is_in_network_order_and_of_any_length(void **state)
{
	static const uint8_t want[] = {
		0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0,    40,	  0x1a, 0x2b,
		0x3c, 0x4d, 0,	  1,	0, 0, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0, 4, 0,    2,	  'm',	'e',
		0,    0,    0,	  0,	0, 0, 0,    0,	  0,	40,
	};
	uint8_t room[64];
	struct builder b = wr_init(room, sizeof(room));

	(void)state;
	pcapng_section(&b, "me");
	assert_block(&b, want, sizeof(want));
}

static void interface_has_a_name_and_nanoseconds(void **state)
{
	static const uint8_t want[] = {
		0, 0,  0, 1, 0, 0, 0,	40,  0,	  101, 0, 0,  0, 0,
		0, 96, 0, 2, 0, 3, 'e', 't', 'h', 0,   0, 9,  0, 1,
		9, 0,  0, 0, 0, 0, 0,	0,   0,	  0,   0, 40,
	};
	uint8_t room[64];
	struct builder b = wr_init(room, sizeof(room));

	(void)state;
	pcapng_interface(&b, "eth", 96);
	assert_block(&b, want, sizeof(want));
}

static void packet_has_its_octets_comment_and_direction(void **state)
{
	static const uint8_t want[] = {
		0,   0,	  0, 6,	 0,   0,   0,	60,  /* block */
		0,   0,	  0, 1,	 0,   0,   0,	2,   /* interface, time */
		0,   0,	  0, 3,	 0,   0,   0,	5,   /* … kept, */
		0,   0,	  0, 9,	 'o', 'c', 't', 'e', /* of 9 */
		't', 0,	  0, 0,	 0,   1,   0,	2,   /* padded; comment */
		'h', 'i', 0, 0,	 0,   2,   0,	4,   /* flags: */
		0,   0,	  0, 1,	 0,   0,   0,	0,   /* inbound */
		0,   0,	  0, 60,
	};
	const struct pcapng_packet p = {
		.interface = 1,
		.at_ns = (2ULL << 32) + 3,
		.octets = slice_of("octet", 5),
		.bytes = 9,
		.inbound = true,
		.comment = "hi",
	};
	uint8_t room[64];
	struct builder b = wr_init(room, sizeof(room));

	(void)state;
	pcapng_packet(&b, &p);
	assert_block(&b, want, sizeof(want));
}

static void statistics_say_how_many_are_missing(void **state)
{
	static const uint8_t want[] = {
		0, 0, 0, 5, 0, 0, 0, 52, 0, 0, 0, 1, 0, 0, 0, 0,  0, 0,
		0, 9, 0, 4, 0, 8, 0, 0,	 0, 0, 0, 0, 0, 7, 0, 5,  0, 8,
		0, 0, 0, 0, 0, 0, 0, 2,	 0, 0, 0, 0, 0, 0, 0, 52,
	};
	uint8_t room[64];
	struct builder b = wr_init(room, sizeof(room));

	(void)state;
	pcapng_statistics(&b, 1, 9, 7, 2);
	assert_block(&b, want, sizeof(want));
}

static void block_that_does_not_fit_is_no_block(void **state)
{
	uint8_t room[59] = { 0 };
	struct builder b = wr_init(room, sizeof(room));
	const struct pcapng_packet p = { .octets = slice_of("octet", 5),
					 .comment = "hi" };

	(void)state;
	pcapng_packet(&b, &p);
	assert_false(wr_ok(&b));
}

static void largest_packet_needs_no_more_than_is_said(void **state)
{
	static char comment[PCAPNG_COMMENT_MAX + 100];
	uint8_t octets[61] = { 0 };
	uint8_t room[sizeof(octets) + PCAPNG_COMMENT_MAX + PCAPNG_AROUND_MAX];
	struct builder b = wr_init(room, sizeof(room));
	const struct pcapng_packet p = {
		.octets = slice_of(octets, sizeof(octets)),
		.comment = comment,
	};

	(void)state;
	memset(comment, 'c', sizeof(comment) - 1);
	pcapng_packet(&b, &p);
	assert_true(wr_ok(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(section_is_in_network_order_and_of_any_length),
		cmocka_unit_test(interface_has_a_name_and_nanoseconds),
		cmocka_unit_test(packet_has_its_octets_comment_and_direction),
		cmocka_unit_test(statistics_say_how_many_are_missing),
		cmocka_unit_test(block_that_does_not_fit_is_no_block),
		cmocka_unit_test(largest_packet_needs_no_more_than_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
