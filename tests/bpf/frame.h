/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames for the tables of packets. A row names only what differs from a sound
 * UDP packet between the two networks, so that it shows the one thing on which
 * its verdict hangs.
 *
 * No checksum is filled in: the programs read none.
 */
#ifndef CYG_TESTS_BPF_FRAME_H
#define CYG_TESTS_BPF_FRAME_H

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "include/ike.h"
#include "include/proto.h"
#include "include/sad.h"

#define FRAME_ROOM    256U
#define PAYLOAD_BYTES 24U

/* Places in a frame whose 16 bits a row may overwrite. */
#define AT_VERSION  14 /* version and IHL, then TOS */
#define AT_TOTAL    16
#define AT_FRAGMENT 20
#define AT_TTL	    22 /* TTL, then protocol */
#define AT_SPORT    34 /* of UDP without IPv4 options */

/* The same in an IPv6 packet, and of its first extension header. */
#define AT6_VERSION  14 /* version, traffic class, flow label */
#define AT6_PAYLOAD  18
#define AT6_NEXT     20 /* next header, then hop limit */
#define AT6_EXT	     54 /* next header, then length in units */
#define AT6_FRAGMENT 56 /* where that is a fragment header */
#define AT6_SECOND   62 /* the second one, likewise */

/* Of the interface that receives, and of whoever sent. */
#define FRAME_DMAC 2, 0, 0, 0, 0, 1
#define FRAME_SMAC 2, 0, 0, 0, 0, 2

#define PLAIN_BYTES  (ETH_HEADER_BYTES + IPV4_HEADER_BYTES + PAYLOAD_BYTES)
#define PLAIN6_BYTES (ETH_HEADER_BYTES + IPV6_HEADER_BYTES + PAYLOAD_BYTES)

#define FRAME_EXT_BYTES 8U /* of each extension header */
#define FRAME_EXT_MAX	7U
#define FRAME_TAGS_MAX	3

struct frame_overwrite {
	uint16_t at; /* 0: nothing */
	uint16_t value;
};

/* IPv6's extension headers, in their order. */
struct frame_ext {
	uint8_t n;
	uint8_t types[FRAME_EXT_MAX];
};

struct frame_spec {
	uint8_t dmac[ETH_ALEN]; /* all 0: the interface's own */
	const char *saddr;	/* NULL: of the direction */
	const char *daddr;	/* NULL: of the direction */
	bool six;		/* IPv6, as is where an address says so */
	uint16_t ethertype;	/* 0: of the packet */
	const char *about; /* an ICMP error quotes what this one sent ... */
	const char *to;	   /* ... to that one, by UDP, or */
	uint8_t about_protocol;	    /* by this; 0: UDP */
	uint16_t about_port;	    /* of UDP, both */
	uint32_t about_spi;	    /* as spi */
	struct frame_ext about_ext; /* as ext */
	uint16_t sport;		    /* UDP source; 0: some */
	uint16_t port;		    /* UDP destination; ICMP type << 8 | code;
				       MH type << 8 */
	uint32_t spi;		    /* ESP and AH; behind UDP port 4500 */
	uint16_t udp_bytes;	    /* UDP's length field; 0: as it is */
	uint8_t protocol;	    /* 0: UDP */
	uint8_t options_bytes;	    /* of the IPv4 header; multiple of 4 */
	const char *options;	    /* so many octets of them; NULL: NOPs */
	struct frame_ext ext;
	struct vlan_tag tags[FRAME_TAGS_MAX]; /* outermost first */
	uint16_t bytes; /* cut or padded to; 0: as its packet is long */
	struct frame_overwrite overwrite; /* after all else but the tags */
};

struct frame {
	uint8_t octets[FRAME_ROOM];
	uint32_t bytes;
};

static inline void frame_wr16(struct frame *f, size_t at, uint16_t value)
{
	const uint16_t be = htons(value);

	memcpy(f->octets + at, &be, sizeof(be));
}

static inline void frame_wr32(struct frame *f, size_t at, uint32_t value)
{
	const uint32_t be = htonl(value);

	memcpy(f->octets + at, &be, sizeof(be));
}

