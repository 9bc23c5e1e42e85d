// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/ipv6.h"

#include <string.h>

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define PAYLOAD_BYTES_AT 4
#define NEXT_HEADER_AT	 6
#define SADDR_AT	 8
#define DADDR_AT	 24
#define SEGMENTS_LEFT_AT 3  /* of a routing header (RFC 8200 section 4.4) */
#define FRAGMENT_MORE	 1U /* beside the offset (RFC 8200 section 4.5) */

/* Where the walk along the extension headers is. */
struct chain {
	uint32_t at;  /* octets from the IPv6 header on */
	uint32_t end; /* of what may be read */
	uint8_t next_header;
	bool ended; /* what comes next is no extension header of ours */
};

/* Offset and flag as IPv4 has them: units of 8 octets in both. */
static void read_fragment(const uint8_t *header, struct ip_header *out,
			  struct chain *c)
{
	uint16_t word = get_u16(header + 2);

	out->fragment |= (uint16_t)(word >> 3);
	if (word & FRAGMENT_MORE)
		out->fragment |= IPV4_MF;
	c->ended = word >> 3 != 0;
}

/* Steps over one. false: it ends behind what is there. */
static bool step(const uint8_t *packet, struct ip_header *out, struct chain *c)
{
	const uint8_t *header = packet + c->at;
	uint32_t bytes = 8;

	if (c->end - c->at < 8)
		return false;
	if (c->next_header == EXT_FRAGMENT)
		read_fragment(header, out, c);
	else
		bytes += header[1] * 8U;
	if (c->next_header == EXT_ROUTING && header[SEGMENTS_LEFT_AT])
		out->source_route = true;
	if (bytes > c->end - c->at)
		return false;
	c->next_header = header[0];
	c->at += bytes;
	return true;
}

static bool is_extension(uint8_t next_header)
{
	return next_header == EXT_HOP_BY_HOP || next_header == EXT_ROUTING ||
	       next_header == EXT_FRAGMENT || next_header == EXT_DEST_OPTIONS;
}

/* bytes: of the packet, as many as are there. */
static bool walk(const uint8_t *packet, uint32_t bytes, struct ip_header *out)
{
	struct chain c = {
		.at = IPV6_HEADER_BYTES,
		.end = bytes,
		.next_header = packet[NEXT_HEADER_AT],
	};

	for (uint32_t i = 0; is_extension(c.next_header) && !c.ended; i++)
		if (i == IPV6_EXTENSIONS_MAX || !step(packet, out, &c))
			return false;
	out->header_bytes = (uint16_t)c.at;
	out->protocol = c.next_header;
	return true;
}

bool ipv6_parse_quote(struct slice octets, struct ip_header *out)
{
	const uint8_t *at = octets.ptr;
	uint32_t bytes;

	if (octets.len < IPV6_HEADER_BYTES || at[0] >> 4 != 6)
		return false;
	bytes = out->total_bytes =
		IPV6_HEADER_BYTES + get_u16(at + PAYLOAD_BYTES_AT);
	if (bytes > octets.len)
		bytes = (uint32_t)octets.len;
	out->version = 6;
	out->tos = (uint8_t)(get_u16(at) >> 4);
	out->id = 0;
	out->fragment = IPV4_DF;
	out->ttl = at[IPV6_HOP_LIMIT_AT];
	out->source_route = false;
	memcpy(&out->saddr, at + SADDR_AT, sizeof(out->saddr));
	memcpy(&out->daddr, at + DADDR_AT, sizeof(out->daddr));
	return !addr_is_v4(&out->saddr) && !addr_is_v4(&out->daddr) &&
	       walk(at, bytes, out);
}

bool ipv6_parse(struct slice octets, struct ip_header *out)
{
	return ipv6_parse_quote(octets, out) && out->total_bytes <= octets.len;
}

void ipv6_build(uint8_t *at, const struct ip_header *h)
{
	put_u16(at, (uint16_t)(6U << 12 | (uint32_t)h->tos << 4));
	put_u16(at + 2, 0);
	put_u16(at + PAYLOAD_BYTES_AT,
		(uint16_t)(h->total_bytes - IPV6_HEADER_BYTES));
	at[NEXT_HEADER_AT] = h->protocol;
	at[IPV6_HOP_LIMIT_AT] = h->ttl;
	memcpy(at + SADDR_AT, &h->saddr, sizeof(h->saddr));
	memcpy(at + DADDR_AT, &h->daddr, sizeof(h->daddr));
}

void ipv6_set_tos(uint8_t *header, uint8_t tos)
{
	uint32_t label_high = header[1] & 0xfU;

	put_u16(header, (uint16_t)(6U << 12 | (uint32_t)tos << 4 | label_high));
}

uint16_t ipv6_checksum(const uint8_t *header, uint8_t protocol,
		       const void *upper, uint32_t bytes)
{
	uint32_t sum = (uint16_t)~ipv4_checksum(header + SADDR_AT, 32);

	sum += (uint16_t)~ipv4_checksum(upper, bytes);
	sum += (bytes >> 16) + (bytes & 0xffff) + protocol;
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(uint16_t)((sum >> 16) + sum);
}

void ipv6_fragment(uint8_t *at, const uint8_t *packet, uint32_t from,
		   uint32_t bytes, uint32_t id)
{
	uint8_t *fragment = at + IPV6_HEADER_BYTES;
	uint32_t payload = get_u16(packet + PAYLOAD_BYTES_AT);
	uint8_t next_header = packet[NEXT_HEADER_AT];
	bool more = from + bytes < payload;

	memmove(at, packet, IPV6_HEADER_BYTES);
	put_u16(at + PAYLOAD_BYTES_AT, (uint16_t)(IPV6_FRAGMENT_BYTES + bytes));
	at[NEXT_HEADER_AT] = EXT_FRAGMENT;
	if (from)
		memcpy(fragment + IPV6_FRAGMENT_BYTES,
		       packet + IPV6_HEADER_BYTES + from, bytes);
	fragment[0] = next_header;
	fragment[1] = 0;
	put_u16(fragment + 2, (uint16_t)(from | (more ? FRAGMENT_MORE : 0)));
	put_u16(fragment + 4, (uint16_t)(id >> 16));
	put_u16(fragment + 6, (uint16_t)id);
}
