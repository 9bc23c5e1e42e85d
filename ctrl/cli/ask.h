/* SPDX-License-Identifier: BSD-2-Clause */
/* A question to the daemon, and its answer as a tree. */
#ifndef CYG_CLI_ASK_H
#define CYG_CLI_ASK_H

#include "ctrl/cli/client.h"
#include "ctrl/cli/tree.h"

/*
 * path    of the daemon's socket
 * items   of a list (q->event): what the list of its items is called
 *
 * The answer, node_free() it, which may be a refusal; NULL: there is none, and e
 * says why.
 */
struct node *ask_daemon(const char *path, const struct question *q,
			const char *items, struct error *e);

/* Does it say no? */
bool ask_is_refusal(const struct node *answer);

#endif
