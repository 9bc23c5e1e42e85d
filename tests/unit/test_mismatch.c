// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two sides that have nothing in common, in words: as the engine writes them,
 * and as they are taken apart again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctrl/ike/proposal.h"

static void assert_slice(struct slice s, const char *want)
{
	assert_int_equal(s.len, strlen(want));
	assert_memory_equal(s.ptr, want, s.len);
}

static void both_sides_come_out_as_they_went_in(void **state)
{
	char text[MISMATCH_STR_MAX];
	struct mismatch m;

	(void)state;
	mismatch_str("proposal mismatch (IKE)", "a-b, c", "d", text);
	assert_string_equal(
		text,
		"proposal mismatch (IKE): we have a-b, c; the peer offers d");
	assert_true(mismatch_parse(text, &m));
	assert_slice(m.what, "proposal mismatch (IKE)");
	assert_slice(m.ours, "a-b, c");
	assert_slice(m.peers, "d");
}

static void side_that_was_not_said_is_empty(void **state)
{
	char text[MISMATCH_STR_MAX];
	struct mismatch m;

	(void)state;
	mismatch_str("selector mismatch", "10.1.0.0/24 === 10.2.0.0/24", "",
		     text);
	assert_true(mismatch_parse(text, &m));
	assert_slice(m.what, "selector mismatch");
	assert_slice(m.ours, "10.1.0.0/24 === 10.2.0.0/24");
	assert_slice(m.peers, "");
}

static void other_texts_are_none_of_these(void **state)
{
	static const char *const texts[] = {
		"",
		"the peer does not answer",
		"proposal mismatch (IKE)",
		"x: we have a",
		"x; the peer offers a",
		"selector mismatch: more than 4 pairs",
	};
	struct mismatch m;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(mismatch_parse(texts[i], &m));
}

static void items_of_a_side_come_one_by_one(void **state)
{
	static const char *const want[] = { "a-b", "c", "10.1.0.0/24 === x" };
	struct slice item, side = slice_of("a-b, c, 10.1.0.0/24 === x", 25);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(mismatch_next(&side, &item));
		assert_slice(item, want[i]);
	}
	assert_false(mismatch_next(&side, &item));
}

static void side_without_room_ends_in_dots(void **state)
{
	char side[MISMATCH_SIDE_MAX] = "", most[MISMATCH_SIDE_MAX];
	char text[MISMATCH_STR_MAX];
	struct mismatch m;

	(void)state;
	memset(most, 'x', sizeof(most) - 1);
	most[sizeof(most) - 1] = '\0';
	mismatch_add(side, most);
	assert_string_equal(side, most); /* it just fits */
	mismatch_add(side, "y");
	mismatch_add(side, "z");
	assert_int_equal(strlen(side), sizeof(side) - 1);
	assert_string_equal(side + sizeof(side) - 5, "x...");
	mismatch_str("proposal mismatch (ESP)", side, side, text);
	assert_true(mismatch_parse(text, &m));
	assert_slice(m.ours, side);
	assert_slice(m.peers, side);
}

/* --- what the engine says of proposals */

static void parse(const char *text, enum ike_protocol protocol,
		  struct proposals *out)
{
	struct error e;

	assert_int_equal(proposal_parse(text, protocol, &out->at[out->n], &e),
			 0);
	out->n++;
}

/* Header and generic header of a message that is an SA payload alone. */
#define BEFORE_BODY (IKE_HEADER_BYTES + 4)

static const struct ike_header header = { .exchange = IKE_EXCH_IKE_AUTH };

static void assert_described(struct ike_builder *m, const char *want)
{
	char side[MISMATCH_SIDE_MAX];
	struct slice message;

	assert_true(ike_end(m, &message));
	sa_body_describe(slice_of(message.ptr + BEFORE_BODY,
				  message.len - BEFORE_BODY),
			 side);
	assert_string_equal(side, want);
}

/* Or nobody could compare them. */
static void both_sides_are_described_in_the_same_words(void **state)
{
	static const char *const esp[] = { "aes128gcm16-aes256gcm16-ecp384-esn",
					   "aes128-sha256-esn-noesn",
					   "aes256-sha512" };
	struct proposals p = { .n = 0 };
	char ours[MISMATCH_SIDE_MAX];
	struct ike_builder m;
	uint8_t room[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(esp) / sizeof(esp[0]); i++)
		parse(esp[i], IKE_PROTO_ESP, &p);
	proposals_describe(&p, ours);
	assert_string_equal(ours, "aes128gcm16-aes256gcm16-ecp384-esn, "
				  "aes128-sha256-esn-noesn, aes256-sha512");
	ike_begin(&m, room, sizeof(room), &header);
	proposals_put(&m, &p, slice_of("spi!", 4), true);
	assert_described(&m, ours);
}

static void what_nobody_has_a_word_for_is_a_number(void **state)
{
	struct ike_builder m;
	uint8_t room[256];

	(void)state;
	ike_begin(&m, room, sizeof(room), &header);
	ike_sa_begin(&m);
	ike_proposal_begin(&m, IKE_PROTO_IKE, slice_of(NULL, 0));
	ike_transform_put(&m, IKE_TF_ENCR, 23, 256); /* Camellia */
	ike_transform_put(&m, IKE_TF_ENCR, ENCR_AES_CBC, 192);
	ike_transform_put(&m, IKE_TF_PRF, 3, 0); /* Tiger */
	ike_transform_put(&m, IKE_TF_INTEG, 3, 0);
	ike_transform_put(&m, IKE_TF_KE, 1024, 0);
	ike_transform_put(&m, IKE_TF_ADDKE2, KE_ECP_384, 0);
	ike_transform_put(&m, IKE_TF_ADDKE3, KE_NONE, 0);
	ike_transform_put(&m, IKE_TF_ADDKE7, 1024, 0);
	ike_transform_put(&m, 13, 7, 0);
	ike_proposal_end(&m);
	ike_sa_end(&m);
	assert_described(
		&m, "encr23/256-aes192-prf3-integ3-ke1024-ke2_ecp384-ke3_none-"
		    "ke7_1024-type13/7");
}

static void offer_beyond_the_room_is_cut(void **state)
{
	char want[MISMATCH_SIDE_MAX] = "";
	struct ike_builder m;
	uint8_t room[4096];

	(void)state;
	ike_begin(&m, room, sizeof(room), &header);
	ike_sa_begin(&m);
	ike_proposal_begin(&m, IKE_PROTO_IKE, slice_of(NULL, 0));
	for (unsigned int i = 0; i < 250; i++) {
		ike_transform_put(&m, IKE_TF_KE, 1024, 0);
		mismatch_add(want, i ? "-ke1024" : "ke1024");
	}
	ike_proposal_end(&m);
	ike_sa_end(&m);
	assert_int_equal(strlen(want), sizeof(want) - 1);
	assert_described(&m, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_come_out_as_they_went_in),
		cmocka_unit_test(side_that_was_not_said_is_empty),
		cmocka_unit_test(other_texts_are_none_of_these),
		cmocka_unit_test(items_of_a_side_come_one_by_one),
		cmocka_unit_test(side_without_room_ends_in_dots),
		cmocka_unit_test(both_sides_are_described_in_the_same_words),
		cmocka_unit_test(what_nobody_has_a_word_for_is_a_number),
		cmocka_unit_test(offer_beyond_the_room_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
