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
 * interface goes only PKT_SEALED. A port may serve interfaces of both roles, VLANs
 * of one NIC: the next hop says which one it is. Worker.
 */
#include <assert.h>
#include <net/ethernet.h>
#include <string.h>

#include "ctrl/dp/handoff.h"
#include "ctrl/dp/mss.h"
#include "ctrl/dp/pmtu.h"
#include "ctrl/dp/worker.h"
#include "ctrl/wire/icmp.h"
#include "ctrl/wire/octets.h"
#include "include/proto.h"

/* Frames for one port, gathered while the port stays the same, and for the host,
 * gathered while they join. */
struct tx_run {
	struct host_run host;
	struct port *port;
	uint32_t n;
	struct packet *pkt[BATCH_MAX];
	struct port_desc desc[BATCH_MAX];
};

/* Bytes count here, packets when the kernel gives their frames back. */
static void tx_flush(struct worker *w, struct tx_run *run)
{
	uint32_t sent = 0;

	if (run->n)
		sent = run->port->ops->tx(run->port, run->desc, run->n);
	for (uint32_t i = 0; i < run->n; i++) {
		if (i >= sent) {
			packet_drop(run->pkt[i], DROP_TX_FULL);
			continue;
		}
		run->pkt[i]->state = PKT_GONE;
		w->passes[PASS_WORKER_TX].bytes += run->pkt[i]->bytes;
	}
	run->n = 0;
}

uint8_t *packet_put_ether(struct packet *p, const uint8_t *link,
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

static void to_port(struct worker *w, struct tx_run *run, struct port *port,
		    struct packet *p, const struct nexthop *nh)
{
	uint8_t *frame;

	if (run->port != port || run->n == BATCH_MAX)
		tx_flush(w, run);
	assert(nh->role == IFACE_PROTECTED || p->state == PKT_SEALED);
	if (nh->role != IFACE_PROTECTED && p->state != PKT_SEALED)
		return packet_drop(p, DROP_NO_ROUTE);
	frame = packet_put_ether(p, nh->link, nh->link_bytes);
	run->port = port;
	run->pkt[run->n] = p;
	run->desc[run->n++] = (struct port_desc){
		.addr = (uint64_t)(frame - w->umem.area),
		.bytes = (uint32_t)(p->l3 - frame) + p->bytes,
	};
}

/* May a decrypted packet go straight out, or is it the kernel's to judge? */
static bool opened_goes_direct(const struct packet *p, const struct port *port,
			       const struct nexthop *nh)
{
	return port && nh->role == IFACE_PROTECTED && p->ip.ttl > 1 &&
	       p->bytes <= nh->mtu;
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
			   struct packet *p, const struct nexthop *nh)
{
	struct port *port = worker_port(w, nh->ifindex);

	if (nh->kind == NH_HOST || !opened_goes_direct(p, port, nh))
		return opened_to_host(w, run, p);
	ip_hop(p->l3);
	to_port(w, run, port, p, nh);
}

static void forward_sealed(struct worker *w, struct tx_run *run,
			   struct packet *p, const struct nexthop *nh)
{
	struct port *port = worker_port(w, nh->ifindex);

	if (nh->kind != NH_PORT || !port)
		return packet_drop(p, DROP_NO_ROUTE);
	if (p->bytes > nh->mtu && !pmtu_cut_sealed(w, p, nh->mtu))
		return;
	to_port(w, run, port, p, nh);
}

/*
 * From our address (RFC 1812 section 4.3.2.4, RFC 4443 section 2.2); but the kernel takes none from
 * the host interface that is its own: up there it comes from where the packet
 * was to go.
 */
static void forward_error(struct worker *w, struct tx_run *run,
			  struct packet *p, const struct nexthop *nh)
{
	struct port *port = worker_port(w, nh->ifindex);
	bool direct = nh->kind == NH_PORT && !addr_is_none(&nh->saddr) &&
		      port && nh->role == IFACE_PROTECTED && p->bytes <= nh->mtu;

	if (direct)
		p->ip.saddr = nh->saddr;
	icmp_build(p->l3, &p->ip);
	if (direct)
		to_port(w, run, port, p, nh);
	else
		host_tx(w, &run->host, p);
}

static void forward_known(struct worker *w, struct tx_run *run,
			  struct packet *p, const struct nexthop *nh)
{
	switch ((enum packet_state)p->state) {
	case PKT_SEALED:
		return forward_sealed(w, run, p, nh);
	case PKT_OPENED:
		return forward_opened(w, run, p, nh);
	case PKT_ERROR:
		return forward_error(w, run, p, nh);
	case PKT_CLEAR:
	case PKT_CIPHER:
	case PKT_GONE:
		break;
	}
}

/* Where rules look at more than the destination, what came out of a tunnel is
 * the kernel's to forward: it knows them all. */
static const struct nexthop *way_of(struct worker *w, const struct packet *p)
{
	static const struct nexthop up = { .kind = NH_HOST };

	if (p->state == PKT_SEALED)
		return nexthop_lookup_ours(&w->nexthops, &p->ip.daddr,
					   &p->ip.saddr, w->now_ns);
	if (nexthop_by_source(&w->nexthops) ||
	    (w->forward_kernel && p->state == PKT_OPENED))
		return &up;
	return nexthop_lookup(&w->nexthops, &p->ip.daddr, w->now_ns);
}

static void forward_one(struct worker *w, struct tx_run *run, struct packet *p)
{
	const struct nexthop *nh;

	if (p->state == PKT_OPENED && mss_concerns(w, p) &&
	    !mss_clamp_opened(w, p))
		return;
	nh = way_of(w, p);
	switch (nh->kind) {
	case NH_PENDING:
		return hold_packet(w, p);
	case NH_NONE:
		return packet_drop(p, nh->drop);
	case NH_PORT:
		if (w->n_workers > 1 && handoff_to_port(w, nh->ifindex, p))
			return;
		break;
	case NH_HOST:
		break;
	}
	forward_known(w, run, p, nh);
}

/* Is it ready to go? Others were dropped, are held, or are gone. */
static bool goes(const struct packet *p)
{
	return p->drop == DROP_NONE &&
	       (p->state == PKT_SEALED || p->state == PKT_OPENED ||
		p->state == PKT_ERROR);
}

void forward(struct worker *w, struct batch *b)
{
	struct tx_run run;

	run.port = NULL;
	run.n = run.host.n = 0;
	for (uint32_t i = 0; i < b->n; i++) {
		if (goes(&b->pkt[i]))
			forward_one(w, &run, &b->pkt[i]);
	}
	tx_flush(w, &run);
	host_tx_flush(w, &run.host);
}
