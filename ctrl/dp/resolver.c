// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/dp/locals.h"
#include "ctrl/dp/neigh.h"
#include "ctrl/dp/waiting.h"

#define TICK_MS	    100
#define IDLE_S	    30	/* how often idle neighbours are looked for */
#define QUERY_BURST 256 /* questions in a row, before others have a turn */
#define WATCH_BURST 64	/* datagrams of events, likewise */

/* One worker, as it asks. */
struct asker {
	struct resolver *resolver;
	struct nexthop_link *link;
	struct event *on_query;
};

struct resolver {
	struct resolver_spec spec;
	struct asker *askers; /* owned; one of each link */
	struct iface ifaces[IFACE_MAX];
	struct mnl_socket *watch;
	struct event *on_watch;
	struct event *on_tick; /* pending: something waits */
	struct event *on_idle;
	struct waitings waiting;
	struct neighs in_use;
	struct locals locals;
	bool addrs_stale; /* the map is behind the kernel */
	bool told_stale;  /* and that was logged */
};

/* Every cached answer is old from here on. */
static void advance(struct resolver *r)
{
	for (uint32_t i = 0; i < r->spec.n_links; i++)
		atomic_fetch_add_explicit(&r->spec.links[i].fib_gen, 1,
					  memory_order_acq_rel);
}

static void tick_soon(struct resolver *r)
{
	const struct timeval tick = { .tv_usec = TICK_MS * 1000L };

	if (!event_pending(r->on_tick, EV_TIMEOUT, NULL))
		event_add(r->on_tick, &tick);
}

/* --- answers --- */

static void answer(struct nexthop_link *link, const struct nexthop *nh)
{
	const uint64_t one = 1;

	/* A full queue: the worker asks again when its entry expires. */
	if (spsc_push(&link->answers, nh) &&
	    write(link->answer_fd, &one, sizeof(one)) < 0)
		return; /* the counter is at its top: the worker is awake */
}

static void refuse(const struct nexthop_query *q, enum drop_reason reason)
{
	const struct nexthop nh = {
		.dst = q->dst,
		.gen = q->gen,
		.kind = NH_NONE,
		.drop = reason,
		.expires_ns = clock_ns() + NH_RETRY_NS,
	};

	answer(q->link, &nh);
}

static struct iface *served(struct resolver *r, uint32_t ifindex)
{
	for (size_t i = 0; i < r->spec.n_ifaces; i++)
		if (r->ifaces[i].ifindex == ifindex)
			return &r->ifaces[i];
	return NULL;
}

static void answer_port(const struct nexthop_query *q, const struct iface *iface,
			const struct nl_neigh *n, uint64_t hold_ns)
{
	uint64_t now_ns = clock_ns();
	struct nexthop nh = {
		.dst = q->dst,
		.gen = q->gen,
		.kind = NH_PORT,
		.ifindex = iface->ifindex,
		.role = iface->role,
		.mtu = q->mtu,
		.saddr = q->saddr,
		.renew_ns = now_ns + hold_ns / 2,
		.expires_ns = now_ns + hold_ns,
	};

	memcpy(nh.link, n->mac, sizeof(n->mac));
	memcpy(nh.link + sizeof(n->mac), iface->mac, sizeof(iface->mac));
	nh.link_bytes = sizeof(n->mac) + sizeof(iface->mac);
	answer(q->link, &nh);
}

/*
 * All these destinations are behind this neighbour. It is watched, and kept by
 * the kernel, for as long as next hops use it; where there is no room for
 * that, it is looked at again every second.
 */
static void answer_ports(struct resolver *r, const struct nexthop_query *q,
			 size_t n_queries, const struct iface *iface,
			 const struct nl_neigh *n)
{
	bool watched;

	if (neigh_changed(&r->in_use, n)) /* before its event came */
		advance(r);
	watched = neigh_use(&r->in_use, n, clock_ns());
	for (size_t i = 0; i < n_queries; i++)
		answer_port(&q[i], iface, n, watched ? NH_HOLD_NS : NH_RETRY_NS);
	if (watched && !n->fixed && !n->managed)
		nl_neigh_keep(r->spec.nl, n->ifindex, n->addr_be);
}

/* --- questions that wait for a neighbour --- */

static void refuse_all(const struct waiting *w)
{
	for (size_t i = 0; i < w->n; i++)
		refuse(&w->query[i], DROP_NO_NEIGHBOUR);
}

static void neigh_arrived(struct resolver *r, const struct nl_neigh *n)
{
	const struct iface *iface = served(r, n->ifindex);
	struct waiting w;

	if (!iface || !waiting_take(&r->waiting, n->ifindex, n->addr_be, &w))
		return;
	answer_ports(r, w.query, w.n, iface, n);
	if (w.more) /* those who are not in the list ask again */
		advance(r);
}

