// SPDX-License-Identifier: BSD-2-Clause
/* What the kernel tells by netlink of the firewall. */
#include "ctrl/cli/doctor_read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctrl/dp/nl_parse.h"
#include "ctrl/dp/nl_talk.h"

#define CHAINS_MAX     64
#define NAME_MAX_BYTES 128 /* of a table or a chain, cut */

struct chain {
	uint8_t family;
	char table[NAME_MAX_BYTES];
	char name[NAME_MAX_BYTES];
};

struct firewall {
	struct chain chains[CHAINS_MAX]; /* those at the FORWARD hook */
	size_t n_chains;
	int rules;
	bool is_drop;
};

/* --- nftables, to which today's iptables belongs */

static void take_text(const struct nlattr *a, char out[NAME_MAX_BYTES])
{
	if (a)
		snprintf(out, NAME_MAX_BYTES, "%.*s",
			 (int)mnl_attr_get_payload_len(a), mnl_attr_get_str(a));
}

static struct chain chain_of(const struct nlmsghdr *h,
			     const struct nlattr *table,
			     const struct nlattr *name)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	struct chain chain = { .family = g->nfgen_family };

	take_text(table, chain.table);
	take_text(name, chain.name);
	return chain;
}

static bool is_forward(const struct nlattr *hook)
{
	struct nl_attrs attrs;

	if (!hook)
		return false;
	attrs = nl_attrs_in(hook);
	return ntohl(nl_attr_u32(&attrs, NFTA_HOOK_HOOKNUM)) == NF_INET_FORWARD;
}

static void on_chain(const struct nlmsghdr *h, void *ctx)
{
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(struct nfgenmsg));
	struct chain chain = chain_of(h, attrs.by_type[NFTA_CHAIN_TABLE],
				      attrs.by_type[NFTA_CHAIN_NAME]);
	struct firewall *f = ctx;

	if ((chain.family != NFPROTO_IPV4 && chain.family != NFPROTO_INET) ||
	    !is_forward(attrs.by_type[NFTA_CHAIN_HOOK]))
		return;
	if (attrs.by_type[NFTA_CHAIN_POLICY] &&
	    nl_attr_u32(&attrs, NFTA_CHAIN_POLICY) == NF_DROP)
		f->is_drop = true;
	if (f->n_chains < CHAINS_MAX)
		f->chains[f->n_chains++] = chain;
}

static bool is_at_forward(const struct firewall *f, const struct chain *c)
{
	for (size_t i = 0; i < f->n_chains; i++)
		if (f->chains[i].family == c->family &&
		    strcmp(f->chains[i].table, c->table) == 0 &&
		    strcmp(f->chains[i].name, c->name) == 0)
			return true;
	return false;
}

static void on_rule(const struct nlmsghdr *h, void *ctx)
{
	struct nl_attrs attrs = nl_attrs_of(h, sizeof(struct nfgenmsg));
	struct chain chain = chain_of(h, attrs.by_type[NFTA_RULE_TABLE],
				      attrs.by_type[NFTA_RULE_CHAIN]);
	struct firewall *f = ctx;

	f->rules += is_at_forward(f, &chain);
}

static int list(struct nl *nl, uint16_t type,
		void (*each)(const struct nlmsghdr *h, void *ctx),
		struct firewall *f)
{
	struct nlmsghdr *h = nl_ask(
		nl, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_DUMP);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->nfgen_family = NFPROTO_UNSPEC;
	g->version = NFNETLINK_V0;
	return nl_talk(nl, each, f);
}

/* --- iptables of before nftables */

static bool has_old_table(void)
{
	FILE *file = fopen("/proc/net/ip_tables_names", "re");
	char line[64];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strcmp(line, "filter\n") == 0;
	if (file)
		fclose(file);
	return found;
}

static bool has_old_rules(void)
{
	struct ipt_getinfo info = { .name = "filter" };
	socklen_t len = sizeof(info);
	bool found = false;
	int fd;

	if (!has_old_table()) /* asking would make one */
		return false;
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		return false;
	if (!getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &info, &len))
		found = info.underflow[NF_INET_FORWARD] !=
			info.hook_entry[NF_INET_FORWARD];
	close(fd);
	return found;
}

int doctor_forward_rules(bool *is_drop)
{
	struct firewall f = { .n_chains = 0 };
	struct nl *nl;
	int err = nl_new_of(NETLINK_NETFILTER, &nl);

	*is_drop = false;
	if (err)
		return has_old_rules();
	err = list(nl, NFT_MSG_GETCHAIN, on_chain, &f);
	if (!err && f.n_chains)
		list(nl, NFT_MSG_GETRULE, on_rule, &f);
	nl_free(nl);
	*is_drop = f.is_drop;
	return err == -EPERM ? UNKNOWN : f.rules + has_old_rules();
}
