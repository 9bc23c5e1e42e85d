// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/nl_table.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ctrl/dp/nl_parse.h"

#define RULE_PRIORITY  220 /* of the first one */
#define NOT_SUPPRESSED UINT32_MAX

/* A kernel without IPv6 has nothing of it. */
static int unless_absent(int err)
{
	return err == -EAFNOSUPPORT || err == -EOPNOTSUPP ? 0 : err;
}

/* --- what stands in for a gateway of IPv4 --- */

static const uint8_t isatap[ADDR_V4_AT] = { 0xfe, 0x80, [10] = 0x5e, 0xfe };

static bool stands_in(const struct addr *a)
{
	return memcmp(a->octets, isatap, sizeof(isatap)) == 0;
}

struct addr nl_gateway(const struct prefix *remote, const struct addr *hop)
{
	struct addr out = *hop;

	if (addr_is_v4(hop) && !addr_is_v4(&remote->net))
		memcpy(out.octets, isatap, sizeof(isatap));
	return out;
}

static struct nlmsghdr *ask_neigh(struct nl *nl, uint16_t type, uint16_t flags,
				  uint32_t ifindex, const struct addr *addr)
{
	struct nlmsghdr *h = nl_ask(nl, type, NLM_F_ACK | flags);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));

	nd->ndm_family = AF_INET6;
	nd->ndm_ifindex = (int)ifindex;
	nd->ndm_state = NUD_PERMANENT;
	nl_put_addr(h, NDA_DST, addr);
	return h;
}

static int stand_in_set(struct nl *nl, uint32_t ifindex, const struct addr *addr)
{
	static const uint8_t nobody[6] = { 2 };
	struct nlmsghdr *h = ask_neigh(
		nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifindex, addr);

	mnl_attr_put(h, NDA_LLADDR, sizeof(nobody), nobody);
	mnl_attr_put_u8(h, NDA_PROTOCOL, RTPROT_CYGNET);
	return nl_talk(nl, NULL, NULL);
}

static bool stand_in_row(const struct nlmsghdr *h, void *row)
{
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(struct ndmsg));
	struct nl_neigh *n = row;

	return nl_neigh_parse(h, n) && stands_in(&n->addr) &&
	       nl_attr_u8(&attrs, NDA_PROTOCOL) == RTPROT_CYGNET;
}

static int stand_ins_flush(struct nl *nl)
{
	struct nl_rows rows = { .row_bytes = sizeof(struct nl_neigh),
				.parse = stand_in_row };
	struct nlmsghdr *h = nl_ask(nl, RTM_GETNEIGH, NLM_F_DUMP);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));
	const struct nl_neigh *n;
	int err;

	nd->ndm_family = AF_INET6;
	err = unless_absent(nl_dump(nl, &rows));
	n = rows.at;
	for (size_t i = 0; !err && i < rows.n; i++) {
		ask_neigh(nl, RTM_DELNEIGH, 0, n[i].ifindex, &n[i].addr);
		err = nl_talk(nl, NULL, NULL);
	}
	free(rows.at);
	return err;
}

/* --- routes --- */

static struct nlmsghdr *ask_route(struct nl *nl, uint16_t type, uint16_t flags,
				  const struct prefix *remote)
{
	struct nlmsghdr *h = nl_ask(nl, type, NLM_F_ACK | flags);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	rt->rtm_family = nl_family(&remote->net);
	rt->rtm_dst_len = remote->bits;
	rt->rtm_table = NL_TABLE;
	rt->rtm_protocol = RTPROT_CYGNET;
	nl_put_addr(h, RTA_DST, &remote->net);
	return h;
}

/* The octets alone of an address in the route's family, else its family too. */
static void put_gateway(struct nlmsghdr *h, const struct nl_tunnel_route *r)
{
	const struct rtvia head = { .rtvia_family = AF_INET6 };
	uint8_t via[sizeof(head) + sizeof(r->gateway.octets)];

	if (nl_family(&r->gateway) == nl_family(&r->remote.net))
		return nl_put_addr(h, RTA_GATEWAY, &r->gateway);
	memcpy(via, &head, sizeof(head));
	memcpy(via + sizeof(head), r->gateway.octets, sizeof(r->gateway.octets));
	mnl_attr_put(h, RTA_VIA, sizeof(via), via);
}

