// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/inbound.h"

#include <arpa/inet.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/life.h"
#include "ctrl/dp/quoted.h"
#include "ctrl/dp/transport.h"
#include "include/proto.h"

/* Whoever is on the way can make a peer move with every packet: what changes
 * faster is told of later, as it is then. */
#define MOVE_NS NS_PER_S

void inbound_number(struct packet *p, uint32_t seq_lo)
{
	p->seq = replay_infer(&p->sa->replay, seq_lo);
	if (replay_check(&p->sa->replay, p->seq))
		packet_drop(p, DROP_REPLAY);
}

static void tell_used(struct worker *w, struct sa_rt *sa)
{
	const struct telling what = { .kind = TELL_USED, .sa = sa->ref };

	sa->used = tell_put(w->tell, &what);
}

/* Once a change: it is where it was told to be. */
static void tell_mapping(struct worker *w, const struct packet *p)
{
	const struct telling what = {
		.kind = TELL_MAPPING,
		.sa = p->sa->ref,
		.saddr = p->ip.saddr,
		.sport = ntohs(p->peer_port_be),
	};

	if (w->now_ns - p->sa->moved_ns < MOVE_NS || !tell_put(w->tell, &what))
		return;
	p->sa->moved_ns = w->now_ns;
	p->sa->peer = what.saddr;
	p->sa->peer_port_be = p->peer_port_be;
}

/* Authentic and new. Only the latest says where the peer is: an older one may
 * have been on its way when the peer moved, and without a window be a copy. Without
 * integrity anybody could say it. */
static void note_origin(struct worker *w, const struct packet *p, bool is_latest)
{
	struct sa_rt *sa = p->sa;

	if (!sa->used)
		tell_used(w, sa);
	if (!sa->udp || !sa->icv_bytes || !p->peer_port_be || !is_latest)
		return;
	if (!addr_equal(&sa->peer, &p->ip.saddr) ||
	    sa->peer_port_be != p->peer_port_be)
		tell_mapping(w, p);
}

bool inbound_authentic(struct worker *w, struct packet *p)
{
	const bool is_latest = p->seq > p->sa->replay.top;

	if (replay_commit(&p->sa->replay, p->seq)) {
		packet_drop(p, DROP_REPLAY);
		return false;
	}
	note_origin(w, p, is_latest);
	return true;
}

/* What the outer header says to the packet that was in it; false: it must not
 * go on. */
static bool take_outer(struct worker *w, struct packet *p, uint8_t outer_tos)
{
	uint8_t tos = p->ip.tos;

	switch (outer_take(&p->sa->outer, outer_tos, &tos)) {
	case OUTER_ECN_LOST:
		return false;
	case OUTER_ECN_UNUSED:
		w->passes[PASS_WORKER_ECN].pkts++;
		w->passes[PASS_WORKER_ECN].bytes += p->ip.total_bytes;
		break;
	case OUTER_ECN_FINE:
		break;
	}
	if (tos != p->ip.tos)
		ip_set_tos(p->l3, tos);
	p->ip.tos = tos;
	return true;
}

/* A packet of its own. false: it is dropped. */
static bool take_inner(struct packet *p, uint8_t *inner, uint32_t bytes,
		       uint8_t next_header)
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

/* In transport mode with the header that it came with, whose ECN is its own. */
static bool take_inside(struct packet *p, uint8_t *inside, uint32_t bytes,
			uint8_t next_header)
{
	return p->sa->transport ? transport_take(p, inside, bytes, next_header)
				: take_inner(p, inside, bytes, next_header);
}

void inbound_take(struct worker *w, struct packet *p, uint8_t *inside,
		  uint32_t bytes, uint8_t next_header)
{
	const uint8_t outer_tos = p->ip.tos;
	enum drop_reason misfit;

	if (next_header == PROTO_NONE)
		return packet_drop(p, DROP_DUMMY);
	if (!take_inside(p, inside, bytes, next_header))
		return;
	misfit = quoted_judge(w, p, DIR_IN);
	if (misfit != DROP_NONE)
		return packet_drop(p, misfit);
	if (!take_outer(w, p, outer_tos))
		return packet_drop(p, DROP_ECN);
	p->bytes = p->ip.total_bytes; /* RFC 4303 section 2.7: TFC padding ends
					 here */
	p->state = PKT_OPENED;
}

void inbound_count(struct worker *w, struct sa_rt *sa, struct packet **of,
		   uint32_t n)
{
	uint64_t bytes = 0;

	if (sa->kept)
		atomic_store_explicit(sa->kept->used, sa->replay.top,
				      memory_order_release);
	atomic_store_explicit(&sa->count.edge, sa->replay.top,
			      memory_order_relaxed);
	n = life_admit(w, of, n);
	for (uint32_t i = 0; i < n; i++)
		bytes += of[i]->bytes;
	sa_count_run(sa, n, bytes, w->now_ns);
	life_note(w, sa);
}
