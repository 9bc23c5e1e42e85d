// SPDX-License-Identifier: BSD-2-Clause
/*
 * The grammar of strongswan.conf(5): what a text means as a tree, and with
 * which words and at which place each mistake is refused. No key is known
 * here; that is test_conf.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/conf/lexer.h"
#include "ctrl/conf/parse.h"
#include "ctrl/conf/tree.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

struct parsed {
	struct tree tree;
	struct error e;
	int err;
};

/* In one place, since sections point at their parents; until the next call. */
static struct parsed *parse(const char *text)
{
	const struct parse_source src = {
		.name = "f",
		.text = slice_of(text, strlen(text)),
	};
	static struct parsed p;

	p.err = parse_tree(&src, &p.tree, &p.e);
	return &p;
}

/* The text of a = ...; the tree must hold nothing else. */
static void assert_value(const char *text, const char *expected)
{
	struct parsed *p = parse(text);
	const struct value *v;

	if (p->err)
		fail_msg("%s", p->e.text);
	v = tree_value(&p->tree.root, "a");
	assert_non_null(v);
	assert_string_equal(v->text, expected);
	assert_null(v->next);
	assert_null(p->tree.root.sections);
	tree_free(&p->tree);
}

/* --- what is accepted */

static void value_ends_at_the_line(void **state)
{
	(void)state;
	assert_value("a = b\n", "b");
	assert_value("a = b", "b");
	assert_value("a=b\r\n", "b");
}

static void value_ends_at_a_comment(void **state)
{
	(void)state;
	assert_value("a = b # c = d\n", "b");
	assert_value("a = b#c", "b");
	assert_value("# c = d\na = b\n#", "b");
}

static void words_are_joined_by_one_space(void **state)
{
	(void)state;
	assert_value("a = b   c\td\n", "b c d");
}

static void word_may_hold_signs_that_a_name_may_not(void **state)
{
	(void)state;
	assert_value("a = b.c,d:e=f{g\n", "b.c,d:e=f{g");
}

static void words_and_strings_are_joined_by_one_space(void **state)
{
	(void)state;
	assert_value("a = b\"c\"d\n", "b c d");
	assert_value("a = \"b\"\"c\"", "b c");
}

static void string_keeps_its_blanks_and_signs(void **state)
{
	(void)state;
	assert_value("a = \"b  c # } {\"\n", "b  c # } {");
}

static void escapes_in_a_string_are_resolved(void **state)
{
	(void)state;
	assert_value("a = \"\\n\\t\\r\\\\\\\"\\x\"", "\n\t\r\\\"x");
}

static void string_may_span_lines(void **state)
{
	(void)state;
	assert_value("a = \"b\r\nc\"", "b\nc");
}

static void escaped_line_end_in_a_string_joins_the_lines(void **state)
{
	(void)state;
	assert_value("a = \"b\\\nc\"", "bc");
	assert_value("a = \"b\\\r\nc\"", "bc");
}

static void backslash_in_a_word_is_itself(void **state)
{
	(void)state;
	assert_value("a = b\\nc\\\n", "b\\nc\\");
}

static void value_may_be_empty(void **state)
{
	(void)state;
	assert_value("a =\n", "");
	assert_value("a =", "");
	assert_value("a = \"\"", "");
	assert_value("a = # b", "");
}

static void equals_sign_may_be_on_the_next_line(void **state)
{
	(void)state;
	assert_value("a\n# comment\n= b\n", "b");
}

static void octets_beyond_ascii_are_kept(void **state)
{
	(void)state;
	assert_value("a = b\xc3\xbc\n", "b\xc3\xbc");
}

static void name_may_hold_what_is_no_key(void **state)
{
	struct parsed *p = parse("0 { }\nx0s { }\n0123456789abcde { }\n"
				 "0123abcd-0123abcd { }\n");

	(void)state;
	if (p->err)
		fail_msg("%s", p->e.text);
	tree_free(&p->tree);
}

static void include_is_an_ordinary_key(void **state)
{
	struct parsed *p =
		parse("include = a\ninclude2 =b\nsub {include   = c}");

	(void)state;
	assert_int_equal(p->err, 0);
	assert_string_equal(tree_value(&p->tree.root, "include")->text, "a");
	assert_string_equal(tree_value(&p->tree.root, "include2")->text, "b");
	tree_free(&p->tree);
}

