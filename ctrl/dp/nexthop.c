// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/nexthop.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LINK_ROOM 1024U
#define NH_SHIFT  24 /* leaves the bits of NH_SETS */
_Static_assert(NH_SETS == 1U << (32 - NH_SHIFT), "one set for each hash");

int nexthop_link_init(struct nexthop_link *link)
{
	int err;

	memset(link, 0, sizeof(*link));
	fib_init(&link->fib);
	link->query_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	link->answer_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	err = link->query_fd < 0 || link->answer_fd < 0 ? -errno : 0;
	if (!err)
		err = spsc_init(&link->queries, LINK_ROOM,
				sizeof(struct nexthop_query));
	if (!err)
		err = spsc_init(&link->answers, LINK_ROOM,
				sizeof(struct nexthop));
	if (err)
		nexthop_link_fini(link);
	return err;
}

void nexthop_link_fini(struct nexthop_link *link)
{
	spsc_free(&link->queries);
	spsc_free(&link->answers);
	if (link->query_fd > 0)
		close(link->query_fd);
	if (link->answer_fd > 0)
		close(link->answer_fd);
	link->query_fd = link->answer_fd = -1;
}

void nexthop_cache_init(struct nexthop_cache *c, struct nexthop_link *link)
{
	memset(c, 0, sizeof(*c));
	c->link = link;
	c->last = c->set[0];
}

/*
 * Of the products the high bits, which depend on every bit of the address: the
 * hosts of a network lie in all sets alike.
 */
static struct nexthop *set_of(struct nexthop_cache *c, const struct addr *dst)
{
	return c->set[addr_hash(dst) >> NH_SHIFT];
}

static bool is_of(const struct nexthop *nh, const struct addr *dst,
		  const struct addr *src)
{
	return nh->gen && addr_equal(&nh->dst, dst) && addr_equal(&nh->src, src);
}

static struct nexthop *find(struct nexthop_cache *c, const struct addr *dst,
			    const struct addr *src)
{
	struct nexthop *set;

	if (is_of(c->last, dst, src))
		return c->last;
	set = set_of(c, dst);
	for (uint32_t i = 0; i < NH_WAYS; i++)
		if (is_of(&set[i], dst, src))
			return c->last = &set[i];
	return NULL;
}

/* Nothing has changed since that concerns it. */
static bool holds(const struct nexthop_cache *c, const struct nexthop *nh,
		  uint32_t gen)
{
	return nh->gen == gen ||
	       fib_holds(&c->link->fib, &nh->dst, nh->gen, gen);
}

/* Packets wait for its answer, which would be lost with it. */
static bool is_awaited(const struct nexthop_cache *c, const struct nexthop *nh,
		       uint32_t gen, uint64_t now_ns)
{
	return nh->kind == NH_PENDING && holds(c, nh, gen) &&
	       now_ns < nh->expires_ns;
}

/*
 * An entry for dst: an empty one, or the set's next victim: one that is
 * awaited only when all are, and then always the same, for the others to be
 * answered.
 */
static struct nexthop *claim(struct nexthop_cache *c, const struct addr *dst,
			     uint32_t gen, uint64_t now_ns)
{
	struct nexthop *set = set_of(c, dst);
	uint8_t *victim = &c->victim[(size_t)(set - c->set[0]) / NH_WAYS];

	for (uint32_t i = 0; i < NH_WAYS; i++)
		if (!set[i].gen)
			return &set[i];
	for (uint32_t i = 0; i < NH_WAYS; i++) {
		*victim = (uint8_t)((*victim + 1) % NH_WAYS);
		if (!is_awaited(c, &set[*victim], gen, now_ns))
			break;
	}
	return &set[*victim];
}

static void ask(struct nexthop_link *link, const struct nexthop *nh)
{
	const struct nexthop_query query = { .dst = nh->dst,
					     .src = nh->src,
					     .gen = nh->gen };
	const uint64_t one = 1;

	/* A full queue is asked again when the entry expires. */
	if (spsc_push(&link->queries, &query) &&
	    write(link->query_fd, &one, sizeof(one)) < 0)
		return; /* the counter is at its top: the resolver is awake */
}

/* What is pending keeps its question's generation: it is its answer's too. */
static bool fresh(const struct nexthop_cache *c, struct nexthop *nh,
		  uint32_t gen, uint64_t now_ns)
{
	if (!holds(c, nh, gen))
		return false;
	if (nh->kind != NH_PENDING)
		nh->gen = gen;
	return nh->kind == NH_HOST || now_ns < nh->expires_ns;
}

/* It holds, and is asked for anew, once. */
static void renew(struct nexthop_cache *c, struct nexthop *nh, uint64_t now_ns)
{
	if (nh->kind != NH_PORT || !nh->renew_ns || now_ns < nh->renew_ns)
		return;
	nh->renew_ns = 0;
	ask(c->link, nh);
}

static const struct nexthop *lookup(struct nexthop_cache *c,
				    const struct addr *dst,
				    const struct addr *src, uint64_t now_ns)
{
	const uint32_t gen = fib_gen(&c->link->fib);
	struct nexthop *nh = find(c, dst, src);

	if (nh && fresh(c, nh, gen, now_ns)) {
		renew(c, nh, now_ns);
		return nh;
	}
	if (!nh)
		nh = claim(c, dst, gen, now_ns);
	*nh = (struct nexthop){
		.dst = *dst,
		.src = *src,
		.gen = gen,
		.kind = NH_PENDING,
		.expires_ns = now_ns + NH_RETRY_NS,
	};
	ask(c->link, nh);
	return nh;
}

static const struct addr any;

const struct nexthop *nexthop_lookup(struct nexthop_cache *c,
				     const struct addr *dst, uint64_t now_ns)
{
	return lookup(c, dst, &any, now_ns);
}

const struct nexthop *nexthop_lookup_ours(struct nexthop_cache *c,
					  const struct addr *dst,
					  const struct addr *src,
					  uint64_t now_ns)
{
	return lookup(c, dst, nexthop_by_source(c) ? src : &any, now_ns);
}

uint32_t nexthop_learn(struct nexthop_cache *c)
{
	struct nexthop answer, *nh;
	uint32_t n = 0;

	for (; spsc_pop(&c->link->answers, &answer); n++) {
		if (answer.kind == NH_PENDING) {
			nexthop_lookup_ours(c, &answer.dst, &answer.src,
					    clock_ns());
			continue;
		}
		nh = find(c, &answer.dst, &answer.src);
		/* Evicted meanwhile, or asked again because of a change. */
		if (nh && holds(c, &answer, nh->gen))
			*nh = answer;
	}
	return n;
}
