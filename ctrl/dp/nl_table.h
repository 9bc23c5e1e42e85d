/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tunnels' routes, in a table of their own, and the rules by which the
 * host's own traffic finds them. Nothing else does: the rules match what
 * arises here (iif lo) and does not carry NL_MARK; what is forwarded, XDP's
 * lookups and the resolver's questions go by the other tables.
 *
 * The longest prefix wins, in NL_TABLE and main taken as one, and of two of
 * the same length the tunnel's: a connected network inside a tunnel's network
 * stays connected, a tunnel inside a connected network is a tunnel, and a
 * tunnel to 0.0.0.0/0 wins over the default route alone. For that there are
 * two rules for each length L of a tunnel's route, the longest first:
 *
 *     main, but for what is not longer than L
 *     NL_TABLE, but for what is shorter than L
 *
 * Control thread.
 */
#ifndef CYG_DP_NL_TABLE_H
#define CYG_DP_NL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/dp/nl_talk.h"

/* The routing table of the tunnels' routes; strongSwan's number. */
#define NL_TABLE 220U

/* Lookups with this bit in their mark don't see NL_TABLE. */
#define NL_MARK 0x80000000U

#define NL_BITS_MAX 128U /* of a prefix of the longer family */

struct nl_tunnel_route {
	struct prefix remote;
	struct addr gateway; /* as of nl_gateway() */
	uint32_t ifindex;
	struct addr source; /* all 0: the kernel's choice */
	uint32_t mtu;	    /* 0: the interface's */
};

/*
 * The gateway of a route to remote, where the next hop of the tunnel's own
 * packets is hop. The kernel knows no gateway of IPv4 for IPv6: a link-local
 * address with the other inside, as RFC 5214 makes them, stands in for it. Its
 * MAC address is nobody's: the guard takes the packets, and one that it did not
 * take is lost.
 */
struct addr nl_gateway(const struct prefix *remote, const struct addr *hop);

/* Adds or changes one route, and the neighbour that stands in. 0 or a negative
 * errno. */
int nl_route_set(struct nl *nl, const struct nl_tunnel_route *r);

/* Removes the route of ours to r->remote; that there is none is fine. */
int nl_route_del(struct nl *nl, const struct nl_tunnel_route *r);

/*
 * The routes of ours in NL_TABLE, of both families.
 *
 * out   of struct nl_tunnel_route; its rows are the caller's to free()
 *
 * 0 or a negative errno, and no rows then.
 */
int nl_routes_list(struct nl *nl, struct nl_rows *out);

/* Removes all of them, and what stands in. 0 or a negative errno. */
int nl_routes_flush(struct nl *nl);

/* For which lengths of a prefix there is a route. */
struct nl_lengths {
	bool v4[NL_BITS_MAX + 1]; /* 0 to 32 */
	bool v6[NL_BITS_MAX + 1];
};

void nl_lengths_add(struct nl_lengths *l, const struct prefix *remote);

/*
 * The rules for routes of these lengths, and no others of ours; while they are
 * right nothing is touched. 0 or a negative errno.
 */
int nl_rules_set(struct nl *nl, const struct nl_lengths *lengths);

/* No rules of ours. 0 or a negative errno. */
int nl_rules_flush(struct nl *nl);

/*
 * Has somebody a rule that looks at more of a packet than its destination and
 * its mark: its source, its interface, its ports? True also when that can't be
 * told.
 */
bool nl_rules_by_source(struct nl *nl);

/*
 * The priority of somebody else's rule by which forwarded packets find NL_TABLE
 * after all (strongSwan has one, for all traffic); 0: there is none.
 */
uint32_t nl_rules_foreign(struct nl *nl);

#endif
