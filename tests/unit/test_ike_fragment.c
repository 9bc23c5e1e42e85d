// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fragments of IKE messages on the wire (RFC 7383 section 2.5), and messages that
 * stand one behind the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ike_build.h"

#define IV_BYTES  8
#define ICV_BYTES 16

static const struct ike_header header = {
	.spi_i = 0x0102030405060708,
	.spi_r = 0x090a0b0c0d0e0f10,
	.version = IKE_VERSION,
	.exchange = IKE_EXCH_IKE_AUTH,
	.flags = IKE_FLAG_I,
	.message_id = 1,
};

static void what_a_fragment_says_of_itself_must_be_possible(void **state)
{
	static const struct {
		uint8_t body[5];
		size_t len;
		bool ok;
	} rows[] = {
		{ { 0, 1, 0, 1, 9 }, 5, true },
		{ { 0, 2, 0, 3, 9 }, 5, true },
		{ { 0xff, 0xff, 0xff, 0xff, 9 }, 5, true },
		{ { 0, 0, 0, 3, 9 }, 5, false },
		{ { 0, 4, 0, 3, 9 }, 5, false },
		{ { 0, 0, 0, 0, 9 }, 5, false },
		{ { 0, 1, 0 }, 3, false },
		{ { 0 }, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_fragment f;

		assert_int_equal(
			ike_fragment_parse(slice_of(rows[i].body, rows[i].len),
					   &f),
			rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(f.body.len, 1);
	}
}

/* A message with one payload of 100 octets, of which a fragment has 40. */
static struct slice build(uint8_t room[512], uint16_t number)
{
	static const uint8_t nonce[96] = { 0xaa, 0xbb };
	uint8_t whole_room[512];
	struct ike_builder whole, m;
	struct slice payloads, message;
	struct ike_sk sk;

	ike_begin(&whole, whole_room, sizeof(whole_room), &header);
	ike_sk_begin(&whole, IV_BYTES);
	ike_nonce_put(&whole, slice_of(nonce, sizeof(nonce)));
	payloads = ike_sk_payloads(&whole);
	assert_int_equal(payloads.len, 100);
	ike_fragment_begin(&m, room, 512, &whole, number, 3);
	wr_bytes(&m.b, payloads.ptr + 40 * (number - 1), 20);
	assert_true(ike_sk_end(&m, 1, ICV_BYTES, &sk, &message));
	assert_int_equal(sk.aad_bytes, IKE_HEADER_BYTES + 8);
	assert_int_equal(sk.text_bytes, 21);
	return message;
}

static void built_ones_are_parsed(void **state)
{
	(void)state;
	for (uint16_t number = 1; number <= 3; number++) {
		uint8_t room[512];
		struct slice message = build(room, number), rest = message, skip;
		struct ike_payloads p;
		struct ike_fragment f;
		struct ike_header h;

		assert_true(ike_header_parse(message, &h));
		assert_int_equal(h.next_payload, IKE_PL_SKF);
		assert_int_equal(h.spi_r, header.spi_r);
		assert_int_equal(h.message_id, 1);
		assert_true(rd_slice(&rest, IKE_HEADER_BYTES, &skip));
		assert_int_equal(ike_payloads_parse(rest, h.next_payload,
						    IKE_PART_CLEAR, &p),
				 IKE_PARSE_OK);
		assert_int_equal(p.n, 1);
		assert_int_equal(p.sk_first,
				 number == 1 ? IKE_PL_NONCE : IKE_PL_NONE);
		assert_true(ike_fragment_parse(p.at[0].body, &f));
		assert_int_equal(f.number, number);
		assert_int_equal(f.total, 3);
		assert_int_equal(f.body.len, IV_BYTES + 20 + 1 + ICV_BYTES);
	}
}

static void messages_behind_each_other_are_told_apart(void **state)
{
	uint8_t room[512], three[600];
	struct slice one = build(room, 1), all, got;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		memcpy(three + i * one.len, one.ptr, one.len);
	all = slice_of(three, 3 * one.len);
	for (size_t i = 0; i < 3; i++) {
		assert_true(ike_message_next(&all, &got));
		assert_int_equal(got.len, one.len);
		assert_ptr_equal(got.ptr, three + i * one.len);
	}
	assert_false(ike_message_next(&all, &got));
}

static void one_that_is_not_whole_is_none(void **state)
{
	uint8_t room[512];
	struct slice one = build(room, 1), got;

	(void)state;
	for (size_t len = 0; len < one.len; len++) {
		struct slice s = slice_of(one.ptr, len);

		assert_false(ike_message_next(&s, &got));
	}
	room[IKE_LENGTH_OFF + 3] = IKE_HEADER_BYTES - 1; /* it would never end */
	assert_false(ike_message_next(&one, &got));
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(what_a_fragment_says_of_itself_must_be_possible),
		cmocka_unit_test(built_ones_are_parsed),
		cmocka_unit_test(messages_behind_each_other_are_told_apart),
		cmocka_unit_test(one_that_is_not_whole_is_none),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
