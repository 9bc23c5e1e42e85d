/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands before the ESP header of an SA's packets in tunnel mode: IP of
 * either family, and UDP where the SA says so. Made once when the SA is; a packet
 * gets a copy, with what is its own filled in.
 *
 * Fields by RFC 4301 sections 5.1.2.1 and 5.1.2.2, whichever families meet:
 * DSCP and ECN are copied (RFC 6040 section 4.1, normal mode). DF, which IPv4 alone has, is
 * copied from IPv4 and set for IPv6, whose packets are cut by none but their
 * sender. The flow label is 0.
 */
#ifndef CYG_SADB_OUTER_H
#define CYG_SADB_OUTER_H

#include "ctrl/wire/ip.h"
#include "include/proto.h"

#define OUTER_MAX (IPV6_HEADER_BYTES + UDP_HEADER_BYTES)

struct outer {
	uint8_t octets[OUTER_MAX]; /* it stands at their end */
	uint8_t bytes;		   /* of it */
	uint8_t ip_bytes;	   /* of it, without UDP */
	uint16_t sum; /* IPv4's checksum without the packet's own fields */
};

/* Ports in network order; 0: bare ESP. Both addresses are of one family. */
void outer_init(struct outer *o, const struct addr *saddr,
		const struct addr *daddr, uint16_t sport_be, uint16_t dport_be);

/*
 * Puts it before a packet.
 *
 * esp           ESP's header, and OUTER_MAX of room before it, whatever is
 *               needed of that; the packet is whole, since over IPv6 UDP's
 *               checksum is over it
 * total_bytes   of the outer packet
 * inner         gives DSCP, ECN and DF
 * id            IPv4's
 */
void outer_put(const struct outer *o, uint8_t *esp, uint32_t total_bytes,
	       const struct ip_header *inner, uint16_t id);

#endif
