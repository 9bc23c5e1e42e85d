// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/inbound.h"

#include <arpa/inet.h>

#include "ctrl/dp/life.h"
#include "include/proto.h"

/* Whoever is on the way can make a peer move with every packet: what changes
 * faster is told of later, as it is then. */
#define MOVE_NS NS_PER_S

void inbound_used(struct worker *w, struct sa_rt *sa)
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

void inbound_moved(struct worker *w, const struct packet *p)
{
	const struct sa_rt *sa = p->sa;

	if (!addr_equal(&sa->peer, &p->ip.saddr) ||
	    sa->peer_port_be != p->peer_port_be)
		tell_mapping(w, p);
}

bool inbound_take_tos(struct worker *w, struct packet *p, uint8_t outer_tos)
{
	uint8_t tos = p->ip.tos;

	if (sa_stream(p->sa)) /* RFC 9329 section 6.8: there is no outer one */
		return true;
	switch (outer_take(&p->sa->outer, outer_tos, &tos)) {
	case OUTER_ECN_LOST:
		packet_drop(p, DROP_ECN);
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
