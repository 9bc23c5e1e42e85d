// SPDX-License-Identifier: BSD-2-Clause
/*
 * Commands of an operator that come while an exchange is under way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"

#define ALG	"aes128-sha256-x25519"
#define STEP_NS (LAB_S / 10000)
#define STEPS	100 /* longer than any exchange of these takes */

static struct ike_lab *lab_up(void)
{
	struct ike_lab *lab = lab_new(1);

	lab_load_both(lab, ALG, ALG);
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static unsigned int rekey_ike(const struct ike_lab *lab, unsigned int side)
{
	return engine_rekey(lab->side[side].engine, "peer", NULL, lab->now_ns);
}

static unsigned int ike_sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

/* The one that was being made was freed while its exchange had it still; and
 * when it was there, nobody remembered that it was to be deleted. */
static void terminating_an_ike_sa_that_is_rekeyed_ends_both(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < STEPS; i++) {
		struct ike_lab *lab = lab_up();

		assert_int_equal(rekey_ike(lab, 0), 1);
		assert_true(lab_run(lab, i * STEP_NS));
		assert_true(engine_terminate(lab->side[0].engine, "peer", NULL,
					     lab->now_ns) > 0);
		assert_true(lab_run(lab, 10 * LAB_S));
		for (unsigned int side = 0; side < 2; side++) {
			assert_int_equal(ike_sas(lab, side), 0);
			assert_int_equal(lab_sas(&lab->side[side], false), 0);
			assert_int_equal(lab_sas(&lab->side[side], true), 0);
		}
		lab_free(lab);
	}
}

/* Both requests, both responses, and nothing behind them. */
static struct lab_fate nothing_after(struct ike_lab *lab, unsigned int n)
{
	return (struct lab_fate){ .copies = n < lab->lost,
				  .delay_ns = { LAB_S / 1000 } };
}

/* After both rekeyed it at once there are two until one is deleted. */
static void an_ike_sa_that_lost_to_another_is_not_rekeyed(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	assert_int_equal(rekey_ike(lab, 0), 1);
	assert_int_equal(rekey_ike(lab, 1), 1);
	lab->lost = lab->datagrams + 4;
	lab->fate = nothing_after;
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(rekey_ike(lab, 0), 1);
	assert_int_equal(rekey_ike(lab, 1), 1);
	lab_free(lab);
}

static void failure_has_the_id_of_its_attempt(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf other = lab_conn(lab, 1, "aes256-sha384-ecp384", ALG);
	const struct lab_side *side = &lab->side[0];
	uint32_t ids[2];

	(void)state;
	lab_load_both(lab, ALG, ALG);
	lab_load(lab, 1, &other);
	conn_fini(&other);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(lab_initiate(side->engine, "peer", NULL,
					      lab->now_ns),
				 0);
		ids[i] = engine_initiated(side->engine);
	}
	assert_int_not_equal(ids[0], ids[1]);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(side->n_events, 2);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(side->events[i].kind, IKE_EV_FAILED);
		assert_true(side->events[i].ike_id == ids[0] ||
			    side->events[i].ike_id == ids[1]);
	}
	assert_int_not_equal(side->events[0].ike_id, side->events[1].ike_id);
	lab_free(lab);
}

/* Two IKE SAs of one connection; the ids of the first side's. */
static struct ike_lab *lab_up_twice(uint32_t ids[2])
{
	struct ike_lab *lab = lab_new(1);
	const struct lab_side *side = &lab->side[0];

	lab_load_both(lab, ALG, ALG);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(lab_initiate(side->engine, "peer", NULL,
					      lab->now_ns),
				 0);
		ids[i] = engine_initiated(side->engine);
		assert_true(lab_run(lab, LAB_S));
	}
	assert_int_equal(ike_sas(lab, 0), 2);
	return lab;
}

static void command_may_mean_one_ike_sa_alone(void **state)
{
	uint32_t ids[2];
	struct ike_lab *lab = lab_up_twice(ids);
	struct engine *e = lab->side[0].engine;
	struct ike_target t = { .conn = "peer", .ike_id = ids[1] };

	(void)state;
	assert_int_equal(engine_rekey_some(e, &t, lab->now_ns), 1);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(lab_last(&lab->side[0], IKE_EV_IKE_UP)->elder_id,
			 ids[1]);
	assert_int_equal(engine_terminate_some(e, &t, false, lab->now_ns), 0);
	t.ike_id = ids[0];
	assert_int_equal(engine_terminate_some(e, &t, false, lab->now_ns), 1);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(lab_last(&lab->side[0], IKE_EV_IKE_DOWN)->ike_id,
			 ids[0]);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(ike_sas(lab, i), 1);
	lab_free(lab);
}

