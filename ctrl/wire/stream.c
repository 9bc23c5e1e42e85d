// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/stream.h"

#include "include/proto.h"

enum stream_item stream_read_prefix(struct slice *in)
{
	struct slice prefix;
	size_t n = in->len < STREAM_PREFIX_BYTES ? in->len : STREAM_PREFIX_BYTES;

	if (n && memcmp(in->ptr, STREAM_PREFIX, n) != 0)
		return STREAM_ITEM_BROKEN;
	return rd_slice(in, STREAM_PREFIX_BYTES, &prefix) ? STREAM_ITEM_IKE
							  : STREAM_ITEM_NONE;
}

/* What it is, by its length alone, or by its first octets too if they are there. */
static enum stream_item judge(size_t bytes, struct slice message)
{
	uint32_t spi;
	uint8_t first;

	if (bytes == 1 && !rd_u8(&message, &first))
		return STREAM_ITEM_NONE;
	if (bytes == 1)
		return first == NATT_KEEPALIVE ? STREAM_ITEM_KEEPALIVE
					       : STREAM_ITEM_BROKEN;
	if (bytes < STREAM_ESP_LEAST)
		return STREAM_ITEM_BROKEN;
	if (!rd_u32(&message, &spi))
		return STREAM_ITEM_NONE;
	if (spi)
		return STREAM_ITEM_ESP;
	bytes -= IKE_NON_ESP_BYTES;
	if (bytes < IKE_HEADER_BYTES)
		return STREAM_ITEM_BROKEN;
	return bytes > STREAM_IKE_MAX ? STREAM_ITEM_LONG : STREAM_ITEM_IKE;
}

enum stream_item stream_read(struct slice *in, struct slice *out)
{
	struct slice rest = *in;
	enum stream_item item;
	uint16_t length;
	size_t bytes;

	if (!rd_u16(&rest, &length))
		return STREAM_ITEM_NONE;
	if (length <= STREAM_LENGTH_BYTES)
		return STREAM_ITEM_BROKEN;
	bytes = length - STREAM_LENGTH_BYTES;
	item = judge(bytes, rest);
	if (item == STREAM_ITEM_BROKEN)
		return item;
	if (!rd_slice(&rest, bytes, out))
		return STREAM_ITEM_NONE;
	*in = rest;
	if (item == STREAM_ITEM_IKE || item == STREAM_ITEM_LONG) {
		out->ptr += IKE_NON_ESP_BYTES;
		out->len -= IKE_NON_ESP_BYTES;
	}
	return item;
}

size_t stream_length(struct slice in)
{
	uint16_t length;

	return rd_u16(&in, &length) ? length : 0;
}

static size_t put_header(size_t bytes, size_t marker,
			 uint8_t out[STREAM_HEADER_MAX])
{
	struct builder b = wr_init(out, STREAM_HEADER_MAX);

	wr_u16(&b, (uint16_t)(STREAM_LENGTH_BYTES + marker + bytes));
	if (marker)
		wr_u32(&b, 0);
	return b.len;
}

size_t stream_ike_header(size_t bytes, uint8_t out[STREAM_HEADER_MAX])
{
	if (bytes > STREAM_IKE_MAX)
		return 0;
	return put_header(bytes, IKE_NON_ESP_BYTES, out);
}

size_t stream_esp_header(size_t bytes, uint8_t out[STREAM_HEADER_MAX])
{
	if (bytes > STREAM_ESP_MAX)
		return 0;
	return put_header(bytes, 0, out);
}
