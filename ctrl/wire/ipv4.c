// SPDX-License-Identifier: BSD-2-Clause
/*
 * The IPv4 header as bytes and as a struct. No policy here: what a fragment,
 * an option or a spent TTL means is decided by who asked. Any thread.
 */
#include "ctrl/wire/ipv4.h"

#include <arpa/inet.h>
#include <string.h>

#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define FRAGMENT_OFF 6
#define PLAIN	     0x45 /* version, and words of a header without options */

/* RFC 1071 section 1: the carries of a one's complement sum go around. */
static uint16_t fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)((sum >> 16) + sum);
}

static struct addr addr_at(const uint8_t *at)
{
	uint32_t v4_be;

	memcpy(&v4_be, at, sizeof(v4_be));
	return addr_from_v4(v4_be);
}

/* Options whose lengths lie count as one: nobody takes those. */
static bool has_source_route(const uint8_t *header, uint32_t header_bytes)
{
	uint32_t at = IPV4_HEADER_BYTES;

	while (at < header_bytes && header[at] != IPV4_OPT_END) {
		if (header[at] == IPV4_OPT_NOP) {
			at++;
			continue;
		}
		if (header[at] == IPV4_OPT_LSRR || header[at] == IPV4_OPT_SSRR ||
		    at + 1 == header_bytes || header[at + 1] < 2)
			return true;
		at += header[at + 1];
	}
	return at > header_bytes;
}

/* What was measured. */
static inline void fill(const uint8_t *at, unsigned int header_bytes,
			uint16_t total_bytes, struct ip_header *out)
{
	out->version = 4;
	out->header_bytes = (uint16_t)header_bytes;
	out->total_bytes = total_bytes;
	out->tos = at[1];
	out->id = get_u16(at + 4);
	out->fragment = get_u16(at + FRAGMENT_OFF);
	out->ttl = at[IPV4_TTL_AT];
	out->protocol = at[9];
	out->source_route = header_bytes > IPV4_HEADER_BYTES &&
			    has_source_route(at, header_bytes);
	out->saddr = addr_at(at + 12);
	out->daddr = addr_at(at + 16);
}

/* room: what may be there of the packet. */
static inline bool parse(struct slice octets, size_t room, struct ip_header *out)
{
	const uint8_t *at = octets.ptr;
	unsigned int header_bytes;
	uint16_t total_bytes;

	if (octets.len < IPV4_HEADER_BYTES || at[0] >> 4 != 4)
		return false;
	header_bytes = (at[0] & 0xfU) * 4;
	total_bytes = get_u16(at + 2);
	if (header_bytes < IPV4_HEADER_BYTES || header_bytes > total_bytes ||
	    header_bytes > octets.len || total_bytes > room)
		return false;
	fill(at, header_bytes, total_bytes, out);
	return true;
}

bool ipv4_parse(struct slice octets, struct ip_header *out)
{
	return parse(octets, octets.len, out);
}

bool ipv4_parse_quote(struct slice octets, struct ip_header *out)
{
	return parse(octets, UINT16_MAX, out);
}

void ipv4_build(uint8_t *at, const struct ip_header *h)
{
	at[0] = PLAIN;
	at[1] = h->tos;
	put_u16(at + 2, (uint16_t)h->total_bytes);
	put_u16(at + 4, h->id);
	put_u16(at + FRAGMENT_OFF, h->fragment);
	at[IPV4_TTL_AT] = h->ttl;
	at[9] = h->protocol;
	put_u16(at + IPV4_CHECKSUM_AT, 0);
	memcpy(at + 12, h->saddr.octets + ADDR_V4_AT, 4);
	memcpy(at + 16, h->daddr.octets + ADDR_V4_AT, 4);
	put_u16(at + IPV4_CHECKSUM_AT, ipv4_checksum(at, IPV4_HEADER_BYTES));
}

/* What is left after sixteen octets at a time. */
static uint64_t sum_rest(const uint8_t *at, size_t bytes)
{
	uint64_t sum = 0, word;
	uint32_t half;
	uint16_t quarter;

	if (bytes & sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum += (word >> 32) + (uint32_t)word;
		at += sizeof(word);
	}
	if (bytes & sizeof(half)) {
		memcpy(&half, at, sizeof(half));
		sum += half;
		at += sizeof(half);
	}
	if (bytes & sizeof(quarter)) {
		memcpy(&quarter, at, sizeof(quarter));
		sum += quarter;
		at += sizeof(quarter);
	}
	if (bytes & 1)
		sum += htons((uint16_t)(at[0] << 8));
	return sum;
}

