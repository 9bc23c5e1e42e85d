// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as a packet in AH, or as its headers alone. What AH covers of these is
 * the same before and after a hop: another TOS, a TTL less, a segment of a route
 * gone by; and covered once more it stays. An AH header is built again as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/ah.h"
#include "ctrl/wire/ip.h"
#include "include/proto.h"

#define V4_DADDR_AT  16U
#define V6_NEXT_AT   6U
#define V6_DADDR_AT  24U
#define ADDR_BYTES   16U
#define ROUTE_PLACES 3U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* In memory of its own length; to be freed. */
static uint8_t *copy_of(const uint8_t *octets, uint32_t n)
{
	uint8_t *copy = malloc(n + !n);

	require(copy);
	if (n)
		memcpy(copy, octets, n);
	return copy;
}

static void check_header(const uint8_t *data, size_t size)
{
	struct ah_header h;
	uint8_t *at;

	if (!ah_parse(slice_of(data, size), &h))
		return;
	require(h.bytes > AH_HEADER_BYTES && h.bytes <= size);
	at = malloc(h.bytes);
	require(at);
	ah_build(at, &h);
	require(!memcmp(at, data, 2) && !memcmp(at + 4, data + 4, 8));
	free(at);
}

static void swap(uint8_t *a, uint8_t *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint8_t was = a[i];

		a[i] = b[i];
		b[i] = was;
	}
}

/* RFC 791 section 3.1: the address that is next trades places with the destination,
 * or a router's own, and the pointer goes on. */
static void pass_v4(uint8_t *front, uint32_t bytes)
{
	for (uint32_t at = IPV4_HEADER_BYTES; at < bytes;) {
		uint8_t *o = front + at;

		if (o[0] == IPV4_OPT_END)
			return;
		if (o[0] == IPV4_OPT_NOP) {
			at++;
			continue;
		}
		at += o[1];
		if (o[0] != IPV4_OPT_LSRR && o[0] != IPV4_OPT_SSRR)
			continue;
		if (o[2] >= 4 && o[2] + ROUTE_PLACES <= o[1]) {
			swap(front + V4_DADDR_AT, o + o[2] - 1, 4);
			o[2] = (uint8_t)(o[2] + 4);
		}
		return;
	}
}

/* RFC 2460 section 4.4. */
static void pass_v6(uint8_t *front, uint32_t bytes)
{
	uint8_t kind = front[V6_NEXT_AT];

	for (uint32_t at = IPV6_HEADER_BYTES; at < bytes;) {
		uint8_t *h = front + at;
		uint32_t n = h[1] / 2U;

		if (kind == EXT_ROUTING && (h[2] == 0 || h[2] == 2) && h[3]) {
			swap(front + V6_DADDR_AT,
			     h + 8 + (n - h[3]) * ADDR_BYTES, ADDR_BYTES);
			h[3]--;
			return;
		}
		kind = h[0];
		at += 8 + h[1] * 8U;
	}
}

/* More routes than one are none that a router would follow. */
static uint32_t routes_of(const uint8_t *front, uint32_t bytes)
{
	uint32_t n = 0;

	if (front[0] >> 4 == 4)
		for (uint32_t i = IPV4_HEADER_BYTES; i < bytes; i++)
			n += front[i] == IPV4_OPT_LSRR ||
			     front[i] == IPV4_OPT_SSRR;
	else
		for (uint32_t i = V6_NEXT_AT; i < bytes; i++)
			n += front[i] == EXT_ROUTING;
	return n;
}

/* A router that is on a route of its own has more to say than a hop. */
static void hop(uint8_t *front, const struct ip_header *ip)
{
	ip_set_tos(front, (uint8_t)~ip->tos);
	if (ip->ttl)
		ip_hop(front);
}

static void check_cover(const uint8_t *data, uint32_t bytes,
			const struct ip_header *ip)
{
	uint8_t *covered = copy_of(data, bytes), *now = copy_of(data, bytes);
	uint8_t *again;

	if (ah_cover(covered, bytes)) {
		again = copy_of(covered, bytes);
		require(ah_cover(again, bytes));
		require(!memcmp(again, covered, bytes));
		free(again);
		hop(now, ip);
		if (routes_of(data, bytes) == 1) {
			if (ip->version == 4)
				pass_v4(now, bytes);
			else
				pass_v6(now, bytes);
		}
		require(ah_cover(now, bytes));
		require(!memcmp(now, covered, bytes));
	}
	free(covered);
	free(now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ip_header ip;
	uint8_t *alone;

	check_header(data, size);
	if (ip_parse(slice_of(data, size), &ip)) {
		check_cover(data, ip.header_bytes, &ip);
		check_header(data + ip.header_bytes,
			     ip.total_bytes - ip.header_bytes);
	}
	if (size > UINT16_MAX)
		return 0;
	alone = copy_of(data, (uint32_t)size);
	if (ah_cover(alone, (uint32_t)size))
		require(alone[0] >> 4 == data[0] >> 4);
	free(alone);
	return 0;
}
