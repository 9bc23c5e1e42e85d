/* SPDX-License-Identifier: BSD-2-Clause */
/* An address and a port as sockets have them, of either family. Any thread. */
#ifndef CYG_BASE_INET_END_H
#define CYG_BASE_INET_END_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "ctrl/base/addr.h"

union inet_end {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Port in host order. Octets of it that count. */
socklen_t inet_end_put(union inet_end *out, const struct addr *a, uint16_t port);

/* Port in host order; false: of another family. */
bool inet_end_get(const union inet_end *end, struct addr *a, uint16_t *port);

/* Those of a socket's own side; 0 or a negative errno. */
int inet_end_local(int fd, struct addr *a, uint16_t *port);

/* And of the peer's. */
int inet_end_peer(int fd, struct addr *a, uint16_t *port);

#endif
