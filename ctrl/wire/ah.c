// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/ah.h"

#include <string.h>

#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define WORD_BYTES	  4U /* RFC 4302 section 2.2: what payload len counts */
#define WORDS_NOT_COUNTED 2U

#define V4_TOS_AT   1 /* RFC 791 section 3.1 */
#define V4_FLAGS_AT 6
#define V4_TTL_AT   8
#define V4_DADDR_AT 16

#define V4_ADDR_BYTES	    4U
#define V4_ROUTE_BYTES	    3U /* RFC 791 section 3.1: before the addresses */
#define V4_ROUTE_POINTER_AT 2  /* counted from 1 */

#define V6_NEXT_AT    6 /* RFC 8200 section 3 */
#define V6_DADDR_AT   24
#define V6_ADDR_BYTES 16U

#define V6_OPT_PAD1	0    /* RFC 8200 section 4.2 */
#define V6_OPT_MUTABLE	0x20 /* section 4.2: data may change on the way */
#define ROUTING_TYPE_AT 2    /* RFC 8200 section 4.4 */
#define ROUTING_LEFT_AT 3
#define ROUTING_SOURCE	0 /* RFC 2460 section 4.4 */
#define ROUTING_HOME	2 /* RFC 6275 section 6.4 */

uint32_t ah_bytes(uint8_t version, uint32_t icv_bytes)
{
	const uint32_t unit = version == 4 ? WORD_BYTES : IPV6_UNIT_BYTES;

	return (AH_HEADER_BYTES + icv_bytes + unit - 1) / unit * unit;
}

void ah_build(uint8_t *at, const struct ah_header *h)
{
	memset(at, 0, h->bytes);
	at[0] = h->next_header;
	at[1] = (uint8_t)(h->bytes / WORD_BYTES - WORDS_NOT_COUNTED);
	memcpy(at + AH_SPI_AT, &h->spi_be, sizeof(h->spi_be));
	put_u16(at + 8, (uint16_t)(h->seq >> 16));
	put_u16(at + 10, (uint16_t)h->seq);
}

bool ah_parse(struct slice octets, struct ah_header *out)
{
	const uint8_t *at = octets.ptr;
	uint32_t bytes;

	if (octets.len < AH_HEADER_BYTES)
		return false;
	bytes = (at[1] + WORDS_NOT_COUNTED) * WORD_BYTES;
	if (bytes <= AH_HEADER_BYTES || bytes > octets.len)
		return false;
	out->next_header = at[0];
	out->bytes = bytes;
	memcpy(&out->spi_be, at + AH_SPI_AT, sizeof(out->spi_be));
	out->seq = (uint32_t)get_u16(at + 8) << 16 | get_u16(at + 10);
	return true;
}

/* --- IPv4, appendix A1 --- */

/* Those that no router changes; any other is covered as zeros, with its type and
 * its length. */
static bool is_immutable(uint8_t option)
{
	switch (option) {
	case 130: /* security (RFC 1108) */
	case 133: /* extended security (RFC 1108) */
	case 134: /* commercial security */
	case 148: /* router alert (RFC 2113) */
	case 149: /* sender directed delivery (RFC 1770) */
		return true;
	}
	return false;
}

/* Where the packet is to go at last is where it is when it is verified. */
static bool foresee_v4(uint8_t *front, const uint8_t *option)
{
	const uint32_t bytes = option[1];
	uint32_t pointer;

	if (bytes % V4_ADDR_BYTES != V4_ROUTE_BYTES)
		return false;
	pointer = option[V4_ROUTE_POINTER_AT];
	if (!pointer || pointer % V4_ADDR_BYTES)
		return false;
	if (pointer < bytes)
		memcpy(front + V4_DADDR_AT, option + bytes - V4_ADDR_BYTES,
		       V4_ADDR_BYTES);
	return true;
}

static bool cover_options_v4(uint8_t *front, uint32_t bytes)
{
	uint32_t at = IPV4_HEADER_BYTES, len;

	for (; at < bytes && front[at] != IPV4_OPT_END; at += len) {
		uint8_t *option = front + at;

		len = 1;
		if (option[0] == IPV4_OPT_NOP)
			continue;
		if (bytes - at < 2 || option[1] < 2 || option[1] > bytes - at)
			return false;
		len = option[1];
		if ((option[0] == IPV4_OPT_LSRR || option[0] == IPV4_OPT_SSRR) &&
		    !foresee_v4(front, option))
			return false;
		if (!is_immutable(option[0]))
			memset(option, 0, len);
	}
	return true;
}

