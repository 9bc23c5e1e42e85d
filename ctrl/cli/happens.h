/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens from now on: `cygnet watch`, a JSON object a line, and `cygnet log`,
 * in words.
 */
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

/* The same of an event `log`, for people: `12:34:56 [IKE] site: …`. */
void happens_say(time_t at, const struct node *data, FILE *out);

/* The commands: until asking fails or nobody reads any more; the exit code. */
int happens_run(const struct arguments *args, FILE *out);
int happens_log(const struct arguments *args, FILE *out);

#endif
