// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/arguments.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/cli/tree.h"
#include "ctrl/cli/watch.h"

#define TIMEOUT_MAX_S 3600 /* as the daemon has it */
#define LONG_ONLY     256  /* what getopt_long() says of an option's id */

/* Says what is wrong with the command line; false, for the caller to return. */
__attribute__((format(printf, 1, 2))) static bool usage_error(const char *fmt,
							      ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("cygnet: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputs("; `cygnet --help` shows the usage\n", stderr);
	va_end(ap);
	return false;
}

/* What getopt_long() wants of the table. */
struct getopt_table {
	struct option options[OPTION_N + 1];
	char letters[2 * OPTION_N + 1];
};

static void fill_getopt(struct getopt_table *t)
{
	size_t at = 0;

	memset(t, 0, sizeof(*t));
	for (int i = 0; i < OPTION_N; i++) {
		const struct option_row *row = option_row((enum option_id)i);
		const bool has_value = row->value != VALUE_NONE;

		t->options[i] = (struct option){
			.name = row->name,
			.has_arg = has_value ? required_argument : no_argument,
			.val = LONG_ONLY + i,
		};
		if (!row->letter)
			continue;
		t->letters[at++] = row->letter;
		if (has_value)
			t->letters[at++] = ':';
	}
}

/* -1: there is none. */
static int option_find(int c)
{
	if (c >= LONG_ONLY)
		return c - LONG_ONLY;
	for (int i = 0; i < OPTION_N; i++)
		if (option_row((enum option_id)i)->letter == c)
			return i;
	return -1;
}

static bool parse_options(int argc, char **argv, struct arguments *out)
{
	struct getopt_table t;
	int c, id;

	fill_getopt(&t);
	while ((c = getopt_long(argc, argv, t.letters, t.options, NULL)) != -1) {
		id = option_find(c);
		if (id < 0) {
			/* getopt_long() said what is wrong */
			fputs("`cygnet --help` shows the usage\n", stderr);
			return false;
		}
		if (out->n_all == ARGUMENTS_OPTIONS_MAX)
			return usage_error("more than %d options",
					   ARGUMENTS_OPTIONS_MAX);
		out->given |= UINT64_C(1) << id;
		out->values[id] = optarg;
		out->all[out->n_all++] =
			(struct argument){ (enum option_id)id, optarg };
	}
	return true;
}

bool arguments_have(const struct arguments *args, uint64_t option)
{
	return args->given & option;
}

const char *arguments_path(const struct arguments *args)
{
	return args->uri + strlen(URI_PREFIX);
}

/* How many words a command takes at most. */
static int words_max(const struct arguments *args)
{
	switch (args->command->words) {
	case WORDS_NONE:
		break;
	case WORDS_TARGET:
	case WORDS_NAME:
	case WORDS_FILE:
	case WORDS_CHECKED:
	case WORDS_PEER:
	case WORDS_SHELL:
	case WORDS_EVERY:
		return 1;
	case WORDS_SITE:
		return 3;
	case WORDS_FLOW:
		return ARGUMENTS_WORDS_MAX;
	}
	return arguments_have(args, OPT(WATCH)) &&
	       args->command->options & OPT(WATCH);
}

static bool check_words(const struct arguments *args)
{
	const char *name = args->command->name;

	switch (args->command->words) {
	case WORDS_NONE:
	case WORDS_FILE:
	case WORDS_CHECKED:
	case WORDS_EVERY:
		return true;
	case WORDS_TARGET:
		return args->words[0] ||
		       usage_error("'%s' takes CONN, CONN/CHILD or CHILD", name);
	case WORDS_PEER:
		return args->words[0] ||
		       usage_error("'%s' takes an address, or CONN", name);
	case WORDS_NAME:
		return args->words[0] || usage_error("'%s' takes NAME", name);
	case WORDS_SHELL:
		return args->words[0] ||
		       usage_error(
			       "'%s' takes bash, zsh, fish, commands or targets",
			       name);
	case WORDS_SITE:
		return args->words[2] ||
		       usage_error("'%s' takes PEER LOCAL_TS REMOTE_TS", name);
	case WORDS_FLOW:
		return args->words[2] ||
		       usage_error("'%s' takes SRC DST PROTO [SPORT DPORT]",
				   name);
	}
	return true;
}

/* What was given is what the command takes. */
static bool check_options(const struct arguments *args)
{
	const uint64_t taken = args->command->options | OPTIONS_GENERAL;

	for (int i = 0; i < OPTION_N; i++)
		if (args->given & ~taken & UINT64_C(1) << i)
			return usage_error("'%s' has no option --%s",
					   args->command->name,
					   option_row((enum option_id)i)->name);
	return true;
}

static bool check_seconds(struct arguments *args)
{
	const bool is_every = args->command->words == WORDS_EVERY ||
			      arguments_have(args, OPT(WATCH));
	const char *every = is_every ? args->words[0] : NULL;
	const char *timeout = args->values[OPTION_TIMEOUT];

	if (every && (!decimal_parse(every, &args->watch_s) || !args->watch_s ||
		      args->watch_s > WATCH_MAX_S))
		return usage_error("SECONDS is a number from 1 to %d, not '%s'",
				   WATCH_MAX_S, every);
	if (timeout && (!decimal_parse(timeout, &args->timeout_s) ||
			args->timeout_s > TIMEOUT_MAX_S))
		return usage_error("--timeout is a number of seconds from 0 to "
				   "%d, not '%s'",
				   TIMEOUT_MAX_S, timeout);
	return true;
}

static bool take_words(int argc, char **argv, struct arguments *out)
{
	const int max = words_max(out);

	for (int i = 0; i < argc && i < max; i++)
		out->words[i] = argv[i];
	return argc <= max || usage_error("'%s' takes no argument '%s'",
					  out->command->name, argv[max]);
}

bool arguments_parse(int argc, char **argv, struct arguments *out)
{
	int used;

	*out = (struct arguments){ .uri = DEFAULT_URI, .watch_s = 1 };
	if (!parse_options(argc, argv, out))
		return false;
	if (out->values[OPTION_URI])
		out->uri = out->values[OPTION_URI];
	if (strncmp(out->uri, URI_PREFIX "/", sizeof(URI_PREFIX)) != 0)
		return usage_error("--uri is unix:///PATH, not '%s'", out->uri);
	if (optind == argc)
		return arguments_have(out, OPT(HELP)) ||
		       usage_error("no command");
	out->command = command_find(argv + optind, argc - optind, &used);
	if (!out->command)
		return usage_error("unknown command '%s'", argv[optind]);
	if (!take_words(argc - optind - used, argv + optind + used, out))
		return false;
	if (arguments_have(out, OPT(HELP)))
		return true;
	return check_words(out) && check_options(out) && check_seconds(out);
}
