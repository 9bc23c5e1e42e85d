// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/transport.h"

#include <string.h>

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define V4_LENGTH_AT   2 /* RFC 791 section 3.1 */
#define V4_TTL_AT      8
#define V4_PROTOCOL_AT 9
#define V4_SADDR_AT    12

#define V6_LENGTH_AT 4 /* RFC 8200 section 3: of what follows */
#define V6_NEXT_AT   6

#define TCP_CHECKSUM_AT 16 /* RFC 9293 section 3.1 */
#define UDP_LENGTH_AT	4  /* RFC 768 */
#define UDP_CHECKSUM_AT 6

static struct ip_place place_v4(const struct ip_header *ip)
{
	return (struct ip_place){ ip->header_bytes, V4_PROTOCOL_AT };
}

/* Of an extension header that ip_parse() stepped over. */
static uint32_t extension_bytes(const uint8_t *header, uint8_t kind)
{
	return kind == EXT_FRAGMENT
		       ? IPV6_FRAGMENT_BYTES
		       : IPV6_UNIT_BYTES + header[1] * IPV6_UNIT_BYTES;
}

/* Options that stand before a routing header are for each that it names. */
static struct ip_place walk_v6(const uint8_t *packet, const struct ip_header *ip,
			       struct ip_place *security)
{
	struct ip_place here = { IPV6_HEADER_BYTES, V6_NEXT_AT };

	*security = here;
	while (here.at < ip->header_bytes) {
		const uint8_t kind = packet[here.next_at];

		here.next_at = here.at;
		here.at = (uint16_t)(here.at +
				     extension_bytes(packet + here.at, kind));
		if (kind != EXT_DEST_OPTIONS)
			*security = here;
	}
	return here;
}

struct ip_place ip_place_upper(const uint8_t *packet, const struct ip_header *ip)
{
	struct ip_place security;

	return ip->version == 4 ? place_v4(ip) : walk_v6(packet, ip, &security);
}

struct ip_place ip_place_security(const uint8_t *packet,
				  const struct ip_header *ip)
{
	struct ip_place security;

	if (ip->version == 4)
		return place_v4(ip);
	walk_v6(packet, ip, &security);
	return security;
}

void ip_set_next(uint8_t *header, const struct ip_place *place,
		 uint8_t protocol, uint32_t total_bytes)
{
	if (header[0] >> 4 == 4) {
		ipv4_set_word(header, V4_TTL_AT,
			      (uint16_t)(header[V4_TTL_AT] << 8 | protocol));
		ipv4_set_word(header, V4_LENGTH_AT, (uint16_t)total_bytes);
		return;
	}
	header[place->next_at] = protocol;
	put_u16(header + V6_LENGTH_AT,
		(uint16_t)(total_bytes - IPV6_HEADER_BYTES));
}

/* Over a pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1). */
static uint16_t sum_of(const uint8_t *packet, const struct ip_header *ip)
{
	const uint8_t *upper = packet + ip->header_bytes;
	const uint32_t bytes = ip->total_bytes - ip->header_bytes;
	uint32_t sum;

	if (ip->version == 6)
		return ipv6_checksum(packet, ip->protocol, upper, bytes);
	sum = (uint16_t)~ipv4_checksum(packet + V4_SADDR_AT, 8);
	sum += (uint16_t)~ipv4_checksum(upper, bytes);
	sum += bytes + ip->protocol;
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(uint16_t)((sum >> 16) + sum);
}

void ip_sum_upper(uint8_t *packet, const struct ip_header *ip)
{
	uint8_t *upper = packet + ip->header_bytes, *at;
	const uint32_t bytes = ip->total_bytes - ip->header_bytes;
	uint16_t sum;

	if (ip->protocol == PROTO_TCP && bytes >= TCP_HEADER_BYTES)
		at = upper + TCP_CHECKSUM_AT;
	else if (ip->protocol == PROTO_UDP && bytes >= UDP_HEADER_BYTES &&
		 get_u16(upper + UDP_LENGTH_AT) == bytes &&
		 get_u16(upper + UDP_CHECKSUM_AT))
		at = upper + UDP_CHECKSUM_AT;
	else
		return;
	put_u16(at, 0);
	sum = sum_of(packet, ip);
	put_u16(at, sum ? sum : UINT16_MAX); /* 0 is none, in UDP */
}
