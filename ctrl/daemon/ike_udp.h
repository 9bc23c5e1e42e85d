/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IKE's two ports: 500, and 4500, where a marker of four zero octets tells IKE
 * from ESP (RFC 7296 section 3.1, RFC 3948 section 2.2). What comes to 4500
 * without it is not IKE and is dropped here. Each family has sockets of its own,
 * which are heard and answered by the address that the peer spoke to. A kernel
 * without IPv6 has none for it.
 */
#ifndef CYG_DAEMON_IKE_UDP_H
#define CYG_DAEMON_IKE_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/ike/engine.h"

#define IKE_UDP_SOCKETS 4 /* ports 500 and 4500 of IPv4, the same of IPv6 */
#define IKE_UDP_NONE           \
	{                      \
		-1, -1, -1, -1 \
	}
#define IKE_UDP_MAX 65536

/*
 * Binds all; descriptors are the caller's, all -1 after a failure. Where the
 * kernel has no IPv6, the last two are -1. 0, or negative with e filled.
 */
int ike_udp_bind(int fds[IKE_UDP_SOCKETS], struct error *e);

/* How many there are, from the first on: all, those of IPv4, or none. */
size_t ike_udp_count(const int fds[IKE_UDP_SOCKETS]);

/* Can so many be those of ike_udp_bind()? */
bool ike_udp_is_count(size_t n);

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

/* By the socket of path->local_port and the peer's family. What does not leave is
 * sent again by who waits for its answer. 0 or a negative errno. */
int ike_udp_send(const int fds[IKE_UDP_SOCKETS], const struct ike_path *path,
		 struct slice datagram);

#define IKE_ROUTE_SOCKETS 2 /* IPv4's and IPv6's */

/* Sockets that only ask for source addresses; -1 is none, where the kernel has
 * no IPv6. 0 or a negative errno; descriptors are the caller's in any case. */
int ike_route_open(int fds[IKE_ROUTE_SOCKETS]);

/* The address that the routes give us for this peer: connect() of UDP sends
 * nothing, and chooses it. False: there is no way. */
bool ike_route_source(const int fds[IKE_ROUTE_SOCKETS],
		      const struct addr *remote, struct addr *local);

#endif
