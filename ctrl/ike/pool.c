// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/pool.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/cp.h"

struct lease {
	struct pool *pool;
	struct addr addr;
	struct identity id;
	unsigned int n_takers;
	struct lease *next_by_id, *next_by_addr; /* of its buckets */
	struct lease *newer,
		*older; /* of those offline, by when they became so */
};

/* Buckets are as many as leases, or more: a power of two. */
struct pool {
	struct engine *e; /* NULL: it is loaded no more */
	struct pool_conf conf;
	struct lease **by_id, **by_addr;
	uint32_t n_buckets;
	uint32_t n_leases, n_online;
	uint32_t n_tried; /* of its addresses, from the first on: these have had
			     a lease */
	struct lease *oldest, *newest; /* offline */
	struct pool *next;
};

#define BUCKETS_MIN 16U

/* --- buckets */

/* FNV-1a, in which capitals count as in identity_equal(): not at all. */
static uint32_t id_hash(const struct identity *id)
{
	uint32_t h = 2166136261U ^ id->type;

	for (unsigned int i = 0; i < id->len; i++)
		h = (h ^ (uint32_t)tolower(id->octets[i])) * 16777619U;
	return h;
}

static struct lease **id_bucket(const struct pool *p, const struct identity *id)
{
	return &p->by_id[id_hash(id) & (p->n_buckets - 1)];
}

static struct lease **addr_bucket(const struct pool *p, const struct addr *a)
{
	return &p->by_addr[addr_hash(a) & (p->n_buckets - 1)];
}

static void enter_id(struct pool *p, struct lease *l)
{
	struct lease **at = id_bucket(p, &l->id);

	l->next_by_id = *at;
	*at = l;
}

static void leave_id(struct pool *p, struct lease *l)
{
	struct lease **at = id_bucket(p, &l->id);

	while (*at != l)
		at = &(*at)->next_by_id;
	*at = l->next_by_id;
}

static void enter_addr(struct pool *p, struct lease *l)
{
	struct lease **at = addr_bucket(p, &l->addr);

	l->next_by_addr = *at;
	*at = l;
}

static struct lease *by_addr(const struct pool *p, const struct addr *a)
{
	struct lease *l = *addr_bucket(p, a);

	while (l && !addr_equal(&l->addr, a))
		l = l->next_by_addr;
	return l;
}

/* All leases that were in the old buckets are in the new ones. */
static void enter_all(struct pool *p, struct lease **old, uint32_t n_old)
{
	for (uint32_t i = 0; i < n_old; i++) {
		struct lease *l, *next;

		for (l = old[i]; l; l = next) {
			next = l->next_by_addr;
			enter_addr(p, l);
			enter_id(p, l);
		}
	}
}

static bool grow(struct pool *p)
{
	uint32_t n_old = p->n_buckets, n = n_old ? 2 * n_old : BUCKETS_MIN;
	struct lease **by_id = calloc(n, sizeof(struct lease *));
	struct lease **addrs = calloc(n, sizeof(struct lease *));
	struct lease **old = p->by_addr;

	if (!by_id || !addrs) {
		free(by_id);
		free(addrs);
		return false;
	}
	free(p->by_id);
	p->by_id = by_id;
	p->by_addr = addrs;
	p->n_buckets = n;
	enter_all(p, old, n_old);
	free(old);
	return true;
}

/* --- offline ones, in the order in which they became so */

static void enter_offline(struct pool *p, struct lease *l)
{
	l->older = p->newest;
	l->newer = NULL;
	if (p->newest)
		p->newest->newer = l;
	else
		p->oldest = l;
	p->newest = l;
}

static void leave_offline(struct pool *p, struct lease *l)
{
	if (l->older)
		l->older->newer = l->newer;
	else
		p->oldest = l->newer;
	if (l->newer)
		l->newer->older = l->older;
	else
		p->newest = l->older;
}

/* --- pools */

static void tell(const struct lease *l)
{
	const struct engine *e = l->pool->e;
	struct pool_lease view = {
		.addr = l->addr,
		.id = l->id,
		.online = l->n_takers > 0,
	};

	if (!e || !e->calls.lease)
		return;
	memcpy(view.pool, l->pool->conf.name, sizeof(view.pool));
	e->calls.lease(e->calls.ctx, &view);
}

static void pool_free(struct pool *p)
{
	for (uint32_t i = 0; i < p->n_buckets; i++) {
		struct lease *l, *next;

		for (l = p->by_addr[i]; l; l = next) {
			next = l->next_by_addr;
			free(l);
		}
	}
	free(p->by_id);
	free(p->by_addr);
	free(p);
}

/* SAs may still have addresses of it: the last one that gives its back ends it. */
static void forsake(struct pool *p)
{
	p->e = NULL;
	p->next = NULL;
	if (!p->n_online)
		pool_free(p);
}

static struct pool **place_of(struct engine *e, const char *name)
{
	struct pool **at = &e->pools;

	while (*at && strcmp((*at)->conf.name, name) != 0)
		at = &(*at)->next;
	return at;
}

