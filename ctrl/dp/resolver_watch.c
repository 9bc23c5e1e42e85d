// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/dp/nl_table.h"
#include "ctrl/dp/resolver_state.h"

#define WATCH_BURST    64 /* datagrams of events in a row */
#define WAYS_SETTLE_NS (100 * NS_PER_MS)
#define WAYS_REST_NS   NS_PER_S

/* So that what changes together is one change, and at most once in a while. */
void resolver_ways_soon(struct resolver *r)
{
	uint64_t due_ns = r->ways_ns + WAYS_REST_NS, now_ns = clock_ns();
	uint64_t wait_ns = now_ns + WAYS_SETTLE_NS < due_ns ? due_ns - now_ns
							    : WAYS_SETTLE_NS;
	const struct timeval wait = {
		.tv_sec = (time_t)(wait_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(wait_ns % NS_PER_S / 1000),
	};

	if (!event_pending(r->on_ways, EV_TIMEOUT, NULL))
		event_add(r->on_ways, &wait);
}

/* Next hops are asked for anew at once. */
static void ways_changed(struct resolver *r, const struct prefix *changed)
{
	resolver_advance(r, changed);
	programs_fib_changed(r->spec.programs);
	resolver_ways_soon(r);
}

static void on_neigh_event(struct resolver *r, const struct nlmsghdr *h)
{
	struct nl_neigh n;

	if (!nl_neigh_parse(h, &n))
		return;
	if (neigh_changed(&r->in_use, &n))
		resolver_advance(r, NULL);
	if (n.valid)
		resolver_neigh_arrived(r, &n);
	else if (n.managed) /* dead: asked for again where there is traffic */
		nl_neigh_release(r->spec.nl, n.ifindex, &n.addr);
}

static void set_link(struct resolver *r, const struct nl_link *l)
{
	struct iface *iface = resolver_served(r, l->ifindex);
	struct iface now;

	if (!iface)
		return;
	now = *iface;
	now.up = l->up;
	if (l->mtu)
		now.mtu = l->mtu;
	if (l->has_mac)
		memcpy(now.mac, l->mac, sizeof(now.mac));
	if (now.up == iface->up && now.mtu == iface->mtu &&
	    memcmp(now.mac, iface->mac, sizeof(now.mac)) == 0)
		return;
	*iface = now;
	r->spec.iface_changed(r->spec.ctx, iface);
}

/* Has this one gone and come back under another number? */
static void replace_link(struct resolver *r, struct iface *iface)
{
	const uint32_t old = iface->ifindex;
	struct iface now;

	if (iface_read(iface->name, &now) || now.ifindex == old)
		return;
	now.role = iface->role;
	*iface = now;
	r->spec.iface_replaced(r->spec.ctx, old, iface);
}

static void new_link(struct resolver *r, const struct nl_link *l)
{
	for (size_t i = 0; i < r->spec.n_ifaces; i++)
		if (strcmp(r->ifaces[i].name, l->name) == 0)
			replace_link(r, &r->ifaces[i]);
}

/* What comes in by it came in from outside. */
static void set_station(struct resolver *r, const struct nl_link *l, bool gone)
{
	const struct iface *below =
		l->station_of ? resolver_served(r, l->station_of) : NULL;

	if (!below || below->role != IFACE_UNPROTECTED ||
	    resolver_served(r, l->ifindex))
		return;
	if (programs_set_station(r->spec.programs, l->ifindex,
				 gone ? NULL : below))
		log_error("resolver: no room in the map ifaces iface=%s: what comes in by it is not taken for outside's",
			  l->name);
}

void resolver_read_stations(struct resolver *r)
{
	struct nl_link *links;
	size_t n;
	int err = nl_links(r->spec.nl, &links, &n);

	if (err && err != -EINTR) /* of what changed, the events tell */
		log_error("resolver: links not read: %s; what comes in by a macvlan is not taken for outside's",
			  strerror(-err));
	for (size_t i = 0; i < n; i++)
		set_station(r, &links[i], false);
	free(links);
}

static void on_link_event(struct resolver *r, const struct nlmsghdr *h)
{
	struct nl_link l;

	if (!nl_link_parse(h, &l))
		return;
	set_station(r, &l, h->nlmsg_type == RTM_DELLINK);
	if (h->nlmsg_type == RTM_DELLINK)
		return;
	if (resolver_served(r, l.ifindex))
		set_link(r, &l);
	else
		new_link(r, &l);
}

void resolver_read_rules(struct resolver *r)
{
	r->by_source = nl_rules_by_source(r->spec.nl);
	for (uint32_t i = 0; i < r->spec.n_links; i++)
		atomic_store_explicit(&r->spec.links[i].by_source, r->by_source,
				      memory_order_relaxed);
}

static int on_event(const struct nlmsghdr *h, void *ctx)
{
	const struct prefix *changed = NULL;
	struct resolver *r = ctx;
	struct prefix prefix;

	if (nl_is_ours(h)) /* no question sees them */
		return MNL_CB_OK;
	switch (h->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		on_neigh_event(r, h);
		return MNL_CB_OK;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		r->addrs_stale = true;
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		on_link_event(r, h);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		resolver_read_rules(r);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (nl_route_prefix(h, &prefix))
			changed = &prefix;
		break;
	}
	ways_changed(r, changed);
	return MNL_CB_OK;
}

/* Events were lost: whatever they may have said is asked for. */
static void resync(struct resolver *r)
{
	struct nl_link l;
	struct nl_neigh n;

	r->addrs_stale = true;
	resolver_read_rules(r);
	resolver_read_stations(r);
	for (size_t i = 0; i < r->spec.n_ifaces; i++)
		if (!nl_link_get(r->spec.nl, r->ifaces[i].ifindex, &l))
			set_link(r, &l);
		else
			replace_link(r, &r->ifaces[i]);
	for (size_t i = r->waiting.n; i-- > 0;)
		if (!nl_neigh_get(r->spec.nl, r->waiting.at[i].ifindex,
				  &r->waiting.at[i].addr, &n) &&
		    n.valid)
			resolver_neigh_arrived(r, &n);
	ways_changed(r, NULL);
}

static void on_watch(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;
	char buf[32768];
	ssize_t got;

	(void)fd;
	(void)what;
	for (uint32_t i = 0; i < WATCH_BURST; i++) {
		got = mnl_socket_recvfrom(r->watch, buf, sizeof(buf));
		if (got > 0)
			mnl_cb_run(buf, (size_t)got, 0, 0, on_event, r);
		else if (got < 0 && errno == ENOBUFS)
			resync(r);
		else
			break;
	}
	if (r->addrs_stale)
		resolver_refresh_locals(r);
}

static void on_ways(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;

	(void)fd;
	(void)what;
	r->ways_ns = clock_ns();
	r->spec.ways_changed(r->spec.ctx);
}

/* --- its life --- */

#define GROUP(n) (1U << ((n)-1))

static int join(struct resolver *r)
{
	const unsigned int groups =
		GROUP(RTNLGRP_LINK) | GROUP(RTNLGRP_NEIGH) |
		GROUP(RTNLGRP_IPV4_IFADDR) | GROUP(RTNLGRP_IPV4_ROUTE) |
		GROUP(RTNLGRP_IPV4_RULE) | GROUP(RTNLGRP_IPV6_IFADDR) |
		GROUP(RTNLGRP_IPV6_ROUTE) | GROUP(RTNLGRP_IPV6_RULE) |
		GROUP(RTNLGRP_IPV4_NETCONF) | GROUP(RTNLGRP_IPV6_NETCONF) |
		GROUP(RTNLGRP_NEXTHOP);

	r->watch = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!r->watch || mnl_socket_bind(r->watch, groups, MNL_SOCKET_AUTOPID))
		return -errno;
	return 0;
}

int resolver_watch_open(struct resolver *r)
{
	int err = join(r);

	if (err)
		return err;
	r->on_watch = event_new(r->spec.base, mnl_socket_get_fd(r->watch),
				EV_READ | EV_PERSIST, on_watch, r);
	r->on_ways = event_new(r->spec.base, -1, 0, on_ways, r);
	if (!r->on_watch || !r->on_ways || event_add(r->on_watch, NULL))
		return -ENOMEM;
	return 0;
}

void resolver_watch_close(struct resolver *r)
{
	if (r->on_watch)
		event_free(r->on_watch);
	if (r->on_ways)
		event_free(r->on_ways);
	if (r->watch)
		mnl_socket_close(r->watch);
}
