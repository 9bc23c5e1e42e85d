// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/classify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/sadb/cut.h"
#include "ctrl/sadb/walk.h"

/* Lists so short are not cut any more. */
#define LEAF_GOOD 4U
/* Slots and references of one tree for each policy, and for a small list. */
#define SHARE	  64U
#define SHARE_MIN 65536U

#define LEAF_HASH_BITS 16
#define NO_LEAF	       UINT32_MAX

struct buffer {
	void *at;
	size_t n, room;
};

struct build {
	struct piece *pieces; /* of the tree that is being built */
	size_t n;
	struct buffer slots;  /* struct spd_slot */
	struct buffer leaves; /* struct leaf, of several policies */
	struct buffer refs;   /* uint32_t, the leaves' places in the list */
	struct cut_room *room;
	size_t limit;			     /* of slots and references */
	uint32_t same[1U << LEAF_HASH_BITS]; /* leaves by their hash */
};

struct leaf {
	size_t first; /* of its references */
	size_t n;
	uint32_t next; /* of the same hash */
};

/* A set of pieces in a part of the space. */
struct part {
	const uint32_t *set; /* upwards */
	size_t n;
	struct box view; /* where the borders of pieces are */
	struct box real; /* where a packet may come from that comes here */
	uint32_t depth;
};

/* Room for n more, which are set to 0; NULL: no memory. */
static void *grow(struct buffer *b, size_t n, size_t bytes)
{
	uint8_t *at;

	if (b->n + n > b->room) {
		size_t room = 2 * b->room + n + 64;

		at = realloc(b->at, room * bytes);
		if (!at)
			return NULL;
		b->at = at;
		b->room = room;
	}
	at = (uint8_t *)b->at + b->n * bytes;
	memset(at, 0, n * bytes);
	b->n += n;
	return at;
}

/* --- leaves --- */

static uint32_t hash_part(const struct build *b, const struct part *p)
{
	uint32_t hash = (uint32_t)p->n;

	for (size_t i = 0; i < p->n; i++)
		hash = (hash ^ b->pieces[p->set[i]].place) * 2654435761U;
	return hash >> (32 - LEAF_HASH_BITS);
}

static bool is_leaf_of(const struct build *b, const struct leaf *leaf,
		       const struct part *p)
{
	const uint32_t *refs = (const uint32_t *)b->refs.at + leaf->first;

	if (leaf->n != p->n)
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (refs[i] != b->pieces[p->set[i]].place)
			return false;
	return true;
}

/* One with the same policies; NO_LEAF: there is none. */
static uint32_t find_leaf(const struct build *b, const struct part *p,
			  uint32_t hash)
{
	const struct leaf *leaves = b->leaves.at;
	uint32_t i = b->same[hash];

	while (i != NO_LEAF && !is_leaf_of(b, &leaves[i], p))
		i = leaves[i].next;
	return i;
}

static int new_leaf(struct build *b, const struct part *p, uint32_t hash)
{
	struct leaf *leaf = grow(&b->leaves, 1, sizeof(*leaf));
	uint32_t *refs = grow(&b->refs, p->n, sizeof(*refs));

	if (!leaf || !refs)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++)
		refs[i] = b->pieces[p->set[i]].place;
	*leaf = (struct leaf){ b->refs.n - p->n, p->n, b->same[hash] };
	b->same[hash] = (uint32_t)b->leaves.n - 1;
	return 0;
}

/* Its base counts leaves, of one policy alone places; see placed(). */
static int make_leaf(struct build *b, const struct part *p, struct spd_slot *out)
{
	uint32_t hash = hash_part(b, p);

	if (p->n > SPD_LEAF_MAX)
		return -EOVERFLOW;
	*out = (struct spd_slot){ .word = SPD_LEAF, .n = (uint16_t)p->n };
	if (p->n == 1)
		out->base = b->pieces[p->set[0]].place;
	if (p->n <= 1)
		return 0;
	out->base = find_leaf(b, p, hash);
	if (out->base != NO_LEAF)
		return 0;
	out->base = (uint32_t)b->leaves.n;
	return new_leaf(b, p, hash);
}