static void put_mtu(struct nlmsghdr *h, uint32_t mtu)
{
	struct nlattr *metrics = mnl_attr_nest_start(h, RTA_METRICS);

	mnl_attr_put_u32(h, RTAX_MTU, mtu);
	mnl_attr_nest_end(h, metrics);
}

/* On link by our word: the kernel has just told us where the gateway is. */
int nl_route_set(struct nl *nl, const struct nl_tunnel_route *r)
{
	struct nlmsghdr *h;
	struct rtmsg *rt;
	int err = 0;

	if (stands_in(&r->gateway))
		err = stand_in_set(nl, r->ifindex, &r->gateway);
	if (err)
		return err;
	h = ask_route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
		      &r->remote);
	rt = mnl_nlmsg_get_payload(h);
	rt->rtm_scope = RT_SCOPE_UNIVERSE;
	rt->rtm_type = RTN_UNICAST;
	rt->rtm_flags = RTNH_F_ONLINK;
	mnl_attr_put_u32(h, RTA_OIF, r->ifindex);
	put_gateway(h, r);
	if (!addr_is_none(&r->source))
		nl_put_addr(h, RTA_PREFSRC, &r->source);
	if (r->mtu)
		put_mtu(h, r->mtu);
	return nl_talk(nl, NULL, NULL);
}

int nl_route_del(struct nl *nl, const struct nl_tunnel_route *r)
{
	struct nlmsghdr *h = ask_route(nl, RTM_DELROUTE, 0, &r->remote);
	struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	int err;

	rt->rtm_scope = RT_SCOPE_NOWHERE;
	err = nl_talk(nl, NULL, NULL);
	return err == -ESRCH ? 0 : err;
}

/* A default route has no RTA_DST. */
static struct prefix remote_of(const struct rtmsg *rt,
			       const struct nl_attrs *attrs)
{
	struct prefix out = { .net = nl_attr_addr(attrs, RTA_DST),
			      .bits = rt->rtm_dst_len };

	if (addr_is_none(&out.net) && rt->rtm_family == AF_INET)
		out.net = addr_from_v4(0);
	return out;
}

static bool route_row(const struct nlmsghdr *h, void *row)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(*rt));
	struct nl_route r;

	nl_route_parse(h, &r);
	*(struct nl_tunnel_route *)row = (struct nl_tunnel_route){
		.remote = remote_of(rt, &attrs),
		.gateway = r.gateway,
		.ifindex = r.ifindex,
		.source = r.source,
		.mtu = r.mtu,
	};
	return nl_attr_u32(&attrs, RTA_TABLE) == NL_TABLE &&
	       rt->rtm_protocol == RTPROT_CYGNET;
}

