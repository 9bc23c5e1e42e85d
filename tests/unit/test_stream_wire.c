// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE and ESP in TCP as RFC 9329 section 3 has them: what is refused is a good
 * message with one thing changed, and no way to cut a stream in pieces matters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/stream.h"

#define IKE_AT	 (STREAM_LENGTH_BYTES + IKE_NON_ESP_BYTES)
#define IKE_LONG 100U

static uint8_t octets[2 * STREAM_MESSAGE_MAX];

/* Length, marker or SPI, and octets that count up. */
static size_t put(uint8_t *at, size_t length, uint32_t spi)
{
	struct builder b = wr_init(at, STREAM_MESSAGE_MAX);

	wr_u16(&b, (uint16_t)length);
	if (length >= IKE_AT)
		wr_u32(&b, spi);
	while (b.len < length)
		wr_u8(&b, (uint8_t)b.len);
	assert_true(wr_ok(&b));
	return length < STREAM_LENGTH_BYTES ? STREAM_LENGTH_BYTES : length;
}

static void assert_item(size_t length, uint32_t spi, enum stream_item want)
{
	struct slice in = slice_of(octets, put(octets, length, spi)), out;
	const struct slice was = in;

	assert_int_equal(stream_read(&in, &out), want);
	if (want == STREAM_ITEM_BROKEN)
		assert_int_equal(in.len, was.len);
	else
		assert_int_equal(in.len, 0);
}

static void ike_comes_without_its_marker(void **state)
{
	const size_t n = put(octets, IKE_AT + IKE_LONG, 0);
	struct slice in = slice_of(octets, n), out;

	(void)state;
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_IKE);
	assert_int_equal(out.len, IKE_LONG);
	assert_ptr_equal(out.ptr, octets + IKE_AT);
	assert_int_equal(in.len, 0);
}

static void esp_comes_from_its_spi_on(void **state)
{
	const size_t n = put(octets, 50, 0x01020304);
	struct slice in = slice_of(octets, n), out;

	(void)state;
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_ESP);
	assert_int_equal(out.len, 48);
	assert_memory_equal(out.ptr, "\1\2\3\4", 4);
}

static void keepalive_is_told_from_what_is_broken(void **state)
{
	struct slice in = slice_of("\0\3\xff", 3),
		     other = slice_of("\0\3\xfe", 3), out;

	(void)state;
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_KEEPALIVE);
	assert_int_equal(in.len, 0);
	assert_int_equal(stream_read(&other, &out), STREAM_ITEM_BROKEN);
}

static void lengths_that_lie_are_broken(void **state)
{
	(void)state;
	for (size_t length = 0; length <= STREAM_LENGTH_BYTES; length++)
		assert_item(length, 1, STREAM_ITEM_BROKEN);
	for (size_t length = 4; length < STREAM_LENGTH_BYTES + STREAM_ESP_LEAST;
	     length++)
		assert_item(length, 1, STREAM_ITEM_BROKEN);
	assert_item(STREAM_LENGTH_BYTES + STREAM_ESP_LEAST, 1, STREAM_ITEM_ESP);
	assert_item(IKE_AT + IKE_HEADER_BYTES - 1, 0, STREAM_ITEM_BROKEN);
	assert_item(IKE_AT + IKE_HEADER_BYTES, 0, STREAM_ITEM_IKE);
	assert_item(IKE_AT + STREAM_IKE_MAX, 0, STREAM_ITEM_IKE);
	assert_item(STREAM_MESSAGE_MAX, 1, STREAM_ITEM_ESP);
}

/* Nobody waits for 64 KiB of it. */
static void broken_is_seen_at_its_first_octets(void **state)
{
	struct slice short_length = slice_of("\0\1", 2);
	struct slice short_ike = slice_of("\0\x21\0\0\0\0", 6), out;

	(void)state;
	assert_int_equal(stream_read(&short_length, &out), STREAM_ITEM_BROKEN);
	assert_int_equal(stream_read(&short_ike, &out), STREAM_ITEM_BROKEN);
}

