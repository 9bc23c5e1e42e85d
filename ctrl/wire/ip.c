// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/ip.h"

#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "include/proto.h"

bool ip_parse(struct slice octets, struct ip_header *out)
{
	if (!octets.len)
		return false;
	switch (octets.ptr[0] >> 4) {
	case 4:
		return ipv4_parse_summed(octets, out);
	case 6:
		return ipv6_parse(octets, out);
	}
	return false;
}

bool ip_parse_quote(struct slice octets, struct ip_header *out)
{
	if (!octets.len)
		return false;
	switch (octets.ptr[0] >> 4) {
	case 4:
		return ipv4_parse_quote(octets, out);
	case 6:
		return ipv6_parse_quote(octets, out);
	}
	return false;
}

uint32_t ip_least_bytes(uint8_t version)
{
	return version == 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
}

bool ip_has_ports(uint8_t protocol)
{
	switch (protocol) {
	case PROTO_ICMP:
	case PROTO_ICMPV6:
	case PROTO_TCP:
	case PROTO_UDP:
	case PROTO_SCTP:
	case PROTO_DCCP:
	case PROTO_UDPLITE:
	case PROTO_MH:
		return true;
	}
	return false;
}

void ip_build(uint8_t *at, const struct ip_header *h)
{
	if (h->version == 4)
		ipv4_build(at, h);
	else
		ipv6_build(at, h);
}

void ip_set_tos(uint8_t *header, uint8_t tos)
{
	if (header[0] >> 4 == 4)
		ipv4_set_tos(header, tos);
	else
		ipv6_set_tos(header, tos);
}

bool protocol_has_ports(uint8_t protocol)
{
	switch (protocol) {
	case PROTO_TCP:
	case PROTO_UDP:
	case PROTO_DCCP:
	case PROTO_SCTP:
	case PROTO_UDPLITE:
		return true;
	default:
		return false;
	}
}
