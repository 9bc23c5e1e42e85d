// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages that are too long for one datagram (RFC 7383): what is cut and what is
 * not, and fragments that are lost, doubled, in another order or not true.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/fragment.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define SIZE	  FRAGMENT_SIZE_MIN
#define SIZE_MOST (SIZE - 20 - 8 - 4) /* less IPv4, UDP, non-ESP marker */

/* --- what is cut */

/* Of both sides, what was protected. */
struct seen {
	unsigned int whole, fragments;
	size_t longest;
};

static bool count_sent(struct ike_lab *lab, unsigned int side,
		       const struct ike_path *path, struct slice d)
{
	struct seen *seen = lab->owner;
	struct ike_header h;

	(void)path;
	assert_true(ike_header_parse(d, &h));
	if (h.next_payload != IKE_PL_SK && h.next_payload != IKE_PL_SKF)
		return true;
	seen[side].whole += h.next_payload == IKE_PL_SK;
	seen[side].fragments += h.next_payload == IKE_PL_SKF;
	if (d.len > seen[side].longest)
		seen[side].longest = d.len;
	return true;
}

static struct ike_lab *lab_of(enum fragmentation one, enum fragmentation other,
			      const char *ike, struct seen seen[2])
{
	const enum fragmentation says[] = { one, other };
	struct ike_lab *lab = lab_new(1);

	memset(seen, 0, 2 * sizeof(*seen));
	lab->owner = seen;
	lab->sent = count_sent;
	lab_set_fragment_size(lab, SIZE);
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, ike, SETTLE_ESP);

		c.fragmentation = says[i];
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
	return lab;
}

static void bring_up(struct ike_lab *lab)
{
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
}

#define YES    FRAGMENTATION_YES
#define ACCEPT FRAGMENTATION_ACCEPT
#define FORCE  FRAGMENTATION_FORCE
#define NO     FRAGMENTATION_NO

static void both_sides_must_want_it(void **state)
{
	static const struct {
		enum fragmentation says[2];
		bool cuts[2];
	} rows[] = {
		{ { YES, YES }, { true, true } },
		{ { YES, FORCE }, { true, true } },
		{ { ACCEPT, YES }, { false, true } },
		{ { YES, ACCEPT }, { true, false } },
		{ { ACCEPT, ACCEPT }, { false, false } },
		{ { NO, YES }, { false, false } },
		{ { YES, NO }, { false, false } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen seen[2];
		struct ike_lab *lab = lab_of(rows[i].says[0], rows[i].says[1],
					     SETTLE_IKE, seen);

		bring_up(lab);
		for (unsigned int side = 0; side < 2; side++) {
			assert_int_equal(seen[side].fragments > 0,
					 rows[i].cuts[side]);
			assert_int_equal(seen[side].longest <= SIZE_MOST,
					 rows[i].cuts[side]);
		}
		lab_free(lab);
	}
}

static void no_fragment_is_longer_with_any_cipher(void **state)
{
	static const char *const ciphers[] = {
		"aes128-sha1-x25519",
		"aes256-sha512-x25519",
		"aes256gcm16-prfsha256-x25519",
		"chacha20poly1305-prfsha256-x25519",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
		struct seen seen[2];
		struct ike_lab *lab = lab_of(
			FRAGMENTATION_YES, FRAGMENTATION_YES, ciphers[i], seen);

		bring_up(lab);
		for (unsigned int side = 0; side < 2; side++) {
			assert_true(seen[side].fragments > 1);
			assert_in_range(seen[side].longest, SIZE_MOST - 16,
					SIZE_MOST);
		}
		lab_free(lab);
	}
}

static void what_fits_is_not_cut(void **state)
{
	struct seen seen[2];
	struct ike_lab *lab = lab_of(YES, YES, SETTLE_IKE, seen);

	(void)state;
	lab_set_fragment_size(lab, 1280);
	bring_up(lab);
	assert_int_equal(seen[0].fragments + seen[1].fragments, 0);
	lab_free(lab);
}

/* Nobody says it again when the IKE SA is rekeyed, or taken over. */
static void it_holds_for_what_comes_after(void **state)
{
	struct ike_lab *lab = settle_lab(1, SETTLE_PFS);
	struct seen seen[2] = { { .whole = 0 } };

	(void)state;
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	lab_kill(lab, 0);
	lab_take_over(lab, 0);
	lab_set_fragment_size(lab, SIZE);
	lab->owner = seen;
	lab->sent = count_sent;
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 300 * LAB_S));
	assert_true(seen[0].fragments > 1);
	settle_assert(lab, "rekeyed and taken over", 1, 1, 1);
	lab_free(lab);
}

