// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as what comes by TCP behind the prefix: in pieces, as the first octet
 * cuts them, they say the same as at once. Messages lie within what came and are as
 * long as the header says, and one is written as it was read.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check(const uint8_t *octets, size_t n, enum stream_item item,
		  struct slice message)
{
	const bool ike = item == STREAM_ITEM_IKE;
	uint8_t head[STREAM_HEADER_MAX];
	size_t bytes;

	if (item == STREAM_ITEM_KEEPALIVE)
		return;
	if (item == STREAM_ITEM_LONG) {
		require(message.len > STREAM_IKE_MAX);
		require(message.ptr + message.len <= octets + n);
		return;
	}
	require(item == STREAM_ITEM_IKE || item == STREAM_ITEM_ESP);
	bytes = ike ? stream_ike_header(message.len, head)
		    : stream_esp_header(message.len, head);
	require(bytes && message.ptr >= octets + bytes);
	require(message.ptr + message.len <= octets + n);
	require(!memcmp(message.ptr - bytes, head, bytes));
	require(message.len >= (ike ? IKE_HEADER_BYTES : STREAM_ESP_LEAST));
}

/* How many messages there are, and where they end. */
static size_t read_all(const uint8_t *octets, size_t n, size_t *end,
		       bool *is_broken)
{
	struct slice in = slice_of(octets, n), message;
	enum stream_item item;
	size_t count = 0;

	while ((item = stream_read(&in, &message)) != STREAM_ITEM_NONE &&
	       item != STREAM_ITEM_BROKEN) {
		check(octets, n, item, message);
		count++;
	}
	*end = n - in.len;
	*is_broken = item == STREAM_ITEM_BROKEN;
	require(*is_broken || in.len < STREAM_MESSAGE_MAX);
	return count;
}

/* What is left of each piece stands before the next one. */
static void check_pieces(const uint8_t *octets, size_t n, size_t step,
			 size_t want, bool want_broken)
{
	size_t at = 0, seen = 0, count = 0, end;
	bool is_broken = false;

	while (seen < n && !is_broken) {
		uint8_t *copy;

		seen = n - seen < step ? n : seen + step;
		copy = malloc(seen - at);
		require(copy);
		memcpy(copy, octets + at, seen - at);
		count += read_all(copy, seen - at, &end, &is_broken);
		at += end;
		free(copy);
	}
	require(count == want && is_broken == want_broken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice prefix = slice_of(data, size);
	bool is_broken;
	size_t count, end;

	if (stream_read_prefix(&prefix) == STREAM_ITEM_IKE)
		require(!memcmp(data, STREAM_PREFIX, STREAM_PREFIX_BYTES));
	if (!size)
		return 0;
	count = read_all(data + 1, size - 1, &end, &is_broken);
	if (size > 1)
		check_pieces(data + 1, size - 1, 1 + data[0], count, is_broken);
	return 0;
}
