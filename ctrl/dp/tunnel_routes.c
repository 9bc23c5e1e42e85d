// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/tunnel_routes.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/log.h"
#include "ctrl/base/range.h"
#include "ctrl/dp/esp.h"
#include "ctrl/dp/nl_table.h"
#include "ctrl/dp/worker.h"

/* What a route leads to. */
struct way {
	const char *name; /* of the policy, or the child */
	struct prefix local;
	struct prefix remote;
	struct addr peer;
	struct addr ours;	/* the other end; all 0: not known */
	const struct sa_rt *sa; /* NULL: not known yet */
};

/* A route that should be there, or why it can't. */
struct want {
	struct nl_tunnel_route route;
	const char *name;
	size_t order;
	int err;
};

struct plan {
	struct want *at; /* sorted by prefix, then by order */
	size_t n;
};

/* --- one way --- */

/* Is the guard at this interface's egress? */
static bool is_guarded(const struct gateway_conf *g, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname(ifindex, name))
		return false;
	for (size_t i = 0; i < g->n_ifaces; i++)
		if (g->ifaces[i].role == IFACE_UNPROTECTED &&
		    strcmp(g->ifaces[i].name, name) == 0)
			return true;
	return false;
}

static uint32_t inner_mtu(const struct way *w, uint32_t mtu)
{
	const uint32_t around = ESP_AROUND_MAX(
		addr_is_v4(&w->peer) ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES);

	if (w->sa)
		return esp_inner_mtu(w->sa, mtu);
	return mtu > around ? mtu - around : 0;
}

/* Of the outer packets. */
static uint32_t way_mtu(const struct tunnel_routes *r, const struct way *w,
			const struct addr *from, const struct nl_route *outer)
{
	uint32_t link = resolver_mtu(r->resolver, outer->ifindex);
	uint32_t mtu = nl_route_mtu(outer, link);
	uint32_t path = resolver_path_mtu(r->resolver, &w->peer, from);

	return path < mtu ? path : mtu;
}

/* -EXDEV: the way to the peer is none of ours, and nothing would guard it. */
static int route_of(const struct tunnel_routes *r, const struct way *w,
		    struct nl_tunnel_route *out)
{
	struct addr from = { 0 };
	struct nl_route outer;
	int err;

	*out = (struct nl_tunnel_route){ .remote = w->remote };
	if (addr_is_none(&w->peer))
		return -ENOENT;
	if (resolver_by_source(r->resolver))
		from = w->ours;
	err = nl_route_get(r->nl, &w->peer, &from, &outer);
	if (err)
		return err;
	if (!is_guarded(&r->config->gateway, outer.ifindex))
		return -EXDEV;
	out->gateway = nl_gateway(&w->remote, addr_is_none(&outer.gateway)
						      ? &w->peer
						      : &outer.gateway);
	out->ifindex = outer.ifindex;
	out->source = resolver_local_in(r->resolver, &w->local);
	out->mtu = inner_mtu(w, way_mtu(r, w, &from, &outer));
	return 0;
}

static const char *failure(int err)
{
	return err == -EXDEV ? "its peer is not behind an unprotected interface"
			     : strerror(-err);
}

static void tell_failure(const struct want *w, int err)
{
	log_warn("tunnel: no route for policy=%s: %s; the host's own traffic needs one",
		 w->name, failure(err));
}

/* --- the ways that there are --- */

/* NULL: it has none. */
static const struct sa_rt *sa_of(const struct tunnel_routes *r,
				 uint32_t policy_id)
{
	return sad_get(r->sad, policy_binding(r->policies, policy_id));
}

/* An SA knows better who they are. */
static void take_ends(struct way *w)
{
	if (!w->sa)
		return;
	w->peer = *sa_daddr(w->sa);
	w->ours = *sa_saddr(w->sa);
}

/* Its pairs have one together, but those that the peer has left out. */
static const struct sa_rt *child_sa(const struct tunnel_routes *r,
				    const struct child_conf *child)
{
	const struct sa_rt *sa = NULL;
	size_t n = child_pairs(child);

	for (size_t i = 0; !sa && i < n && i < SADB_SELECTORS_MAX; i++)
		sa = sa_of(r, child_policy(child, i));
	return sa;
}

