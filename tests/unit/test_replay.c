// SPDX-License-Identifier: BSD-2-Clause
/*
 * The anti-replay window: by hand at its edges, and against a model that
 * remembers every number it accepted.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/sadb/replay.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define BORDER	     (1ULL << 32)

static struct replay new_window(uint32_t window, bool esn)
{
	struct replay win;

	assert_int_equal(replay_init(&win, window, esn), 0);
	return win;
}

/* A window whose right edge stands at top, which alone was seen. */
static struct replay window_at(uint32_t window, bool esn, uint64_t top)
{
	struct replay win = new_window(window, esn);

	if (top)
		assert_int_equal(replay_commit(&win, top), 0);
	return win;
}

/* --- the window's form */

static void bitmap_has_a_spare_block_and_a_power_of_two(void **state)
{
	static const struct {
		uint32_t window;
		uint32_t blocks;
	} rows[] = { { 1, 2 },	   { 63, 2 },	    { 64, 2 },	    { 65, 4 },
		     { 128, 4 },   { 129, 4 },	    { 192, 4 },	    { 193, 8 },
		     { 1024, 32 }, { 65535, 2048 }, { 65536, 2048 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct replay win = new_window(rows[i].window, false);

		assert_int_equal(win.window, rows[i].window);
		assert_int_equal(win.blocks, rows[i].blocks);
		assert_int_equal(win.top, 0);
		replay_free(&win);
	}
}

static void window_beyond_the_limit_is_refused(void **state)
{
	static const uint32_t windows[] = { REPLAY_WINDOW_MAX + 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		struct replay win;

		assert_int_equal(replay_init(&win, windows[i], false), -EINVAL);
		replay_free(&win);
	}
}

static void free_may_be_repeated(void **state)
{
	struct replay win = new_window(64, false);

	(void)state;
	replay_free(&win);
	replay_free(&win);
	replay_free(NULL);
}

/* --- check and commit */

static void first_number_is_accepted(void **state)
{
	struct replay win = new_window(64, false);

	(void)state;
	assert_int_equal(replay_check(&win, 1), 0);
	assert_int_equal(replay_commit(&win, 1), 0);
	assert_int_equal(win.top, 1);
	replay_free(&win);
}

static void number_zero_is_refused(void **state)
{
	struct replay win = new_window(64, false);

	(void)state;
	assert_int_equal(replay_check(&win, 0), -ERANGE);
	assert_int_equal(replay_commit(&win, 0), -ERANGE);
	replay_free(&win);
}

static void number_seen_before_is_refused(void **state)
{
	struct replay win = window_at(64, false, 100);

	(void)state;
	assert_int_equal(replay_commit(&win, 90), 0);
	assert_int_equal(replay_check(&win, 100), -EALREADY);
	assert_int_equal(replay_check(&win, 90), -EALREADY);
	assert_int_equal(replay_check(&win, 91), 0);
	assert_int_equal(replay_check(&win, 89), 0);
	replay_free(&win);
}

static void number_left_of_window_is_refused(void **state)
{
	static const uint32_t windows[] = { 1,	31, 32,	  33,	63,
					    64, 65, 1024, 65536 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		struct replay win = window_at(windows[i], false, 200000);
		uint64_t left = 200000 - windows[i];

		assert_int_equal(replay_check(&win, left), -ERANGE);
		assert_int_equal(replay_commit(&win, left), -ERANGE);
		/* The positive case is one to the right of it. */
		assert_int_equal(replay_check(&win, left + 1),
				 windows[i] == 1 ? -EALREADY : 0);
		replay_free(&win);
	}
}

static void checking_moves_nothing(void **state)
{
	struct replay win = window_at(64, false, 100);
	uint64_t before[2];

	(void)state;
	memcpy(before, win.bitmap, sizeof(before));
	assert_int_equal(replay_check(&win, 0xffffffff), 0);
	assert_int_equal(replay_check(&win, 101), 0);
	assert_int_equal(replay_check(&win, 99), 0);

	assert_int_equal(win.top, 100);
	assert_memory_equal(before, win.bitmap, sizeof(before));
	assert_int_equal(replay_check(&win, 99), 0);
	replay_free(&win);
}

static void second_copy_in_one_batch_is_refused(void **state)
{
	static const uint64_t seqs[] = { 101, 99, 5000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seqs); i++) {
		struct replay win = window_at(64, false, 100);

		assert_int_equal(replay_check(&win, seqs[i]), 0);
		assert_int_equal(replay_check(&win, seqs[i]), 0);
		assert_int_equal(replay_commit(&win, seqs[i]), 0);
		assert_int_equal(replay_commit(&win, seqs[i]), -EALREADY);
		replay_free(&win);
	}
}

