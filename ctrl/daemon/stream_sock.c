// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/stream_sock.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/inet_end.h"
#include "ctrl/dp/nl_table.h"

#define BACKLOG		128
#define KEEP_IDLE_S	30 /* so long nothing is said before the peer is asked */
#define KEEP_EVERY_S	10
#define KEEP_TIMES	3
#define USER_TIMEOUT_MS 60000 /* for what is not acknowledged (RFC 5482) */
#define UNSENT_BYTES	(128 << 10) /* more waits with us, where ESP is dropped */

struct option {
	int level, name;
	uint32_t value;
};

static const struct option options[] = {
	{ SOL_SOCKET, SO_MARK, NL_MARK },
	{ SOL_SOCKET, SO_KEEPALIVE, 1 },
	{ IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S },
	{ IPPROTO_TCP, TCP_KEEPINTVL, KEEP_EVERY_S },
	{ IPPROTO_TCP, TCP_KEEPCNT, KEEP_TIMES },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS },
	{ IPPROTO_TCP, TCP_NODELAY, 1 },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES },
};

static int set(int fd, const struct option *o)
{
	return setsockopt(fd, o->level, o->name, &o->value, sizeof(o->value))
		       ? -errno
		       : 0;
}

/* What a socket accepts has the same. A descriptor or a negative errno. */
static int make_socket(bool v6)
{
	const struct option v6_only = { IPPROTO_IPV6, IPV6_V6ONLY, 1 };
	int fd = socket(v6 ? AF_INET6 : AF_INET,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; !err && i < sizeof(options) / sizeof(*options); i++)
		err = set(fd, &options[i]);
	if (!err && v6)
		err = set(fd, &v6_only);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Connections of before may still be there. */
static int listen_at(bool v6, uint16_t port)
{
	const struct option reuse = { SOL_SOCKET, SO_REUSEADDR, 1 };
	const struct addr nobody = { { 0 } }, nobody_v4 = addr_from_v4(0);
	union inet_end any;
	const socklen_t bytes =
		inet_end_put(&any, v6 ? &nobody : &nobody_v4, port);
	int fd = make_socket(v6), err;

	if (fd < 0)
		return fd;
	err = set(fd, &reuse);
	if (!err && (bind(fd, &any.any, bytes) || listen(fd, BACKLOG)))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int stream_sock_listen(uint16_t port, int fds[STREAM_LISTEN_MAX],
		       struct error *e)
{
	int err;

	fds[0] = listen_at(false, port);
	if (fds[0] < 0)
		return error_set(e, fds[0], "cannot listen at TCP port %u: %s",
				 port, strerror(-fds[0]));
	fds[1] = listen_at(true, port);
	if (fds[1] >= 0)
		return 2;
	if (fds[1] == -EAFNOSUPPORT)
		return 1;
	err = error_set(e, fds[1], "cannot listen at TCP port %u of IPv6: %s",
			port, strerror(-fds[1]));
	close(fds[0]);
	return err;
}

uint16_t stream_sock_port(int fd)
{
	int listens = 0;
	socklen_t bytes = sizeof(listens);
	struct addr a;
	uint16_t port;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) ||
	    !listens || inet_end_local(fd, &a, &port))
		return 0;
	return port;
}

int stream_sock_open(struct stream_ends *ends)
{
	const bool v6 = !addr_is_v4(&ends->local);
	union inet_end end;
	const socklen_t bytes = inet_end_put(&end, &ends->local, 0);
	int fd, err;

	if (v6 != !addr_is_v4(&ends->remote) || !ends->remote_port)
		return -EINVAL;
	fd = make_socket(v6);
	if (fd < 0)
		return fd;
	err = bind(fd, &end.any, bytes)
		      ? -errno
		      : inet_end_local(fd, &ends->local, &ends->local_port);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int stream_sock_connect(int fd, const struct stream_ends *ends)
{
	union inet_end end;
	const socklen_t bytes =
		inet_end_put(&end, &ends->remote, ends->remote_port);

	return connect(fd, &end.any, bytes) && errno != EINPROGRESS ? -errno : 0;
}