/* --- on a bad network */

static struct lab_fate chaos(struct ike_lab *lab, unsigned int n)
{
	struct lab_fate fate = { .copies = (unsigned int)lab_roll(lab, 4) };

	(void)n;
	for (unsigned int i = 0; i < 4; i++)
		fate.delay_ns[i] = 1 + lab_roll(lab, LAB_S);
	return fate;
}

static void lost_doubled_and_out_of_order_they_arrive(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 100; seed++) {
		struct ike_lab *lab = settle_lab(seed, SETTLE_PFS);

		lab_set_fragment_size(lab, SIZE);
		lab->fate = chaos;
		settle_initiate(lab);
		assert_true(lab_run(lab, 60 * LAB_S));
		lab->fate = NULL;
		assert_true(lab_run(lab, 400 * LAB_S));
		settle_assert_same(lab, "chaos", seed);
		lab_free(lab);
	}
}

/* Section 2.6.1: the first one alone asks for the reply again. */
static unsigned int replies;

static bool lose_first_reply(struct ike_lab *lab, unsigned int side,
			     const struct ike_path *path, struct slice d)
{
	struct ike_header h;

	(void)lab;
	(void)path;
	assert_true(ike_header_parse(d, &h));
	if (side == 0 || h.exchange != IKE_EXCH_IKE_AUTH)
		return true;
	replies++;
	return lab->now_ns > 1002 * LAB_S;
}

