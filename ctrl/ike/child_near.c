// SPDX-License-Identifier: BSD-2-Clause
/*
 * Of a policy's CHILD SAs those whose remote selectors may meet those of one, without
 * a search over all: a connection for thousands of peers has one policy, and each peer
 * an SA for addresses of its own.
 *
 * A child stands at the smallest prefix that all of its remote selectors lie in. Two
 * prefixes are nested, or have nothing in common: whom one meets stands at a prefix
 * around its own, one for each length that there is, or within it. The last are looked
 * for among all of the policy, and there are none where all have networks of one size.
 * Where packets give values to selectors (`populate`), remote addresses need not meet:
 * those stand at the prefix of all.
 */
#include "ctrl/ike/child_near.h"

#include <string.h>

#include "ctrl/ike/child.h"

#define ADDR_OCTETS sizeof(((struct addr *)0)->octets)

/* How many bits they begin with both. */
static uint8_t common_bits(const struct addr *a, const struct addr *b)
{
	unsigned int i = 0;
	uint8_t differ;

	while (i < ADDR_OCTETS && a->octets[i] == b->octets[i])
		i++;
	if (i == ADDR_OCTETS)
		return NEAR_BITS;
	differ = a->octets[i] ^ b->octets[i];
	return (uint8_t)(8 * i + (unsigned int)__builtin_clz(differ) - 24);
}

static struct addr first_bits(const struct addr *a, unsigned int bits)
{
	struct addr net = { .octets = { 0 } };

	memcpy(net.octets, a->octets, bits / 8);
	if (bits % 8)
		net.octets[bits / 8] =
			a->octets[bits / 8] & (uint8_t)(0xff00 >> bits % 8);
	return net;
}

static uint8_t bits_of(const struct child_sa *c)
{
	const struct ts_kept *k = &c->remote_ts;
	uint8_t bits = NEAR_BITS;

	if (!k->n || c->conf->pfp)
		return 0;
	for (unsigned int i = 0; i < k->n; i++) {
		uint8_t min = common_bits(&k->at->addr_min, &k->at[i].addr_min);
		uint8_t max = common_bits(&k->at->addr_min, &k->at[i].addr_max);

		if (min < bits)
			bits = min;
		if (max < bits)
			bits = max;
	}
	return bits;
}

static const struct addr *addr_of(const struct child_sa *c)
{
	static const struct addr none;

	return c->remote_ts.n ? &c->remote_ts.at->addr_min : &none;
}

static struct child_list *bucket_of(const struct engine *e, uint32_t policy,
				    const struct addr *a, unsigned int bits)
{
	const struct addr net = first_bits(a, bits);
	const uint32_t h = (addr_hash(&net) ^ policy ^ bits << 24) * 0x9e3779b1U;

	return (struct child_list *)&e->near[h >> (32 - NEAR_BUCKET_BITS)];
}

void child_near_put(struct engine *e, struct child_sa *c)
{
	const uint32_t policy = c->conf->policy;

	if (c->of_near.le_prev)
		return;
	c->near_bits = bits_of(c);
	c->near_count = &e->near_bits[policy % BOUND_BUCKETS][c->near_bits];
	++*c->near_count;
	c->near_order = ++e->near_orders;
	LIST_INSERT_HEAD(bucket_of(e, policy, addr_of(c), c->near_bits), c,
			 of_near);
}

void child_near_take(struct child_sa *c)
{
	if (!c->of_near.le_prev || c->of_bound.le_prev || c->of_spi.le_prev)
		return;
	--*c->near_count;
	LIST_REMOVE(c, of_near);
	c->of_near.le_prev = NULL;
}

struct child_near child_near(const struct engine *e, const struct child_sa *of,
			     bool bound)
{
	return (struct child_near){
		.e = e, .of = of, .bits = bits_of(of), .bound = bound
	};
}

/* The first of those that have a prefix of that length: around its own, or of all of
 * the policy. */
static struct child_sa *first_at(const struct child_near *n, unsigned int bits)
{
	const uint32_t policy = n->of->conf->policy;

	if (bits <= n->bits)
		return LIST_FIRST(bucket_of(n->e, policy, addr_of(n->of), bits));
	return LIST_FIRST(n->bound ? &n->e->bound[policy % BOUND_BUCKETS]
				   : &n->e->by_policy[policy % BOUND_BUCKETS]);
}

/* Where it stands now. */
static struct child_sa *behind(const struct child_near *n,
			       const struct child_sa *c)
{
	if (!n->is_within)
		return LIST_NEXT(c, of_near);
	return n->bound ? LIST_NEXT(c, of_bound) : LIST_NEXT(c, of_policy);
}

/* The next length that there is; false: that was the last. */
static bool go_on(struct child_near *n)
{
	const uint32_t *counts =
		n->e->near_bits[n->of->conf->policy % BOUND_BUCKETS];

	if (n->is_within)
		return false;
	while (n->at <= NEAR_BITS && !counts[n->at])
		n->at++;
	if (n->at > NEAR_BITS)
		return false;
	n->is_within = n->at > n->bits;
	n->next = first_at(n, n->at++);
	return true;
}

static bool is_meant(const struct child_near *n, const struct child_sa *c)
{
	const bool is_there = n->bound ? c->of_bound.le_prev != NULL
				       : c->of_spi.le_prev != NULL;

	return is_there && (!n->is_within || c->near_bits > n->bits) &&
	       c->conf->policy == n->of->conf->policy;
}

struct child_sa *child_near_next(struct child_near *n)
{
	for (;;) {
		struct child_sa *c = n->next;

		if (!c && !go_on(n))
			return NULL;
		if (!c)
			continue;
		n->next = behind(n, c);
		if (is_meant(n, c))
			return c;
	}
}
