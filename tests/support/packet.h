/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a gateway may make of a packet, by a reading of its own: the same packet
 * a hop further, a fragment of it, or an ICMP error about it; and packets whose
 * headers are mended. For tests and fuzzers; pure.
 *
 * Slices begin at the IP header and end with the packet. What is compared is
 * known as a right packet (gateway_packet_bytes()).
 */
#ifndef CYG_TESTS_PACKET_H
#define CYG_TESTS_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/addr.h"
#include "ctrl/base/slice.h"

/* What is no address ends the program. */
struct addr addr_of(const char *text);

/* A right packet's parts. Of a fragment that is not the first, what seems to be
 * above IP is payload. */
struct packet_parts {
	uint8_t version;
	uint8_t tos; /* or traffic class */
	uint8_t hops;
	uint8_t protocol;
	uint32_t headers; /* octets before what is above IP */
	uint32_t total;
	uint32_t offset; /* octets of the whole packet's payload before this */
	bool more;	 /* fragments follow */
	bool df;
	struct addr from, to;
};

/* The packet that stands at the front; false: there is no right one. */
bool packet_read(struct slice l3, struct packet_parts *out);

/* Octets of a header without options. */
uint32_t packet_base(const uint8_t *l3);

uint8_t packet_tos(const uint8_t *l3);
void packet_set_tos(uint8_t *l3, uint8_t tos);
void packet_set_hops(uint8_t *l3, uint8_t hops);

/* Where there is a header of IPv4, it says the right checksum. */
void packet_mend_checksum(uint8_t *l3, uint32_t n);

/* What a right packet has: lengths, addresses, protocol, checksum. It is IPv6
 * where it says so, and then has no extension headers. */
void packet_mend(uint8_t *l3, uint32_t n, uint8_t protocol,
		 const struct addr *saddr, const struct addr *daddr);

/*
 * May inner come out of a tunnel with that TOS? RFC 6040 section 4.2.
 *
 * outer   codepoints that it may have come under, a bit for each
 */
bool packet_tos_fits(uint8_t inner, uint8_t outer, uint8_t tos);

/* Is it the same but for TOS, the checksum, and so many hops? */
bool packet_is_same(struct slice packet, const uint8_t *l3, uint8_t hops);

/*
 * Is l3 a fragment of this packet of IPv4, which may be one itself (RFC 791
 * section 3.2)?
 *
 * from    octets of the packet's payload that come before
 * bytes   of the payload that it has
 */
bool packet_is_fragment(struct slice packet, struct slice l3, uint32_t *from,
			uint32_t *bytes);

/* A packet that is put together of its fragments; all 0 before the first. */
struct packet_whole {
	uint8_t l3[4096];
	uint32_t id;
	uint32_t headers; /* 0: none came yet */
	uint32_t have;	  /* octets of its payload */
	uint32_t payload; /* 0: the last one did not come yet */
};

/* Takes one of them (RFC 791 section 3.2, RFC 8200 section 4.5: its fragment
 * header alone before the payload); false: it is no fragment, or of another. */
bool packet_join(struct packet_whole *w, struct slice l3);

/* Its octets when all of it is there, else 0. It says DF nowhere. */
uint32_t packet_joined(struct packet_whole *w);

/*
 * Is l3 an ICMP error that this packet is too big, one that RFC 1812 section
 * 4.3.2 or RFC 4443 section 2.4 allows? The packet's TTL or hop limit may be one
 * less than the error quotes.
 *
 * mtu   as the error says
 */
bool packet_is_too_big(struct slice packet, struct slice l3, uint32_t *mtu);

#endif
