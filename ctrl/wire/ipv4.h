/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IPv4 header (RFC 791 section 3.1), as much of it as a gateway needs.
 * Pure functions on bytes; any thread.
 *
 *     0               1               2               3
 *     |Version|  IHL  |      TOS      |         Total length          |
 *     |        Identification         |Flags|     Fragment offset     |
 *     |      TTL      |   Protocol    |        Header checksum        |
 *     |                        Source address                         |
 *     |                      Destination address                      |
 */
#ifndef CYG_WIRE_IPV4_H
#define CYG_WIRE_IPV4_H

#include <stddef.h>

#include "ctrl/wire/ip.h"

/*
 * Is there a whole packet here? Version 4, a header that is not shorter than
 * 20 octets, and as many octets as the packet claims; more may follow, such
 * as Ethernet padding. Of its options, a source route is told.
 *
 * octets   from the first octet of the header
 * out      written only when true
 *
 * The checksum is not looked at: ipv4_checksum() over the header is 0 when it
 * is right.
 */
MUST_CHECK bool ipv4_parse(struct slice octets, struct ip_header *out);

/* The same of a packet that may be cut behind its header; total_bytes is what it
 * claims. */
MUST_CHECK bool ipv4_parse_quote(struct slice octets, struct ip_header *out);

/* The same, and the checksum is right. out: undefined when false. */
MUST_CHECK bool ipv4_parse_summed(struct slice octets, struct ip_header *out);

/*
 * Writes a header without options, checksum included: 20 octets at `at`.
 * version and header_bytes are not read.
 */
void ipv4_build(uint8_t *at, const struct ip_header *h);

/*
 * The Internet checksum (RFC 1071), host order. An odd last octet counts as
 * if a zero followed.
 *
 * header   with zeros in place of the checksum to make one; with the checksum
 *          in its place to verify it, which gives 0
 */
uint16_t ipv4_checksum(const void *header, size_t bytes);

/*
 * What a checksum becomes when one 16-bit word of what it covers gets another
 * value (RFC 1624, equation 3): a wrong one stays wrong.
 *
 * checksum   all three in host order
 */
uint16_t ipv4_checksum_mend(uint16_t checksum, uint16_t was, uint16_t now);

/*
 * One fragment of a packet, checksum included (RFC 791 section 3.2). The packet
 * may be a fragment itself. Options that belong into the first fragment alone
 * are blanked in the others.
 *
 * at      room for h->header_bytes and bytes; the packet's own place when it is
 *         the first fragment
 * packet  from the first octet of its header
 * h       of that packet, as parsed; with a right checksum
 * from    octets of its payload that come before, a multiple of 8
 * bytes   of its payload; a multiple of 8 but in the last fragment
 */
void ipv4_fragment(uint8_t *at, const uint8_t *packet,
		   const struct ip_header *h, uint32_t from, uint32_t bytes);

/*
 * Another value in one 16-bit word of the header, at that octet, and the checksum
 * mended for it without a look at the rest, so that a wrong one stays wrong (RFC
 * 1624).
 */
void ipv4_set_word(uint8_t *header, uint32_t at, uint16_t word);

/* Another TOS, and the checksum mended for it likewise. */
void ipv4_set_tos(uint8_t *header, uint8_t tos);

#endif