/* Tables are constants: an address that is none ends the program. */
static inline uint32_t frame_addr_be(const char *text)
{
	uint32_t be;

	if (inet_pton(AF_INET, text, &be) != 1)
		abort();
	return be;
}

static inline void frame_udp(const struct frame_spec *s, struct frame *f,
			     size_t at)
{
	frame_wr16(f, at, s->sport ? s->sport : 49152);
	frame_wr16(f, at + 2, s->port);
	frame_wr16(f, at + 4, s->udp_bytes ? s->udp_bytes : PAYLOAD_BYTES);
	if (s->port == IKE_NATT_PORT)
		frame_wr32(f, at + UDP_HEADER_BYTES, s->spi);
}

static inline void frame_payload(const struct frame_spec *s, struct frame *f,
				 size_t at, uint8_t protocol)
{
	memset(f->octets + at, 0x5a, PAYLOAD_BYTES);
	switch (protocol) {
	case PROTO_ESP:
		frame_wr32(f, at, s->spi);
		break;
	case PROTO_AH:
		frame_wr32(f, at + 4, s->spi);
		break;
	case PROTO_UDP:
		frame_udp(s, f, at);
		break;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		frame_wr16(f, at, s->port);
		break;
	case PROTO_MH:
		f->octets[at + MH_TYPE_AT] = (uint8_t)(s->port >> 8);
		break;
	}
}

static inline bool frame_is_six(const struct frame_spec *s)
{
	return s->six || (s->saddr && strchr(s->saddr, ':')) ||
	       (s->daddr && strchr(s->daddr, ':'));
}

/* These two: to where the payload begins. Checksums are left out. */
static inline size_t frame_ipv4(const struct frame_spec *s, struct frame *f,
				uint8_t protocol)
{
	const uint32_t header = IPV4_HEADER_BYTES + s->options_bytes;
	const struct iphdr ip = {
		.version = 4,
		.ihl = (header / 4) & 0xf,
		.tot_len = htons((uint16_t)(header + PAYLOAD_BYTES)),
		.ttl = 64,
		.protocol = protocol,
		.saddr = frame_addr_be(s->saddr),
		.daddr = frame_addr_be(s->daddr),
	};

	memcpy(f->octets + ETH_HEADER_BYTES, &ip, sizeof(ip));
	/* Options: No Operation, RFC 791 section 3.1. */
	memset(f->octets + ETH_HEADER_BYTES + sizeof(ip), 1, s->options_bytes);
	if (s->options)
		memcpy(f->octets + ETH_HEADER_BYTES + sizeof(ip), s->options,
		       s->options_bytes);
	return ETH_HEADER_BYTES + header;
}

static inline size_t frame_ipv6(const struct frame_spec *s, struct frame *f,
				uint8_t protocol)
{
	const uint32_t ext = s->ext.n * FRAME_EXT_BYTES;
	struct ip6_hdr ip = { 0 };
	size_t at = ETH_HEADER_BYTES + sizeof(ip);

	ip.ip6_flow = htonl(6U << 28);
	ip.ip6_plen = htons((uint16_t)(ext + PAYLOAD_BYTES));
	ip.ip6_nxt = s->ext.n ? s->ext.types[0] : protocol;
	ip.ip6_hlim = 64;
	if (inet_pton(AF_INET6, s->saddr, &ip.ip6_src) != 1 ||
	    inet_pton(AF_INET6, s->daddr, &ip.ip6_dst) != 1)
		abort();
	memcpy(f->octets + ETH_HEADER_BYTES, &ip, sizeof(ip));
	for (uint8_t i = 1; i <= s->ext.n; i++, at += FRAME_EXT_BYTES)
		f->octets[at] = i < s->ext.n ? s->ext.types[i] : protocol;
	return at;
}

static inline uint32_t frame_tags_bytes(const struct frame_spec *s)
{
	uint32_t bytes = 0;

	for (int i = 0; i < FRAME_TAGS_MAX && s->tags[i].tpid; i++)
		bytes += VLAN_HEADER_BYTES;
	return bytes;
}

