// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/outer.h"

#include <string.h>

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "ctrl/wire/octets.h"

#define OUTER_TTL 64

#define UDP_LENGTH_AT	4
#define UDP_CHECKSUM_AT 6

void outer_init(struct outer *o, const struct addr *saddr,
		const struct addr *daddr, uint16_t sport_be, uint16_t dport_be)
{
	struct ip_header ip = {
		.version = addr_is_v4(saddr) ? 4 : 6,
		.ttl = OUTER_TTL,
		.protocol = dport_be ? PROTO_UDP : PROTO_ESP,
		.saddr = *saddr,
		.daddr = *daddr,
	};

	uint8_t *at;

	memset(o, 0, sizeof(*o));
	o->ip_bytes = (uint8_t)ip_least_bytes(ip.version);
	o->bytes = (uint8_t)(o->ip_bytes + (dport_be ? UDP_HEADER_BYTES : 0));
	at = o->octets + OUTER_MAX - o->bytes;
	ip.total_bytes = ip.version == 4 ? 0 : o->ip_bytes;
	ip_build(at, &ip);
	if (ip.version == 4)
		o->sum = (uint16_t)~get_u16(at + IPV4_CHECKSUM_AT);
	if (!dport_be)
		return;
	memcpy(at + o->ip_bytes, &sport_be, 2);
	memcpy(at + o->ip_bytes + 2, &dport_be, 2);
}

static void finish_v4(const struct outer *o, uint8_t *at, uint32_t total_bytes,
		      const struct ip_header *inner, uint16_t id)
{
	uint16_t df = inner->fragment & IPV4_DF;
	uint32_t sum = o->sum + inner->tos + total_bytes + id + df;

	at[1] = inner->tos;
	put_u16(at + 2, (uint16_t)total_bytes);
	put_u16(at + 4, id);
	put_u16(at + 6, df);
	sum = (sum >> 16) + (sum & 0xffff);
	put_u16(at + IPV4_CHECKSUM_AT, (uint16_t) ~((sum >> 16) + sum));
}

static void finish_v6(uint8_t *at, uint32_t total_bytes,
		      const struct ip_header *inner)
{
	ipv6_set_tos(at, inner->tos);
	put_u16(at + 4, (uint16_t)(total_bytes - IPV6_HEADER_BYTES));
}

/*
 * RFC 3948 section 2.1: no checksum over IPv4. Over IPv6 there must be one (RFC 8200
 * section 8.1): what RFC 6935 allows instead, a receiver need not take.
 */
static void finish_udp(const struct outer *o, uint8_t *at, uint32_t total_bytes)
{
	uint8_t *udp = at + o->ip_bytes;
	uint32_t bytes = total_bytes - o->ip_bytes;
	uint16_t checksum;

	put_u16(udp + UDP_LENGTH_AT, (uint16_t)bytes);
	if (o->ip_bytes != IPV6_HEADER_BYTES)
		return;
	checksum = ipv6_checksum(at, PROTO_UDP, udp, bytes);
	put_u16(udp + UDP_CHECKSUM_AT, checksum ? checksum : UINT16_MAX);
}

/* A copy of known length is a few instructions, of another one a call. */
void outer_put(const struct outer *o, uint8_t *esp, uint32_t total_bytes,
	       const struct ip_header *inner, uint16_t id)
{
	uint8_t *at = esp - o->bytes;

	memcpy(esp - OUTER_MAX, o->octets, OUTER_MAX);
	if (o->ip_bytes == IPV4_HEADER_BYTES)
		finish_v4(o, at, total_bytes, inner, id);
	else
		finish_v6(at, total_bytes, inner);
	if (o->bytes != o->ip_bytes)
		finish_udp(o, at, total_bytes);
}
