// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/nl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "ctrl/dp/nl_parse.h"

/* Marks our routes, so that a flush finds them and only them. */
#define RTPROT_CYGNET 220
#define RULE_PRIORITY 220

/* Debian's 6.1 headers have it; the value is of Linux 5.16. */
#ifndef NTF_EXT_MANAGED
#define NTF_EXT_MANAGED (1 << 0)
#endif

struct nl {
	struct mnl_socket *sock;
	unsigned int seq;
	char buf[32768];
};

int nl_new(struct nl **out)
{
	struct nl *nl = calloc(1, sizeof(*nl));
	int err;

	if (!nl)
		return -ENOMEM;
	nl->seq = (unsigned int)time(NULL);
	nl->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID)) {
		err = -errno;
		nl_free(nl);
		return err;
	}
	*out = nl;
	return 0;
}

void nl_free(struct nl *nl)
{
	if (!nl)
		return;
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl);
}

static struct nlmsghdr *request(struct nl *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(nl->buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++nl->seq;
	return h;
}

/* Sends, and gives every answer to cb until the last; 0 or -errno. */
static int talk(struct nl *nl, struct nlmsghdr *h, mnl_cb_t cb, void *ctx)
{
	unsigned int port = mnl_socket_get_portid(nl->sock), seq = nl->seq;
	ssize_t got;
	int rc;

	if (mnl_socket_sendto(nl->sock, h, h->nlmsg_len) < 0)
		return -errno;
	do {
		got = mnl_socket_recvfrom(nl->sock, nl->buf, sizeof(nl->buf));
		if (got < 0)
			return -errno;
		rc = mnl_cb_run(nl->buf, (size_t)got, seq, port, cb, ctx);
	} while (rc > MNL_CB_STOP);
	return rc < 0 ? -errno : 0;
}

/* A message's attributes by type; types above ATTR_MAX are none of ours. */
#define ATTR_MAX 63

struct attrs {
	const struct nlattr *by_type[ATTR_MAX + 1];
};

static int on_attr(const struct nlattr *a, void *ctx)
{
	struct attrs *attrs = ctx;

	if (mnl_attr_get_type(a) <= ATTR_MAX)
		attrs->by_type[mnl_attr_get_type(a)] = a;
	return MNL_CB_OK;
}

static struct attrs attrs_of(const struct nlmsghdr *h, uint32_t header_bytes)
{
	struct attrs attrs = { 0 };

	mnl_attr_parse(h, header_bytes, on_attr, &attrs);
	return attrs;
}

/* 0 when the attribute is absent. */
static uint32_t attr_u32(const struct attrs *attrs, uint16_t type)
{
	const struct nlattr *a = attrs->by_type[type];

	if (!a || mnl_attr_get_payload_len(a) != sizeof(uint32_t))
		return 0;
	return mnl_attr_get_u32(a);
}

static int on_route(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct attrs attrs = attrs_of(h, sizeof(*rt));
	struct nl_route *out = ctx;

	out->type = rt->rtm_type;
	out->ifindex = attr_u32(&attrs, RTA_OIF);
	out->gateway_be = attr_u32(&attrs, RTA_GATEWAY);
	return MNL_CB_STOP;
}

int nl_route_get(struct nl *nl, uint32_t dst_be, struct nl_route *out)
{
	struct nlmsghdr *h = request(nl, RTM_GETROUTE, 0);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	*out = (struct nl_route){ 0 };
	rt->rtm_family = AF_INET;
	rt->rtm_dst_len = 32;
	mnl_attr_put_u32(h, RTA_DST, dst_be);
	return talk(nl, h, on_route, out);
}

static int on_neigh(const struct nlmsghdr *h, void *ctx)
{
	nl_neigh_parse(h, ctx);
	return MNL_CB_STOP;
}

int nl_neigh_get(struct nl *nl, uint32_t ifindex, uint32_t addr_be,
		 struct nl_neigh *out)
{
	struct nlmsghdr *h = request(nl, RTM_GETNEIGH, 0);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));

	*out = (struct nl_neigh){ 0 };
	nd->ndm_family = AF_INET;
	nd->ndm_ifindex = (int)ifindex;
	mnl_attr_put_u32(h, NDA_DST, addr_be);
	return talk(nl, h, on_neigh, out);
}

