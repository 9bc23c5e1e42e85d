/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A resolver over a kernel of its own: routes and neighbours of both families
 * are ip's, in a network namespace that no packet runs through.
 */
#ifndef CYG_TESTS_BPF_ROUTING_H
#define CYG_TESTS_BPF_ROUTING_H

#include <event2/event.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctrl/dp/resolver.h"

#define N_LINKS 2

#define LAN_MAC "02:00:00:00:01:00"
#define WAN_MAC "02:00:00:00:02:00"

struct routing {
	struct event_base *base;
	struct nl *nl;
	struct programs *programs;
	struct nexthop_link links[N_LINKS];
	struct iface ifaces[2];
	struct resolver *resolver;
	uint32_t ways; /* times that they changed */
	uint32_t changed;
};

static const char routing_links[] =
	"set -e\n"
	"echo 1 >/proc/sys/net/ipv4/ip_forward\n"
	"echo 1 >/proc/sys/net/ipv6/conf/all/forwarding\n"
	"echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad\n"
	"ip link set lo up\n"
	"ip link add lan type veth peer name lan-peer\n"
	"ip link add wan type veth peer name wan-peer\n"
	"ip link add dmz type veth peer name dmz-peer\n"
	"ip link set lan address " LAN_MAC "\n"
	"ip link set wan address " WAN_MAC "\n"
	"for i in lan wan dmz lan-peer wan-peer dmz-peer; do\n"
	"	ip link set $i up\n"
	"done\n"
	"ip link set wan mtu 1400\n"
	"ip address add 10.1.0.1/24 dev lan\n"
	"ip address add 192.0.2.1/24 dev wan\n"
	"ip address add 10.3.0.1/24 dev dmz\n"
	"ip address add 2001:db8:1::1/64 dev lan\n"
	"ip address add 2001:db8:f::1/64 dev wan\n"
	"ip address add 2001:db8:3::1/64 dev dmz\n"
	"ip neigh add 10.1.0.2 lladdr 02:00:00:00:01:02 dev lan\n"
	"ip neigh add 2001:db8:1::2 lladdr 02:00:00:00:01:62 dev lan\n"
	"ip neigh add 192.0.2.8 lladdr 02:00:00:00:02:08 dev wan\n"
	"ip neigh add 192.0.2.9 lladdr 02:00:00:00:02:09 dev wan\n"
	"ip neigh add fe80::8 lladdr 02:00:00:00:02:68 dev wan\n"
	"ip neigh add fe80::9 lladdr 02:00:00:00:02:69 dev wan\n"
	"ip route add 10.2.0.0/16 via 192.0.2.9\n"
	"ip route add 2001:db8:2::/48 via fe80::9 dev wan mtu 1300\n";

static inline void ip(const char *words)
{
	char line[256];

	snprintf(line, sizeof(line), "ip %s", words);
	if (system(line))
		fail_msg("%s", line);
}

static inline void routing_on_iface(void *ctx, const struct iface *now)
{
	struct routing *f = ctx;

	(void)now;
	f->changed++;
}

static inline void routing_on_replaced(void *ctx, uint32_t old_ifindex,
				       const struct iface *now)
{
	(void)ctx;
	(void)old_ifindex;
	(void)now;
}

static inline void routing_on_ways(void *ctx)
{
	struct routing *f = ctx;

	f->ways++;
}

/* Of f->ifaces as they are. */
static inline int routing_resolve(struct routing *f)
{
	const struct resolver_spec spec = {
		.base = f->base,
		.nl = f->nl,
		.links = f->links,
		.n_links = N_LINKS,
		.programs = f->programs,
		.ifaces = f->ifaces,
		.n_ifaces = 2,
		.iface_changed = routing_on_iface,
		.iface_replaced = routing_on_replaced,
		.ways_changed = routing_on_ways,
		.ctx = f,
	};
	struct error e;

	return resolver_new(&spec, &f->resolver, &e);
}

static inline int routing_open(struct routing *f)
{
	const struct programs_spec programs = { .default_action = SPD_BYPASS };
	struct error e;

	f->base = event_base_new();
	for (uint32_t i = 0; i < N_LINKS; i++)
		if (nexthop_link_init(&f->links[i]))
			return -1;
	if (iface_read("lan", &f->ifaces[0]) ||
	    iface_read("wan", &f->ifaces[1]) || nl_new(&f->nl) ||
	    programs_load(&programs, &f->programs, &e))
		return -1;
	f->ifaces[0].role = IFACE_PROTECTED;
	f->ifaces[1].role = IFACE_UNPROTECTED;
	return routing_resolve(f);
}

/* 0, or -1 and what there is goes with routing_stop(). */
static inline int routing_start(struct routing *f)
{
	if (unshare(CLONE_NEWNET) || system(routing_links))
		return -1;
	return routing_open(f);
}

static inline void routing_stop(struct routing *f)
{
	resolver_free(f->resolver);
	programs_free(f->programs);
	nl_free(f->nl);
	for (uint32_t i = 0; i < N_LINKS; i++)
		nexthop_link_fini(&f->links[i]);
	event_base_free(f->base);
}

#endif
