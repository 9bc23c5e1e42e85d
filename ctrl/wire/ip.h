/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header of an IP packet of either family, as much of it as a gateway needs,
 * and what is done to it whichever it is. ipv4.h and ipv6.h have what only one
 * of them has. Pure functions on bytes; any thread.
 */
#ifndef CYG_WIRE_IP_H
#define CYG_WIRE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/base/slice.h"
#include "ctrl/wire/hop.h"

struct ip_header {
	struct addr saddr;
	struct addr daddr;
	uint32_t total_bytes; /* all headers and payload */
	/* To what is above IP: with IPv4's options, with IPv6's extension
	 * headers. */
	uint16_t header_bytes;
	/* Flags and offset as IPv4 has them: IPV4_DF, IPV4_MF,
	 * IPV4_OFFSET_MASK. IPv6 always says IPV4_DF: only its sender cuts it. */
	uint16_t fragment;
	uint16_t id;	 /* IPv4 alone */
	uint8_t version; /* 4 or 6 */
	uint8_t tos; /* or traffic class: DSCP and ECN (RFC 2474, RFC 3168) */
	uint8_t ttl; /* or hop limit */
	uint8_t protocol; /* behind extension headers */
	/* Whoever is addressed is to send it on: an option of IPv4 (RFC 791
	 * section 3.1), segments left of IPv6 (RFC 8200 section 4.4). */
	bool source_route;
};

_Static_assert(sizeof(struct ip_header) == 48,
	       "part of every packet of a batch");

/*
 * Is there a whole packet of either family here, with a header that is right,
 * IPv4's checksum included (RFC 1812 section 5.2.2)? See ipv4_parse() and
 * ipv6_parse().
 *
 * octets   from the first octet of the header; more may follow the packet
 * out      undefined when false
 */
MUST_CHECK bool ip_parse(struct slice octets, struct ip_header *out);

/*
 * The same of what an ICMP error quotes: the packet may be cut behind its headers,
 * and whoever changed it on its way may have left IPv4's checksum as it was.
 * total_bytes is what it claims.
 */
MUST_CHECK bool ip_parse_quote(struct slice octets, struct ip_header *out);

/* Octets of a header without options and extension headers. */
uint32_t ip_least_bytes(uint8_t version);

/* Are the first octets of what is above IP ports, or do they have a type? */
bool ip_has_ports(uint8_t protocol);

/*
 * Writes such a header at `at`, by version, total_bytes, tos, ttl, protocol and
 * addresses; IPv4's also by id and fragment.
 */
void ip_build(uint8_t *at, const struct ip_header *h);

/* Another TOS or traffic class; IPv4's checksum is mended for it. */
void ip_set_tos(uint8_t *header, uint8_t tos);

/* Has it ports, which a selector may name? */
bool protocol_has_ports(uint8_t protocol);

#endif
