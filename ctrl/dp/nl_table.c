// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/nl_table.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ctrl/dp/nl_parse.h"

#define RULE_PRIORITY  220 /* of the first one */
#define NOT_SUPPRESSED UINT32_MAX

/* On link by our word: the kernel has just told us where the gateway is. */
int nl_route_set(struct nl *nl, const struct nl_tunnel_route *r)
{
	struct nlmsghdr *h = nl_ask(nl, RTM_NEWROUTE,
				    NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	struct nlattr *metrics;

	rt->rtm_family = AF_INET;
	rt->rtm_dst_len = r->remote.bits;
	rt->rtm_table = NL_TABLE;
	rt->rtm_protocol = RTPROT_CYGNET;
	rt->rtm_scope = RT_SCOPE_UNIVERSE;
	rt->rtm_type = RTN_UNICAST;
	rt->rtm_flags = RTNH_F_ONLINK;
	mnl_attr_put_u32(h, RTA_DST, addr_v4_be(&r->remote.net));
	mnl_attr_put_u32(h, RTA_OIF, r->ifindex);
	mnl_attr_put_u32(h, RTA_GATEWAY, r->gateway_be);
	if (r->source_be)
		mnl_attr_put_u32(h, RTA_PREFSRC, r->source_be);
	if (r->mtu) {
		metrics = mnl_attr_nest_start(h, RTA_METRICS);
		mnl_attr_put_u32(h, RTAX_MTU, r->mtu);
		mnl_attr_nest_end(h, metrics);
	}
	return nl_talk(nl, NULL, NULL);
}

struct route_key {
	uint32_t dst_be;
	uint8_t bits;
};

static bool route_row(const struct nlmsghdr *h, void *row)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(*rt));

	*(struct route_key *)row = (struct route_key){
		.dst_be = nl_attr_u32(&attrs, RTA_DST),
		.bits = rt->rtm_dst_len,
	};
	return nl_attr_u32(&attrs, RTA_TABLE) == NL_TABLE &&
	       rt->rtm_protocol == RTPROT_CYGNET;
}

static int route_del(struct nl *nl, const struct route_key *key)
{
	struct nlmsghdr *h = nl_ask(nl, RTM_DELROUTE, NLM_F_ACK);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	rt->rtm_family = AF_INET;
	rt->rtm_dst_len = key->bits;
	rt->rtm_table = NL_TABLE;
	rt->rtm_protocol = RTPROT_CYGNET;
	rt->rtm_scope = RT_SCOPE_NOWHERE;
	mnl_attr_put_u32(h, RTA_DST, key->dst_be);
	return nl_talk(nl, NULL, NULL);
}

/* A dump can't be answered with deletions in between: the list first. */
int nl_route_flush(struct nl *nl)
{
	struct nl_rows rows = { .row_bytes = sizeof(struct route_key),
				.parse = route_row };
	struct nlmsghdr *h = nl_ask(nl, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	int err;

	rt->rtm_family = AF_INET;
	rt->rtm_table = NL_TABLE;
	rt->rtm_protocol = RTPROT_CYGNET;
	err = nl_dump(nl, &rows);
	for (size_t i = 0; !err && i < rows.n; i++)
		err = route_del(nl, (struct route_key *)rows.at + i);
	free(rows.at);
	return err == -ENOENT ? 0 : err; /* no such table, or gone meanwhile */
}

struct rule {
	uint32_t priority;
	uint32_t table;
	uint32_t suppressed; /* lengths up to this; NOT_SUPPRESSED */
	bool ours;
	bool forwards; /* matches what does not arise here */
};

static int rule_talk(struct nl *nl, uint16_t type, uint16_t flags,
		     const struct rule *r)
{
	struct nlmsghdr *h = nl_ask(nl, type, NLM_F_ACK | flags);
	struct fib_rule_hdr *fr = mnl_nlmsg_put_extra_header(h, sizeof(*fr));

	fr->family = AF_INET;
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

static bool rule_row(const struct nlmsghdr *h, void *row)
{
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(struct fib_rule_hdr));
	const struct nlattr *iif = attrs.by_type[FRA_IIFNAME];
	const struct nlattr *suppressed = attrs.by_type[FRA_SUPPRESS_PREFIXLEN];

	*(struct rule *)row = (struct rule){
		.priority = nl_attr_u32(&attrs, FRA_PRIORITY),
		.table = nl_attr_u32(&attrs, FRA_TABLE),
		.suppressed = suppressed ? mnl_attr_get_u32(suppressed)
					 : NOT_SUPPRESSED,
		.ours = nl_attr_u8(&attrs, FRA_PROTOCOL) == RTPROT_CYGNET,
		.forwards = !iif || strcmp(mnl_attr_get_str(iif), "lo") != 0,
	};
	return true;
}

static int rules_list(struct nl *nl, struct nl_rows *rows)
{
	struct nlmsghdr *h = nl_ask(nl, RTM_GETRULE, NLM_F_DUMP);
	struct fib_rule_hdr *fr = mnl_nlmsg_put_extra_header(h, sizeof(*fr));

	*rows = (struct nl_rows){ .row_bytes = sizeof(struct rule),
				  .parse = rule_row };
	fr->family = AF_INET;
	return nl_dump(nl, rows);
}

static int rules_flush(struct nl *nl)
{
	struct nl_rows rows;
	const struct rule *r;
	int err = rules_list(nl, &rows);

	r = rows.at;
	for (size_t i = 0; !err && i < rows.n; i++)
		if (r[i].ours)
			err = rule_talk(nl, RTM_DELRULE, 0, &r[i]);
	free(rows.at);
	return err;
}

static int rule_add(struct nl *nl, uint32_t priority, uint32_t table,
		    uint32_t suppressed)
{
	const struct rule r = { .priority = priority,
				.table = table,
				.suppressed = suppressed };
	int err = rule_talk(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &r);

	return err == -EEXIST ? 0 : err;
}

int nl_rules_set(struct nl *nl, uint64_t lengths)
{
	uint32_t priority = RULE_PRIORITY;
	int err = rules_flush(nl);

	for (uint32_t bits = 33; !err && bits-- > 0;) {
		if (!(lengths >> bits & 1))
			continue;
		err = rule_add(nl, priority++, RT_TABLE_MAIN, bits);
		/* 0 - 1 is NOT_SUPPRESSED. */
		if (!err)
			err = rule_add(nl, priority++, NL_TABLE, bits - 1);
	}
	return err;
}

uint32_t nl_rules_foreign(struct nl *nl)
{
	struct nl_rows rows;
	const struct rule *r;
	uint32_t priority = 0;

	rules_list(nl, &rows);
	r = rows.at;
	for (size_t i = 0; i < rows.n && !priority; i++)
		if (r[i].table == NL_TABLE && !r[i].ours && r[i].forwards)
			priority = r[i].priority;
	free(rows.at);
	return priority;
}
