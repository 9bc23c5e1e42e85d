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

#include "ctrl/cli/client.h"
#include "ctrl/cli/json.h"
#include "ctrl/cli/show.h"
#include "ctrl/cli/target.h"
#include "ctrl/cli/tree.h"

#define URI_PREFIX  "unix://"
#define DEFAULT_URI URI_PREFIX "/run/cygnet/vici"

#define TIMEOUT_MAX_S	 3600 /* as the daemon has it */
#define DAEMON_TIMEOUT_S 180  /* it waits so long when nobody says */

enum exit_code {
	EXIT_FINE = 0,
	EXIT_REFUSED = 1, /* the daemon says no, or is not reachable */
	EXIT_USAGE = 2,
};

struct command {
	const char *name;
	const char *request; /* VICI's name for it */
	const char *field;   /* without it, an answer is not one to this */
	const char *event;   /* of a list's items; NULL: it is no list */
	bool has_all;	     /* takes --all */
	bool has_target;     /* takes CONN or CHILD */
	bool has_timeout;    /* takes --timeout */
	void (*show)(const struct node *answer, const struct show *how);
	const char *help;
};

struct arguments {
	const char *uri;
	const struct command *command; /* NULL: none given */
	const char *target;
	const char *timeout; /* as it was typed; NULL: none */
	uint64_t timeout_s;
	bool json;
	bool all;
	bool help;
};

static const char general_help[] =
	"Usage: cygnet [OPTIONS] COMMAND\n"
	"\n"
	"Shows and tells the IPsec gateway cygnetd what to do. This is version " CYG_VERSION
	".\n"
	"\n"
	"Commands:\n"
	"  status    interfaces, policies, and of each tunnel whether it passes traffic\n"
	"  sa        IKE SAs and their children\n"
	"  up        bring a connection or a child up\n"
	"  down      end it\n"
	"  rekey     give it new keys\n"
	"  drops     packets that were dropped or let pass, by reason\n"
	"  version   of this program and of the daemon\n"
	"\n"
	"Options:\n"
	"  -j, --json      print the daemon's answer as JSON\n"
	"  -u, --uri=URI   the daemon's socket (" DEFAULT_URI ")\n"
	"  -h, --help      this text, or with a command that command's\n"
	"\n"
	"Exit code: 0 fine; 1 the daemon refused or was not reachable; 2 wrong usage.\n"
	"\n"
	"Example:\n"
	"  cygnet status\n";

static const char status_help[] =
	"Usage: cygnet [-j] [-u URI] status\n"
	"\n"
	"Shows gateway, interfaces, policies in the order in which they match, and\n"
	"tunnels. A tunnel is `passing` when both directions had a packet within the\n"
	"last 60 s, `one-way` when one had, and else `idle`. --json has the ids of\n"
	"the BPF maps as well, for `bpftool map dump id`.\n"
	"\n"
	"Example: every tunnel that received nothing\n"
	"  cygnet status --json |\n"
	"    jq -r '.tunnels | to_entries[] | select(.value.in.packets == 0).key'\n";

static const char drops_help[] =
	"Usage: cygnet [-j] [-u URI] drops [-a]\n"
	"\n"
	"Shows how many packets were dropped, and how many let pass or handed on, by\n"
	"reason since the daemon started. --json has always every reason.\n"
	"\n"
	"  -a, --all   also the reasons that never happened\n"
	"\n"
	"Example:\n"
	"  cygnet drops --all\n";

static const char version_help[] =
	"Usage: cygnet [-j] [-u URI] version\n"
	"\n"
	"Shows the version of this program and that of the daemon, with its host's\n"
	"operating system. It asks any daemon that speaks VICI.\n"
	"\n"
	"Example:\n"
	"  cygnet --uri unix:///run/charon.vici version\n";

static const char sa_help[] =
	"Usage: cygnet [-j] [-u URI] sa\n"
	"\n"
	"Shows a line for each IKE SA and below it one for each of its CHILD SAs. It\n"
	"asks any daemon that speaks VICI.\n"
	"\n"
	"Example: the connections that are up\n"
	"  cygnet sa --json | jq -r '.sas[] | keys[]'\n";

#define TARGET_HELP \
	"A name alone is a connection's, if there is one, and else a child's.\n"

static const char up_help[] =
	"Usage: cygnet [-j] [-u URI] up [-t SECONDS] CONN[/CHILD] | CHILD\n"
	"\n"
	"Brings a child up, with the IKE SA that it needs, and waits until it is; of a\n"
	"connection alone its first child.\n" TARGET_HELP "\n"
	"  -t, --timeout=SECONDS   wait no longer than this (180); 0: don't wait\n"
	"\n"
	"Example:\n"
	"  cygnet up --timeout 5 site/net\n";

static const char down_help[] =
	"Usage: cygnet [-j] [-u URI] down [-t SECONDS] CONN[/CHILD] | CHILD\n"
	"\n"
	"Ends the IKE SAs of a connection, or a child's SAs alone, and waits until they\n"
	"are gone.\n" TARGET_HELP "\n"
	"  -t, --timeout=SECONDS   wait no longer than this (180); 0: don't wait\n"
	"\n"
	"Example:\n"
	"  cygnet down site\n";

static const char rekey_help[] =
	"Usage: cygnet [-j] [-u URI] rekey CONN[/CHILD] | CHILD\n"
	"\n"
	"Gives the IKE SAs of a connection new keys, or a child's SAs; it does not wait\n"
	"for them.\n" TARGET_HELP "\n"
	"Example:\n"
	"  cygnet rekey site/net\n";

