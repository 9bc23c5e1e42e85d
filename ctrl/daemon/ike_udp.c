// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/ike_udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MARKER_BYTES 4U

static const uint16_t ports[IKE_UDP_SOCKETS] = { IKE_PORT, IKE_NATT_PORT };
static const uint8_t marker[MARKER_BYTES];

static int bind_one(uint16_t port, int *out, struct error *e)
{
	const struct sockaddr_in any = { .sin_family = AF_INET,
					 .sin_port = htons(port) };
	const int on = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return error_set(e, -errno, "cannot open a UDP socket: %s",
				 strerror(errno));
	if (!setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) &&
	    !bind(fd, (const struct sockaddr *)&any, sizeof(any))) {
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
	for (int i = 0; i < IKE_UDP_SOCKETS; i++) {
		int err = bind_one(ports[i], &fds[i], e);

		if (!err)
			continue;
		while (i--) {
			close(fds[i]);
			fds[i] = -1;
		}
		return err;
	}
	return 0;
}

/* Where it was sent to. */
static bool local_addr(struct msghdr *m, struct addr *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct in_pktinfo info;

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		*out = addr_from_v4(info.ipi_addr.s_addr);
		return true;
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
	union {
		char octets[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr align;
	} control;
	struct sockaddr_in from = { 0 };
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
	path->local_port = ports[which];
	path->remote = addr_from_v4(from.sin_addr.s_addr);
	path->remote_port = ntohs(from.sin_port);
	out->len = (size_t)n;
	if (path->local_port == IKE_NATT_PORT)
		take_marker(out);
	return true;
}

int ike_udp_send(const int fds[IKE_UDP_SOCKETS], const struct ike_path *path,
		 struct slice datagram)
{
	bool natt = path->local_port == IKE_NATT_PORT;
	union {
		char octets[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr align;
	} control = { { 0 } };
	const struct in_pktinfo info = {
		.ipi_spec_dst.s_addr = addr_v4_be(&path->local),
	};
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(path->remote_port),
				  .sin_addr.s_addr = addr_v4_be(&path->remote) };
	struct iovec iov[] = {
		{ .iov_base = (void *)marker, .iov_len = MARKER_BYTES },
		{ .iov_base = (void *)datagram.ptr, .iov_len = datagram.len },
	};
	struct msghdr m = { .msg_name = &to,
			    .msg_namelen = sizeof(to),
			    .msg_iov = natt ? iov : iov + 1,
			    .msg_iovlen = natt ? 2 : 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };

	if (!addr_is_v4(&path->remote) ||
	    (!natt && path->local_port != IKE_PORT))
		return -EAFNOSUPPORT;
	control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)),
					  .cmsg_level = IPPROTO_IP,
					  .cmsg_type = IP_PKTINFO };
	memcpy(CMSG_DATA(&control.align), &info, sizeof(info));
	return sendmsg(fds[natt], &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}
