/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands before the ESP or AH header of an SA's packets in tunnel mode: IP of
 * either family, and UDP where the SA says so. Made once when the SA is; a packet
 * gets a copy, with what is its own filled in. And what a header that comes off
 * says to the packet inside.
 *
 * Fields by RFC 4301 sections 5.1.2.1 and 5.1.2.2, whichever families meet, as
 * struct sadb_outer has it; if it says nothing: DSCP and ECN are copied (RFC 6040
 * section 4.1, normal mode; without ECN it is compatibility mode). DF, which IPv4
 * alone has, is copied from IPv4 and set for IPv6, whose packets are cut by none
 * but their sender. The flow label is 0.
 *
 * ESP in TCP (RFC 9329) gets the header of bare ESP, so that it looks the same wherever
 * one looks at it, and loses it again as it goes to its connection. Nothing of it is
 * on any wire, and nothing of another one comes off (RFC 9329 section 6.8).
 */
#ifndef CYG_SADB_OUTER_H
#define CYG_SADB_OUTER_H

#include <string.h>

#include "ctrl/model/sadb.h"
#include "ctrl/model/stream.h"
#include "ctrl/wire/ip.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

#define OUTER_MAX (IPV6_HEADER_BYTES + UDP_HEADER_BYTES)

struct outer {
	uint8_t octets[OUTER_MAX]; /* it stands at their end; in front, where it has
				      no UDP, the number of outer_stream() */
	uint8_t bytes;		   /* of it */
	uint8_t ip_bytes;	   /* of it, without UDP */
	uint16_t sum; /* IPv4's checksum without the packet's own fields */
	uint16_t df_copied; /* these bits of the inner packet's */
	uint16_t df_set;    /* and these in any case */
	uint8_t tos_copied; /* likewise, of the TOS or traffic class */
	uint8_t tos_set;
	uint8_t tos_taken; /* bits that an inner packet gets, as it comes off */
};

/*
 * Both addresses are of one family.
 *
 * protocol   that follows: PROTO_ESP, PROTO_AH, or PROTO_UDP around ESP, whose
 *            ports are in network order
 * conf       NULL: as with all zero
 */
void outer_init(struct outer *o, uint8_t protocol, const struct addr *saddr,
		const struct addr *daddr, uint16_t sport_be, uint16_t dport_be,
		const struct sadb_outer *conf);

/* Is it cut on its way, whatever is inside? */
static inline bool outer_is_cut(const struct outer *o)
{
	return o->ip_bytes == IPV4_HEADER_BYTES && !o->df_copied && !o->df_set;
}

/* What it goes by is that TCP connection; one without UDP. */
static inline void outer_set_stream(struct outer *o, uint32_t stream)
{
	memcpy(o->octets, &stream, sizeof(stream));
}

/* By which TCP connection it goes (ctrl/model/stream.h), perhaps STREAM_LOST;
 * STREAM_NONE: by none. */
static inline uint32_t outer_stream(const struct outer *o)
{
	uint32_t stream = STREAM_NONE;

	if (o->bytes == o->ip_bytes)
		memcpy(&stream, o->octets, sizeof(stream));
	return stream;
}

/* Either end is elsewhere, in UDP or not: see outer_init(). What is configured stays. */
void outer_move(struct outer *o, uint8_t protocol, const struct addr *saddr,
		const struct addr *daddr, uint16_t sport_be, uint16_t dport_be);

/* The peer is elsewhere: another address of the same family, and port of UDP. */
void outer_turn(struct outer *o, const struct addr *daddr, uint16_t dport_be);

static inline uint8_t outer_tos(const struct outer *o,
				const struct ip_header *inner)
{
	return (inner->tos & o->tos_copied) | o->tos_set;
}

/* What is the packet's own in a header of IPv4 that is there. */
static inline void outer_finish_v4(const struct outer *o, uint8_t *at,
				   uint32_t total_bytes,
				   const struct ip_header *inner, uint16_t id)
{
	uint16_t df = (inner->fragment & o->df_copied) | o->df_set;
	uint8_t tos = outer_tos(o, inner);
	uint32_t sum = o->sum + tos + total_bytes + id + df;

	at[1] = tos;
	put_u16(at + 2, (uint16_t)total_bytes);
	put_u16(at + 4, id);
	put_u16(at + 6, df);
	sum = (sum >> 16) + (sum & 0xffff);
	put_u16(at + IPV4_CHECKSUM_AT, (uint16_t) ~((sum >> 16) + sum));
}

/* outer_put() of what is not IPv4 alone. */
void outer_put_long(const struct outer *o, uint8_t *esp, uint32_t total_bytes,
		    const struct ip_header *inner, uint16_t id);

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
static inline void outer_put(const struct outer *o, uint8_t *esp,
			     uint32_t total_bytes,
			     const struct ip_header *inner, uint16_t id)
{
	uint8_t *at = esp - IPV4_HEADER_BYTES;

	if (o->bytes != IPV4_HEADER_BYTES) {
		outer_put_long(o, esp, total_bytes, inner, id);
		return;
	}
	memcpy(at, o->octets + OUTER_MAX - IPV4_HEADER_BYTES, IPV4_HEADER_BYTES);
	outer_finish_v4(o, at, total_bytes, inner, id);
}

enum outer_ecn {
	OUTER_ECN_FINE,
	OUTER_ECN_UNUSED, /* nobody who keeps to the RFC sends these together */
	OUTER_ECN_LOST,	  /* congestion was met that the packet can't carry: it
			     is to be dropped, as congestion asks for */
};

/*
 * Which TOS or traffic class an inner packet has once it is out (RFC 6040
 * section 4.2, RFC 2983).
 *
 * outer_tos   of the header that came off
 * tos         the inner packet's; written, unless it is lost
 */
enum outer_ecn outer_take(const struct outer *o, uint8_t outer_tos,
			  uint8_t *tos);

/*
 * Fills in UDP around ESP, but its ports.
 *
 * header   of the packet in which it stands, whose addresses the checksum covers
 * udp      its header, with zeros in place of the checksum; the packet is whole
 * bytes    from there on
 */
void outer_finish_udp(const uint8_t *header, uint8_t *udp, uint32_t bytes);

#endif
