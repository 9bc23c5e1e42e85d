// SPDX-License-Identifier: BSD-2-Clause
/*
 * The data path comes back empty, or has not all that a successor claims: what is
 * lost is made anew, at once, and the old pairs leave the peer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/sa.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define ESP SETTLE_ESP
#define PFS SETTLE_PFS

static uint32_t bound_spi(const struct lab_side *s)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].bound)
			return s->sas[i].id.spi;
	return 0;
}

static void all_pairs_are_made_anew_at_once(void **state)
{
	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		struct ike_lab *lab = settle_lab_up(side + 1, ESP);
		uint32_t before = bound_spi(&lab->side[!side]);

		lab_new_epoch(lab, side);
		assert_true(lab_run(lab, 6 * LAB_S));
		settle_assert(lab, "epoch", side, 1, 1);
		assert_int_not_equal(bound_spi(&lab->side[!side]), before);
		assert_string_equal(lab_text(&lab->side[side], IKE_EV_FAILED),
				    "");
		lab_free(lab);
	}
}

static void both_data_paths_come_back_empty(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, PFS);

	(void)state;
	lab_new_epoch(lab, 0);
	lab_new_epoch(lab, 1);
	assert_true(lab_run(lab, 400 * LAB_S));
	settle_assert(lab, "both", 0, 1, 1);
	lab_free(lab);
}

/* --- at every step of what is under way */

static void begin_handshake(struct ike_lab *lab)
{
	settle_initiate(lab);
}

static void begin_rekeying(struct ike_lab *lab)
{
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
}

static void begin_rekeying_of_both(struct ike_lab *lab)
{
	begin_rekeying(lab);
	engine_rekey(lab->side[1].engine, "peer", "net", lab->now_ns);
}

static void begin_rekeying_of_the_ike_sa(struct ike_lab *lab)
{
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
}

static void begin_deletion(struct ike_lab *lab)
{
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	engine_terminate(lab->side[0].engine, "peer", "net", lab->now_ns);
}

static const struct scenario {
	const char *name;
	void (*begin)(struct ike_lab *lab);
	unsigned int pairs; /* in the end */
} scenarios[] = {
	{ "handshake", begin_handshake, 1 },
	{ "rekeying", begin_rekeying, 1 },
	{ "rekeying of both", begin_rekeying_of_both, 1 },
	{ "rekeying of the IKE SA", begin_rekeying_of_the_ike_sa, 1 },
	{ "deletion", begin_deletion, 0 },
};

/* False: it was over before. */
static bool empty_at(const struct scenario *s, unsigned int side,
		     unsigned int steps)
{
	struct ike_lab *lab = settle_lab(steps * 2 + side + 1, PFS);
	bool ran = true;
	uint64_t end_ns;

	lab->answer_max_ns = LAB_S / 100;
	s->begin(lab);
	end_ns = lab->now_ns + 20 * LAB_S;
	for (unsigned int i = 0; i < steps && ran; i++)
		ran = lab_step(lab) && lab->now_ns < end_ns;
	lab_new_epoch(lab, side);
	assert_true(lab_run(lab, 900 * LAB_S));
	settle_assert(lab, s->name, steps * 2 + side, 1, s->pairs);
	lab_free(lab);
	return ran;
}

static void data_path_that_is_empty_at_any_step_is_filled_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		for (unsigned int side = 0; side < 2; side++)
			for (unsigned int n = 0;
			     n < 200 && empty_at(&scenarios[i], side, n); n++)
				;
}

/* The policy's other pair, under an IKE SA whose turn had not come. */
static void pair_that_is_lost_too_was_bound_in_place_of_another(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 80; n++) {
		struct ike_lab *lab = settle_lab_up(n + 1, PFS);

		settle_initiate(lab);
		assert_true(lab_run(lab, 10 * LAB_S));
		lab->answer_max_ns = LAB_S / 100;
		engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
		for (unsigned int i = 0; i < n; i++)
			assert_true(lab_step(lab));
		lab_new_epoch(lab, 0);
		assert_true(lab_run(lab, 900 * LAB_S));
		settle_assert_same(lab, "beside another", n);
		lab_free(lab);
	}
}

