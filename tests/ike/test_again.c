// SPDX-License-Identifier: BSD-2-Clause
/*
 * Children that come up again by themselves: dpd_action, close_action and
 * keyingtries.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/ike_lab.h"

#define IKE	   "aes128-sha256-x25519"
#define ESP	   "aes128-sha256"
#define GIVE_UP_NS (170 * LAB_S) /* of a request that nobody answers */
#define DPD_S	   30

static void load(struct ike_lab *lab, unsigned int side, enum child_action dpd,
		 enum child_action close, uint32_t keyingtries)
{
	struct conn_conf c = lab_conn(lab, side, IKE, ESP);

	c.dpd_delay = DPD_S;
	c.keyingtries = keyingtries;
	c.children[0].dpd_action = dpd;
	c.children[0].close_action = close;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

/* Side 0 as these say; the other one begins nothing by itself. */
static struct ike_lab *lab_with(enum child_action dpd, enum child_action close,
				uint32_t keyingtries)
{
	struct ike_lab *lab = lab_new(1);

	load(lab, 0, dpd, close, keyingtries);
	load(lab, 1, CHILD_NONE, CHILD_NONE, 1);
	return lab;
}

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
}

static struct ike_lab *lab_up(enum child_action dpd, enum child_action close)
{
	struct ike_lab *lab = lab_with(dpd, close, 0);

	initiate(lab);
	assert_true(lab_agree(lab, 1));
	return lab;
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

static unsigned int ups(const struct ike_lab *lab)
{
	return lab_count(&lab->side[0], IKE_EV_IKE_UP);
}

static void terminate(struct ike_lab *lab, unsigned int side, const char *child)
{
	assert_int_equal(engine_terminate(lab->side[side].engine, "peer", child,
					  lab->now_ns),
			 1);
	assert_true(lab_run(lab, 10 * LAB_S));
}

static void peer_that_died_was_left_alone_in_spite_of_dpd_action(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab =
			lab_up(i ? CHILD_START : CHILD_NONE, CHILD_NONE);

		lab->fate = lose_all;
		assert_true(lab_run(lab, DPD_S * LAB_S + GIVE_UP_NS));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 1);
		assert_true(lab_run(lab, 2 * GIVE_UP_NS));
		lab->fate = NULL;
		assert_true(lab_run(lab, GIVE_UP_NS));
		assert_int_equal(ups(lab), 1 + i);
		assert_int_equal(lab_sas(&lab->side[0], false), 2 * i);
		if (i)
			assert_true(lab_agree(lab, 1));
		lab_free(lab);
	}
}

static void initiation_was_tried_once_in_spite_of_keyingtries(void **state)
{
	(void)state;
	for (uint32_t tries = 1; tries <= 3; tries++) {
		struct ike_lab *lab = lab_with(CHILD_NONE, CHILD_NONE, tries);

		lab->fate = lose_all;
		initiate(lab);
		assert_true(lab_run(lab, 5 * GIVE_UP_NS));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), tries);
		lab_free(lab);
	}
}

static void initiation_goes_on_until_it_works(void **state)
{
	struct ike_lab *lab = lab_with(CHILD_NONE, CHILD_NONE, 0);

	(void)state;
	lab->fate = lose_all;
	initiate(lab);
	assert_true(lab_run(lab, 5 * GIVE_UP_NS));
	lab->fate = NULL;
	assert_true(lab_run(lab, GIVE_UP_NS));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* Until somebody gives it what it agrees to. */
static void refuse(struct ike_lab *lab, bool refuses)
{
	struct conn_conf c =
		lab_conn(lab, 1, refuses ? "aes256-sha384-ecp384" : IKE, ESP);

	lab_load(lab, 1, &c);
	conn_fini(&c);
}

static void refused_initiation_was_given_up(void **state)
{
	(void)state;
	for (uint32_t tries = 1; tries <= 3; tries++) {
		struct ike_lab *lab = lab_with(CHILD_NONE, CHILD_NONE, tries);

		refuse(lab, true);
		initiate(lab);
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
		assert_true(lab_run(lab, 1000 * LAB_S));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), tries);
		lab_free(lab);
	}
}

