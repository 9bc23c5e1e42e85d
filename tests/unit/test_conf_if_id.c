// SPDX-License-Identifier: BSD-2-Clause
/*
 * if_id_in and if_id_out: of a connection for all of its children, of a child, and
 * of a pair of `manual` for the policies that name it.
 */
#include <errno.h>

#include "ctrl/conf/conf.h"
#include "tests/unit/conf_text.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Where lines are put. */
#define OF_CONN	  "\t\tencap = yes\n"
#define OF_CHILD  "\t\t\t\treplay_window = 1024\n"
#define OF_MANUAL "\t\treplay_window = 128\n"
#define PAIR	  "\t\tesp_proposals = aes256-sha256\n"
#define MODE	  "\t\tmode = tunnel\n"

static struct config *parse(const char *file, const char *find,
			    const char *lines, struct error *e)
{
	char *text = changed_from(file, find, lines);
	struct config *c = NULL;

	if (conf_parse("f", slice_of(text, strlen(text)), &c, e))
		c = NULL;
	free(text);
	return c;
}

static struct config *taken(const char *file, const char *find,
			    const char *lines)
{
	struct error e;
	struct config *c = parse(file, find, lines, &e);

	if (!c)
		fail_msg("%s", e.text);
	return c;
}

static void assert_child(const struct config *c, size_t child, uint32_t in,
			 uint32_t out)
{
	const struct child_conf *of = &c->conns[0].children[child];

	assert_int_equal(of->if_id_in, in);
	assert_int_equal(of->if_id_out, out);
}

static void connection_says_it_for_its_children(void **state)
{
	struct config *c = taken(good_conns, OF_CONN,
				 "if_id_in = 42\nif_id_out = 0xffffffff\n");

	(void)state;
	assert_child(c, 0, 42, UINT32_MAX);
	assert_child(c, 1, 42, UINT32_MAX);
	config_free(c);
}

static void child_says_it_for_itself(void **state)
{
	struct config *c =
		taken(good_conns, OF_CHILD, "if_id_in = 1\nif_id_out = 2\n");

	(void)state;
	assert_child(c, 0, 1, 2);
	assert_child(c, 1, 0, 0);
	config_free(c);
}

static void policies_have_that_of_their_pair(void **state)
{
	struct config *c =
		taken(good, PAIR, PAIR "if_id_in = 7\nif_id_out = 8\n");
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < c->n_policies; i++) {
		const struct policy_conf *p = &c->policies[i];
		bool is_its = p->action == SPD_PROTECT &&
			      strcmp(c->manual[p->manual].name, "to-c") == 0;

		assert_int_equal(p->if_id_in, is_its ? 7 : 0);
		assert_int_equal(p->if_id_out, is_its ? 8 : 0);
		n += is_its;
	}
	assert_true(n > 0);
	config_free(c);
}

#define NO_UNIQUE                                                          \
	"is %unique, another interface for each SA, to which no route of " \
	"yours could lead beforehand; write a number of your choice"
#define NO_NUMBER "must be a number from 1 to 4294967295, or 0 (no interface)"

static const struct refused {
	const char *file;
	const char *find;
	const char *lines;
	const char *error;
} refused[] = {
	{ good_conns, OF_CONN, "if_id_in = %unique\n",
	  "connections.moon.if_id_in " NO_UNIQUE },
	{ good_conns, OF_CHILD, "if_id_out = %unique-dir\n",
	  "connections.moon.children.net.if_id_out " NO_UNIQUE },
	{ good_conns, OF_CHILD, "if_id_out = 4294967296\n",
	  "connections.moon.children.net.if_id_out " NO_NUMBER },
	{ good_conns, OF_CHILD, "if_id_in = ipsec42\n",
	  "connections.moon.children.net.if_id_in " NO_NUMBER },
	{ good, OF_MANUAL, "if_id_in = -1\n", "manual.to-b.if_id_in " NO_NUMBER },
	{ good, MODE, "mode = transport\nif_id_out = 42\n",
	  "manual.to-b.if_id_out does not go with mode = transport: a route to "
	  "the interface would lead what is protected there again; remove the "
	  "line, or write mode = tunnel" },
};

static void mistakes_are_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		const struct refused *r = &refused[i];
		const char *text;
		struct error e;

		assert_null(parse(r->file, r->find, r->lines, &e));
		text = strchr(strchr(e.text, ':') + 1, ' ');
		assert_string_equal(text + 1, r->error);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(connection_says_it_for_its_children),
		cmocka_unit_test(child_says_it_for_itself),
		cmocka_unit_test(policies_have_that_of_their_pair),
		cmocka_unit_test(mistakes_are_refused_by_name),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