static int neigh_set(struct nl *nl, uint32_t ifindex, uint32_t addr_be,
		     bool managed)
{
	struct nlmsghdr *h = request(nl, RTM_NEWNEIGH,
				     NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));

	nd->ndm_family = AF_INET;
	nd->ndm_ifindex = (int)ifindex;
	nd->ndm_state = NUD_NONE;
	nd->ndm_flags = managed ? 0 : NTF_USE;
	mnl_attr_put_u32(h, NDA_DST, addr_be);
	if (managed)
		mnl_attr_put_u32(h, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
	return talk(nl, h, NULL, NULL);
}

int nl_neigh_keep(struct nl *nl, uint32_t ifindex, uint32_t addr_be)
{
	int err = neigh_set(nl, ifindex, addr_be, true);

	return err ? neigh_set(nl, ifindex, addr_be, false) : 0;
}

struct addr_dump {
	void (*each)(void *ctx, const struct addr *a, enum local_kind kind,
		     uint32_t ifindex);
	void *ctx;
};

static int on_addr(const struct nlmsghdr *h, void *ctx)
{
	const struct addr_dump *dump = ctx;
	struct nl_addr parsed;

	if (!nl_addr_parse(h, &parsed))
		return MNL_CB_OK;
	dump->each(dump->ctx, &parsed.local, LOCAL_UNICAST, parsed.ifindex);
	if (parsed.has_broadcast)
		dump->each(dump->ctx, &parsed.broadcast, LOCAL_BROADCAST,
			   parsed.ifindex);
	return MNL_CB_OK;
}

int nl_addr_dump(struct nl *nl,
		 void (*each)(void *ctx, const struct addr *a,
			      enum local_kind kind, uint32_t ifindex),
		 void *ctx)
{
	struct nlmsghdr *h = request(nl, RTM_GETADDR, NLM_F_DUMP);
	struct addr_dump dump = { .each = each, .ctx = ctx };
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));

	ifa->ifa_family = AF_INET;
	return talk(nl, h, on_addr, &dump);
}

bool nl_addr_parse(const struct nlmsghdr *h, struct nl_addr *out)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	struct attrs attrs = attrs_of(h, sizeof(*ifa));

	*out = (struct nl_addr){
		.ifindex = ifa->ifa_index,
		.local = addr_from_v4(attr_u32(&attrs, IFA_LOCAL)),
		.broadcast = addr_from_v4(attr_u32(&attrs, IFA_BROADCAST)),
		.has_broadcast = attrs.by_type[IFA_BROADCAST] != NULL,
	};
	return ifa->ifa_family == AF_INET && attrs.by_type[IFA_LOCAL];
}

bool nl_neigh_parse(const struct nlmsghdr *h, struct nl_neigh *out)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	struct attrs attrs = attrs_of(h, sizeof(*nd));
	const struct nlattr *mac = attrs.by_type[NDA_LLADDR];

	*out = (struct nl_neigh){
		.ifindex = (uint32_t)nd->ndm_ifindex,
		.addr_be = attr_u32(&attrs, NDA_DST),
		.permanent = nd->ndm_state & NUD_PERMANENT,
	};
	if (nd->ndm_family != AF_INET)
		return false;
	if (mac && mnl_attr_get_payload_len(mac) == sizeof(out->mac)) {
		memcpy(out->mac, mnl_attr_get_payload(mac), sizeof(out->mac));
		out->valid = h->nlmsg_type == RTM_NEWNEIGH &&
			     !(nd->ndm_state & (NUD_FAILED | NUD_INCOMPLETE));
	}
	return true;
}

static int rule(struct nl *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = request(nl, type, NLM_F_ACK | flags);
	struct fib_rule_hdr *fr = mnl_nlmsg_put_extra_header(h, sizeof(*fr));

	fr->family = AF_INET;
	fr->action = FR_ACT_TO_TBL;
	fr->table = NL_TABLE;
	mnl_attr_put_u32(h, FRA_PRIORITY, RULE_PRIORITY);
	return talk(nl, h, NULL, NULL);
}

int nl_rule_add(struct nl *nl)
{
	int err = rule(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);

	return err == -EEXIST ? 0 : err;
}

int nl_rule_del(struct nl *nl)
{
	return rule(nl, RTM_DELRULE, 0);
}