static void refused_initiation_is_tried_again_ever_more_seldom(void **state)
{
	struct ike_lab *lab = lab_with(CHILD_NONE, CHILD_NONE, 0);
	unsigned int n;

	(void)state;
	refuse(lab, true);
	initiate(lab);
	assert_true(lab_run(lab, 100 * LAB_S));
	n = lab_count(&lab->side[0], IKE_EV_FAILED);
	assert_in_range(n, 3, 5); /* after 10, 20, 40 s, or a bit sooner */
	assert_true(lab_run(lab, 3000 * LAB_S));
	assert_in_range(lab_count(&lab->side[0], IKE_EV_FAILED), n + 8, n + 15);
	refuse(lab, false);
	assert_true(lab_run(lab, 300 * LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* The IKE SA is there, and the child is what is refused. */
static void refused_child_is_tried_again_too(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct ike_lab *lab =
			lab_with(CHILD_NONE, CHILD_NONE, i % 2 * 3);
		struct conn_conf c = lab_conn(lab, 1, IKE, "aes256-sha384");

		lab_load(lab, 1, &c);
		conn_fini(&c);
		if (i / 2) { /* by CREATE_CHILD_SA */
			c = lab_conn(lab, 0, IKE, ESP);
			c.keyingtries = i % 2 * 3;
			c.childless = CHILDLESS_FORCE;
			lab_load(lab, 0, &c);
			conn_fini(&c);
		}
		initiate(lab);
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
		assert_true(lab_run(lab, 800 * LAB_S));
		if (i % 2)
			assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED),
					 3);
		else
			assert_in_range(lab_count(&lab->side[0], IKE_EV_FAILED),
					6, 9);
		assert_int_equal(ups(lab), 1);
		assert_true(lab_agree(lab, 0));
		lab_free(lab);
	}
}

static void initiation_without_a_way_was_given_up(void **state)
{
	struct ike_lab *lab = lab_with(CHILD_NONE, CHILD_NONE, 0);
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);

	(void)state;
	c.local_addrs[0].any = true;
	c.keyingtries = 0;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	lab->side[0].no_route = true;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 -EADDRNOTAVAIL);
	assert_true(lab_run(lab, 100 * LAB_S));
	assert_in_range(lab_count(&lab->side[0], IKE_EV_FAILED), 3, 5);
	lab->side[0].no_route = false;
	assert_true(lab_run(lab, 100 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(lab_run(lab, 1000 * LAB_S));
	assert_int_equal(ups(lab), 1);
	lab_free(lab);
}

static void refused_initiation_ends_when_nobody_wants_it(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_with(CHILD_NONE, CHILD_NONE, 0);

		refuse(lab, true);
		initiate(lab);
		if (i)
			engine_terminate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns);
		else
			assert_true(engine_unload(lab->side[0].engine, "peer"));
		assert_true(lab_run(lab, 1000 * LAB_S));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
		lab_free(lab);
	}
}

static void what_the_peer_closed_stayed_down_in_spite_of_close_action(void **state)
{
	static const char *const what[] = { "net", NULL };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		bool again = i / 2;
		struct ike_lab *lab =
			lab_up(CHILD_NONE, again ? CHILD_START : CHILD_NONE);

		terminate(lab, 1, what[i % 2]);
		assert_int_equal(ups(lab), again ? 2 : 1);
		assert_true(lab_agree(lab, again ? 1 : 0));
		lab_free(lab);
	}
}

static void what_is_wanted_down_or_was_replaced_stays_down(void **state)
{
	struct ike_lab *lab = lab_up(CHILD_START, CHILD_START);

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(engine_rekey(lab->side[i % 2].engine, "peer",
					      i / 2 ? "net" : NULL, lab->now_ns),
				 1);
		assert_true(lab_run(lab, 10 * LAB_S));
	}
	assert_int_equal(ups(lab), 3);
	assert_true(lab_agree(lab, 1));
	terminate(lab, 0, "net");
	terminate(lab, 0, NULL);
	assert_true(lab_run(lab, GIVE_UP_NS));
	assert_int_equal(ups(lab), 3);
	assert_true(lab_agree(lab, 0));
	lab_free(lab);
}

static void operator_who_deletes_where_nobody_answers_is_obeyed(void **state)
{
	struct ike_lab *lab = lab_up(CHILD_START, CHILD_START);

	(void)state;
	lab->fate = lose_all;
	terminate(lab, 0, NULL);
	assert_true(lab_run(lab, GIVE_UP_NS));
	lab->fate = NULL;
	assert_true(lab_run(lab, GIVE_UP_NS));
	assert_int_equal(ups(lab), 1);
	assert_int_equal(lab_sas(&lab->side[0], false), 0);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(
			peer_that_died_was_left_alone_in_spite_of_dpd_action),
		cmocka_unit_test(
			initiation_was_tried_once_in_spite_of_keyingtries),
		cmocka_unit_test(initiation_goes_on_until_it_works),
		cmocka_unit_test(refused_initiation_was_given_up),
		cmocka_unit_test(
			refused_initiation_is_tried_again_ever_more_seldom),
		cmocka_unit_test(refused_child_is_tried_again_too),
		cmocka_unit_test(initiation_without_a_way_was_given_up),
		cmocka_unit_test(refused_initiation_ends_when_nobody_wants_it),
		cmocka_unit_test(
			what_the_peer_closed_stayed_down_in_spite_of_close_action),
		cmocka_unit_test(what_is_wanted_down_or_was_replaced_stays_down),
		cmocka_unit_test(
			operator_who_deletes_where_nobody_answers_is_obeyed),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
