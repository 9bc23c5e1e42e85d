/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `up`, `down` and `rekey` are about: CONN/CHILD, or a name alone, of
 * which the daemon knows whether it is a connection's or a child's.
 */
#ifndef CYG_CLI_TARGET_H
#define CYG_CLI_TARGET_H

#include "ctrl/cli/client.h"

#define TARGET_MAX 128 /* CONN/CHILD with the NUL */

/* "": not named. */
struct target {
	char conn[TARGET_MAX];
	char child[TARGET_MAX];
};

/*
 * A name alone is a connection's if there is one of that name, or an SA of it,
 * and else a child's.
 *
 * path   of the Unix socket
 *
 * 0, -EINVAL (no such text can be a name), or as of client_ask().
 */
int target_find(const char *path, const char *text, struct target *out,
		struct error *e);

/* Into the question's next two arguments; borrows t. */
void target_ask(const struct target *t, struct question *q);

#endif
