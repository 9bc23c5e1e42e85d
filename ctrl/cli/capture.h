/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of SAs as pcapng: `cygnet capture`. */
#ifndef CYG_CLI_CAPTURE_H
#define CYG_CLI_CAPTURE_H

#include <stdio.h>

#include "ctrl/cli/arguments.h"

/*
 * Copies what the daemon captures to standard output, or where --write says, until
 * its end: a signal ends it in an orderly way.
 *
 * The exit code; what failed was said on stderr.
 */
int capture_run(const struct arguments *args, FILE *out);

#endif
