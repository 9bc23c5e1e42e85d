/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk through a compiled policy list: the same code in the BPF programs
 * and in user space, over whatever spd_block_at() reads from.
 */
#ifndef CYG_INCLUDE_CLASSIFY_H
#define CYG_INCLUDE_CLASSIFY_H

#include <linux/types.h>

#include "include/flow.h"
#include "include/limits.h"
#include "include/proto.h"
#include "include/spd.h"

#define SPD_INLINE static inline __attribute__((always_inline))

/* What the compiler knows of a number is forgotten: it would leave out a check, or
 * check a copy of it, and the verifier of Linux 6.1 does not follow. */
#define SPD_OPAQUE(number) __asm__ volatile("" : "+r"(number))

/* A list; at() gives a block of it, or NULL where there is none. */
struct spd_list {
	const void *of;
	const struct spd_block *(*at)(const void *of, __u32 index);
};

#define SPD_WORDS	  5
#define SPD_WORD_PORTS	  4 /* of the key: tunnel, ports and protocol */
#define SPD_TUNNEL_SHIFT  48
#define SPD_LOCAL_SHIFT	  32
#define SPD_REMOTE_SHIFT  16
#define SPD_MAPPED_PREFIX 0xffffULL /* of IPv4, above its 32 bits */

/* A flow as words that are compared and cut; addresses as in an entry. */
struct spd_key {
	__u64 word[SPD_WORDS];
	__u16 port[2]; /* local, remote */
	__u16 tunnel;
	__u8 protocol;
	__u8 has_ports;
};

enum spd_match {
	SPD_MATCH_NO,
	SPD_MATCH_HIDDEN, /* but for its ports, which are not to be seen */
	SPD_MATCH_YES,
};

