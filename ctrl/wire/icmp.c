// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/icmp.h"

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define CHECKSUM_OFF 2

/* What is not known as a question or its answer may be an error. */
static bool may_be_error(struct slice packet, const struct ip_header *h)
{
	struct slice headers;
	uint8_t type;

	if (h->protocol != PROTO_ICMP)
		return false;
	if (!rd_slice(&packet, h->header_bytes, &headers) ||
	    !rd_u8(&packet, &type))
		return true;
	return type != ICMP_ECHO && type != ICMP_ECHO_REPLY &&
	       type != ICMP_TIMESTAMP && type != ICMP_TIMESTAMP_REPLY;
}

/* 0.0.0.0/8, 127.0.0.0/8, and from 224.0.0.0 on: multicast, reserved, broadcast. */
static bool may_answer_v4(struct slice packet, const struct ip_header *h)
{
	uint8_t from = h->saddr.octets[ADDR_V4_AT];
	uint8_t to = h->daddr.octets[ADDR_V4_AT];

	return !(h->fragment & IPV4_OFFSET_MASK) && from != 0 && from != 127 &&
	       from < 224 && to < 224 && !may_be_error(packet, h);
}

/* In a later fragment, what looks like a type is none. */
static bool may_be_error_v6(struct slice packet, const struct ip_header *h)
{
	struct slice headers;
	uint8_t type;

	if (h->protocol != PROTO_ICMPV6)
		return false;
	if (h->fragment & IPV4_OFFSET_MASK ||
	    !rd_slice(&packet, h->header_bytes, &headers) ||
	    !rd_u8(&packet, &type))
		return true;
	return type < ICMPV6_INFO_MIN || type == ICMPV6_REDIRECT;
}

/* ::, ::1, ff00::/8. */
static bool may_answer_v6(struct slice packet, const struct ip_header *h)
{
	static const struct addr loopback = { .octets = { [15] = 1 } };

	return !addr_is_none(&h->saddr) && !addr_equal(&h->saddr, &loopback) &&
	       h->saddr.octets[0] != 0xff && !may_be_error_v6(packet, h);
}

bool icmp_may_answer(struct slice packet, const struct ip_header *h)
{
	return h->version == 4 ? may_answer_v4(packet, h)
			       : may_answer_v6(packet, h);
}

static bool is_error_type(uint8_t type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH ||
	       type == ICMP_REDIRECT || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETER_PROBLEM;
}

/* false: it is not ICMP of its family, or shows no type. */
static bool read_type(struct slice packet, const struct ip_header *h,
		      uint8_t *type)
{
	struct slice headers;

	return h->protocol == (h->version == 4 ? PROTO_ICMP : PROTO_ICMPV6) &&
	       !(h->fragment & IPV4_OFFSET_MASK) &&
	       rd_slice(&packet, h->header_bytes, &headers) &&
	       rd_u8(&packet, type);
}

bool icmp_is_error(struct slice packet, const struct ip_header *h)
{
	uint8_t type;

	if (!read_type(packet, h, &type))
		return false;
	return h->version == 4 ? is_error_type(type) : type < ICMPV6_INFO_MIN;
}

bool icmp_is_redirect(struct slice packet, const struct ip_header *h)
{
	uint8_t type;

	return read_type(packet, h, &type) &&
	       type == (h->version == 4 ? ICMP_REDIRECT : ICMPV6_REDIRECT);
}

static size_t quoted(size_t error_max, uint8_t version, size_t bytes)
{
	size_t room = error_max - ip_least_bytes(version) - ICMP_HEADER_BYTES;

	return bytes < room ? bytes : room;
}

uint32_t icmp_too_big(uint8_t *at, struct slice packet, uint8_t version,
		      uint32_t mtu)
{
	struct builder b = wr_init(at, ICMP_ERROR_PAYLOAD_MAX);
	bool v4 = version == 4;

	wr_u8(&b, v4 ? ICMP_UNREACHABLE : ICMPV6_TOO_BIG);
	wr_u8(&b, v4 ? ICMP_FRAG_NEEDED : 0);
	wr_u16(&b, 0);	 /* checksum */
	wr_u32(&b, mtu); /* of IPv4, the first two octets are unused, and 0 */
	wr_bytes(&b, packet.ptr,
		 quoted(v4 ? ICMP_ERROR_MAX : ICMPV6_ERROR_MAX, version,
			packet.len));
	return (uint32_t)b.len;
}

void icmp_build(uint8_t *l3, const struct ip_header *h)
{
	uint32_t header = ip_least_bytes(h->version);
	uint32_t bytes = h->total_bytes - header;
	uint8_t *icmp = l3 + header;

	ip_build(l3, h);
	put_u16(icmp + CHECKSUM_OFF, 0);
	put_u16(icmp + CHECKSUM_OFF,
		h->version == 4 ? ipv4_checksum(icmp, bytes)
				: ipv6_checksum(l3, PROTO_ICMPV6, icmp, bytes));
}
