/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a tunnel that is up in order? `cygnet check NAME`, against the daemon. */
#ifndef CYG_CLI_CHECK_NAME_H
#define CYG_CLI_CHECK_NAME_H

#include <stdio.h>

#include "ctrl/cli/arguments.h"

#define CHECK_OF_TUNNELS (OPT(PFS) | OPT(MTU) | OPT(AUTH) | OPT(TO))

#define CHECK_EXIT_WRONG 3 /* something of it is not in order */

/* Does this word name a tunnel, and not a file? */
bool check_is_name(const struct arguments *args);

/* The exit code: 0, CHECK_EXIT_WRONG, or 1: the daemon could not be asked. */
int check_name_run(const struct arguments *args, FILE *out);

#endif
