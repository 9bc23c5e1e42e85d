/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments of IP packets, and how they are put together (RFC 791 section 3.2, RFC
 * 8200 section 4.5). IPv6's fragment header is
 *
 *     |  Next header  |   Reserved    |   Fragment offset   |Res|M|
 *     |                      Identification                       |
 *
 * Pure functions on bytes and numbers; any thread.
 */
#ifndef CYG_WIRE_FRAGMENT_H
#define CYG_WIRE_FRAGMENT_H

#include "ctrl/wire/ip.h"

/* Of no packet that comes by a path there are more: 64 of 1,024 octets are the
 * largest there is. */
#define PIECES_MAX 64U

struct fragment {
	uint32_t id;
	uint32_t from;	       /* octets of the packet's payload before it */
	uint32_t bytes;	       /* of that payload */
	uint16_t header_bytes; /* of the packet; without the fragment header */
	uint16_t payload_at;   /* octets from the IP header on */
	uint16_t next_at; /* IPv6: of the octet that leads to the fragment header */
	bool more;
	uint8_t protocol;
};

/*
 * Which part of its packet is this?
 *
 * packet   from its IP header on
 * h        of it, as ip_parse() says; a fragment
 *
 * false: behind IPv6's fragment header stand further extension headers, which none
 * of ESP, AH and UDP needs.
 */
MUST_CHECK bool fragment_parse(const uint8_t *packet, const struct ip_header *h,
			       struct fragment *out);

/*
 * The header of the whole packet, but for its lengths.
 *
 * at       room for first->header_bytes
 * packet   the first fragment, from its IP header on
 */
void fragment_header(uint8_t *at, const uint8_t *packet,
		     const struct fragment *first);

/*
 * And its lengths, with IPv4's checksum.
 *
 * header_bytes   of it
 * bytes          of the payload
 *
 * false: no IP packet is that long.
 */
MUST_CHECK bool fragment_header_end(uint8_t *at, uint32_t header_bytes,
				    uint32_t bytes);

/* Which octets of a payload are there; all zeros: none. Each piece [from, to), in
 * that order, no two of which meet in an octet. */
struct pieces {
	uint32_t n;
	uint32_t have; /* octets of them all */
	uint32_t end;  /* of the payload; 0: its last piece is not there */
	struct {
		uint16_t from, to;
	} at[PIECES_MAX];
};

enum piece_fate {
	PIECE_TAKEN,
	PIECE_WHOLE,	 /* taken, and all are there now */
	PIECE_DUPLICATE, /* just this piece is there already */
	PIECE_WRONG,	 /* no packet has such a piece */
	PIECE_OVERLAP, /* with another one, or they say that it ends elsewhere */
	PIECE_MANY,    /* there is no room for one more */
};

/*
 * One more piece. RFC 5722 section 4 and RFC 8200 section 4.5: what overlaps makes
 * an end of all pieces of the packet, in IPv4 alike; the network may double one.
 *
 * from   a multiple of 8, below 65,536
 * more   another one is behind it
 *
 * But for the first two answers nothing changes.
 */
enum piece_fate pieces_add(struct pieces *p, uint32_t from, uint32_t bytes,
			   bool more);

#endif
