// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet`, the operator's command: asks or tells the daemon one thing over its
 * control socket and shows the answer to people, or as JSON to programs. It has
 * no privilege of its own and knows nothing that the socket does not tell.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/cli/capture.h"
#include "ctrl/cli/client.h"
#include "ctrl/cli/commands.h"
#include "ctrl/cli/json.h"
#include "ctrl/cli/keys_file.h"
#include "ctrl/cli/target.h"
#include "ctrl/cli/tree.h"
#include "ctrl/cli/watch.h"

#define TIMEOUT_MAX_S	 3600 /* as the daemon has it */
#define FILE_SHOWN_MAX	 256  /* as the daemon has it */
#define DAEMON_TIMEOUT_S 180  /* it waits so long when nobody says */

#define FLOW_LEAST 3 /* SRC DST PROTO */
#define FLOW_MAX   5 /* SPORT DPORT */

enum exit_code {
	EXIT_FINE = 0,
	EXIT_REFUSED = 1, /* the daemon says no, or is not reachable */
	EXIT_USAGE = 2,
	EXIT_MISSING = 3, /* with --check: a tunnel that should be up is not */
};

struct arguments {
	const char *uri;
	const struct command *command; /* NULL: none given */
	const char *target;  /* or the file of a command that takes one */
	const char *file;    /* NULL: none */
	char *keys;	     /* what stands in it */
	const char *timeout; /* as it was typed; NULL: none */
	uint64_t timeout_s;
	char *flow[FLOW_MAX]; /* NULL: not given */
	const char *in;	      /* likewise */
	bool json;
	bool all;
	bool check;
	bool help;
	bool watch;
	const char *every; /* with --watch, as it was typed; NULL: none */
	uint64_t watch_s;
	struct capture_options capture;
	bool captures; /* one of these was given */
};

/* Of options without a letter. */
enum long_option {
	OPTION_WATCH = 256,
	OPTION_SA,
	OPTION_POLICY,
	OPTION_DROP,
	OPTION_BEFORE,
	OPTION_AFTER,
};

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

/* false: it is none of capture's. */
static bool parse_capture(int c, struct arguments *out)
{
	struct capture_options *o = &out->capture;

	switch (c) {
	case 'n':
		o->count = optarg;
		break;
	case 's':
		o->snaplen = optarg;
		break;
	case 'w':
		o->file = optarg;
		break;
	case OPTION_SA:
		o->sa = optarg;
		break;
	case OPTION_POLICY:
		o->policy = optarg;
		break;
	case OPTION_DROP:
		o->drop = optarg;
		break;
	case OPTION_BEFORE:
		o->before = true;
		break;
	case OPTION_AFTER:
		o->after = true;
		break;
	default:
		return false;
	}
	out->captures = true;
	return true;
}

static bool parse_options(int argc, char **argv, struct arguments *out)
{
	static const struct option options[] = {
		{ "after", no_argument, NULL, OPTION_AFTER },
		{ "all", no_argument, NULL, 'a' },
		{ "before", no_argument, NULL, OPTION_BEFORE },
		{ "check", no_argument, NULL, 'c' },
		{ "count", required_argument, NULL, 'n' },
		{ "drop", required_argument, NULL, OPTION_DROP },
		{ "file", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "in", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "policy", required_argument, NULL, OPTION_POLICY },
		{ "sa", required_argument, NULL, OPTION_SA },
		{ "snaplen", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "uri", required_argument, NULL, 'u' },
		{ "watch", no_argument, NULL, OPTION_WATCH },
		{ "write", required_argument, NULL, 'w' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "acf:hi:jn:s:t:u:w:", options,
				NULL)) != -1) {
		switch (c) {
		case 'a':
			out->all = true;
			break;
		case 'c':
			out->check = true;
			break;
		case 'f':
			out->file = optarg;
			break;
		case 'h':
			out->help = true;
			break;
		case 'i':
			out->in = optarg;
			break;
		case 'j':
			out->json = true;
			break;
		case 't':
			out->timeout = optarg;
			break;
		case 'u':
			out->uri = optarg;
			break;
		case OPTION_WATCH:
			out->watch = true;
			break;
		default:
			if (parse_capture(c, out))
				break;
			/* getopt_long() said what is wrong */
			fputs("`cygnet --help` shows the usage\n", stderr);
			return false;
		}
	}
	return true;
}

