// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/ike_udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/dp/nl_table.h"

#define MARKER_BYTES 4U

#define FAMILY_SOCKETS 2 /* of one family */

static const uint16_t ports[FAMILY_SOCKETS] = { IKE_PORT, IKE_NATT_PORT };
static const uint8_t marker[MARKER_BYTES];

/* A socket's address, of either family. */
union end {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Room for our address, as the kernel says it and is told it, and for DSCP. */
union control {
	char octets[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		    CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static bool is_v6(int which)
{
	return which >= FAMILY_SOCKETS;
}

static socklen_t end_bytes(bool v6)
{
	return v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

/* Port in host order. */
static union end end_of(const struct addr *a, uint16_t port)
{
	union end out = { .any.sa_family = AF_UNSPEC };

	if (addr_is_v4(a)) {
		out.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
					       .sin_port = htons(port) };
		out.v4.sin_addr.s_addr = addr_v4_be(a);
	} else {
		out.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
						.sin6_port = htons(port) };
		memcpy(&out.v6.sin6_addr, a->octets, sizeof(a->octets));
	}
	return out;
}

static struct addr addr_from_v6(const struct in6_addr *v6)
{
	struct addr a;

	memcpy(a.octets, v6, sizeof(a.octets));
	return a;
}

/* Whoever it was sent to is wanted with each datagram. */
static int set_options(int fd, bool v6)
{
	const int on = 1;

	if (!v6)
		return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		return -1;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
}

static int bind_one(int which, int *out, struct error *e)
{
	const struct addr nobody = { { 0 } }, nobody_v4 = addr_from_v4(0);
	const bool v6 = is_v6(which);
	const uint16_t port = ports[which % FAMILY_SOCKETS];
	const union end any = end_of(v6 ? &nobody : &nobody_v4, port);
	int fd = socket(any.any.sa_family,
			SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0 && v6 && errno == EAFNOSUPPORT)
		return 0;
	if (fd < 0)
		return error_set(e, -errno, "cannot open a UDP socket: %s",
				 strerror(errno));
	if (!set_options(fd, v6) && !bind(fd, &any.any, end_bytes(v6))) {
		*out = fd;
		return 0;
	}
	err = -errno;
	close(fd);
	if (err == -EADDRINUSE)
		return error_set(
			e, err,
			"UDP port %u is taken, perhaps by another IKE daemon (strongSwan's charon?): stop it first",
			port);
	return error_set(e, err, "cannot bind UDP port %u: %s", port,
			 strerror(-err));
}

int ike_udp_bind(int fds[IKE_UDP_SOCKETS], struct error *e)
{
	int err = 0;

	for (int i = 0; i < IKE_UDP_SOCKETS; i++)
		fds[i] = -1;
	for (int i = 0; !err && i < IKE_UDP_SOCKETS; i++)
		err = bind_one(i, &fds[i], e);
	for (int i = 0; err && i < IKE_UDP_SOCKETS; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
	return err;
}

size_t ike_udp_count(const int fds[IKE_UDP_SOCKETS])
{
	size_t n = 0;

	while (n < IKE_UDP_SOCKETS && fds[n] >= 0)
		n++;
	return n;
}

bool ike_udp_is_count(size_t n)
{
	return n == FAMILY_SOCKETS || n == IKE_UDP_SOCKETS;
}

/* Where it was sent to. */
static bool local_addr(struct msghdr *m, struct addr *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct in6_pktinfo v6;
		struct in_pktinfo v4;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&v4, CMSG_DATA(c), sizeof(v4));
			*out = addr_from_v4(v4.ipi_addr.s_addr);
			return true;
		}
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&v6, CMSG_DATA(c), sizeof(v6));
			*out = addr_from_v6(&v6.ipi6_addr);
			return true;
		}
	}
	return false;
}

static void take_marker(struct ike_datagram *d)
{
	if (d->len <= MARKER_BYTES ||
	    memcmp(d->octets, marker, MARKER_BYTES) != 0) {
		d->len = 0;
		return;
	}
	d->octets += MARKER_BYTES;
	d->len -= MARKER_BYTES;
}

