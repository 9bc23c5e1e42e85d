// SPDX-License-Identifier: BSD-2-Clause
/*
 * Last stage: where a packet goes, its link header, and away. What the ESP
 * stage built goes to the peer's next hop. What was decrypted goes straight
 * to a protected interface, or up through the host interface: to this host,
 * to interfaces that we don't serve, and wherever it would leave by an
 * unprotected one, so that the kernel forwards it and the guard sees it. ICMP
 * errors of our own take the same ways.
 *
 * The invariant that keeps plaintext off the wire: onto an unprotected
 * interface goes only PKT_SEALED. ESP in TCP is never that: it goes to the process
 * that holds its connection, or nowhere. A port may serve interfaces of both roles, VLANs
 * of one NIC: the next hop says which one it is. Worker.
 */
#include <assert.h>
#include <string.h>

#include "ctrl/dp/handoff.h"
#include "ctrl/dp/large.h"
#include "ctrl/dp/mss.h"
#include "ctrl/dp/pmtu.h"
#include "ctrl/dp/stream.h"
#include "ctrl/dp/worker.h"
#include "ctrl/wire/icmp.h"
#include "include/proto.h"

/* Where a packet goes, and by which port of ours; NULL: by none. */
struct way {
	const struct nexthop *nh;
	struct port *port;
};

/* Frames for one port, gathered while the port stays the same, and for the host,
 * gathered while they join. */
struct tx_run {
	struct way way;		     /* of the packet in hand */
	const struct packet *before; /* that went it, too; NULL: look anew */
	struct host_run host;
	struct stream_run stream;
	struct port *port;
	uint32_t n;
	struct packet *pkt[BATCH_MAX];
	struct port_desc desc[BATCH_MAX];
};

/* Bytes count here, packets when the kernel gives their frames back. */
static void tx_flush(struct worker *w, struct tx_run *run)
{
	const bool large = run->n && run->pkt[0]->large; /* and alone */
	uint32_t sent = 0;
	uint64_t bytes = 0;

	if (large)
		large_tx(w, run->port, run->pkt[0], run->desc[0].bytes);
	else if (run->n)
		sent = run->port->ops->tx(run->port, run->desc, run->n);
	for (uint32_t i = large; i < run->n; i++) {
		if (i >= sent) {
			packet_drop(run->pkt[i], DROP_TX_FULL);
			continue;
		}
		run->pkt[i]->state = PKT_GONE;
		bytes += run->pkt[i]->bytes;
	}
	w->passes[PASS_WORKER_TX].bytes += bytes;
	run->n = 0;
}

static inline void to_port(struct worker *w, struct tx_run *run,
			   struct packet *p)
{
	const struct nexthop *nh = run->way.nh;
	uint8_t *frame;

	if (run->port != run->way.port || run->n == BATCH_MAX)
		tx_flush(w, run);
	assert(nh->role == IFACE_PROTECTED || p->state == PKT_SEALED);
	if (nh->role != IFACE_PROTECTED && p->state != PKT_SEALED)
		return packet_drop(p, DROP_NO_ROUTE);
	frame = packet_put_ether(p, nh->link, nh->link_bytes);
	run->port = run->way.port;
	run->pkt[run->n] = p;
	run->desc[run->n++] = (struct port_desc){
		.addr = p->large ? 0 : (uint64_t)(frame - w->umem.area),
		.bytes = (uint32_t)(p->l3 - frame) + p->bytes,
	};
}

/* May a decrypted packet go straight out, or is it the kernel's to judge? */
static bool opened_goes_direct(const struct packet *p, const struct way *way)
{
	return way->port && way->nh->role == IFACE_PROTECTED && p->ip.ttl > 1 &&
	       p->bytes <= way->nh->mtu;
}

/* The kernel would send it on to whom its SA is not for. */
static void opened_to_host(struct worker *w, struct tx_run *run,
			   struct packet *p)
{
	if (p->ip.source_route)
		return packet_drop(p, DROP_SELECTOR);
	host_tx(w, &run->host, p);
}

static void forward_opened(struct worker *w, struct tx_run *run,
			   struct packet *p)
{
	if (!opened_goes_direct(p, &run->way))
		return opened_to_host(w, run, p);
	ip_hop(p->l3);
	to_port(w, run, p);
}

static void forward_sealed(struct worker *w, struct tx_run *run,
			   struct packet *p)
{
	const struct way *way = &run->way;

	if (!way->port)
		return packet_drop(p, DROP_NO_ROUTE);
	if (p->bytes > way->nh->mtu && !pmtu_cut_sealed(w, p, way->nh->mtu))
		return;
	to_port(w, run, p);
}

/*
 * From our address (RFC 1812 section 4.3.2.4, RFC 4443 section 2.2); but the kernel takes none from
 * the host interface that is its own: up there it comes from where the packet
 * was to go.
 */
