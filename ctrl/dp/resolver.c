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
#include "ctrl/dp/nl_parse.h"

#define WAITING_MAX 256	 /* questions that wait for a neighbour */
#define IN_USE_MAX  1024 /* neighbours whose change matters */
#define TICK_MS	    100
#define NEIGH_WAIT_NS \
	(900 * NS_PER_MS) /* a little less than packets are held */

/* A question whose neighbour the kernel is resolving. */
struct waiting {
	struct nexthop answer; /* but for dmac */
	uint32_t gateway_be;
	uint64_t deadline_ns;
};

struct local {
	struct addr addr;
	enum local_kind kind;
};

struct resolver {
	struct resolver_spec spec;
	struct mnl_socket *watch;
	struct event *on_watch;
	struct event *on_query;
	struct event *on_tick;
	struct waiting waiting[WAITING_MAX];
	size_t n_waiting;
	struct nl_neigh in_use[IN_USE_MAX];
	size_t n_in_use;
	struct local locals[ADDR_MAX];
	size_t n_locals;
};

/* Every cached answer is old from here on. */
static void advance(struct resolver *r)
{
	atomic_fetch_add_explicit(&r->spec.link->fib_gen, 1,
				  memory_order_acq_rel);
}

static void answer(struct resolver *r, const struct nexthop *nh)
{
	const uint64_t one = 1;

	/* A full queue: the worker asks again when its entry expires. */
	if (spsc_push(&r->spec.link->answers, nh) &&
	    write(r->spec.link->answer_fd, &one, sizeof(one)) < 0)
		return; /* the counter is at its top: the worker is awake */
}

static void refuse(struct resolver *r, struct nexthop nh,
		   enum drop_reason reason)
{
	nh.kind = NH_NONE;
	nh.drop = reason;
	nh.expires_ns = clock_ns() + NH_RETRY_NS;
	answer(r, &nh);
}

static const struct iface *served(const struct resolver *r, uint32_t ifindex)
{
	for (size_t i = 0; i < r->spec.n_ifaces; i++)
		if (r->spec.ifaces[i].ifindex == ifindex)
			return &r->spec.ifaces[i];
	return NULL;
}

/* When the table is full, every neighbour event counts as a change. */
static void use_neigh(struct resolver *r, const struct nl_neigh *n)
{
	for (size_t i = 0; i < r->n_in_use; i++) {
		struct nl_neigh *u = &r->in_use[i];

		if (u->ifindex == n->ifindex && u->addr_be == n->addr_be) {
			*u = *n;
			return;
		}
	}
	if (r->n_in_use < IN_USE_MAX)
		r->in_use[r->n_in_use++] = *n;
}

static bool neigh_changed(const struct resolver *r, const struct nl_neigh *n)
{
	for (size_t i = 0; i < r->n_in_use; i++) {
		const struct nl_neigh *u = &r->in_use[i];

		if (u->ifindex == n->ifindex && u->addr_be == n->addr_be)
			return u->valid != n->valid ||
			       memcmp(u->mac, n->mac, sizeof(u->mac)) != 0;
	}
	return r->n_in_use == IN_USE_MAX;
}

static void answer_port(struct resolver *r, struct nexthop nh,
			const struct nl_neigh *n)
{
	use_neigh(r, n);
	memcpy(nh.dmac, n->mac, sizeof(nh.dmac));
	answer(r, &nh);
}

static void wait_neigh(struct resolver *r, const struct nexthop *nh,
		       uint32_t gateway_be)
{
	const struct timeval tick = { .tv_usec = TICK_MS * 1000L };

	if (r->n_waiting == WAITING_MAX) {
		refuse(r, *nh, DROP_NO_NEIGHBOUR);
		return;
	}
	r->waiting[r->n_waiting++] = (struct waiting){
		.answer = *nh,
		.gateway_be = gateway_be,
		.deadline_ns = clock_ns() + NEIGH_WAIT_NS,
	};
	event_add(r->on_tick, &tick);
}

static void ask_neigh(struct resolver *r, struct nexthop nh,
		      const struct iface *iface, uint32_t gateway_be)
{
	struct nl_neigh n;
	int err = nl_neigh_get(r->spec.nl, iface->ifindex, gateway_be, &n);

	nh.kind = NH_PORT;
	nh.ifindex = iface->ifindex;
	nh.mtu = iface->mtu;
	memcpy(nh.smac, iface->mac, sizeof(nh.smac));
	if (err || !n.permanent)
		nl_neigh_keep(r->spec.nl, iface->ifindex, gateway_be);
	if (err || !n.valid)
		wait_neigh(r, &nh, gateway_be);
	else
		answer_port(r, nh, &n);
}

static void resolve(struct resolver *r, const struct nexthop_query *q)
{
	struct nexthop nh = { .dst_be = q->dst_be, .gen = q->gen };
	const struct iface *iface;
	struct nl_route route;

	if (nl_route_get(r->spec.nl, q->dst_be, &route)) {
		refuse(r, nh, DROP_NO_ROUTE);
		return;
	}
	iface = served(r, route.ifindex);
	if (route.type != RTN_UNICAST || !iface) {
		nh.kind = NH_HOST;
		answer(r, &nh);
		return;
	}
	ask_neigh(r, nh, iface, route.gateway_be ? route.gateway_be : q->dst_be);
}

