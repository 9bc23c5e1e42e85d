/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of IKE with one peer while they come and go: `cygnet debug`. */
#ifndef CYG_CLI_DEBUG_H
#define CYG_CLI_DEBUG_H

#include <stdio.h>
#include <time.h>

#include "ctrl/cli/arguments.h"
#include "ctrl/cli/tree.h"

/* "60", "60s", "5m", "1h"; false: none of these, or not from 1 s to an hour. */
bool debug_parse_time(const char *text, unsigned int *seconds);

/* A line. */
void debug_say(time_t at, const struct node *event, FILE *out);

/* The exit code: 0, or 1 and why on stderr; 2: wrong usage. */
int debug_run(const struct arguments *args, FILE *out);

#endif
