/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzzer's input as a source of numbers and octets: 0 where it ended.
 */
#ifndef CYG_TESTS_FUZZ_INPUT_H
#define CYG_TESTS_FUZZ_INPUT_H

#include <stdint.h>
#include <stdlib.h>

#include "ctrl/base/slice.h"
#include "ctrl/dp/umem.h"

struct span {
	uint32_t n;
	uint8_t at[FRAME_BYTES];
};

static inline uint8_t take(struct slice *in)
{
	uint8_t v;

	return rd_u8(in, &v) ? v : 0;
}

static inline uint16_t take_u16(struct slice *in)
{
	uint8_t hi = take(in);

	return (uint16_t)(hi << 8 | take(in));
}

/* As many as the input says: some of its octets, the others count up. */
static inline void take_octets(struct slice *in, struct span *o, uint32_t room)
{
	uint32_t own;

	o->n = take_u16(in) % (room + 1);
	own = take(in);
	own = own < o->n ? own : o->n;
	own = own < in->len ? own : (uint32_t)in->len;
	for (uint32_t i = own; i < o->n; i++)
		o->at[i] = (uint8_t)i;
	if (!rd_bytes(in, o->at, own))
		abort();
}

/* Up to three octets, counted from the front or from the end. */
static inline void damage(struct slice *in, void *octets, uint32_t n)
{
	uint8_t *at = octets;

	for (uint32_t times = 1 + take(in) % 3; times; times--) {
		uint8_t where = take(in), how = take(in);
		uint32_t i = where & 0x7fU;

		if (i < n)
			at[where & 0x80 ? n - 1 - i : i] ^= how;
	}
}

#endif
