// SPDX-License-Identifier: BSD-2-Clause
/*
 *     HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr}  -->
 *                                <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 *     HDR, SK {SA, Ni, KEi}  -->  <--  HDR, SK {SA, Nr, KEr}
 *
 * and DELETE of the old one by whoever began.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_lab.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"
#define PFS "aes128-sha256-x25519"

static struct ike_lab *lab_up(uint64_t seed, const char *esp)
{
	struct ike_lab *lab = lab_new(seed);

	lab_load_both(lab, IKE, esp);
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static int setup(void **state)
{
	*state = lab_up(1, ESP);
	return 0;
}

static int setup_pfs(void **state)
{
	*state = lab_up(1, PFS);
	return 0;
}

static int teardown(void **state)
{
	lab_free(*state);
	return 0;
}

static void rekey(struct ike_lab *lab, unsigned int side, const char *child)
{
	assert_int_equal(engine_rekey(lab->side[side].engine, "peer", child,
				      lab->now_ns),
			 1);
}

static unsigned int ike_sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

static uint32_t bound_spi(const struct lab_side *s)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].bound)
			return s->sas[i].id.spi;
	return 0;
}

/* One IKE SA on either side with one pair of SAs under it. */
static void assert_settled(const struct ike_lab *lab)
{
	assert_true(lab_agree(lab, 1));
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(ike_sas(lab, i), 1);
		assert_string_equal(lab_text(&lab->side[i], IKE_EV_FAILED), "");
	}
}

static void child_is_rekeyed_by_either_side(void **state)
{
	struct ike_lab *lab = *state;

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t before = bound_spi(&lab->side[0]);

		rekey(lab, i, "net");
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_settled(lab);
		assert_int_not_equal(bound_spi(&lab->side[0]), before);
	}
}

static bool has(const struct lab_side *s, enum sadb_dir dir, uint32_t spi)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].id.dir == dir &&
		    s->sas[i].id.spi == spi)
			return true;
	return false;
}

static void what_was_under_way_by_a_rekeyed_child_was_lost(void **state)
{
	struct ike_lab *lab = *state;
	struct lab_side *a = &lab->side[0], *b = &lab->side[1];

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t to_b = bound_spi(a), to_a = bound_spi(b);
		unsigned int down = lab_count(a, IKE_EV_CHILD_DOWN);

		rekey(lab, i, "net");
		assert_true(lab_run(lab, 4 * LAB_S));
		assert_int_equal(lab_count(a, IKE_EV_CHILD_DOWN), down + 1);
		assert_true(has(a, SADB_IN, to_a) && has(b, SADB_IN, to_b));
		assert_false(has(a, SADB_OUT, to_b) || has(b, SADB_OUT, to_a));
		assert_true(lab_run(lab, 2 * LAB_S));
		assert_settled(lab);
	}
	assert_int_equal(engine_terminate(a->engine, "peer", "net", lab->now_ns),
			 1);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 0)); /* nothing in its place: at once */
}

/* It takes the new one for one more. */
static void peer_never_deleted_what_it_rekeyed(void **state)
{
	struct ike_lab *lab = *state;
	struct lab_side *b = &lab->side[1];

	rekey(lab, 0, "net");
	while (lab_count(b, IKE_EV_CHILD_UP) < 2)
		assert_true(lab_step(lab));
	forge_sa(lab, 0)->ours.old_spi_in = 0;
	assert_true(lab_run(lab, 170 * LAB_S));
	assert_int_equal(lab_count(b, IKE_EV_CHILD_DOWN), 0);
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_settled(lab);
	assert_int_equal(lab_count(b, IKE_EV_CHILD_DOWN), 1);
}

static void who_rekeyed_often_filled_the_sad(void **state)
{
	struct ike_lab *lab = *state;

	for (unsigned int i = 0; i < 20; i++) {
		rekey(lab, i % 2, "net");
		assert_true(lab_run(lab, LAB_S / 10));
	}
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 21);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(lab_sas(&lab->side[i], false), 2 + 8);
	assert_true(lab_run(lab, 6 * LAB_S));
	assert_settled(lab);
}

/* All behind the request that this one is. */
static struct lab_fate lose_replies(struct ike_lab *lab, unsigned int n)
{
	return (struct lab_fate){ .copies = n == lab->lost ? 1 : 0,
				  .delay_ns = { 1000000 } };
}