/* --- cuts --- */

static int build_part(struct build *b, struct part p, struct spd_slot *out);

/* The pieces of the children, one child after the other; where each ends. */
struct sorted {
	size_t *ends;
	uint32_t *set;
};

static void sorted_free(struct sorted *s)
{
	free(s->ends);
	free(s->set);
}

static int sort_children(const struct build *b, const struct part *p,
			 const struct cut *c, struct sorted *out)
{
	size_t children = (size_t)1 << c->bits, sum = 0;
	uint32_t first, last;

	out->ends = calloc(children + 1, sizeof(*out->ends));
	if (!out->ends)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		cut_span(c, &b->pieces[p->set[i]].box, &p->view, &first, &last);
		for (uint32_t k = first; k <= last; k++)
			out->ends[k + 1]++;
	}
	for (size_t k = 0; k <= children; k++)
		out->ends[k] = sum += out->ends[k];
	out->set = calloc(sum ? sum : 1, sizeof(*out->set));
	if (!out->set)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		cut_span(c, &b->pieces[p->set[i]].box, &p->view, &first, &last);
		for (uint32_t k = first; k <= last; k++)
			out->set[out->ends[k]++] = p->set[i];
	}
	return 0;
}

static struct part child_part(const struct part *p, const struct cut *c,
			      const struct sorted *s, uint32_t k)
{
	size_t from = k ? s->ends[k - 1] : 0;
	struct part child = *p;

	child.set = s->set + from;
	child.n = s->ends[k] - from;
	child.depth++;
	cut_child(c, k, &child.view);
	if (cut_is_exact(c, &p->view, &p->real))
		cut_child(c, k, &child.real);
	return child;
}

static int build_cut(struct build *b, const struct part *p, const struct cut *c,
		     struct spd_slot *out)
{
	size_t base = b->slots.n, children = (size_t)1 << c->bits;
	struct sorted s = { NULL, NULL };
	int err = 0;

	if (!grow(&b->slots, children, sizeof(struct spd_slot)))
		return -ENOMEM;
	err = sort_children(b, p, c, &s);
	for (uint32_t k = 0; !err && k < children; k++) {
		struct spd_slot slot;

		err = build_part(b, child_part(p, c, &s, k), &slot);
		if (!err)
			((struct spd_slot *)b->slots.at)[base + k] = slot;
	}
	sorted_free(&s);
	*out = cut_slot(c, (uint32_t)base);
	return err;
}

/* What comes after one that takes every packet is never asked. */
static void leave_out_covered(const struct build *b, struct part *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct piece *piece = &b->pieces[p->set[i]];

		if (!piece->hides && box_covers(&piece->box, &p->real)) {
			p->n = i + 1;
			return;
		}
	}
}

static int build_part(struct build *b, struct part p, struct spd_slot *out)
{
	bool may_cut =
		p.depth < SPD_DEPTH_MAX && b->slots.n + b->refs.n < b->limit;
	struct cut c;

	leave_out_covered(b, &p);
	if (p.n <= LEAF_GOOD || !may_cut ||
	    !cut_choose(b->pieces, p.set, p.n, &p.view, b->room, &c))
		return make_leaf(b, &p, out);
	return build_cut(b, &p, &c, out);
}

/* --- the trees --- */

static unsigned __int128 number_of(const struct addr *a)
{
	return (unsigned __int128)spd_word(a->octets) << 64 |
	       spd_word(a->octets + 8);
}

/* The part of the space that has a root of its own. */
struct domain {
	bool is_v4, has_ports;
	enum dp_dir dir;
};

static bool is_v4(const struct policy *p)
{
	return addr_is_v4(&p->selector.local_min);
}

/* What shows no ports can only be hidden from a policy that asks for some, but for
 * one that asks for just that. */
