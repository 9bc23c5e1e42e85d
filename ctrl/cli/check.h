/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a configuration in order? `cygnet check`, without a daemon. */
#ifndef CYG_CLI_CHECK_H
#define CYG_CLI_CHECK_H

#include <stdio.h>

#include "ctrl/base/error.h"
#include "ctrl/cli/arguments.h"
#include "ctrl/model/config.h"
#include "include/flow.h"

#define CHECK_DEFAULT_FILE "/etc/cygnet/cygnet.conf" /* the daemon's own */

#define CHECK_WARNINGS_MAX 64 /* of private keys; more are not shown */

/* The private keys that are beside it. */
struct check_keys {
	size_t n;
	char *warnings[CHECK_WARNINGS_MAX]; /* owned */
	size_t n_warnings;
};

/*
 * What there is in it, in a line, and what one should know before it is in force;
 * or as JSON.
 *
 * session   of whoever asks, as what goes from this host to there; NULL: none
 */
void check_print(const struct config *c, const struct flow *session,
		 const struct check_keys *keys, FILE *out);
void check_print_json(const struct config *c, const struct flow *session,
		      const struct check_keys *keys, FILE *out);

/* The command: 0, or 1 and the first mistake on stderr, or in the JSON. */
int check_run(const struct arguments *args, FILE *out);

#endif
