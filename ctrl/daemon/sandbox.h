/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a role that reads from strangers may still do: be a user of its own,
 * compute, and use the descriptors that it has. Whole processes only.
 */
#ifndef CYG_DAEMON_SANDBOX_H
#define CYG_DAEMON_SANDBOX_H

#include <stdbool.h>

#include "ctrl/base/error.h"

/* Descriptors from the first one on are closed. */
void sandbox_close_from(unsigned int first);

/* This process is root no more, and nobody's else. 0, or negative with e
 * filled: no such user, not root. */
int sandbox_become(const char *user, struct error *e);

/* Of root's capabilities this process keeps that to use files whosever they are, if it has
 * it, and gets no other one. 0, or negative with e filled. */
int sandbox_files_only(struct error *e);

/*
 * From now on no file is opened, nothing executed, no socket made; whoever tries
 * is killed (SIGSYS). All threads.
 *
 * connects   sockets that are there may be connected to somebody else
 *
 * 0, or negative with e filled.
 */
int sandbox_enter(bool connects, struct error *e);

#endif
