// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/control/pools.h"

#include <stdio.h>
#include <string.h>

static bool is_of(const struct pool_lease *l, const struct pool_conf *pool)
{
	return strcmp(l->pool, pool->name) == 0;
}

static size_t count(const struct pool_list *pools, const struct pool_conf *pool,
		    bool online)
{
	size_t n = 0;

	for (size_t i = 0; i < pools->n_leases; i++)
		n += is_of(&pools->leases[i], pool) &&
		     !pools->leases[i].online == !online;
	return n;
}

static void put_lease(struct vici_builder *b, unsigned int number,
		      const struct pool_lease *l)
{
	char addr[ADDR_STR_MAX], id[IDENTITY_STR_MAX], name[16];

	snprintf(name, sizeof(name), "%u", number);
	vici_section(b, name);
	vici_str(b, "address", addr_str(&l->addr, addr));
	vici_str(b, "identity", identity_str(&l->id, id, sizeof(id)));
	vici_str(b, "status", l->online ? "online" : "offline");
	vici_section_end(b);
}

static void put_leases(struct vici_builder *b, const struct pool_list *pools,
		       const struct pool_conf *pool)
{
	unsigned int n = 0;

	vici_section(b, "leases");
	for (size_t i = 0; i < pools->n_leases; i++)
		if (is_of(&pools->leases[i], pool))
			put_lease(b, n++, &pools->leases[i]);
	vici_section_end(b);
}

void put_pools(struct vici_builder *b, const struct arguments *args,
	       const struct pool_list *pools)
{
	char addr[ADDR_STR_MAX];

	for (size_t i = 0; i < pools->n; i++) {
		const struct pool_conf *pool = &pools->at[i];

		if (args->given & ARG_NAME && strcmp(args->name, pool->name) != 0)
			continue;
		vici_section(b, pool->name);
		vici_str(b, "base", addr_str(&pool->base, addr));
		vici_fmt(b, "size", "%u", range_count(&pool->addrs));
		vici_fmt(b, "online", "%zu", count(pools, pool, true));
		vici_fmt(b, "offline", "%zu", count(pools, pool, false));
		if (args->given & ARG_LEASES)
			put_leases(b, pools, pool);
		vici_section_end(b);
	}
}
