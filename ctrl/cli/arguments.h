/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line, read by the tables of options.h and commands.h, and checked:
 * whoever gets it has what the command takes, and nothing else.
 */
#ifndef CYG_CLI_ARGUMENTS_H
#define CYG_CLI_ARGUMENTS_H

#include <stdbool.h>

#include "ctrl/cli/commands.h"

#define ARGUMENTS_WORDS_MAX 5

/* Borrows the command line. */
struct arguments {
	const struct command *command;		/* NULL: none, but --help */
	const char *words[ARGUMENTS_WORDS_MAX]; /* NULL: not given */
	uint32_t given;				/* options, as OPT() */
	const char *values[OPTION_N];		/* of options; NULL: none */
	const char *uri;
	uint64_t timeout_s; /* if it was given */
	uint64_t watch_s;   /* SECONDS: how often */
};

/* false: it is wrong, and why was said on stderr. */
bool arguments_parse(int argc, char **argv, struct arguments *out);

/* Was the option given? As arguments_have(args, OPT(JSON)). */
bool arguments_have(const struct arguments *args, uint32_t option);

/* The path of the daemon's socket. */
const char *arguments_path(const struct arguments *args);

#endif
