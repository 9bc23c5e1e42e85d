/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A large packet as the host gives it: four segments of TCP or UDP in one, with
 * the pseudo-header's sum in place of a checksum.
 */
#ifndef CYG_TESTS_UNIT_HOST_FIXTURE_H
#define CYG_TESTS_UNIT_HOST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/host_cut.h"
#include "ctrl/wire/ip.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"
#include "tests/support/packet.h"

#define SIZE	 1000U
#define PAYLOAD	 (3U * SIZE + 17U)
#define SEQ	 0xfffffff0U /* it goes on at 0 */
#define ID	 0xfffeU
#define ACK	 0x10
#define FIN	 0x01
#define CWR	 0x80
#define TCP_HEAD (TCP_HEADER_BYTES + 12U) /* with options */

struct large {
	struct virtio_net_hdr vnet;
	uint8_t frame[ETH_HEADER_BYTES + 60 + TCP_HEAD + PAYLOAD];
	uint32_t bytes;
	uint32_t l4_at; /* from the IP header */
	uint32_t head;	/* octets of TCP's or UDP's header */
	uint8_t protocol;
	struct ip_header ip;
};

static inline uint16_t pseudo_sum(const struct ip_header *ip, uint8_t protocol,
				  uint32_t bytes)
{
	uint8_t pseudo[40] = { 0 };

	memcpy(pseudo, &ip->saddr, 16);
	memcpy(pseudo + 16, &ip->daddr, 16);
	if (ip->version == 4) /* the octets of mapping are no part of it */
		memset(pseudo, 0, 12), memset(pseudo + 16, 0, 12);
	put_u16(pseudo + 34, (uint16_t)bytes);
	pseudo[39] = protocol;
	return (uint16_t)~ipv4_checksum(pseudo, sizeof(pseudo));
}

/* 0: the checksum above IP is right. */
static inline uint16_t fault(const uint8_t *l3, const struct ip_header *ip)
{
	uint32_t bytes = ip->total_bytes - ip->header_bytes;
	uint32_t sum = pseudo_sum(ip, ip->protocol, bytes);

	sum += (uint16_t)~ipv4_checksum(l3 + ip->header_bytes, bytes);
	return (uint16_t) ~(uint16_t)((sum >> 16) + sum);
}

static inline struct ip_header header_of(uint8_t version, uint8_t protocol)
{
	return (struct ip_header){
		.version = version,
		.id = ID,
		.fragment = IPV4_DF,
		.ttl = 64,
		.protocol = protocol,
		.saddr = addr_of(version == 4 ? "10.1.0.5" : "2001:db8:1::5"),
		.daddr = addr_of(version == 4 ? "10.2.0.7" : "2001:db8:2::7"),
	};
}

static inline void put_head(struct large *l)
{
	uint8_t *l4 = l->frame + ETH_HEADER_BYTES + l->l4_at;

	memset(l4, 0, l->head);
	put_u16(l4, 5001);
	put_u16(l4 + 2, 80);
	if (l->protocol == PROTO_UDP) {
		put_u16(l4 + 4, (uint16_t)(l->head + PAYLOAD));
		return;
	}
	put_u16(l4 + 4, SEQ >> 16);
	put_u16(l4 + 6, SEQ & 0xffff);
	l4[12] = TCP_HEAD / 4 << 4;
	l4[13] = ACK | FIN | CWR;
	memset(l4 + TCP_HEADER_BYTES, TCP_OPT_NOP, TCP_HEAD - TCP_HEADER_BYTES);
}

static inline struct large large(uint8_t version, uint8_t protocol)
{
	struct large l = { .protocol = protocol,
			   .l4_at = ip_least_bytes(version) };
	uint32_t checksum_at = protocol == PROTO_TCP ? 16 : 6;
	uint8_t *l3 = l.frame + ETH_HEADER_BYTES;

	l.head = protocol == PROTO_TCP ? TCP_HEAD : UDP_HEADER_BYTES;
	l.ip = header_of(version, protocol);
	l.ip.total_bytes = l.l4_at + l.head + PAYLOAD;
	l.bytes = ETH_HEADER_BYTES + l.ip.total_bytes;
	ip_build(l3, &l.ip);
	put_head(&l);
	for (uint32_t i = 0; i < PAYLOAD; i++)
		l3[l.l4_at + l.head + i] = (uint8_t)(i * 7 + i / 256);
	put_u16(l3 + l.l4_at + checksum_at,
		pseudo_sum(&l.ip, protocol, l.head + PAYLOAD));
	l.vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = protocol == PROTO_UDP ? VNET_GSO_UDP_L4
			    : version == 4	  ? VIRTIO_NET_HDR_GSO_TCPV4
						  : VIRTIO_NET_HDR_GSO_TCPV6,
		.gso_size = SIZE,
		.csum_start = (uint16_t)(ETH_HEADER_BYTES + l.l4_at),
		.csum_offset = (uint16_t)checksum_at,
	};
	return l;
}

#endif
