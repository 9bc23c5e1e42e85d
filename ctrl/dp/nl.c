// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/nl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "ctrl/dp/nl_table.h"
#include "include/proto.h"

static void on_route(const struct nlmsghdr *h, void *ctx)
{
	nl_route_parse(h, ctx);
}

static struct nlmsghdr *ask_route(struct nl *nl, const struct addr *dst,
				  const struct addr *src)
{
	struct nlmsghdr *h = nl_ask(nl, RTM_GETROUTE, 0);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	rt->rtm_family = nl_family(dst);
	rt->rtm_dst_len = addr_is_v4(dst) ? 32 : 128;
	nl_put_addr(h, RTA_DST, dst);
	if (!addr_is_none(src)) {
		rt->rtm_src_len = rt->rtm_dst_len;
		nl_put_addr(h, RTA_SRC, src);
	}
	return h;
}

int nl_route_get(struct nl *nl, const struct addr *dst, const struct addr *src,
		 struct nl_route *out)
{
	struct nlmsghdr *h = ask_route(nl, dst, src);

	*out = (struct nl_route){ 0 };
	mnl_attr_put_u32(h, RTA_MARK, NL_MARK);
	return nl_talk(nl, on_route, out);
}

/* Of others the kernel takes none. */
static void put_upper(struct nlmsghdr *h, const struct nl_flow *f)
{
	switch (f->protocol) {
	case PROTO_TCP:
	case PROTO_UDP:
		mnl_attr_put_u16(h, RTA_SPORT, htons(f->sport));
		mnl_attr_put_u16(h, RTA_DPORT, htons(f->dport));
		break;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		break;
	default:
		return;
	}
	mnl_attr_put_u8(h, RTA_IP_PROTO, f->protocol);
}

int nl_route_of(struct nl *nl, const struct nl_flow *f, struct nl_route *out)
{
	struct nlmsghdr *h = ask_route(nl, &f->dst, &f->src);

	*out = (struct nl_route){ 0 };
	if (f->iif)
		mnl_attr_put_u32(h, RTA_IIF, f->iif);
	put_upper(h, f);
	return nl_talk(nl, on_route, out);
}

/* A question about one neighbour, or a change of it. */
static struct ndmsg *ask_neigh(struct nl *nl, uint16_t type, uint16_t flags,
			       uint32_t ifindex, const struct addr *addr)
{
	struct nlmsghdr *h = nl_ask(nl, type, flags);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));

	nd->ndm_family = nl_family(addr);
	nd->ndm_ifindex = (int)ifindex;
	nl_put_addr(h, NDA_DST, addr);
	return nd;
}

static void on_neigh(const struct nlmsghdr *h, void *ctx)
{
	nl_neigh_parse(h, ctx);
}

int nl_neigh_get(struct nl *nl, uint32_t ifindex, const struct addr *addr,
		 struct nl_neigh *out)
{
	*out = (struct nl_neigh){ .ifindex = ifindex, .addr = *addr };
	ask_neigh(nl, RTM_GETNEIGH, 0, ifindex, addr);
	return nl_talk(nl, on_neigh, out);
}

int nl_neigh_probe(struct nl *nl, uint32_t ifindex, const struct addr *addr)
{
	struct ndmsg *nd = ask_neigh(nl, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE,
				     ifindex, addr);

	nd->ndm_flags = NTF_USE;
	return nl_talk(nl, NULL, NULL);
}

int nl_neigh_keep(struct nl *nl, uint32_t ifindex, const struct addr *addr)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)nl->ask;

	ask_neigh(nl, RTM_NEWNEIGH, NLM_F_ACK, ifindex, addr);
	mnl_attr_put_u32(h, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
	mnl_attr_put_u8(h, NDA_PROTOCOL, RTPROT_CYGNET);
	return nl_talk(nl, NULL, NULL);
}

/* As it is, but without our flag; what has no MAC to keep is deleted. */
int nl_neigh_release(struct nl *nl, uint32_t ifindex, const struct addr *addr)
{
	struct ndmsg *nd = ask_neigh(nl, RTM_NEWNEIGH, NLM_F_ACK, ifindex, addr);
	int err;

	nd->ndm_state = NUD_STALE;
	err = nl_talk(nl, NULL, NULL);
	if (!err || err == -ENOENT)
		return err;
	ask_neigh(nl, RTM_DELNEIGH, NLM_F_ACK, ifindex, addr);
	return nl_talk(nl, NULL, NULL);
}

static bool managed_row(const struct nlmsghdr *h, void *row)
{
	struct nl_neigh *n = row;

	return nl_neigh_parse(h, n) && n->managed;
}

/* A dump can't be answered with changes in between: the list first. */
int nl_neigh_release_all(struct nl *nl)
{
	struct nl_rows rows = { .row_bytes = sizeof(struct nl_neigh),
				.parse = managed_row };
	struct nlmsghdr *h = nl_ask(nl, RTM_GETNEIGH, NLM_F_DUMP);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));
	const struct nl_neigh *n;
	int err;

	nd->ndm_family = AF_UNSPEC;
	err = nl_dump(nl, &rows);
	n = rows.at;
	for (size_t i = 0; i < rows.n; i++)
		nl_neigh_release(nl, n[i].ifindex, &n[i].addr);
	free(rows.at);
	return err;
}