bool ike_udp_receive(const int fds[IKE_UDP_SOCKETS], int which, uint8_t *room,
		     struct ike_path *path, struct ike_datagram *out)
{
	union control control;
	union end from = { .any.sa_family = AF_UNSPEC };
	struct iovec iov = { .iov_base = room, .iov_len = IKE_UDP_MAX };
	struct msghdr m = { .msg_name = &from,
			    .msg_namelen = sizeof(from),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(fds[which], &m, 0);
	while (n < 0 && (errno == EINTR || errno == ECONNREFUSED));
	if (n < 0)
		return false;
	*out = (struct ike_datagram){ .octets = room };
	if (!local_addr(&m, &path->local))
		return true;
	path->dscp = 0;
	path->stream = 0;
	path->local_port = ports[which % FAMILY_SOCKETS];
	path->remote = is_v6(which) ? addr_from_v6(&from.v6.sin6_addr)
				    : addr_from_v4(from.v4.sin_addr.s_addr);
	path->remote_port =
		ntohs(is_v6(which) ? from.v6.sin6_port : from.v4.sin_port);
	out->len = (size_t)n;
	if (path->local_port == IKE_NATT_PORT)
		take_marker(out);
	return true;
}

/* DSCP stands above ECN. */
static size_t put_dscp(uint16_t dscp, bool v6, struct cmsghdr *out)
{
	const int field = dscp << 2;

	*out = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(field)),
				 .cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				 .cmsg_type = v6 ? IPV6_TCLASS : IP_TOS };
	memcpy(CMSG_DATA(out), &field, sizeof(field));
	return CMSG_SPACE(sizeof(field));
}

/* Sends it from this address of ours; returns the octets that it takes. */
static size_t put_local(const struct addr *local, union control *out)
{
	const struct in_pktinfo v4 = { .ipi_spec_dst.s_addr =
					       addr_v4_be(local) };
	struct in6_pktinfo v6 = { .ipi6_ifindex = 0 };

	memset(out, 0, sizeof(*out));
	if (addr_is_v4(local)) {
		out->align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(v4)),
					       .cmsg_level = IPPROTO_IP,
					       .cmsg_type = IP_PKTINFO };
		memcpy(CMSG_DATA(&out->align), &v4, sizeof(v4));
		return CMSG_SPACE(sizeof(v4));
	}
	memcpy(&v6.ipi6_addr, local->octets, sizeof(local->octets));
	out->align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(v6)),
				       .cmsg_level = IPPROTO_IPV6,
				       .cmsg_type = IPV6_PKTINFO };
	memcpy(CMSG_DATA(&out->align), &v6, sizeof(v6));
	return CMSG_SPACE(sizeof(v6));
}

int ike_udp_send(const int fds[IKE_UDP_SOCKETS], const struct ike_path *path,
		 struct slice datagram)
{
	const bool natt = path->local_port == IKE_NATT_PORT;
	const bool v6 = !addr_is_v4(&path->remote);
	union end to = end_of(&path->remote, path->remote_port);
	union control control;
	struct iovec iov[] = {
		{ .iov_base = (void *)marker, .iov_len = MARKER_BYTES },
		{ .iov_base = (void *)datagram.ptr, .iov_len = datagram.len },
	};
	struct msghdr m = { .msg_name = &to,
			    .msg_namelen = end_bytes(v6),
			    .msg_iov = natt ? iov : iov + 1,
			    .msg_iovlen = natt ? 2 : 1,
			    .msg_control = &control };
	const int fd = fds[(v6 ? FAMILY_SOCKETS : 0) + natt];

	if (fd < 0 || addr_is_v4(&path->local) == v6 ||
	    (!natt && path->local_port != IKE_PORT))
		return -EAFNOSUPPORT;
	m.msg_controllen = put_local(&path->local, &control);
	if (path->dscp)
		m.msg_controllen += put_dscp(
			path->dscp, v6,
			(struct cmsghdr *)(control.octets + m.msg_controllen));
	return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* By the routes that are not the tunnels': those of a tunnel for everything would
 * give an address inside of it. */
static int route_socket(int family, int *out)
{
	const uint32_t mark = NL_MARK;

	*out = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return -errno;
	return setsockopt(*out, SOL_SOCKET, SO_MARK, &mark, sizeof(mark))
		       ? -errno
		       : 0;
}

int ike_route_open(int fds[IKE_ROUTE_SOCKETS])
{
	int err = route_socket(AF_INET, &fds[0]);

	if (!err)
		err = route_socket(AF_INET6, &fds[1]);
	return err == -EAFNOSUPPORT && fds[0] >= 0 ? 0 : err;
}

bool ike_route_source(const int fds[IKE_ROUTE_SOCKETS],
		      const struct addr *remote, struct addr *local)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	const bool v6 = !addr_is_v4(remote);
	union end at = end_of(remote, IKE_PORT);
	socklen_t len = end_bytes(v6);
	const int fd = fds[v6];

	/* Else it would stay at the address that it has from the last time. */
	if (fd < 0 || connect(fd, &nobody, sizeof(nobody)) ||
	    connect(fd, &at.any, len) || getsockname(fd, &at.any, &len))
		return false;
	*local = v6 ? addr_from_v6(&at.v6.sin6_addr)
		    : addr_from_v4(at.v4.sin_addr.s_addr);
	return true;
}
