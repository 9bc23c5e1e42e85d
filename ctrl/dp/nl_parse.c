// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/nl_parse.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
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

struct addr nl_attr_addr(const struct nl_attrs *attrs, uint16_t type)
{
	const struct nlattr *a = attrs->by_type[type];
	struct addr out = { 0 };

	if (a && mnl_attr_get_payload_len(a) == sizeof(out.octets))
		memcpy(out.octets, mnl_attr_get_payload(a), sizeof(out.octets));
	else if (a && mnl_attr_get_payload_len(a) == sizeof(uint32_t))
		out = addr_from_v4(mnl_attr_get_u32(a));
	return out;
}

static bool attr_mac(const struct nl_attrs *attrs, uint16_t type, uint8_t mac[6])
{
	const struct nlattr *a = attrs->by_type[type];

	if (!a || mnl_attr_get_payload_len(a) != 6)
		return false;
	memcpy(mac, mnl_attr_get_payload(a), 6);
	return true;
}

static bool is_ip(uint8_t family)
{
	return family == AF_INET || family == AF_INET6;
}

/* The kernel takes the last address of a subnet for its broadcast, said or not. */
static struct addr last_of(struct addr net, uint8_t bits)
{
	uint32_t v4 = ntohl(addr_v4_be(&net));

	if (bits == 0 || bits >= 31)
		return (struct addr){ 0 };
	return addr_from_v4(htonl(v4 | UINT32_MAX >> bits));
}

/*
 * Clouds give an address of 32 bits, and some DHCP clients put it in as its
 * own broadcast: it is an address all the same.
 */
static void take_broadcast(const struct nl_attrs *attrs, uint8_t bits,
			   struct nl_addr *out)
{
	out->broadcast = nl_attr_addr(attrs, IFA_BROADCAST);
	if (!addr_v4_be(&out->broadcast))
		out->broadcast = last_of(nl_attr_addr(attrs, IFA_ADDRESS), bits);
	out->has_broadcast = addr_v4_be(&out->broadcast) &&
			     !addr_equal(&out->broadcast, &out->local);
}

/* The kernel listens to it where it forwards; not where two routers alone are
 * on the link (RFC 6164 section 5.1). */
static void take_anycast(uint8_t bits, struct nl_addr *out)
{
	if (bits == 0 || bits >= 127)
		return;
	out->broadcast = out->local;
	out->broadcast.octets[bits / 8] &= (uint8_t)(0xff00U >> bits % 8);
	memset(out->broadcast.octets + bits / 8 + 1, 0, 15U - bits / 8);
	out->has_broadcast = !addr_equal(&out->broadcast, &out->local);
}

/* RFC 3927: the kernel gives it the scope of the world. */
static bool is_v4_link_local(const struct addr *a)
{
	return addr_is_v4(a) && a->octets[ADDR_V4_AT] == 169 &&
	       a->octets[ADDR_V4_AT + 1] == 254;
}

static uint32_t addr_flags(const struct ifaddrmsg *ifa,
			   const struct nl_attrs *attrs)
{
	return attrs->by_type[IFA_FLAGS] ? nl_attr_u32(attrs, IFA_FLAGS)
					 : ifa->ifa_flags;
}

bool nl_addr_parse(const struct nlmsghdr *h, struct nl_addr *out)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(*ifa));
	uint32_t flags;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifa) ||
	    !is_ip(ifa->ifa_family))
		return false;
	flags = addr_flags(ifa, &attrs);
	*out = (struct nl_addr){
		.ifindex = ifa->ifa_index,
		.local = nl_attr_addr(&attrs, IFA_LOCAL),
	};
	if (addr_is_none(&out->local) && ifa->ifa_family == AF_INET6)
		out->local = nl_attr_addr(&attrs, IFA_ADDRESS);
	if (addr_is_none(&out->local) || flags & IFA_F_DADFAILED)
		return false;
	if (ifa->ifa_family == AF_INET)
		take_broadcast(&attrs, ifa->ifa_prefixlen, out);
	else
		take_anycast(ifa->ifa_prefixlen, out);
	out->is_source = ifa->ifa_scope < RT_SCOPE_LINK &&
			 !(flags & IFA_F_TENTATIVE) &&
			 !is_v4_link_local(&out->local);
	out->is_ours = nl_attr_u8(&attrs, IFA_PROTO) == RTPROT_CYGNET;
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

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*nd) || !is_ip(nd->ndm_family))
		return false;
	*out = (struct nl_neigh){
		.ifindex = (uint32_t)nd->ndm_ifindex,
		.addr = nl_attr_addr(&attrs, NDA_DST),
		.fixed = neigh_is_fixed(nd, managed, ours),
		.managed = managed && ours,
	};
	out->valid = attr_mac(&attrs, NDA_LLADDR, out->mac) &&
		     h->nlmsg_type == RTM_NEWNEIGH &&
		     !(nd->ndm_state & (NUD_FAILED | NUD_INCOMPLETE));
	return true;
}

