/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel's routing says through rtnetlink, and what we tell it about
 * neighbours. The socket is nl_talk.h's, the tunnels' routes are nl_table.h's.
 * Control thread.
 */
#ifndef CYG_DP_NL_H
#define CYG_DP_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/dp/nl_parse.h"
#include "ctrl/dp/nl_talk.h"

/* Bytes of an IP packet that may go this way, by an interface of that MTU. */
static inline uint32_t nl_route_mtu(const struct nl_route *r, uint32_t iface_mtu)
{
	return r->mtu && r->mtu < iface_mtu ? r->mtu : iface_mtu;
}

/*
 * Where would a packet to dst go, if there were no routes of the tunnels? By
 * the rules of the host's own traffic, with NL_MARK. Of several paths it is the
 * one that the kernel's hash gives to both addresses.
 *
 * src   an address of ours that it is from; all 0: not said
 *
 * 0, or a negative errno: -ENETUNREACH where there is no route, -EINVAL by one
 * that is a blackhole, -EHOSTUNREACH unreachable, -EACCES prohibited.
 */
int nl_route_get(struct nl *nl, const struct addr *dst, const struct addr *src,
		 struct nl_route *out);

/* A packet as rules and routes see it. */
struct nl_flow {
	struct addr dst;
	struct addr src;       /* all 0: not said */
	uint32_t iif;	       /* where it came in; 0: it is this host's own */
	uint16_t sport, dport; /* host order; of TCP and UDP */
	uint8_t protocol;
};

/*
 * Where the kernel itself would send it, by all rules and routes that there are.
 *
 * 0, or a negative errno: as nl_route_get(); -EXDEV, of newer kernels -EINVAL,
 * where its source is not behind the interface by which it came, and rp_filter
 * minds that.
 */
int nl_route_of(struct nl *nl, const struct nl_flow *f, struct nl_route *out);

/* 0, or -ENOENT when the kernel knows nothing of it. */
int nl_neigh_get(struct nl *nl, uint32_t ifindex, const struct addr *addr,
		 struct nl_neigh *out);

/*
 * Have the kernel find a neighbour out, as one packet for it would; an event
 * tells. Have it keep one fresh for as long as it lives, marked as ours
 * (NTF_MANAGED); and leave that again: it ages like any other then.
 *
 * None of them for one that is fixed. 0 or a negative errno: -ENOENT.
 */
int nl_neigh_probe(struct nl *nl, uint32_t ifindex, const struct addr *addr);
int nl_neigh_keep(struct nl *nl, uint32_t ifindex, const struct addr *addr);
int nl_neigh_release(struct nl *nl, uint32_t ifindex, const struct addr *addr);

/* Leaves all that are marked as ours, whatever start they are of. */
int nl_neigh_release_all(struct nl *nl);

/*
 * The addresses of this network namespace, in the kernel's order.
 *
 * out   the caller's to free(); NULL and n 0 after an error but -EINTR
 *
 * 0 or a negative errno: -EINTR, they changed while they were read: some that
 * exist may be missing.
 */
int nl_addrs(struct nl *nl, struct nl_addr **out, size_t *n);

/* Gives an interface an address that stands alone, or takes it; without a route. 0
 * or a negative errno: -EEXIST, -EADDRNOTAVAIL. */
int nl_addr_add(struct nl *nl, uint32_t ifindex, const struct addr *a);
int nl_addr_del(struct nl *nl, uint32_t ifindex, const struct addr *a);

/* 0 or a negative errno: -ENODEV. */
int nl_link_get(struct nl *nl, uint32_t ifindex, struct nl_link *out);

/* All of them; as nl_addrs(). */
int nl_links(struct nl *nl, struct nl_link **out, size_t *n);

/* What operators see beside its name. 0 or a negative errno. */
int nl_link_set_alias(struct nl *nl, uint32_t ifindex, const char *alias);

/* Packets that an interface could not transmit. 0 or a negative errno. */
int nl_tx_dropped(struct nl *nl, uint32_t ifindex, uint64_t *out);

/* Has a clsact qdisc of this interface a filter, in either direction? True
 * when that can't be told. */
bool nl_has_filters(struct nl *nl, uint32_t ifindex);

/* The handle of the filter with that priority that runs first, of those at parent
 * (of a clsact qdisc, TC_H_MAKE()); 0: there is none, or that can't be told. */
uint32_t nl_first_filter(struct nl *nl, uint32_t ifindex, uint32_t parent,
			 uint16_t priority);

#endif
