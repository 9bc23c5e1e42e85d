// SPDX-License-Identifier: BSD-2-Clause
/* References from one section to others: strongswan.conf(5). */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "ctrl/conf/parse.h"
#include "ctrl/conf/refer.h"
#include "tests/unit/conf_text.h"

static int parse(const char *text, struct tree *t, struct error *e)
{
	const struct parse_source src = { .name = "f",
					  .text = slice_of(text, strlen(text)) };

	return parse_tree(&src, t, e);
}

static void write_section(const struct section *s, FILE *out)
{
	for (const struct value *v = s->values; v; v = v->next)
		fprintf(out, "%s=%s ", v->key, v->text);
	for (const struct section *c = s->sections; c; c = c->next) {
		fprintf(out, "%s{ ", c->name);
		write_section(c, out);
		fprintf(out, "} ");
	}
}

/* What is in the section s of the text. */
static void assert_has(const char *text, const char *want)
{
	size_t len = 0;
	char *is = NULL;
	FILE *out = open_memstream(&is, &len);
	struct error e;
	struct tree t;

	assert_non_null(out);
	if (parse(text, &t, &e))
		fail_msg("%s", e.text);
	assert_non_null(tree_section(&t.root, "s"));
	write_section(tree_section(&t.root, "s"), out);
	fclose(out);
	assert_string_equal(is, want);
	free(is);
	tree_free(&t);
}

static void what_is_referred_to_follows_what_is_its_own(void **state)
{
	(void)state;
	assert_has("t {\n a = 1\n b = 2\n x {\n c = 3\n }\n}\n"
		   "s : t {\n b = 4\n d = 5\n}\n",
		   "b=4 d=5 a=1 x{ c=3 } ");
	assert_has("s : t {\n}\nt {\n a = 1\n}\n", "a=1 ");
}

static void of_several_the_first_one_says_it(void **state)
{
	(void)state;
	assert_has("t {\n a = 1\n b = 1\n}\nu {\n b = 2\n c = 2\n}\n"
		   "s : t, u {\n}\n",
		   "a=1 b=1 c=2 ");
	assert_has("t {\n a = 1\n b = 1\n}\nu {\n b = 2\n c = 2\n}\n"
		   "s : u\n ,\tt\n{\n}\n",
		   "b=2 c=2 a=1 ");
}

static void sections_in_both_are_one(void **state)
{
	(void)state;
	assert_has("t {\n x {\n a = 1\n b = 1\n y {\n c = 1\n }\n }\n}\n"
		   "s : t {\n x {\n b = 2\n y {\n d = 2\n }\n }\n z {\n }\n}\n",
		   "x{ b=2 a=1 y{ d=2 c=1 } } z{ } ");
	assert_has("t {\n x {\n a = 1\n b = 1\n }\n}\nu {\n a = 2\n}\n"
		   "s : t {\n x : u {\n }\n}\n",
		   "x{ a=2 b=1 } ");
}

static void references_lead_to_others(void **state)
{
	(void)state;
	assert_has("u {\n a = 1\n b = 1\n}\nt : u {\n b = 2\n}\n"
		   "s : t {\n c = 3\n}\n",
		   "c=3 b=2 a=1 ");
	assert_has("u {\n x : w {\n }\n}\nw {\n a = 1\n}\ns : u {\n}\n",
		   "x{ a=1 } ");
	assert_has("u {\n x : w {\n }\n}\nw {\n a = 1\n}\n"
		   "s : u {\n x {\n b = 2\n }\n}\n",
		   "x{ b=2 a=1 } ");
	assert_has("s : t.x.y {\n}\nt : u {\n}\n"
		   "u {\n x {\n y {\n a = 1\n }\n }\n}\n",
		   "a=1 ");
	assert_has("s {\n one {\n a = 1\n}\n two : s.one {\n b = 2\n }\n}\n",
		   "one{ a=1 } two{ b=2 a=1 } ");
}

static void empty_assignment_takes_a_value_away(void **state)
{
	(void)state;
	assert_has("t {\n a = 1\n b = 2\n}\ns : t {\n a =\n}\n", "b=2 ");
	assert_has("t {\n a = 1\n}\nu {\n a = 2\n}\ns : t, u {\n a =\n}\n", "");
	assert_has("u {\n a = 1\n}\nt : u {\n a =\n}\ns : t, u {\n}\n", "");
	assert_has("s {\n a =\n}\n", "a= ");
}

static const char defaults[] =
	"gateway {\n unprotected = wan0\n}\n"
	"conn-defaults {\n" /* 4 */
	" local_addrs = 192.0.2.1\n dpd_delay = %s\n"
	" local {\n auth = psk\n }\n remote {\n auth = psk\n }\n}\n" /* 13 */
	"child-defaults {\n local_ts = 10.1.0.0/16\n start_action = trap\n}\n"
	"connections {\n"
	" a : conn-defaults {\n"
	"  remote_addrs = 192.0.2.2\n"
	"  children {\n"
	"   net : child-defaults {\n    remote_ts = 10.2.0.0/16\n   }\n"
	"  }\n }\n"
	" b : connections.a {\n"
	"  remote_addrs = 192.0.2.3\n"
	"  children {\n   net {\n    remote_ts = 10.3.0.0/16\n   }\n  }\n"
	" }\n}\n";

