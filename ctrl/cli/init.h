/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration of a first tunnel: `cygnet init`, without a daemon. */
#ifndef CYG_CLI_INIT_H
#define CYG_CLI_INIT_H

#include <stdint.h>
#include <stdio.h>

#include "ctrl/cli/arguments.h"

#define INIT_SECRET_BYTES 32

/* Texts are borrowed. */
struct init_site {
	const char *protected; /* interfaces */
	const char *unprotected;
	const char *peer;
	const char *local_ts;
	const char *remote_ts;
	uint8_t secret[INIT_SECRET_BYTES];
};

/* The text, which holds the secret. */
void init_print(const struct init_site *site, FILE *out);

/* The command; its exit code. */
int init_run(const struct arguments *args, FILE *out);

#endif
