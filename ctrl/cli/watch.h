/* SPDX-License-Identifier: BSD-2-Clause */
/* What is dropped from now on: `cygnet drops --watch`. */
#ifndef CYG_CLI_WATCH_H
#define CYG_CLI_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "ctrl/base/error.h"
#include "ctrl/cli/tree.h"

#define WATCH_MAX_S 3600

/* Of a line's moment. */
struct watched {
	time_t at;	     /* the later answer's */
	uint64_t elapsed_ms; /* since the earlier one; not 0 */
};

/*
 * A line for each reason whose count is another one than before.
 *
 * before, after   answers of `cygnet-drops`
 */
void watch_show(const struct node *before, const struct node *after,
		const struct watched *when, bool json, FILE *out);

/*
 * Asks every so many seconds what has moved, until asking fails or nobody reads
 * any more: negative with e filled.
 *
 * path   of the daemon's socket
 */
int watch_drops(const char *path, unsigned int every_s, bool json, FILE *out,
		struct error *e);

#endif
