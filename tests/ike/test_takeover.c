// SPDX-License-Identifier: BSD-2-Clause
/*
 * An engine ends, and another one goes on from its records: at every step of every
 * exchange, on either side, and at random on a bad network. The lab looks at
 * every datagram meanwhile (ike_watch.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define ESP SETTLE_ESP
#define PFS SETTLE_PFS

static void take_over_after(struct ike_lab *lab, unsigned int side, uint64_t ns)
{
	lab_kill(lab, side);
	assert_true(lab_run(lab, ns));
	lab_take_over(lab, side);
}

/* --- at every step of every exchange */

static void rekey_child(struct ike_lab *lab)
{
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
}

static void rekey_ike(struct ike_lab *lab)
{
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
}

static void rekey_child_both(struct ike_lab *lab)
{
	rekey_child(lab);
	engine_rekey(lab->side[1].engine, "peer", "net", lab->now_ns);
}

static void rekey_ike_both(struct ike_lab *lab)
{
	rekey_ike(lab);
	engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns);
}

static void rekey_one_each(struct ike_lab *lab)
{
	rekey_ike(lab);
	engine_rekey(lab->side[1].engine, "peer", "net", lab->now_ns);
}

static void delete_child(struct ike_lab *lab)
{
	engine_terminate(lab->side[0].engine, "peer", "net", lab->now_ns);
}

static void delete_ike(struct ike_lab *lab)
{
	engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
}

static void ask_whether_alive(struct ike_lab *lab)
{
	assert_true(lab_run(lab, 49 * LAB_S));
}

static const struct scenario {
	const char *name;
	void (*begin)(struct ike_lab *lab);
	const char *esp;
	unsigned int ikes, pairs; /* in the end */
} scenarios[] = {
	{ "child", rekey_child, ESP, 1, 1 },
	{ "child with PFS", rekey_child, PFS, 1, 1 },
	{ "IKE SA", rekey_ike, ESP, 1, 1 },
	{ "child, both", rekey_child_both, PFS, 1, 1 },
	{ "IKE SA, both", rekey_ike_both, ESP, 1, 1 },
	{ "one each", rekey_one_each, PFS, 1, 1 },
	{ "delete child", delete_child, ESP, 1, 0 },
	{ "delete IKE SA", delete_ike, ESP, 0, 0 },
	{ "liveness", ask_whether_alive, ESP, 1, 1 },
};

/* False: it was over before. */
static bool kill_at(const struct scenario *s, unsigned int side,
		    unsigned int steps)
{
	struct ike_lab *lab = settle_lab_up(steps * 2 + side + 1, s->esp);
	bool ran = true;
	uint64_t end_ns;

	lab->answer_max_ns = LAB_S / 100;
	lab->orphan_ns = (lab_roll(lab, 2) ? 30 : 60) * LAB_S;
	lab->watches_pairs = s->pairs;
	s->begin(lab);
	end_ns = lab->now_ns + 20 * LAB_S;
	for (unsigned int i = 0; i < steps && ran; i++)
		ran = lab_step(lab) && lab->now_ns < end_ns;
	take_over_after(lab, side, lab_roll(lab, 6) * LAB_S / 2);
	assert_true(lab_run(lab, 400 * LAB_S));
	settle_assert(lab, s->name, steps * 2 + side, s->ikes, s->pairs);
	if (lab->gaps)
		fail_msg("%s, %u: no way for %u steps", s->name,
			 steps * 2 + side, lab->gaps);
	for (unsigned int i = 0; i < 2; i++)
		assert_string_equal(lab_text(&lab->side[i], IKE_EV_FAILED), "");
	lab_free(lab);
	return ran;
}

static void engine_that_ends_at_any_step_is_taken_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		for (unsigned int side = 0; side < 2; side++)
			for (unsigned int n = 0;
			     n < 200 && kill_at(&scenarios[i], side, n); n++)
				;
}

/* The first child too, whenever its IKE SA was taken over. */
static void assert_is_told_of(const struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct ike_sa *sa = forge_sa(lab, i);

		if (!sa || !sa->children)
			continue;
		assert_true(lab_count(&lab->side[i], IKE_EV_CHILD_UP) > 0);
		assert_true(sa->children->rekey_ns > lab->now_ns);
	}
}

