/* SPDX-License-Identifier: BSD-2-Clause */
/* Tunnels by what they carry now: `cygnet top`. */
#ifndef CYG_CLI_TOP_H
#define CYG_CLI_TOP_H

#include <stdio.h>
#include <time.h>

#include "ctrl/cli/arguments.h"
#include "ctrl/cli/tree.h"

/* Between two answers of `cygnet-status`. */
struct top {
	const struct node *before;
	const struct node *after;
	uint64_t elapsed_ms; /* not 0 */
	time_t at;	     /* the later one's */
};

/*
 * A line for each tunnel, the one that carries most first.
 *
 * rows   how many lines there is room for; 0: for all
 */
void top_show(const struct top *top, size_t rows, FILE *out);

/* An object in a line. */
void top_show_json(const struct top *top, FILE *out);

/* The command: until Ctrl-C, or so many times as --count says; its exit code. */
int top_run(const struct arguments *args, FILE *out);

#endif
