/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtnetlink messages in plain words: the same for answers (nl.c) and for
 * events (resolver.c).
 */
#ifndef CYG_DP_NL_PARSE_H
#define CYG_DP_NL_PARSE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/dp/nl.h"

struct nl_addr {
	uint32_t ifindex;
	struct addr local;
	struct addr broadcast;
	bool has_broadcast;
};

/* RTM_NEWADDR or RTM_DELADDR; false: not IPv4. */
bool nl_addr_parse(const struct nlmsghdr *h, struct nl_addr *out);

/* RTM_NEWNEIGH or RTM_DELNEIGH (never valid); false: not IPv4. */
bool nl_neigh_parse(const struct nlmsghdr *h, struct nl_neigh *out);

#endif
