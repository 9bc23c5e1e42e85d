// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/changes.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/dp.h"
#include "ctrl/dp/forwarding.h"
#include "ctrl/dp/state.h"
#include "ctrl/dp/tunnel_routes.h"
#include "ctrl/dp/vips.h"
#include "include/limits.h"

#define SETTLE_MS      1000
#define SETTLE_STEP_MS 5

static struct tunnel_routes routes_of(const struct dp *dp)
{
	return (struct tunnel_routes){
		.config = dp->config,
		.nl = dp->nl,
		.resolver = dp->resolver,
		.sad = dp->sad,
		.policies = &dp->policies,
		.sadb = dp->sadb,
	};
}

void changes_route(struct dp *dp)
{
	const struct tunnel_routes routes = routes_of(dp);

	tunnel_routes_set(&routes);
}

void changes_follow(void *ctx)
{
	const struct dp *dp = ctx;
	const struct tunnel_routes routes = routes_of(dp);

	tunnel_routes_follow(&routes);
}

static int set_policies(void *ctx, const struct spd_image *list)
{
	const struct dp *dp = ctx;

	return programs_set_policies(dp->programs, list);
}

static int bind_sa(void *ctx, uint32_t policy_id, struct sa_ref sa)
{
	const struct dp *dp = ctx;
	const struct tunnel_routes routes = routes_of(dp);
	const struct sa_rt *rt = sad_get(dp->sad, sa);
	int err;

	if (rt)
		resolver_prefetch(dp->resolver, sa_daddr(rt), sa_saddr(rt));
	err = programs_bind(dp->programs, policy_id, sa);
	if (!err)
		tunnel_routes_set_child(&routes, policy_id);
	return err;
}

static int add_inbound(void *ctx, const struct sad_key *key, struct sa_ref sa)
{
	const struct dp *dp = ctx;

	return programs_add_inbound(dp->programs, key, sa);
}

static int del_inbound(void *ctx, const struct sad_key *key)
{
	const struct dp *dp = ctx;

	return programs_del_inbound(dp->programs, key);
}

static int add_outbound(void *ctx, const struct sad_key *key, struct sa_ref sa)
{
	const struct dp *dp = ctx;

	return programs_add_outbound(dp->programs, key, sa);
}

static int del_outbound(void *ctx, const struct sad_key *key)
{
	const struct dp *dp = ctx;

	return programs_del_outbound(dp->programs, key);
}

static void path_mtu(void *ctx, const struct sa_rt *sa, uint32_t mtu)
{
	const struct dp *dp = ctx;

	resolver_learn_mtu(dp->resolver, sa_daddr(sa), sa_saddr(sa), mtu);
}

static void grace(void *ctx)
{
	const struct dp *dp = ctx;

	programs_grace(dp->programs);
}

static void keep_alive(void *ctx, const struct sa_rt *sa)
{
	struct dp *dp = ctx;

	keepalive_send(&dp->keepalive, dp->programs, sa);
}

/* The host's own traffic for it goes another way, too. */
static void moved(void *ctx, uint32_t policy_id, const struct sa_rt *sa)
{
	const struct dp *dp = ctx;
	const struct tunnel_routes routes = routes_of(dp);

	resolver_prefetch(dp->resolver, sa_daddr(sa), sa_saddr(sa));
	tunnel_routes_set_child(&routes, policy_id);
}

/* A peer that has an address of a pool comes, or goes. */
static void leased(void *ctx, const struct sadb_lease *l)
{
	const struct dp *dp = ctx;
	const struct tunnel_routes routes = routes_of(dp);

	if (l->sa)
		resolver_prefetch(dp->resolver, sa_daddr(l->sa),
				  sa_saddr(l->sa));
	tunnel_routes_lease(&routes, l);
}

/* What the configuration lets IKE do, and not at first. */
static void allow(struct sadb *s, const struct config *c)
{
	bool streams = c->gateway.tcp_port != 0;

	for (size_t i = 0; i < c->n_conns; i++)
		streams = streams || c->conns[i].tcp_encap != TCP_ENCAP_NO;
	sadb_allow_weak(s, c->gateway.allow_weak_algorithms);
	sadb_allow_streams(s, streams);
}

