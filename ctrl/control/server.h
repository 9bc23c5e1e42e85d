/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VICI server: a Unix stream socket for root (and the daemon's own user)
 * alone, on the control thread's event loop. It reads snapshots through the
 * callbacks and never blocks: a client that does not read its answers is
 * disconnected when more than a bound of them has piled up.
 *
 * The process ignores SIGPIPE: a client may leave while it is answered.
 */
#ifndef CYG_CONTROL_SERVER_H
#define CYG_CONTROL_SERVER_H

#include "ctrl/base/error.h"
#include "ctrl/model/status.h"

#define CONTROL_CLIENTS_MAX 32 /* one more is closed at once */

struct event_base;
struct control_server;

struct control_callbacks {
	/* A fresh snapshot, handed over; NULL: out of memory. */
	struct status *(*status)(void *ctx);
	void *ctx;
};

/*
 * Listens at path (mode 0600; its folder is made when missing). A stale socket
 * file is replaced.
 *
 * base        outlives the server
 * callbacks   copied
 *
 * 0, or negative with e filled: -EADDRINUSE (somebody answers there), -EEXIST
 * (a file that is no socket), -ENAMETOOLONG, -ENOMEM, or what the kernel said.
 * Free with control_server_free().
 */
int control_server_new(struct event_base *base, const char *path,
		       const struct control_callbacks *callbacks,
		       struct control_server **out, struct error *e);

/* Closes every client and removes the socket file; NULL is fine. */
void control_server_free(struct control_server *server);

#endif