static bool cover_v4(uint8_t *front, uint32_t bytes)
{
	if (bytes < IPV4_HEADER_BYTES ||
	    (front[0] & 0xfU) * WORD_BYTES != bytes ||
	    get_u16(front + V4_FLAGS_AT) & IPV4_FRAGMENT_MASK)
		return false;
	front[V4_TOS_AT] = 0;
	put_u16(front + V4_FLAGS_AT, 0);
	front[V4_TTL_AT] = 0;
	put_u16(front + IPV4_CHECKSUM_AT, 0);
	return cover_options_v4(front, bytes);
}

/* --- IPv6, appendix A2 --- */

/* header: of a hop-by-hop or destination options header, `bytes` octets. */
static bool cover_options_v6(uint8_t *header, uint32_t bytes)
{
	uint32_t at = 2, len;

	for (; at < bytes; at += len) {
		uint8_t *option = header + at;

		len = 1;
		if (option[0] == V6_OPT_PAD1)
			continue;
		if (bytes - at < 2 || option[1] > bytes - at - 2)
			return false;
		len = 2U + option[1];
		if (option[0] & V6_OPT_MUTABLE)
			memset(option + 2, 0, option[1]);
	}
	return true;
}

/*
 * As it is when no segment is left: each address that the packet is still to
 * go to has changed places with its destination. Of other types than these two only
 * that can be told.
 */
static bool foresee_v6(uint8_t *front, uint8_t *routing, uint32_t bytes)
{
	const uint32_t n = (bytes - IPV6_UNIT_BYTES) / V6_ADDR_BYTES;
	const uint8_t type = routing[ROUTING_TYPE_AT];
	const uint32_t left = routing[ROUTING_LEFT_AT];
	uint8_t last[V6_ADDR_BYTES];
	uint8_t *to_go;

	if (!left)
		return true;
	if ((type != ROUTING_SOURCE && type != ROUTING_HOME) || left > n ||
	    (bytes - IPV6_UNIT_BYTES) % V6_ADDR_BYTES)
		return false;
	to_go = routing + IPV6_UNIT_BYTES + (n - left) * V6_ADDR_BYTES;
	memcpy(last, to_go + (left - 1) * V6_ADDR_BYTES, V6_ADDR_BYTES);
	memmove(to_go + V6_ADDR_BYTES, to_go, (left - 1) * V6_ADDR_BYTES);
	memcpy(to_go, front + V6_DADDR_AT, V6_ADDR_BYTES);
	memcpy(front + V6_DADDR_AT, last, V6_ADDR_BYTES);
	routing[ROUTING_LEFT_AT] = 0;
	return true;
}

static bool cover_extension(uint8_t *front, uint8_t kind, uint8_t *header,
			    uint32_t bytes)
{
	switch (kind) {
	case EXT_HOP_BY_HOP:
	case EXT_DEST_OPTIONS:
		return cover_options_v6(header, bytes);
	case EXT_ROUTING:
		return foresee_v6(front, header, bytes);
	}
	return false;
}

static bool cover_v6(uint8_t *front, uint32_t bytes)
{
	uint32_t at = IPV6_HEADER_BYTES, len;
	uint8_t kind;

	if (bytes < IPV6_HEADER_BYTES)
		return false;
	kind = front[V6_NEXT_AT];
	front[0] &= 0xf0;
	memset(front + 1, 0, 3); /* class and label */
	front[IPV6_HOP_LIMIT_AT] = 0;
	for (; at < bytes; at += len) {
		uint8_t *header = front + at;
		const uint8_t next = header[0];

		if (bytes - at < IPV6_UNIT_BYTES)
			return false;
		len = IPV6_UNIT_BYTES + header[1] * IPV6_UNIT_BYTES;
		if (len > bytes - at ||
		    !cover_extension(front, kind, header, len))
			return false;
		kind = next;
	}
	return true;
}

bool ah_cover(uint8_t *front, uint32_t bytes)
{
	if (!bytes)
		return false;
	return front[0] >> 4 == 4 ? cover_v4(front, bytes)
				  : cover_v6(front, bytes);
}