/* How many of the words the command takes. */
static int take_words(int argc, char **argv, struct arguments *out)
{
	const struct command *command = out->command;
	int n = 0;

	if ((command->has_target || command->has_name || command->run) && argc)
		out->target = argv[n++];
	if (command->has_watch && out->watch && argc)
		out->every = argv[n++];
	while (command->has_flow && n < argc && n < FLOW_MAX) {
		out->flow[n] = argv[n];
		n++;
	}
	return n;
}

/* What the command takes of what was given. */
static bool check_command(int argc, char **argv, struct arguments *out)
{
	const struct command *command = out->command;
	int taken = take_words(argc, argv, out);

	argc -= taken;
	argv += taken;
	if (argc)
		return usage_error("'%s' takes no argument '%s'", command->name,
				   argv[0]);
	if (out->help)
		return true;
	if (command->has_target && !out->target)
		return usage_error("'%s' takes CONN, CONN/CHILD or CHILD",
				   command->name);
	if (command->has_name && !out->target)
		return usage_error("'%s' takes NAME", command->name);
	if (command->has_flow && !out->flow[FLOW_LEAST - 1])
		return usage_error("'%s' takes SRC DST PROTO [SPORT DPORT]",
				   command->name);
	if (out->in && !command->has_flow)
		return usage_error("'%s' has no option --in", command->name);
	if (out->file && !command->has_file)
		return usage_error("'%s' has no option --file", command->name);
	if (out->all && !command->has_all)
		return usage_error("'%s' has no option --all", command->name);
	if (out->captures && !command->captures)
		return usage_error("'%s' takes none of the options of capture",
				   command->name);
	if (out->watch && !command->has_watch)
		return usage_error("'%s' has no option --watch", command->name);
	if (out->every && (!decimal_parse(out->every, &out->watch_s) ||
			   !out->watch_s || out->watch_s > WATCH_MAX_S))
		return usage_error("--watch takes a number of seconds from 1 to "
				   "%d, not '%s'",
				   WATCH_MAX_S, out->every);
	if (out->check && !command->has_check)
		return usage_error("'%s' has no option --check", command->name);
	if (!out->timeout)
		return true;
	if (!command->has_timeout)
		return usage_error("'%s' has no option --timeout",
				   command->name);
	if (!decimal_parse(out->timeout, &out->timeout_s) ||
	    out->timeout_s > TIMEOUT_MAX_S)
		return usage_error("--timeout is a number of seconds from 0 to "
				   "%d, not '%s'",
				   TIMEOUT_MAX_S, out->timeout);
	return true;
}

static bool parse_arguments(int argc, char **argv, struct arguments *out)
{
	int used;

	*out = (struct arguments){ .uri = DEFAULT_URI, .watch_s = 1 };
	if (!parse_options(argc, argv, out))
		return false;
	if (strncmp(out->uri, URI_PREFIX "/", sizeof(URI_PREFIX)) != 0)
		return usage_error("--uri is unix:///PATH, not '%s'", out->uri);
	if (optind == argc)
		return out->help || usage_error("no command");
	out->command = command_find(argv + optind, argc - optind, &used);
	if (!out->command)
		return usage_error("unknown command '%s'", argv[optind]);
	return check_command(argc - optind - used, argv + optind + used, out);
}

static void print_answer(const struct arguments *args, const struct node *answer)
{
	const struct show how = {
		.out = stdout,
		.all = args->all,
		.target = args->target,
		.waited = !args->timeout || args->timeout_s,
		.check = args->check,
	};

	if (args->json)
		json_print(answer, stdout);
	else
		args->command->show(answer, &how);
}

static bool take_item(void *ctx, struct slice body)
{
	return node_collect(ctx, body);
}

static bool is_refusal(const struct node *answer)
{
	return strcmp(node_text(answer, "success"), "no") == 0;
}

/* The daemon's answer as a tree; NULL: there is none, and e says why. */
static struct node *ask(const char *path, const struct command *command,
			const struct question *q, struct error *e)
{
	struct node *items = q->event ? node_collection(command->field) : NULL;
	struct node *answer = NULL;
	struct reply reply;

	if (client_ask(path, q, take_item, items, &reply, e))
		goto free_items;
	answer = node_parse(reply.body);
	if (!answer) {
		error_set(e, -EPROTO, "the answer from %s is malformed", path);
		goto free_items;
	}
	if (items && !is_refusal(answer)) {
		node_free(answer); /* it only ends the list */
		answer = items;
		items = NULL;
	}

free_items:
	node_free(items);
	reply_free(&reply);
	return answer;
}

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* The file's name is for what is said of it; one that cannot be said is not. */
static int fill_manual(struct arguments *args, struct question *q,
		       struct error *e)
{
	const char *file = args->file;
	int err = 0;