static int list_routes(struct nl *nl, uint8_t family, struct nl_rows *rows)
{
	struct nlmsghdr *h = nl_ask(nl, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	int err;

	*rows = (struct nl_rows){ .row_bytes = sizeof(struct nl_tunnel_route),
				  .parse = route_row };
	rt->rtm_family = family;
	rt->rtm_table = NL_TABLE;
	rt->rtm_protocol = RTPROT_CYGNET;
	err = nl_dump(nl, rows);
	return err == -ENOENT ? 0 : unless_absent(err); /* no such table */
}

static int append(struct nl_rows *to, struct nl_rows *rows)
{
	void *at = reallocarray(to->at, to->n + rows->n + 1, to->row_bytes);

	if (!at)
		return -ENOMEM;
	to->at = at;
	if (rows->n)
		memcpy((char *)at + to->n * to->row_bytes, rows->at,
		       rows->n * to->row_bytes);
	to->n += rows->n;
	return 0;
}

int nl_routes_list(struct nl *nl, struct nl_rows *out)
{
	struct nl_rows rows;
	int err = list_routes(nl, AF_INET, out);

	if (!err)
		err = list_routes(nl, AF_INET6, &rows);
	if (!err) {
		err = append(out, &rows);
		free(rows.at);
	}
	if (err) {
		free(out->at);
		*out = (struct nl_rows){ .row_bytes = out->row_bytes };
	}
	return err;
}

int nl_routes_flush(struct nl *nl)
{
	struct nl_rows rows;
	const struct nl_tunnel_route *r;
	int err = nl_routes_list(nl, &rows);

	r = rows.at;
	for (size_t i = 0; !err && i < rows.n; i++)
		err = nl_route_del(nl, &r[i]);
	free(rows.at);
	return err ? err : stand_ins_flush(nl);
}

/* --- rules --- */

struct rule {
	uint32_t priority;
	uint32_t table;
	uint32_t suppressed; /* lengths up to this; NOT_SUPPRESSED */
	uint8_t family;
	bool ours;
	bool forwards;	/* matches what does not arise here */
	bool by_source; /* looks at more than destination and mark */
};

static int rule_talk(struct nl *nl, uint16_t type, uint16_t flags,
		     const struct rule *r)
{
	struct nlmsghdr *h = nl_ask(nl, type, NLM_F_ACK | flags);
	struct fib_rule_hdr *fr = mnl_nlmsg_put_extra_header(h, sizeof(*fr));

	fr->family = r->family;
	fr->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(h, FRA_TABLE, r->table);
	mnl_attr_put_u32(h, FRA_PRIORITY, r->priority);
	mnl_attr_put_strz(h, FRA_IIFNAME, "lo");
	mnl_attr_put_u32(h, FRA_FWMARK, 0);
	mnl_attr_put_u32(h, FRA_FWMASK, NL_MARK);
	mnl_attr_put_u8(h, FRA_PROTOCOL, RTPROT_CYGNET);
	if (r->suppressed != NOT_SUPPRESSED)
		mnl_attr_put_u32(h, FRA_SUPPRESS_PREFIXLEN, r->suppressed);
	return nl_talk(nl, NULL, NULL);
}

/* What kernels know beyond our headers has a number above them. */
static bool looks_at_more(const struct fib_rule_hdr *fr,
			  const struct nl_attrs *attrs)
{
	static const uint16_t types[] = {
		FRA_SRC,	 FRA_IIFNAME,	  FRA_OIFNAME,
		FRA_L3MDEV,	 FRA_UID_RANGE,	  FRA_IP_PROTO,
		FRA_SPORT_RANGE, FRA_DPORT_RANGE, FRA_TUN_ID,
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (attrs->by_type[types[i]])
			return true;
	for (size_t i = FRA_DPORT_RANGE + 1; i <= NL_ATTR_MAX; i++)
		if (attrs->by_type[i])
			return true;
	return fr->src_len || fr->tos;
}

static bool rule_row(const struct nlmsghdr *h, void *row)
{
	const struct fib_rule_hdr *fr = mnl_nlmsg_get_payload(h);
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(*fr));
	const struct nlattr *iif = attrs.by_type[FRA_IIFNAME];
	const struct nlattr *suppressed = attrs.by_type[FRA_SUPPRESS_PREFIXLEN];

	*(struct rule *)row = (struct rule){
		.priority = nl_attr_u32(&attrs, FRA_PRIORITY),
		.table = nl_attr_u32(&attrs, FRA_TABLE),
		.suppressed = suppressed ? mnl_attr_get_u32(suppressed)
					 : NOT_SUPPRESSED,
		.family = fr->family,
		.ours = nl_attr_u8(&attrs, FRA_PROTOCOL) == RTPROT_CYGNET,
		.forwards = !iif || strcmp(mnl_attr_get_str(iif), "lo") != 0,
		.by_source = looks_at_more(fr, &attrs),
	};
	return true;
}

/* Of one family, in the order of their priorities. */
static int rules_list(struct nl *nl, uint8_t family, struct nl_rows *rows)
{
	struct nlmsghdr *h = nl_ask(nl, RTM_GETRULE, NLM_F_DUMP);
	struct fib_rule_hdr *fr = mnl_nlmsg_put_extra_header(h, sizeof(*fr));

	*rows = (struct nl_rows){ .row_bytes = sizeof(struct rule),
				  .parse = rule_row };
	fr->family = family;
	return unless_absent(nl_dump(nl, rows));
}

/* Two for each length, at most. */
struct rules {
	struct rule at[2 * (NL_BITS_MAX + 1)];
	size_t n;
};

static void rules_of(const bool *has, uint8_t family, struct rules *out)
{
	uint32_t priority = RULE_PRIORITY;

	out->n = 0;
	for (uint32_t bits = NL_BITS_MAX + 1; bits-- > 0;) {
		if (!has[bits])
			continue;
		out->at[out->n++] = (struct rule){ .priority = priority++,
						   .table = RT_TABLE_MAIN,
						   .suppressed = bits,
						   .family = family };
		/* 0 - 1 is NOT_SUPPRESSED. */
		out->at[out->n++] = (struct rule){ .priority = priority++,
						   .table = NL_TABLE,
						   .suppressed = bits - 1,
						   .family = family };
	}
}

static bool rule_equal(const struct rule *a, const struct rule *b)
{
	return a->priority == b->priority && a->table == b->table &&
	       a->suppressed == b->suppressed;
}

/* Are these all that there are of ours? */
static bool rules_hold(const struct rule *found, size_t n,
		       const struct rules *want)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++) {
		if (!found[i].ours)
			continue;
		if (same == want->n || !rule_equal(&found[i], &want->at[same]))
			return false;
		same++;
	}
	return same == want->n;
}

