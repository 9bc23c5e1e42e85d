// SPDX-License-Identifier: BSD-2-Clause
/* Which known name is meant by an unknown one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/conf/near.h"
#include "ctrl/model/config.h"

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

static void name_beyond_the_limit_is_near_to_nothing(void **state)
{
	char name[CONF_NAME_MAX + 1] = { 0 };
	char candidate[CONF_NAME_MAX] = { 0 };
	const char *best = NULL;

	(void)state;
	memset(candidate, 'n', CONF_NAME_MAX - 1);
	memset(name, 'n', CONF_NAME_MAX);
	near_try(name, candidate, &best);
	assert_null(best);
	name[CONF_NAME_MAX - 1] = '\0';
	near_try(name, candidate, &best);
	assert_string_equal(best, candidate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(nearest_name_wins_whatever_the_order),
		cmocka_unit_test(short_name_may_differ_in_one_character),
		cmocka_unit_test(name_beyond_the_limit_is_near_to_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
