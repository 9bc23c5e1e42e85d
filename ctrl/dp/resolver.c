// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/dp/resolver_state.h"

#define TICK_MS	    100
#define IDLE_S	    30 /* how often idle neighbours and old paths are looked for */
#define QUERY_BURST 256 /* questions in a row, before others have a turn */

void resolver_advance(struct resolver *r, const struct prefix *changed)
{
	for (uint32_t i = 0; i < r->spec.n_links; i++)
		fib_advance(&r->spec.links[i].fib, changed);
}

struct iface *resolver_served(struct resolver *r, uint32_t ifindex)
{
	for (size_t i = 0; i < r->spec.n_ifaces; i++)
		if (r->ifaces[i].ifindex == ifindex)
			return &r->ifaces[i];
	return NULL;
}

void resolver_tick_soon(struct resolver *r)
{
	const struct timeval tick = { .tv_usec = TICK_MS * 1000L };

	if (!event_pending(r->on_tick, EV_TIMEOUT, NULL))
		event_add(r->on_tick, &tick);
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
		resolver_resolve(asker->resolver, &q);
	}
	if (write(fd, &one, sizeof(one)) < 0)
		return; /* its counter is at the top: we come back anyway */
}

/* --- time --- */

void resolver_refresh_locals(struct resolver *r)
{
	int err = locals_sync(&r->locals, r->spec.nl, r->spec.programs);
	bool unknown =
		err && err != -EINTR; /* while they change, none is lost */

	if (unknown && !r->told_stale)
		log_error("resolver: addresses not read: %s; until they are, packets to a new address of this host may be taken for forwarded ones",
			  strerror(-err));
	r->told_stale = unknown;
	r->addrs_stale = err != 0;
	if (err)
		resolver_tick_soon(r);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;
	uint64_t now_ns = clock_ns();
	struct waiting w;

	(void)fd;
	(void)what;
	while (waiting_expired(&r->waiting, now_ns, &w))
		resolver_refuse(&w);
	if (r->addrs_stale)
		resolver_refresh_locals(r);
	if (r->waiting.n)
		resolver_tick_soon(r);
}

static void on_idle(evutil_socket_t fd, short what, void *ctx)
{
	struct resolver *r = ctx;
	struct nl_neigh n;

	(void)fd;
	(void)what;
	while (neigh_idle(&r->in_use, clock_ns(), &n))
		if (n.managed)
			nl_neigh_release(r->spec.nl, n.ifindex, &n.addr);
	resolver_age_paths(r);
}

/* --- its life --- */

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

	r->on_tick = event_new(r->spec.base, -1, 0, on_tick, r);
	r->on_idle = event_new(r->spec.base, -1, EV_PERSIST, on_idle, r);
	if (!r->on_tick || !r->on_idle || event_add(r->on_idle, &idle))
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
	err = resolver_watch_open(
		r); /* before the dump, so that nothing is missed */
	if (!err)
		err = events_add(r);
	if (!err) {
		resolver_read_rules(r);
		resolver_read_stations(r);
		err = locals_sync(&r->locals, spec->nl, spec->programs);
	}
	if (err == -EINTR) { /* they go on changing: the events tell */
		r->addrs_stale = true;
		resolver_tick_soon(r);
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
	for (uint32_t i = 0; r->askers && i < r->spec.n_links; i++)
		event_drop(r->askers[i].on_query);
	free(r->askers);
	event_drop(r->on_tick);
	event_drop(r->on_idle);
	resolver_watch_close(r);
	locals_fini(&r->locals);
	paths_fini(&r->paths);
	free(r);
}

void resolver_prefetch(struct resolver *r, const struct addr *dst,
		       const struct addr *src)
{
	const struct nexthop wish = { .dst = *dst,
				      .src = *src,
				      .kind = NH_PENDING };

	for (uint32_t i = 0; r && i < r->spec.n_links; i++)
		resolver_answer(&r->spec.links[i], &wish);
}

bool resolver_by_source(const struct resolver *r)
{
	return r->by_source;
}

struct addr resolver_local_in(const struct resolver *r, const struct prefix *p)
{
	return locals_in(&r->locals, p);
}

uint32_t resolver_mtu(const struct resolver *r, uint32_t ifindex)
{
	for (size_t i = 0; i < r->spec.n_ifaces; i++)
		if (r->ifaces[i].ifindex == ifindex)
			return iface_mtu(&r->ifaces[i]);
	return 0;
}
