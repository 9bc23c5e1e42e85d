// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/keepalive.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "include/own.h"

#define KEEPALIVE_OCTET 0xff

void keepalive_init(struct keepalive *k)
{
	*k = (struct keepalive){ .fds = { -1, -1 } };
}

void keepalive_fini(struct keepalive *k)
{
	for (int i = 0; i < KEEPALIVE_FAMILIES; i++)
		if (k->fds[i] >= 0)
			close(k->fds[i]);
	keepalive_init(k);
}

/* IPPROTO_RAW: it hears nothing. IPv4 then takes headers as they are, IPv6 is told. */
static int raw_socket(struct programs *p, bool v6)
{
	const int on = 1;
	int fd = socket(v6 ? AF_INET6 : AF_INET,
			SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
	uint64_t cookie;
	socklen_t len = sizeof(cookie);
	int err = 0;

	if (fd < 0)
		return -errno;
	if ((v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof(on))) ||
	    getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len))
		err = -errno;
	if (!err)
		err = programs_let_out(p, cookie, OWN_ANYWHERE);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int send_packet(int fd, const struct addr *to, struct slice packet)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_addr.s_addr = addr_v4_be(to) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	ssize_t n;

	memcpy(&v6.sin6_addr, to->octets, sizeof(to->octets));
	if (addr_is_v4(to))
		n = sendto(fd, packet.ptr, packet.len, 0,
			   (struct sockaddr *)&v4, sizeof(v4));
	else
		n = sendto(fd, packet.ptr, packet.len, 0,
			   (struct sockaddr *)&v6, sizeof(v6));
	return n < 0 ? -errno : 0;
}

static int try_send(struct keepalive *k, struct programs *p,
		    const struct sa_rt *sa)
{
	const struct addr *to = sa_daddr(sa);
	const bool v6 = !addr_is_v4(to);
	const struct ip_header plain = { .fragment = 0 };
	const struct outer *outer = sa_outer(sa);
	uint8_t room[OUTER_MAX + 1], *octet = room + OUTER_MAX;
	struct slice packet = slice_of(octet - outer->bytes, outer->bytes + 1U);

	if (k->fds[v6] < 0)
		k->fds[v6] = raw_socket(p, v6);
	if (k->fds[v6] < 0)
		return k->fds[v6];
	*octet = KEEPALIVE_OCTET;
	outer_put(outer, octet, (uint32_t)packet.len, &plain, 0);
	return send_packet(k->fds[v6], to, packet);
}

void keepalive_send(struct keepalive *k, struct programs *p,
		    const struct sa_rt *sa)
{
	int err = try_send(k, p, sa);
	char to[ADDR_STR_MAX];

	if (err && log_may(&k->failed, "keepalive", clock_ns()))
		log_warn("keepalive: not sent to=%s: %s; a NAT on the way may forget us",
			 addr_str(sa_daddr(sa), to), strerror(-err));
}
