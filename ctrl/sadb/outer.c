// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/outer.h"

#include <string.h>

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "ctrl/wire/octets.h"

#define OUTER_TTL 64

#define IPV4_TTL_AT 8
#define IPV6_TTL_AT 7

#define IPV4_DADDR_AT 16
#define IPV6_DADDR_AT 24

#define UDP_DPORT_AT	2
#define UDP_LENGTH_AT	4
#define UDP_CHECKSUM_AT 6

#define DSCP_MASK  0xfc /* RFC 2474 section 3: in TOS or traffic class */
#define DSCP_SHIFT 2

static void take_conf(struct outer *o, const struct sadb_outer *conf)
{
	o->tos_copied = (uint8_t)((conf->dscp_is_set ? 0 : DSCP_MASK) |
				  (conf->no_ecn ? 0 : ECN_MASK));
	o->tos_taken = (uint8_t)((conf->dscp_in ? DSCP_MASK : 0) |
				 (conf->no_ecn ? 0 : ECN_MASK));
	if (conf->dscp_is_set)
		o->tos_set = (uint8_t)(conf->dscp << DSCP_SHIFT);
	o->df_copied = conf->df == SADB_DF_COPY ? IPV4_DF : 0;
	o->df_set = conf->df == SADB_DF_SET ? IPV4_DF : 0;
}

void outer_init(struct outer *o, uint8_t protocol, const struct addr *saddr,
		const struct addr *daddr, uint16_t sport_be, uint16_t dport_be,
		const struct sadb_outer *conf)
{
	static const struct sadb_outer none = { 0 };
	struct ip_header ip = {
		.version = addr_is_v4(saddr) ? 4 : 6,
		.ttl = conf && conf->ttl ? conf->ttl : OUTER_TTL,
		.protocol = protocol,
		.saddr = *saddr,
		.daddr = *daddr,
	};

	uint8_t *at;

	memset(o, 0, sizeof(*o));
	take_conf(o, conf ? conf : &none);
	o->ip_bytes = (uint8_t)ip_least_bytes(ip.version);
	o->bytes = (uint8_t)(o->ip_bytes +
			     (protocol == PROTO_UDP ? UDP_HEADER_BYTES : 0));
	at = o->octets + OUTER_MAX - o->bytes;
	ip.total_bytes = ip.version == 4 ? 0 : o->ip_bytes;
	ip_build(at, &ip);
	if (ip.version == 4)
		o->sum = (uint16_t)~get_u16(at + IPV4_CHECKSUM_AT);
	if (protocol != PROTO_UDP)
		return;
	memcpy(at + o->ip_bytes, &sport_be, 2);
	memcpy(at + o->ip_bytes + 2, &dport_be, 2);
}

void outer_move(struct outer *o, uint8_t protocol, const struct addr *saddr,
		const struct addr *daddr, uint16_t sport_be, uint16_t dport_be)
{
	const struct outer was = *o;
	const uint8_t *at = was.octets + OUTER_MAX - was.bytes;
	const struct sadb_outer conf = {
		.ttl = at[was.ip_bytes == IPV4_HEADER_BYTES ? IPV4_TTL_AT
							    : IPV6_TTL_AT],
	};

	outer_init(o, protocol, saddr, daddr, sport_be, dport_be, &conf);
	o->df_copied = was.df_copied;
	o->df_set = was.df_set;
	o->tos_copied = was.tos_copied;
	o->tos_set = was.tos_set;
	o->tos_taken = was.tos_taken;
}

void outer_turn(struct outer *o, const struct addr *daddr, uint16_t dport_be)
{
	uint8_t *at = o->octets + OUTER_MAX - o->bytes;
	uint16_t sum;

	memcpy(at + o->ip_bytes + UDP_DPORT_AT, &dport_be, sizeof(dport_be));
	if (o->ip_bytes == IPV6_HEADER_BYTES) {
		memcpy(at + IPV6_DADDR_AT, daddr->octets, sizeof(daddr->octets));
		return;
	}
	memcpy(at + IPV4_DADDR_AT, daddr->octets + 12, 4);
	put_u16(at + IPV4_CHECKSUM_AT, 0);
	sum = ipv4_checksum(at, IPV4_HEADER_BYTES);
	put_u16(at + IPV4_CHECKSUM_AT, sum);
	o->sum = (uint16_t)~sum;
}

