/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line, read by the tables of options.h and commands.h, and checked:
 * whoever gets it has what the command takes, and nothing else.
 */
#ifndef CYG_CLI_ARGUMENTS_H
#define CYG_CLI_ARGUMENTS_H

#include <stdbool.h>

#include "ctrl/cli/commands.h"

#define ARGUMENTS_WORDS_MAX   5
#define ARGUMENTS_OPTIONS_MAX 256

struct argument {
	enum option_id id;
	const char *value; /* NULL: it takes none */
};

/* Borrows the command line. */
struct arguments {
	const struct command *command;		/* NULL: none, but --help */
	const char *words[ARGUMENTS_WORDS_MAX]; /* NULL: not given */
	uint64_t given;				/* options, as OPT() */
	const char *values[OPTION_N]; /* of options, the last; NULL: none */
	/* All of them in their order: some mean more when they are there again. */
	struct argument all[ARGUMENTS_OPTIONS_MAX];
	size_t n_all;
	const char *uri;
	uint64_t timeout_s; /* if it was given */
	uint64_t watch_s;   /* SECONDS: how often */
};

/* false: it is wrong, and why was said on stderr. */
bool arguments_parse(int argc, char **argv, struct arguments *out);

/* Was the option given? As arguments_have(args, OPT(JSON)). */
bool arguments_have(const struct arguments *args, uint64_t option);

/* The path of the daemon's socket. */
const char *arguments_path(const struct arguments *args);

#endif
