// SPDX-License-Identifier: BSD-2-Clause
/*
 * Readers that never pass their slice's end, and builders that never pass
 * their room's. Bytes stand in memory of exactly their length, so that a
 * sanitizer sees a step outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/base/slice.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* 1, 2, 3 … in len octets of memory. */
static uint8_t *counting(size_t len)
{
	uint8_t *octets = malloc(len ? len : 1);

	assert_non_null(octets);
	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(i + 1);
	return octets;
}

/*
 * The readers in one form. True as well if a reader that failed wrote to its
 * output: the tests below expect false there.
 */
static bool take_u8(struct slice *s, uint64_t *v)
{
	uint8_t u = 0xa5;
	bool ok = rd_u8(s, &u);

	*v = u;
	return ok || u != 0xa5;
}

static bool take_u16(struct slice *s, uint64_t *v)
{
	uint16_t u = 0xa5a5;
	bool ok = rd_u16(s, &u);

	*v = u;
	return ok || u != 0xa5a5;
}

static bool take_u32(struct slice *s, uint64_t *v)
{
	uint32_t u = 0xa5a5a5a5;
	bool ok = rd_u32(s, &u);

	*v = u;
	return ok || u != 0xa5a5a5a5;
}

static bool take_u64(struct slice *s, uint64_t *v)
{
	*v = 0xa5a5;
	return rd_u64(s, v) || *v != 0xa5a5;
}

static const struct {
	bool (*take)(struct slice *s, uint64_t *v);
	size_t bytes;
	uint64_t value;
} readers[] = {
	{ take_u8, 1, 0x01 },
	{ take_u16, 2, 0x0102 },
	{ take_u32, 4, 0x01020304 },
	{ take_u64, 8, 0x0102030405060708 },
};

static void integers_are_read_in_network_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		uint8_t *octets = counting(12);
		struct slice s = slice_of(octets, 12);
		uint64_t v;

		assert_true(readers[i].take(&s, &v));
		assert_true(v == readers[i].value);
		assert_ptr_equal(s.ptr, octets + readers[i].bytes);
		assert_int_equal(s.len, 12 - readers[i].bytes);
		free(octets);
	}
}

static void integer_is_read_up_to_the_last_octet_and_not_past_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		for (size_t len = 0; len <= readers[i].bytes; len++) {
			uint8_t *octets = counting(len);
			struct slice s = slice_of(octets, len);
			bool enough = len == readers[i].bytes;
			uint64_t v;

			assert_true(readers[i].take(&s, &v) == enough);
			assert_ptr_equal(s.ptr, octets + (enough ? len : 0));
			assert_int_equal(s.len, enough ? 0 : len);
			free(octets);
		}
	}
}

static void bytes_are_copied_on_every_length_and_truncation(void **state)
{
	(void)state;
	for (size_t have = 0; have <= 8; have++) {
		for (size_t want = 0; want <= 9; want++) {
			uint8_t *octets = counting(have);
			struct slice s = slice_of(octets, have);
			uint8_t out[9] = { 0 };
			bool enough = want <= have;

			assert_true(rd_bytes(&s, out, want) == enough);
			assert_int_equal(s.len, enough ? have - want : have);
			for (size_t i = 0; i < sizeof(out); i++)
				assert_int_equal(out[i],
						 enough && i < want ? i + 1 : 0);
			free(octets);
		}
	}
}

static void part_stands_in_its_parent_on_every_truncation(void **state)
{
	(void)state;
	for (size_t have = 0; have <= 8; have++) {
		for (size_t want = 0; want <= 9; want++) {
			uint8_t *octets = counting(have);
			struct slice s = slice_of(octets, have);
			struct slice part = slice_of(NULL, 77);
			bool enough = want <= have;

			assert_true(rd_slice(&s, want, &part) == enough);
			assert_ptr_equal(part.ptr, enough ? octets : NULL);
			assert_int_equal(part.len, enough ? want : 77);
			assert_ptr_equal(s.ptr, octets + (enough ? want : 0));
			assert_int_equal(s.len, enough ? have - want : have);
			free(octets);
		}
	}
}