static int rules_replace(struct nl *nl, const struct rule *found, size_t n,
			 const struct rules *want)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++)
		if (found[i].ours)
			err = rule_talk(nl, RTM_DELRULE, 0, &found[i]);
	for (size_t i = 0; !err && i < want->n; i++) {
		err = rule_talk(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL,
				&want->at[i]);
		if (err == -EEXIST)
			err = 0;
	}
	return err;
}

static int set_rules(struct nl *nl, const bool *has, uint8_t family)
{
	struct nl_rows rows;
	struct rules want;
	int err = rules_list(nl, family, &rows);

	rules_of(has, family, &want);
	if (!err && !rules_hold(rows.at, rows.n, &want))
		err = rules_replace(nl, rows.at, rows.n, &want);
	free(rows.at);
	return err;
}

void nl_lengths_add(struct nl_lengths *l, const struct prefix *remote)
{
	bool *has = addr_is_v4(&remote->net) ? l->v4 : l->v6;

	has[remote->bits] = true;
}

int nl_rules_set(struct nl *nl, const struct nl_lengths *lengths)
{
	int err = set_rules(nl, lengths->v4, AF_INET);

	return err ? err : set_rules(nl, lengths->v6, AF_INET6);
}

int nl_rules_flush(struct nl *nl)
{
	const struct nl_lengths none = { .v4 = { false } };

	return nl_rules_set(nl, &none);
}

static bool family_by_source(struct nl *nl, uint8_t family)
{
	struct nl_rows rows;
	const struct rule *r;
	bool found = rules_list(nl, family, &rows) != 0;

	r = rows.at;
	for (size_t i = 0; i < rows.n && !found; i++)
		found = r[i].by_source && !r[i].ours;
	free(rows.at);
	return found;
}

bool nl_rules_by_source(struct nl *nl)
{
	return family_by_source(nl, AF_INET) || family_by_source(nl, AF_INET6);
}

static uint32_t foreign_of(struct nl *nl, uint8_t family)
{
	struct nl_rows rows;
	const struct rule *r;
	uint32_t priority = 0;

	rules_list(nl, family, &rows);
	r = rows.at;
	for (size_t i = 0; i < rows.n && !priority; i++)
		if (r[i].table == NL_TABLE && !r[i].ours && r[i].forwards)
			priority = r[i].priority;
	free(rows.at);
	return priority;
}

uint32_t nl_rules_foreign(struct nl *nl)
{
	uint32_t priority = foreign_of(nl, AF_INET);

	return priority ? priority : foreign_of(nl, AF_INET6);
}