static void on_poll(evutil_socket_t fd, short what, void *ctx)
{
	struct dp *dp = ctx;

	(void)fd;
	(void)what;
	sadb_poll(dp->sadb, clock_ns());
	manual_is_settled(dp->manual);
}

int changes_open(struct dp *dp, struct event_base *base, struct error *e)
{
	const struct sadb_maps maps = {
		.set_policies = set_policies,
		.bind = bind_sa,
		.add_inbound = add_inbound,
		.del_inbound = del_inbound,
		.add_outbound = add_outbound,
		.del_outbound = del_outbound,
		.path_mtu = path_mtu,
		.grace = grace,
		.keep_alive = keep_alive,
		.moved = moved,
		.leased = leased,
		.ctx = dp,
	};
	const uint32_t sas = dp->config->gateway.sas;
	const struct sadb_spec spec = {
		.sad = dp->sad,
		.view = &dp->policies,
		.maps = &maps,
		.max_sas = sas ? sas : SAS_DEFAULT,
	};
	const struct timeval second = { .tv_sec = 1 };
	int err = sadb_new(&spec, &dp->sadb, e);

	if (err)
		return err;
	allow(dp->sadb, dp->config);
	sadb_set_keepalive(dp->sadb, dp->config->gateway.keepalive_s);
	dp->manual = manual_new(dp->sadb, dp->config->gateway.state_dir);
	if (!dp->manual)
		return error_set(e, -ENOMEM, "no memory for manual SAs");
	dp->on_sadb = event_new(base, sadb_fd(dp->sadb), EV_READ | EV_PERSIST,
				on_poll, dp);
	if (!dp->on_sadb || event_add(dp->on_sadb, &second))
		return error_set(e, -ENOMEM, "cannot wait for workers");
	return 0;
}

void changes_close(struct dp *dp)
{
	if (dp->on_sadb)
		event_free(dp->on_sadb);
	manual_free(dp->manual);
	sadb_free(dp->sadb);
	keepalive_fini(&dp->keepalive);
	dp->on_sadb = NULL;
	dp->manual = NULL;
	dp->sadb = NULL;
}

void dp_serve_sadb(struct dp *dp, const struct sadb_calls *calls)
{
	sadb_serve(dp->sadb, calls, clock_ns());
}

void dp_sadb(struct dp *dp, const struct sadb_request *q)
{
	sadb_request(dp->sadb, q, clock_ns());
}

void dp_orphan_sas(struct dp *dp)
{
	sadb_orphan(dp->sadb);
}

/* Of what is fixed while it runs, what differs; NULL: nothing. */
static const char *fixed_differs(const struct config *old,
				 const struct config *now)
{
	const struct gateway_conf *a = &old->gateway, *b = &now->gateway;

	if (a->default_action != b->default_action)
		return "gateway.default";
	if (a->forward != b->forward)
		return "gateway.forward";
	if (a->mark != b->mark)
		return "gateway.mark";
	if (a->xdp != b->xdp)
		return "gateway.xdp";
	if (a->xdp_priority != b->xdp_priority)
		return "gateway.xdp_priority";
	if (a->workers != b->workers)
		return "gateway.workers";
	if (a->sas != b->sas)
		return "gateway.sas";
	if (a->crypto != b->crypto)
		return "gateway.crypto";
	if (strcmp(a->state_dir, b->state_dir) != 0)
		return "gateway.state_dir";
	if (a->n_ifaces != b->n_ifaces)
		return "the interfaces";
	for (size_t i = 0; i < a->n_ifaces; i++)
		if (a->ifaces[i].role != b->ifaces[i].role ||
		    strcmp(a->ifaces[i].name, b->ifaces[i].name) != 0)
			return "the interfaces";
	return NULL;
}

