/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that there are: what each asks, takes, shows and says of itself. */
#ifndef CYG_CLI_COMMANDS_H
#define CYG_CLI_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrl/cli/options.h"
#include "ctrl/cli/show.h"

#define URI_PREFIX  "unix://"
#define DEFAULT_URI URI_PREFIX "/run/cygnet/vici"

/* What stands behind a command. */
enum words {
	WORDS_NONE,
	WORDS_TARGET,  /* CONN, CONN/CHILD or CHILD */
	WORDS_NAME,    /* of a pair of manual SAs */
	WORDS_FILE,    /* or nothing */
	WORDS_CHECKED, /* FILE, a target, or nothing */
	WORDS_PEER,    /* an address, or CONN */
	WORDS_FLOW,    /* SRC DST PROTO [SPORT DPORT] */
	WORDS_SITE,    /* PEER LOCAL_TS REMOTE_TS */
	WORDS_SHELL,   /* whose completion it is */
	WORDS_EVERY,   /* SECONDS, or nothing */
};

struct arguments;

struct command {
	const char *name;
	const char *summary; /* for the list of commands; NULL: not in it */
	enum words words;
	uint64_t options; /* OPT() that it takes besides the general ones */
	bool in_is_file;  /* --in, of a command that takes it */
	/* It does all by itself: the exit code. */
	int (*run)(const struct arguments *args, FILE *out);
	const char *request; /* VICI's name for it, as what follows */
	const char *dry_run; /* the same for --dry-run */
	const char *field;   /* without it, an answer is not one to this */
	const char *event;   /* as of struct question */
	const char *yes;     /* an argument of it that is yes; NULL: none */
	bool waits;	     /* takes --timeout for how long the daemon waits */
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

/* The i-th one; NULL: there are no more. */
const struct command *command_at(size_t i);

/* Help of the program as a whole. */
void general_help(FILE *out);

#endif