/* Whoever was half-open is gone, and does not come back by itself. */
static void handshake_dies_with_its_process_and_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 2 * 60; n++) {
		struct ike_lab *lab = settle_lab(n + 1, ESP);

		lab->answer_max_ns = LAB_S / 100;
		settle_initiate(lab);
		for (unsigned int i = 0; i < n / 2; i++)
			lab_step(lab);
		take_over_after(lab, n % 2, LAB_S);
		assert_true(lab_run(lab, LAB_S));
		assert_is_told_of(lab);
		assert_true(lab_run(lab, 400 * LAB_S));
		if (settle_ike_sas(lab, 0))
			settle_assert(lab, "handshake", n, 1, 1);
		else
			settle_assert(lab, "handshake", n, 0, 0);
		if (!settle_ike_sas(lab, 0)) {
			settle_initiate(lab);
			assert_true(lab_run(lab, 400 * LAB_S));
			settle_assert(lab, "handshake again", n, 1, 1);
		}
		lab_free(lab);
	}
}

static struct lab_fate slow(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 1, .delay_ns = { LAB_S / 2 } };
}

/* It had the pair, and used it; of that its successor knows nothing. */
static void peer_that_rekeys_what_only_the_dead_had_is_told_to_wait(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);

	(void)state;
	lab->last_words_are_lost = true;
	lab->answer_max_ns = LAB_S / 100;
	rekey_child(lab);
	while (lab_count(&lab->side[0], IKE_EV_CHILD_UP) < 2)
		assert_true(lab_step(lab));
	lab_kill(lab, 0);
	assert_true(lab_run(lab, LAB_S / 10));
	lab->fate = slow;
	engine_rekey(lab->side[1].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, LAB_S / 10));
	lab->watches_pairs = true;
	lab_take_over(lab, 0);
	assert_true(lab_run(lab, 400 * LAB_S));
	settle_assert(lab, "rekeyed", 0, 1, 1);
	assert_int_equal(lab->gaps, 0);
	lab_free(lab);
}

/* As if its rekeying had been under way, the request not yet sent. */
static void rekeying_that_had_not_begun_begins_anew(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = settle_lab_up(i + 1, ESP);
		struct ike_sa *sa = forge_sa(lab, 0);

		if (i)
			sa->rekey_ns = 0;
		else
			sa->children->rekey_ns = 0;
		lab_keep(lab, 0, true);
		assert_true(lab_run(lab, LAB_S));
		lab_kill(lab, 0);
		lab_take_over(lab, 0);
		assert_true(lab_run(lab, 60 * LAB_S));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP),
				 i ? 1 : 2);
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP),
				 i ? 2 : 1);
		lab_free(lab);
	}
}

static unsigned int outbound(const struct lab_side *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		n += s->sas[i].used && s->sas[i].id.dir == SADB_OUT;
	return n;
}

static void peer_hears_of_a_delete_only_when_the_sa_is_drained(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 12; n++) {
		struct ike_lab *lab = settle_lab_up(n + 1, ESP);

		lab->answer_max_ns = LAB_S / 100;
		lab->orphan_ns = 30 * LAB_S;
		delete_child(lab);
		for (unsigned int i = 0; i < n; i++)
			assert_true(lab_step(lab));
		lab_kill(lab, 0);
		lab_take_over(lab, 0);
		if (!lab_count(&lab->side[1], IKE_EV_CHILD_DOWN)) {
			engine_terminate(lab->side[0].engine, "peer", "net",
					 lab->now_ns);
			while (!lab_count(&lab->side[1], IKE_EV_CHILD_DOWN))
				assert_true(lab_step(lab));
			assert_int_equal(outbound(&lab->side[0]), 0);
		}
		lab_free(lab);
	}
}

/* --- at random */

static struct lab_fate chaos(struct ike_lab *lab, unsigned int n)
{
	struct lab_fate fate = { .copies = 1 };
	uint64_t roll = lab_roll(lab, 8);

	(void)n;
	if (roll < 2)
		fate.copies = (unsigned int)roll * 2;
	for (unsigned int i = 0; i < 4; i++)
		fate.delay_ns[i] = 1 + lab_roll(lab, LAB_S);
	return fate;
}

