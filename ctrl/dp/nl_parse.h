/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtnetlink messages in plain words: the same for answers (nl.c) and for
 * events (resolver.c). Any thread.
 */
#ifndef CYG_DP_NL_PARSE_H
#define CYG_DP_NL_PARSE_H

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"

/* Marks the rules, routes and neighbours that are ours, so that we remove
 * these and no others. */
#define RTPROT_CYGNET 220

/* Debian's 6.1 headers have it; the value is of Linux 5.16. */
#ifndef NTF_EXT_MANAGED
#define NTF_EXT_MANAGED (1 << 0)
#endif

/* A message's attributes by type; types above NL_ATTR_MAX are none of ours. */
#define NL_ATTR_MAX 63

struct nl_attrs {
	const struct nlattr *by_type[NL_ATTR_MAX + 1];
};

struct nl_attrs nl_attrs_of(const struct nlmsghdr *h, uint32_t header_bytes);

/* Those inside of one. */
struct nl_attrs nl_attrs_in(const struct nlattr *nest);

/* 0 when the attribute is absent, or of another size. */
uint32_t nl_attr_u32(const struct nl_attrs *attrs, uint16_t type);
uint8_t nl_attr_u8(const struct nl_attrs *attrs, uint16_t type);

/* An address of the family that its size says; all 0, which is none, when it is
 * absent or of no such size. */
struct addr nl_attr_addr(const struct nl_attrs *attrs, uint16_t type);

struct nl_addr {
	uint32_t ifindex;
	struct addr local;
	/* What all or any router of its subnet listen to: the broadcast
	 * address, the subnet-router anycast address (RFC 4291 section 2.6.1). */
	struct addr broadcast;
	bool has_broadcast; /* another address than local */
	bool is_source;	    /* of packets that leave the link, now */
	bool is_ours;	    /* nl_addr_add() put it there */
};

/*
 * RTM_NEWADDR or RTM_DELADDR. A tentative one is listed: nobody else's are the
 * packets to it. False: of another family, or in use by somebody else on the
 * link (RFC 4862 section 5.4).
 */
bool nl_addr_parse(const struct nlmsghdr *h, struct nl_addr *out);

struct nl_neigh {
	uint32_t ifindex;
	struct addr addr;
	bool valid;   /* mac holds */
	bool fixed;   /* permanent, learned, or managed by others: theirs */
	bool managed; /* flagged NTF_EXT_MANAGED by us */
	uint8_t mac[6];
};

/* RTM_NEWNEIGH or RTM_DELNEIGH (never valid); false: of another family. */
bool nl_neigh_parse(const struct nlmsghdr *h, struct nl_neigh *out);

struct nl_route {
	uint8_t type;	     /* RTN_UNICAST, RTN_LOCAL, … */
	uint32_t ifindex;    /* of the egress */
	struct addr gateway; /* of either family; all 0: on link */
	struct addr source;  /* that the kernel would choose; all 0: none */
	uint32_t mtu;	     /* the route's own; 0: the interface's */
};

/* RTM_NEWROUTE or RTM_DELROUTE. */
void nl_route_parse(const struct nlmsghdr *h, struct nl_route *out);

/* Whose way it is; false: it cannot be told. Likewise. */
bool nl_route_prefix(const struct nlmsghdr *h, struct prefix *out);

/* Is the route, or the rule, of this message one of ours? */
bool nl_is_ours(const struct nlmsghdr *h);

#define NL_ALIAS_MAX 32

struct nl_link {
	uint32_t ifindex;
	uint32_t mtu; /* bytes of an IP packet; 0: not said */
	bool up;
	bool has_mac;
	uint8_t mac[6];
	char name[IF_NAMESIZE];
	char alias[NL_ALIAS_MAX]; /* its begin */
	uint64_t tx_dropped;	  /* packets that it could not transmit */
	/* Another one, of whose link it is a further station (a macvlan and its
	 * kin); 0: none, or in another namespace. */
	uint32_t station_of;
};

/* RTM_NEWLINK; false: a bridge's words about a port of it. */
bool nl_link_parse(const struct nlmsghdr *h, struct nl_link *out);

#endif