static bool is_of(const struct policy *p, const struct domain *d)
{
	bool opaque = selector_is_opaque(&p->selector);

	if (is_v4(p) != d->is_v4 || !(p->dirs >> d->dir & 1))
		return false;
	if (d->has_ports)
		return !opaque;
	return opaque || p->action == SPD_PROTECT ||
	       !selector_has_ports(&p->selector);
}

static struct piece piece_of(const struct policy *p, const struct domain *d,
			     size_t place)
{
	const struct sadb_selector *s = &p->selector;
	bool any = s->protocol == PROTO_ANY;
	struct piece piece = {
		.place = (uint32_t)place,
		.hides = !d->has_ports && selector_has_ports(s) &&
			 !selector_is_opaque(s),
		.box.min = { number_of(&s->local_min), number_of(&s->remote_min),
			     s->local_port_min, s->remote_port_min,
			     any ? 0 : s->protocol, p->tunnel[d->dir] },
		.box.max = { number_of(&s->local_max), number_of(&s->remote_max),
			     s->local_port_max, s->remote_port_max,
			     any ? UINT8_MAX : s->protocol, p->tunnel[d->dir] },
	};

	if (!d->has_ports) {
		piece.box.min[DIM_LOCAL_PORT] = 0;
		piece.box.min[DIM_REMOTE_PORT] = 0;
		piece.box.max[DIM_LOCAL_PORT] = UINT16_MAX;
		piece.box.max[DIM_REMOTE_PORT] = UINT16_MAX;
	}
	return piece;
}

/* How many bits tell the tunnels apart. */
static uint32_t tunnel_bits(const struct build *b)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < b->n; i++)
		while (b->pieces[i].box.max[DIM_TUNNEL] >> bits)
			bits++;
	return bits;
}

/* Packets of tunnels that no policy names match none, wherever they come to. */
static struct box space_of(const struct domain *d, uint32_t bits)
{
	const struct addr none = addr_from_v4(0), all = addr_from_v4(~0U);
	struct box space = {
		.max = { ~(unsigned __int128)0, ~(unsigned __int128)0,
			 UINT16_MAX, UINT16_MAX, UINT8_MAX, (1U << bits) - 1 },
	};

	if (!d->is_v4)
		return space;
	space.min[DIM_LOCAL] = space.min[DIM_REMOTE] = number_of(&none);
	space.max[DIM_LOCAL] = space.max[DIM_REMOTE] = number_of(&all);
	return space;
}

/* The tunnel first, where there are some: no other packet pays for them, and what
 * covers all of one's packets covers what comes after. */
static int build_root(struct build *b, const struct domain *d,
		      struct spd_slot *root)
{
	const uint32_t bits = tunnel_bits(b);
	const struct cut by_tunnel = { .dim = DIM_TUNNEL, .bits = bits };
	struct part all = {
		.n = b->n,
		.view = space_of(d, bits),
		.real = space_of(d, bits),
	};
	uint32_t *set = calloc(b->n ? b->n : 1, sizeof(*set));
	int err;

	if (!set)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->n; i++)
		set[i] = i;
	all.set = set;
	b->limit = b->slots.n + b->refs.n + SHARE_MIN + SHARE * b->n;
	err = bits ? build_cut(b, &all, &by_tunnel, root)
		   : build_part(b, all, root);
	free(set);
	return err;
}

/* Would both have the same tree? */
static bool same_tree(const struct policy *list, size_t n,
		      const struct domain *a, const struct domain *b)
{
	if (a->is_v4 != b->is_v4)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (is_of(&list[i], a) != is_of(&list[i], b))
			return false;
		if (is_of(&list[i], a) &&
		    list[i].tunnel[a->dir] != list[i].tunnel[b->dir])
			return false;
		if (a->has_ports != b->has_ports && is_of(&list[i], a) &&
		    selector_has_ports(&list[i].selector))
			return false;
	}
	return true;
}

static struct domain domain_of(uint32_t root)
{
	return (struct domain){
		.is_v4 = !(root & spd_root(false, true, 0)),
		.has_ports = !(root & spd_root(true, false, 0)),
		.dir = root & 1 ? DIR_IN : DIR_OUT,
	};
}

