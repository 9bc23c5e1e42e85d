/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that there are: what each asks, takes, shows and says of itself. */
#ifndef CYG_CLI_COMMANDS_H
#define CYG_CLI_COMMANDS_H

#include <stdbool.h>

#include "ctrl/cli/show.h"

#define URI_PREFIX  "unix://"
#define DEFAULT_URI URI_PREFIX "/run/cygnet/vici"

struct command {
	const char *name;
	/* It asks no daemon: the exit code. file NULL: none was given. */
	int (*run)(const char *file, bool json, FILE *out);
	const char *request; /* VICI's name for it, as what follows */
	const char *field;   /* without it, an answer is not one to this */
	const char *event;   /* of a list's items; NULL: it is no list */
	bool has_all;	     /* takes --all */
	bool has_watch;	     /* takes --watch, and SECONDS with it */
	bool captures;	     /* its answer is a file, with options of its own */
	bool has_check;	     /* takes --check */
	bool has_target;     /* takes CONN or CHILD */
	bool has_timeout;    /* takes --timeout */
	bool has_name;	     /* takes NAME, of a pair of manual SAs */
	bool has_file;	     /* takes --file, or what stands there from stdin */
	bool has_flow;	     /* takes SRC DST PROTO [SPORT DPORT], and --in */
	void (*show)(const struct node *answer, const struct show *how);
	/* The exit code that an answer stands for; NULL: 0. */
	int (*code)(const struct node *answer);
	const char *help;
};

/*
 * The command that the first of these words, or the first two, name.
 *
 * used   how many they are
 *
 * NULL: there is none.
 */
const struct command *command_find(char **words, int n, int *used);

/* Of the program as a whole. */
const char *general_help(void);

#endif
