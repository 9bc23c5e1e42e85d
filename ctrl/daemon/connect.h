/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of ctl's that others use. Control thread. */
#ifndef CYG_DAEMON_CONNECT_H
#define CYG_DAEMON_CONNECT_H

#include <stdint.h>

#include "ctrl/base/addr.h"

/*
 * A socket that does not block, the caller's to close, connected or about to be.
 *
 * type   SOCK_DGRAM or SOCK_STREAM
 * port   host order
 * past   it goes by the routes that tunnels' own packets go by
 *
 * Its descriptor, or a negative errno.
 */
int connect_to(int type, const struct addr *a, uint16_t port, bool past);

#endif
