/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IPv6 header (RFC 8200 section 3), as much of it as a gateway needs, and
 * the extension headers that stand before what a selector asks for.
 *
 *     0               1               2               3
 *     |Version| Traffic class |              Flow label               |
 *     |        Payload length         |  Next header  |   Hop limit   |
 *     |                        Source address (16)                    |
 *     |                     Destination address (16)                  |
 *
 * Pure functions on bytes; any thread.
 */
#ifndef CYG_WIRE_IPV6_H
#define CYG_WIRE_IPV6_H

#include "ctrl/wire/ip.h"

/*
 * Is there a whole packet here? Version 6, as many octets as its payload length
 * claims, and extension headers that end inside of it; more octets may follow.
 * Hop-by-hop, routing, fragment and destination options headers are stepped
 * over, so many of them at most (IPV6_EXTENSIONS_MAX); behind a fragment that is not
 * the first there is none. A jumbogram (RFC 2675) is none of ours, nor is a
 * packet that carries an IPv4-mapped address: it would be taken for IPv4's.
 *
 * octets   from the first octet of the header
 * out      undefined when false
 */
MUST_CHECK bool ipv6_parse(struct slice octets, struct ip_header *out);

/* The same of a packet that may be cut behind its headers; total_bytes is what it
 * claims. */
MUST_CHECK bool ipv6_parse_quote(struct slice octets, struct ip_header *out);

/* Writes a header without extension headers, flow label 0, at `at`. */
void ipv6_build(uint8_t *at, const struct ip_header *h);

/* Another traffic class; the flow label stays. */
void ipv6_set_tos(uint8_t *header, uint8_t tos);

/*
 * The checksum of what is above IPv6, with the pseudo-header of RFC 8200 section
 * 8.1; 0 over what has a right one.
 *
 * header     of the packet; its addresses are read
 * protocol   PROTO_UDP, PROTO_ICMPV6, …
 * upper      with zeros in place of the checksum to make one
 */
uint16_t ipv6_checksum(const uint8_t *header, uint8_t protocol,
		       const void *upper, uint32_t bytes);

/*
 * One fragment of a packet that we built, a fragment header behind its IPv6
 * header (RFC 8200 section 4.5).
 *
 * at      room for the header, IPV6_FRAGMENT_BYTES and bytes; or that much
 *         before the packet's own place, for the first fragment
 * packet  from its header on, without extension headers; room
 * from    octets of its payload that come before, a multiple of 8
 * bytes   of its payload; a multiple of 8 but in the last fragment
 * id      the same in all of its fragments, and in no other's for long
 */
void ipv6_fragment(uint8_t *at, const uint8_t *packet, uint32_t from,
		   uint32_t bytes, uint32_t id);

#endif
