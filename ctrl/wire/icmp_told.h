/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a router says of an IPsec packet of ours that was too big for it: fragmentation
 * needed and DF set (RFC 792, RFC 1191 section 4), or packet too big (RFC 4443 section
 * 3.2), and what stands in the quote (RFC 4301 section 8.2.1). Nobody vouches for it:
 * whether it is believed is another's question. Pure functions on bytes; any
 * thread.
 */
#ifndef CYG_WIRE_ICMP_TOLD_H
#define CYG_WIRE_ICMP_TOLD_H

#include "ctrl/wire/ip.h"

struct icmp_told {
	uint32_t mtu;	      /* as the error says; 0: it does not */
	uint32_t total_bytes; /* of the packet, as it was sent */
	struct addr saddr;    /* of the packet */
	struct addr daddr;
	uint32_t spi; /* host order */
	uint32_t seq; /* its low 32 bits */
	uint8_t version;
	uint8_t protocol; /* PROTO_ESP or PROTO_AH */
	bool udp;	  /* ESP in it, RFC 3948 */
};

/*
 * Is this such an error, whole and with a right checksum, about a packet of which it
 * quotes SPI and sequence number? A fragment that is not the first has none; nor
 * has what comes behind UDP with an SPI of 0, which is IKE's.
 *
 * packet   from its header on, as long as h says
 * out      undefined when false
 */
MUST_CHECK bool icmp_told_read(struct slice packet, const struct ip_header *h,
			       struct icmp_told *out);

/*
 * The path MTU that follows, at least what every path of today carries: 576 octets
 * of IPv4, of which RFC 791 asks it of every host, since an error that says less
 * would rather make a tunnel useless than work; 1280 of IPv6. A router that says
 * none is from before RFC 1191: then it is the next of section 7.1's plateaus below
 * the packet's size.
 *
 * 0: it cannot be true, and RFC 8201 section 4 says not to heed it.
 */
uint32_t icmp_told_mtu(const struct icmp_told *t);

#endif
