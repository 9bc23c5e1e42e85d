// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/cut.h"

#include <string.h>

#include "ctrl/sadb/walk.h"

#define WORD_BITS 64U
#define COPIES	  3U /* of each piece, on the average of a cut's children */

/* What is in a key's words; see spd_key_of(). */
static const struct {
	uint8_t word;  /* of its highest bits */
	uint8_t shift; /* of its lowest bit in its last word */
} dims[DIM_MAX] = {
	[DIM_LOCAL] = { 0, 0 },
	[DIM_REMOTE] = { 2, 0 },
	[DIM_LOCAL_PORT] = { SPD_WORD_PORTS, SPD_LOCAL_SHIFT },
	[DIM_REMOTE_PORT] = { SPD_WORD_PORTS, SPD_REMOTE_SHIFT },
	[DIM_PROTOCOL] = { SPD_WORD_PORTS, 0 },
	[DIM_TUNNEL] = { SPD_WORD_PORTS, SPD_TUNNEL_SHIFT },
};

static bool is_address(enum dim dim)
{
	return dim == DIM_LOCAL || dim == DIM_REMOTE;
}

static bool covers_in(const struct box *outer, const struct box *inner,
		      enum dim dim)
{
	return outer->min[dim] <= inner->min[dim] &&
	       outer->max[dim] >= inner->max[dim];
}

bool box_covers(const struct box *outer, const struct box *inner)
{
	for (enum dim d = 0; d < DIM_MAX; d++)
		if (!covers_in(outer, inner, d))
			return false;
	return true;
}

static uint32_t bit_length(unsigned __int128 n)
{
	uint64_t hi = (uint64_t)(n >> 64), lo = (uint64_t)n;

	if (hi)
		return 128 - (uint32_t)__builtin_clzll(hi);
	return lo ? 64 - (uint32_t)__builtin_clzll(lo) : 0;
}

/* Where the borders of those that don't fill the view are: bits that they all
 * have in common tell nothing. 0: none. */
static uint32_t first_bits(const struct piece *pieces, const uint32_t *set,
			   size_t n, const struct box *view, struct cut *c)
{
	unsigned __int128 min = view->max[c->dim], max = view->min[c->dim];
	bool any = false;
	uint32_t bits;

	for (size_t i = 0; i < n; i++) {
		const struct box *b = &pieces[set[i]].box;

		if (covers_in(b, view, c->dim))
			continue;
		any = true;
		if (b->min[c->dim] < min)
			min = b->min[c->dim];
		if (b->max[c->dim] > max)
			max = b->max[c->dim];
	}
	if (!any)
		return 0;
	if (min < view->min[c->dim])
		min = view->min[c->dim];
	if (max > view->max[c->dim])
		max = view->max[c->dim];
	bits = bit_length(min ^ max);
	if (bits < 128)
		c->above = min >> bits << bits;
	return bits;
}

static uint32_t child_of(const struct cut *c, unsigned __int128 value)
{
	return (uint32_t)(value >> c->shift) & ((1U << c->bits) - 1);
}

void cut_span(const struct cut *c, const struct box *piece,
	      const struct box *view, uint32_t *first, uint32_t *last)
{
	*first = 0;
	*last = (1U << c->bits) - 1;
	if (covers_in(piece, view, c->dim))
		return;
	if (piece->min[c->dim] > c->above)
		*first = child_of(c, piece->min[c->dim]);
	if (piece->max[c->dim] < view->max[c->dim])
		*last = child_of(c, piece->max[c->dim]);
}

bool cut_is_exact(const struct cut *c, const struct box *view,
		  const struct box *real)
{
	unsigned __int128 whole = view->min[c->dim] ^ view->max[c->dim];

	return bit_length(whole) == c->shift + c->bits &&
	       real->min[c->dim] == view->min[c->dim] &&
	       real->max[c->dim] == view->max[c->dim];
}

void cut_child(const struct cut *c, uint32_t child, struct box *view)
{
	view->min[c->dim] = c->above | (unsigned __int128)child << c->shift;
	view->max[c->dim] =
		view->min[c->dim] + (((unsigned __int128)1 << c->shift) - 1);
}

struct spd_slot cut_slot(const struct cut *c, uint32_t base)
{
	bool high = is_address(c->dim) && c->shift >= WORD_BITS;
	uint32_t shift = dims[c->dim].shift + c->shift % WORD_BITS;
	uint32_t word = dims[c->dim].word;

	if (is_address(c->dim) && !high)
		word++;
	return (struct spd_slot){
		.base = base,
		.n = (uint16_t)c->bits,
		.word = (uint8_t)word,
		.shift = (uint8_t)shift,
	};
}

/* How long the list is that a piece stands in, on the average; 0: the copies are
 * too many. */
static double list_length(const struct piece *pieces, const uint32_t *set,
			  size_t n, const struct box *view,
			  struct cut_room *room, const struct cut *c)
{
	uint32_t first, last, now = 0;
	double sum = 0, squares = 0;

	memset(room->count, 0, ((1U << c->bits) + 1) * sizeof(room->count[0]));
	for (size_t i = 0; i < n; i++) {
		cut_span(c, &pieces[set[i]].box, view, &first, &last);
		room->count[first]++;
		room->count[last + 1]--;
		sum += last - first + 1;
		if (sum > (double)(COPIES * n))
			return 0;
	}
	for (uint32_t i = 0; i < 1U << c->bits; i++) {
		now += room->count[i];
		squares += (double)now * now;
	}
	return squares / sum;
}

/* The most bits that are worth it for so many, and stand in one word. */
static uint32_t bits_max(uint32_t bits, size_t n)
{
	uint32_t most = bit_length(n);

	if (bits > WORD_BITS && bits - WORD_BITS < most)
		most = bits - WORD_BITS;
	if (bits < most)
		most = bits;
	return most < CUT_BITS_MAX ? most : CUT_BITS_MAX;
}

bool cut_choose(const struct piece *pieces, const uint32_t *set, size_t n,
		const struct box *view, struct cut_room *room, struct cut *out)
{
	double best = (double)n;

	for (enum dim d = 0; d < DIM_MAX; d++) {
		struct cut c = { .dim = d };
		uint32_t bits = first_bits(pieces, set, n, view, &c);
		double length = 0;

		for (c.bits = bits_max(bits, n); c.bits; c.bits--) {
			c.shift = bits - c.bits;
			length = list_length(pieces, set, n, view, room, &c);
			if (length > 0)
				break;
		}
		if (!c.bits || length >= best)
			continue;
		best = length;
		*out = c;
	}
	return best < (double)n;
}
