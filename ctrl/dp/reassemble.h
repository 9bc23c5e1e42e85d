/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that came for us in fragments, put together before anything else is done
 * to them: a stage of the worker, in front of ESP. BPF sends here what may be of
 * ESP or AH, in UDP or not; what turns out to be the kernel's goes up to it whole.
 *
 * All fragments of a packet are one worker's, told by a hash: the queues that they
 * came by may differ. Their octets are copied to where they belong, into frames of
 * that worker, at most an eighth of all; of one sender a quarter of that. Where
 * there is no more room, the oldest packet makes some: whoever floods us with
 * pieces of packets has to be faster than the other pieces of a packet are.
 *
 * What fits one frame is opened there. A larger one is gathered in the scratch
 * buffer, and walks alone (large.h).
 *
 * No ICMP error tells a sender that his packet was never whole.
 */
#ifndef CYG_DP_REASSEMBLE_H
#define CYG_DP_REASSEMBLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/umem.h"
#include "ctrl/wire/fragment.h"
#include "include/drop.h"
#include "include/fragment.h"
#include "include/meta.h"

struct batch;
struct packet;
struct worker;

/* Of a payload, so much stands in each frame; the headers in front of it. */
#define CHUNK_BYTES  (FRAME_BYTES - FRAME_HEADROOM)
#define CHUNKS_MAX   ((UINT16_MAX + CHUNK_BYTES) / CHUNK_BYTES)
#define HEADERS_ROOM 128U /* more of IPv6's are malformed for us */

#define DATAGRAM_BUCKETS 1024U /* powers of two */
#define SENDER_BUCKETS	 256U

struct datagram_key {
	struct addr saddr, daddr;
	uint32_t id;
	uint8_t version;
	uint8_t protocol;
	uint8_t pad[2]; /* 0 */
};

_Static_assert(sizeof(struct datagram_key) == 40, "compared as a whole");

struct datagram {
	LIST_ENTRY(datagram) by_key;
	TAILQ_ENTRY(datagram) by_age; /* of its family, or of those ready */
	TAILQ_ENTRY(datagram) of_sender;
	struct datagram_key key;
	struct sender *sender;
	uint64_t begun_ns;
	uint64_t deadline_ns;
	uint32_t bytes; /* of its fragments, headers included */
	struct pieces pieces;
	uint64_t frame[CHUNKS_MAX];
	uint32_t chunks; /* bit i: frame[i] is there */
	uint32_t n_frames;
	/* Not DROP_NONE: what is still to come of it drops for that. */
	enum drop_reason refused;
	struct sa_ref sa;      /* of its first fragment, as are these */
	uint16_t header_bytes; /* in front of the payload; 0: not there */
	bool plain;
	uint8_t ecn; /* bit i: a fragment had that codepoint */
};

TAILQ_HEAD(datagrams, datagram);
LIST_HEAD(datagram_bucket, datagram);

/* Those whose hash is the same: an IPv4 address, or an IPv6 /64. */
struct sender {
	struct datagrams all; /* the oldest first */
	uint32_t n;
	uint32_t frames;
};

struct reassembly {
	struct datagram *at; /* owned; frames_max */
	uint32_t frames_max;
	uint32_t sender_max; /* of frames, and of datagrams */
	uint32_t frames;     /* that it has */
	uint32_t pieces;     /* that wait in them */
	struct datagrams free, ready;
	struct datagrams by_age[2]; /* of IPv4, of IPv6 */
	struct sender senders[SENDER_BUCKETS];
	struct datagram_bucket by_key[DATAGRAM_BUCKETS];
};

/* frames: of the worker. 0 or -ENOMEM. */
int reassembly_init(struct reassembly *r, uint32_t frames);
void reassembly_fini(struct reassembly *r);

/*
 * PKT_FRAGMENT becomes PKT_CIPHER or PKT_PLAIN where it was the last one that was
 * missing of a packet that fits a frame; else PKT_GONE.
 */
void reassemble(struct worker *w, struct batch *b);

/* The next larger one, alone in an empty batch, until which is walked the scratch
 * buffer is its; false: there is none. */
bool reassemble_large(struct worker *w, struct batch *b);

/* What was not whole in time is dropped. */
void reassembly_expire(struct worker *w);

#endif
