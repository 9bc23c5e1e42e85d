/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question to the daemon and its answer, over a connection of its own.
 * It waits, but never for longer than a bound.
 */
#ifndef CYG_CLI_CLIENT_H
#define CYG_CLI_CLIENT_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"

#define CLIENT_WAIT_S 10 /* from connecting to the last octet */

struct reply {
	uint8_t *octets; /* owned */
	struct slice body;
};

/*
 * path      of the Unix socket
 * command   a VICI command without arguments
 * out       reply_free() it, in every case
 *
 * 0, or negative with e filled: the daemon is not reachable, does not answer
 * in time, does not speak VICI or does not know the command.
 */
int client_ask(const char *path, const char *command, struct reply *out,
	       struct error *e);
void reply_free(struct reply *reply);

#endif