static void length_near_the_largest_is_refused(void **state)
{
	uint8_t octets[4] = { 1, 2, 3, 4 };
	struct slice s = slice_of(octets, sizeof(octets));
	struct slice part;

	(void)state;
	assert_false(rd_slice(&s, SIZE_MAX, &part));
	assert_false(rd_slice(&s, SIZE_MAX - 3, &part));
	assert_int_equal(s.len, 4);
}

static void empty_slice_without_memory_gives_nothing(void **state)
{
	struct slice s = slice_of(NULL, 0);
	struct slice part;
	uint8_t v;

	(void)state;
	assert_true(rd_slice(&s, 0, &part));
	assert_int_equal(part.len, 0);
	assert_true(rd_bytes(&s, &v, 0));
	assert_false(rd_u8(&s, &v));
}

/* --- builders */

static void integers_are_written_in_network_order(void **state)
{
	static const uint8_t expected[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
					    0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
					    0x0d, 0x0e, 0x0f, 0x10, 0x11 };
	uint8_t *octets = counting(sizeof(expected));
	struct builder b = wr_init(octets, sizeof(expected));

	(void)state;
	memset(octets, 0, sizeof(expected));
	wr_u8(&b, 0x01);
	wr_u16(&b, 0x0203);
	wr_u32(&b, 0x04050607);
	wr_u64(&b, 0x08090a0b0c0d0e0f);
	wr_bytes(&b, expected + 15, 2);
	assert_true(wr_ok(&b));
	assert_int_equal(b.len, sizeof(expected));
	assert_memory_equal(octets, expected, sizeof(expected));
	free(octets);
}

static void put_all(struct builder *b)
{
	wr_u8(b, 1);
	wr_u16(b, 2);
	wr_u32(b, 3);
	wr_u64(b, 4);
	wr_bytes(b, "abcde", 5);
}

static void every_room_that_is_too_small_is_a_failure(void **state)
{
	(void)state;
	for (size_t room = 0; room <= 20; room++) {
		uint8_t *octets = counting(room);
		struct builder b = wr_init(octets, room);

		put_all(&b);
		assert_true(wr_ok(&b) == (room == 20));
		assert_true(b.len <= room);
		free(octets);
	}
}

static void nothing_is_written_after_a_failure(void **state)
{
	uint8_t *octets = counting(4);
	struct builder b = wr_init(octets, 4);

	(void)state;
	wr_u16(&b, 0xaabb);
	wr_u32(&b, 0xccddeeff);
	assert_false(wr_ok(&b));
	wr_u8(&b, 0xcc);
	wr_bytes(&b, "", 0);

	assert_false(wr_ok(&b));
	assert_int_equal(b.len, 2);
	assert_int_equal(octets[2], 3);
	assert_int_equal(octets[3], 4);
	free(octets);
}

static void no_bytes_fit_into_no_room(void **state)
{
	struct builder b = wr_init(NULL, 0);

	(void)state;
	wr_bytes(&b, NULL, 0);
	assert_true(wr_ok(&b));
	wr_u8(&b, 1);
	assert_false(wr_ok(&b));
}

static void length_field_counts_what_came_after_it(void **state)
{
	static const struct {
		uint8_t bytes;
		uint8_t field[4];
	} rows[] = { { 1, { 5 } }, { 2, { 0, 5 } }, { 4, { 0, 0, 0, 5 } } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t octets[16] = { 0 };
		struct builder b = wr_init(octets, sizeof(octets));
		struct wr_mark mark;

		wr_u16(&b, 0xaabb);
		mark = wr_begin(&b, rows[i].bytes);
		wr_bytes(&b, "hello", 5);
		wr_end(&b, mark);
		wr_u8(&b, 0xcc);

		assert_true(wr_ok(&b));
		assert_int_equal(b.len, 2U + rows[i].bytes + 5 + 1);
		assert_memory_equal(octets + 2, rows[i].field, rows[i].bytes);
		assert_memory_equal(octets + 2 + rows[i].bytes, "hello", 5);
	}
}