static void number_overtaken_in_one_batch_is_refused(void **state)
{
	struct replay win = window_at(64, false, 100);

	(void)state;
	assert_int_equal(replay_check(&win, 50), 0);
	assert_int_equal(replay_commit(&win, 1000), 0);
	assert_int_equal(replay_commit(&win, 50), -ERANGE);
	replay_free(&win);
}

static void jump_clears_what_the_ring_held(void **state)
{
	/* By words, by whole turns of the ring, and by more than the ring. */
	static const uint64_t jumps[] = { 1,	 63,	  64,	     65,
					  127,	 128,	  129,	     255,
					  256,	 257,	  4096,	     65536,
					  99999, 1 << 20, BORDER - 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(jumps); i++) {
		struct replay win = new_window(64, true);
		uint64_t top = 1000 + jumps[i];

		for (uint64_t seq = 900; seq <= 1000; seq++)
			assert_int_equal(replay_commit(&win, seq), 0);
		assert_int_equal(replay_commit(&win, top), 0);
		for (uint64_t seq = top - 63; seq < top; seq++)
			assert_int_equal(replay_check(&win, seq),
					 seq > 1000 ? 0 : -EALREADY);
		replay_free(&win);
	}
}

static void window_zero_accepts_all_and_follows_the_highest(void **state)
{
	static const uint64_t seqs[] = { 0, 5, 5, 1, 70000, 0, BORDER, 3 };
	struct replay win = new_window(0, true);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seqs); i++) {
		assert_int_equal(replay_check(&win, seqs[i]), 0);
		assert_int_equal(replay_commit(&win, seqs[i]), 0);
	}
	assert_true(win.top == BORDER);
	assert_null(win.bitmap);
	replay_free(&win);
}

static void last_number_without_esn_is_accepted_once(void **state)
{
	struct replay win = window_at(64, false, 0xfffffffe);

	(void)state;
	assert_int_equal(replay_commit(&win, 0xffffffff), 0);
	assert_int_equal(replay_commit(&win, 0xffffffff), -EALREADY);
	/* What a sender that wrapped would send next. */
	assert_int_equal(replay_check(&win, replay_infer(&win, 1)), -ERANGE);
	replay_free(&win);
}

static void low_half_zero_is_a_number_with_esn(void **state)
{
	struct replay win = window_at(64, true, BORDER - 1);
	uint64_t seq = replay_infer(&win, 0);

	(void)state;
	assert_true(seq == BORDER);
	assert_int_equal(replay_commit(&win, seq), 0);
	assert_int_equal(replay_commit(&win, seq), -EALREADY);
	replay_free(&win);
}

static void number_past_the_last_is_refused(void **state)
{
	struct replay win = window_at(64, true, UINT64_MAX);
	uint64_t seq = replay_infer(&win, 5);

	(void)state;
	assert_true(seq == 5);
	assert_int_equal(replay_check(&win, seq), -ERANGE);
	assert_int_equal(replay_check(&win, UINT64_MAX), -EALREADY);
	assert_int_equal(replay_check(&win, UINT64_MAX - 63), 0);
	assert_int_equal(replay_check(&win, UINT64_MAX - 64), -ERANGE);
	replay_free(&win);
}