static void on_query(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;
	struct nexthop_query q;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	while (spsc_pop(&r->spec.link->queries, &q))
		resolve(r, &q);
}

/* Answers those that wait for this neighbour. */
static void neigh_arrived(struct resolver *r, const struct nl_neigh *n)
{
	for (size_t i = 0; i < r->n_waiting;) {
		struct waiting *w = &r->waiting[i];

		if (w->answer.ifindex != n->ifindex ||
		    w->gateway_be != n->addr_be) {
			i++;
			continue;
		}
		answer_port(r, w->answer, n);
		*w = r->waiting[--r->n_waiting];
	}
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval tick = { .tv_usec = TICK_MS * 1000L };
	struct resolver *r = ctx;
	uint64_t now_ns = clock_ns();

	(void)fd;
	(void)what;
	for (size_t i = 0; i < r->n_waiting;) {
		struct waiting *w = &r->waiting[i];

		if (now_ns < w->deadline_ns) {
			i++;
			continue;
		}
		refuse(r, w->answer, DROP_NO_NEIGHBOUR);
		*w = r->waiting[--r->n_waiting];
	}
	if (r->n_waiting)
		event_add(r->on_tick, &tick);
}

static void on_neigh_event(struct resolver *r, const struct nlmsghdr *h)
{
	struct nl_neigh n;

	if (!nl_neigh_parse(h, &n))
		return;
	if (neigh_changed(r, &n)) {
		use_neigh(r, &n);
		advance(r);
	}
	if (n.valid)
		neigh_arrived(r, &n);
}

struct local_list {
	struct local *at;
	size_t n;
};

static void add_local(void *ctx, const struct addr *a, enum local_kind kind,
		      uint32_t ifindex)
{
	struct local_list *list = ctx;

	(void)ifindex;
	if (list->n < ADDR_MAX)
		list->at[list->n++] = (struct local){ .addr = *a, .kind = kind };
}

static bool listed(const struct local *list, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&list[i].addr, a))
			return true;
	return false;
}

/* The map holds the kernel's addresses: new ones first, then the gone. */
static int sync_locals(struct resolver *r)
{
	struct local_list now = { .at = calloc(ADDR_MAX, sizeof(*now.at)) };
	int err;

	if (!now.at)
		return -ENOMEM;
	err = nl_addr_dump(r->spec.nl, add_local, &now);
	for (size_t i = 0; !err && i < now.n; i++)
		err = programs_add_local(r->spec.programs, &now.at[i].addr,
					 now.at[i].kind);
	for (size_t i = 0; !err && i < r->n_locals; i++)
		if (!listed(now.at, now.n, &r->locals[i].addr))
			programs_del_local(r->spec.programs, &r->locals[i].addr);
	if (!err) {
		memcpy(r->locals, now.at, now.n * sizeof(*now.at));
		r->n_locals = now.n;
	}
	free(now.at);
	return err;
}

static int on_event(const struct nlmsghdr *h, void *ctx)
{
	struct resolver *r = ctx;

	switch (h->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		on_neigh_event(r, h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (sync_locals(r))
			log_error(
				"resolver: addresses not read; packets for this host may be taken for forwarded ones");
		advance(r);
		break;
	default: /* route, rule, link */
		advance(r);
	}
	return MNL_CB_OK;
}

static void on_watch(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;
	char buf[32768];
	ssize_t got;

	(void)fd;
	(void)what;
	got = mnl_socket_recvfrom(r->watch, buf, sizeof(buf));
	if (got > 0) {
		mnl_cb_run(buf, (size_t)got, 0, 0, on_event, r);
		return;
	}
	if (got < 0 && errno == ENOBUFS) { /* events were lost */
		sync_locals(r);
		advance(r);
	}
}

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

static int events_add(struct resolver *r)
{
	struct event_base *base = r->spec.base;

	r->on_watch = event_new(base, mnl_socket_get_fd(r->watch),
				EV_READ | EV_PERSIST, on_watch, r);
	r->on_query = event_new(base, r->spec.link->query_fd,
				EV_READ | EV_PERSIST, on_query, r);
	r->on_tick = event_new(base, -1, 0, on_tick, r);
	if (!r->on_watch || !r->on_query || !r->on_tick)
		return -ENOMEM;
	if (event_add(r->on_watch, NULL) || event_add(r->on_query, NULL))
		return -ENOMEM;
	return 0;
}

int resolver_new(const struct resolver_spec *spec, struct resolver **out,
		 struct error *e)
{
	struct resolver *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return error_set(e, -ENOMEM, "no memory for the resolver");
	r->spec = *spec;
	err = watch_open(r); /* before the dump, so that nothing is missed */
	if (!err)
		err = sync_locals(r);
	if (!err)
		err = events_add(r);
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
	event_drop(r->on_watch);
	event_drop(r->on_query);
	event_drop(r->on_tick);
	if (r->watch)
		mnl_socket_close(r->watch);
	free(r);
}

uint32_t resolver_local_in(const struct resolver *r, const struct prefix *p)
{
	for (size_t i = 0; i < r->n_locals; i++)
		if (r->locals[i].kind == LOCAL_UNICAST &&
		    prefix_contains(p, &r->locals[i].addr))
			return addr_v4_be(&r->locals[i].addr);
	return 0;
}

uint32_t resolver_mtu(const struct resolver *r, uint32_t ifindex)
{
	const struct iface *iface = served(r, ifindex);

	return iface ? iface->mtu : 0;
}
