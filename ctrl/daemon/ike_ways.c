// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/ike_ways.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/dp/nl_table.h"

#define ROOM_BYTES 16384
#define READS_MAX  64

int ike_ways_open(void)
{
	const struct sockaddr_nl all = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);
	int err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (const struct sockaddr *)&all, sizeof(all)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Those of tunnels come and go with CHILD SAs, and no IKE message goes by them. */
static bool is_tunnels(const struct nlmsghdr *h)
{
	const struct rtmsg *r = NLMSG_DATA(h);

	return (h->nlmsg_type == RTM_NEWROUTE || h->nlmsg_type == RTM_DELROUTE) &&
	       h->nlmsg_len >= NLMSG_LENGTH(sizeof(*r)) &&
	       r->rtm_table == NL_TABLE;
}

static bool matters(const struct nlmsghdr *h, size_t len)
{
	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len))
		if (!is_tunnels(h))
			return true;
	return false;
}

/* What was lost may have mattered. */
bool ike_ways_read(int fd)
{
	union {
		char octets[ROOM_BYTES];
		struct nlmsghdr align;
	} room;
	bool any = false;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = recv(fd, &room, sizeof(room), 0);

		if (n < 0 && errno != ENOBUFS)
			break;
		any |= n < 0 || matters(&room.align, (size_t)n);
	}
	return any;
}