	question_add(q, "name", args->target);
	if (!args->command->has_file)
		return 0;
	if (file && strlen(file) < FILE_SHOWN_MAX && is_visible(file))
		question_add(q, "file", file);
	err = keys_file_read(file, &args->keys, e);
	if (!err)
		question_add(q, "text", args->keys);
	return err;
}

static void fill_flow(const struct arguments *args, struct question *q)
{
	static const char *const keys[FLOW_MAX] = { "source", "destination",
						    "protocol", "source-port",
						    "destination-port" };

	for (int i = 0; i < FLOW_MAX && args->flow[i]; i++)
		question_add(q, keys[i], args->flow[i]);
	if (args->in)
		question_add(q, "in", args->in);
}

/* The command's question with what was given to it. */
static int fill_question(struct arguments *args, const char *path,
			 struct target *target, char timeout_ms[16],
			 struct question *q, struct error *e)
{
	const struct command *command = args->command;
	int err;

	*q = (struct question){
		.command = command->request,
		.event = command->event,
	};
	if (command->has_name)
		return fill_manual(args, q, e);
	if (command->has_flow)
		fill_flow(args, q);
	if (command->has_timeout) {
		q->wait_s = args->timeout ? (unsigned int)args->timeout_s
					  : DAEMON_TIMEOUT_S;
		snprintf(timeout_ms, 16, "%d",
			 q->wait_s ? (int)q->wait_s * 1000 : -1);
		question_add(q, "timeout", timeout_ms);
	}
	if (!command->has_target)
		return 0;
	err = target_find(path, args->target, target, e);
	if (!err)
		target_ask(target, q);
	return err;
}

/* An answer is shown, or why it is none; the latter in full. */
static enum exit_code show_answer(const struct arguments *args,
				  const char *path, const struct node *answer)
{
	const char *field = args->command->field;

	if (is_refusal(answer)) {
		fprintf(stderr, "cygnet: %s: %s\n",
			args->target ? args->target : "the daemon refused",
			node_text(answer, "errmsg"));
		return EXIT_REFUSED;
	}
	if (!node_find(answer, field)) {
		fprintf(stderr,
			"cygnet: the answer from %s lacks '%s'; is it another "
			"daemon?\n",
			path, field);
		return EXIT_REFUSED;
	}
	print_answer(args, answer);
	if (args->command->code)
		return (enum exit_code)args->command->code(answer);
	return args->check && status_missing(answer) ? EXIT_MISSING : EXIT_FINE;
}

static enum exit_code run(struct arguments *args)
{
	const char *path = args->uri + strlen(URI_PREFIX);
	struct node *answer = NULL;
	struct target target;
	enum exit_code code;
	char timeout_ms[16];
	struct question q;
	struct error e;

	if (!fill_question(args, path, &target, timeout_ms, &q, &e))
		answer = ask(path, args->command, &q, &e);
	keys_file_wipe(args->keys);
	if (!answer) {
		fprintf(stderr, "cygnet: %s\n", e.text);
		return EXIT_REFUSED;
	}
	code = show_answer(args, path, answer);
	node_free(answer);
	return code;
}

/* Until it fails: Ctrl-C is how it ends. */
static enum exit_code watch(const struct arguments *args)
{
	struct error e;

	watch_drops(args->uri + strlen(URI_PREFIX), (unsigned int)args->watch_s,
		    args->json, stdout, &e);
	fprintf(stderr, "cygnet: %s\n", e.text);
	return EXIT_REFUSED;
}

static enum exit_code capture(const struct arguments *args)
{
	struct question q = { .command = args->command->request };
	struct error e;

	question_add(&q, "timeout", args->timeout);
	if (!capture_run(args->uri + strlen(URI_PREFIX), &q, &args->capture, &e))
		return EXIT_FINE;
	fprintf(stderr, "cygnet: %s\n", e.text);
	return EXIT_REFUSED;
}

int main(int argc, char **argv)
{
	enum exit_code code = EXIT_FINE;
	struct arguments args;

	argv[0] = "cygnet"; /* in messages of getopt_long() */
	if (!parse_arguments(argc, argv, &args))
		return EXIT_USAGE;
	if (args.help)
		fputs(args.command ? args.command->help : general_help(),
		      stdout);
	else if (args.command->run)
		code = (enum exit_code)args.command->run(args.target, args.json,
							 stdout);
	else if (args.command->captures)
		code = capture(&args);
	else if (args.watch)
		code = watch(&args);
	else
		code = run(&args);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "cygnet: cannot write: %s\n", strerror(errno));
		return EXIT_REFUSED;
	}
	return (int)code;
}
