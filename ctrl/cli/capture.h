/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets before and after the crypto, into a file: `cygnet capture`. */
#ifndef CYG_CLI_CAPTURE_H
#define CYG_CLI_CAPTURE_H

#include "ctrl/base/error.h"
#include "ctrl/cli/client.h"

/* As typed; NULL: not given. */
struct capture_options {
	const char *file; /* "-": standard output, as without it */
	const char *sa, *policy, *drop, *count, *snaplen;
	bool before, after;
};

/*
 * Until the daemon ends it, or SIGINT or SIGTERM does: then what was captured so
 * far is whole.
 *
 * path   of the daemon's socket
 * q      the question; what the options say is added
 *
 * 0, or negative with e filled.
 */
int capture_run(const char *path, struct question *q,
		const struct capture_options *options, struct error *e);

#endif