static void wait_neigh(struct resolver *r, const struct nexthop_query *q,
		       const struct nl_neigh *n)
{
	struct waiting pushed;

	if (!n->fixed)
		nl_neigh_probe(r->spec.nl, n->ifindex, n->addr_be);
	if (waiting_add(&r->waiting, n->ifindex, n->addr_be, q, clock_ns(),
			&pushed))
		refuse_all(&pushed);
	tick_soon(r);
}

static void ask_neigh(struct resolver *r, const struct nexthop_query *q,
		      const struct iface *iface, uint32_t gateway_be)
{
	struct nl_neigh n;
	int err = nl_neigh_get(r->spec.nl, iface->ifindex, gateway_be, &n);

	if (err || !n.valid)
		return wait_neigh(r, q, &n);
	answer_ports(r, q, 1, iface, &n);
}

static void resolve(struct resolver *r, const struct nexthop_query *q)
{
	struct nexthop nh = { .dst = q->dst, .gen = q->gen };
	struct nexthop_query with = *q;
	const struct iface *iface;
	struct nl_route route;

	if (nl_route_get(r->spec.nl, addr_v4_be(&q->dst), &route))
		return refuse(q, DROP_NO_ROUTE);
	iface = served(r, route.ifindex);
	if (route.type == RTN_UNICAST && iface) {
		with.mtu = nl_route_mtu(&route, iface->mtu);
		if (route.source_be)
			with.saddr = addr_from_v4(route.source_be);
		return ask_neigh(r, &with, iface,
				 route.gateway_be ? route.gateway_be
						  : addr_v4_be(&q->dst));
	}
	nh.kind = NH_HOST;
	answer(q->link, &nh);
}

static void on_query(evutil_socket_t fd, short what, void *ctx)
{
	const uint64_t one = 1;
	const struct asker *asker = ctx;
	struct nexthop_query q;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	for (uint32_t i = 0; i < QUERY_BURST; i++) {
		if (!spsc_pop(&asker->link->queries, &q))
			return;
		q.link = asker->link;
		resolve(asker->resolver, &q);
	}
	if (write(fd, &one, sizeof(one)) < 0)
		return; /* its counter is at the top: we come back anyway */
}

/* --- events --- */

static void on_neigh_event(struct resolver *r, const struct nlmsghdr *h)
{
	struct nl_neigh n;

	if (!nl_neigh_parse(h, &n))
		return;
	if (neigh_changed(&r->in_use, &n))
		advance(r);
	if (n.valid)
		neigh_arrived(r, &n);
	else if (n.managed) /* dead: asked for again where there is traffic */
		nl_neigh_release(r->spec.nl, n.ifindex, n.addr_be);
}

static void set_link(struct resolver *r, const struct nl_link *l)
{
	struct iface *iface = served(r, l->ifindex);
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

/* One that we serve has gone and come back under another number. */
static void replace_link(struct resolver *r, const struct nl_link *l)
{
	for (size_t i = 0; i < r->spec.n_ifaces; i++) {
		struct iface *iface = &r->ifaces[i], now;
		uint32_t old = iface->ifindex;

		if (strcmp(iface->name, l->name) != 0 || old == l->ifindex ||
		    iface_read(l->name, &now))
			continue;
		now.role = iface->role;
		*iface = now;
		r->spec.iface_replaced(r->spec.ctx, old, iface);
	}
}

static void on_link_event(struct resolver *r, const struct nlmsghdr *h)
{
	struct nl_link l;

	if (!nl_link_parse(h, &l))
		return;
	if (served(r, l.ifindex))
		set_link(r, &l);
	else
		replace_link(r, &l);
}

static int on_event(const struct nlmsghdr *h, void *ctx)
{
	struct resolver *r = ctx;

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
		on_link_event(r, h);
		break;
	}
	advance(r); /* address, link, route, rule */
	return MNL_CB_OK;
}

/* --- time, and what was lost --- */

static void refresh_locals(struct resolver *r)
{
	int err = locals_sync(&r->locals, r->spec.nl, r->spec.programs);

	if (err && !r->told_stale)
		log_error("resolver: addresses not read: %s; until they are, packets to a new address of this host may be taken for forwarded ones",
			  strerror(-err));
	r->told_stale = err != 0;
	r->addrs_stale = err != 0;
	if (err)
		tick_soon(r);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;
	uint64_t now_ns = clock_ns();
	struct waiting w;

	(void)fd;
	(void)what;
	while (waiting_expired(&r->waiting, now_ns, &w))
		refuse_all(&w);
	if (r->addrs_stale)
		refresh_locals(r);
	if (r->waiting.n)
		tick_soon(r);
}