static void connections_have_defaults_in_common(void **state)
{
	char text[1024], ts[PREFIX_STR_MAX];
	struct config *c;
	struct error e;

	(void)state;
	snprintf(text, sizeof(text), defaults, "30s");
	if (conf_parse("f", slice_of(text, strlen(text)), &c, &e))
		fail_msg("%s", e.text);
	assert_int_equal(c->n_conns, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct conn_conf *conn = &c->conns[i];

		assert_int_equal(conn->dpd_delay, 30);
		assert_int_equal(conn->n_children, 1);
		assert_int_equal(conn->children[0].start_action, CHILD_TRAP);
		assert_string_equal(
			prefix_str(&conn->children[0].remote_ts[0].net, ts),
			i ? "10.3.0.0/16" : "10.2.0.0/16");
	}
	config_free(c);
}

static void mistake_is_where_it_was_written(void **state)
{
	struct config *c;
	struct error e;
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), defaults, "soon");
	assert_int_equal(conf_parse("f", slice_of(text, strlen(text)), &c, &e),
			 -EINVAL);
	assert_string_equal(e.text,
			    "f:6:14: connections.a.dpd_delay must be a number "
			    "of seconds, or one with s, m, h or d such as 4h, "
			    "up to 3650d");
}

static void section_that_nobody_refers_to_is_unknown(void **state)
{
	static const char text[] = "gateway {\n unprotected = wan0\n}\n"
				   "conn-defaults {\n}\n";
	struct config *c;
	struct error e;

	(void)state;
	assert_int_equal(conf_parse("f", slice_of(text, strlen(text)), &c, &e),
			 -EINVAL);
	assert_non_null(strstr(e.text, "unknown section 'conn-defaults'"));
}

static void circles_are_refused(void **state)
{
	static const char *const texts[] = {
		"s : s {\n}\n",
		"s : t {\n}\nt : s {\n}\n",
		"s : t {\n}\nt {\n x : s {\n }\n}\n",
		"s {\n x : s {\n }\n}\n",
		"s : t.x {\n}\nt : s {\n}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error e;
		struct tree t;

		assert_int_equal(parse(texts[i], &t, &e), -EINVAL);
		assert_non_null(strstr(e.text, "refers to itself"));
		tree_free(&t);
	}
}

/* Each refers to the one before it: itself, or as many sections in it. */
static int parse_chain(unsigned int n, unsigned int inside, struct error *e)
{
	size_t len, room = n * (inside + 1) * 40 + 40;
	char *text = malloc(room);
	struct tree t;
	int err;

	assert_non_null(text);
	len = (size_t)snprintf(text, room, "s0 {\n a = 1\n}\n");
	for (unsigned int i = 1; i < n; i++) {
		if (!inside)
			len += (size_t)snprintf(text + len, room - len,
						"s%u : s%u {\n}\n", i, i - 1);
		else
			len += (size_t)snprintf(text + len, room - len,
						"s%u {\n", i);
		for (unsigned int k = 0; k < inside; k++)
			len += (size_t)snprintf(text + len, room - len,
						"x%u : s%u {\n}\n", k, i - 1);
		if (inside)
			len += (size_t)snprintf(text + len, room - len, "}\n");
	}
	err = parse(text, &t, e);
	tree_free(&t);
	free(text);
	return err;
}

static void nothing_grows_beyond_bounds(void **state)
{
	struct error e;

	(void)state;
	assert_int_equal(parse_chain(4000, 0, &e), 0);
	assert_int_equal(parse_chain(15, 1, &e), 0);
	assert_int_equal(parse_chain(40, 1, &e), -E2BIG);
	assert_non_null(strstr(e.text, "nested deeper than 16"));
	assert_int_equal(parse_chain(4, 10, &e), 0);
	assert_int_equal(parse_chain(10, 10, &e), -E2BIG);
	assert_non_null(strstr(e.text, "1048576 by references in all"));
}

static void long_rows_of_references_are_refused(void **state)
{
	char text[64 * 100];
	size_t len = 0;
	struct error e;
	struct tree t;

	(void)state;
	for (unsigned int i = 0; i <= REFER_DEPTH_MAX; i++)
		len += (size_t)sprintf(text + len, "s%u : s%u {\n}\n", i, i + 1);
	sprintf(text + len, "s%u {\n}\n", REFER_DEPTH_MAX + 1);
	assert_int_equal(parse(text, &t, &e), -E2BIG);
	assert_string_equal(e.text, "f:129:7: references that lead to others, "
				    "more than 64 in a row; refer to the last "
				    "one");
	tree_free(&t);
}

static void many_references_of_one_section_are_refused(void **state)
{
	char text[256] = "t {\n}\ns : t";
	struct error e;
	struct tree t;

	(void)state;
	for (unsigned int i = 1; i < REFER_OF_ONE_MAX; i++)
		strcat(text, ",t");
	strcat(text, " {\n}\n");
	assert_int_equal(parse(text, &t, &e), 0);
	tree_free(&t);
	strcpy(strrchr(text, ' '), ",t {\n}\n");
	assert_int_equal(parse(text, &t, &e), -E2BIG);
	assert_string_equal(e.text, "f:3:69: more than 32 references of one "
				    "section; put some of what they hold "
				    "together");
	tree_free(&t);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(what_is_referred_to_follows_what_is_its_own),
		cmocka_unit_test(of_several_the_first_one_says_it),
		cmocka_unit_test(sections_in_both_are_one),
		cmocka_unit_test(references_lead_to_others),
		cmocka_unit_test(empty_assignment_takes_a_value_away),
		cmocka_unit_test(connections_have_defaults_in_common),
		cmocka_unit_test(mistake_is_where_it_was_written),
		cmocka_unit_test(section_that_nobody_refers_to_is_unknown),
		cmocka_unit_test(circles_are_refused),
		cmocka_unit_test(nothing_grows_beyond_bounds),
		cmocka_unit_test(many_references_of_one_section_are_refused),
		cmocka_unit_test(long_rows_of_references_are_refused),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