static void empty_text_is_an_empty_tree(void **state)
{
	struct parsed *p = parse("");

	(void)state;
	assert_int_equal(p->err, 0);
	assert_null(p->tree.root.values);
	assert_null(p->tree.root.sections);
	tree_free(&p->tree);
}

static void sections_nest_and_keep_their_order(void **state)
{
	struct parsed *p = parse("z { b = 1 }\na\n{ y { c = 2\n} x {} }");
	const struct section *z, *a;

	(void)state;
	assert_int_equal(p->err, 0);
	z = p->tree.root.sections;
	assert_string_equal(z->name, "z");
	assert_string_equal(tree_value(z, "b")->text, "1");
	a = z->next;
	assert_string_equal(a->name, "a");
	assert_null(a->next);
	assert_string_equal(a->sections->name, "y");
	assert_string_equal(tree_value(a->sections, "c")->text, "2");
	assert_string_equal(a->sections->next->name, "x");
	assert_null(tree_section(a, "z"));
	assert_null(tree_value(a, "c"));
	tree_free(&p->tree);
}

static void repeated_section_extends_the_first(void **state)
{
	struct parsed *p = parse("s { a = 1 }\nt { }\n s { b = 2 }\ns { }");
	const struct section *s;

	(void)state;
	assert_int_equal(p->err, 0);
	s = tree_section(&p->tree.root, "s");
	assert_string_equal(tree_value(s, "a")->text, "1");
	assert_string_equal(tree_value(s, "b")->text, "2");
	assert_int_equal(s->place.line, 1);
	assert_int_equal(s->again.line, 3);
	assert_int_equal(s->again.column, 2);
	assert_string_equal(s->next->name, "t");
	assert_int_equal(s->next->again.line, 0);
	assert_null(s->next->next);
	tree_free(&p->tree);
}

static void repeated_key_is_marked_and_keeps_its_first_value(void **state)
{
	struct parsed *p = parse("s { a = 1 }\nb = \"\"\n"
				 "s { a = 2 3 \"4\"\n\ta = 5\n }\n");
	const struct value *a, *b;

	(void)state;
	assert_int_equal(p->err, 0);
	a = p->tree.root.sections->values;
	assert_string_equal(a->text, "1");
	assert_int_equal(a->place.line, 1);
	assert_int_equal(a->again.line, 3);
	assert_int_equal(a->again.column, 5);
	assert_null(a->next);
	b = p->tree.root.values;
	assert_int_equal(b->again.line, 0);
	tree_free(&p->tree);
}

static void section_and_key_may_share_a_name(void **state)
{
	struct parsed *p = parse("a = 1\na { a = 2 }");

	(void)state;
	assert_int_equal(p->err, 0);
	assert_string_equal(tree_value(&p->tree.root, "a")->text, "1");
	assert_non_null(tree_section(&p->tree.root, "a"));
	tree_free(&p->tree);
}

static void places_count_from_one(void **state)
{
	struct parsed *p = parse("a = 1\n\n\tsec { key\n = x }");
	const struct value *v;
	struct place place;

	(void)state;
	assert_int_equal(p->err, 0);
	assert_int_equal(p->tree.root.sections->place.line, 3);
	assert_int_equal(p->tree.root.sections->place.column, 2);
	v = p->tree.root.sections->values;
	assert_int_equal(v->place.line, 3);
	assert_int_equal(v->place.column, 8);
	place = value_place(v, 0);
	assert_string_equal(place.file, "f");
	assert_int_equal(place.line, 4);
	assert_int_equal(place.column, 4);
	tree_free(&p->tree);
}

static void place_inside_a_value_counts_collapsed_blanks(void **state)
{
	/* text: "ab cd ef", at columns 5, 11 and 15 */
	struct parsed *p = parse("a = ab    cd \"ef\"\n");
	const struct value *v = tree_value(&p->tree.root, "a");

	(void)state;
	assert_int_equal(value_place(v, 1).column, 6);
	assert_int_equal(value_place(v, 3).column, 11);
	assert_int_equal(value_place(v, 4).column, 12);
	assert_int_equal(value_place(v, 6).column, 15);
	tree_free(&p->tree);
}

static void empty_value_stands_where_its_key_does(void **state)
{
	struct parsed *p = parse("\n a =\n");

	(void)state;
	assert_int_equal(value_place(p->tree.root.values, 0).line, 2);
	assert_int_equal(value_place(p->tree.root.values, 0).column, 2);
	tree_free(&p->tree);
}