static void a_request_that_comes_again_is_answered_once(void **state)
{
	struct ike_lab *lab = settle_lab(1, SETTLE_ESP);

	(void)state;
	lab_set_fragment_size(lab, SIZE);
	lab->sent = lose_first_reply;
	replies = 0;
	settle_initiate(lab);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_in_range(replies, 1, FRAGMENTS_MAX);
	unsigned int once = replies;

	assert_true(lab_run(lab, 8 * LAB_S));
	assert_int_equal(replies, 2 * once);
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* --- what is not true: each spoils nothing */

/* A copy of what side 0 sends with an octet changed goes before it. */
static size_t spoiled_at;

static bool spoil(struct ike_lab *lab, unsigned int side,
		  const struct ike_path *path, struct slice d)
{
	struct ike_path seen = { .local = path->remote,
				 .remote = path->local,
				 .local_port = path->remote_port,
				 .remote_port = path->local_port };
	uint8_t copy[LAB_DATAGRAM_MAX];
	struct ike_header h;

	assert_true(ike_header_parse(d, &h));
	if (side == 1 || h.next_payload != IKE_PL_SKF)
		return true;
	memcpy(copy, d.ptr, d.len);
	copy[spoiled_at % d.len] ^= 0x41;
	engine_input(lab->side[1].engine, &seen, copy, d.len, lab->now_ns);
	return true;
}

static void forged_fragments_do_no_harm(void **state)
{
	(void)state;
	for (spoiled_at = 0; spoiled_at < SIZE_MOST; spoiled_at++) {
		struct ike_lab *lab = settle_lab(1, SETTLE_ESP);

		lab_set_fragment_size(lab, SIZE);
		lab->sent = spoil;
		settle_initiate(lab);
		assert_true(lab_run(lab, 2 * LAB_S));
		assert_true(lab_agree(lab, 1));
		lab_free(lab);
	}
}

/* --- one by one: fragment.c alone */

static const struct ike_header request = { .message_id = 7 };
static const struct ike_header next_request = { .message_id = 8 };

static bool take(struct ike_sa *sa, const struct ike_header *h, uint16_t number,
		 uint16_t total, const char *text, struct octets *whole,
		 uint8_t *first)
{
	const struct ike_fragment f = { .number = number, .total = total };

	*first = number == 1 ? IKE_PL_NOTIFY : IKE_PL_NONE;
	assert_true(fragment_is_wanted(sa, h, &f));
	return fragment_take(sa, h, &f, slice_of(text, strlen(text)), first,
			     whole);
}

static struct engine quiet; /* nobody is there besides */

static bool is_wanted(const struct ike_sa *sa, uint16_t number, uint16_t total)
{
	const struct ike_fragment f = { .number = number, .total = total };

	return fragment_is_wanted(sa, &request, &f);
}

static void assert_whole(const struct octets *whole, const char *text)
{
	assert_int_equal(whole->len, strlen(text));
	assert_memory_equal(whole->ptr, text, whole->len);
}

static void they_are_joined_in_their_order(void **state)
{
	struct ike_sa sa = { .e = &quiet, .fragments = true };
	struct octets whole;
	uint8_t first;

	(void)state;
	assert_false(take(&sa, &request, 3, 3, "c", &whole, &first));
	assert_false(take(&sa, &request, 1, 3, "a", &whole, &first));
	assert_false(is_wanted(&sa, 1, 3));
	assert_true(take(&sa, &request, 2, 3, "", &whole, &first));
	assert_int_equal(first, IKE_PL_NOTIFY);
	assert_whole(&whole, "ac");
	octets_free(&whole);
	fragments_drop(&sa);
}

static void one_that_is_cut_smaller_is_begun_anew(void **state)
{
	struct ike_sa sa = { .e = &quiet, .fragments = true };
	struct octets whole;
	uint8_t first;

	(void)state;
	assert_false(take(&sa, &request, 1, 2, "ab", &whole, &first));
	assert_false(take(&sa, &request, 2, 3, "b", &whole, &first));
	assert_false(is_wanted(&sa, 2, 2));
	assert_false(take(&sa, &request, 3, 3, "c", &whole, &first));
	assert_true(take(&sa, &request, 1, 3, "a", &whole, &first));
	assert_whole(&whole, "abc");
	octets_free(&whole);
	fragments_drop(&sa);
}

static void another_message_takes_the_place(void **state)
{
	struct ike_sa sa = { .e = &quiet, .fragments = true };
	struct octets whole;
	uint8_t first;

	(void)state;
	assert_false(take(&sa, &request, 1, 2, "a", &whole, &first));
	assert_false(take(&sa, &next_request, 2, 2, "b", &whole, &first));
	assert_true(take(&sa, &next_request, 1, 2, "a", &whole, &first));
	assert_whole(&whole, "ab");
	octets_free(&whole);
	fragments_drop(&sa);
}

static void there_are_bounds(void **state)
{
	static char big[FRAGMENTED_MAX / 4 + 1];
	struct ike_sa sa = { .e = &quiet, .fragments = true };
	struct octets whole;
	uint8_t first;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	assert_true(is_wanted(&sa, 1, FRAGMENTS_MAX));
	assert_false(is_wanted(&sa, 1, FRAGMENTS_MAX + 1));
	for (uint16_t i = 1; i <= 4; i++)
		assert_false(take(&sa, &request, i, 5, big, &whole, &first));
	assert_false(take(&sa, &request, 5, 5, "x", &whole, &first));
	assert_true(is_wanted(&sa, 5, 5)); /* it was not taken */
	fragments_drop(&sa);
}

static void among_many_strangers_a_message_is_shorter(void **state)
{
	static struct engine many = { .n_strangers = STRANGERS_MANY + 1 };
	static char big[FRAGMENTED_MANY + 1];
	struct ike_sa sa = { .e = &many, .fragments = true };
	struct octets whole;
	uint8_t first;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	assert_false(take(&sa, &request, 1, 2, big, &whole, &first));
	assert_false(take(&sa, &request, 2, 2, "x", &whole, &first));
	sa.e = &quiet;
	assert_true(take(&sa, &request, 2, 2, "x", &whole, &first));
	assert_int_equal(whole.len, FRAGMENTED_MANY + 1);
	octets_free(&whole);
	fragments_drop(&sa);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(both_sides_must_want_it),
		cmocka_unit_test(no_fragment_is_longer_with_any_cipher),
		cmocka_unit_test(what_fits_is_not_cut),
		cmocka_unit_test(it_holds_for_what_comes_after),
		cmocka_unit_test(lost_doubled_and_out_of_order_they_arrive),
		cmocka_unit_test(a_request_that_comes_again_is_answered_once),
		cmocka_unit_test(forged_fragments_do_no_harm),
		cmocka_unit_test(they_are_joined_in_their_order),
		cmocka_unit_test(one_that_is_cut_smaller_is_begun_anew),
		cmocka_unit_test(another_message_takes_the_place),
		cmocka_unit_test(there_are_bounds),
		cmocka_unit_test(among_many_strangers_a_message_is_shorter),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
