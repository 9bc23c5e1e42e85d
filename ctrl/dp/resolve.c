// SPDX-License-Identifier: BSD-2-Clause
/*
 * First stage: what BPF said about a frame becomes an SA, or a drop. The
 * metadata is a hint: the magic says that this start's programs wrote it, the
 * SA's generation that it still holds, and the packet itself is parsed again.
 *
 * Worker.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <string.h>

#include "ctrl/dp/pmtu.h"
#include "ctrl/dp/worker.h"
#include "include/meta.h"
#include "include/proto.h"

/* By hand: compilers clear a struct of this size by an instruction that costs
 * as much as the rest of this file. ip and seq are written before they are
 * read. */
static struct packet *packet_new(struct worker *w, struct batch *b,
				 const struct port_desc *desc)
{
	struct packet *p = &b->pkt[b->n++];

	p->frame = frame_of(desc->addr);
	p->l3 = umem_at(&w->umem, desc->addr) + ETH_HEADER_BYTES;
	p->bytes = desc->bytes;
	p->state = PKT_CLEAR;
	p->routed = false;
	p->lent = false;
	p->plain = false;
	p->peer_port_be = 0;
	p->drop = DROP_NONE;
	p->sa = NULL;
	p->policy_id = p->policy_gen = 0;
	p->deadline_ns = 0;
	return p;
}

/* Trims Ethernet's padding; bytes counts from l3 on afterwards. */
static bool packet_parse(struct packet *p, uint32_t frame_bytes, uint32_t l3_off)
{
	if (l3_off < ETH_HEADER_BYTES || l3_off > frame_bytes ||
	    !ip_parse(slice_of(p->l3, frame_bytes - l3_off), &p->ip))
		return false;
	p->bytes = p->ip.total_bytes;
	return true;
}

/* No SA is no drop yet: esp_out() holds what may wait for one. */
static void resolve_sa(struct worker *w, struct packet *p, struct sa_ref ref,
		       enum dp_dir dir)
{
	if (dir == DIR_OUT && !ref.gen) /* none when BPF looked */
		return take_policy_sa(w, p);
	p->sa = sad_get(w->sad, ref);
	if (p->sa && p->sa->dir == dir)
		return;
	p->sa = NULL;
	packet_drop(p, DROP_SA_GONE);
}

/* Where it stands is the driver's choice. The frame is what is behind it. */
static void read_meta(const struct worker *w, struct port_desc *desc,
		      struct dp_meta *out)
{
	const uint8_t *frame = umem_at(&w->umem, desc->addr);
	struct head_meta head;

	memcpy(&head.token, frame, sizeof(head.token));
	if (head.token != w->head_token || desc->bytes < sizeof(head)) {
		memcpy(out, frame - sizeof(*out), sizeof(*out));
		return;
	}
	memcpy(out, frame + sizeof(head.token), sizeof(*out));
	desc->addr += sizeof(head);
	desc->bytes -= (uint32_t)sizeof(head);
}

/* It goes no further: what it says is all that is wanted of it. */
static void resolve_told(struct worker *w, struct packet *p, struct sa_ref ref)
{
	struct sa_rt *sa = sad_get(w->sad, ref);

	p->state = PKT_ERROR;
	p->sa = sa && sa->dir == DIR_OUT ? sa : NULL;
	pmtu_told(w, p);
}

static bool is_fragment(const struct packet *p)
{
	return p->ip.fragment & (IPV4_MF | IPV4_OFFSET_MASK);
}

