/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SPD as BPF reads it: one ordered list, first match wins (RFC 4301
 * section 4.4.1), compiled to a decision tree. The whole list is one map behind
 * an outer map, so that a packet sees the old list or the new one and never a
 * mix. Its elements are blocks of one size, and what is in a block follows from
 * the way that leads to it:
 *
 *     block 0     struct spd_head: the roots of the tree
 *     slots       a node cuts a field of the packet's key into slots, one for
 *                 each value; a slot is again a cut, or a leaf
 *     leaves      policies in the list's order: the first one in whole, the
 *                 others by the numbers of their blocks
 *     references  such numbers, where a leaf has more than a block holds
 *     entries     the policies, each a leaf with itself alone
 *
 * A packet touches few blocks: what costs time is memory that no cache has.
 *
 * include/classify.h has the walk.
 */
#ifndef CYG_INCLUDE_SPD_H
#define CYG_INCLUDE_SPD_H

#include <linux/types.h>

#include "include/limits.h"

enum spd_action {
	SPD_PROTECT,
	SPD_BYPASS,
	SPD_DISCARD,
};

/* Of an entry. A direction's flag is 1 << enum dp_dir. */
#define SPD_OUT (1U << 0)
#define SPD_IN	(1U << 1)
#define SPD_ON_DEMAND \
	(1U << 2)	    /* SPD_PROTECT without an SA: one is asked for */
#define SPD_PORTS (1U << 3) /* asks for ports, or for type and code */
#define SPD_NO_PORTS \
	(1U << 4) /* with SPD_PORTS: that there are none to be seen */
#define SPD_POPULATED \
	(1U << 5) /* its SAs take values from packets, and none is bound */

#define SPD_BOTH (SPD_OUT | SPD_IN)

/*
 * Ranges with both ends in, host order. Of the four words of the addresses the
 * first two are the local one, each the high half first; local is the
 * protected side.
 */
struct spd_entry {
	__u64 min[4], max[4];
	__u16 port_min[2], port_max[2]; /* local, remote */
	__u32 id;			/* policy id: index into `bindings` */
	__u32 place;			/* in the ordered list, from 0 */
	__u8 protocol;			/* PROTO_ANY matches all */
	__u8 action;			/* enum spd_action */
	__u8 flags;
	__u8 pad;
	__u16 tunnel[2]; /* by enum dp_dir: the one whose packets it is for */
};

#define SPD_LEAF 0xff /* in place of a word */

/*
 * A cut: the slot of a packet is base + the n bits of its key's word from shift
 * on. A leaf: n policies, in the block base.
 */
struct spd_slot {
	__u32 base; /* of a cut counted in slots, from the list's start */
	__u16 n;
	__u8 word;
	__u8 shift;
};

#define SPD_LEAF_MORE 8U /* a power of two: an index is cut to it */

/* more: of the policies behind the first one the blocks; of more than there is
 * room for, the first reference. */
struct spd_leaf {
	struct spd_entry first;
	__u32 more[SPD_LEAF_MORE];
	__u8 pad[8];
};

/* One for each family, with ports or without, out or in; see spd_root(). */
#define SPD_ROOTS 8

struct spd_head {
	__u32 gen;	 /* of this list; a frame's verdict names it */
	__u32 restricts; /* how many of its entries are not BYPASS, and not of
			    tunnel interfaces alone */
	__u32 count;	 /* entries */
	__u32 pad;
	struct spd_slot root[SPD_ROOTS];
};

/* Of a list's map: its size is its own (BPF_F_INNER_MAP), and it is filled
 * through a mapping (BPF_F_MMAPABLE). */
#define SPD_LIST_FLAGS (1U << 12 | 1U << 10)

#define SPD_BLOCK_BYTES 128
#define SPD_BLOCK_SLOTS (SPD_BLOCK_BYTES / 8)
#define SPD_BLOCK_REFS	(SPD_BLOCK_BYTES / 4)

struct spd_block {
	union {
		struct spd_head head;
		struct spd_slot slot[SPD_BLOCK_SLOTS];
		__u32 ref[SPD_BLOCK_REFS];
		struct spd_leaf leaf;
		__u64 word[SPD_BLOCK_BYTES / 8];
	};
};

#define SPD_DEPTH_MAX 24 /* cuts one below the other */

/* What the list says of a packet. */
struct spd_verdict {
	__u32 gen;	     /* of the list */
	__u32 id : 24;	     /* of the policy, where one matched */
	__u32 matched : 1;   /* 0: none, gateway.default decides */
	__u32 action : 2;    /* enum spd_action, where one matched */
	__u32 on_demand : 1; /* of the policy */
	/* It would go in the clear, but shows no ports, and by its ports might
	 * be what a PROTECT policy covers (RFC 4301 section 7). */
	__u32 hidden : 1;
	__u32 named : 1;     /* the policy has a protocol, and not any */
	__u32 tunnel : 1;    /* it was asked of a tunnel interface's packet */
	__u32 populated : 1; /* of the policy */
};

_Static_assert(sizeof(struct spd_entry) == 88, "fits a block");
_Static_assert(sizeof(struct spd_leaf) == SPD_BLOCK_BYTES, "a block");
_Static_assert(sizeof(struct spd_slot) == 8, "read in one piece");
_Static_assert(sizeof(struct spd_head) == 80, "fits a block");
_Static_assert(sizeof(struct spd_block) == SPD_BLOCK_BYTES, "map value");
_Static_assert(sizeof(struct spd_verdict) == 8, "no holes");
_Static_assert(SPD_MAX <= 1U << 24, "an id fits a verdict");

#endif
