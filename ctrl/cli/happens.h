/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens from now on, a JSON object a line: `cygnet watch`. */
#ifndef CYG_CLI_HAPPENS_H
#define CYG_CLI_HAPPENS_H

#include <stdio.h>
#include <time.h>

#include "ctrl/cli/arguments.h"
#include "ctrl/cli/tree.h"

/*
 * event   its name, as it came
 * data    its message
 */
void happens_print(time_t at, const char *event, const struct node *data,
		   FILE *out);

/* The command: until asking fails or nobody reads any more; its exit code. */
int happens_run(const struct arguments *args, FILE *out);

#endif
