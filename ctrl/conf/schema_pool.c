// SPDX-License-Identifier: BSD-2-Clause
/*
 * The section pools: virtual IPs for peers that ask for one, and what they are
 * told beside it. Every attribute of swanctl.conf(5) has a row. What strongSwan
 * sends as split_include, an attribute of Cisco's for IKEv1, is told in IKEv2's
 * own, as subnet is.
 */
#include "ctrl/conf/schema_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/keys.h"
#include "ctrl/conf/named.h"
#include "ctrl/conf/values_pool.h"
#include "ctrl/model/pool.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define LATER(text)                             \
	{                                       \
		.name = text, .kind = SUB_LATER \
	}
#define FORM_NETS "prefixes such as 10.2.0.0/16, separated by commas"

/* clang-format off */
static const struct key pool_keys[] = {
	{ .name = "addrs",	   .required = true, .form = "a prefix such as 10.3.0.0/24, or a range such as 10.3.0.10-10.3.0.99",
	  .read = value_pool_addrs },
	{ .name = "dns",	   .list = true, .form = "addresses, separated by commas",
	  .read = value_pool_hosts, .min = IKE_ATTR_IP4_DNS, .max = IKE_ATTR_IP6_DNS },
	{ .name = "nbns",	   .list = true, .form = "addresses of IPv4, separated by commas",
	  .read = value_pool_hosts, .min = IKE_ATTR_IP4_NBNS },
	{ .name = "netmask",	   .form = "a netmask of IPv4 such as 255.255.255.0",
	  .read = value_pool_netmask, .min = IKE_ATTR_IP4_NETMASK },
	{ .name = "subnet",	   .list = true, .form = FORM_NETS,
	  .read = value_pool_nets, .min = IKE_ATTR_IP4_SUBNET, .max = IKE_ATTR_IP6_SUBNET },
	{ .name = "split_include", .list = true, .form = FORM_NETS,
	  .read = value_pool_nets, .min = IKE_ATTR_IP4_SUBNET, .max = IKE_ATTR_IP6_SUBNET },
};

static const struct sub pool_later[] = {
	LATER("dhcp"), LATER("server"), LATER("split_exclude"),
};
/* clang-format on */

static const struct keys pool_table = {
	.keys = pool_keys,
	.n_keys = ROWS(pool_keys),
	.subs = pool_later,
	.n_subs = ROWS(pool_later),
};

int pool_fill(const struct section *sec, struct pool_conf *out, struct error *e)
{
	int err;

	*out = (struct pool_conf){ .n_attrs = 0 };
	err = named_take(sec, out->name, e);
	return err ? err : keys_read(&pool_table, sec, out, e);
}

static int check_others(const struct section *sec, const struct config *c,
			const struct pool_conf *pool, struct error *e)
{
	for (const struct pool_conf *o = c->pools; o < pool; o++)
		if (range_overlaps(&o->addrs, &pool->addrs))
			return value_fail(
				e, tree_value(sec, "addrs"), -EEXIST,
				"has addresses of pools.%s, too; each is in one pool alone",
				o->name);
	return 0;
}

int pools_fill(const struct section *list, struct config *out, struct error *e)
{
	size_t n = named_count(list);
	int err = 0;

	if (n == 0)
		return 0;
	out->pools = calloc(n, sizeof(*out->pools));
	if (!out->pools)
		return conf_no_memory(e);
	for (const struct section *s = list->sections; s && !err; s = s->next) {
		struct pool_conf *pool = &out->pools[out->n_pools++];

		err = pool_fill(s, pool, e);
		if (!err)
			err = check_others(s, out, pool, e);
	}
	return err;
}