int engine_load_pool(struct engine *e, const struct pool_conf *conf)
{
	struct pool **at = place_of(e, conf->name), *old = *at, *p;

	if (old && addr_equal(&old->conf.addrs.min, &conf->addrs.min) &&
	    addr_equal(&old->conf.addrs.max, &conf->addrs.max)) {
		old->conf = *conf;
		return 0;
	}
	p = calloc(1, sizeof(*p));
	if (!p || !grow(p)) {
		free(p);
		return -ENOMEM;
	}
	p->e = e;
	p->conf = *conf;
	p->next = old ? old->next : NULL;
	*at = p;
	if (old)
		forsake(old);
	cp_adopt(e, p->conf.name);
	return 0;
}

bool engine_unload_pool(struct engine *e, const char *name)
{
	struct pool **at = place_of(e, name), *p = *at;

	if (!p)
		return false;
	*at = p->next;
	forsake(p);
	return true;
}

struct pool *pool_by_name(const struct engine *e, const char *name)
{
	struct pool *p = e->pools;

	while (p && strcmp(p->conf.name, name) != 0)
		p = p->next;
	return p;
}

const struct pool_conf *pool_conf_of(const struct pool *p)
{
	return &p->conf;
}

void pools_show(const struct engine *e)
{
	for (const struct pool *p = e->pools; p; p = p->next)
		for (uint32_t i = 0; i < p->n_buckets; i++)
			for (const struct lease *l = p->by_addr[i]; l;
			     l = l->next_by_addr)
				tell(l);
}

void pools_free(struct engine *e)
{
	while (e->pools)
		engine_unload_pool(e, e->pools->conf.name);
}

/* --- leases */

static struct lease *taken(struct lease *l)
{
	struct pool *p = l->pool;

	if (!l->n_takers++) {
		leave_offline(p, l);
		p->n_online++;
	}
	tell(l);
	return l;
}

/* Offline, of an address that has none yet. */
static struct lease *lease_new(struct pool *p, const struct identity *id,
			       const struct addr *a)
{
	struct lease *l;

	if (p->n_leases == p->n_buckets && !grow(p))
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->pool = p;
	l->addr = *a;
	l->id = *id;
	p->n_leases++;
	enter_addr(p, l);
	enter_id(p, l);
	enter_offline(p, l);
	return l;
}

/* Its own: the one that it wishes for, whether it has it or not, else the first
 * that it does not have. */
static struct lease *find_own(const struct pool *p, const struct identity *id,
			      const struct addr *wish)
{
	struct lease *found = NULL;

	for (struct lease *l = *id_bucket(p, id); l; l = l->next_by_id) {
		if (!identity_equal(&l->id, id))
			continue;
		if (wish && addr_equal(&l->addr, wish))
			return l;
		if (!l->n_takers && !found)
			found = l;
	}
	return found;
}

/* The next that nobody has had. */
static struct lease *find_fresh(struct pool *p, const struct identity *id)
{
	uint32_t n = range_count(&p->conf.addrs);

	while (p->n_tried < n) {
		struct addr a = range_at(&p->conf.addrs, p->n_tried);

		if (!by_addr(p, &a)) {
			struct lease *l = lease_new(p, id, &a);

			p->n_tried += l != NULL;
			return l;
		}
		p->n_tried++;
	}
	return NULL;
}

static void pass_on(struct lease *l, const struct identity *id)
{
	leave_id(l->pool, l);
	l->id = *id;
	enter_id(l->pool, l);
}

struct lease *lease_take(struct pool *p, const struct identity *id,
			 const struct addr *wish)
{
	struct lease *l = find_own(p, id, wish);

	if (!l && wish && range_has(&p->conf.addrs, wish) && !by_addr(p, wish))
		l = lease_new(p, id, wish);
	if (!l)
		l = find_fresh(p, id);
	if (!l && p->oldest) { /* from whom has been gone for longest */
		l = p->oldest;
		pass_on(l, id);
	}
	return l ? taken(l) : NULL;
}

void engine_restore_lease(struct engine *e, const struct pool_lease *lease)
{
	struct pool *p = pool_by_name(e, lease->pool);

	if (p && range_has(&p->conf.addrs, &lease->addr) &&
	    lease->id.len <= sizeof(lease->id.octets) &&
	    !by_addr(p, &lease->addr))
		lease_new(p, &lease->id, &lease->addr);
}

struct lease *lease_take_again(const struct engine *e, const char *pool,
			       const struct identity *id,
			       const struct addr *addr)
{
	struct pool *p = pool_by_name(e, pool);
	struct lease *l;

	if (!p || !range_has(&p->conf.addrs, addr))
		return NULL;
	l = by_addr(p, addr);
	if (!l)
		l = lease_new(p, id, addr);
	else if (!l->n_takers)
		pass_on(l, id);
	return l && identity_equal(&l->id, id) ? taken(l) : NULL;
}

void lease_drop(struct lease *l)
{
	struct pool *p;

	if (!l || --l->n_takers)
		return;
	p = l->pool;
	enter_offline(p, l);
	p->n_online--;
	tell(l);
	if (!p->e && !p->n_online)
		pool_free(p);
}

bool lease_is_of_none(const struct lease *l)
{
	return !l->pool->e;
}

const struct addr *lease_addr(const struct lease *l)
{
	return &l->addr;
}

const struct pool_conf *lease_pool(const struct lease *l)
{
	return &l->pool->conf;
}