/*
 * An SPI or a key that was removed is free for the next change, and the state of
 * it written, before this one is answered. It takes as long as the drain barrier,
 * and a sync; one that takes longer goes on by itself.
 */
static void settle_manual(struct dp *dp)
{
	uint64_t until_ns = clock_ns() + SETTLE_MS * NS_PER_MS;
	struct pollfd ready = { .fd = sadb_fd(dp->sadb), .events = POLLIN };

	while (!manual_is_settled(dp->manual) && clock_ns() < until_ns) {
		poll(&ready, 1, SETTLE_STEP_MS);
		sadb_poll(dp->sadb, clock_ns());
	}
}

int changes_take(struct dp *dp, struct config *config, struct error *e)
{
	const struct tunnel_books to = { dp->sadb, dp->manual, &dp->tunnels };

	return tunnels_replace(config, &to, clock_ns(), e);
}

/* Interfaces first: policies name them. */
static int take_with_ifs(struct dp *dp, struct config *config, struct error *e)
{
	const uint32_t before = dp->tunnels.n;
	int err = tunnel_ifs_make(&dp->tunnels, config, e);

	if (!err)
		err = tunnel_ifs_attach(&dp->tunnels, e);
	if (!err)
		err = changes_take(dp, config, e);
	if (err)
		tunnel_ifs_undo(&dp->tunnels, before);
	return err;
}

int dp_reload(struct dp *dp, struct config *config, struct error *e)
{
	const char *what = fixed_differs(dp->config, config);
	int err;

	if (what)
		return error_set(
			e, -EBUSY,
			"%s cannot change while the data path runs; stop cygnetd and start it again",
			what);
	vips_keep(dp->config, config);
	err = forwarding_check_all(config, e);
	if (!err)
		err = take_with_ifs(dp, config, e);
	if (err)
		return err;
	dp->config = config;
	allow(dp->sadb, config);
	settle_manual(dp);
	audit_ring_mute(dp->audits, !config->gateway.audit);
	for (uint32_t i = 0; i < dp->n_workers; i++) {
		struct worker *w = &dp->workers[i].w;

		atomic_store_explicit(&w->mss_clamp, config->gateway.mss_clamp,
				      memory_order_relaxed);
		atomic_store_explicit(&w->audit.off, !config->gateway.audit,
				      memory_order_relaxed);
		atomic_store_explicit(&w->quote_check,
				      config->gateway.icmp_quote_check,
				      memory_order_relaxed);
	}
	sadb_set_keepalive(dp->sadb, config->gateway.keepalive_s);
	vips_settle(dp);
	changes_route(dp);
	return 0;
}

int dp_let_out(struct dp *dp, int fd, struct error *e)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);
	int err = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len))
		err = -errno;
	if (!err)
		err = programs_let_out(dp->programs, cookie, OWN_ANYWHERE);
	if (err)
		return error_set(
			e, err,
			"cannot enter a socket into the map own_sockets: %s",
			strerror(-err));
	return 0;
}

static struct own_flow flow_of(const struct stream_ends *ends)
{
	return (struct own_flow){ .local = ends->local,
				  .peer = ends->remote,
				  .local_port = ends->local_port,
				  .peer_port = ends->remote_port };
}

int dp_let_stream_out(struct dp *dp, int fd, const struct stream_ends *ends,
		      struct error *e)
{
	const struct own_flow flow = flow_of(ends);
	int err = programs_let_stream_out(dp->programs, fd);

	if (err)
		return error_set(
			e, err,
			"cannot enter a socket into the map own_streams: %s",
			strerror(-err));
	err = programs_add_stream(dp->programs, &flow);
	if (err)
		return error_set(
			e, err,
			"cannot enter a connection into the map stream_flows: %s",
			strerror(-err));
	return 0;
}

void dp_end_stream(struct dp *dp, const struct stream_ends *ends)
{
	const struct own_flow flow = flow_of(ends);

	if (ends->local_port)
		programs_del_stream(dp->programs, &flow);
	else
		programs_del_streams(dp->programs);
}