/* --- what was lost */

/* Into a fresh window or one that goes on, from `first` on in steps. */
static void take(struct replay *win, uint64_t first, uint64_t end, uint64_t step)
{
	for (uint64_t seq = first; seq < end; seq += step)
		assert_int_equal(replay_commit(win, seq), 0);
}

/* Of each word of the ring that is used again what nobody had in it. */
static void number_that_never_came_is_lost_once_it_has_left(void **state)
{
	struct replay win = new_window(64, false);

	(void)state;
	take(&win, 1, 3, 1);
	take(&win, 4, 100, 1);
	assert_int_equal(win.lost, 0); /* it may still come */
	take(&win, 100, 200, 2);
	assert_int_equal(win.lost, 1 + 14); /* those up to 127 */
	take(&win, 200, 328, 1);
	assert_int_equal(win.lost, 1 + 50);
	take(&win, 400, 528, 1);
	assert_int_equal(win.lost, 1 + 50 + 72);
	replay_free(&win);
}

static void number_that_comes_late_is_not_lost(void **state)
{
	struct replay win = new_window(64, false);

	(void)state;
	take(&win, 1, 65, 2);
	take(&win, 2, 65, 2);
	take(&win, 65, 1000, 1);
	assert_int_equal(win.lost, 0);
	replay_free(&win);
}

/* A jump by many rounds of the ring, from anywhere in a word. */
static void all_of_a_jump_is_lost(void **state)
{
	static const uint64_t tops[] = { 0, 1, 63, 64, 65, 5000 };
	static const uint64_t to = 3 * BORDER;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tops); i++) {
		struct replay win = new_window(1024, true);

		take(&win, 1, tops[i] + 1, 1);
		take(&win, to, to + 4096, 1);
		assert_true(win.lost == to - tops[i] - 1);
		replay_free(&win);
	}
}

static void what_an_earlier_window_had_is_not_lost(void **state)
{
	static const uint64_t tops[] = { 1, 100, 127, 100000, 7 * BORDER };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tops); i++) {
		struct replay win = new_window(128, true);

		replay_start(&win, tops[i]);
		take(&win, tops[i] + 3, tops[i] + 1000, 1);
		assert_int_equal(win.lost, 2);
		replay_free(&win);
	}
}

static void nothing_is_known_to_be_lost_without_a_window(void **state)
{
	struct replay win = new_window(0, false);

	(void)state;
	take(&win, 1, 100000, 1000);
	assert_int_equal(win.lost, 0);
}

/* --- inference */

static void without_esn_the_number_is_itself(void **state)
{
	static const uint32_t seqs[] = { 0, 1, 63, 0x80000000, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seqs); i++) {
		struct replay win = window_at(64, false, 0xfffffff0);

		assert_true(replay_infer(&win, seqs[i]) == seqs[i]);
		replay_free(&win);
	}
}

