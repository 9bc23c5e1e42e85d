/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes from outside, read without ever reading past them, and bytes for
 * outside, written without ever writing past them. All integers on the wire
 * are network order; all in memory host order.
 *
 * A reader takes from the front of a slice and says whether there was enough;
 * the slice is unchanged when there was not. A builder remembers the first
 * failure: write everything, check wr_ok() once.
 *
 * Neither owns memory: the bytes must outlive the slice or builder. Not
 * shared between threads.
 */
#ifndef CYG_BASE_SLICE_H
#define CYG_BASE_SLICE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct slice {
	const uint8_t *ptr;
	size_t len;
};

/* Reading is inline: workers do it with every packet. */
static inline struct slice slice_of(const void *ptr, size_t len)
{
	return (struct slice){ .ptr = ptr, .len = len };
}

MUST_CHECK static inline bool rd_slice(struct slice *s, size_t len,
				       struct slice *out)
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

MUST_CHECK static inline bool rd_bytes(struct slice *s, void *out, size_t len)
{
	struct slice part;

	if (!rd_slice(s, len, &part))
		return false;
	if (len)
		memcpy(out, part.ptr, len);
	return true;
}

MUST_CHECK static inline bool rd_u8(struct slice *s, uint8_t *out)
{
	return rd_bytes(s, out, sizeof(*out));
}

MUST_CHECK static inline bool rd_u16(struct slice *s, uint16_t *out)
{
	if (!rd_bytes(s, out, sizeof(*out)))
		return false;
	*out = be16toh(*out);
	return true;
}

MUST_CHECK static inline bool rd_u32(struct slice *s, uint32_t *out)
{
	if (!rd_bytes(s, out, sizeof(*out)))
		return false;
	*out = be32toh(*out);
	return true;
}

MUST_CHECK static inline bool rd_u64(struct slice *s, uint64_t *out)
{
	if (!rd_bytes(s, out, sizeof(*out)))
		return false;
	*out = be64toh(*out);
	return true;
}

struct builder {
	uint8_t *ptr;
	size_t len;  /* written */
	size_t room; /* bytes at ptr */
	bool failed;
};

/* A length field to be filled by wr_end(), which counts what came after it. */
struct wr_mark {
	size_t at;
	uint8_t bytes; /* 1, 2 or 4 */
};

struct builder wr_init(void *ptr, size_t room);
void wr_u8(struct builder *b, uint8_t v);
void wr_u16(struct builder *b, uint16_t v);
void wr_u32(struct builder *b, uint32_t v);
void wr_u64(struct builder *b, uint64_t v);
void wr_bytes(struct builder *b, const void *ptr, size_t len);

/* Leaves room for a length field of 1, 2 or 4 octets. */
struct wr_mark wr_begin(struct builder *b, uint8_t bytes);
void wr_end(struct builder *b, struct wr_mark mark);
MUST_CHECK bool wr_ok(const struct builder *b);

#endif
