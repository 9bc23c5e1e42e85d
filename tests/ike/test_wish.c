// SPDX-License-Identifier: BSD-2-Clause
/* Children that come under an IKE SA that is there, or on its way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "tests/support/ike_lab.h"
#include "tests/support/ike_settle.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128gcm16"

static struct prefix network(unsigned int side, unsigned int n)
{
	char text[32];
	struct prefix p;

	snprintf(text, sizeof(text), "10.%u.%u.0/24", 1 + side, n);
	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

/* "net", "net1" and "net2", between networks of their own. */
static void load(struct ike_lab *lab, unsigned int side)
{
	struct conn_conf c = lab_conn(lab, side, IKE, ESP);
	struct child_conf *more = calloc(3, sizeof(*more));

	assert_non_null(more);
	for (unsigned int i = 0; i < 3; i++) {
		more[i] = c.children[0];
		more[i].policy = 7 + i;
		if (!i)
			continue;
		snprintf(more[i].name, sizeof(more[i].name), "net%u", i);
		more[i].local_ts[0].net = network(side, i);
		more[i].remote_ts[0].net = network(!side, i);
	}
	free(c.children);
	c.children = more;
	c.n_children = 3;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

static struct ike_lab *lab_of_three(void)
{
	struct ike_lab *lab = lab_new(1);

	load(lab, 0);
	load(lab, 1);
	return lab;
}

static int initiate(struct ike_lab *lab, unsigned int side, const char *child)
{
	return engine_initiate(lab->side[side].engine, "peer", child,
			       lab->now_ns);
}

static struct ike_lab *lab_up(void)
{
	struct ike_lab *lab = lab_of_three();

	assert_int_equal(initiate(lab, 0, "net"), 0);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static void assert_up(struct ike_lab *lab, unsigned int ikes, unsigned int pairs)
{
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, pairs));
	assert_int_equal(settle_ike_sas(lab, 0), ikes);
	assert_int_equal(settle_ike_sas(lab, 1), ikes);
}

static void another_child_comes_under_the_same_ike_sa(void **state)
{
	struct ike_lab *lab = lab_up();
	uint32_t id = engine_initiated(lab->side[0].engine);

	(void)state;
	assert_int_equal(initiate(lab, 0, "net1"), 0);
	assert_int_equal(engine_initiated(lab->side[0].engine), id);
	assert_up(lab, 1, 2);
	assert_int_equal(initiate(lab, 1, "net2"), 0);
	assert_up(lab, 1, 3);
	lab_free(lab);
}

static void child_that_is_up_is_not_made_twice(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	assert_int_equal(initiate(lab, 0, "net"), -EALREADY);
	assert_int_equal(initiate(lab, 1, NULL), -EALREADY);
	assert_up(lab, 1, 1);
	lab_free(lab);
}

static void children_wait_for_the_ike_sa_that_is_on_its_way(void **state)
{
	struct ike_lab *lab = lab_of_three();

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(initiate(lab, 0, "net"), 0);
		assert_int_equal(initiate(lab, 0, "net1"), 0);
		assert_int_equal(initiate(lab, 0, "net2"), 0);
	}
	assert_up(lab, 1, 3);
	lab_free(lab);
}

/* Section 2.25.2: the peer would refuse it for a while. */
static void child_is_made_while_the_ike_sa_is_rekeyed(void **state)
{
	(void)state;
	for (unsigned int by = 0; by < 2; by++) {
		for (unsigned int steps = 0; steps < 20; steps++) {
			struct ike_lab *lab = lab_up();

			engine_rekey(lab->side[by].engine, "peer", NULL,
				     lab->now_ns);
			for (unsigned int i = 0; i < steps; i++)
				lab_step(lab);
			assert_int_equal(initiate(lab, 0, "net1"), 0);
			assert_up(lab, 1, 2);
			lab_free(lab);
		}
	}
}

static void ike_sa_that_is_to_end_takes_no_child(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_int_equal(initiate(lab, 0, "net1"), 0);
	assert_up(lab, 1, 1);
	lab_free(lab);
}

static struct lab_fate nothing(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

static void each_child_fails_with_its_ike_sa(void **state)
{
	struct ike_lab *lab = lab_of_three();

	(void)state;
	lab->fate = nothing;
	assert_int_equal(initiate(lab, 0, "net"), 0);
	assert_int_equal(initiate(lab, 0, "net1"), 0);
	assert_true(lab_run(lab, 300 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 2);
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	lab_free(lab);
}

static void refused_child_leaves_the_others(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	(void)state;
	load(lab, 0);
	lab_load(lab, 1, &c); /* it has no net1 */
	conn_fini(&c);
	assert_int_equal(initiate(lab, 0, "net"), 0);
	assert_int_equal(initiate(lab, 0, "net1"), 0);
	assert_up(lab, 1, 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(another_child_comes_under_the_same_ike_sa),
		cmocka_unit_test(child_that_is_up_is_not_made_twice),
		cmocka_unit_test(children_wait_for_the_ike_sa_that_is_on_its_way),
		cmocka_unit_test(child_is_made_while_the_ike_sa_is_rekeyed),
		cmocka_unit_test(ike_sa_that_is_to_end_takes_no_child),
		cmocka_unit_test(each_child_fails_with_its_ike_sa),
		cmocka_unit_test(refused_child_leaves_the_others),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