static void length_fields_nest(void **state)
{
	static const uint8_t expected[] = { 0, 6, 3, 'a', 'b', 'c', 1, 'd' };
	uint8_t octets[sizeof(expected)];
	struct builder b = wr_init(octets, sizeof(octets));
	struct wr_mark outer, inner;

	(void)state;
	outer = wr_begin(&b, 2);
	inner = wr_begin(&b, 1);
	wr_bytes(&b, "abc", 3);
	wr_end(&b, inner);
	inner = wr_begin(&b, 1);
	wr_u8(&b, 'd');
	wr_end(&b, inner);
	wr_end(&b, outer);

	assert_true(wr_ok(&b));
	assert_memory_equal(octets, expected, sizeof(expected));
}

static void length_that_its_field_cannot_hold_is_a_failure(void **state)
{
	static const struct {
		uint8_t bytes;
		size_t len;
		bool ok;
	} rows[] = {
		{ 1, 0, true },	    { 1, 255, true },	 { 1, 256, false },
		{ 2, 65535, true }, { 2, 65536, false }, { 4, 65536, true },
	};
	static uint8_t octets[65536 + 4], zeros[65536];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct builder b = wr_init(octets, sizeof(octets));
		struct wr_mark mark = wr_begin(&b, rows[i].bytes);

		wr_bytes(&b, zeros, rows[i].len);
		wr_end(&b, mark);
		assert_true(wr_ok(&b) == rows[i].ok);
	}
}

static void length_field_without_room_is_a_failure(void **state)
{
	(void)state;
	for (uint8_t bytes = 1; bytes <= 4; bytes *= 2) {
		for (size_t room = 0; room <= bytes; room++) {
			uint8_t *octets = counting(room);
			struct builder b = wr_init(octets, room);

			wr_end(&b, wr_begin(&b, bytes));
			assert_true(wr_ok(&b) == (room == bytes));
			free(octets);
		}
	}
}

static void length_field_stays_when_its_content_failed(void **state)
{
	uint8_t octets[4] = { 0 };
	struct builder b = wr_init(octets, sizeof(octets));
	struct wr_mark mark = wr_begin(&b, 2);

	(void)state;
	wr_u8(&b, 0xcc);
	wr_bytes(&b, "abc", 3);
	wr_end(&b, mark);
	assert_false(wr_ok(&b));
	assert_int_equal(octets[1], 0);
}

static void what_was_built_is_what_is_read(void **state)
{
	uint8_t octets[15];
	struct builder b = wr_init(octets, sizeof(octets));
	struct slice s = slice_of(octets, sizeof(octets));
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;
	uint8_t u8;

	(void)state;
	wr_u64(&b, UINT64_MAX - 1);
	wr_u32(&b, UINT32_MAX - 1);
	wr_u16(&b, UINT16_MAX - 1);
	wr_u8(&b, UINT8_MAX - 1);
	assert_true(wr_ok(&b));
	assert_true(rd_u64(&s, &u64));
	assert_true(rd_u32(&s, &u32));
	assert_true(rd_u16(&s, &u16));
	assert_true(rd_u8(&s, &u8));
	assert_true(u64 == UINT64_MAX - 1);
	assert_int_equal(u32, UINT32_MAX - 1);
	assert_int_equal(u16, UINT16_MAX - 1);
	assert_int_equal(u8, UINT8_MAX - 1);
	assert_int_equal(s.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_read_in_network_order),
		cmocka_unit_test(
			integer_is_read_up_to_the_last_octet_and_not_past_it),
		cmocka_unit_test(bytes_are_copied_on_every_length_and_truncation),
		cmocka_unit_test(part_stands_in_its_parent_on_every_truncation),
		cmocka_unit_test(length_near_the_largest_is_refused),
		cmocka_unit_test(empty_slice_without_memory_gives_nothing),
		cmocka_unit_test(integers_are_written_in_network_order),
		cmocka_unit_test(every_room_that_is_too_small_is_a_failure),
		cmocka_unit_test(nothing_is_written_after_a_failure),
		cmocka_unit_test(no_bytes_fit_into_no_room),
		cmocka_unit_test(length_field_counts_what_came_after_it),
		cmocka_unit_test(length_fields_nest),
		cmocka_unit_test(length_that_its_field_cannot_hold_is_a_failure),
		cmocka_unit_test(length_field_without_room_is_a_failure),
		cmocka_unit_test(length_field_stays_when_its_content_failed),
		cmocka_unit_test(what_was_built_is_what_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
