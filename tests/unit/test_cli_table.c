// SPDX-License-Identifier: BSD-2-Clause
/*
 * Cells in columns.
 */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/table.h"

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct table t = table_new("lrl");
	struct printed p;

	(void)state;
	table_text(&t, "NAME");
	table_text(&t, "N");
	table_text(&t, "MEANING");
	table_text(&t, "a ═ b");
	table_count(&t, UINT64_MAX);
	table_text(&t, "x");
	assert_int_equal(table_rows(&t), 2);

	printed_start(&p);
	table_print(&t, p.file);

	printed_end(&p, "NAME                      N  MEANING\n"
			"a ═ b  18446744073709551615  x\n");
	table_free(&t);
}

static void row_can_be_printed_alone(void **state)
{
	struct table t = table_new("l");
	struct printed p;
	char text[16];

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		table_count(&t, i);
	table_text(&t, "");
	assert_int_equal(table_rows(&t), 1001);

	for (unsigned int i = 0; i < 1000; i += 333) {
		printed_start(&p);
		table_print_row(&t, i, p.file);
		snprintf(text, sizeof(text), "%u\n", i);
		printed_end(&p, text);
	}
	table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(row_can_be_printed_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
