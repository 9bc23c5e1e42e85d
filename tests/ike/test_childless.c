// SPDX-License-Identifier: BSD-2-Clause
/* IKE SAs that begin without a CHILD SA (RFC 6023), and the option `childless`. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define IKE "aes128-sha256-x25519"
#define PFS "aes128-sha256-x25519"

static void load(struct ike_lab *lab, unsigned int side,
		 enum childless childless, bool two)
{
	struct conn_conf c = lab_conn(lab, side, IKE, PFS);

	if (two)
		lab_add_child(&c, side);
	c.childless = childless;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

static struct ike_lab *lab_with(enum childless a, enum childless b)
{
	struct ike_lab *lab = lab_new(1);

	load(lab, 0, a, false);
	load(lab, 1, b, false);
	return lab;
}

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
}

#define INIT  2U /* datagrams */
#define AUTH  4U
#define CHILD 6U

static void policies_of_both_sides_decide(void **state)
{
	static const struct {
		enum childless a, b;
		unsigned int datagrams;
		bool works;
	} rows[] = {
		{ CHILDLESS_ALLOW, CHILDLESS_ALLOW, AUTH, true },
		{ CHILDLESS_ALLOW, CHILDLESS_PREFER, AUTH, true },
		{ CHILDLESS_ALLOW, CHILDLESS_NEVER, AUTH, true },
		{ CHILDLESS_ALLOW, CHILDLESS_FORCE, AUTH, false },
		{ CHILDLESS_NEVER, CHILDLESS_ALLOW, AUTH, true },
		{ CHILDLESS_NEVER, CHILDLESS_NEVER, AUTH, true },
		{ CHILDLESS_NEVER, CHILDLESS_FORCE, AUTH, false },
		{ CHILDLESS_PREFER, CHILDLESS_ALLOW, CHILD, true },
		{ CHILDLESS_PREFER, CHILDLESS_PREFER, CHILD, true },
		{ CHILDLESS_PREFER, CHILDLESS_FORCE, CHILD, true },
		{ CHILDLESS_PREFER, CHILDLESS_NEVER, AUTH, true },
		{ CHILDLESS_FORCE, CHILDLESS_ALLOW, CHILD, true },
		{ CHILDLESS_FORCE, CHILDLESS_FORCE, CHILD, true },
		{ CHILDLESS_FORCE, CHILDLESS_NEVER, INIT, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_lab *lab = lab_with(rows[i].a, rows[i].b);

		initiate(lab);
		assert_int_equal(lab->datagrams, rows[i].datagrams);
		assert_true(lab_agree(lab, rows[i].works));
		assert_int_equal(settle_ike_sas(lab, 0), rows[i].works);
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED),
				 !rows[i].works);
		lab_free(lab);
	}
}

/* The first child has a key exchange of its own then. */
static void first_child_has_pfs(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab =
			lab_with(i ? CHILDLESS_PREFER : CHILDLESS_ALLOW,
				 CHILDLESS_ALLOW);

		initiate(lab);
		assert_int_equal(forge_sa(lab, 0)->children->ke,
				 i ? KE_CURVE25519 : KE_NONE);
		assert_int_equal(forge_sa(lab, 1)->children->ke,
				 i ? KE_CURVE25519 : KE_NONE);
		lab_free(lab);
	}
}

static void several_children_come_one_after_the_other(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	load(lab, 0, CHILDLESS_FORCE, true);
	load(lab, 1, CHILDLESS_FORCE, true);
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", "net",
					 lab->now_ns),
			 0);
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", "more",
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_true(lab_agree(lab, 2));
	lab_free(lab);
}

static void child_that_is_refused_leaves_the_ike_sa(void **state)
{
	struct ike_lab *lab = lab_with(CHILDLESS_FORCE, CHILDLESS_ALLOW);
	struct conn_conf c = lab_conn(lab, 1, IKE, "aes256-sha384");

	(void)state;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	initiate(lab);
	assert_true(lab_agree(lab, 0));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	lab_free(lab);
}

static void connection_without_children_is_an_ike_sa_alone(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_new(1);
		struct conn_conf c = lab_conn(lab, 0, IKE, PFS);

		c.n_children = 0;
		lab_load(lab, 0, &c);
		conn_fini(&c);
		load(lab, 1, i ? CHILDLESS_ALLOW : CHILDLESS_NEVER, false);
		initiate(lab);
		assert_true(lab_run(lab, 30 * LAB_S)); /* half-open */
		assert_int_equal(settle_ike_sas(lab, 0), i);
		assert_int_equal(settle_ike_sas(lab, 1), i);
		assert_true(lab_agree(lab, 0));
		if (i)
			assert_int_equal(engine_initiate(lab->side[0].engine,
							 "peer", NULL,
							 lab->now_ns),
					 -EALREADY);
		engine_reauth(lab->side[0].engine, "peer", lab->now_ns);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_int_equal(settle_ike_sas(lab, 0), i);
		assert_int_equal(settle_ike_sas(lab, 1), i);
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 2 * i);
		lab_free(lab);
	}
}

/* It asks for one though side 1 did not say that it may: section 3. */
static void initiator_that_was_not_asked_is_told_invalid_syntax(void **state)
{
	struct ike_lab *lab = lab_with(CHILDLESS_PREFER, CHILDLESS_NEVER);

	(void)state;
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	while (!forge_sa(lab, 0)->spi_r)
		assert_true(lab_step(lab));
	forge_sa(lab, 0)->takes_childless = true;
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_FAILED),
			       "INVALID_SYNTAX"));
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED),
			       "'childless = never'"));
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(policies_of_both_sides_decide),
		cmocka_unit_test(first_child_has_pfs),
		cmocka_unit_test(several_children_come_one_after_the_other),
		cmocka_unit_test(child_that_is_refused_leaves_the_ike_sa),
		cmocka_unit_test(connection_without_children_is_an_ike_sa_alone),
		cmocka_unit_test(
			initiator_that_was_not_asked_is_told_invalid_syntax),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
