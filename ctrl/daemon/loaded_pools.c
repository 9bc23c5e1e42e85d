// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/loaded_pools.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct pool_conf *find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_pools; i++)
		if (strcmp(c->pools[i].name, name) == 0)
			return &c->pools[i];
	return NULL;
}

static size_t count_vici(const struct config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_pools; i++)
		n += c->pools[i].from_vici;
	return n;
}

static int grow(struct config *c, size_t more, struct error *e)
{
	struct pool_conf *pools =
		realloc(c->pools, (c->n_pools + more) * sizeof(*pools));

	if (!pools)
		return error_set(e, -ENOMEM, "no memory for pools");
	c->pools = pools;
	return 0;
}

static int fail_file(const struct config *c, const char *name, struct error *e)
{
	return error_set(
		e, -EEXIST,
		"pool '%s' is of the file %.200s: change it there and reload",
		name, c->file);
}

/* But for the one of its own name. */
static int check_others(const struct config *c, const struct pool_conf *pool,
			struct error *e)
{
	for (size_t i = 0; i < c->n_pools; i++) {
		const struct pool_conf *o = &c->pools[i];

		if (strcmp(o->name, pool->name) != 0 &&
		    range_overlaps(&o->addrs, &pool->addrs))
			return error_set(
				e, -EEXIST,
				"pools '%s' and '%s' have addresses in common; each is in one pool alone",
				pool->name, o->name);
	}
	return 0;
}

static bool same_addrs(const struct pool_conf *a, const struct pool_conf *b)
{
	return addr_equal(&a->addrs.min, &b->addrs.min) &&
	       addr_equal(&a->addrs.max, &b->addrs.max);
}

static int check_use(const char *name, size_t online, struct error *e)
{
	if (!online)
		return 0;
	return error_set(
		e, -EBUSY,
		"pool '%s' has %zu addresses in use: terminate their IKE SAs first",
		name, online);
}

int loaded_put_pool(struct config *c, const struct pool_conf *pool,
		    size_t online, struct error *e)
{
	struct pool_conf *old = find(c, pool->name);
	int err;

	if (old && !old->from_vici)
		return fail_file(c, pool->name, e);
	err = check_others(c, pool, e);
	if (!err && old && !same_addrs(old, pool))
		err = check_use(pool->name, online, e);
	if (err)
		return err;
	if (old) {
		*old = *pool;
		return 0;
	}
	if (count_vici(c) == LOADED_POOLS_MAX)
		return error_set(
			e, -E2BIG,
			"%u pools came over VICI, and no more may; unload some",
			LOADED_POOLS_MAX);
	err = grow(c, 1, e);
	if (!err)
		c->pools[c->n_pools++] = *pool;
	return err;
}

int loaded_drop_pool(struct config *c, const char *name, size_t online,
		     struct error *e)
{
	struct pool_conf *pool = find(c, name);
	size_t behind;
	int err;

	if (pool && !pool->from_vici)
		return fail_file(c, name, e);
	if (!pool)
		return error_set(e, -ENOENT, "there is no pool '%s'", name);
	err = check_use(name, online, e);
	if (err)
		return err;
	behind = (size_t)(c->pools + c->n_pools - pool) - 1;
	memmove(pool, pool + 1, behind * sizeof(*pool));
	c->n_pools--;
	return 0;
}

static int keep(struct config *file, const struct pool_conf *pool,
		struct error *e)
{
	int err;

	if (find(file, pool->name))
		return error_set(
			e, -EEXIST,
			"%.200s: pool '%s' came over VICI already: unload it, or give the file's another name",
			file->file, pool->name);
	err = check_others(file, pool, e);
	if (!err)
		file->pools[file->n_pools++] = *pool;
	return err;
}

int loaded_keep_pools(const struct config *c, struct config *file,
		      struct error *e)
{
	size_t before = file->n_pools;
	int err = grow(file, count_vici(c) + 1, e);

	for (size_t i = 0; !err && i < c->n_pools; i++)
		if (c->pools[i].from_vici)
			err = keep(file, &c->pools[i], e);
	if (err)
		file->n_pools = before;
	return err;
}