static void responder_switched_while_its_reply_was_lost(void **state)
{
	struct ike_lab *lab = *state;
	struct lab_side *a = &lab->side[0], *b = &lab->side[1];
	uint32_t before = bound_spi(a);

	lab->fate = lose_replies;
	lab->lost = lab->datagrams;
	rekey(lab, 1, "net");
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(lab_count(a, IKE_EV_CHILD_UP), 2);
	assert_int_equal(lab_count(b, IKE_EV_CHILD_UP), 1);
	assert_int_equal(bound_spi(a), before);
	assert_true(has(b, SADB_IN, before));
	lab->fate = NULL;
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_settled(lab);
	assert_int_not_equal(bound_spi(a), before);
}

/* What the peer may not have is better than nothing. */
static void policy_had_no_sa_when_the_old_one_ended_meanwhile(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);
	struct lab_side *a = &lab->side[0];
	uint32_t before;

	(void)state;
	lab_load_both(lab, IKE, ESP);
	c.children[0].rekey_time = 0;
	c.children[0].life_time = 60;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	assert_int_equal(engine_initiate(lab->side[1].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	before = bound_spi(a);
	lab->fate = lose_replies;
	lab->lost = lab->datagrams;
	rekey(lab, 1, "net");
	assert_true(lab_run(lab, 49 * LAB_S));
	assert_int_equal(bound_spi(a), before);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_true(bound_spi(a) && bound_spi(a) != before);
	lab_free(lab);
}

static void events_tell_an_heir_from_a_newcomer(void **state)
{
	struct ike_lab *lab = *state;
	uint32_t spi[2], id[2];

	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *s = &lab->side[i];

		assert_int_equal(lab_last(s, IKE_EV_CHILD_UP)->elder_spi_in, 0);
		assert_int_equal(lab_last(s, IKE_EV_IKE_UP)->elder_id, 0);
		spi[i] = bound_spi(&lab->side[1 - i]);
		id[i] = lab_last(s, IKE_EV_IKE_UP)->ike_id;
	}
	rekey(lab, 0, "net");
	assert_true(lab_run(lab, 10 * LAB_S));
	rekey(lab, 1, NULL);
	assert_true(lab_run(lab, 10 * LAB_S));
	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *s = &lab->side[i];
		const struct lab_event *down = lab_last(s, IKE_EV_CHILD_DOWN);

		assert_int_equal(lab_last(s, IKE_EV_CHILD_UP)->elder_spi_in,
				 spi[i]);
		assert_int_equal(down->spi_in, spi[i]);
		assert_true(down->succeeded);
		assert_int_equal(lab_last(s, IKE_EV_IKE_UP)->elder_id, id[i]);
	}
	assert_int_equal(engine_terminate(lab->side[0].engine, "peer", NULL,
					  lab->now_ns),
			 1);
	assert_true(lab_run(lab, 10 * LAB_S));
	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *s = &lab->side[i];

		assert_false(lab_last(s, IKE_EV_CHILD_DOWN)->succeeded);
		assert_false(lab_last(s, IKE_EV_IKE_DOWN)->succeeded);
	}
}

static void both_rekey_the_child_at_once(void **state)
{
	struct ike_lab *lab = *state;

	rekey(lab, 0, "net");
	rekey(lab, 1, "net");
	assert_true(lab_run(lab, 30 * LAB_S));
	assert_settled(lab);
}

static void ike_sa_is_rekeyed_by_either_side_and_keeps_its_child(void **state)
{
	struct ike_lab *lab = *state;

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t before = bound_spi(&lab->side[0]);

		rekey(lab, i, NULL);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_settled(lab);
		assert_int_equal(bound_spi(&lab->side[0]), before);
	}
	/* The heir works: its child can be rekeyed, and it can be deleted. */
	rekey(lab, 0, "net");
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_settled(lab);
	assert_int_equal(engine_terminate(lab->side[1].engine, "peer", NULL,
					  lab->now_ns),
			 1);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 0));
	assert_int_equal(ike_sas(lab, 0) + ike_sas(lab, 1), 0);
}

/* A peer that is still at its keys does not hear what comes by the new one. */
static void heir_was_used_before_its_initiator_had_it(void **state)
{
	unsigned int met = 0;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		struct ike_lab *lab = lab_up(i, ESP);
		struct lab_side *b = &lab->side[1];

		lab->answer_max_ns = LAB_S / 1000;
		rekey(lab, 1, "net");
		assert_true(lab_run(lab, i * LAB_S / 10000));
		rekey(lab, 0, NULL);
		assert_true(lab_run(lab, 3 * LAB_S));
		if (lab_count(b, IKE_EV_CHILD_UP) == 2 &&
		    lab_count(b, IKE_EV_IKE_UP) == 2) {
			met++;
			assert_int_equal(lab_count(b, IKE_EV_CHILD_DOWN), 1);
		}
		assert_true(lab_run(lab, 60 * LAB_S));
		assert_settled(lab);
		lab_free(lab);
	}
	assert_true(met > 0);
}

