// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/slice.h"

#include <string.h>

struct builder wr_init(void *ptr, size_t room)
{
	return (struct builder){ .ptr = ptr, .room = room };
}

void wr_bytes(struct builder *b, const void *ptr, size_t len)
{
	if (b->failed || b->room - b->len < len) {
		b->failed = true;
		return;
	}
	if (len)
		memcpy(b->ptr + b->len, ptr, len);
	b->len += len;
}

/* Puts the low octets of v in network order. */
static void put_uint(uint8_t *at, uint64_t v, unsigned int bytes)
{
	for (unsigned int i = bytes; i-- > 0; v >>= 8)
		at[i] = (uint8_t)v;
}

static void wr_uint(struct builder *b, uint64_t v, unsigned int bytes)
{
	uint8_t octets[8];

	put_uint(octets, v, bytes);
	wr_bytes(b, octets, bytes);
}

void wr_u8(struct builder *b, uint8_t v)
{
	wr_uint(b, v, 1);
}

void wr_u16(struct builder *b, uint16_t v)
{
	wr_uint(b, v, 2);
}

void wr_u32(struct builder *b, uint32_t v)
{
	wr_uint(b, v, 4);
}

void wr_u64(struct builder *b, uint64_t v)
{
	wr_uint(b, v, 8);
}

struct wr_mark wr_begin(struct builder *b, uint8_t bytes)
{
	struct wr_mark mark = { .at = b->len, .bytes = bytes };

	wr_uint(b, 0, bytes);
	return mark;
}

void wr_end(struct builder *b, struct wr_mark mark)
{
	uint64_t len;

	if (b->failed)
		return;
	len = b->len - mark.at - mark.bytes;
	if (len >> (8 * mark.bytes)) {
		b->failed = true;
		return;
	}
	put_uint(b->ptr + mark.at, len, mark.bytes);
}

bool wr_ok(const struct builder *b)
{
	return !b->failed;
}
