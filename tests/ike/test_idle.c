// SPDX-License-Identifier: BSD-2-Clause
/* CHILD SAs that carry nothing: the option `inactivity`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define INACTIVITY_S 60U

static void load(struct ike_lab *lab, unsigned int side, bool two)
{
	struct conn_conf c = lab_conn(lab, side, SETTLE_IKE, SETTLE_ESP);

	if (two)
		lab_add_child(&c, side);
	for (size_t i = 0; side == 0 && i < c.n_children; i++)
		c.children[i].inactivity = INACTIVITY_S;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

static void initiate(struct ike_lab *lab, const char *child)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", child,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
}

/* Side 0 is the one that looks. */
static struct ike_lab *lab_up(void)
{
	struct ike_lab *lab = lab_new(1);

	load(lab, 0, false);
	load(lab, 1, false);
	initiate(lab, "net");
	assert_true(lab_agree(lab, 1));
	return lab;
}

static void set_idle(struct ike_lab *lab, uint64_t in_s, uint64_t out_s)
{
	lab->side[0].idle_s[SADB_IN] = in_s;
	lab->side[0].idle_s[SADB_OUT] = out_s;
}

static void child_that_carries_nothing_is_deleted(void **state)
{
	static const struct {
		uint64_t in_s, out_s;
		unsigned int pairs; /* in the end */
	} rows[] = {
		{ 0, 0, 1 },
		{ 0, 1000, 1 },
		{ 1000, 0, 1 },
		{ UINT64_MAX, 0, 1 },
		{ 59, 59, 1 },
		{ 60, 60, 0 },
		{ 1000, UINT64_MAX, 0 },
		{ UINT64_MAX, UINT64_MAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_lab *lab = lab_up();

		set_idle(lab, rows[i].in_s, rows[i].out_s);
		assert_true(lab_run(lab, (INACTIVITY_S - 5) * LAB_S));
		assert_true(lab_agree(lab, 1));
		assert_true(lab_run(lab, 300 * LAB_S));
		assert_true(lab_agree(lab, rows[i].pairs));
		assert_int_equal(settle_ike_sas(lab, 0), 1);
		lab_free(lab);
	}
}

/* What is used now and then is asked for when it may have been idle for so long. */
static void it_is_asked_for_in_time(void **state)
{
	struct ike_lab *lab = lab_up();

	(void)state;
	set_idle(lab, 50, 40);
	assert_true(lab_run(lab, (INACTIVITY_S + 2) * LAB_S));
	set_idle(lab, 60, 60);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 0));
	lab_free(lab);
}

static void ike_sa_goes_with_its_last_child_if_that_is_wanted(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct ike_options o = lab->options;

	(void)state;
	o.inactivity_close_ike = true;
	lab_set_options(lab, &o);
	load(lab, 0, true);
	load(lab, 1, true);
	initiate(lab, "net");
	assert_true(lab_run(lab, 30 * LAB_S));
	initiate(lab, "more");
	set_idle(lab, UINT64_MAX, UINT64_MAX);
	assert_true(lab_run(lab, 35 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_true(lab_run(lab, 35 * LAB_S));
	assert_true(lab_agree(lab, 0));
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	lab_free(lab);
}

static void engine_that_takes_over_looks_too(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	load(lab, 0, false);
	load(lab, 1, false);
	lab_keep(lab, 0, true);
	initiate(lab, "net");
	lab_kill(lab, 0);
	lab_take_over(lab, 0);
	set_idle(lab, 1000, 1000);
	assert_true(lab_run(lab, (INACTIVITY_S - 5) * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_true(lab_agree(lab, 0));
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(child_that_carries_nothing_is_deleted),
		cmocka_unit_test(it_is_asked_for_in_time),
		cmocka_unit_test(
			ike_sa_goes_with_its_last_child_if_that_is_wanted),
		cmocka_unit_test(engine_that_takes_over_looks_too),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
