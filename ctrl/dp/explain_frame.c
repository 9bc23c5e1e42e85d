// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/explain_frame.h"

#include <net/ethernet.h>
#include <string.h>

#include "ctrl/wire/ip.h"
#include "ctrl/wire/octets.h"

#define TTL 64

#define UDP_LENGTH_AT 4	   /* RFC 768 */
#define TCP_OFFSET_AT 12   /* RFC 9293 section 3.1 */
#define TCP_OFFSET    0x50 /* five words: no options */

static uint8_t version_of(const struct explain_question *q)
{
	return addr_is_v4(&q->source) ? 4 : 6;
}

static void put_u32(uint8_t *at, uint32_t v)
{
	put_u16(at, (uint16_t)(v >> 16));
	put_u16(at + 2, (uint16_t)v);
}

/* Nobody looks at its checksum. */
static void put_upper(const struct explain_question *q, uint8_t *at)
{
	switch (q->protocol) {
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		at[0] = (uint8_t)q->source_port;
		at[1] = (uint8_t)q->destination_port;
		return;
	case PROTO_ESP:
		put_u32(at, q->spi);
		return;
	case PROTO_AH:
		put_u32(at + AH_SPI_AT, q->spi);
		return;
	case PROTO_UDP:
		put_u16(at + UDP_LENGTH_AT, EXPLAIN_UPPER_BYTES);
		break;
	case PROTO_TCP:
		at[TCP_OFFSET_AT] = TCP_OFFSET;
		break;
	}
	put_u16(at, q->source_port);
	put_u16(at + 2, q->destination_port);
}

/* The EtherType follows. */
static uint8_t *put_link(const struct iface *iface, uint8_t *at)
{
	if (iface)
		memcpy(at, iface->mac, sizeof(iface->mac));
	at += ETH_HEADER_BYTES - ETH_TYPE_BYTES;
	for (uint32_t i = 0; iface && i < iface->n_tags && i < VLAN_TAGS_MAX;
	     i++) {
		put_u16(at, iface->tag[i].tpid);
		put_u16(at + 2, iface->tag[i].vid);
		at += VLAN_HEADER_BYTES;
	}
	return at;
}

uint32_t explain_frame(const struct explain_question *q,
		       const struct iface *iface, uint8_t out[EXPLAIN_FRAME_MAX])
{
	const struct ip_header ip = {
		.version = version_of(q),
		.total_bytes =
			ip_least_bytes(version_of(q)) + EXPLAIN_UPPER_BYTES,
		.ttl = TTL,
		.protocol = q->protocol,
		.saddr = q->source,
		.daddr = q->destination,
	};
	uint8_t *at;

	memset(out, 0, EXPLAIN_FRAME_MAX);
	at = put_link(iface, out);
	put_u16(at, ip.version == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	at += ETH_TYPE_BYTES;
	ip_build(at, &ip);
	put_upper(q, at + ip_least_bytes(ip.version));
	return (uint32_t)(at - out) + ip.total_bytes;
}
