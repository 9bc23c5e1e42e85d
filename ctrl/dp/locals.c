// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/locals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/log.h"

static int by_address(const void *a, const void *b)
{
	const struct local *one = a, *other = b;

	return memcmp(one->addr.octets, other->addr.octets,
		      sizeof(one->addr.octets));
}

/* Of the same address, LOCAL_UNICAST stands first. */
static int by_address_and_kind(const void *a, const void *b)
{
	const struct local *one = a, *other = b;
	int order = by_address(a, b);

	return order ? order : (int)one->kind - (int)other->kind;
}

const struct local *local_find(const struct local_map *map, const struct addr *a)
{
	const struct local key = { .addr = *a };

	return bsearch(&key, map->at, map->n, sizeof(key), by_address);
}

/* The entries of all of them, sorted, and each address once; how many. */
static size_t list(const struct nl_addr *addrs, size_t n,
		   const struct local_map *also, struct local *out)
{
	size_t m = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		out[m++] = (struct local){ addrs[i].local, LOCAL_UNICAST };
		if (addrs[i].has_broadcast)
			out[m++] = (struct local){ addrs[i].broadcast,
						   LOCAL_BROADCAST };
	}
	for (size_t i = 0; also && i < also->n; i++)
		out[m++] = also->at[i];
	qsort(out, m, sizeof(*out), by_address_and_kind);
	for (size_t i = 0; i < m; i++)
		if (!kept || by_address(&out[kept - 1], &out[i]) != 0)
			out[kept++] = out[i];
	return kept;
}

/* Takes those of one kind, new or not; how many there was no room for. */
static size_t take(const struct local *from, size_t n, enum local_kind kind,
		   const struct local_map *was, bool is_new,
		   struct local_map *out)
{
	size_t left_out = 0;

	for (size_t i = 0; i < n; i++) {
		if (from[i].kind != kind ||
		    is_new != !local_find(was, &from[i].addr))
			continue;
		if (out->n < ADDR_MAX)
			out->at[out->n++] = from[i];
		else
			left_out++;
	}
	return left_out;
}

int local_map_of(const struct nl_addr *addrs, size_t n,
		 const struct local_map *was, bool keep, struct local_map *out,
		 size_t *left_out)
{
	struct local *all = calloc(2 * n + was->n + 1, sizeof(*all));
	size_t m;

	if (!all)
		return -ENOMEM;
	m = list(addrs, n, keep ? was : NULL, all);
	out->n = 0;
	*left_out = take(all, m, LOCAL_UNICAST, was, false, out);
	*left_out += take(all, m, LOCAL_UNICAST, was, true, out);
	*left_out += take(all, m, LOCAL_BROADCAST, was, false, out);
	*left_out += take(all, m, LOCAL_BROADCAST, was, true, out);
	qsort(out->at, out->n, sizeof(*out->at), by_address);
	free(all);
	return 0;
}

/* The gone make room for the new. */
static int enter(const struct local_map *was, const struct local_map *now,
		 struct programs *programs)
{
	const struct local *l, *old;
	int err = 0;

	for (size_t i = 0; i < was->n; i++)
		if (!local_find(now, &was->at[i].addr))
			programs_del_local(programs, &was->at[i].addr);
	for (size_t i = 0; !err && i < now->n; i++) {
		l = &now->at[i];
		old = local_find(was, &l->addr);
		if (!old || old->kind != l->kind)
			err = programs_add_local(programs, &l->addr, l->kind);
	}
	return err;
}

static void tell_full(struct locals *l, size_t left_out)
{
	if (left_out && !l->told_full)
		log_error("locals: too many addresses limit=%d left_out=%zu; packets to those left out are taken for forwarded ones, and a policy may take or drop them",
			  ADDR_MAX, left_out);
	l->told_full = left_out > 0;
}

int locals_sync(struct locals *l, struct nl *nl, struct programs *programs)
{
	struct local_map now;
	struct nl_addr *addrs;
	size_t n, left_out;
	int err = nl_addrs(nl, &addrs, &n);
	bool partial = err == -EINTR;

	if (err && !partial)
		return err;
	err = local_map_of(addrs, n, &l->map, partial, &now, &left_out);
	if (!err)
		err = enter(&l->map, &now, programs);
	if (err) {
		free(addrs);
		return err;
	}
	free(l->addrs);
	l->addrs = addrs;
	l->n = n;
	l->map = now;
	tell_full(l, left_out);
	return partial ? -EINTR : 0;
}

void locals_fini(struct locals *l)
{
	free(l->addrs);
	l->addrs = NULL;
	l->n = 0;
}

struct addr locals_in(const struct locals *l, const struct prefix *p)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->addrs[i].is_source &&
		    prefix_contains(p, &l->addrs[i].local))
			return l->addrs[i].local;
	return (struct addr){ 0 };
}
