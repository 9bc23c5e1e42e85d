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