#define FRAME_TAGS_AT (2 * ETH_ALEN)

static inline void frame_put_tags(const struct frame_spec *s, struct frame *f)
{
	const uint32_t bytes = frame_tags_bytes(s);
	uint8_t *at = f->octets + FRAME_TAGS_AT;

	memmove(at + bytes, at, FRAME_ROOM - FRAME_TAGS_AT - bytes);
	for (uint32_t i = 0; i < bytes / VLAN_HEADER_BYTES; i++) {
		const size_t tag_at = FRAME_TAGS_AT + i * VLAN_HEADER_BYTES;

		frame_wr16(f, tag_at, s->tags[i].tpid);
		frame_wr16(f, tag_at + 2, s->tags[i].vid);
	}
	f->bytes += bytes;
}

static inline void frame_take_tags(const struct frame_spec *s, struct frame *f)
{
	const uint32_t bytes = frame_tags_bytes(s);
	uint8_t *at = f->octets + FRAME_TAGS_AT;

	memmove(at, at + bytes, FRAME_ROOM - FRAME_TAGS_AT - bytes);
	f->bytes -= bytes;
}

/* Of either family. */
#define QUOTE_BYTES (IPV6_HEADER_BYTES + FRAME_EXT_BYTES + PAYLOAD_BYTES)

/* Behind an ICMP error's header: another packet. */
static inline void frame_quote(const struct frame_spec *s, struct frame *f,
			       size_t at)
{
	const struct frame_spec quoted = { .saddr = s->about,
					   .daddr = s->to,
					   .sport = s->about_port,
					   .port = s->about_port,
					   .spi = s->about_spi,
					   .ext = s->about_ext };
	const uint8_t protocol =
		s->about_protocol ? s->about_protocol : PROTO_UDP;
	const bool six = frame_is_six(&quoted);
	struct frame q = { 0 };
	size_t behind = six ? frame_ipv6(&quoted, &q, protocol)
			    : frame_ipv4(&quoted, &q, protocol);

	frame_payload(&quoted, &q, behind, protocol);
	memcpy(f->octets + at + ICMP_HEADER_BYTES, q.octets + ETH_HEADER_BYTES,
	       QUOTE_BYTES);
	frame_wr16(f, six ? AT6_PAYLOAD : AT_TOTAL,
		   (uint16_t)(at - ETH_HEADER_BYTES + ICMP_HEADER_BYTES +
			      QUOTE_BYTES - (six ? IPV6_HEADER_BYTES : 0)));
	f->bytes = (uint32_t)at + ICMP_HEADER_BYTES + QUOTE_BYTES;
}

/* s->saddr and s->daddr are set. */
static inline void frame_build(const struct frame_spec *s, struct frame *f)
{
	const uint8_t protocol = s->protocol ? s->protocol : PROTO_UDP;
	const uint16_t ethertype = frame_is_six(s) ? ETH_P_IPV6 : ETH_P_IP;
	static const uint8_t none[ETH_ALEN],
		macs[2 * ETH_ALEN] = { FRAME_DMAC, FRAME_SMAC };
	size_t at;

	memset(f, 0, sizeof(*f));
	memcpy(f->octets, macs, sizeof(macs));
	if (memcmp(s->dmac, none, sizeof(none)) != 0)
		memcpy(f->octets, s->dmac, sizeof(s->dmac));
	frame_wr16(f, 12, s->ethertype ? s->ethertype : ethertype);
	at = frame_is_six(s) ? frame_ipv6(s, f, protocol)
			     : frame_ipv4(s, f, protocol);
	frame_payload(s, f, at, protocol);
	f->bytes = (uint32_t)at + PAYLOAD_BYTES;
	if (s->about)
		frame_quote(s, f, at);
	if (s->overwrite.at)
		frame_wr16(f, s->overwrite.at, s->overwrite.value);
	frame_put_tags(s, f);
	if (s->bytes)
		f->bytes = s->bytes;
}

#endif
