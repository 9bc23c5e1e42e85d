// SPDX-License-Identifier: BSD-2-Clause
/*
 * Questions to an image: which policy has this flow, which ones have flows in
 * common with a selector.
 */
#include <errno.h>
#include <stdlib.h>

#include "ctrl/sadb/walk.h"

/* The first of a leaf that matches. */
static struct spd_verdict search(const struct spd_image *image,
				 const struct spd_slot *slot,
				 const struct spd_key *k, enum dp_dir dir,
				 struct spd_verdict v)
{
	const struct spd_list list = image_list(image);
	const struct spd_block *b = image_block(image, slot->base);
	bool found = !slot->n || spd_try(&b->leaf.first, k, dir, &v);

	for (uint32_t i = 1; !found && i < slot->n; i++)
		found = spd_try(spd_leaf_more(&list, &b->leaf, slot->n, i), k,
				dir, &v);
	return v;
}

struct spd_verdict classify_lookup(const struct spd_image *image,
				   const struct flow *f, enum dp_dir dir)
{
	const struct spd_verdict broken = { .matched = 1,
					    .action = SPD_DISCARD };
	const struct spd_list list = image_list(image);
	struct spd_verdict v = { 0 };
	struct spd_slot leaf;
	struct spd_key k;

	if (!image->n)
		return broken;
	v.gen = image->block[0].head.gen;
	spd_key_of(f, &k);
	if (spd_leaf_of(&list, &image->block[0].head, &k, dir, &leaf))
		return broken;
	return search(image, &leaf, &k, dir, v);
}

/* --- overlaps --- */

struct query {
	const struct spd_image *image;
	const struct sadb_selector *selector;
	enum dp_dir dir;
	uint16_t tunnel;
	struct spd_key min, max; /* its corners */
	uint64_t *found;	 /* a bit for each place */
};

static struct spd_key corner(const struct addr *local,
			     const struct addr *remote, uint16_t local_port,
			     uint16_t remote_port, uint16_t tunnel)
{
	const struct flow f = {
		.tunnel = tunnel,
		.local = *local,
		.remote = *remote,
		.local_port = local_port,
		.remote_port = remote_port,
	};
	struct spd_key k;

	spd_key_of(&f, &k);
	return k;
}

static bool addrs_meet(const struct query *q, const struct spd_entry *e,
		       uint32_t i)
{
	const __u64 *min = &q->min.word[i], *max = &q->max.word[i];
	bool starts = e->min[i] < max[0] ||
		      (e->min[i] == max[0] && e->min[i + 1] <= max[1]);
	bool ends = e->max[i] > min[0] ||
		    (e->max[i] == min[0] && e->max[i + 1] >= min[1]);

	return starts && ends;
}

static bool ports_meet(const struct spd_entry *e, uint32_t side, uint16_t min,
		       uint16_t max)
{
	if (e->port_min[side] == min && e->port_max[side] == max)
		return true; /* OPAQUE, too */
	return e->port_min[side] <= max && e->port_max[side] >= min;
}

static bool entry_meets(const struct query *q, const struct spd_entry *e)
{
	const struct sadb_selector *s = q->selector;

	return (e->flags >> q->dir & 1) && e->tunnel[q->dir] == q->tunnel &&
	       addrs_meet(q, e, 0) && addrs_meet(q, e, 2) &&
	       (e->protocol == PROTO_ANY || s->protocol == PROTO_ANY ||
		e->protocol == s->protocol) &&
	       ports_meet(e, 0, s->local_port_min, s->local_port_max) &&
	       ports_meet(e, 1, s->remote_port_min, s->remote_port_max);
}

static void visit_leaf(struct query *q, const struct spd_slot *slot)
{
	const struct spd_list list = image_list(q->image);

	const struct spd_block *b = image_block(q->image, slot->base);
	const struct spd_entry *e = &b->leaf.first;

	for (uint32_t i = 1; e && i <= slot->n; i++) {
		if (entry_meets(q, e))
			q->found[e->place / 64] |= 1ULL << e->place % 64;
		if (i < slot->n)
			e = spd_leaf_more(&list, &b->leaf, slot->n, i);
	}
}

/* Of a key's word those bits that belong to what is cut. */
static uint64_t field_mask(const struct spd_slot *s)
{
	if (s->word != SPD_WORD_PORTS)
		return UINT64_MAX;
	if (s->shift >= SPD_TUNNEL_SHIFT)
		return (uint64_t)UINT16_MAX << SPD_TUNNEL_SHIFT;
	if (s->shift >= SPD_LOCAL_SHIFT)
		return (uint64_t)UINT16_MAX << SPD_LOCAL_SHIFT;
	if (s->shift >= SPD_REMOTE_SHIFT)
		return (uint64_t)UINT16_MAX << SPD_REMOTE_SHIFT;
	return 0; /* the protocol has no range: all are visited */
}

/* Children of a cut that the selector may reach into. */
static void children_of(const struct query *q, const struct spd_slot *s,
			uint32_t *first, uint32_t *last)
{
	uint64_t mask = field_mask(s);
	uint32_t end = (1U << s->n) - 1;
	uint64_t min = q->min.word[s->word] & mask;
	uint64_t max = q->max.word[s->word] & mask;
	bool low = s->word == 1 || s->word == 3;
	bool all = !mask || ((min ^ max) >> s->shift & ~(uint64_t)end);

	if (low && q->min.word[s->word - 1] != q->max.word[s->word - 1])
		all = true;
	*first = all ? 0 : (uint32_t)(min >> s->shift) & end;
	*last = all ? end : (uint32_t)(max >> s->shift) & end;
}

static void visit(struct query *q, const struct spd_slot *s)
{
	uint32_t first, last;

	if (s->word == SPD_LEAF)
		return visit_leaf(q, s);
	children_of(q, s, &first, &last);
	for (uint32_t k = first; k <= last; k++) {
		uint32_t at = s->base + k;
		const struct spd_block *b =
			image_block(q->image, at / SPD_BLOCK_SLOTS);

		if (b)
			visit(q, &b->slot[at % SPD_BLOCK_SLOTS]);
	}
}

static size_t list_found(const uint64_t *found, size_t words, uint32_t *places,
			 size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < words; i++) {
		for (uint64_t left = found[i]; left; left &= left - 1) {
			if (n < max)
				places[n] = (uint32_t)(i * 64) +
					    (uint32_t)__builtin_ctzll(left);
			n++;
		}
	}
	return n;
}

int classify_overlaps(const struct spd_image *image, const struct policy *p,
		      enum dp_dir dir, uint32_t *places, size_t max, size_t *n)
{
	const struct sadb_selector *s = &p->selector;
	const struct spd_head *head = &image->block[0].head;
	size_t words = head->count / 64 + 1;
	bool v4 = addr_is_v4(&s->local_min);
	struct query q = {
		.image = image,
		.selector = s,
		.dir = dir,
		.tunnel = p->tunnel[dir],
		.min = corner(&s->local_min, &s->remote_min, s->local_port_min,
			      s->remote_port_min, p->tunnel[dir]),
		.max = corner(&s->local_max, &s->remote_max, s->local_port_max,
			      s->remote_port_max, p->tunnel[dir]),
		.found = calloc(words, sizeof(*q.found)),
	};

	if (!q.found)
		return -ENOMEM;
	visit(&q, &head->root[spd_root(v4, true, dir)]);
	visit(&q, &head->root[spd_root(v4, false, dir)]);
	*n = list_found(q.found, words, places, max);
	free(q.found);
	return 0;
}