static int build_roots(struct build *b, const struct policy *list, size_t n,
		       struct spd_slot root[SPD_ROOTS])
{
	int err = 0;

	for (uint32_t i = 0; !err && i < SPD_ROOTS; i++) {
		const struct domain d = domain_of(i);
		uint32_t same = 0;

		while (same < i) {
			const struct domain other = domain_of(same);

			if (same_tree(list, n, &d, &other))
				break;
			same++;
		}
		root[i] = root[same];
		if (same < i)
			continue;
		b->n = 0;
		for (size_t k = 0; k < n; k++)
			if (is_of(&list[k], &d))
				b->pieces[b->n++] = piece_of(&list[k], &d, k);
		err = build_root(b, &d, &root[i]);
	}
	return err;
}

/* --- the image --- */

static struct spd_entry entry_of(const struct policy *p, size_t place)
{
	const struct sadb_selector *s = &p->selector;
	uint8_t flags = p->dirs & SPD_BOTH;

	if (p->on_demand || p->pfp) /* no SA of it is known to BPF */
		flags |= SPD_ON_DEMAND;
	if (p->pfp)
		flags |= SPD_POPULATED;
	if (selector_has_ports(s))
		flags |= SPD_PORTS;
	if (selector_is_opaque(s))
		flags |= SPD_NO_PORTS;
	return (struct spd_entry){
		.min = { spd_word(s->local_min.octets),
			 spd_word(s->local_min.octets + 8),
			 spd_word(s->remote_min.octets),
			 spd_word(s->remote_min.octets + 8) },
		.max = { spd_word(s->local_max.octets),
			 spd_word(s->local_max.octets + 8),
			 spd_word(s->remote_max.octets),
			 spd_word(s->remote_max.octets + 8) },
		.port_min = { s->local_port_min, s->remote_port_min },
		.port_max = { s->local_port_max, s->remote_port_max },
		.id = p->id,
		.place = (uint32_t)place,
		.protocol = s->protocol,
		.action = (uint8_t)p->action,
		.flags = flags,
		.tunnel = { p->tunnel[DIR_OUT], p->tunnel[DIR_IN] },
	};
}

/* Where the parts of an image begin, in blocks. */
struct layout {
	uint32_t slots, leaves, refs, entries, end;
};

static size_t in_blocks(size_t n, size_t of_a_block)
{
	return (n + of_a_block - 1) / of_a_block;
}

/* Of leaves with more policies than a block has room for. */
static size_t count_spilled(const struct build *b)
{
	const struct leaf *leaves = b->leaves.at;
	size_t n = 0;

	for (size_t i = 0; i < b->leaves.n; i++)
		if (leaves[i].n > SPD_LEAF_MORE + 1)
			n += leaves[i].n - 1;
	return n;
}

static struct layout layout_of(const struct build *b, size_t n)
{
	size_t slots = in_blocks(b->slots.n, SPD_BLOCK_SLOTS);
	size_t refs = in_blocks(count_spilled(b), SPD_BLOCK_REFS);
	struct layout at = { .slots = 1 };

	at.leaves = at.slots + (uint32_t)slots;
	at.refs = at.leaves + (uint32_t)b->leaves.n;
	at.entries = at.refs + (uint32_t)refs;
	at.end = at.entries + (uint32_t)n;
	return at;
}

/* Numbers within a part become such within the image. */
static struct spd_slot placed(struct spd_slot s, const struct layout *at)
{
	if (s.word != SPD_LEAF)
		s.base += at->slots * SPD_BLOCK_SLOTS;
	else if (s.n > 1)
		s.base += at->leaves;
	else if (s.n == 1)
		s.base += at->entries;
	return s;
}

