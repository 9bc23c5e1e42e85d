/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The role that an operator starts: configuration, control socket, keystore, and
 * the supervision of the other roles.
 */
#ifndef CYG_DAEMON_CTL_H
#define CYG_DAEMON_CTL_H

#include <stdbool.h>

#include "ctrl/base/error.h"

/* Until SIGTERM or SIGINT. 0, or negative with e filled. */
int ctl_role(const char *file, bool debug, struct error *e);

#endif
