// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/pool.h"

#include <stdlib.h>
#include <string.h>

void pool_list_free(struct pool_list *l)
{
	if (!l)
		return;
	free(l->at);
	free(l->leases);
	free(l);
}

void pool_set_range(struct pool_conf *pool, const struct range *r)
{
	pool->addrs = *r;
	pool->base = r->min;
}

void pool_set_prefix(struct pool_conf *pool, const struct prefix *p)
{
	const struct range r = { p->net, prefix_last(p) };

	pool_set_range(pool, &r);
	if (range_count(&r) <= 2)
		return;
	pool->addrs.min.octets[15] |= 1U;
	pool->addrs.max.octets[15] &= 0xfeU;
}

static bool attr_equal(const struct pool_attr *a, const struct pool_attr *b)
{
	return a->type == b->type && a->value.bits == b->value.bits &&
	       addr_equal(&a->value.net, &b->value.net);
}

bool pool_equal(const struct pool_conf *a, const struct pool_conf *b)
{
	bool equal = strcmp(a->name, b->name) == 0 &&
		     addr_equal(&a->addrs.min, &b->addrs.min) &&
		     addr_equal(&a->addrs.max, &b->addrs.max) &&
		     addr_equal(&a->base, &b->base) &&
		     a->n_attrs == b->n_attrs && a->from_vici == b->from_vici;

	for (uint32_t i = 0; equal && i < a->n_attrs; i++)
		equal = attr_equal(&a->attrs[i], &b->attrs[i]);
	return equal;
}

struct pool_addrs pool_addrs_of(const struct pool_conf *pools, size_t n,
				const char *name)
{
	struct pool_addrs out = { .name = "" };

	strncpy(out.name, name, sizeof(out.name) - 1);
	for (size_t i = 0; i < n; i++)
		if (strcmp(pools[i].name, name) == 0)
			out.addrs = pools[i].addrs;
	return out;
}

void pools_lend(const struct pool_conf *pools, size_t n_pools,
		struct conn_conf *conns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < conns[i].n_pools; k++)
			conns[i].pool_addrs[k] =
				pool_addrs_of(pools, n_pools, conns[i].pools[k])
					.addrs;
}

bool pool_lend(const struct pool_addrs *pool, struct conn_conf *conn)
{
	bool is_other = false;

	for (size_t i = 0; i < conn->n_pools; i++) {
		struct range *has = &conn->pool_addrs[i];

		if (strcmp(conn->pools[i], pool->name) != 0 ||
		    (addr_equal(&has->min, &pool->addrs.min) &&
		     addr_equal(&has->max, &pool->addrs.max)))
			continue;
		*has = pool->addrs;
		is_other = true;
	}
	return is_other;
}