static const struct {
	uint32_t window;
	uint64_t top;
	uint32_t seq_lo;
	uint64_t seq;
} inferences[] = {
	/* before the first packet: never below 0 */
	{ 64, 0, 1, 1 },
	{ 64, 0, 0, 0 },
	{ 64, 0, 0xffffffff, 0xffffffff },
	{ 64, 0, 0xffffffc1, 0xffffffc1 },
	{ 65536, 0, 0xffffffff, 0xffffffff },
	/* near 0: the window would reach below it */
	{ 64, 10, 0xffffffff, 0xffffffff },
	{ 64, 10, 9, 9 },
	{ 64, 62, 0xffffffff, 0xffffffff },
	/* case A from its first top on */
	{ 64, 63, 0, 0 },
	{ 64, 64, 0, BORDER },
	{ 64, 64, 1, 1 },
	{ 64, 64, 0xffffffff, 0xffffffff },
	/* case A: window within one subspace */
	{ 64, 1000, 937, 937 },
	{ 64, 1000, 936, BORDER + 936 },
	{ 64, 1000, 1001, 1001 },
	{ 64, 0xffffffff, 0xffffffc0, 0xffffffc0 },
	{ 64, 0xffffffff, 0xffffffbf, BORDER + 0xffffffbf },
	{ 64, 0xffffffff, 0, BORDER },
	{ 64, 0xfffffff0, 0xffffffff, 0xffffffff },
	/* case B: window across the border */
	{ 64, BORDER, 0, BORDER },
	{ 64, BORDER, 0xffffffff, 0xffffffff },
	{ 64, BORDER, 0xffffffc1, 0xffffffc1 },
	{ 64, BORDER, 0xffffffc0, BORDER + 0xffffffc0 },
	{ 64, BORDER + 62, 0xffffffff, 0xffffffff },
	{ 64, BORDER + 62, 0xfffffffe, BORDER + 0xfffffffe },
	{ 64, BORDER + 62, 63, BORDER + 63 },
	/* case A again */
	{ 64, BORDER + 63, 0xffffffff, BORDER + 0xffffffff },
	{ 64, BORDER + 63, 0, BORDER },
	{ 64, BORDER + 64, 0, 2 * BORDER },
	/* the same one border later */
	{ 64, 7 * BORDER + 5, 0xfffffff0, 6 * BORDER + 0xfffffff0 },
	{ 64, 7 * BORDER + 5, 6, 7 * BORDER + 6 },
	/* the narrowest and the widest window */
	{ 1, BORDER, 0, BORDER },
	{ 1, BORDER, 0xffffffff, BORDER + 0xffffffff },
	{ 1, BORDER + 5, 4, 2 * BORDER + 4 },
	{ 1, BORDER + 5, 5, BORDER + 5 },
	{ 65536, BORDER + 65534, 0xffffffff, 0xffffffff },
	{ 65536, BORDER + 65535, 0xffffffff, BORDER + 0xffffffff },
	/* check off: the nearest number */
	{ 0, 0, 5, 5 },
	{ 0, 0, 0xfffffff0, 0xfffffff0 },
	{ 0, BORDER + 5, 3, BORDER + 3 },
	{ 0, BORDER + 5, 0xffffffff, 0xffffffff },
	{ 0, BORDER - 1, 3, BORDER + 3 },
	{ 0, BORDER + 0x90000000, 0x10000001, BORDER + 0x10000001 },
	{ 0, BORDER + 0x90000000, 0x10000000, 2 * BORDER + 0x10000000 },
};

static void high_half_is_inferred_at_the_borders(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inferences); i++) {
		struct replay win = window_at(inferences[i].window, true,
					      inferences[i].top);

		if (replay_infer(&win, inferences[i].seq_lo) != inferences[i].seq)
			fail_msg("row %zu: %llx", i,
				 (unsigned long long)replay_infer(
					 &win, inferences[i].seq_lo));
		replay_free(&win);
	}
}

/*
 * The appendix in other words: of the numbers with this low half, the smallest
 * one that is not left of the window.
 */
static void inferred_number_is_the_first_from_the_left_edge(void **state)
{
	static const uint32_t windows[] = { 1, 32, 64, 65, 65536 };
	static const uint64_t tops[] = {
		1,	63,	    64,		 100000,	 BORDER - 1,
		BORDER, BORDER + 1, BORDER + 64, BORDER + 65536, 9 * BORDER - 5
	};

	(void)state;
	srandom(1);
	for (size_t i = 0; i < ARRAY_LEN(windows) * ARRAY_LEN(tops); i++) {
		uint32_t window = windows[i % ARRAY_LEN(windows)];
		uint64_t top = tops[i / ARRAY_LEN(windows)];
		uint64_t left = top >= window ? top - window + 1 : 0;
		struct replay win = window_at(window, true, top);

		for (unsigned int n = 0; n < 1000; n++) {
			uint32_t seq_lo = (uint32_t)(top - 2 * window) +
					  (uint32_t)random() % (4 * window);
			uint64_t seq = (left & ~(BORDER - 1)) | seq_lo;

			if (seq < left)
				seq += BORDER;
			assert_true(replay_infer(&win, seq_lo) == seq);
		}
		replay_free(&win);
	}
}