/* Of its remote range the prefixes are still to come. Whoever the peer will be: the route is there before the SA, so that the host's
 * own first packet asks for one. */
static bool child_way(const struct tunnel_routes *r,
		      const struct conn_conf *conn,
		      const struct child_conf *child, size_t remote_ts,
		      struct way *out, struct range *remote)
{
	const struct conn_addr *peer = conn->remote_addrs;
	struct range local;

	if (child->if_id_out || !conn->n_remote_addrs ||
	    !conn_addr_is_host(peer) || !child->n_local_ts ||
	    tunnel_is_leased(conn, &child->remote_ts[remote_ts]))
		return false;
	*out = (struct way){
		.name = child->name,
		.peer = peer->net.net,
		.sa = child_sa(r, child),
	};
	if (conn->n_local_addrs == 1 && conn_addr_is_host(conn->local_addrs))
		out->ours = conn->local_addrs[0].net.net;
	take_ends(out);
	if (!tunnel_remote(conn, &child->remote_ts[remote_ts], remote) ||
	    !tunnel_local(conn, child->local_ts, remote, &local))
		return false;
	range_next(&local, &out->local);
	return true;
}

static struct prefix host(const struct addr *a)
{
	return (struct prefix){ .net = *a, .bits = addr_is_v4(a) ? 32 : 128 };
}

static struct way lease_way(const struct sadb_lease *l)
{
	struct range local = l->local;
	struct way w = { .name = "a virtual IP",
			 .remote = host(&l->vip),
			 .sa = l->sa };

	range_next(&local, &w.local);
	take_ends(&w);
	return w;
}

/* Of its remote range the prefixes are still to come. */
static struct way policy_way(const struct tunnel_routes *r,
			     const struct policy_conf *p)
{
	struct range local = { p->selector.local_min, p->selector.local_max };
	struct way w = { .name = p->name, .sa = sa_of(r, p->id) };

	range_next(&local, &w.local);
	take_ends(&w);
	return w;
}

static struct range remote_of(const struct policy_conf *p)
{
	return (struct range){ p->selector.remote_min, p->selector.remote_max };
}

/* What goes out by it is the host's own, too. To a tunnel interface the operator's
 * routes lead. */
static bool is_routed(const struct policy_conf *p)
{
	return p->action == SPD_PROTECT && p->dirs & SPD_OUT && !p->if_id_out;
}

/* --- the plan --- */

static int by_remote(const void *a, const void *b)
{
	const struct nl_tunnel_route *one = a, *other = b;
	int order = memcmp(one->remote.net.octets, other->remote.net.octets,
			   sizeof(one->remote.net.octets));

	return order ? order : (int)one->remote.bits - (int)other->remote.bits;
}

static int by_remote_and_order(const void *a, const void *b)
{
	const struct want *one = a, *other = b;
	int order = by_remote(&one->route, &other->route);

	return order ? order : (one->order > other->order ? 1 : -1);
}

static void plan_add(struct plan *p, const struct tunnel_routes *r,
		     const struct way *w)
{
	struct want *want = &p->at[p->n];

	*want = (struct want){ .name = w->name, .order = p->n++ };
	want->err = route_of(r, w, &want->route);
}

/* A way for each prefix of its remote range. */
static void plan_range(struct plan *p, const struct tunnel_routes *r,
		       struct way *w, struct range left)
{
	bool more = true;

	while (more) {
		more = range_next(&left, &w->remote);
		plan_add(p, r, w);
	}
}

static void plan_children(struct plan *p, const struct tunnel_routes *r,
			  const struct conn_conf *conn)
{
	struct range remote;
	struct way w;

	for (size_t k = 0; k < conn->n_children; k++)
		for (size_t t = 0; t < conn->children[k].n_remote_ts; t++)
			if (child_way(r, conn, &conn->children[k], t, &w,
				      &remote))
				plan_range(p, r, &w, remote);
}