static const struct command commands[] = {
	{
		.name = "status",
		.request = "cygnet-status",
		.field = "gateway",
		.show = show_status,
		.help = status_help,
	},
	{
		.name = "sa",
		.request = "list-sas",
		.field = "sas",
		.event = "list-sa",
		.show = show_sa,
		.help = sa_help,
	},
	{
		.name = "up",
		.request = "initiate",
		.field = "success",
		.has_target = true,
		.has_timeout = true,
		.show = show_done,
		.help = up_help,
	},
	{
		.name = "down",
		.request = "terminate",
		.field = "success",
		.has_target = true,
		.has_timeout = true,
		.show = show_done,
		.help = down_help,
	},
	{
		.name = "rekey",
		.request = "rekey",
		.field = "success",
		.has_target = true,
		.show = show_done,
		.help = rekey_help,
	},
	{
		.name = "drops",
		.request = "cygnet-drops",
		.field = "drops",
		.has_all = true,
		.show = show_drops,
		.help = drops_help,
	},
	{
		.name = "version",
		.request = "version",
		.field = "daemon",
		.show = show_version,
		.help = version_help,
	},
};

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

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

static bool parse_options(int argc, char **argv, struct arguments *out)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "timeout", required_argument, NULL, 't' },
		{ "uri", required_argument, NULL, 'u' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "ahjt:u:", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			out->all = true;
			break;
		case 'h':
			out->help = true;
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
		default: /* getopt_long() said what is wrong */
			fputs("`cygnet --help` shows the usage\n", stderr);
			return false;
		}
	}
	return true;
}

/* What the command takes of what was given. */
static bool check_command(int argc, char **argv, struct arguments *out)
{
	const struct command *command = out->command;

	if (command->has_target && argc) {
		out->target = argv[0];
		argc--;
		argv++;
	}
	if (argc)
		return usage_error("'%s' takes no argument '%s'", command->name,
				   argv[0]);
	if (out->help)
		return true;
	if (command->has_target && !out->target)
		return usage_error("'%s' takes CONN, CONN/CHILD or CHILD",
				   command->name);
	if (out->all && !command->has_all)
		return usage_error("'%s' has no option --all", command->name);
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
	*out = (struct arguments){ .uri = DEFAULT_URI };
	if (!parse_options(argc, argv, out))
		return false;
	if (strncmp(out->uri, URI_PREFIX "/", sizeof(URI_PREFIX)) != 0)
		return usage_error("--uri is unix:///PATH, not '%s'", out->uri);
	if (optind == argc)
		return out->help || usage_error("no command");
	out->command = command_find(argv[optind]);
	if (!out->command)
		return usage_error("unknown command '%s'", argv[optind]);
	return check_command(argc - optind - 1, argv + optind + 1, out);
}

static void print_answer(const struct arguments *args, const struct node *answer)
{
	const struct show how = {
		.out = stdout,
		.all = args->all,
		.target = args->target,
		.waited = !args->timeout || args->timeout_s,
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
	if (strcmp(node_text(answer, "success"), "no") == 0) {
		error_set(e, -ECANCELED, "the daemon refused: %s",
			  node_text(answer, "errmsg"));
		node_free(answer);
		answer = NULL;
	} else if (items) {
		node_free(answer); /* it only ends the list */
		answer = items;
		items = NULL;
	}

free_items:
	node_free(items);
	reply_free(&reply);
	return answer;
}

/* The command's question with what was given to it. */
static int fill_question(const struct arguments *args, const char *path,
			 struct target *target, char timeout_ms[16],
			 struct question *q, struct error *e)
{
	const struct command *command = args->command;
	int err;

	*q = (struct question){
		.command = command->request,
		.event = command->event,
	};
	if (command->has_timeout) {
		q->wait_s = args->timeout ? (unsigned int)args->timeout_s
					  : DAEMON_TIMEOUT_S;
		snprintf(timeout_ms, 16, "%d",
			 q->wait_s ? (int)q->wait_s * 1000 : -1);
		q->args[0].key = "timeout";
		q->args[0].value = timeout_ms;
	}
	if (!command->has_target)
		return 0;
	err = target_find(path, args->target, target, e);
	if (!err)
		target_ask(target, q);
	return err;
}

static enum exit_code run(const struct arguments *args)
{
	const char *path = args->uri + strlen(URI_PREFIX);
	struct node *answer = NULL;
	struct target target;
	char timeout_ms[16];
	struct question q;
	struct error e;

	if (!fill_question(args, path, &target, timeout_ms, &q, &e))
		answer = ask(path, args->command, &q, &e);
	if (!answer) {
		fprintf(stderr, "cygnet: %s\n", e.text);
		return EXIT_REFUSED;
	}
	if (!node_find(answer, args->command->field)) {
		fprintf(stderr,
			"cygnet: the answer from %s lacks '%s'; is it another "
			"daemon?\n",
			path, args->command->field);
		node_free(answer);
		return EXIT_REFUSED;
	}
	print_answer(args, answer);
	node_free(answer);
	return EXIT_FINE;
}

int main(int argc, char **argv)
{
	enum exit_code code = EXIT_FINE;
	struct arguments args;

	argv[0] = "cygnet"; /* in messages of getopt_long() */
	if (!parse_arguments(argc, argv, &args))
		return EXIT_USAGE;
	if (args.help)
		fputs(args.command ? args.command->help : general_help, stdout);
	else
		code = run(&args);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "cygnet: cannot write: %s\n", strerror(errno));
		return EXIT_REFUSED;
	}
	return (int)code;
}
