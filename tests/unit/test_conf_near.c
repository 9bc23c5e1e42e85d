// SPDX-License-Identifier: BSD-2-Clause
/* Which known name is meant by an unknown one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/conf/near.h"

static void distance_counts_edits(void **state)
{
	(void)state;
	assert_int_equal(near_distance("", ""), 0);
	assert_int_equal(near_distance("spi", "spi"), 0);
	assert_int_equal(near_distance("spi", ""), 3);
	assert_int_equal(near_distance("", "spi"), 3);
	assert_int_equal(near_distance("remote_t", "remote_ts"), 1);
	assert_int_equal(near_distance("kitten", "sitting"), 3);
}

static void nearest_name_wins_whatever_the_order(void **state)
{
	const char *best = NULL;

	(void)state;
	near_try("local_tt", "local_addrs", &best);
	assert_null(best);
	near_try("local_tt", "local_abc", &best);
	assert_null(best);
	near_try("local_tt", "loca_ts", &best);
	assert_string_equal(best, "loca_ts");
	near_try("local_tt", "local_ts", &best);
	assert_string_equal(best, "local_ts");
	near_try("local_tt", "loca_ts", &best);
	assert_string_equal(best, "local_ts");
}

static void short_name_may_differ_in_one_character(void **state)
{
	const char *best = NULL;

	(void)state;
	near_try("i", "out", &best);
	assert_null(best);
	near_try("i", "in", &best);
	assert_string_equal(best, "in");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(nearest_name_wins_whatever_the_order),
		cmocka_unit_test(short_name_may_differ_in_one_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