static void finish_v6(const struct outer *o, uint8_t *at, uint32_t total_bytes,
		      const struct ip_header *inner)
{
	ipv6_set_tos(at, outer_tos(o, inner));
	put_u16(at + 4, (uint16_t)(total_bytes - IPV6_HEADER_BYTES));
}

/*
 * RFC 3948 section 2.1: no checksum over IPv4. Over IPv6 there must be one (RFC 8200
 * section 8.1): what RFC 6935 allows instead, a receiver need not take.
 */
void outer_finish_udp(const uint8_t *header, uint8_t *udp, uint32_t bytes)
{
	uint16_t checksum;

	put_u16(udp + UDP_LENGTH_AT, (uint16_t)bytes);
	if (header[0] >> 4 == 4)
		return;
	checksum = ipv6_checksum(header, PROTO_UDP, udp, bytes);
	put_u16(udp + UDP_CHECKSUM_AT, checksum ? checksum : UINT16_MAX);
}

/* A copy of known length is a few instructions, of another one a call. */
void outer_put_long(const struct outer *o, uint8_t *esp, uint32_t total_bytes,
		    const struct ip_header *inner, uint16_t id)
{
	uint8_t *at = esp - o->bytes;

	memcpy(esp - OUTER_MAX, o->octets, OUTER_MAX);
	if (o->ip_bytes == IPV4_HEADER_BYTES)
		outer_finish_v4(o, at, total_bytes, inner, id);
	else
		finish_v6(o, at, total_bytes, inner);
	if (o->bytes != o->ip_bytes)
		outer_finish_udp(at, at + o->ip_bytes,
				 total_bytes - o->ip_bytes);
}

#define UNUSED 0x40
#define LOST   0x80

/* RFC 6040 section 4.2, figure 4: what the inner field becomes, by the inner one
 * and the outer one. Unused there are those with marks of exclamation. */
static const uint8_t ecn_taken[ECN_MASK + 1][ECN_MASK + 1] = {
	[ECN_NOT_ECT] = { [ECN_NOT_ECT] = ECN_NOT_ECT,
			  [ECN_ECT_0] = ECN_NOT_ECT | UNUSED,
			  [ECN_ECT_1] = ECN_NOT_ECT | UNUSED,
			  [ECN_CE] = LOST },
	[ECN_ECT_0] = { [ECN_NOT_ECT] = ECN_ECT_0,
			[ECN_ECT_0] = ECN_ECT_0,
			[ECN_ECT_1] = ECN_ECT_1,
			[ECN_CE] = ECN_CE },
	[ECN_ECT_1] = { [ECN_NOT_ECT] = ECN_ECT_1,
			[ECN_ECT_0] = ECN_ECT_1 | UNUSED,
			[ECN_ECT_1] = ECN_ECT_1,
			[ECN_CE] = ECN_CE },
	[ECN_CE] = { [ECN_NOT_ECT] = ECN_CE,
		     [ECN_ECT_0] = ECN_CE,
		     [ECN_ECT_1] = ECN_CE | UNUSED,
		     [ECN_CE] = ECN_CE },
};

enum outer_ecn outer_take(const struct outer *o, uint8_t outer_tos, uint8_t *tos)
{
	uint8_t ecn = ecn_taken[*tos & ECN_MASK][outer_tos & ECN_MASK];
	uint8_t got = (outer_tos & DSCP_MASK) | (ecn & ECN_MASK);

	if (!(o->tos_taken & ECN_MASK))
		ecn = 0;
	if (ecn & LOST)
		return OUTER_ECN_LOST;
	*tos = (*tos & (uint8_t)~o->tos_taken) | (got & o->tos_taken);
	return ecn & UNUSED ? OUTER_ECN_UNUSED : OUTER_ECN_FINE;
}
