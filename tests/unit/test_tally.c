// SPDX-License-Identifier: BSD-2-Clause
/* Counts by connection: found again, in order, and gone when they are to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "ctrl/daemon/tally.h"

#define MANY 100

static uint64_t invalid(const struct tally *t, const char *conn)
{
	const struct tally_row *row = tally_find(t, conn);

	return row ? row->counts.n[IKE_COUNT_INVALID] : UINT64_MAX;
}

static void counts_add_up_by_name(void **state)
{
	const struct ike_counts two = { .n[IKE_COUNT_INVALID] = 2 };
	struct tally *t = tally_new();
	char name[CONN_NAME_MAX];

	(void)state;
	for (unsigned int i = 0; i < 2 * MANY; i++) {
		snprintf(name, sizeof(name), "c%02u", 37 * i % MANY);
		tally_add(t, name, &two);
	}
	for (unsigned int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "c%02u", i);
		assert_string_equal(tally_at(t, i)->conn, name);
		assert_int_equal(invalid(t, name), 4);
	}
	assert_null(tally_at(t, MANY));
	assert_null(tally_find(t, "c"));
	tally_free(t);
}

static void what_is_forgotten_begins_anew(void **state)
{
	const struct ike_counts one = { .n[IKE_COUNT_INVALID] = 1 };
	struct tally *t = tally_new();

	(void)state;
	tally_add(t, "b", &one);
	tally_add(t, "", &one);
	tally_add(t, "c", &one);
	tally_forget(t, "b");
	tally_forget(t, "x");
	assert_int_equal(invalid(t, ""), 1);
	assert_int_equal(invalid(t, "c"), 1);
	assert_null(tally_find(t, "b"));
	tally_add(t, "b", &one);
	assert_int_equal(invalid(t, "b"), 1);
	tally_clear(t);
	assert_null(tally_at(t, 0));
	tally_free(t);
}

static void name_without_an_end_is_ended(void **state)
{
	const struct ike_counts none = { { 0 } };
	char name[2 * CONN_NAME_MAX];
	struct tally *t = tally_new();

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = 'x';
	name[sizeof(name) - 1] = '\0';
	tally_add(t, name, &none);
	assert_int_equal(tally_at(t, 0)->conn[CONN_NAME_MAX - 1], 0);
	tally_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_add_up_by_name),
		cmocka_unit_test(what_is_forgotten_begins_anew),
		cmocka_unit_test(name_without_an_end_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