static void command_may_mean_one_child_alone(void **state)
{
	uint32_t ids[2];
	struct ike_lab *lab = lab_up_twice(ids);
	struct engine *e = lab->side[0].engine;
	struct ike_target t = { .conn = "peer",
				.child = "net",
				.child_id = UINT32_MAX };
	uint32_t spi_in;

	(void)state;
	assert_int_equal(engine_terminate_some(e, &t, false, lab->now_ns), 0);
	assert_int_equal(engine_rekey_some(e, &t, lab->now_ns), 0);
	t.child_id = forge_sa(lab, 0)->children->view_id;
	spi_in = forge_sa(lab, 0)->children->spi_in;
	assert_int_equal(engine_terminate_some(e, &t, false, lab->now_ns), 1);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_DOWN), 1);
	assert_int_equal(lab_last(&lab->side[0], IKE_EV_CHILD_DOWN)->spi_in,
			 spi_in);
	assert_int_equal(ike_sas(lab, 0), 2);
	lab_free(lab);
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

/* Be there a peer or not; if there is one, it hears of it. */
static void forced_end_waits_for_nobody(void **state)
{
	const struct ike_target all = { .conn = "peer" };

	(void)state;
	for (unsigned int dead = 0; dead < 2; dead++) {
		struct ike_lab *lab = lab_up();
		struct engine *e = lab->side[0].engine;

		lab->fate = dead ? lose_all : NULL;
		assert_int_equal(
			engine_terminate_some(e, &all, true, lab->now_ns), 1);
		assert_int_equal(ike_sas(lab, 0), 0);
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 1);
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_DOWN), 1);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_int_equal(ike_sas(lab, 1), dead);
		assert_int_equal(lab_sas(&lab->side[0], false), 0);
		lab_free(lab);
	}
}

/* Nor is it begun again; who ended it waited until it gave up by itself. */
static void attempt_that_nobody_answers_ends_at_once(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct engine *e = lab->side[0].engine;

	(void)state;
	lab_load_both(lab, ALG, ALG);
	lab->fate = lose_all;
	assert_int_equal(engine_initiate(e, "peer", NULL, lab->now_ns), 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(ike_sas(lab, 0), 1);
	assert_int_equal(engine_terminate(e, "peer", NULL, lab->now_ns), 1);
	assert_int_equal(ike_sas(lab, 0), 0);
	assert_string_equal(lab_text(&lab->side[0], IKE_EV_FAILED),
			    "deleted here");
	assert_true(lab_run(lab, 1000 * LAB_S));
	assert_int_equal(ike_sas(lab, 0), 0);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	lab_free(lab);
}

static void forced_end_comes_at_any_moment(void **state)
{
	const struct ike_target all = { .conn = "peer" };

	(void)state;
	for (unsigned int i = 0; i < STEPS; i++) {
		struct ike_lab *lab = lab_up();

		assert_int_equal(rekey_ike(lab, i % 2), 1);
		assert_true(lab_run(lab, i * STEP_NS));
		assert_true(engine_terminate_some(lab->side[0].engine, &all,
						  true, lab->now_ns) > 0);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_int_equal(ike_sas(lab, 0), 0);
		assert_int_equal(lab_sas(&lab->side[0], false), 0);
		assert_int_equal(lab_sas(&lab->side[0], true), 0);
		lab_free(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminating_an_ike_sa_that_is_rekeyed_ends_both),
		cmocka_unit_test(an_ike_sa_that_lost_to_another_is_not_rekeyed),
		cmocka_unit_test(failure_has_the_id_of_its_attempt),
		cmocka_unit_test(command_may_mean_one_ike_sa_alone),
		cmocka_unit_test(command_may_mean_one_child_alone),
		cmocka_unit_test(forced_end_waits_for_nobody),
		cmocka_unit_test(attempt_that_nobody_answers_ends_at_once),
		cmocka_unit_test(forced_end_comes_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
