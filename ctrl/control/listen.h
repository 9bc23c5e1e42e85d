/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listening Unix socket: made for its owner alone from the moment the
 * file exists, in place of a stale one, never in place of a live one.
 */
#ifndef CYG_CONTROL_LISTEN_H
#define CYG_CONTROL_LISTEN_H

#include <sys/types.h>
#include <sys/un.h>

#include "ctrl/base/error.h"

struct listen_socket {
	int fd; /* owned; does not block */
	struct sockaddr_un addr;
	dev_t dev; /* of the file at addr: listen_close() removes no other */
	ino_t ino;
};

/*
 * Listens at path, in a folder that is made (0750) when missing.
 *
 * 0, or negative with e filled: -EADDRINUSE (somebody answers there), -EEXIST
 * (a file that is no socket), -ENAMETOOLONG, or what the kernel said.
 */
int listen_open(const char *path, struct listen_socket *out, struct error *e);
void listen_close(struct listen_socket *s);

/* The folder of that path, if it is missing. 0, or negative with e filled. */
int listen_make_folder(const char *path, struct error *e);

#endif
