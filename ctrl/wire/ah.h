/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AH's own header (RFC 4302 section 2), and what its ICV covers of the headers
 * before it (section 3.3.3.1, appendix A).
 *
 *     0               1               2               3
 *     | Next header   | Payload len   |           Reserved            |
 *     |                             SPI                               |
 *     |                       Sequence number                         |
 *     |          ICV, with AES-GMAC's IV before it, and padding       |
 *
 * All that follows is covered as it stands: it does not change on the way. Of what
 * stands before it, a receiver sees another header than was sent. Where this can be
 * foreseen, it is covered as it arrives, and what cannot, as zeros.
 *
 * Pure functions on bytes; any thread.
 */
#ifndef CYG_WIRE_AH_H
#define CYG_WIRE_AH_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/slice.h"

struct ah_header {
	uint8_t next_header;
	uint32_t bytes;	 /* of it, with ICV and padding */
	uint32_t spi_be; /* network order */
	uint32_t seq;	 /* the low half of an extended one */
};

/*
 * Octets of an AH header. It ends where 4 octets do behind IPv4, 8 behind IPv6
 * (RFC 4302 section 2.6).
 *
 * version     4 or 6, of the header before it
 * icv_bytes   with AES-GMAC's IV (RFC 4543 section 4)
 */
uint32_t ah_bytes(uint8_t version, uint32_t icv_bytes);

/*
 * Writes one of h->bytes octets, which end where ah_bytes() says; ICV and padding
 * are zero, as the ICV covers them.
 */
void ah_build(uint8_t *at, const struct ah_header *h);

/*
 * Is there a whole one, which is longer than its fixed part? The reserved field is
 * not looked at (RFC 4302 section 2.3).
 *
 * octets   from its first octet on; more may follow
 * out      written only when true
 */
MUST_CHECK bool ah_parse(struct slice octets, struct ah_header *out);

/*
 * Makes headers what the ICV covers of them, in their place.
 *
 * front   from the IP header's first octet to AH's; of a whole packet, that
 *         ip_parse() took
 *
 * false, and front is anything: options or extension headers that lie about their
 * lengths, a fragment's, or a route through routers that it can't be foreseen for.
 */
MUST_CHECK bool ah_cover(uint8_t *front, uint32_t bytes);

#endif
