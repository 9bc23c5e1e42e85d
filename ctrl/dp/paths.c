// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/paths.h"

#include <stdlib.h>

/* The high bits of the hash depend on every bit of the address. */
#define BUCKET_SHIFT 20
_Static_assert(PATHS_BUCKETS == 1U << (32 - BUCKET_SHIFT), "one for each hash");

static struct path **bucket_of(struct paths *p, const struct addr *dst)
{
	return &p->bucket[addr_hash(dst) >> BUCKET_SHIFT];
}

static struct path *find(struct paths *p, const struct addr *dst,
			 const struct addr *src)
{
	struct path *at = *bucket_of(p, dst);

	while (at && !(addr_equal(&at->dst, dst) && addr_equal(&at->src, src)))
		at = at->next;
	return at;
}

/* --- by age; it is the same for all, so the oldest is the first to go */

static void take_place(struct paths *p, struct path *path)
{
	path->older = p->youngest;
	path->younger = NULL;
	if (p->youngest)
		p->youngest->younger = path;
	else
		p->oldest = path;
	p->youngest = path;
}

static void leave_place(struct paths *p, const struct path *path)
{
	if (path->older)
		path->older->younger = path->younger;
	else
		p->oldest = path->younger;
	if (path->younger)
		path->younger->older = path->older;
	else
		p->youngest = path->older;
}

static void forget(struct paths *p, struct path *path)
{
	struct path **at = bucket_of(p, &path->dst);

	while (*at != path)
		at = &(*at)->next;
	*at = path->next;
	leave_place(p, path);
	p->n--;
	free(path);
}

void paths_fini(struct paths *p)
{
	while (p->oldest)
		forget(p, p->oldest);
}

static struct path *path_new(struct paths *p, const struct addr *dst,
			     const struct addr *src)
{
	struct path **bucket = bucket_of(p, dst);
	struct path *path = malloc(sizeof(*path));

	if (!path)
		return NULL;
	if (p->n == PATHS_MAX)
		forget(p, p->oldest);
	*path = (struct path){
		.dst = *dst,
		.src = *src,
		.next = *bucket,
	};
	*bucket = path;
	p->n++;
	take_place(p, path);
	return path;
}

bool paths_learn(struct paths *p, const struct addr *dst,
		 const struct addr *src, uint32_t mtu, uint64_t now_ns)
{
	struct path *path = find(p, dst, src);

	if (path && path->mtu <= mtu)
		return false;
	if (!path)
		path = path_new(p, dst, src);
	if (!path)
		return false;
	path->mtu = mtu;
	path->until_ns = now_ns + PATHS_AGE_NS;
	leave_place(p, path);
	take_place(p, path);
	return true;
}

uint32_t paths_mtu(const struct paths *p, const struct addr *dst,
		   const struct addr *src)
{
	const struct path *at = p->bucket[addr_hash(dst) >> BUCKET_SHIFT];
	uint32_t mtu = PATH_OPEN;

	for (; at; at = at->next)
		if (addr_equal(&at->dst, dst) &&
		    (addr_is_none(src) || addr_equal(&at->src, src)) &&
		    at->mtu < mtu)
			mtu = at->mtu;
	return mtu;
}

bool paths_aged(struct paths *p, uint64_t now_ns, struct addr *dst)
{
	if (!p->oldest || now_ns < p->oldest->until_ns)
		return false;
	*dst = p->oldest->dst;
	forget(p, p->oldest);
	return true;
}