/* --- against the model */

#define MODEL_SLOTS (1U << 22)

/* A set of the numbers that were accepted, and the highest of them. */
struct model {
	uint64_t *slots; /* open addressing; 0 is free */
	uint64_t top;
	uint32_t window;
};

static uint64_t *model_slot(const struct model *m, uint64_t seq)
{
	uint64_t at = seq * 0x9e3779b97f4a7c15ULL >> 42;

	while (m->slots[at] && m->slots[at] != seq)
		at = (at + 1) % MODEL_SLOTS;
	return &m->slots[at];
}

static int model_check(const struct model *m, uint64_t seq)
{
	if (m->window == 0)
		return 0;
	if (seq == 0 || seq + m->window <= m->top)
		return -ERANGE;
	return *model_slot(m, seq) == seq ? -EALREADY : 0;
}

static void model_commit(struct model *m, uint64_t seq)
{
	if (seq)
		*model_slot(m, seq) = seq;
	if (seq > m->top)
		m->top = seq;
}

/* The next number to try: mostly about the window, now and then far off. */
static uint64_t draw(uint64_t top, uint32_t window, bool esn)
{
	int64_t spread = (int64_t)window * 2 + 8;
	uint64_t r = (uint64_t)random();
	uint64_t seq;

	if (r % 4096 == 0)
		seq = top + (uint64_t)random() % (esn ? 1 << 30 : 1 << 20);
	else if (r % 64 == 0)
		seq = top + (uint64_t)random() % (4U * window + 256);
	else
		seq = top + (uint64_t)(random() % spread - spread * 3 / 4);
	if ((int64_t)seq < 0)
		seq = r % 8;
	return esn || seq < BORDER ? seq : BORDER - 1 - r % 128;
}

static void run_against_model(uint32_t window, bool esn, uint64_t start)
{
	struct replay win = window_at(window, esn, start);
	struct model model = { .window = window };

	model.slots = calloc(MODEL_SLOTS, sizeof(*model.slots));
	assert_non_null(model.slots);
	if (start)
		model_commit(&model, start);
	for (unsigned int i = 0; i < 1000000; i++) {
		uint64_t seq = draw(model.top, window, esn);
		int expected = model_check(&model, seq);

		if (replay_check(&win, seq) != expected || win.top != model.top)
			fail_msg("window %u, packet %u", window, i);
		/* One in four was forged: checked, never committed. */
		if (random() % 4 == 0)
			continue;
		if (replay_commit(&win, seq) != expected)
			fail_msg("window %u, packet %u", window, i);
		if (expected == 0)
			model_commit(&model, seq);
	}
	free(model.slots);
	replay_free(&win);
}

static void window_agrees_with_a_set_of_numbers(void **state)
{
	static const uint32_t windows[] = { 0,	1,  31, 32,   33,
					    63, 64, 65, 1024, 65536 };

	(void)state;
	srandom(2);
	for (size_t i = 0; i < ARRAY_LEN(windows); i++)
		run_against_model(windows[i], false, 0);
}

static void window_agrees_with_a_set_of_extended_numbers(void **state)
{
	static const uint32_t windows[] = { 0,	1,  31, 32,   33,
					    63, 64, 65, 1024, 65536 };

	(void)state;
	srandom(3);
	for (size_t i = 0; i < ARRAY_LEN(windows); i++)
		run_against_model(windows[i], true, BORDER - 100000);
}

