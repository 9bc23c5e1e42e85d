// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/connect.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/base/inet_end.h"
#include "ctrl/dp/nl_table.h"

static int begin(int fd, const struct addr *a, uint16_t port)
{
	union inet_end end;
	socklen_t len = inet_end_put(&end, a, port);

	return connect(fd, &end.any, len);
}

/* Else it would have the source address of what is inside of the tunnel. */
static int mark(int fd)
{
	const uint32_t value = NL_MARK;

	return setsockopt(fd, SOL_SOCKET, SO_MARK, &value, sizeof(value));
}

int connect_to(int type, const struct addr *a, uint16_t port, bool past)
{
	int fd = socket(addr_is_v4(a) ? AF_INET : AF_INET6,
			type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	if ((!past || !mark(fd)) && (!begin(fd, a, port) || errno == EINPROGRESS))
		return fd;
	err = -errno;
	close(fd);
	return err;
}
