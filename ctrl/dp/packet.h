/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet on its way through a worker, and the batch in which the stages see
 * it. A stage that gives a packet up sets its drop reason; later stages skip
 * it, and settle counts it and frees the frame. Nothing returns an error per
 * packet.
 */
#ifndef CYG_DP_PACKET_H
#define CYG_DP_PACKET_H

#include <net/ethernet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ctrl/dp/port.h"
#include "ctrl/sadb/sa.h"
#include "ctrl/wire/ip.h"
#include "ctrl/wire/octets.h"
#include "include/drop.h"
#include "include/proto.h"

#define BATCH_MAX 64U

enum packet_state {
	PKT_CLEAR,    /* outbound, not yet protected */
	PKT_SEALED,   /* outbound, built by our own ESP stage */
	PKT_STREAM,   /* likewise, for a TCP connection and nowhere else */
	PKT_CIPHER,   /* inbound, not yet verified */
	PKT_FRAGMENT, /* inbound, a piece of what is to be put together */
	PKT_PLAIN,    /* inbound, put together, and the kernel's as it is */
	PKT_OPENED,   /* inbound, verified, decrypted, selectors matched */
	PKT_ERROR,    /* an ICMP error, of our own or about what we sent */
	PKT_GONE,     /* handed to a port, the host or the hold: not ours now */
};

struct packet {
	uint64_t frame;	       /* offset of its UMEM frame */
	uint8_t *l3;	       /* IP header */
	uint32_t bytes;	       /* from l3 on */
	struct ip_header ip;   /* parsed from l3 */
	uint8_t state;	       /* enum packet_state */
	bool routed;	       /* we forward it: TTL is ours to decrement */
	bool lent;	       /* l3 stands in another worker's frame, for the
				  length of a walk: see packet_own() */
	bool plain;	       /* PKT_FRAGMENT, a first one: whole, it is the
				  kernel's */
	uint16_t peer_port_be; /* inbound ESP in UDP: its source; else 0 */
	bool large; /* it stands in the scratch buffer, or is laid: large.h */
	enum drop_reason drop;
	union {
		struct sa_rt *sa;  /* borrowed for one round */
		struct sa_ref ref; /* its name, while the packet is held */
	};
	uint64_t seq;
	uint32_t policy_id;  /* outbound: by which it is to be protected */
	uint32_t policy_gen; /* outbound: of the list that said so */
	union {
		uint32_t if_id;	 /* PKT_OPENED: of its SA; 0: none */
		uint32_t stream; /* PKT_STREAM: by which it goes */
	};
	uint64_t deadline_ns; /* of its wait; 0: it never waited */
};

struct batch {
	uint32_t n;
	struct packet pkt[BATCH_MAX];
};

/* Addresses, protocol and ports as the rules of an SA see them. */
struct flow packet_flow(const struct packet *p, enum dp_dir dir);

/* Why it is none of its SA's, of which the rules say that its ports decide. */
enum drop_reason packet_misfit_by_ports(const struct packet *p, enum dp_dir dir);

/* Why it is none of its SA's, by that one's rules; DROP_NONE: it is. Once a
 * packet. */
static inline enum drop_reason packet_misfit(const struct packet *p,
					     enum dp_dir dir)
{
	const struct rules *rules =
		atomic_load_explicit(&p->sa->rules, memory_order_acquire);
	const struct addr *from = &p->ip.saddr, *to = &p->ip.daddr;

	switch (rules_ask(rules, dir == DIR_OUT ? from : to,
			  dir == DIR_OUT ? to : from, p->ip.protocol)) {
	case RULES_ACCEPT:
		return DROP_NONE;
	case RULES_REFUSE:
		return DROP_SELECTOR;
	case RULES_PORTS:
		break;
	}
	return packet_misfit_by_ports(p, dir);
}

/*
 * Writes a link header in front of it, the ethertype included; returns its first
 * octet.
 *
 * link         its octets but the ethertype
 * link_bytes   how many
 */
static inline uint8_t *packet_put_ether(struct packet *p, const uint8_t *link,
					uint8_t link_bytes)
{
	uint8_t *type = p->l3 - ETH_TYPE_BYTES;

	/* Without a tag, which is the rule, the length is a constant. */
	if (link_bytes == ETH_HEADER_BYTES - ETH_TYPE_BYTES)
		memcpy(type - (ETH_HEADER_BYTES - ETH_TYPE_BYTES), link,
		       ETH_HEADER_BYTES - ETH_TYPE_BYTES);
	else
		memcpy(type - link_bytes, link, link_bytes);
	put_u16(type, p->l3[0] >> 4 == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	return type - link_bytes;
}

/* A fragment without the header of what is above IP? */
static inline bool packet_is_later(const struct packet *p)
{
	return p->ip.fragment & IPV4_OFFSET_MASK;
}

/* The first reason stays. */
static inline void packet_drop(struct packet *p, enum drop_reason reason)
{
	if (p->drop == DROP_NONE)
		p->drop = reason;
}

#endif
