/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a router does to every packet: one less in the TTL (RFC 1812 section
 * 5.3.1) or hop limit (RFC 8200 section 3). Inline, for that reason. Pure; any
 * thread.
 */
#ifndef CYG_WIRE_HOP_H
#define CYG_WIRE_HOP_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "include/proto.h"

#define IPV4_TTL_AT 8

/*
 * One less in the TTL, and the checksum mended for it without a look at the rest,
 * so that a wrong one stays wrong.
 *
 * header   with a TTL above 0; whether it is still above 0 afterwards is the
 *          caller's question
 *
 * RFC 1624's HC' = ~(~HC + ~m + m') is HC + 1 in the TTL's octet, of which no TTL
 * above 0 makes a difference; in the machine's order the carry goes around alike
 * (RFC 1071 section 2 (B)).
 */
static inline void ipv4_ttl_decrement(uint8_t *header)
{
	uint16_t checksum;
	uint32_t sum;

	memcpy(&checksum, header + IPV4_CHECKSUM_AT, sizeof(checksum));
	sum = (uint32_t)checksum + htons(1U << 8);
	checksum = (uint16_t)(sum + (sum >= UINT16_MAX));
	memcpy(header + IPV4_CHECKSUM_AT, &checksum, sizeof(checksum));
	header[IPV4_TTL_AT]--;
}

/* The same of either family. */
static inline void ip_hop(uint8_t *header)
{
	if (header[0] >> 4 == 4)
		ipv4_ttl_decrement(header);
	else
		header[IPV6_HOP_LIMIT_AT]--;
}

#endif