int nl_route_set(struct nl *nl, const struct nl_tunnel_route *r)
{
	struct nlmsghdr *h = request(nl, RTM_NEWROUTE,
				     NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	struct nlattr *metrics;

	rt->rtm_family = AF_INET;
	rt->rtm_dst_len = r->remote.bits;
	rt->rtm_table = NL_TABLE;
	rt->rtm_protocol = RTPROT_CYGNET;
	rt->rtm_scope = r->gateway_be ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	rt->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(h, RTA_DST, addr_v4_be(&r->remote.net));
	mnl_attr_put_u32(h, RTA_OIF, r->ifindex);
	if (r->gateway_be)
		mnl_attr_put_u32(h, RTA_GATEWAY, r->gateway_be);
	if (r->source_be)
		mnl_attr_put_u32(h, RTA_PREFSRC, r->source_be);
	metrics = mnl_attr_nest_start(h, RTA_METRICS);
	mnl_attr_put_u32(h, RTAX_MTU, r->mtu);
	mnl_attr_nest_end(h, metrics);
	return talk(nl, h, NULL, NULL);
}

/* A dump can't be answered with deletions in between: the routes first. */
#define FLUSH_MAX 256

struct route_list {
	uint32_t n;
	struct {
		uint32_t dst_be;
		uint8_t bits;
	} route[FLUSH_MAX];
};

static int on_listed(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct attrs attrs = attrs_of(h, sizeof(*rt));
	struct route_list *list = ctx;

	if (attr_u32(&attrs, RTA_TABLE) == NL_TABLE &&
	    rt->rtm_protocol == RTPROT_CYGNET && list->n < FLUSH_MAX) {
		list->route[list->n].dst_be = attr_u32(&attrs, RTA_DST);
		list->route[list->n++].bits = rt->rtm_dst_len;
	}
	return MNL_CB_OK;
}

static int route_del(struct nl *nl, uint32_t dst_be, uint8_t bits)
{
	struct nlmsghdr *h = request(nl, RTM_DELROUTE, NLM_F_ACK);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	rt->rtm_family = AF_INET;
	rt->rtm_dst_len = bits;
	rt->rtm_table = NL_TABLE;
	rt->rtm_protocol = RTPROT_CYGNET;
	rt->rtm_scope = RT_SCOPE_NOWHERE;
	mnl_attr_put_u32(h, RTA_DST, dst_be);
	return talk(nl, h, NULL, NULL);
}

int nl_route_flush(struct nl *nl)
{
	struct nlmsghdr *h = request(nl, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	struct route_list list = { .n = 0 };
	int err;

	rt->rtm_family = AF_INET;
	err = talk(nl, h, on_listed, &list);
	for (uint32_t i = 0; !err && i < list.n; i++)
		err = route_del(nl, list.route[i].dst_be, list.route[i].bits);
	return err;
}

static int on_link(const struct nlmsghdr *h, void *ctx)
{
	struct attrs attrs = attrs_of(h, sizeof(struct ifinfomsg));
	const struct nlattr *a = attrs.by_type[IFLA_STATS64];
	struct rtnl_link_stats64 stats = { 0 };

	if (a)
		memcpy(&stats, mnl_attr_get_payload(a),
		       mnl_attr_get_payload_len(a) < sizeof(stats)
			       ? mnl_attr_get_payload_len(a)
			       : sizeof(stats));
	*(uint64_t *)ctx = stats.tx_dropped;
	return MNL_CB_STOP;
}

int nl_tx_dropped(struct nl *nl, uint32_t ifindex, uint64_t *out)
{
	struct nlmsghdr *h = request(nl, RTM_GETLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	*out = 0;
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	return talk(nl, h, on_link, out);
}

static int on_filter(const struct nlmsghdr *h, void *ctx)
{
	(void)h;
	*(bool *)ctx = true;
	return MNL_CB_OK;
}

bool nl_has_filters(struct nl *nl, uint32_t ifindex)
{
	static const uint32_t parents[] = {
		TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
		TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
	};
	bool found = false;

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		struct nlmsghdr *h = request(nl, RTM_GETTFILTER, NLM_F_DUMP);
		struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));

		tc->tcm_family = AF_UNSPEC;
		tc->tcm_ifindex = (int)ifindex;
		tc->tcm_parent = parents[i];
		if (talk(nl, h, on_filter, &found))
			return true;
	}
	return found;
}