static void paths_are_written_with_dots(void **state)
{
	struct parsed *p = parse("k = 1\na { b { c = 1 } }");
	const struct section *b = p->tree.root.sections->sections;
	char path[TREE_PATH_MAX];

	(void)state;
	tree_path(b, path);
	assert_string_equal(path, "a.b");
	tree_path(&p->tree.root, path);
	assert_string_equal(path, "");
	value_path(b->values, path);
	assert_string_equal(path, "a.b.c");
	value_path(p->tree.root.values, path);
	assert_string_equal(path, "k");
	tree_free(&p->tree);
}

/* --- what is refused: `s {\n\tk = v\n}\n` with one thing wrong in it */

struct bad {
	const char *name;
	const char *text;
	const char *error;
};

#define NO_NAME                                                      \
	"a name can't begin with 0x or 0s, nor hold 16 hexadecimal " \
	"digits in a row; write KEY = VALUE on one line"

static const struct bad bad[] = {
	{ "section_that_is_not_closed_is_refused", "s {\n\tk = v\n",
	  "f:1:1: section 's' is not closed; add a '}'" },
	{ "innermost_section_that_is_not_closed_is_named",
	  "s {\n\tt {\n\tk = v\n}\n t {\n",
	  "f:5:2: section 't' is not closed; add a '}'" },
	{ "brace_that_closes_nothing_is_refused", "s {\n\tk = v\n}\n }\n",
	  "f:4:2: '}' closes no section; remove it" },
	{ "string_that_is_not_closed_is_refused", "s {\n\tk = \"v\n}\n",
	  "f:2:6: string is not closed; add a '\"'" },
	{ "backslash_at_the_end_does_not_close_a_string", "s {\n\tk = \"v\\",
	  "f:2:6: string is not closed; add a '\"'" },
	{ "escaped_quote_does_not_close_a_string", "s {\n\tk = \"v\\\"\n}\n",
	  "f:2:6: string is not closed; add a '\"'" },
	{ "string_without_a_key_is_refused", "s {\n\t\"k\" = v\n}\n",
	  "f:2:2: string without a key; write KEY = \"...\"" },
	{ "name_without_a_value_is_refused", "s {\n\tk v\n}\n",
	  "f:2:2: neither '=' nor '{' follows this name; "
	  "write NAME = VALUE or NAME { ... }" },
	{ "name_at_the_end_is_refused", "s {\n\tk = v\n}\ns",
	  "f:4:1: neither '=' nor '{' follows this name; "
	  "write NAME = VALUE or NAME { ... }" },
	{ "section_without_a_name_is_refused", " {\n\tk = v\n}\n",
	  "f:1:2: '{' without a name before it; "
	  "write NAME = VALUE or NAME { ... }" },
	{ "value_without_a_key_is_refused", "s {\n\t= v\n}\n",
	  "f:2:2: '=' without a name before it; "
	  "write NAME = VALUE or NAME { ... }" },
	{ "colon_without_a_name_is_refused", ": s {\n\tk = v\n}\n",
	  "f:1:1: ':' without a name before it; "
	  "write NAME = VALUE or NAME { ... }" },
	{ "dot_in_a_name_is_refused", "s.t {\n\tk = v\n}\n",
	  "f:1:2: '.' can't stand in a name; remove it" },
	{ "comma_in_a_name_is_refused", "s {\n\tk, = v\n}\n",
	  "f:2:3: ',' can't stand in a name; remove it" },
	{ "hexadecimal_number_is_no_name", "s {\n\tk =\n 0X5ec2e7\n}\n",
	  "f:3:2: " NO_NAME },
	{ "base64_is_no_name", "s {\n\tk =\n 0Sxsln\n}\n", "f:3:2: " NO_NAME },
	{ "sixteen_hexadecimal_digits_are_no_name",
	  "s {\n\tx0123456789abcdEF = v\n}\n", "f:2:2: " NO_NAME },
	{ "long_name_of_a_section_that_is_not_closed_is_not_shown",
	  "nineteen_characters {\n twenty_characters_in {",
	  "f:2:2: section of 20 octets is not closed; add a '}'" },
	{ "longest_name_of_a_section_that_is_not_closed_is_shown",
	  "nineteen_characters {",
	  "f:1:1: section 'nineteen_characters' is not closed; add a '}'" },
	{ "include_outside_of_files_is_refused", "s {\n\tinclude k.conf\n}\n",
	  "f:2:2: include is for files, and this is none: "
	  "put the sections here" },
	{ "include_without_a_name_is_refused", "include \t\n",
	  "f:1:1: include is for files, and this is none: "
	  "put the sections here" },
	{ "reference_to_nothing_is_refused", "s : t, u.v {\n\tk = v\n}\n",
	  "f:1:5: there is no section 't' to refer to; write its name from the "
	  "outermost section on, such as connections.moon" },
	{ "reference_without_a_name_is_refused", "s : {\n\tk = v\n}\n",
	  "f:1:5: the name of a section is missing before '{'; write NAME : "
	  "OTHER, OTHER { ... }" },
	{ "comma_behind_the_last_reference_is_refused", "t {\n}\ns : t, {\n}\n",
	  "f:3:8: the name of a section is missing before '{'; write NAME : "
	  "OTHER, OTHER { ... }" },
	{ "references_without_a_comma_are_refused", "s : t u {\n}\n",
	  "f:1:7: ',' or '{' is missing before this name" },
	{ "value_behind_a_colon_is_refused", "s : \"t\"\n",
	  "f:1:5: after ':' names of sections must follow, and a '{'; write "
	  "NAME : OTHER, OTHER { ... }" },
	{ "key_behind_a_colon_is_not_shown", "s : 0x5ec2e7 {\n}\n",
	  "f:1:5: after ':' names of sections must follow, and a '{'; write "
	  "NAME : OTHER, OTHER { ... }" },
	{ "control_character_is_refused", "s {\n\tk = v\x1b[31m\n}\n",
	  "f:2:7: control character in a text file; remove it" },
	{ "delete_character_is_refused", "s {\n\tk = v\x7f\n}\n",
	  "f:2:7: control character in a text file; remove it" },
	{ "control_character_in_a_comment_is_refused", "# \x01",
	  "f:1:3: control character in a text file; remove it" },
};