/* RFC 9329 has room for more than we have: what stands behind it can be read. */
static void ike_above_our_bound_is_told_apart(void **state)
{
	struct slice in, out;
	size_t n;

	(void)state;
	assert_item(IKE_AT + STREAM_IKE_MAX + 1, 0, STREAM_ITEM_LONG);
	n = put(octets, STREAM_MESSAGE_MAX, 0);
	n += put(octets + n, 50, 7);
	in = slice_of(octets, n);
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_LONG);
	assert_int_equal(out.len, STREAM_MESSAGE_MAX - IKE_AT);
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_ESP);
}

static void message_that_is_cut_waits_for_its_rest(void **state)
{
	const size_t n = put(octets, IKE_AT + IKE_LONG, 0);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct slice in = slice_of(octets, i), out;

		assert_int_equal(stream_read(&in, &out), STREAM_ITEM_NONE);
		assert_int_equal(in.len, i);
	}
}

static void messages_stand_behind_one_another(void **state)
{
	size_t n = put(octets, 50, 7);
	struct slice in, out;

	(void)state;
	n += put(octets + n, IKE_AT + IKE_LONG, 0);
	n += put(octets + n, 60, 8);
	in = slice_of(octets, n - 1);
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_ESP);
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_IKE);
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_NONE);
	assert_int_equal(in.len, 59);
}

static void length_is_known_from_its_second_octet_on(void **state)
{
	static const uint8_t head[] = { 0x12, 0x34, 0, 0 };

	(void)state;
	assert_int_equal(stream_length(slice_of(head, 0)), 0);
	assert_int_equal(stream_length(slice_of(head, 1)), 0);
	assert_int_equal(stream_length(slice_of(head, 2)), 0x1234);
	assert_int_equal(stream_length(slice_of(head, 4)), 0x1234);
}

static void prefix_is_taken_once_it_is_whole(void **state)
{
	static const char text[] = STREAM_PREFIX "x";
	struct slice in = slice_of(text, sizeof(text) - 1);

	(void)state;
	for (size_t i = 0; i < STREAM_PREFIX_BYTES; i++) {
		struct slice part = slice_of(text, i);

		assert_int_equal(stream_read_prefix(&part), STREAM_ITEM_NONE);
		assert_int_equal(part.len, i);
	}
	assert_int_equal(stream_read_prefix(&in), STREAM_ITEM_IKE);
	assert_int_equal(in.len, 1);
}

static void another_prefix_is_refused_at_its_first_octet(void **state)
{
	struct slice http = slice_of("G", 1), late = slice_of("IKETCQ", 6);

	(void)state;
	assert_int_equal(stream_read_prefix(&http), STREAM_ITEM_BROKEN);
	assert_int_equal(stream_read_prefix(&late), STREAM_ITEM_BROKEN);
}

static void what_is_written_is_read(void **state)
{
	uint8_t head[STREAM_HEADER_MAX];
	struct slice in, out;
	size_t n;

	(void)state;
	n = stream_ike_header(IKE_LONG, octets);
	assert_int_equal(n, IKE_AT);
	in = slice_of(octets, n + IKE_LONG);
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_IKE);
	assert_int_equal(out.len, IKE_LONG);
	n = stream_esp_header(STREAM_ESP_MAX, octets);
	assert_int_equal(n, STREAM_LENGTH_BYTES);
	octets[n] = 1;
	in = slice_of(octets, n + STREAM_ESP_MAX);
	assert_int_equal(stream_read(&in, &out), STREAM_ITEM_ESP);
	assert_int_equal(stream_ike_header(STREAM_IKE_MAX + 1, head), 0);
	assert_int_equal(stream_esp_header(STREAM_ESP_MAX + 1, head), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ike_comes_without_its_marker),
		cmocka_unit_test(esp_comes_from_its_spi_on),
		cmocka_unit_test(keepalive_is_told_from_what_is_broken),
		cmocka_unit_test(lengths_that_lie_are_broken),
		cmocka_unit_test(broken_is_seen_at_its_first_octets),
		cmocka_unit_test(ike_above_our_bound_is_told_apart),
		cmocka_unit_test(message_that_is_cut_waits_for_its_rest),
		cmocka_unit_test(messages_stand_behind_one_another),
		cmocka_unit_test(length_is_known_from_its_second_octet_on),
		cmocka_unit_test(prefix_is_taken_once_it_is_whole),
		cmocka_unit_test(another_prefix_is_refused_at_its_first_octet),
		cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
