/* SPDX-License-Identifier: BSD-2-Clause */
/* What a shell needs to complete a command line, made of the command table. */
#ifndef CYG_CLI_COMPLETION_H
#define CYG_CLI_COMPLETION_H

#include <stdio.h>

#include "ctrl/cli/arguments.h"
#include "ctrl/cli/tree.h"

/* false: no script is known for that shell. */
bool completion_print(const char *shell, FILE *out);

/*
 * A line for each connection, CONN, and for each child, CONN/CHILD.
 *
 * conns   a list of what the events `list-conn` say
 */
void completion_targets(const struct node *conns, FILE *out);

/* The command; its exit code. */
int completion_run(const struct arguments *args, FILE *out);

#endif