static void on_idle(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;
	struct nl_neigh n;

	(void)fd;
	(void)what;
	while (neigh_idle(&r->in_use, clock_ns(), &n))
		if (n.managed)
			nl_neigh_release(r->spec.nl, n.ifindex, n.addr_be);
}

/* Events were lost: whatever they may have said is asked for. */
static void resync(struct resolver *r)
{
	struct nl_link l;
	struct nl_neigh n;

	r->addrs_stale = true;
	for (size_t i = 0; i < r->spec.n_ifaces; i++)
		if (!nl_link_get(r->spec.nl, r->ifaces[i].ifindex, &l))
			set_link(r, &l);
	for (size_t i = r->waiting.n; i-- > 0;)
		if (!nl_neigh_get(r->spec.nl, r->waiting.at[i].ifindex,
				  r->waiting.at[i].addr_be, &n) &&
		    n.valid)
			neigh_arrived(r, &n);
	advance(r);
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
		refresh_locals(r);
}

/* --- its life --- */

static int watch_open(struct resolver *r)
{
	const unsigned int groups = RTMGRP_LINK | RTMGRP_NEIGH |
				    RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |
				    RTMGRP_IPV4_RULE;

	r->watch = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!r->watch || mnl_socket_bind(r->watch, groups, MNL_SOCKET_AUTOPID))
		return -errno;
	return 0;
}

static int askers_add(struct resolver *r)
{
	r->askers = calloc(r->spec.n_links, sizeof(*r->askers));
	if (!r->askers)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->spec.n_links; i++) {
		struct asker *a = &r->askers[i];

		a->resolver = r;
		a->link = &r->spec.links[i];
		a->on_query = event_new(r->spec.base, a->link->query_fd,
					EV_READ | EV_PERSIST, on_query, a);
		if (!a->on_query || event_add(a->on_query, NULL))
			return -ENOMEM;
	}
	return 0;
}

static int events_add(struct resolver *r)
{
	const struct timeval idle = { .tv_sec = IDLE_S };
	struct event_base *base = r->spec.base;

	r->on_watch = event_new(base, mnl_socket_get_fd(r->watch),
				EV_READ | EV_PERSIST, on_watch, r);
	r->on_tick = event_new(base, -1, 0, on_tick, r);
	r->on_idle = event_new(base, -1, EV_PERSIST, on_idle, r);
	if (!r->on_watch || !r->on_tick || !r->on_idle)
		return -ENOMEM;
	if (event_add(r->on_watch, NULL) || event_add(r->on_idle, &idle))
		return -ENOMEM;
	return askers_add(r);
}

int resolver_new(const struct resolver_spec *spec, struct resolver **out,
		 struct error *e)
{
	struct resolver *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return error_set(e, -ENOMEM, "no memory for the resolver");
	r->spec = *spec;
	memcpy(r->ifaces, spec->ifaces, spec->n_ifaces * sizeof(*spec->ifaces));
	/* What an earlier daemon did not live to release. */
	nl_neigh_release_all(spec->nl);
	err = watch_open(r); /* before the dump, so that nothing is missed */
	if (!err)
		err = events_add(r);
	if (!err)
		err = locals_sync(&r->locals, spec->nl, spec->programs);
	if (err == -EINTR) { /* they go on changing: the events tell */
		r->addrs_stale = true;
		tick_soon(r);
		err = 0;
	}
	if (err) {
		resolver_free(r);
		return error_set(
			e, err,
			"cannot watch the kernel's addresses and routes: %s",
			strerror(-err));
	}
	*out = r;
	return 0;
}

static void event_drop(struct event *ev)
{
	if (ev)
		event_free(ev);
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	nl_neigh_release_all(r->spec.nl);
	event_drop(r->on_watch);
	for (uint32_t i = 0; r->askers && i < r->spec.n_links; i++)
		event_drop(r->askers[i].on_query);
	free(r->askers);
	event_drop(r->on_tick);
	event_drop(r->on_idle);
	if (r->watch)
		mnl_socket_close(r->watch);
	locals_fini(&r->locals);
	free(r);
}

uint32_t resolver_local_in(const struct resolver *r, const struct prefix *p)
{
	return locals_in(&r->locals, p);
}

uint32_t resolver_mtu(const struct resolver *r, uint32_t ifindex)
{
	for (size_t i = 0; i < r->spec.n_ifaces; i++)
		if (r->ifaces[i].ifindex == ifindex)
			return r->ifaces[i].mtu;
	return 0;
}