/* An IPv4 route may lead to a gateway of the other family (RFC 5549). */
static struct addr via_of(const struct nlattr *a)
{
	struct addr out = { 0 };
	const struct rtvia *via;

	if (!a || mnl_attr_get_payload_len(a) != sizeof(*via) + sizeof(out))
		return out;
	via = mnl_attr_get_payload(a);
	if (via->rtvia_family == AF_INET6)
		memcpy(out.octets, via->rtvia_addr, sizeof(out.octets));
	return out;
}

void nl_route_parse(const struct nlmsghdr *h, struct nl_route *out)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(*rt)), metrics;

	*out = (struct nl_route){
		.type = rt->rtm_type,
		.ifindex = nl_attr_u32(&attrs, RTA_OIF),
		.gateway = nl_attr_addr(&attrs, RTA_GATEWAY),
		.source = nl_attr_addr(&attrs, RTA_PREFSRC),
	};
	if (addr_is_none(&out->gateway))
		out->gateway = via_of(attrs.by_type[RTA_VIA]);
	if (attrs.by_type[RTA_METRICS]) {
		metrics = nl_attrs_in(attrs.by_type[RTA_METRICS]);
		out->mtu = nl_attr_u32(&metrics, RTAX_MTU);
	}
}

bool nl_route_prefix(const struct nlmsghdr *h, struct prefix *out)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	const struct nl_attrs attrs = nl_attrs_of(h, sizeof(*rt));

	*out = (struct prefix){ .net = nl_attr_addr(&attrs, RTA_DST),
				.bits = rt->rtm_dst_len };
	if (rt->rtm_family == AF_INET && !attrs.by_type[RTA_DST])
		out->net = addr_from_v4(0);
	return addr_is_v4(&out->net) == (rt->rtm_family == AF_INET) &&
	       out->bits <= (rt->rtm_family == AF_INET ? 32 : 128);
}

bool nl_is_ours(const struct nlmsghdr *h)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct nl_attrs rule;

	switch (h->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return rt->rtm_protocol == RTPROT_CYGNET;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		rule = nl_attrs_of(h, sizeof(struct fib_rule_hdr));
		return nl_attr_u8(&rule, FRA_PROTOCOL) == RTPROT_CYGNET;
	}
	return false;
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

static uint32_t station_of(const struct nl_attrs *attrs)
{
	static const char *const kinds[] = { "macvlan", "macvtap", "ipvlan",
					     "ipvtap" };
	struct nl_attrs info;

	if (!attrs->by_type[IFLA_LINKINFO] || attrs->by_type[IFLA_LINK_NETNSID])
		return 0;
	info = nl_attrs_in(attrs->by_type[IFLA_LINKINFO]);
	if (!info.by_type[IFLA_INFO_KIND])
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(mnl_attr_get_str(info.by_type[IFLA_INFO_KIND]),
			   kinds[i]) == 0)
			return nl_attr_u32(attrs, IFLA_LINK);
	return 0;
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
		.station_of = station_of(&attrs),
	};
	out->has_mac = attr_mac(&attrs, IFLA_ADDRESS, out->mac);
	if (attrs.by_type[IFLA_IFNAME])
		snprintf(out->name, sizeof(out->name), "%s",
			 mnl_attr_get_str(attrs.by_type[IFLA_IFNAME]));
	if (attrs.by_type[IFLA_IFALIAS])
		snprintf(out->alias, sizeof(out->alias), "%s",
			 mnl_attr_get_str(attrs.by_type[IFLA_IFALIAS]));
	return true;
}