static void plan_policy(struct plan *p, const struct tunnel_routes *r,
			const struct policy_conf *policy)
{
	struct way w = policy_way(r, policy);

	plan_range(p, r, &w, remote_of(policy));
}

static size_t prefixes_of(struct range left)
{
	struct prefix one;
	size_t n = 1;

	while (range_next(&left, &one))
		n++;
	return n;
}

/* Dynamic ones are of hosts. */
static size_t prefixes_of_child(const struct child_conf *child)
{
	size_t n = 0;

	for (size_t t = 0; t < child->n_remote_ts; t++)
		n += child->remote_ts[t].dynamic
			     ? 1
			     : prefixes_of(ts_conf_range(&child->remote_ts[t]));
	return n;
}

static size_t selectors_of(const struct config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_policies; i++)
		if (is_routed(&c->policies[i]))
			n += prefixes_of(remote_of(&c->policies[i]));

	for (size_t i = 0; i < c->n_conns; i++)
		for (size_t k = 0; k < c->conns[i].n_children; k++)
			n += prefixes_of_child(&c->conns[i].children[k]);
	return n;
}

static size_t leases_of(const struct tunnel_routes *r, struct sadb_lease *out,
			size_t max)
{
	return r->sadb ? sadb_leases(r->sadb, out, max) : 0;
}

static int plan_leases(struct plan *p, const struct tunnel_routes *r, size_t n)
{
	struct sadb_lease *all = calloc(n + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	leases_of(r, all, n);
	for (size_t i = 0; i < n; i++) {
		const struct way w = lease_way(&all[i]);

		plan_add(p, r, &w);
	}
	free(all);
	return 0;
}

/* Of the same prefix, the first stands. */
static void plan_sort(struct plan *p)
{
	size_t kept = 0;

	qsort(p->at, p->n, sizeof(*p->at), by_remote_and_order);
	for (size_t i = 0; i < p->n; i++)
		if (!kept ||
		    by_remote(&p->at[kept - 1].route, &p->at[i].route) != 0)
			p->at[kept++] = p->at[i];
	p->n = kept;
}

/* 0 or -ENOMEM. */
static int plan_make(const struct tunnel_routes *r, struct plan *out)
{
	const struct config *c = r->config;
	const size_t leases = leases_of(r, NULL, 0);

	out->n = 0;
	out->at = calloc(selectors_of(c) + leases + 1, sizeof(*out->at));
	if (!out->at)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_policies; i++)
		if (is_routed(&c->policies[i]))
			plan_policy(out, r, &c->policies[i]);
	for (size_t i = 0; i < c->n_conns; i++)
		plan_children(out, r, &c->conns[i]);
	if (plan_leases(out, r, leases))
		return -ENOMEM;
	plan_sort(out);
	return 0;
}

/* --- from what is there to what should be --- */

static bool route_equal(const struct nl_tunnel_route *a,
			const struct nl_tunnel_route *b)
{
	return addr_equal(&a->gateway, &b->gateway) &&
	       a->ifindex == b->ifindex && addr_equal(&a->source, &b->source) &&
	       a->mtu == b->mtu;
}

static const struct nl_tunnel_route *find_route(const struct nl_rows *found,
						const struct nl_tunnel_route *key)
{
	return found->n ? bsearch(key, found->at, found->n, sizeof(*key),
				  by_remote)
			: NULL;
}

/* What nobody wants, or could have, goes. */
static void remove_stale(struct nl *nl, const struct nl_rows *found,
			 const struct plan *p)
{
	const struct nl_tunnel_route *was = found->at;

	for (size_t i = 0; i < found->n; i++) {
		/* A want begins with its route. */
		const struct want *w = p->n ? bsearch(&was[i], p->at, p->n,
						      sizeof(*p->at), by_remote)
					    : NULL;

		if (!w || w->err)
			nl_route_del(nl, &was[i]);
	}
}

static void set_wanted(struct nl *nl, const struct nl_rows *found,
		       const struct plan *p, bool tell)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct want *w = &p->at[i];
		const struct nl_tunnel_route *was = find_route(found, &w->route);
		int err = w->err;

		if (!err && (!was || !route_equal(was, &w->route)))
			err = nl_route_set(nl, &w->route);
		if (err && (tell || was))
			tell_failure(w, err);
	}
}

