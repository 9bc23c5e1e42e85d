// SPDX-License-Identifier: BSD-2-Clause
/*
 * An answer as JSON, octet by octet.
 */
#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/json.h"

static void assert_json(const char *lines, const char *want)
{
	struct node *root = answer_of(lines);
	struct printed p;

	printed_start(&p);
	json_print(root, p.file);
	printed_end(&p, want);
	node_free(root);
}

static void sections_are_objects_and_lists_are_arrays(void **state)
{
	(void)state;
	assert_json("z{\na{\n}\n}\nl[\none\n2\n]\nb=x", "{\n"
							"  \"z\": {\n"
							"    \"a\": {}\n"
							"  },\n"
							"  \"l\": [\n"
							"    \"one\",\n"
							"    2\n"
							"  ],\n"
							"  \"b\": \"x\"\n"
							"}\n");
}

static void decimal_numbers_are_integers_where_json_has_them(void **state)
{
	(void)state;
	assert_json("a=0\nb=9223372036854775807\nc=9223372036854775808\n"
		    "d=007\ne=0x10\nf=-1\ng=",
		    "{\n"
		    "  \"a\": 0,\n"
		    "  \"b\": 9223372036854775807,\n"
		    "  \"c\": \"9223372036854775808\",\n"
		    "  \"d\": \"007\",\n"
		    "  \"e\": \"0x10\",\n"
		    "  \"f\": \"-1\",\n"
		    "  \"g\": \"\"\n"
		    "}\n");
}

static void text_by_its_key_stays_text(void **state)
{
	(void)state;
	assert_json("algs=1\ncrypto=2\nerrmsg=3\nrelease=4\nspi=5\ntext=6\n"
		    "tunnel=7\nversion=8\npackets=9",
		    "{\n"
		    "  \"algs\": \"1\",\n"
		    "  \"crypto\": \"2\",\n"
		    "  \"errmsg\": \"3\",\n"
		    "  \"release\": \"4\",\n"
		    "  \"spi\": \"5\",\n"
		    "  \"text\": \"6\",\n"
		    "  \"tunnel\": \"7\",\n"
		    "  \"version\": \"8\",\n"
		    "  \"packets\": 9\n"
		    "}\n");
}

static void what_commands_a_terminal_is_written_out(void **state)
{
	(void)state;
	assert_json("\x1b=\x1b\"\xff", "{\n"
				       "  \"\\\\x1b\": \"\\\\x1b\\\"\\\\xff\"\n"
				       "}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_objects_and_lists_are_arrays),
		cmocka_unit_test(
			decimal_numbers_are_integers_where_json_has_them),
		cmocka_unit_test(text_by_its_key_stays_text),
		cmocka_unit_test(what_commands_a_terminal_is_written_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
