// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of commands and what is made of it: the command line that is read by
 * it, help, completion, and `cygnet watch`, whose lines are in here too.
 */
#include "tests/unit/cli_fixture.h"

#include <getopt.h>

#include "ctrl/cli/arguments.h"
#include "ctrl/cli/completion.h"
#include "ctrl/cli/happens.h"

/* Reads a command line of which the words are separated by blanks. */
static bool parse(const char *line, struct arguments *out)
{
	static char text[256];
	char *argv[16] = { "cygnet" }, *rest = NULL;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	optind = 0; /* getopt_long() begins anew */
	return arguments_parse(argc, argv, out);
}

static void a_command_line_is_read_by_the_tables(void **state)
{
	struct arguments args;

	(void)state;
	assert_true(parse("-j up --timeout=5 site/net -u unix:///x", &args));
	assert_string_equal(args.command->name, "up");
	assert_string_equal(args.words[0], "site/net");
	assert_string_equal(arguments_path(&args), "/x");
	assert_int_equal(args.timeout_s, 5);
	assert_true(arguments_have(&args, OPT(JSON)));
	assert_false(arguments_have(&args, OPT(ALL)));

	assert_true(parse("sa add b2 -f keys", &args));
	assert_string_equal(args.command->name, "sa add");
	assert_string_equal(args.values[OPTION_FILE], "keys");

	assert_true(parse("explain 10.1.0.1 10.2.0.1 tcp 1 2", &args));
	assert_string_equal(args.words[4], "2");

	assert_true(parse("drops --watch 7", &args));
	assert_int_equal(args.watch_s, 7);
	assert_true(parse("drops --watch", &args));
	assert_int_equal(args.watch_s, 1);
}

static void what_a_command_does_not_take_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"stat",
		"status net",
		"status --all",
		"why",
		"why a b",
		"check a b",
		"init 192.0.2.2 10.1.0.0/24",
		"completion",
		"watch now",
		"reload --check",
		"up a -t 3601",
		"drops --watch 0",
		"-u /x status",
	};
	struct arguments args;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (parse(lines[i], &args))
			fail_msg("it takes '%s'", lines[i]);
}

static char *completion(const char *shell)
{
	struct printed p;

	printed_start(&p);
	assert_true(completion_print(shell, p.file));
	assert_int_equal(fclose(p.file), 0);
	return p.text;
}

static void every_command_and_option_is_completed_everywhere(void **state)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };
	const struct command *c;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *text = completion(shells[i]);

		for (size_t k = 0; (c = command_at(k)); k++)
			if (c->summary && !strstr(text, c->name))
				fail_msg("%s lacks %s", shells[i], c->name);
		for (int k = 0; k < OPTION_N; k++)
			if (!strstr(text, option_row((enum option_id)k)->name))
				fail_msg("%s lacks --%s", shells[i],
					 option_row((enum option_id)k)->name);
		free(text);
	}
}

static void an_option_is_completed_where_it_is_taken(void **state)
{
	char *text = completion("bash");

	(void)state;
	assert_non_null(strstr(text, "\tdown) kind=target words='' options=' "
				     "--help --json --timeout --uri' ;;\n"));
	assert_non_null(strstr(text, "\tsa) kind= words=' add delete' options=' "
				     "--file --help --json --uri' ;;\n"));
	assert_non_null(strstr(text, "\tcheck) kind=either "));
	free(text);
	/* Which is read by the first completion, and has to do that one. */
	text = completion("zsh");
	assert_non_null(strstr(text, "loadautofunc ]] && _bash_complete -F"));
	free(text);
	text = completion("fish");
	assert_non_null(strstr(text, "from sa' -a ' add delete'\n"));
	assert_non_null(strstr(text, "from check' -F\n"));
	assert_non_null(strstr(text, "from check' -a '(cygnet completion"));
	free(text);
}

static void targets_are_connections_and_their_children(void **state)
{
	struct node *item =
		answer_of("site{\nchildren{\nnet{\n}\nlab{\n}\n}\n}");
	struct node list = { .name = (char *)"conns", .first = item };
	struct printed p;

	(void)state;
	printed_start(&p);
	completion_targets(&list, p.file);
	printed_end(&p, "site\nsite/net\nsite/lab\n");
	node_free(item);
}

static void every_command_has_help_of_one_form(void **state)
{
	const struct command *c;

	(void)state;
	for (size_t i = 0; (c = command_at(i)); i++) {
		if (strncmp(c->help, "Usage: cygnet ", 14) != 0 ||
		    !strstr(c->help, c->name) || !strstr(c->help, "\nExample"))
			fail_msg("help of %s", c->name);
		for (int k = 0; k < OPTION_N; k++) {
			char name[32];

			snprintf(name, sizeof(name), "--%s",
				 option_row((enum option_id)k)->name);
			if (c->options & UINT64_C(1) << k &&
			    !strstr(c->help, name))
				fail_msg("help of %s lacks %s", c->name, name);
		}
	}
}

static void an_event_is_an_object_a_line(void **state)
{
	struct node *data = answer_of("up=yes\nsite{\nuniqueid=7\n}");
	struct printed p;

	(void)state;
	printed_start(&p);
	happens_print(1700000000, "ike-updown", data, p.file);
	printed_end(&p, "{\"time\":1700000000,\"event\":\"ike-updown\",\"data\":"
			"{\"up\":\"yes\",\"site\":{\"uniqueid\":7}}}\n");
	node_free(data);
}

static void an_event_is_a_line_in_words(void **state)
{
	struct node *data =
		answer_of("group=IKE\nlevel=1\nikesa-name=site\nmsg=it is up");
	struct printed p;

	(void)state;
	setenv("TZ", "UTC", 1);
	printed_start(&p);
	happens_say(45296, data, p.file);
	printed_end(&p, "12:34:56 [IKE] site: it is up\n");
	node_free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_line_is_read_by_the_tables),
		cmocka_unit_test(what_a_command_does_not_take_is_refused),
		cmocka_unit_test(
			every_command_and_option_is_completed_everywhere),
		cmocka_unit_test(an_option_is_completed_where_it_is_taken),
		cmocka_unit_test(targets_are_connections_and_their_children),
		cmocka_unit_test(every_command_has_help_of_one_form),
		cmocka_unit_test(an_event_is_an_object_a_line),
		cmocka_unit_test(an_event_is_a_line_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