void resolve_port(struct worker *w, struct batch *b,
		  const struct port_desc *desc)
{
	struct port_desc frame = *desc;
	struct dp_meta meta;
	struct packet *p;

	read_meta(w, &frame, &meta);
	p = packet_new(w, b, &frame);
	if (meta.magic != w->magic || meta.dir > DIR_IN)
		return packet_drop(p, DROP_META_MISSING);
	p->l3 = umem_at(&w->umem, frame.addr) + meta.l3_off;
	if (!packet_parse(p, frame.bytes, meta.l3_off))
		return packet_drop(p, DROP_IP_MALFORMED);
	if (meta.dir == DIR_OUT && meta.too_big)
		return resolve_told(w, p, meta.sa);
	p->state = meta.dir == DIR_OUT ? PKT_CLEAR : PKT_CIPHER;
	p->routed = true;
	p->policy_id = meta.policy_id;
	p->policy_gen = meta.policy_gen;
	if (p->state == PKT_CIPHER && is_fragment(p)) {
		p->state = PKT_FRAGMENT;
		p->plain = meta.plain;
		if (!meta.sa.gen) /* only a first one shows the SPI */
			return;
	}
	resolve_sa(w, p, meta.sa, (enum dp_dir)meta.dir);
}

void resolve_host(struct worker *w, struct batch *b,
		  const struct port_desc *desc)
{
	struct packet *p = packet_new(w, b, desc);
	const uint8_t *eth = p->l3 - ETH_HEADER_BYTES;
	struct host_tag tag;

	p->state = PKT_CLEAR;
	memcpy(&tag, eth, sizeof(tag));
	if (desc->bytes < ETH_HEADER_BYTES || tag.magic != w->magic)
		return packet_drop(p, DROP_HOST_UNTAGGED);
	if (tag.policy_gen !=
	    atomic_load_explicit(&w->policies->gen, memory_order_acquire))
		return packet_drop(p, DROP_POLICY_STALE);
	if (!packet_parse(p, desc->bytes, ETH_HEADER_BYTES))
		return packet_drop(p, DROP_HOST_READ);
	p->policy_id = tag.policy_id;
	p->policy_gen = tag.policy_gen;
	take_policy_sa(w, p);
}

/* The first octets of what is above IP are ports, or have a type. */
static bool has_ports(const struct packet *p)
{
	switch (p->ip.protocol) {
	case PROTO_ICMP:
	case PROTO_ICMPV6:
	case PROTO_TCP:
	case PROTO_UDP:
	case PROTO_SCTP:
	case PROTO_DCCP:
	case PROTO_UDPLITE:
	case PROTO_MH:
		return !(p->ip.fragment & IPV4_OFFSET_MASK) &&
		       p->ip.total_bytes >= p->ip.header_bytes + 4U;
	}
	return false;
}

struct flow packet_flow(const struct packet *p, enum dp_dir dir)
{
	struct slice ports = slice_of(p->l3 + p->ip.header_bytes, 4);
	const bool out = dir == DIR_OUT;
	struct flow f = {
		.local = out ? p->ip.saddr : p->ip.daddr,
		.remote = out ? p->ip.daddr : p->ip.saddr,
		.protocol = p->ip.protocol,
	};
	uint16_t sport = 0, dport = 0;

	f.has_ports = has_ports(p) && rd_u16(&ports, &sport) &&
		      rd_u16(&ports, &dport);
	if (p->ip.protocol == PROTO_ICMP || p->ip.protocol == PROTO_ICMPV6)
		dport = sport;
	if (p->ip.protocol == PROTO_MH)
		sport = dport &= 0xff00; /* its third octet */
	f.local_port = out ? sport : dport;
	f.remote_port = out ? dport : sport;
	return f;
}

enum drop_reason packet_misfit_by_ports(const struct packet *p, enum dp_dir dir)
{
	const struct rules *rules =
		atomic_load_explicit(&p->sa->rules, memory_order_acquire);
	const struct flow f = packet_flow(p, dir);

	if (rules_accept(rules, &f))
		return DROP_NONE;
	return packet_is_later(p) && rules_may_accept(rules, &f)
		       ? DROP_FRAGMENT_PORTS
		       : DROP_SELECTOR;
}

uint32_t run_end(const struct batch *b, uint32_t from)
{
	uint32_t i = from + 1;

	while (i < b->n && b->pkt[i].sa == b->pkt[from].sa &&
	       b->pkt[i].state == b->pkt[from].state)
		i++;
	return i;
}