static void bad_text_is_refused(void **state)
{
	const struct bad *row = *state;
	struct parsed *p = parse(row->text);

	assert_string_equal(p->e.text, row->error);
	assert_int_equal(p->err, -EINVAL);
	tree_free(&p->tree);
}

static void nul_octet_is_refused(void **state)
{
	static const char text[] = "s {\n\tk = v\0w\n}\n";
	const struct parse_source src = {
		.name = "f",
		.text = slice_of(text, sizeof(text) - 1),
	};
	struct tree tree;
	struct error e;

	(void)state;
	assert_int_equal(parse_tree(&src, &tree, &e), -EINVAL);
	assert_string_equal(e.text,
			    "f:2:7: NUL octet in a text file; remove it");
	tree_free(&tree);
}

/* --- limits: the largest that is accepted, and one more */

struct limit {
	const char *name;
	const char *before;
	const char *repeated;
	unsigned int times; /* accepted */
	const char *after;
	const char *error; /* for one time more */
};

static const struct limit limits[] = {
	{ "line_beyond_the_limit_is_refused", "k=", "v", CONF_LINE_MAX - 2,
	  "\n", "f:1:4097: line longer than 4096 octets; break it" },
	{ "name_beyond_the_limit_is_refused", "a = b\n ", "k", CONF_NAME_MAX - 1,
	  " = v", "f:2:2: name longer than 63 octets; shorten it" },
	{ "nesting_beyond_the_limit_is_refused", "", "s{", TREE_DEPTH_MAX,
	  "}}}}}}}}}}}}}}}}",
	  "f:1:33: sections nested deeper than 16; flatten them" },
};

static char *repeat(const struct limit *l, unsigned int times)
{
	size_t room = strlen(l->before) + strlen(l->repeated) * times +
		      strlen(l->after) + 1;
	char *text = malloc(room);

	assert_non_null(text);
	strcpy(text, l->before);
	for (unsigned int i = 0; i < times; i++)
		strcat(text, l->repeated);
	return strcat(text, l->after);
}