/* Peers come and go, and their routes; the rules for these are there before. */
static void add_pools(const struct conn_conf *conn, struct nl_lengths *out)
{
	for (size_t i = 0; i < conn->n_pools; i++) {
		const struct prefix one = host(&conn->pool_addrs[i].min);

		if (!addr_is_none(&one.net))
			nl_lengths_add(out, &one);
	}
}

static int set_rules(struct nl *nl, const struct config *c, const struct plan *p)
{
	struct nl_lengths lengths = { .v4 = { false } };

	for (size_t i = 0; i < c->n_conns; i++)
		add_pools(&c->conns[i], &lengths);
	for (size_t i = 0; i < p->n; i++)
		nl_lengths_add(&lengths, &p->at[i].route.remote);
	return nl_rules_set(nl, &lengths);
}

static void tell_rules(const struct tunnel_routes *r, int err, size_t n)
{
	uint32_t foreign = n ? nl_rules_foreign(r->nl) : 0;

	if (err)
		log_warn("tunnel: no rules for routing table %u: %s; the host's own traffic needs them",
			 NL_TABLE, strerror(-err));
	if (foreign)
		log_warn("tunnel: another program's rule leads forwarded packets to the tunnels' routes; remove it with: ip rule del priority %u table %u",
			 foreign, NL_TABLE);
}

static void set_all(const struct tunnel_routes *r, bool tell)
{
	struct nl_rows found = { .n = 0 };
	struct plan plan;
	int err = plan_make(r, &plan);

	if (!err)
		err = nl_routes_list(r->nl, &found);
	if (err) {
		log_warn("tunnel: routing table %u not brought up to date: %s",
			 NL_TABLE, strerror(-err));
	} else {
		if (found.n)
			qsort(found.at, found.n, found.row_bytes, by_remote);
		remove_stale(r->nl, &found, &plan);
		set_wanted(r->nl, &found, &plan, tell);
		err = set_rules(r->nl, r->config, &plan);
		if (tell)
			tell_rules(r, err, plan.n);
	}
	free(found.at);
	free(plan.at);
}

void tunnel_routes_set(const struct tunnel_routes *r)
{
	set_all(r, true);
}

void tunnel_routes_follow(const struct tunnel_routes *r)
{
	set_all(r, false);
}

static void set_range(const struct tunnel_routes *r, struct way *w,
		      struct range left)
{
	struct nl_tunnel_route route;
	bool more = true;

	while (more) {
		more = range_next(&left, &w->remote);
		if (!route_of(r, w, &route))
			nl_route_set(r->nl, &route);
	}
}

static void set_child(const struct tunnel_routes *r,
		      const struct conn_conf *conn,
		      const struct child_conf *child)
{
	struct range remote;
	struct way w;

	for (size_t t = 0; t < child->n_remote_ts; t++)
		if (child_way(r, conn, child, t, &w, &remote) && w.sa)
			set_range(r, &w, remote);
}

/* What could not be routed was told before. */
void tunnel_routes_set_child(const struct tunnel_routes *r, uint32_t policy_id)
{
	for (size_t i = 0; i < r->config->n_conns; i++) {
		const struct conn_conf *conn = &r->config->conns[i];

		for (size_t k = 0; k < conn->n_children; k++)
			if (child_has_policy(&conn->children[k], policy_id))
				set_child(r, conn, &conn->children[k]);
	}
}

void tunnel_routes_lease(const struct tunnel_routes *r,
			 const struct sadb_lease *l)
{
	const struct way w = lease_way(l);
	struct want want = { .name = w.name };

	if (!l->sa) {
		want.route.remote = w.remote;
		nl_route_del(r->nl, &want.route);
		return;
	}
	want.err = route_of(r, &w, &want.route);
	if (!want.err)
		want.err = nl_route_set(r->nl, &want.route);
	if (want.err)
		tell_failure(&want, want.err);
}
