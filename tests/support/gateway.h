/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A gateway in memory: one worker, a protected and an unprotected port of
 * arrays, a host interface of a socket pair, and two SAs with the same SPI and
 * keys. The inbound SA is the peer's view of the outbound one, so that what
 * was sealed can be looped in and opened.
 *
 *     10.1.0.0/16 -- inside | worker | outside -- 192.0.2.2 -- 10.2.0.0/16
 *     2001:db8:1::/48                                          2001:db8:2::/48
 *
 * For tests and benchmarks; what fails in the building ends the program. The
 * caller is the worker's thread and the resolver in one.
 */
#ifndef CYG_TESTS_GATEWAY_H
#define CYG_TESTS_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/dp/port_mem.h"
#include "ctrl/dp/worker.h"
#include "ctrl/wire/ip.h"
#include "include/meta.h"
#include "tests/support/packet.h"

#define GATEWAY_MAGIC	    0x51a7e0c3U
#define GATEWAY_TOKEN	    0x0badcafe51a7e0c3ULL
#define GATEWAY_SPI	    0x00c0ffeeU
#define GATEWAY_POLICY	    3U
#define GATEWAY_POLICY_GEN  7U
#define GATEWAY_MTU	    1500U
#define GATEWAY_WINDOW	    1024U
/* An earlier policy's, not the inbound SA's. */
#define GATEWAY_DENIED	    "10.1.9.0/24"
#define GATEWAY_DENIED_HOST "10.1.9.5"
#define GATEWAY_INSIDE	    11U /* ifindex of the protected port */
#define GATEWAY_OUTSIDE	    12U /* ifindex of the unprotected port */
#define GATEWAY_FRAMES_MAX  2048U

struct gateway_spec {
	const char *encr;  /* proposal keyword; NULL: AH */
	const char *integ; /* NULL with an AEAD */
	bool esn;
	uint32_t frames; /* GATEWAY_FRAMES_MAX at most */
};

struct gateway {
	struct worker w;
	struct port_mem inside;
	struct port_mem outside;
	struct nexthop_link link;
	struct policy_view policies;
	struct counter drops[DROP_MAX];
	struct counter passes[PASS_MAX];
	struct sad *sad;	/* owned */
	struct sa_rt *out, *in; /* of sad */
	int host_fd;		/* the far end of the host interface */
	/* The books: what went in, and what was seen to leave. */
	uint64_t given;
	uint64_t sent; /* by ports, before their last reset */
	uint64_t to_host;
};

/*
 * Freed by gateway_free(). No next hop is known yet. The backend is the one that
 * a gateway takes by itself, or of the caller's choice.
 */
struct gateway *gateway_new(const struct gateway_spec *spec);
struct gateway *gateway_new_with(const struct gateway_spec *spec,
				 const struct crypto_backend *backend);
/* The outbound SA is for two workers at once: this one, and one without its own. */
struct gateway *gateway_new_spread(const struct gateway_spec *spec,
				   const struct crypto_backend *backend);
void gateway_free(struct gateway *g);

/* Bare ESP between 2001:db8:ffff::1 and ::2 from now on, both ways. */
void gateway_outer_v6(struct gateway *g);

/* ESP in UDP from now on, from port 4500 to port 4500, both ways. */
void gateway_encapsulate(struct gateway *g);

/* Transport mode from now on, both ways: anything between the outer addresses. After
 * these are what they are to be. */
void gateway_transport(struct gateway *g);

/* UDP from 10.1.0.5 to 10.2.0.7, 100 octets, TTL 64, DF. */
struct ip_header gateway_inner(void);

/* UDP from 2001:db8:1::5 to 2001:db8:2::7, 100 octets, hop limit 64. */
struct ip_header gateway_inner_v6(void);

/* Header and a payload that counts up; h->total_bytes octets at `at`. */
void gateway_packet(uint8_t *at, const struct ip_header *h);

/* What XDP would write before a frame of that direction. */
struct dp_meta gateway_meta(const struct gateway *g, enum dp_dir dir);

/* What the guard would write over the addresses of a frame. */
struct host_tag gateway_tag(void);

/*
 * A frame with that metadata to the port of meta's direction, as if received:
 * an Ethernet header, and `bytes` octets from the IP header on.
 */
void gateway_give_meta(struct gateway *g, struct port_mem *port,
		       const struct dp_meta *meta, const uint8_t *l3,
		       uint32_t bytes);

/* The same with the right metadata and port. */
void gateway_give(struct gateway *g, enum dp_dir dir, const uint8_t *l3,
		  uint32_t bytes);

