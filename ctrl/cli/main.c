// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet`, the operator's command: asks or tells the daemon one thing over its
 * control socket and shows the answer to people, or as JSON to programs. It has
 * no privilege of its own and knows nothing that the socket does not tell, but
 * for the few commands that need no daemon.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/arguments.h"
#include "ctrl/cli/ask.h"
#include "ctrl/cli/json.h"
#include "ctrl/cli/keys_file.h"
#include "ctrl/cli/target.h"
#include "ctrl/cli/tree.h"
#include "ctrl/cli/watch.h"

#define FILE_SHOWN_MAX	 256 /* as the daemon has it */
#define DAEMON_TIMEOUT_S 180 /* it waits so long when nobody says */

enum exit_code {
	EXIT_FINE = 0,
	EXIT_REFUSED = 1, /* the daemon says no, or is not reachable */
	EXIT_USAGE = 2,
	EXIT_MISSING = 3, /* with --check: a tunnel that should be up is not */
};

/* What the question borrows. */
struct asked {
	struct target target;
	char timeout_ms[16];
	char *keys; /* what stands in a file of them; NULL: nothing */
};

static void print_answer(const struct arguments *args, const struct node *answer)
{
	const struct show how = {
		.out = stdout,
		.all = arguments_have(args, OPT(ALL)),
		.target = args->words[0],
		.waited = !args->values[OPTION_TIMEOUT] || args->timeout_s,
		.check = arguments_have(args, OPT(CHECK)),
		.dry_run = arguments_have(args, OPT(DRY_RUN)),
	};

	if (arguments_have(args, OPT(JSON)))
		json_print(answer, stdout);
	else
		args->command->show(answer, &how);
}

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* The file's name is for what is said of it; one that cannot be said is not. */
static int fill_manual(const struct arguments *args, struct asked *asked,
		       struct question *q, struct error *e)
{
	const char *file = args->values[OPTION_FILE];
	int err = 0;

	question_add(q, "name", args->words[0]);
	if (!(args->command->options & OPT(FILE)))
		return 0;
	if (file && strlen(file) < FILE_SHOWN_MAX && is_visible(file))
		question_add(q, "file", file);
	err = keys_file_read(file, &asked->keys, e);
	if (!err)
		question_add(q, "text", asked->keys);
	return err;
}

static void fill_flow(const struct arguments *args, struct question *q)
{
	static const char *const keys[] = { "source", "destination", "protocol",
					    "source-port", "destination-port" };

	_Static_assert(sizeof(keys) / sizeof(keys[0]) == ARGUMENTS_WORDS_MAX,
		       "a key for each word");
	for (int i = 0; i < ARGUMENTS_WORDS_MAX; i++)
		question_add(q, keys[i], args->words[i]);
	question_add(q, "in", args->values[OPTION_IN]);
}

static void fill_timeout(const struct arguments *args, struct asked *asked,
			 struct question *q)
{
	q->wait_s = args->values[OPTION_TIMEOUT] ? (unsigned int)args->timeout_s
						 : DAEMON_TIMEOUT_S;
	snprintf(asked->timeout_ms, sizeof(asked->timeout_ms), "%d",
		 q->wait_s ? (int)q->wait_s * 1000 : -1);
	question_add(q, "timeout", asked->timeout_ms);
}

/* The command's question with what was given to it. */
static int fill_question(const struct arguments *args, struct asked *asked,
			 struct question *q, struct error *e)
{
	const struct command *command = args->command;
	int err;

	*q = (struct question){
		.command = arguments_have(args, OPT(DRY_RUN)) ? command->dry_run
							      : command->request,
		.event = command->event,
	};
	if (command->yes)
		question_add(q, command->yes, "yes");
	if (command->words == WORDS_NAME)
		return fill_manual(args, asked, q, e);
	if (command->words == WORDS_FLOW)
		fill_flow(args, q);
	if (command->waits)
		fill_timeout(args, asked, q);
	if (command->words != WORDS_TARGET)
		return 0;
	err = target_find(arguments_path(args), args->words[0], &asked->target,
			  e);
	if (!err)
		target_ask(&asked->target, q);
	return err;
}

/* An answer is shown, or why it is none; the latter in full. */
static enum exit_code show_answer(const struct arguments *args,
				  const struct node *answer)
{
	const char *field = args->command->field;

	if (ask_is_refusal(answer)) {
		fprintf(stderr, "cygnet: %s: %s\n",
			args->words[0] ? args->words[0] : "the daemon refused",
			node_text(answer, "errmsg"));
		return EXIT_REFUSED;
	}
	if (!node_find(answer, field)) {
		fprintf(stderr,
			"cygnet: the answer from %s lacks '%s'; is it another "
			"daemon?\n",
			arguments_path(args), field);
		return EXIT_REFUSED;
	}
	print_answer(args, answer);
	if (args->command->code)
		return (enum exit_code)args->command->code(answer);
	return arguments_have(args, OPT(CHECK)) && status_missing(answer)
		       ? EXIT_MISSING
		       : EXIT_FINE;
}

static enum exit_code fail(const struct error *e)
{
	fprintf(stderr, "cygnet: %s\n", e->text);
	return EXIT_REFUSED;
}

static enum exit_code run(const struct arguments *args)
{
	struct node *answer = NULL;
	struct asked asked = { 0 };
	enum exit_code code;
	struct question q;
	struct error e;

	if (!fill_question(args, &asked, &q, &e))
		answer = ask_daemon(arguments_path(args), &q,
				    args->command->field, &e);
	keys_file_wipe(asked.keys);
	if (!answer)
		return fail(&e);
	code = show_answer(args, answer);
	node_free(answer);
	return code;
}

/* Until it fails: Ctrl-C is how it ends. */
static enum exit_code watch(const struct arguments *args)
{
	struct error e;

	watch_drops(arguments_path(args), (unsigned int)args->watch_s,
		    arguments_have(args, OPT(JSON)), stdout, &e);
	return fail(&e);
}

static void help(const struct arguments *args)
{
	if (args->command)
		fputs(args->command->help, stdout);
	else
		general_help(stdout);
}

int main(int argc, char **argv)
{
	enum exit_code code = EXIT_FINE;
	struct arguments args;

	argv[0] = "cygnet"; /* in messages of getopt_long() */
	if (!arguments_parse(argc, argv, &args))
		return EXIT_USAGE;
	if (arguments_have(&args, OPT(HELP)))
		help(&args);
	else if (args.command->run)
		code = (enum exit_code)args.command->run(&args, stdout);
	else if (arguments_have(&args, OPT(WATCH)))
		code = watch(&args);
	else
		code = run(&args);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "cygnet: cannot write: %s\n", strerror(errno));
		return EXIT_REFUSED;
	}
	return (int)code;
}