static bool addr_row(const struct nlmsghdr *h, void *row)
{
	return nl_addr_parse(h, row);
}

int nl_addrs(struct nl *nl, struct nl_addr **out, size_t *n)
{
	struct nl_rows rows = { .row_bytes = sizeof(struct nl_addr),
				.parse = addr_row };
	struct nlmsghdr *h = nl_ask(nl, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));
	int err;

	ifa->ifa_family = AF_UNSPEC;
	err = nl_dump(nl, &rows);
	*out = rows.at;
	*n = rows.n;
	return err;
}

/* Of IPv6 usable at once: nobody else on a TAP could have it. */
static int change_addr(struct nl *nl, struct nlmsghdr *h, uint32_t ifindex,
		       const struct addr *a)
{
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));

	ifa->ifa_family = nl_family(a);
	ifa->ifa_prefixlen = addr_is_v4(a) ? 32 : 128;
	ifa->ifa_flags = addr_is_v4(a) ? 0 : IFA_F_NODAD;
	ifa->ifa_index = ifindex;
	nl_put_addr(h, IFA_LOCAL, a);
	nl_put_addr(h, IFA_ADDRESS, a);
	mnl_attr_put_u8(h, IFA_PROTO, RTPROT_CYGNET);
	return nl_talk(nl, NULL, NULL);
}

int nl_addr_add(struct nl *nl, uint32_t ifindex, const struct addr *a)
{
	struct nlmsghdr *h =
		nl_ask(nl, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);

	return change_addr(nl, h, ifindex, a);
}

int nl_addr_del(struct nl *nl, uint32_t ifindex, const struct addr *a)
{
	return change_addr(nl, nl_ask(nl, RTM_DELADDR, NLM_F_ACK), ifindex, a);
}

static void on_link(const struct nlmsghdr *h, void *ctx)
{
	nl_link_parse(h, ctx);
}

int nl_link_get(struct nl *nl, uint32_t ifindex, struct nl_link *out)
{
	struct nlmsghdr *h = nl_ask(nl, RTM_GETLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	*out = (struct nl_link){ 0 };
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	return nl_talk(nl, on_link, out);
}

static bool link_row(const struct nlmsghdr *h, void *row)
{
	return nl_link_parse(h, row);
}

int nl_links(struct nl *nl, struct nl_link **out, size_t *n)
{
	struct nl_rows rows = { .row_bytes = sizeof(struct nl_link),
				.parse = link_row };
	struct nlmsghdr *h = nl_ask(nl, RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
	int err;

	ifi->ifi_family = AF_UNSPEC;
	err = nl_dump(nl, &rows);
	*out = rows.at;
	*n = rows.n;
	return err;
}

int nl_link_set_alias(struct nl *nl, uint32_t ifindex, const char *alias)
{
	struct nlmsghdr *h = nl_ask(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	mnl_attr_put_str(h, IFLA_IFALIAS, alias);
	return nl_talk(nl, NULL, NULL);
}

int nl_tx_dropped(struct nl *nl, uint32_t ifindex, uint64_t *out)
{
	struct nl_link link;
	int err = nl_link_get(nl, ifindex, &link);

	*out = link.tx_dropped;
	return err;
}

static void on_filter(const struct nlmsghdr *h, void *ctx)
{
	(void)h;
	*(bool *)ctx = true;
}

bool nl_has_filters(struct nl *nl, uint32_t ifindex)
{
	static const uint32_t parents[] = {
		TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
		TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
	};
	bool found = false;

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		struct nlmsghdr *h = nl_ask(nl, RTM_GETTFILTER, NLM_F_DUMP);
		struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));

		tc->tcm_family = AF_UNSPEC;
		tc->tcm_ifindex = (int)ifindex;
		tc->tcm_parent = parents[i];
		if (nl_talk(nl, on_filter, &found))
			return true;
	}
	return found;
}

struct first_filter {
	uint16_t priority;
	uint32_t handle;
};

/* Each priority has one without a handle, which stands for all of its. */
static void on_place(const struct nlmsghdr *h, void *ctx)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	struct first_filter *f = ctx;

	if (!f->handle && TC_H_MAJ(tc->tcm_info) >> 16 == f->priority)
		f->handle = tc->tcm_handle;
}

uint32_t nl_first_filter(struct nl *nl, uint32_t ifindex, uint32_t parent,
			 uint16_t priority)
{
	struct first_filter f = { .priority = priority };
	struct nlmsghdr *h = nl_ask(nl, RTM_GETTFILTER, NLM_F_DUMP);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));

	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = parent;
	return nl_talk(nl, on_place, &f) ? 0 : f.handle;
}