/* A frame from the host interface. */
void gateway_host_give(struct gateway *g, const struct host_tag *tag,
		       const uint8_t *l3, uint32_t bytes);

/*
 * Did the worker leave a frame from the host unread? It does where none of its
 * own is free. Such a packet is given, and in none of the places of the books.
 */
bool gateway_host_waits(const struct gateway *g);

/*
 * Takes one frame that went up to the host: from its IP header on to l3, room
 * for FRAME_BYTES, for HOST_FRAME_MAX if it may be longer, its destination MAC to dmac. 0 when there is none.
 */
uint32_t gateway_host_take(struct gateway *g, uint8_t *l3, uint8_t dmac[6]);

/* A transmitted frame from its IP header on; borrowed until the reset. */
const uint8_t *gateway_sent(const struct port_mem *port, uint32_t index,
			    uint32_t *bytes);

/* One that may be in pieces, from *index on, likewise to l3, room for what IP can
 * say; its octets. *index: of the next one then. */
uint32_t gateway_sent_large(const struct port_mem *port, uint32_t *index,
			    uint8_t *l3);

/* Forgets what both ports transmitted, and keeps the books. */
void gateway_reset(struct gateway *g);

/* As if the packet at that place of the hold had waited for too long. */
void hold_too_long(struct worker *w, uint32_t index);

/* As if the time of all packets were over that came in fragments. */
void fragments_too_long(struct worker *w);

/*
 * As if new, in a fraction of the time: no next hop known, nothing held, the
 * books empty, the same random numbers each time; what waits is freed. Only
 * the memory of frames stays as it is.
 *
 * seq   last number used and highest received, in both SAs
 */
void gateway_restart(struct gateway *g, uint64_t seq);

/* An answer of the resolver under the generation of now. */
struct nexthop gateway_hop(const struct gateway *g, struct addr dst,
			   enum nexthop_kind kind, uint32_t ifindex);

/* The next question that the worker asked; false: none. */
bool gateway_asked(struct gateway *g, struct nexthop_query *query);

/* Answers; the worker takes it in its next round. */
void gateway_answer(struct gateway *g, const struct nexthop *nh);

/* Asks and answers, so that the worker knows it before its first packet. */
void gateway_know(struct gateway *g, const struct nexthop *nh);

/* The peer by the unprotected port, what the inner packets go to by the protected
 * one. */
void gateway_know_all(struct gateway *g);

/*
 * What stands between IV and ICV: inner packet, padding, trailer; at `text`,
 * room for them. Its octets.
 */
uint32_t gateway_text(const struct gateway *g, const uint8_t *inner,
		      uint32_t inner_bytes, uint8_t *text);

/*
 * A whole outer packet around any text, sealed with the outbound SA's key and
 * its next number; at l3, room for it. Its octets.
 */
uint32_t gateway_seal(struct gateway *g, const uint8_t *text,
		      uint32_t text_bytes, uint8_t *l3);

/*
 * What a worker must say of a packet, by a reading of its own. Of what only
 * the SA's key or window shows nothing is said: DROP_NONE.
 *
 * meta, tag     as given with it
 * frame_bytes   from the Ethernet header on
 * l3            octets from the IP header on, none beyond the frame
 * text          between IV and ICV, in the clear; 4 octets or more
 */
enum drop_reason gateway_port_fault(const struct gateway *g, enum dp_dir dir,
				    const struct dp_meta *meta, struct slice l3);
enum drop_reason gateway_host_fault(const struct host_tag *tag,
				    uint32_t frame_bytes, struct slice l3);
enum drop_reason gateway_text_fault(struct slice text, uint8_t outer_tos);

/*
 * Is an inner packet of that size the largest that fits a way of that MTU once the
 * outbound SA has protected it?
 */
bool gateway_fills(const struct gateway *g, uint32_t mtu, uint32_t inner_bytes);

/* Octets of the right packet that stands at the front, 0: none. */
uint32_t gateway_packet_bytes(struct slice l3);

/* Is the packet the inbound SA's? */
bool gateway_selected(struct slice l3);

uint64_t gateway_dropped(const struct gateway *g);

/* Every frame is in one place, and in no other; not while a round goes on. */
bool gateway_frames_balance(const struct gateway *g);

/*
 * So are frames, and in + made = out + drops + held + host + fragments, those
 * that are not whole and those that became part of another. Takes what waits at
 * the host's end.
 */
bool gateway_books_balance(struct gateway *g);

#endif
