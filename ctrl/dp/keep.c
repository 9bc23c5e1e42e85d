// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an event says is not read, nor does it matter that some are lost:
 * whatever it was, all is looked at.
 */
#include "ctrl/dp/keep.h"

#include <errno.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/dp/state.h"

/* An interface that is gone has nothing to be kept; it is told of elsewhere. */
static void tell(const struct attach_iface *at, const char *what, int got,
		 const struct error *e, struct attachment *a)
{
	if (got > 0)
		log_error("keep: somebody took it off or went before it, it is attached again program=%s iface=%s: what passed there meanwhile was judged by no policy",
			  what, at->name);
	if (got < 0 && got != -ENODEV && !a->lost)
		log_error("keep: somebody took it off, NO policy is in force there program=%s iface=%s: %s",
			  what, at->name, e->text);
	a->lost = got < 0;
}

static void look_at(struct nl *nl, struct served *s)
{
	struct error e;

	tell(&s->at, "guard", attach_keep_guard(nl, &s->at, &s->guard, &e), &e,
	     &s->guard);
	tell(&s->at, "tag", attach_keep_tag(nl, &s->at, &s->tag, &e), &e,
	     &s->tag);
	tell(&s->at, "edge", attach_keep_xdp(&s->at, &s->xdp, &e), &e, &s->xdp);
}

static void look(struct dp *dp)
{
	struct error e;

	for (size_t i = 0; i < dp->n_ifaces; i++)
		look_at(dp->nl, &dp->served[i]);
	tunnel_ifs_keep(&dp->tunnels);
	tell(&dp->host_at, "tag",
	     attach_keep_tag(dp->nl, &dp->host_at, &dp->host_tag, &e), &e,
	     &dp->host_tag);
}

static void on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct dp *dp = ctx;
	char buf[8192];

	(void)fd;
	(void)what;
	while (mnl_socket_recvfrom(dp->keep, buf, sizeof(buf)) > 0 ||
	       errno == ENOBUFS)
		;
	look(dp);
}

static int watch(struct dp *dp)
{
	const unsigned int groups = RTMGRP_LINK | RTMGRP_TC;

	dp->keep = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return dp->keep && !mnl_socket_bind(dp->keep, groups, MNL_SOCKET_AUTOPID)
		       ? 0
		       : -errno;
}

int keep_begin(struct dp *dp, struct event_base *base, struct error *e)
{
	const struct timeval second = { .tv_sec = 1 };
	int err = watch(dp);

	if (!err) {
		dp->on_keep = event_new(base, mnl_socket_get_fd(dp->keep),
					EV_READ | EV_PERSIST, on_event, dp);
		if (!dp->on_keep || event_add(dp->on_keep, &second))
			err = -ENOMEM;
	}
	if (!err)
		look(dp); /* others may have come while no daemon ran */
	return err ? error_set(e, err, "cannot watch the programs: %s",
			       strerror(-err))
		   : 0;
}

void keep_end(struct dp *dp)
{
	if (dp->on_keep)
		event_free(dp->on_keep);
	if (dp->keep)
		mnl_socket_close(dp->keep);
	dp->on_keep = NULL;
	dp->keep = NULL;
}