static void do_something(struct ike_lab *lab)
{
	unsigned int side = (unsigned int)lab_roll(lab, 2);
	const char *child = lab_roll(lab, 2) ? "net" : NULL;

	engine_rekey(lab->side[side].engine, "peer", child, lab->now_ns);
}

static void run_up_to(struct ike_lab *lab, uint64_t ns)
{
	assert_true(lab_run(lab, lab_roll(lab, ns)));
	lab->side[0].n_events = lab->side[1].n_events = 0;
}

/* Seldom, on either side. */
static void lose_sas(struct ike_lab *lab, unsigned int of_100)
{
	if (lab_roll(lab, 100) < of_100)
		lab_new_epoch(lab, (unsigned int)lab_roll(lab, 2));
}

/* One side ends, or one and then the other. */
static void die_and_return(struct ike_lab *lab, unsigned int lost_of_100)
{
	unsigned int side = (unsigned int)lab_roll(lab, 2);
	bool both = lab_roll(lab, 8) == 0;

	lose_sas(lab, lost_of_100);
	lab_kill(lab, side);
	run_up_to(lab, LAB_S);
	if (both)
		lab_kill(lab, !side);
	lose_sas(lab, lost_of_100);
	run_up_to(lab, LAB_S);
	lab_take_over(lab, side);
	lose_sas(lab, lost_of_100);
	run_up_to(lab, LAB_S / 10);
	if (both)
		lab_take_over(lab, !side);
}

static void live_badly(struct ike_lab *lab, unsigned int lost_of_100)
{
	lab->fate = chaos;
	for (unsigned int times = 5; times; times--) {
		for (uint64_t i = lab_roll(lab, 4); i; i--) {
			do_something(lab);
			run_up_to(lab, 2 * LAB_S);
		}
		die_and_return(lab, lost_of_100);
	}
	lab->fate = NULL;
}

/* Is anything left? The network alone may lose all that a side sends for minutes;
 * and then what was half-open, or is lost in the SAD. */
static bool ends_well(unsigned int seed, unsigned int lost_of_100)
{
	struct ike_lab *lab = settle_lab_up(seed, PFS);
	bool left;

	lab->answer_max_ns = LAB_S / 100;
	lab->orphan_ns = (seed % 2 ? 30 : 60) * LAB_S;
	lab->watches_pairs = !lost_of_100;
	live_badly(lab, lost_of_100);
	assert_true(lab_run(lab, 900 * LAB_S));
	left = settle_ike_sas(lab, 0);
	if (left && lab->gaps)
		fail_msg("seed %u: no way for %u steps", seed, lab->gaps);
	settle_assert(lab, "random", seed, left, left);
	lab_free(lab);
	return left;
}

static unsigned int rounds(void)
{
	const char *many = getenv("FULL");

	return many && strcmp(many, "1") == 0 ? 10000 : 200;
}

static void a_thousand_ends_at_random_leave_no_trace(void **state)
{
	unsigned int well = 0;

	(void)state;
	for (unsigned int seed = 1; seed <= rounds(); seed++)
		well += ends_well(seed, 0);
	assert_true(well >= rounds() - rounds() / 50);
}

static void data_paths_that_come_back_empty_too_leave_no_trace(void **state)
{
	unsigned int well = 0;

	(void)state;
	for (unsigned int seed = 1; seed <= rounds(); seed++)
		well += ends_well(seed, 30);
	assert_true(well >= rounds() - rounds() / 20);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(engine_that_ends_at_any_step_is_taken_over),
		cmocka_unit_test(
			handshake_dies_with_its_process_and_leaves_nothing),
		cmocka_unit_test(
			peer_that_rekeys_what_only_the_dead_had_is_told_to_wait),
		cmocka_unit_test(rekeying_that_had_not_begun_begins_anew),
		cmocka_unit_test(
			peer_hears_of_a_delete_only_when_the_sa_is_drained),
		cmocka_unit_test(a_thousand_ends_at_random_leave_no_trace),
		cmocka_unit_test(
			data_paths_that_come_back_empty_too_leave_no_trace),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
