/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transport mode's surgery on an IP header (RFC 4303 section 3.1.1, RFC 4302
 * section 3.1.1): where a security header goes in, what the header before it
 * says then, and what it says when the security header is out again.
 *
 *     IPv4   | header, options | ESP or AH | TCP …
 *     IPv6   | header, hop-by-hop, routing, fragment | ESP or AH | destination
 *            | options | TCP …
 *
 * Pure functions on bytes; any thread.
 */
#ifndef CYG_WIRE_TRANSPORT_H
#define CYG_WIRE_TRANSPORT_H

#include "ctrl/wire/ip.h"

/* Between two headers of a packet. */
struct ip_place {
	uint16_t at;	  /* octets that stand before it */
	uint16_t next_at; /* the octet among these that says what follows */
};

/*
 * Where what is above IP begins: behind all that ip_parse() stepped over.
 *
 * packet   from its header on, of which ip was parsed
 */
struct ip_place ip_place_upper(const uint8_t *packet,
			       const struct ip_header *ip);

/*
 * Where a security header goes in: behind IPv4's options, and behind those
 * extension headers of IPv6 that are looked at on the way. Options for the
 * destination alone come behind it, as what is protected.
 */
struct ip_place ip_place_security(const uint8_t *packet,
				  const struct ip_header *ip);

/*
 * Says in the header what follows at that place, and how long the packet is;
 * IPv4's checksum is mended for it, so that a wrong one stays wrong.
 *
 * header        place->at octets of it; more are not touched
 * total_bytes   65,535 at most, IPv6's own header not counted
 */
void ip_set_next(uint8_t *header, const struct ip_place *place,
		 uint8_t protocol, uint32_t total_bytes);

/*
 * The checksum of TCP or UDP anew, for the addresses that the packet has now
 * (RFC 3948 section 3.1.2). A sender of UDP over IPv4 that made none gets none;
 * what is cut short or says another length stays as it is.
 *
 * packet   whole, and no fragment, of which ip was parsed
 */
void ip_sum_upper(uint8_t *packet, const struct ip_header *ip);

#endif