static void forward_error(struct worker *w, struct tx_run *run, struct packet *p)
{
	const struct nexthop *nh = run->way.nh;
	bool direct = run->way.port && !addr_is_none(&nh->saddr) &&
		      nh->role == IFACE_PROTECTED && p->bytes <= nh->mtu;

	if (direct)
		p->ip.saddr = nh->saddr;
	icmp_build(p->l3, &p->ip);
	if (direct)
		to_port(w, run, p);
	else
		host_tx(w, &run->host, p);
}

static void forward_known(struct worker *w, struct tx_run *run, struct packet *p)
{
	switch ((enum packet_state)p->state) {
	case PKT_SEALED:
		return forward_sealed(w, run, p);
	case PKT_OPENED:
		return forward_opened(w, run, p);
	case PKT_ERROR:
		return forward_error(w, run, p);
	case PKT_STREAM:
	case PKT_CLEAR:
	case PKT_CIPHER:
	case PKT_FRAGMENT:
	case PKT_PLAIN:
	case PKT_GONE:
		break;
	}
}

/*
 * A router at the far end says something to its neighbour: that is this host, where the
 * tunnel has an interface, and no route says so.
 */
static bool is_for_tunnel(const struct packet *p)
{
	const uint8_t *a = p->ip.daddr.octets;

	if (!p->if_id)
		return false;
	if (addr_is_v4(&p->ip.daddr))
		return a[ADDR_V4_AT] >= 0xe0;
	return a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

/* Where rules look at more than the destination, what came out of a tunnel is
 * the kernel's to forward: it knows them all. */
static const struct nexthop *nexthop_of(struct worker *w, const struct packet *p)
{
	static const struct nexthop up = { .kind = NH_HOST };

	if (p->state == PKT_SEALED)
		return nexthop_lookup_ours(&w->nexthops, &p->ip.daddr,
					   &p->ip.saddr, w->now_ns);
	if (nexthop_by_source(&w->nexthops) ||
	    (w->forward_kernel && p->state == PKT_OPENED) || is_for_tunnel(p))
		return &up;
	return nexthop_lookup(&w->nexthops, &p->ip.daddr, w->now_ns);
}

/* All that nexthop_of() asks of a packet is the same. */
static bool go_together(const struct packet *a, const struct packet *b)
{
	return a->state == b->state && a->if_id == b->if_id &&
	       addr_equal(&a->ip.daddr, &b->ip.daddr) &&
	       addr_equal(&a->ip.saddr, &b->ip.saddr);
}

/* Found once for packets that stand together. */
static void find_way(struct worker *w, struct tx_run *run,
		     const struct packet *p)
{
	struct way *way = &run->way;

	if (!run->before || !go_together(run->before, p)) {
		way->nh = nexthop_of(w, p);
		way->port = way->nh->kind == NH_PORT
				    ? worker_port(w, way->nh->ifindex)
				    : NULL;
	}
	run->before = p;
}

/* It asks for another next hop, too, after which the last one is no more. */
static bool clamp_opened(struct worker *w, struct tx_run *run, struct packet *p)
{
	run->before = NULL;
	return mss_clamp_opened(w, p);
}

static void forward_one(struct worker *w, struct tx_run *run, struct packet *p)
{
	const struct nexthop *nh;

	if (p->large)
		large_shrink(w, p);
	if (p->state == PKT_STREAM)
		return stream_tx(&run->stream, p);
	if (p->state == PKT_PLAIN) /* it was not ours to put together */
		return opened_to_host(w, run, p);
	if (p->state == PKT_OPENED && mss_concerns(w, p) &&
	    !clamp_opened(w, run, p))
		return;
	find_way(w, run, p);
	nh = run->way.nh;
	switch (nh->kind) {
	case NH_PENDING:
		return hold_packet(w, p);
	case NH_NONE:
		return packet_drop(p, nh->drop);
	case NH_PORT:
		if (!run->way.port && w->n_workers > 1 &&
		    handoff_to_port(w, nh->ifindex, p))
			return;
		break;
	case NH_HOST:
		break;
	}
	forward_known(w, run, p);
}

/* Is it ready to go? Others were dropped, are held, or are gone. */
static bool goes(const struct packet *p)
{
	return p->drop == DROP_NONE &&
	       (p->state == PKT_SEALED || p->state == PKT_STREAM ||
		p->state == PKT_OPENED || p->state == PKT_PLAIN ||
		p->state == PKT_ERROR);
}

void forward(struct worker *w, struct batch *b)
{
	struct packet *end = b->pkt + b->n;
	struct tx_run run;

	run.port = NULL;
	run.before = NULL;
	run.n = run.host.n = run.stream.n = 0;
	for (struct packet *p = b->pkt; p < end; p++)
		if (goes(p))
			forward_one(w, &run, p);
	tx_flush(w, &run);
	host_tx_flush(w, &run.host);
	stream_tx_flush(w, &run.stream);
}
