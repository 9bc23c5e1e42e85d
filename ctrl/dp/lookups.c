// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/lookups.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "ctrl/base/addr.h"

union end {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool read_end(const union end *end, struct addr *addr, uint16_t *port)
{
	if (end->any.sa_family == AF_INET) {
		*addr = addr_from_v4(end->v4.sin_addr.s_addr);
		*port = ntohs(end->v4.sin_port);
		return true;
	}
	memcpy(addr->octets, &end->v6.sin6_addr, sizeof(addr->octets));
	*port = ntohs(end->v6.sin6_port);
	return end->any.sa_family == AF_INET6;
}

static int read_flow(int fd, struct own_flow *out)
{
	union end local, peer;
	socklen_t local_bytes = sizeof(local), peer_bytes = sizeof(peer);

	if (getsockname(fd, &local.any, &local_bytes) ||
	    getpeername(fd, &peer.any, &peer_bytes))
		return -errno;
	return read_end(&local, &out->local, &out->local_port) &&
			       read_end(&peer, &out->peer, &out->peer_port)
		       ? 0
		       : -EAFNOSUPPORT;
}

static int read_cookie(int fd, uint64_t *out)
{
	socklen_t len = sizeof(*out);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, out, &len) ? -errno : 0;
}

static void keep_in(struct lookup_sockets *s, struct programs *p)
{
	for (size_t i = 0; i < s->n; i++) {
		programs_del_flow(p, &s->flow[i]);
		programs_keep_in(p, s->cookie[i]);
	}
	s->n = 0;
}

static int let_out(struct lookup_sockets *s, struct programs *p, int fd)
{
	uint64_t *cookie = &s->cookie[s->n];
	struct own_flow *flow = &s->flow[s->n];
	int err = read_flow(fd, flow);

	if (!err)
		err = read_cookie(fd, cookie);
	if (err)
		return err;
	s->n++; /* what is entered by halves is taken back whole */
	err = programs_add_flow(p, flow);
	return err ? err : programs_let_out(p, *cookie, OWN_FLOW);
}

int lookups_set(struct lookups *l, struct programs *p, uint32_t slot,
		const int *fds, size_t n)
{
	struct lookup_sockets *s = &l->at[slot];
	int err = 0;

	keep_in(s, p);
	for (size_t i = 0; !err && i < n; i++)
		err = let_out(s, p, fds[i]);
	if (err)
		keep_in(s, p);
	return err;
}