static void both_rekey_the_ike_sa_at_once(void **state)
{
	struct ike_lab *lab = *state;

	rekey(lab, 0, NULL);
	rekey(lab, 1, NULL);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_settled(lab);
}

/* In each other's way, again and again when both waited equally long. */
static void one_rekeys_the_ike_sa_and_the_other_the_child(void **state)
{
	struct ike_lab *lab = *state;
	uint32_t before = bound_spi(&lab->side[0]);

	rekey(lab, 0, NULL);
	rekey(lab, 1, "net");
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_settled(lab);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 2);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 2);
	assert_int_not_equal(bound_spi(&lab->side[0]), before);
}

/* Four hours of the defaults: nobody says anything, all is rekeyed in time. */
static void times_of_the_configuration_rekey_everything(void **state)
{
	struct ike_lab *lab = *state;

	for (unsigned int hour = 0; hour < 6; hour++) {
		uint32_t before = bound_spi(&lab->side[0]);

		for (unsigned int i = 0; i < 2; i++)
			lab->side[i].n_events = 0;
		assert_true(lab_run(lab, 3700 * LAB_S));
		assert_settled(lab);
		assert_int_not_equal(bound_spi(&lab->side[0]), before);
	}
}

static struct lab_fate chaos(struct ike_lab *lab, unsigned int n)
{
	struct lab_fate fate = { .copies = 1 };
	uint64_t roll = lab_roll(lab, 8);

	(void)n;
	if (roll < 2)
		fate.copies = (unsigned int)roll * 2;
	for (unsigned int i = 0; i < 4; i++)
		fate.delay_ns[i] = 1 + lab_roll(lab, 3 * LAB_S);
	return fate;
}

/* Everything at once over a bad network; then the network is good again, and
 * what is left is the same on both sides. */
static void random_schedules_end_in_agreement(void **state)
{
	const char *many = getenv("FULL");
	unsigned int rounds = many && strcmp(many, "1") == 0 ? 10000 : 500;

	(void)state;
	for (unsigned int seed = 0; seed < rounds; seed++) {
		struct ike_lab *lab = lab_up(seed, PFS);

		lab->fate = chaos;
		lab->answer_max_ns = LAB_S / 10;
		for (unsigned int n = 0; n < 6; n++) {
			unsigned int side = (unsigned int)lab_roll(lab, 2);
			bool child = lab_roll(lab, 2);

			engine_rekey(lab->side[side].engine, "peer",
				     child ? "net" : NULL, lab->now_ns);
			assert_true(lab_run(lab, lab_roll(lab, 8) * LAB_S));
		}
		assert_true(lab_run(lab, 60 * LAB_S));
		lab->fate = NULL;
		assert_true(lab_run(lab, 500 * LAB_S));
		for (unsigned int i = 0; i < 2; i++)
			if (lab_sas(&lab->side[i], true))
				fail_msg("seed %u: larval SAs on side %u", seed,
					 i);
		if (lab_count(&lab->side[0], IKE_EV_IKE_UP) >
			    lab_count(&lab->side[0], IKE_EV_IKE_DOWN) &&
		    !lab_agree(lab, 1))
			fail_msg("seed %u: no agreement", seed);
		lab_free(lab);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define CASE_PFS(name) \
	cmocka_unit_test_setup_teardown(name, setup_pfs, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(child_is_rekeyed_by_either_side),
		CASE_PFS(child_is_rekeyed_by_either_side),
		CASE(what_was_under_way_by_a_rekeyed_child_was_lost),
		CASE(peer_never_deleted_what_it_rekeyed),
		CASE(who_rekeyed_often_filled_the_sad),
		CASE(responder_switched_while_its_reply_was_lost),
		cmocka_unit_test(
			policy_had_no_sa_when_the_old_one_ended_meanwhile),
		CASE(events_tell_an_heir_from_a_newcomer),
		CASE(both_rekey_the_child_at_once),
		CASE_PFS(both_rekey_the_child_at_once),
		CASE(ike_sa_is_rekeyed_by_either_side_and_keeps_its_child),
		cmocka_unit_test(heir_was_used_before_its_initiator_had_it),
		CASE(both_rekey_the_ike_sa_at_once),
		CASE(one_rekeys_the_ike_sa_and_the_other_the_child),
		CASE_PFS(one_rekeys_the_ike_sa_and_the_other_the_child),
		CASE(times_of_the_configuration_rekey_everything),
		CASE(random_schedules_end_in_agreement),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
