/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a set of policies is best cut in pieces: the arithmetic of the compiler
 * in classify.c. A policy is a box in six dimensions; a cut takes some bits of
 * one of them, and each of their values is a child, with the policies that
 * reach into it. Plain values, no ownership but a counter's; control thread.
 */
#ifndef CYG_SADB_CUT_H
#define CYG_SADB_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/spd.h"

enum dim {
	DIM_LOCAL,
	DIM_REMOTE,
	DIM_LOCAL_PORT,
	DIM_REMOTE_PORT,
	DIM_PROTOCOL,
	DIM_TUNNEL,
	DIM_MAX
};

/* Both ends in. */
struct box {
	unsigned __int128 min[DIM_MAX], max[DIM_MAX];
};

struct piece {
	struct box box;
	uint32_t place; /* in the list */
	bool hides;	/* what is in its box may yet not match it */
};

#define CUT_BITS_MAX 18U

struct cut {
	enum dim dim;
	uint32_t shift, bits;
	unsigned __int128 above; /* the bits above those, with zeros behind */
};

/* Room to count in; one for a whole compilation. */
struct cut_room {
	uint32_t count[(1U << CUT_BITS_MAX) + 1];
};

/*
 * The cut that leaves the shortest lists without too many copies.
 *
 * set    of the pieces those that are to be cut
 * view   an aligned block in each dimension, where their borders are
 *
 * false: no cut parts them.
 */
bool cut_choose(const struct piece *pieces, const uint32_t *set, size_t n,
		const struct box *view, struct cut_room *room, struct cut *out);

/* The children that a piece reaches into, from the first to the last one. */
void cut_span(const struct cut *c, const struct box *piece,
	      const struct box *view, uint32_t *first, uint32_t *last);

/* The block of one of its children in the cut's dimension. */
void cut_child(const struct cut *c, uint32_t child, struct box *view);

/* Do all packets of the part (see classify.c) come to the child that has the
 * bits of their key, and no others? Not where the cut passes bits over. */
bool cut_is_exact(const struct cut *c, const struct box *view,
		  const struct box *real);

bool box_covers(const struct box *outer, const struct box *inner);

/* The cut as a slot has it, for children from base on. */
struct spd_slot cut_slot(const struct cut *c, uint32_t base);

#endif
