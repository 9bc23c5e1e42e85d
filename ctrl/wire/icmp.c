// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/icmp.h"

#include <arpa/inet.h>

#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define CHECKSUM_OFF 2

/* 0.0.0.0/8, 127.0.0.0/8, and from 224.0.0.0 on: multicast, reserved, broadcast. */
static bool is_one_host(uint32_t addr_be)
{
	uint32_t first = ntohl(addr_be) >> 24;

	return first != 0 && first != 127 && first < 224;
}

/* What is not known as a question or its answer may be an error. */
static bool may_be_error(struct slice packet, const struct ipv4 *h)
{
	struct slice header;
	uint8_t type;

	if (h->protocol != PROTO_ICMP)
		return false;
	if (!rd_slice(&packet, h->header_bytes, &header) ||
	    !rd_u8(&packet, &type))
		return true;
	return type != ICMP_ECHO && type != ICMP_ECHO_REPLY &&
	       type != ICMP_TIMESTAMP && type != ICMP_TIMESTAMP_REPLY;
}

bool icmp_may_answer(struct slice packet, const struct ipv4 *h)
{
	return !(h->fragment & IPV4_OFFSET_MASK) && is_one_host(h->saddr_be) &&
	       ntohl(h->daddr_be) >> 24 < 224 && !may_be_error(packet, h);
}

uint32_t icmp_frag_needed(uint8_t *at, struct slice packet, uint16_t mtu)
{
	struct builder b = wr_init(at, ICMP_ERROR_PAYLOAD_MAX);
	size_t room = ICMP_ERROR_PAYLOAD_MAX - ICMP_HEADER_BYTES;
	uint16_t checksum;

	wr_u8(&b, ICMP_UNREACHABLE);
	wr_u8(&b, ICMP_FRAG_NEEDED);
	wr_u16(&b, 0); /* checksum */
	wr_u16(&b, 0); /* unused */
	wr_u16(&b, mtu);
	wr_bytes(&b, packet.ptr, packet.len < room ? packet.len : room);
	checksum = ipv4_checksum(at, b.len);
	put_u16(at + CHECKSUM_OFF, checksum);
	return (uint32_t)b.len;
}
