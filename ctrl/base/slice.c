// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/slice.h"

#include <string.h>

struct slice slice_of(const void *ptr, size_t len)
{
	return (struct slice){ .ptr = ptr, .len = len };
}

bool rd_slice(struct slice *s, size_t len, struct slice *out)
{
	if (s->len < len)
		return false;
	*out = slice_of(s->ptr, len);
	/* An empty slice may stand on NULL, to which nothing can be added. */
	if (len)
		s->ptr += len;
	s->len -= len;
	return true;
}

bool rd_bytes(struct slice *s, void *out, size_t len)
{
	struct slice part;

	if (!rd_slice(s, len, &part))
		return false;
	if (len)
		memcpy(out, part.ptr, len);
	return true;
}

static bool rd_uint(struct slice *s, unsigned int bytes, uint64_t *out)
{
	struct slice part;

	if (!rd_slice(s, bytes, &part))
		return false;
	*out = 0;
	for (unsigned int i = 0; i < bytes; i++)
		*out = *out << 8 | part.ptr[i];
	return true;
}

bool rd_u8(struct slice *s, uint8_t *out)
{
	return rd_bytes(s, out, 1);
}

bool rd_u16(struct slice *s, uint16_t *out)
{
	uint64_t v;

	if (!rd_uint(s, 2, &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

bool rd_u32(struct slice *s, uint32_t *out)
{
	uint64_t v;

	if (!rd_uint(s, 4, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

bool rd_u64(struct slice *s, uint64_t *out)
{
	return rd_uint(s, 8, out);
}

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
