/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP sockets for IKE and ESP (RFC 9329), as ctl makes them for stream: they take the
 * routes that are none of a tunnel's, do not wait to fill segments, and find out
 * within a minute that a peer is gone. Control thread.
 */
#ifndef CYG_DAEMON_STREAM_SOCK_H
#define CYG_DAEMON_STREAM_SOCK_H

#include "ctrl/base/error.h"
#include "ctrl/model/stream.h"

/*
 * Listens at that port of all addresses; descriptors are the caller's.
 *
 * How many there are (IPv4's, then IPv6's where the kernel has it), or negative with
 * e filled.
 */
int stream_sock_listen(uint16_t port, int fds[STREAM_LISTEN_MAX],
		       struct error *e);

/* The port at which this socket listens; 0: it does not. */
uint16_t stream_sock_port(int fd);

/*
 * A socket at ends->local, which has a port afterwards and is not connected: its
 * descriptor, or a negative errno.
 */
int stream_sock_open(struct stream_ends *ends);

/* It begins to connect, and does not wait for it. 0 or a negative errno. */
int stream_sock_connect(int fd, const struct stream_ends *ends);

#endif
