// SPDX-License-Identifier: BSD-2-Clause
/* What ctl shows of the data path, and how long it lets others wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/base/clock.h"
#include "ctrl/daemon/dp_link.h"

#define NOW_NS (1000 * NS_PER_S)

static enum dp_patience patience(size_t n_sas, uint64_t age_ns)
{
	const struct dp_sas sas = { .n = n_sas };
	const struct dp_view v = { .sas = &sas, .seen_ns = NOW_NS - age_ns };

	return dp_view_patience(&v, NOW_NS);
}

static void counts_of_few_sas_are_waited_for(void **state)
{
	const struct dp_view nothing_seen = { .sas = NULL };

	(void)state;
	assert_int_equal(patience(2, 0), DP_WAITS);
	assert_int_equal(patience(DP_MANY_SAS, 60 * NS_PER_S), DP_WAITS);
	assert_int_equal(dp_view_patience(&nothing_seen, NOW_NS), DP_WAITS);
}

/* An answer took as long as all SAs do to be told of, under load. */
static void counts_of_many_sas_are_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(patience(DP_MANY_SAS + 1, NS_PER_S), DP_WAITS_SHORTLY);
	assert_int_equal(patience(DP_MANY_SAS + 1, NS_PER_S - 1), DP_WAITS_NOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_of_few_sas_are_waited_for),
		cmocka_unit_test(counts_of_many_sas_are_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