static void limit_holds(void **state)
{
	const struct limit *l = *state;
	char *most = repeat(l, l->times);
	char *more = repeat(l, l->times + 1);
	struct parsed *p = parse(most);

	if (p->err)
		fail_msg("%s", p->e.text);
	tree_free(&p->tree);
	p = parse(more);
	assert_string_equal(p->e.text, l->error);
	assert_int_equal(p->err, -E2BIG);
	tree_free(&p->tree);
	free(most);
	free(more);
}

static char *many_entries(unsigned int n, const char *last)
{
	size_t room = (size_t)n * 16 + strlen(last) + 1;
	char *text = malloc(room);
	size_t len = 0;

	assert_non_null(text);
	for (unsigned int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, room - len, "k%u = v\n", i);
	strcpy(text + len, last);
	return text;
}

static void entries_beyond_the_limit_are_refused(void **state)
{
	char *text = many_entries(TREE_ENTRIES_MAX - 1, "s { }");
	struct parsed *p = parse(text);

	(void)state;
	assert_int_equal(p->err, 0);
	tree_free(&p->tree);
	free(text);

	text = many_entries(TREE_ENTRIES_MAX, "s { }");
	p = parse(text);
	assert_int_equal(p->err, -E2BIG);
	assert_string_equal(p->e.text, "f:4097:1: section with more than 4096 "
				       "entries; split it");
	tree_free(&p->tree);
	free(text);
}

/* Every string of the tree fits the buffer that was made for it. */
static void densest_texts_fit_their_buffer(void **state)
{
	static const char *const texts[] = {
		"a=", "a{}", "a=b c", "a=\"\"\"\"", "a=b\"\"c", "a{b=}",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		struct parsed *p = parse(texts[i]);

		assert_int_equal(p->err, 0);
		tree_free(&p->tree);
	}
}

static int run_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_ends_at_the_line),
		cmocka_unit_test(value_ends_at_a_comment),
		cmocka_unit_test(words_are_joined_by_one_space),
		cmocka_unit_test(word_may_hold_signs_that_a_name_may_not),
		cmocka_unit_test(words_and_strings_are_joined_by_one_space),
		cmocka_unit_test(string_keeps_its_blanks_and_signs),
		cmocka_unit_test(escapes_in_a_string_are_resolved),
		cmocka_unit_test(string_may_span_lines),
		cmocka_unit_test(escaped_line_end_in_a_string_joins_the_lines),
		cmocka_unit_test(backslash_in_a_word_is_itself),
		cmocka_unit_test(value_may_be_empty),
		cmocka_unit_test(equals_sign_may_be_on_the_next_line),
		cmocka_unit_test(octets_beyond_ascii_are_kept),
		cmocka_unit_test(name_may_hold_what_is_no_key),
		cmocka_unit_test(include_is_an_ordinary_key),
		cmocka_unit_test(empty_text_is_an_empty_tree),
		cmocka_unit_test(sections_nest_and_keep_their_order),
		cmocka_unit_test(repeated_section_extends_the_first),
		cmocka_unit_test(
			repeated_key_is_marked_and_keeps_its_first_value),
		cmocka_unit_test(section_and_key_may_share_a_name),
		cmocka_unit_test(places_count_from_one),
		cmocka_unit_test(place_inside_a_value_counts_collapsed_blanks),
		cmocka_unit_test(empty_value_stands_where_its_key_does),
		cmocka_unit_test(paths_are_written_with_dots),
		cmocka_unit_test(nul_octet_is_refused),
		cmocka_unit_test(entries_beyond_the_limit_are_refused),
		cmocka_unit_test(densest_texts_fit_their_buffer),
	};

	return cmocka_run_group_tests_name("grammar", tests, NULL, NULL);
}

/* A case for each row of the tables, under the row's name. */
static int run_rows(void)
{
	struct CMUnitTest tests[ROWS(bad) + ROWS(limits)] = { 0 };

	for (size_t i = 0; i < ROWS(bad); i++) {
		tests[i].name = bad[i].name;
		tests[i].test_func = bad_text_is_refused;
		tests[i].initial_state = (void *)&bad[i];
	}
	for (size_t i = 0; i < ROWS(limits); i++) {
		tests[ROWS(bad) + i].name = limits[i].name;
		tests[ROWS(bad) + i].test_func = limit_holds;
		tests[ROWS(bad) + i].initial_state = (void *)&limits[i];
	}
	return cmocka_run_group_tests_name("refused", tests, NULL, NULL);
}

int main(void)
{
	int failed = run_cases();

	return run_rows() || failed;
}
