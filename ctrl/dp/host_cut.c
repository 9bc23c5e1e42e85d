// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/host_cut.h"

#include <string.h>

#include "ctrl/wire/ip.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define ID_AT	   4 /* RFC 791 section 3.1 */
#define LENGTH_AT  2 /* RFC 791 section 3.1 */
#define PAYLOAD_AT 4 /* RFC 8200 section 3: the length of what follows */

#define TCP_SEQ_AT	4 /* RFC 9293 section 3.1 */
#define TCP_OFFSET_AT	12
#define TCP_CONTROL_AT	13
#define TCP_CHECKSUM_AT 16
#define TCP_FIN_PSH	0x09 /* said with the last octet */
#define TCP_CWR		0x80 /* said once */

#define UDP_LENGTH_AT	4 /* RFC 768 */
#define UDP_CHECKSUM_AT 6

/* RFC 1071; both and the result in host order. */
static uint16_t sum_add(uint16_t a, uint16_t b)
{
	uint32_t sum = (uint32_t)a + b;

	return (uint16_t)((sum >> 16) + sum);
}

/* No checksum at all is what 0 means in UDP (RFC 768); in TCP both are right. */
static void put_checksum(uint8_t *at, uint16_t checksum)
{
	put_u16(at, checksum ? checksum : 0xffff);
}

bool host_complete(const struct virtio_net_hdr *vnet, uint8_t *frame,
		   uint32_t bytes)
{
	uint32_t from = vnet->csum_start;
	uint32_t at = from + vnet->csum_offset;

	if (!(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return true;
	if (from < ETH_HEADER_BYTES || at + 2 > bytes)
		return false;
	put_checksum(frame + at, ipv4_checksum(frame + from, bytes - from));
	return true;
}

/* Is it what the header says? UDP may be of either family. */
static bool is_of_type(const struct ip_header *ip, uint8_t gso_type)
{
	switch (gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return ip->version == 4 && ip->protocol == PROTO_TCP;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return ip->version == 6 && ip->protocol == PROTO_TCP;
	case VNET_GSO_UDP_L4:
		return ip->protocol == PROTO_UDP;
	}
	return false;
}

/* Octets of the header above IP; 0: there is none that is whole. */
static uint32_t l4_bytes(const struct host_cut *c)
{
	uint32_t room = c->end - c->l4_at, bytes;

	if (!c->tcp)
		return room < UDP_HEADER_BYTES ? 0 : UDP_HEADER_BYTES;
	if (room < TCP_HEADER_BYTES)
		return 0;
	bytes = (c->l3[c->l4_at + TCP_OFFSET_AT] >> 4) * 4U;
	return bytes < TCP_HEADER_BYTES || bytes > room ? 0 : bytes;
}

static uint32_t checksum_at(const struct host_cut *c)
{
	return c->l4_at + (c->tcp ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT);
}

bool host_cut_begin(struct host_cut *c, const struct virtio_net_hdr *vnet,
		    const uint8_t *frame, uint32_t bytes, uint32_t room)
{
	const uint8_t *l3 = frame + ETH_HEADER_BYTES;
	struct ip_header ip;
	uint32_t header;

	c->at = c->end = 0;
	if (bytes < ETH_HEADER_BYTES ||
	    !ip_parse(slice_of(l3, bytes - ETH_HEADER_BYTES), &ip) ||
	    ip.fragment & IPV4_FRAGMENT_MASK || !is_of_type(&ip, vnet->gso_type))
		return false;
	*c = (struct host_cut){
		.l3 = l3,
		.l4_at = ip.header_bytes,
		.end = ip.total_bytes,
		.at = ip.total_bytes,
		.size = vnet->gso_size,
		.version = ip.version,
		.tcp = ip.protocol == PROTO_TCP,
	};
	header = l4_bytes(c);
	c->payload_at = c->l4_at + header;
	if (!header || !c->size || c->payload_at + c->size > room ||
	    !(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	    vnet->csum_start != ETH_HEADER_BYTES + c->l4_at ||
	    (uint32_t)vnet->csum_start + vnet->csum_offset !=
		    ETH_HEADER_BYTES + checksum_at(c))
		return false;
	c->at = c->payload_at;
	c->pseudo = sum_add(get_u16(l3 + checksum_at(c)),
			    (uint16_t) ~(uint16_t)(c->end - c->l4_at));
	return c->at < c->end;
}

/* As if the host had sent one after the other. */
static void mend_ip(const struct host_cut *c, uint8_t *l3, uint32_t bytes)
{
	if (c->version == 6) {
		put_u16(l3 + PAYLOAD_AT, (uint16_t)(bytes - IPV6_HEADER_BYTES));
		return;
	}
	put_u16(l3 + LENGTH_AT, (uint16_t)bytes);
	put_u16(l3 + ID_AT, (uint16_t)(get_u16(l3 + ID_AT) + c->number));
	put_u16(l3 + IPV4_CHECKSUM_AT, 0);
	put_u16(l3 + IPV4_CHECKSUM_AT, ipv4_checksum(l3, c->l4_at));
}

static void mend_tcp(const struct host_cut *c, uint8_t *tcp, bool last)
{
	uint32_t before = c->at - c->payload_at;
	uint32_t seq = (uint32_t)get_u16(tcp + TCP_SEQ_AT) << 16 |
		       get_u16(tcp + TCP_SEQ_AT + 2);

	seq += before;
	put_u16(tcp + TCP_SEQ_AT, (uint16_t)(seq >> 16));
	put_u16(tcp + TCP_SEQ_AT + 2, (uint16_t)seq);
	if (c->number)
		tcp[TCP_CONTROL_AT] &= (uint8_t)~TCP_CWR;
	if (!last)
		tcp[TCP_CONTROL_AT] &= (uint8_t)~TCP_FIN_PSH;
}

uint32_t host_cut_next(struct host_cut *c, uint8_t *l3)
{
	uint32_t left = c->end - c->at;
	uint32_t part = left < c->size ? left : c->size;
	uint32_t bytes = c->payload_at + part, l4 = bytes - c->l4_at;
	uint8_t *checksum = l3 + checksum_at(c);

	memcpy(l3, c->l3, c->payload_at);
	memcpy(l3 + c->payload_at, c->l3 + c->at, part);
	mend_ip(c, l3, bytes);
	if (c->tcp)
		mend_tcp(c, l3 + c->l4_at, part == left);
	else
		put_u16(l3 + c->l4_at + UDP_LENGTH_AT, (uint16_t)l4);
	put_u16(checksum, sum_add(c->pseudo, (uint16_t)l4));
	put_checksum(checksum, ipv4_checksum(l3 + c->l4_at, l4));
	c->at += part;
	c->number++;
	return bytes;
}