SPD_INLINE __u64 spd_word(const __u8 *octets)
{
	__u64 word;

	__builtin_memcpy(&word, octets, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* A flow is aligned. */
SPD_INLINE void spd_key_of(const struct flow *f, struct spd_key *k)
{
	const __u8 *at = __builtin_assume_aligned(f, 8);

	k->word[0] = spd_word(at);
	k->word[1] = spd_word(at + 8);
	k->word[2] = spd_word(at + 16);
	k->word[3] = spd_word(at + 24);
	k->word[SPD_WORD_PORTS] = (__u64)f->tunnel << SPD_TUNNEL_SHIFT |
				  (__u64)f->local_port << SPD_LOCAL_SHIFT |
				  (__u64)f->remote_port << SPD_REMOTE_SHIFT |
				  f->protocol;
	k->port[0] = f->local_port;
	k->port[1] = f->remote_port;
	k->tunnel = f->tunnel;
	k->protocol = f->protocol;
	k->has_ports = f->has_ports;
}

/* As if it went by another tunnel. */
SPD_INLINE void spd_key_tunnel(struct spd_key *k, __u16 tunnel)
{
	k->tunnel = tunnel;
	k->word[SPD_WORD_PORTS] &= (1ULL << SPD_TUNNEL_SHIFT) - 1;
	k->word[SPD_WORD_PORTS] |= (__u64)tunnel << SPD_TUNNEL_SHIFT;
}

/* Which root; dir is an enum dp_dir. */
SPD_INLINE __u32 spd_root(int is_v4, int has_ports, __u32 dir)
{
	return (is_v4 ? 0 : 4) | (has_ports ? 0 : 2) | (dir & 1);
}

SPD_INLINE int spd_key_is_v4(const struct spd_key *k)
{
	return !k->word[0] && k->word[1] >> 32 == SPD_MAPPED_PREFIX;
}

/* Words i and i + 1 are an address. */
SPD_INLINE int spd_addr_in(const struct spd_entry *e, const struct spd_key *k,
			   int i)
{
	__u64 hi = k->word[i], lo = k->word[i + 1];

	return (hi > e->min[i] || (hi == e->min[i] && lo >= e->min[i + 1])) &&
	       (hi < e->max[i] || (hi == e->max[i] && lo <= e->max[i + 1]));
}

SPD_INLINE enum spd_match spd_entry_match(const struct spd_entry *e,
					  const struct spd_key *k, __u32 dir)
{
	if (!spd_addr_in(e, k, 0) || !spd_addr_in(e, k, 2))
		return SPD_MATCH_NO;
	if (e->protocol != PROTO_ANY && e->protocol != k->protocol)
		return SPD_MATCH_NO;
	if (!(e->flags >> (dir & 1) & 1) || e->tunnel[dir & 1] != k->tunnel)
		return SPD_MATCH_NO;
	if (!(e->flags & SPD_PORTS))
		return SPD_MATCH_YES;
	if (!k->has_ports)
		return e->flags & SPD_NO_PORTS ? SPD_MATCH_YES
					       : SPD_MATCH_HIDDEN;
	if (k->port[0] < e->port_min[0] || k->port[0] > e->port_max[0] ||
	    k->port[1] < e->port_min[1] || k->port[1] > e->port_max[1])
		return SPD_MATCH_NO;
	return SPD_MATCH_YES;
}

/* Down to the leaf of a packet; 0, or -1 where the tree has a hole. */
SPD_INLINE int spd_descend(const struct spd_list *list, const struct spd_key *k,
			   struct spd_slot *slot)
{
	for (__u32 depth = 0; depth < SPD_DEPTH_MAX; depth++) {
		const struct spd_block *b;
		__u32 at, word;

		if (slot->word == SPD_LEAF)
			return 0;
		word = slot->word;
		SPD_OPAQUE(word);
		if (word >= SPD_WORDS)
			return -1;
		at = slot->base + (__u32)(k->word[word] >> (slot->shift & 63) &
					  ((1ULL << (slot->n & 31)) - 1));
		b = list->at(list->of, at / SPD_BLOCK_SLOTS);
		if (!b)
			return -1;
		*slot = b->slot[at % SPD_BLOCK_SLOTS];
	}
	return slot->word == SPD_LEAF ? 0 : -1;
}

/* The policy behind the first one of a leaf; NULL where the tree has a hole. */
SPD_INLINE const struct spd_entry *spd_leaf_more(const struct spd_list *list,
						 const struct spd_leaf *leaf,
						 __u32 n, __u32 i)
{
	const struct spd_block *b;
	__u32 at;

	if (n <= SPD_LEAF_MORE + 1) {
		at = leaf->more[(i - 1) % SPD_LEAF_MORE];
	} else {
		at = leaf->more[0] + i - 1;
		b = list->at(list->of, at / SPD_BLOCK_REFS);
		if (!b)
			return 0;
		at = b->ref[at % SPD_BLOCK_REFS];
	}
	b = list->at(list->of, at);
	return b ? &b->leaf.first : 0;
}

SPD_INLINE void spd_take(const struct spd_entry *e, struct spd_verdict *v)
{
	v->id = e->id & 0xffffffU;
	v->matched = 1;
	v->action = e->action & 3U;
	v->on_demand = e->flags & SPD_ON_DEMAND ? 1U : 0U;
	v->populated = e->flags & SPD_POPULATED ? 1U : 0U;
	v->named = e->protocol != PROTO_ANY;
	if (e->action != SPD_BYPASS)
		v->hidden = 0;
}

/* One policy of a leaf; not 0: it decides. */
SPD_INLINE int spd_try(const struct spd_entry *e, const struct spd_key *k,
		       __u32 dir, struct spd_verdict *v)
{
	enum spd_match match = spd_entry_match(e, k, dir);

	if (match == SPD_MATCH_YES)
		spd_take(e, v);
	else if (match == SPD_MATCH_HIDDEN && e->action == SPD_PROTECT)
		v->hidden = 1;
	return match == SPD_MATCH_YES;
}

/* The leaf of a flow. 0, or -1: the list cannot be read, no verdict. */
SPD_INLINE int spd_leaf_of(const struct spd_list *list,
			   const struct spd_head *head, const struct spd_key *k,
			   __u32 dir, struct spd_slot *leaf)
{
	__u32 root = spd_root(spd_key_is_v4(k), k->has_ports, dir);

	SPD_OPAQUE(root);
	*leaf = head->root[root & (SPD_ROOTS - 1)];
	return spd_descend(list, k, leaf);
}

#endif