/* Sender and receiver over the border: the wire carries the low half alone. */
static void low_halves_lead_over_the_border(void **state)
{
	static const uint32_t windows[] = { 1, 32, 64, 65, 1024, 65536 };

	(void)state;
	srandom(4);
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		uint64_t next = 3 * BORDER - 300000;
		struct replay win = window_at(windows[i], true, next++);

		for (; next < 3 * BORDER + 300000; next++) {
			/* Late by less than the window. */
			uint64_t late = (uint64_t)random() % windows[i];
			uint64_t seq = next - late;

			assert_true(replay_infer(&win, (uint32_t)next) == next);
			assert_int_equal(replay_commit(&win, next), 0);
			assert_true(replay_infer(&win, (uint32_t)seq) == seq);
		}
		replay_free(&win);
	}
}

/* --- where an earlier one ended */

/* Edges at the first, a middle and the last bit of a word of the ring. */
static void window_goes_on_where_an_earlier_one_ended(void **state)
{
	static const uint64_t edges[] = { 1, 63, 64, 100, 127, 128, 100000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		struct replay win = new_window(128, false);

		replay_start(&win, edges[i]);
		for (uint64_t seq = 1; seq <= edges[i]; seq++)
			assert_true(replay_check(&win, seq) != 0);
		assert_int_equal(replay_commit(&win, edges[i] + 3), 0);
		assert_int_equal(replay_commit(&win, edges[i] + 2), 0);
		assert_int_equal(replay_commit(&win, edges[i] + 1), 0);
		assert_int_equal(replay_commit(&win, edges[i] + 1), -EALREADY);
		for (uint64_t seq = 1; seq <= edges[i]; seq++)
			assert_true(replay_check(&win, seq) != 0);
		assert_int_equal(replay_commit(&win, edges[i] + 70), 0);
		for (uint64_t seq = edges[i] + 4; seq < edges[i] + 70; seq++)
			assert_int_equal(replay_check(&win, seq), 0);
		replay_free(&win);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bitmap_has_a_spare_block_and_a_power_of_two),
		cmocka_unit_test(window_beyond_the_limit_is_refused),
		cmocka_unit_test(free_may_be_repeated),
		cmocka_unit_test(first_number_is_accepted),
		cmocka_unit_test(number_zero_is_refused),
		cmocka_unit_test(number_seen_before_is_refused),
		cmocka_unit_test(number_left_of_window_is_refused),
		cmocka_unit_test(checking_moves_nothing),
		cmocka_unit_test(second_copy_in_one_batch_is_refused),
		cmocka_unit_test(number_overtaken_in_one_batch_is_refused),
		cmocka_unit_test(jump_clears_what_the_ring_held),
		cmocka_unit_test(window_zero_accepts_all_and_follows_the_highest),
		cmocka_unit_test(last_number_without_esn_is_accepted_once),
		cmocka_unit_test(low_half_zero_is_a_number_with_esn),
		cmocka_unit_test(number_past_the_last_is_refused),
		cmocka_unit_test(number_that_never_came_is_lost_once_it_has_left),
		cmocka_unit_test(number_that_comes_late_is_not_lost),
		cmocka_unit_test(all_of_a_jump_is_lost),
		cmocka_unit_test(what_an_earlier_window_had_is_not_lost),
		cmocka_unit_test(nothing_is_known_to_be_lost_without_a_window),
		cmocka_unit_test(without_esn_the_number_is_itself),
		cmocka_unit_test(high_half_is_inferred_at_the_borders),
		cmocka_unit_test(inferred_number_is_the_first_from_the_left_edge),
		cmocka_unit_test(window_agrees_with_a_set_of_numbers),
		cmocka_unit_test(window_agrees_with_a_set_of_extended_numbers),
		cmocka_unit_test(low_halves_lead_over_the_border),
		cmocka_unit_test(window_goes_on_where_an_earlier_one_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
