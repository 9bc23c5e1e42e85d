// SPDX-License-Identifier: BSD-2-Clause
/* When a request is sent again, and for how long (RFC 7296 section 2.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_settle.h"

#define MS	 1000000ULL
#define SENT_MAX 16

static uint64_t sent_ms[SENT_MAX];
static unsigned int n_sent;

static bool lose(struct ike_lab *lab, unsigned int side,
		 const struct ike_path *path, struct slice d)
{
	(void)side;
	(void)path;
	(void)d;
	assert_true(n_sent < SENT_MAX);
	sent_ms[n_sent++] = (lab->now_ns - 1000 * LAB_S) / MS;
	return false;
}

/* In milliseconds, from the first one on; the last is when it is given up. */
static void assert_times(const struct ike_options *o, const uint64_t *want,
			 unsigned int n)
{
	struct ike_lab *lab = settle_lab(1, SETTLE_ESP);

	n_sent = 0;
	lab_set_options(lab, o);
	lab->sent = lose;
	settle_initiate(lab);
	assert_true(lab_run(lab, want[n - 1] * MS - MS + LAB_S / 1000));
	assert_int_equal(n_sent, n - 1);
	for (unsigned int i = 0; i + 1 < n; i++)
		assert_in_range(sent_ms[i], want[i], want[i] + 1);
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_true(lab_run(lab, 2 * MS));
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	lab_free(lab);
}

static void it_is_strongswans_schedule(void **state)
{
	static const uint64_t want[] = { 0,	4000,  11200, 24160,
					 47488, 89478, 165060 };
	const struct ike_options o = ike_options_default();

	(void)state;
	assert_times(&o, want, 7);
}

static void an_operator_may_want_another(void **state)
{
	static const uint64_t steady[] = { 0, 500, 1000, 1500, 2000 };
	static const uint64_t limited[] = { 0, 1000, 3000, 6000, 9000, 12000 };
	struct ike_options o = ike_options_default();

	(void)state;
	o.retransmit_tries = 3;
	o.retransmit_timeout_ms = 500;
	o.retransmit_base_1000 = 1000;
	assert_times(&o, steady, 5);
	o.retransmit_tries = 4;
	o.retransmit_timeout_ms = 1000;
	o.retransmit_base_1000 = 2000;
	o.retransmit_limit_ms = 3000;
	assert_times(&o, limited, 6);
}

static void jitter_makes_it_earlier_and_never_later(void **state)
{
	struct ike_options o = ike_options_default();
	bool earlier = false;

	(void)state;
	o.retransmit_jitter_percent = 20;
	for (unsigned int seed = 0; seed < 50; seed++) {
		struct ike_lab *lab = settle_lab(seed, SETTLE_ESP);

		n_sent = 0;
		lab_set_options(lab, &o);
		lab->sent = lose;
		settle_initiate(lab);
		assert_true(lab_run(lab, 5 * LAB_S));
		assert_int_equal(n_sent, 2);
		assert_in_range(sent_ms[1], 3199, 4001);
		earlier |= sent_ms[1] < 3900;
		lab_free(lab);
	}
	assert_true(earlier);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(it_is_strongswans_schedule),
		cmocka_unit_test(an_operator_may_want_another),
		cmocka_unit_test(jitter_makes_it_earlier_and_never_later),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
