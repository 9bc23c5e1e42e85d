/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to the kernel's routing through rtnetlink, one at a time, and the
 * routes that we install. Synchronous: the kernel answers at once. IPv4.
 * Control thread.
 */
#ifndef CYG_DP_NL_H
#define CYG_DP_NL_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "include/sad.h"

struct nl;

/* 0 or a negative errno. nl_free(NULL) is fine. */
int nl_new(struct nl **out);
void nl_free(struct nl *nl);

struct nl_route {
	uint8_t type;	     /* RTN_UNICAST, RTN_LOCAL, … */
	uint32_t ifindex;    /* of the egress */
	uint32_t gateway_be; /* 0: on link */
};

/*
 * Where would a packet to dst_be go? By the rules of the host's own traffic.
 *
 * 0, or a negative errno: -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL as
 * the route's type says.
 */
int nl_route_get(struct nl *nl, uint32_t dst_be, struct nl_route *out);

struct nl_neigh {
	uint32_t ifindex;
	uint32_t addr_be;
	bool valid;	/* mac holds */
	bool permanent; /* an operator's entry: not to be touched */
	uint8_t mac[6];
};

/* 0, or -ENOENT when the kernel knows nothing of it. */
int nl_neigh_get(struct nl *nl, uint32_t ifindex, uint32_t addr_be,
		 struct nl_neigh *out);

/*
 * Has the kernel resolve a neighbour and keep it fresh: NTF_MANAGED (5.16),
 * else NTF_USE. 0 or a negative errno.
 */
int nl_neigh_keep(struct nl *nl, uint32_t ifindex, uint32_t addr_be);

/* Calls each() for every IPv4 address of this network namespace. */
int nl_addr_dump(struct nl *nl,
		 void (*each)(void *ctx, const struct addr *a,
			      enum local_kind kind, uint32_t ifindex),
		 void *ctx);

/* The routing table of the tunnels' routes; strongSwan's number. */
#define NL_TABLE 220U

struct nl_tunnel_route {
	struct prefix remote;
	uint32_t gateway_be; /* 0: on link */
	uint32_t ifindex;
	uint32_t source_be; /* 0: the kernel's choice */
	uint32_t mtu;
};

/* The rule that sends lookups to NL_TABLE; there afterwards, once. */
int nl_rule_add(struct nl *nl);
int nl_rule_del(struct nl *nl);
int nl_route_set(struct nl *nl, const struct nl_tunnel_route *r);

/* Removes every route of ours from NL_TABLE. */
int nl_route_flush(struct nl *nl);

/* Has a clsact qdisc of this interface a filter, in either direction? True
 * when that can't be told. */
bool nl_has_filters(struct nl *nl, uint32_t ifindex);

/* Packets that an interface could not transmit. 0 or a negative errno. */
int nl_tx_dropped(struct nl *nl, uint32_t ifindex, uint64_t *out);

#endif