/* --- the peer */

/* It answers that it knows no such pair: it has lost it too, unseen. */
static void peer_that_does_not_know_the_pair_gets_a_new_one(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);

	(void)state;
	forge_sa(lab, 1)->children->spi_out ^= 0xff;
	lab_new_epoch(lab, 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 2);
	assert_true(bound_spi(&lab->side[0]) && bound_spi(&lab->side[1]));
	assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_CHILD_DOWN),
			       "does not know"));
	lab_free(lab);
}

/* The peer may have our reply yet: then it has a pair that is to be deleted. */
static void pair_that_the_peer_may_not_know_yet_is_deleted_later(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);
	struct ike_sa *sa = forge_sa(lab, 0);

	(void)state;
	forge_sa(lab, 1)->children->spi_out ^= 0xff;
	sa->children->confirmed = false;
	sa->children->trust_ns = lab->now_ns + 10 * LAB_S;
	lab_new_epoch(lab, 0);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 2);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_DOWN), 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_DOWN), 1);
	assert_null(sa->children->next);
	lab_free(lab);
}

/* Once; what it refuses as a rekeying it may take as a new one. */
static void peer_that_refuses_the_rekeying_gets_a_new_pair(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);

	(void)state;
	lab->side[1].refuses = true;
	lab->side[1].refused_verb = SADB_ADD;
	lab->side[1].refused_dir = SADB_IN;
	lab_new_epoch(lab, 0);
	assert_true(lab_run(lab, 6 * LAB_S + 5 * LAB_S));
	assert_false(lab->side[1].refuses);
	settle_assert(lab, "refused", 0, 1, 1);
	lab_free(lab);
}

/* --- a successor */

static void pair_that_a_successor_does_not_find_is_made_anew(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2 * LAB_SAS_MAX; i++) {
		struct ike_lab *lab = settle_lab_up(i + 1, ESP);
		struct lab_sa *sa = &lab->side[i % 2].sas[i / 2];
		bool used = sa->used;

		if (used) {
			lab_kill(lab, i % 2);
			sa->used = false;
			lab_take_over(lab, i % 2);
			assert_true(lab_run(lab, 6 * LAB_S + LAB_S));
			settle_assert(lab, "claim", i, 1, 1);
			assert_int_equal(lab_count(&lab->side[!(i % 2)],
						   IKE_EV_CHILD_UP),
					 2);
		}
		lab_free(lab);
		if (!used)
			break;
	}
}

static void engine_and_data_path_end_both(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct ike_lab *lab = settle_lab_up(i + 1, PFS);

		lab_kill(lab, i % 2);
		lab_new_epoch(lab, i % 2);
		lab_take_over(lab, i % 2);
		if (i / 2)
			lab_new_epoch(lab, i % 2);
		assert_true(lab_run(lab, 400 * LAB_S));
		settle_assert(lab, "both", i, 1, 1);
		lab_free(lab);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(all_pairs_are_made_anew_at_once),
		cmocka_unit_test(both_data_paths_come_back_empty),
		cmocka_unit_test(
			data_path_that_is_empty_at_any_step_is_filled_again),
		cmocka_unit_test(
			pair_that_is_lost_too_was_bound_in_place_of_another),
		cmocka_unit_test(peer_that_does_not_know_the_pair_gets_a_new_one),
		cmocka_unit_test(
			pair_that_the_peer_may_not_know_yet_is_deleted_later),
		cmocka_unit_test(peer_that_refuses_the_rekeying_gets_a_new_pair),
		cmocka_unit_test(
			pair_that_a_successor_does_not_find_is_made_anew),
		cmocka_unit_test(engine_and_data_path_end_both),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
