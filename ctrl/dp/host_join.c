// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/host_join.h"

#include <string.h>

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define IPV4_LENGTH_AT	2 /* RFC 791 section 3.1 */
#define IPV4_ADDRS_AT	12
#define IPV6_PAYLOAD_AT 4 /* RFC 8200 section 3 */
#define IPV6_ADDRS_AT	8

#define TCP_SEQ_AT	4 /* RFC 9293 section 3.1 */
#define TCP_ACK_AT	8
#define TCP_OFFSET_AT	12
#define TCP_CONTROL_AT	13
#define TCP_WINDOW_AT	14
#define TCP_CHECKSUM_AT 16
#define TCP_ACK		0x10
#define TCP_PSH		0x08

#define JOIN_MAX 65535U /* what IPv4's length can say */

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)get_u16(at) << 16 | get_u16(at + 2);
}

/* RFC 9293 section 3.1: over addresses, protocol and length; host order. */
static uint16_t pseudo_sum(const uint8_t *l3, uint8_t version, uint32_t bytes)
{
	uint32_t sum = bytes + PROTO_TCP;

	sum += (uint16_t)~ipv4_checksum(l3 + (version == 4 ? IPV4_ADDRS_AT
							   : IPV6_ADDRS_AT),
					version == 4 ? 8 : 32);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)((sum >> 16) + sum);
}

static bool checksum_is_right(const uint8_t *l3, const struct ip_header *ip)
{
	uint32_t bytes = ip->total_bytes - ip->header_bytes;
	uint32_t sum = pseudo_sum(l3, ip->version, bytes);

	sum += (uint16_t)~ipv4_checksum(l3 + ip->header_bytes, bytes);
	return (uint16_t)((sum >> 16) + sum) == 0xffff;
}

/* Octets of both headers of a segment that may be one of several; 0: it may not.
 * Without options of IP, and with nothing said but ACK and PSH. */
static uint32_t header_of(const uint8_t *l3, const struct ip_header *ip)
{
	uint32_t at = ip_least_bytes(ip->version), header;

	if (ip->protocol != PROTO_TCP || ip->header_bytes != at ||
	    ip->fragment != IPV4_DF || ip->total_bytes < at + TCP_HEADER_BYTES ||
	    (l3[at + TCP_CONTROL_AT] & ~TCP_PSH) != TCP_ACK)
		return 0;
	header = at + (l3[at + TCP_OFFSET_AT] >> 4) * 4U;
	if (header < at + TCP_HEADER_BYTES || header >= ip->total_bytes ||
	    !checksum_is_right(l3, ip))
		return 0;
	return header;
}

/* Are they equal, but for what differs from segment to segment? The number of a
 * packet of IPv4 that is never cut says nothing (RFC 6864 section 4.1). */
static bool is_alike(const struct host_join *j, const uint8_t *l3)
{
	const uint8_t *first = j->l3, *tcp = l3 + j->l4_at;
	const uint8_t *first_tcp = first + j->l4_at;
	bool ip_is;

	if (first[0] >> 4 == 4)
		ip_is = first[0] == l3[0] && first[1] == l3[1] &&
			memcmp(first + 6, l3 + 6, 4) == 0 &&
			memcmp(first + IPV4_ADDRS_AT, l3 + IPV4_ADDRS_AT, 8) ==
				0;
	else
		ip_is = memcmp(first, l3, IPV6_PAYLOAD_AT) == 0 &&
			memcmp(first + 6, l3 + 6, IPV6_HEADER_BYTES - 6) == 0;
	return ip_is && memcmp(first_tcp, tcp, TCP_SEQ_AT) == 0 &&
	       memcmp(first_tcp + TCP_ACK_AT, tcp + TCP_ACK_AT, 4) == 0 &&
	       first_tcp[TCP_OFFSET_AT] == tcp[TCP_OFFSET_AT] &&
	       memcmp(first_tcp + TCP_WINDOW_AT, tcp + TCP_WINDOW_AT, 2) == 0 &&
	       memcmp(first_tcp + TCP_HEADER_BYTES, tcp + TCP_HEADER_BYTES,
		      j->header - j->l4_at - TCP_HEADER_BYTES) == 0;
}

bool host_join_begin(struct host_join *j, uint8_t *l3,
		     const struct ip_header *ip)
{
	uint32_t header = header_of(l3, ip);

	j->bytes = 0;
	if (!header || l3[ip->header_bytes + TCP_CONTROL_AT] & TCP_PSH)
		return false;
	*j = (struct host_join){
		.l3 = l3,
		.bytes = ip->total_bytes,
		.header = header,
		.l4_at = ip->header_bytes,
		.size = ip->total_bytes - header,
		.seq = get_u32(l3 + ip->header_bytes + TCP_SEQ_AT) +
		       ip->total_bytes - header,
		.n = 1,
	};
	return true;
}

bool host_join_add(struct host_join *j, const uint8_t *l3,
		   const struct ip_header *ip)
{
	const uint8_t *tcp = l3 + j->l4_at;
	uint32_t part = ip->total_bytes - j->header;

	if (!j->bytes || j->is_complete || ip->total_bytes <= j->header ||
	    ip->header_bytes != j->l4_at || part > j->size ||
	    j->bytes + part > JOIN_MAX || !is_alike(j, l3) ||
	    get_u32(tcp + TCP_SEQ_AT) != j->seq ||
	    header_of(l3, ip) != j->header)
		return false;
	j->bytes += part;
	j->seq += part;
	j->n++;
	if (part < j->size || tcp[TCP_CONTROL_AT] & TCP_PSH)
		j->is_complete = true;
	j->l3[j->l4_at + TCP_CONTROL_AT] |= tcp[TCP_CONTROL_AT];
	return true;
}

void host_join_end(struct host_join *j, struct virtio_net_hdr *vnet)
{
	uint8_t version = j->l3[0] >> 4;
	uint32_t at = j->l4_at + TCP_CHECKSUM_AT;

	if (version == 4) {
		put_u16(j->l3 + IPV4_LENGTH_AT, (uint16_t)j->bytes);
		put_u16(j->l3 + IPV4_CHECKSUM_AT, 0);
		put_u16(j->l3 + IPV4_CHECKSUM_AT,
			ipv4_checksum(j->l3, j->l4_at));
	} else {
		put_u16(j->l3 + IPV6_PAYLOAD_AT,
			(uint16_t)(j->bytes - IPV6_HEADER_BYTES));
	}
	put_u16(j->l3 + at, pseudo_sum(j->l3, version, j->bytes - j->l4_at));
	*vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
					 : VIRTIO_NET_HDR_GSO_TCPV6,
		.hdr_len = (uint16_t)(ETH_HEADER_BYTES + j->header),
		.gso_size = (uint16_t)j->size,
		.csum_start = (uint16_t)(ETH_HEADER_BYTES + j->l4_at),
		.csum_offset = TCP_CHECKSUM_AT,
	};
}