/*
 * In the machine's order by words, and turned at the end: the sum is the same
 * (RFC 1071 section 2 (B)). Halves of words are summed side by side, in which no
 * carry is lost and none is waited for.
 */
uint16_t ipv4_checksum(const void *header, size_t bytes)
{
	uint64_t TWO_LANES words, low = { 0 }, high = { 0 };
	const uint8_t *at = header;
	uint64_t sum;

	for (; bytes >= sizeof(words);
	     at += sizeof(words), bytes -= sizeof(words)) {
		memcpy(&words, at, sizeof(words));
		low += words & UINT32_MAX;
		high += words >> 32;
	}
	low += high;
	sum = low[0] + low[1] + sum_rest(at, bytes);
	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 16) + (sum & 0xffff);
	return ntohs((uint16_t)~fold((uint32_t)sum));
}

/*
 * Is the checksum of a header without options right? By a handful of additions:
 * what is a one's complement sum of all ones, and is not 0, is a multiple of that.
 */
static bool is_plain_summed(const uint8_t *header)
{
	uint64_t first, second, sum;
	uint32_t last;

	memcpy(&first, header, sizeof(first));
	memcpy(&second, header + 8, sizeof(second));
	memcpy(&last, header + 16, sizeof(last));
	sum = (first >> 32) + (uint32_t)first + (second >> 32) +
	      (uint32_t)second + last;
	return sum % UINT16_MAX == 0;
}

/* Without options, which is the rule. */
static bool parse_plain(struct slice octets, struct ip_header *out)
{
	uint16_t total_bytes = get_u16(octets.ptr + 2);

	if (total_bytes < IPV4_HEADER_BYTES || total_bytes > octets.len)
		return false;
	fill(octets.ptr, IPV4_HEADER_BYTES, total_bytes, out);
	return is_plain_summed(octets.ptr);
}

bool ipv4_parse_summed(struct slice octets, struct ip_header *out)
{
	if (octets.len >= IPV4_HEADER_BYTES && octets.ptr[0] == PLAIN)
		return parse_plain(octets, out);
	return parse(octets, octets.len, out) &&
	       !ipv4_checksum(octets.ptr, out->header_bytes);
}

/* HC' = ~(~HC + ~m + m') */
uint16_t ipv4_checksum_mend(uint16_t checksum, uint16_t was, uint16_t now)
{
	uint32_t sum = (uint16_t)~checksum + (uint32_t)(uint16_t)~was + now;

	return (uint16_t)~fold(sum);
}

void ipv4_set_word(uint8_t *header, uint32_t at, uint16_t word)
{
	uint16_t checksum = get_u16(header + IPV4_CHECKSUM_AT);

	put_u16(header + IPV4_CHECKSUM_AT,
		ipv4_checksum_mend(checksum, get_u16(header + at), word));
	put_u16(header + at, word);
}

/* Of a header whose options lie about their lengths, no more than it has. */
static void blank_options(uint8_t *header, uint32_t header_bytes)
{
	uint32_t at = IPV4_HEADER_BYTES, bytes;

	while (at < header_bytes && header[at] != IPV4_OPT_END) {
		bytes = 1;
		if (header[at] != IPV4_OPT_NOP && at + 1 < header_bytes)
			bytes = header[at + 1];
		if (bytes < 1 || bytes > header_bytes - at)
			bytes = header_bytes - at;
		if (!(header[at] & IPV4_OPT_COPIED))
			memset(header + at, IPV4_OPT_NOP, bytes);
		at += bytes;
	}
}

void ipv4_fragment(uint8_t *at, const uint8_t *packet,
		   const struct ip_header *h, uint32_t from, uint32_t bytes)
{
	uint32_t payload = (uint32_t)h->total_bytes - h->header_bytes;
	uint16_t fragment = (uint16_t)(h->fragment + from / 8);

	if (from + bytes < payload)
		fragment |= IPV4_MF;
	if (at != packet) {
		memcpy(at, packet, h->header_bytes);
		memcpy(at + h->header_bytes, packet + h->header_bytes + from,
		       bytes);
	}
	if (from)
		blank_options(at, h->header_bytes);
	put_u16(at + 2, (uint16_t)(h->header_bytes + bytes));
	put_u16(at + FRAGMENT_OFF, fragment);
	put_u16(at + IPV4_CHECKSUM_AT, 0);
	put_u16(at + IPV4_CHECKSUM_AT, ipv4_checksum(at, h->header_bytes));
}

void ipv4_set_tos(uint8_t *header, uint8_t tos)
{
	ipv4_set_word(header, 0, (uint16_t)(header[0] << 8 | tos));
}
