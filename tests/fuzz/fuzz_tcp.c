// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a TCP segment whose maximum segment size is clamped. Two octets
 * choose the size; the others stand at the end of what may be touched. Options
 * are read here in a way of its own: each size that is named is the smaller of
 * what it was and what was chosen, nothing else but the checksum is changed, and
 * that is as right or wrong as before.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/tcp.h"

#define HEADER	    20U
#define CHECKSUM_AT 16U
#define OPTIONS_MAX 40U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint32_t word(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

/* Where sizes stand, as far as the list of options is right. */
static uint32_t find_sizes(struct slice segment, uint32_t at[OPTIONS_MAX])
{
	struct slice options;
	uint32_t n = 0, header;
	uint8_t kind, len;

	if (segment.len < HEADER || !(segment.ptr[13] & 2))
		return 0;
	header = (segment.ptr[12] >> 4) * 4U;
	if (header < HEADER || header > segment.len)
		return 0;
	options = slice_of(segment.ptr + HEADER, header - HEADER);
	while (rd_u8(&options, &kind) && kind != 0) {
		struct slice value;

		if (kind == 1)
			continue;
		if (!rd_u8(&options, &len) || len < 2 ||
		    !rd_slice(&options, len - 2U, &value))
			break;
		if (kind == 2 && len == 4)
			at[n++] = (uint32_t)(value.ptr - segment.ptr);
	}
	return n;
}

static void check(const uint8_t *before, uint8_t *after, size_t n, uint16_t mss)
{
	uint32_t at[OPTIONS_MAX], sizes = find_sizes(slice_of(before, n), at);
	bool lowered = false, said = tcp_clamp_mss(after, n, mss);

	require(ipv4_checksum(after, n) == ipv4_checksum(before, n));
	for (uint32_t i = 0; i < sizes; i++) {
		uint32_t was = word(before + at[i]);

		require(word(after + at[i]) == (was < mss ? was : mss));
		lowered |= was > mss;
		memcpy(after + at[i], before + at[i], 2);
	}
	require(said == lowered);
	if (lowered)
		memcpy(after + CHECKSUM_AT, before + CHECKSUM_AT, 2);
	require(memcmp(before, after, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (size < 2)
		return 0;
	copy = malloc(size - 2 ? size - 2 : 1);
	require(copy);
	memcpy(copy, data + 2, size - 2);
	check(data + 2, copy, size - 2, (uint16_t)word(data));
	free(copy);
	return 0;
}
