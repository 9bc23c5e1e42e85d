/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ESP and AH do alike with what comes in (RFC 4303 section 3.4, RFC 4302
 * section 3.4): its number, before and after the ICV is known to be right; what was
 * inside, and whether that is the SA's (RFC 4301 section 5.2); and the SA's books.
 *
 * An authentic packet from elsewhere than before is told of, where a NAT may be in
 * between; nothing else follows. The worker that has the SA's lock.
 */
#ifndef CYG_DP_INBOUND_H
#define CYG_DP_INBOUND_H

#include "ctrl/dp/esp.h"
#include "ctrl/dp/quoted.h"
#include "ctrl/dp/transport.h"
#include "ctrl/dp/worker.h"
#include "include/proto.h"

/*
 * p->seq, from its low half; dropped where that was seen before, or is left of the
 * window. Inline, as what follows: of every packet.
 */
static inline void inbound_number(struct packet *p, uint32_t seq_lo)
{
	p->seq = replay_infer(&p->sa->replay, seq_lo);
	if (replay_check(&p->sa->replay, p->seq))
		packet_drop(p, DROP_REPLAY);
}

/* The SA's first packet is there: that is told. */
void inbound_used(struct worker *w, struct sa_rt *sa);

/* Came it from elsewhere than the last one? */
void inbound_moved(struct worker *w, const struct packet *p);

/* Authentic and new. Only the latest says where the peer is: an older one may
 * have been on its way when the peer moved, and without a window be a copy. Without
 * integrity anybody could say it. */
static inline void inbound_note_origin(struct worker *w, const struct packet *p,
				       bool is_latest)
{
	struct sa_rt *sa = p->sa;

	if (!sa->used)
		inbound_used(w, sa);
	if (sa->udp && sa->icv_bytes && p->peer_port_be && is_latest)
		inbound_moved(w, p);
}

/* The ICV is right: the window moves. false: it has seen the number meanwhile, and
 * the packet is dropped. */
static inline bool inbound_authentic(struct worker *w, struct packet *p)
{
	const bool is_latest = p->seq > p->sa->replay.top;

	if (replay_commit(&p->sa->replay, p->seq)) {
		packet_drop(p, DROP_REPLAY);
		return false;
	}
	inbound_note_origin(w, p, is_latest);
	return true;
}

/* What the outer header says to the packet that was in it, where that says something
 * else. false: it is dropped. */
bool inbound_take_tos(struct worker *w, struct packet *p, uint8_t outer_tos);

/* A packet of its own. false: it is dropped. */
static inline bool inbound_take_inner(struct packet *p, uint8_t *inner,
				      uint32_t bytes, uint8_t next_header)
{
	uint8_t version = esp_inner_version(next_header);

	if (!version) {
		packet_drop(p, DROP_NEXT_HEADER);
		return false;
	}
	if (!ip_parse(slice_of(inner, bytes), &p->ip) ||
	    p->ip.version != version) {
		packet_drop(p, DROP_INNER_MALFORMED);
		return false;
	}
	p->l3 = inner;
	return true;
}

/*
 * Takes off what is ours: p->l3, p->ip and p->bytes are of the packet that was
 * inside, or it is dropped. In transport mode with the header that it came with,
 * whose ECN is its own.
 *
 * inside        what the next header speaks of
 * next_header   that ESP or AH had
 */
static inline void inbound_take(struct worker *w, struct packet *p,
				uint8_t *inside, uint32_t bytes,
				uint8_t next_header)
{
	const uint8_t outer_tos = p->ip.tos;
	enum drop_reason misfit;

	if (next_header == PROTO_NONE)
		return packet_drop(p, DROP_DUMMY);
	if (p->sa->transport
		    ? !transport_take(p, inside, bytes, next_header)
		    : !inbound_take_inner(p, inside, bytes, next_header))
		return;
	misfit = quoted_judge(w, p, DIR_IN);
	if (misfit != DROP_NONE)
		return packet_drop(p, misfit);
	if (outer_tos != p->ip.tos && !inbound_take_tos(w, p, outer_tos))
		return;
	p->bytes = p->ip.total_bytes; /* RFC 4303 section 2.7: TFC padding ends
					 here */
	p->if_id = p->sa->if_id;
	p->state = PKT_OPENED;
}

/* After a run: those that passed, which the SA may carry; its window; its end. */
void inbound_count(struct worker *w, struct sa_rt *sa, struct packet **of,
		   uint32_t n);

#endif
