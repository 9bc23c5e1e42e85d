/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of a client (client.h) and their answers. Each returns NULL, or why the
 * client must go. Control thread.
 */
#ifndef CYG_CONTROL_CLIENT_REQUESTS_H
#define CYG_CONTROL_CLIENT_REQUESTS_H

#include "ctrl/control/client.h"

/* A packet is there: answers it, or begins what it will wait for. */
const char *client_packet(struct client *client, struct slice octets);

/* Its time is over, and what it wants is done by force now. */
const char *client_force(struct client *client);

/* One that waited and need not any more: of a command, */
const char *client_answer_wait(struct client *client);

/* of what was to be loaded (reason NULL: it was), */
const char *client_answer_load(struct client *client, const char *reason);

/* a private key in a token, which has that id, */
const char *client_answer_token(struct client *client, const char *id);

/* and of a packet that was asked about. */
const char *client_answer_explain(struct client *client,
				  const struct explanation *x);

#endif
