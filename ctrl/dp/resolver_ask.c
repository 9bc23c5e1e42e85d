// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/dp/resolver_state.h"

/* --- answers --- */

void resolver_answer(struct nexthop_link *link, const struct nexthop *nh)
{
	const uint64_t one = 1;

	if (spsc_push(&link->answers, nh) &&
	    write(link->answer_fd, &one, sizeof(one)) < 0)
		return; /* the counter is at its top: the worker is awake */
}

static void refuse(const struct nexthop_query *q, enum drop_reason reason)
{
	const struct nexthop nh = {
		.dst = q->dst,
		.src = q->src,
		.gen = q->gen,
		.kind = NH_NONE,
		.drop = reason,
		.expires_ns = clock_ns() + NH_RETRY_NS,
	};

	resolver_answer(q->link, &nh);
}

static void put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Both MAC addresses and the interface's tags, of priority 0; to the EtherType. */
static void put_link(struct nexthop *nh, const struct iface *iface,
		     const uint8_t dmac[6])
{
	uint8_t *at = nh->link;

	memcpy(at, dmac, 6);
	memcpy(at + 6, iface->mac, 6);
	at += 12;
	for (uint32_t i = 0; i < iface->n_tags && i < VLAN_TAGS_MAX; i++) {
		put_u16(at, iface->tag[i].tpid);
		put_u16(at + 2, iface->tag[i].vid);
		at += 4;
	}
	nh->link_bytes = (uint8_t)(at - nh->link);
}

_Static_assert(NH_LINK_MAX == 12 + 4 * VLAN_TAGS_MAX, "room for all tags");

static void answer_port(const struct nexthop_query *q, const struct iface *iface,
			const struct nl_neigh *n, uint64_t hold_ns)
{
	uint64_t now_ns = clock_ns();
	struct nexthop nh = {
		.dst = q->dst,
		.src = q->src,
		.gen = q->gen,
		.kind = NH_PORT,
		.ifindex = iface->lower_ifindex,
		.role = iface->role,
		.mtu = q->mtu,
		.saddr = q->saddr,
		.renew_ns = now_ns + hold_ns / 2,
		.expires_ns = now_ns + hold_ns,
	};

	put_link(&nh, iface, n->mac);
	resolver_answer(q->link, &nh);
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
		resolver_advance(r, NULL);
	watched = neigh_use(&r->in_use, n, clock_ns());
	for (size_t i = 0; i < n_queries; i++)
		answer_port(&q[i], iface, n, watched ? NH_HOLD_NS : NH_RETRY_NS);
	if (watched && !n->fixed && !n->managed)
		nl_neigh_keep(r->spec.nl, n->ifindex, &n->addr);
}

/* --- questions that wait for a neighbour --- */

void resolver_refuse(const struct waiting *w)
{
	for (size_t i = 0; i < w->n; i++)
		refuse(&w->query[i], DROP_NO_NEIGHBOUR);
}

void resolver_neigh_arrived(struct resolver *r, const struct nl_neigh *n)
{
	const struct iface *iface = resolver_served(r, n->ifindex);
	struct waiting w;

	if (!iface || !waiting_take(&r->waiting, n->ifindex, &n->addr, &w))
		return;
	answer_ports(r, w.query, w.n, iface, n);
	if (w.more) /* those who are not in the list ask again */
		resolver_advance(r, NULL);
}

static void wait_neigh(struct resolver *r, const struct nexthop_query *q,
		       const struct nl_neigh *n)
{
	struct waiting pushed;

	if (!n->fixed)
		nl_neigh_probe(r->spec.nl, n->ifindex, &n->addr);
	if (waiting_add(&r->waiting, n->ifindex, &n->addr, q, clock_ns(),
			&pushed))
		resolver_refuse(&pushed);
	resolver_tick_soon(r);
}

static void ask_neigh(struct resolver *r, const struct nexthop_query *q,
		      const struct iface *iface, const struct addr *gateway)
{
	struct nl_neigh n;
	int err = nl_neigh_get(r->spec.nl, iface->ifindex, gateway, &n);

	if (err || !n.valid)
		return wait_neigh(r, q, &n);
	answer_ports(r, q, 1, iface, &n);
}

/* --- the kernel's word --- */

/* A group, or an address that means nothing without its interface: no next hop
 * is for these (RFC 4291 section 2.5.6). */
static bool is_of_link(const struct addr *a)
{
	if (addr_is_v4(a))
		return a->octets[ADDR_V4_AT] >> 4 == 0xe;
	return a->octets[0] == 0xff ||
	       (a->octets[0] == 0xfe && (a->octets[1] & 0xc0) == 0x80);
}

/* What kind of route, or of rule, it was that leads nowhere. */
static enum drop_reason refusal(int err)
{
	switch (err) {
	case -EINVAL:	    /* blackhole */
	case -EHOSTUNREACH: /* unreachable */
	case -EACCES:	    /* prohibit */
		return DROP_ROUTE_REFUSES;
	}
	return DROP_NO_ROUTE;
}

static void answer_host(const struct nexthop_query *q)
{
	const struct nexthop nh = {
		.dst = q->dst,
		.src = q->src,
		.gen = q->gen,
		.kind = NH_HOST,
	};

	resolver_answer(q->link, &nh);
}

/* The neighbour is another question. */
static void find_way(struct resolver *r, const struct addr *dst,
		     const struct addr *src, struct resolver_way *out)
{
	const uint32_t path_mtu = resolver_path_mtu(r, dst, src);
	struct nl_route route;
	int err;

	*out = (struct resolver_way){ .drop = DROP_NONE };
	if (is_of_link(dst))
		return;
	err = nl_route_get(r->spec.nl, dst, src, &route);
	if (err) {
		out->drop = refusal(err);
		return;
	}
	if (route.type != RTN_UNICAST)
		return;
	out->iface = resolver_served(r, route.ifindex);
	if (!out->iface)
		return;
	out->mtu = nl_route_mtu(&route, iface_mtu(out->iface));
	if (out->mtu > path_mtu)
		out->mtu = path_mtu;
	out->source = route.source;
	out->hop = addr_is_none(&route.gateway) ? *dst : route.gateway;
}

void resolver_resolve(struct resolver *r, const struct nexthop_query *q)
{
	struct nexthop_query with = *q;
	struct resolver_way way;

	find_way(r, &q->dst, &q->src, &way);
	if (way.drop != DROP_NONE)
		return refuse(q, way.drop);
	if (!way.iface)
		return answer_host(q);
	with.mtu = way.mtu;
	with.saddr = way.source;
	ask_neigh(r, &with, way.iface, &way.hop);
}

void resolver_look(struct resolver *r, const struct addr *dst,
		   const struct addr *src, struct resolver_way *out)
{
	static const struct addr any;
	struct nl_neigh n;

	find_way(r, dst, r->by_source ? src : &any, out);
	if (out->iface)
		out->resolved = !nl_neigh_get(r->spec.nl, out->iface->ifindex,
					      &out->hop, &n) &&
				n.valid;
}
