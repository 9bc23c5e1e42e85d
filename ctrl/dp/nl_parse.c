// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/nl_parse.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int on_attr(const struct nlattr *a, void *ctx)
{
	struct nl_attrs *attrs = ctx;

	if (mnl_attr_get_type(a) <= NL_ATTR_MAX)
		attrs->by_type[mnl_attr_get_type(a)] = a;
	return MNL_CB_OK;
}

struct nl_attrs nl_attrs_of(const struct nlmsghdr *h, uint32_t header_bytes)
{
	struct nl_attrs attrs = { 0 };

	if (mnl_nlmsg_get_payload_len(h) >= header_bytes)
		mnl_attr_parse(h, header_bytes, on_attr, &attrs);
	return attrs;
}

struct nl_attrs nl_attrs_in(const struct nlattr *nest)
{
	struct nl_attrs attrs = { 0 };

	mnl_attr_parse_nested(nest, on_attr, &attrs);
	return attrs;
}

uint32_t nl_attr_u32(const struct nl_attrs *attrs, uint16_t type)
{
	const struct nlattr *a = attrs->by_type[type];

	if (!a || mnl_attr_get_payload_len(a) != sizeof(uint32_t))
		return 0;
	return mnl_attr_get_u32(a);
}

uint8_t nl_attr_u8(const struct nl_attrs *attrs, uint16_t type)
{
	const struct nlattr *a = attrs->by_type[type];

	if (!a || mnl_attr_get_payload_len(a) != sizeof(uint8_t))
		return 0;
	return mnl_attr_get_u8(a);
}

static bool attr_mac(const struct nl_attrs *attrs, uint16_t type, uint8_t mac[6])
{
	const struct nlattr *a = attrs->by_type[type];

	if (!a || mnl_attr_get_payload_len(a) != 6)
		return false;
	memcpy(mac, mnl_attr_get_payload(a), 6);
	return true;
}

/*
 * Clouds give an address of 32 bits, and some DHCP clients put it in as its
 * own broadcast: it is an address all the same.
 */
bool nl_addr_parse(const struct nlmsghdr *h, struct nl_addr *out)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(*ifa));
	uint32_t local_be = nl_attr_u32(&attrs, IFA_LOCAL);
	uint32_t broadcast_be = nl_attr_u32(&attrs, IFA_BROADCAST);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifa) ||
	    ifa->ifa_family != AF_INET || !local_be)
		return false;
	*out = (struct nl_addr){
		.ifindex = ifa->ifa_index,
		.local = addr_from_v4(local_be),
		.broadcast = addr_from_v4(broadcast_be),
		.has_broadcast = broadcast_be && broadcast_be != local_be,
	};
	return true;
}

/* One whose flags or whose state somebody else keeps. */
static bool neigh_is_fixed(const struct ndmsg *nd, bool managed, bool ours)
{
	return (nd->ndm_state & (NUD_PERMANENT | NUD_NOARP)) ||
	       (nd->ndm_flags & NTF_EXT_LEARNED) || (managed && !ours);
}

bool nl_neigh_parse(const struct nlmsghdr *h, struct nl_neigh *out)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(*nd));
	bool managed = nl_attr_u32(&attrs, NDA_FLAGS_EXT) & NTF_EXT_MANAGED;
	bool ours = nl_attr_u8(&attrs, NDA_PROTOCOL) == RTPROT_CYGNET;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*nd) ||
	    nd->ndm_family != AF_INET)
		return false;
	*out = (struct nl_neigh){
		.ifindex = (uint32_t)nd->ndm_ifindex,
		.addr_be = nl_attr_u32(&attrs, NDA_DST),
		.fixed = neigh_is_fixed(nd, managed, ours),
		.managed = managed && ours,
	};
	out->valid = attr_mac(&attrs, NDA_LLADDR, out->mac) &&
		     h->nlmsg_type == RTM_NEWNEIGH &&
		     !(nd->ndm_state & (NUD_FAILED | NUD_INCOMPLETE));
	return true;
}

static uint64_t tx_dropped(const struct nl_attrs *attrs)
{
	const struct nlattr *a = attrs->by_type[IFLA_STATS64];
	struct rtnl_link_stats64 stats = { 0 };
	size_t bytes = a ? mnl_attr_get_payload_len(a) : 0;

	if (a)
		memcpy(&stats, mnl_attr_get_payload(a),
		       bytes < sizeof(stats) ? bytes : sizeof(stats));
	return stats.tx_dropped;
}

bool nl_link_parse(const struct nlmsghdr *h, struct nl_link *out)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(*ifi));

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifi) ||
	    ifi->ifi_family != AF_UNSPEC)
		return false;
	*out = (struct nl_link){
		.ifindex = (uint32_t)ifi->ifi_index,
		.mtu = nl_attr_u32(&attrs, IFLA_MTU),
		.up = ifi->ifi_flags & IFF_UP,
		.tx_dropped = tx_dropped(&attrs),
	};
	out->has_mac = attr_mac(&attrs, IFLA_ADDRESS, out->mac);
	if (attrs.by_type[IFLA_IFNAME])
		snprintf(out->name, sizeof(out->name), "%s",
			 mnl_attr_get_str(attrs.by_type[IFLA_IFNAME]));
	return true;
}
