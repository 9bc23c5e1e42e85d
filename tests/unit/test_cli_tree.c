// SPDX-License-Identifier: BSD-2-Clause
/*
 * A message as the client's tree: nothing lost, nothing made up, nothing in it
 * that a terminal obeys.
 */
#include "tests/unit/cli_fixture.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static void sections_lists_and_values_keep_place_and_order(void **state)
{
	struct node *root =
		answer_of("a{\nx=1\nb{\ny=2\n}\n}\nl[\ni\nj\n]\nz=3");
	const struct node *a = node_first(root), *l = a->next;

	(void)state;
	assert_int_equal(a->type, NODE_SECTION);
	assert_string_equal(a->name, "a");
	assert_string_equal(node_text(a, "x"), "1");
	assert_string_equal(node_text(node_find(a, "b"), "y"), "2");
	assert_null(node_find(a, "z"));
	assert_int_equal(l->type, NODE_LIST);
	assert_string_equal(l->name, "l");
	assert_string_equal(l->first->text, "i");
	assert_string_equal(l->first->next->text, "j");
	assert_null(l->first->next->next);
	assert_string_equal(l->next->name, "z");
	assert_null(l->next->next);
	assert_string_equal(node_text(root, "z"), "3");
	node_free(root);
}

static void what_is_not_there_is_a_question_mark_or_nothing(void **state)
{
	struct node *root = answer_of("a{\n}\nz=3");
	uint64_t n;

	(void)state;
	assert_string_equal(node_text(root, "y"), "?");
	assert_string_equal(node_text(root, "a"), "?");
	assert_string_equal(node_text(NULL, "y"), "?");
	assert_null(node_find(NULL, "y"));
	assert_null(node_first(NULL));
	assert_null(node_first(node_find(root, "a")));
	assert_false(node_number(root, "y", &n));
	assert_int_equal(node_count(root, "y"), 0);
	assert_int_equal(node_count(root, "z"), 3);
	node_free(root);
	node_free(NULL);
}

static void parts_come_into_the_sections_of_their_answer(void **state)
{
	struct node *parts = answer_of("t{\na{\nx=1\n}\n}");
	struct node *root = answer_of("g=0\nt{\n}\nz=3");
	const struct node *t;

	(void)state;
	node_merge(parts, answer_of("t{\nb{\nx=2\n}\n}"));
	node_merge(parts, answer_of("u{\n}"));
	node_merge(root, parts);
	t = node_find(root, "t");
	assert_string_equal(t->first->name, "a");
	assert_string_equal(node_text(t->first, "x"), "1");
	assert_string_equal(t->first->next->name, "b");
	assert_ptr_equal(t->first->next->parent, t);
	assert_null(t->first->next->next);
	assert_string_equal(t->next->name, "z");
	assert_string_equal(t->next->next->name, "u");
	assert_null(t->next->next->next);
	node_free(root);
}

static void malformed_message_is_no_tree(void **state)
{
	static const uint8_t open[] = { VICI_SECTION_START, 1, 'a' };
	static const uint8_t item[] = { VICI_LIST_ITEM, 0, 1, 'a' };

	(void)state;
	assert_null(node_parse(slice_of(open, sizeof(open))));
	assert_null(node_parse(slice_of(item, sizeof(item))));
}

static void nothing_in_a_tree_commands_a_terminal(void **state)
{
	struct node *root = answer_of("\x1b{\n\x9b=\x07\n}\n\x7f[\n\x1b[0m\n]");
	const struct node *section = node_first(root);

	(void)state;
	assert_string_equal(section->name, "\\x1b");
	assert_string_equal(section->first->name, "\\x9b");
	assert_string_equal(section->first->text, "\\x07");
	assert_string_equal(section->next->name, "\\x7f");
	assert_string_equal(section->next->first->text, "\\x1b[0m");
	node_free(root);
}

static void decimal_number_has_one_spelling(void **state)
{
	static const char *const refused[] = {
		"",   "-1",  "+1",  " 1",    "1 ",   "01",
		"00", "0x1", "1.0", "never", "1\n2", "18446744073709551616"
	};
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++)
		assert_false(decimal_parse(refused[i], &n));
	assert_true(decimal_parse("0", &n));
	assert_int_equal(n, 0);
	assert_true(decimal_parse("18446744073709551615", &n));
	assert_int_equal(n, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_lists_and_values_keep_place_and_order),
		cmocka_unit_test(what_is_not_there_is_a_question_mark_or_nothing),
		cmocka_unit_test(parts_come_into_the_sections_of_their_answer),
		cmocka_unit_test(malformed_message_is_no_tree),
		cmocka_unit_test(nothing_in_a_tree_commands_a_terminal),
		cmocka_unit_test(decimal_number_has_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
