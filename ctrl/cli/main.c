// SPDX-License-Identifier: BSD-2-Clause
/*
 * `cygnet`, the operator's command: asks the daemon one thing over its control
 * socket and shows the answer to people, or as JSON to programs. It has no
 * privilege of its own and knows nothing that the socket does not tell.
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
#include "ctrl/cli/tree.h"

#define URI_PREFIX  "unix://"
#define DEFAULT_URI URI_PREFIX "/run/cygnet/vici"

enum exit_code {
	EXIT_FINE = 0,
	EXIT_REFUSED = 1, /* the daemon says no, or is not reachable */
	EXIT_USAGE = 2,
};

struct command {
	const char *name;
	const char *request; /* VICI's name for it */
	const char *field;   /* without it, an answer is not one to this */
	bool has_all;	     /* takes --all */
	void (*show)(const struct node *answer, const struct show *how);
	const char *help;
};

struct arguments {
	const char *uri;
	const struct command *command; /* NULL: none given */
	bool json;
	bool all;
	bool help;
};

static const char general_help[] =
	"Usage: cygnet [OPTIONS] COMMAND\n"
	"\n"
	"Shows what the IPsec gateway cygnetd does. This is version " CYG_VERSION
	".\n"
	"\n"
	"Commands:\n"
	"  status    interfaces, policies, and of each tunnel whether it passes traffic\n"
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

static const struct command commands[] = {
	{
		.name = "status",
		.request = "cygnet-status",
		.field = "gateway",
		.show = show_status,
		.help = status_help,
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
		{ "uri", required_argument, NULL, 'u' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "ahju:", options, NULL)) != -1) {
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
	if (argc - optind > 1)
		return usage_error("'%s' takes no argument '%s'",
				   out->command->name, argv[optind + 1]);
	if (out->all && !out->command->has_all && !out->help)
		return usage_error("'%s' has no option --all",
				   out->command->name);
	return true;
}

static void print_answer(const struct arguments *args, const struct node *answer)
{
	const struct show how = { .out = stdout, .all = args->all };

	if (args->json)
		json_print(answer, stdout);
	else
		args->command->show(answer, &how);
}

static enum exit_code run(const struct arguments *args)
{
	const char *path = args->uri + strlen(URI_PREFIX);
	enum exit_code code = EXIT_REFUSED;
	struct node *answer = NULL;
	struct reply reply;
	struct error e;

	if (client_ask(path, args->command->request, &reply, &e)) {
		fprintf(stderr, "cygnet: %s\n", e.text);
		goto free_reply;
	}
	answer = node_parse(reply.body);
	if (!answer) {
		fprintf(stderr, "cygnet: the answer from %s is malformed\n",
			path);
		goto free_reply;
	}
	if (strcmp(node_text(answer, "success"), "no") == 0) {
		fprintf(stderr, "cygnet: the daemon refused: %s\n",
			node_text(answer, "errmsg"));
		goto free_answer;
	}
	if (!node_find(answer, args->command->field)) {
		fprintf(stderr,
			"cygnet: the answer from %s lacks '%s'; is it another "
			"daemon?\n",
			path, args->command->field);
		goto free_answer;
	}
	print_answer(args, answer);
	code = EXIT_FINE;

free_answer:
	node_free(answer);
free_reply:
	reply_free(&reply);
	return code;
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
