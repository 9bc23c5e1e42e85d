/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE's two ports, IPv4: 500, and 4500, where a marker of four zero octets
 * tells IKE from ESP (RFC 7296 section 3.1, RFC 3948 section 2.2). What comes
 * to 4500 without it is not IKE and is dropped here.
 */
#ifndef CYG_DAEMON_IKE_UDP_H
#define CYG_DAEMON_IKE_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/ike/engine.h"

#define IKE_UDP_SOCKETS 2 /* port 500, port 4500 */
#define IKE_UDP_MAX	65536

/* Binds both; descriptors are the caller's, -1 after a failure. 0, or negative with e filled. */
int ike_udp_bind(int fds[IKE_UDP_SOCKETS], struct error *e);

struct ike_datagram {
	uint8_t *octets;
	size_t len; /* 0: what came is not IKE */
};

/*
 * room   IKE_UDP_MAX octets, in which the datagram stands afterwards
 *
 * false: nothing is there.
 */
bool ike_udp_receive(const int fds[IKE_UDP_SOCKETS], int which, uint8_t *room,
		     struct ike_path *path, struct ike_datagram *out);

/* By the socket of path->local_port. What does not leave is sent again by
 * who waits for its answer. 0 or a negative errno. */
int ike_udp_send(const int fds[IKE_UDP_SOCKETS], const struct ike_path *path,
		 struct slice datagram);

#endif
