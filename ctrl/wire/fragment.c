// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/fragment.h"

#include <string.h>

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define IPV4_TOTAL_AT	 2 /* RFC 791 section 3.1 */
#define IPV4_FRAGMENT_AT 6
#define IPV6_PAYLOAD_AT	 4 /* RFC 8200 section 3 */
#define IPV6_NEXT_AT	 6

/* ip_parse() was here: all of them end inside the packet. */
static bool find_header(const uint8_t *packet, const struct ip_header *h,
			struct fragment *out)
{
	uint32_t at = IPV6_HEADER_BYTES, next_at = IPV6_NEXT_AT;

	while (packet[next_at] != EXT_FRAGMENT) {
		next_at = at;
		at += IPV6_UNIT_BYTES + packet[at + 1] * IPV6_UNIT_BYTES;
	}
	if (at + IPV6_FRAGMENT_BYTES != h->header_bytes)
		return false;
	out->id = (uint32_t)get_u16(packet + at + 4) << 16 |
		  get_u16(packet + at + 6);
	out->header_bytes = (uint16_t)at;
	out->next_at = (uint16_t)next_at;
	return true;
}

bool fragment_parse(const uint8_t *packet, const struct ip_header *h,
		    struct fragment *out)
{
	*out = (struct fragment){
		.id = h->id,
		.from = (h->fragment & IPV4_OFFSET_MASK) * 8U,
		.bytes = h->total_bytes - h->header_bytes,
		.header_bytes = h->header_bytes,
		.payload_at = h->header_bytes,
		.more = h->fragment & IPV4_MF,
		.protocol = h->protocol,
	};
	return h->version == 4 || find_header(packet, h, out);
}

void fragment_header(uint8_t *at, const uint8_t *packet,
		     const struct fragment *first)
{
	memcpy(at, packet, first->header_bytes);
	if (at[0] >> 4 == 6)
		at[first->next_at] = first->protocol;
}

static bool end_v4(uint8_t *at, uint32_t header_bytes, uint32_t bytes)
{
	uint16_t df = get_u16(at + IPV4_FRAGMENT_AT) & IPV4_DF;

	if (header_bytes + bytes > UINT16_MAX)
		return false;
	put_u16(at + IPV4_TOTAL_AT, (uint16_t)(header_bytes + bytes));
	put_u16(at + IPV4_FRAGMENT_AT, df);
	put_u16(at + IPV4_CHECKSUM_AT, 0);
	put_u16(at + IPV4_CHECKSUM_AT, ipv4_checksum(at, header_bytes));
	return true;
}

bool fragment_header_end(uint8_t *at, uint32_t header_bytes, uint32_t bytes)
{
	uint32_t payload = header_bytes - IPV6_HEADER_BYTES + bytes;

	if (at[0] >> 4 == 4)
		return end_v4(at, header_bytes, bytes);
	if (payload > UINT16_MAX)
		return false;
	put_u16(at + IPV6_PAYLOAD_AT, (uint16_t)payload);
	return true;
}

/* Does it end where others go on, or do they say another end? It meets none. */
static bool ends_elsewhere(const struct pieces *p, uint32_t to, bool more)
{
	if (more)
		return p->end && to > p->end;
	return p->end || (p->n && p->at[p->n - 1].to > to);
}

enum piece_fate pieces_add(struct pieces *p, uint32_t from, uint32_t bytes,
			   bool more)
{
	uint32_t to = from + bytes, i = 0;

	if (!bytes || to > UINT16_MAX || (more && bytes % 8))
		return PIECE_WRONG;
	while (i < p->n && p->at[i].to <= from)
		i++;
	if (i < p->n && p->at[i].from == from && p->at[i].to == to)
		return more == (to != p->end) ? PIECE_DUPLICATE : PIECE_OVERLAP;
	if ((i < p->n && p->at[i].from < to) || ends_elsewhere(p, to, more))
		return PIECE_OVERLAP;
	if (p->n == PIECES_MAX)
		return PIECE_MANY;
	memmove(&p->at[i + 1], &p->at[i], (p->n - i) * sizeof(p->at[0]));
	p->at[i].from = (uint16_t)from;
	p->at[i].to = (uint16_t)to;
	p->n++;
	p->have += bytes;
	if (!more)
		p->end = to;
	return p->have == p->end ? PIECE_WHOLE : PIECE_TAKEN;
}
