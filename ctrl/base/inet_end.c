// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/inet_end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

socklen_t inet_end_put(union inet_end *out, const struct addr *a, uint16_t port)
{
	memset(out, 0, sizeof(*out));
	if (addr_is_v4(a)) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		out->v4.sin_addr.s_addr = addr_v4_be(a);
		return sizeof(out->v4);
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(port);
	memcpy(&out->v6.sin6_addr, a->octets, sizeof(a->octets));
	return sizeof(out->v6);
}

bool inet_end_get(const union inet_end *end, struct addr *a, uint16_t *port)
{
	if (end->any.sa_family == AF_INET) {
		*a = addr_from_v4(end->v4.sin_addr.s_addr);
		*port = ntohs(end->v4.sin_port);
		return true;
	}
	memcpy(a->octets, &end->v6.sin6_addr, sizeof(a->octets));
	*port = ntohs(end->v6.sin6_port);
	return end->any.sa_family == AF_INET6;
}

int inet_end_local(int fd, struct addr *a, uint16_t *port)
{
	union inet_end end = { .any.sa_family = AF_UNSPEC };
	socklen_t bytes = sizeof(end);

	if (getsockname(fd, &end.any, &bytes))
		return -errno;
	return inet_end_get(&end, a, port) ? 0 : -EAFNOSUPPORT;
}

int inet_end_peer(int fd, struct addr *a, uint16_t *port)
{
	union inet_end end = { .any.sa_family = AF_UNSPEC };
	socklen_t bytes = sizeof(end);

	if (getpeername(fd, &end.any, &bytes))
		return -errno;
	return inet_end_get(&end, a, port) ? 0 : -EAFNOSUPPORT;
}
