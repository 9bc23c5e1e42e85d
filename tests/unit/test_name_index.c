// SPDX-License-Identifier: BSD-2-Clause
/* Where in an array a name stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctrl/base/name_index.h"

#define MANY 5000U

struct named {
	char name[12];
	uint32_t value;
};

static struct named *named_new(size_t n)
{
	struct named *at = calloc(n, sizeof(*at));

	assert_non_null(at);
	for (size_t i = 0; i < n; i++)
		snprintf(at[i].name, sizeof(at[i].name), "n%zu", i);
	return at;
}

static void assert_all_found(const struct name_index *x, size_t n)
{
	char name[32];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		assert_int_equal(name_index_find(x, name), i);
	}
	assert_int_equal(name_index_find(x, "n"), NAME_NOWHERE);
	assert_int_equal(name_index_find(x, "n00"), NAME_NOWHERE);
	assert_int_equal(name_index_find(x, ""), NAME_NOWHERE);
}

static void names_are_found_and_others_are_not(void **state)
{
	struct named *at = named_new(MANY);
	struct name_index x;

	(void)state;
	assert_int_equal(name_index_make(&x, at, sizeof(*at), MANY), 0);
	assert_all_found(&x, MANY);
	name_index_free(&x);
	free(at);
}

static void array_may_grow_and_move(void **state)
{
	struct named *at = named_new(MANY), *elsewhere = named_new(MANY);
	struct name_index x;

	(void)state;
	assert_int_equal(name_index_make(&x, NULL, sizeof(*at), 0), 0);
	assert_int_equal(name_index_find(&x, "n0"), NAME_NOWHERE);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(name_index_add(&x, i % 2 ? at : elsewhere), 0);
	free(elsewhere);
	assert_all_found(&x, MANY);
	name_index_free(&x);
	free(at);
}

static void first_of_a_name_is_found(void **state)
{
	struct named at[3] = { { "a", 1 }, { "b", 2 }, { "a", 3 } };
	struct name_index x;

	(void)state;
	assert_int_equal(name_index_make(&x, at, sizeof(at[0]), 3), 0);
	assert_int_equal(name_index_find(&x, "a"), 0);
	assert_int_equal(name_index_find(&x, "b"), 1);
	name_index_free(&x);
}

static void nothing_is_found_in_no_array(void **state)
{
	const struct name_index x = { .first = NULL };

	(void)state;
	assert_int_equal(name_index_find(&x, "a"), NAME_NOWHERE);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(names_are_found_and_others_are_not),
		cmocka_unit_test(array_may_grow_and_move),
		cmocka_unit_test(first_of_a_name_is_found),
		cmocka_unit_test(nothing_is_found_in_no_array),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