/* next: the first reference that is free, counted from the list's start. */
static void lay_leaf(const struct leaf *leaf, const uint32_t *refs,
		     const struct layout *at, struct spd_block *block,
		     uint32_t index, uint32_t *next)
{
	struct spd_leaf *out = &block[at->leaves + index].leaf;
	bool fits = leaf->n <= SPD_LEAF_MORE + 1;

	out->first = block[at->entries + refs[leaf->first]].leaf.first;
	if (!fits)
		out->more[0] = *next;
	for (size_t i = 1; i < leaf->n; i++) {
		uint32_t entry = at->entries + refs[leaf->first + i];

		if (fits) {
			out->more[i - 1] = entry;
			continue;
		}
		block[*next / SPD_BLOCK_REFS].ref[*next % SPD_BLOCK_REFS] =
			entry;
		++*next;
	}
}

static int lay_out(const struct build *b, const struct policy *list, size_t n,
		   const struct spd_head *head, struct spd_image *out)
{
	const struct layout at = layout_of(b, n);
	const struct spd_slot *slots = b->slots.at;
	const struct leaf *leaves = b->leaves.at;
	struct spd_block *block = calloc(at.end, sizeof(*block));
	uint32_t next = at.refs * SPD_BLOCK_REFS;

	if (!block)
		return -ENOMEM;
	block[0].head = *head;
	for (uint32_t i = 0; i < SPD_ROOTS; i++)
		block[0].head.root[i] = placed(head->root[i], &at);
	for (size_t i = 0; i < b->slots.n; i++)
		block[at.slots + i / SPD_BLOCK_SLOTS].slot[i % SPD_BLOCK_SLOTS] =
			placed(slots[i], &at);
	for (size_t i = 0; i < n; i++)
		block[at.entries + i].leaf.first = entry_of(&list[i], i);
	for (uint32_t i = 0; i < b->leaves.n; i++)
		lay_leaf(&leaves[i], b->refs.at, &at, block, i, &next);
	*out = (struct spd_image){ block, at.end };
	return 0;
}

static bool is_sound(const struct policy *p)
{
	const struct sadb_selector *s = &p->selector;
	bool v4 = is_v4(p);

	return p->id < SPD_MAX && p->tunnel[DIR_OUT] <= TUNNELS_MAX &&
	       p->tunnel[DIR_IN] <= TUNNELS_MAX &&
	       addr_is_v4(&s->local_max) == v4 &&
	       addr_is_v4(&s->remote_min) == v4 &&
	       addr_is_v4(&s->remote_max) == v4 &&
	       number_of(&s->local_min) <= number_of(&s->local_max) &&
	       number_of(&s->remote_min) <= number_of(&s->remote_max) &&
	       selector_ports_sound(s);
}

/* Of either direction at least, and not of a tunnel interface's alone. */
static bool concerns_all(const struct policy *p)
{
	return (p->dirs & SPD_OUT && !p->tunnel[DIR_OUT]) ||
	       (p->dirs & SPD_IN && !p->tunnel[DIR_IN]);
}

static struct build *build_new(size_t n)
{
	struct build *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	memset(b->same, 0xff, sizeof(b->same));
	b->pieces = calloc(n + 1, sizeof(*b->pieces));
	b->room = calloc(1, sizeof(*b->room));
	return b;
}

static void build_free(struct build *b)
{
	if (!b)
		return;
	free(b->pieces);
	free(b->room);
	free(b->slots.at);
	free(b->leaves.at);
	free(b->refs.at);
	free(b);
}

int classify_compile(const struct policy *list, size_t n, uint32_t gen,
		     struct spd_image *out)
{
	struct spd_head head = { .gen = gen, .count = (uint32_t)n };
	struct build *b;
	int err = -ENOMEM;

	if (n > SPD_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n; i++) {
		if (!is_sound(&list[i]))
			return -EINVAL;
		head.restricts +=
			list[i].action != SPD_BYPASS && concerns_all(&list[i]);
	}
	b = build_new(n);
	if (b && b->pieces && b->room)
		err = build_roots(b, list, n, head.root);
	if (!err)
		err = lay_out(b, list, n, &head, out);
	build_free(b);
	return err;
}

void image_free(struct spd_image *image)
{
	free(image->block);
	*image = (struct spd_image){ NULL, 0 };
}
