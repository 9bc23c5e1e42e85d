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
#include <stddef.h>
#include <string.h>

#include "ctrl/base/prefetch.h"
#include "ctrl/dp/pmtu.h"
#include "ctrl/dp/worker.h"
#include "include/meta.h"
#include "include/proto.h"

#define TTL_IN_TCP 64 /* nobody counts it down */

#define NEAR 4U /* packets that are asked for before one is read */

/* By hand: compilers clear a struct of this size by an instruction that costs
 * as much as the rest of this file. ip and seq are written before they are
 * read. */
static inline void packet_init(struct packet *p, uint64_t frame, uint8_t *at,
			       uint32_t bytes)
{
	p->frame = frame;
	p->l3 = at + ETH_HEADER_BYTES;
	p->bytes = bytes;
	p->state = PKT_CLEAR;
	p->routed = false;
	p->lent = false;
	p->plain = false;
	p->large = false;
	p->peer_port_be = 0;
	p->drop = DROP_NONE;
	p->sa = NULL;
	p->policy_id = p->policy_gen = p->if_id = 0;
	p->deadline_ns = 0;
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

static bool is_sa(const struct sa_rt *sa, struct sa_ref ref)
{
	return sa && sa->ref.id == ref.id && sa->ref.gen == ref.gen;
}

/*
 * No SA is no drop yet: esp_out() holds what may wait for one.
 *
 * before   that stands before it in the batch, whose SA it has as a rule; or itself
 */
static void resolve_sa(struct worker *w, struct packet *p,
		       const struct packet *before, struct sa_ref ref,
		       enum dp_dir dir)
{
	if (dir == DIR_OUT && !ref.gen) /* none when BPF looked */
		return take_policy_sa(w, p);
	p->sa = is_sa(before->sa, ref) ? before->sa : sad_get(w->sad, ref);
	if (p->sa && p->sa->dir == dir)
		return;
	p->sa = NULL;
	packet_drop(p, DROP_SA_GONE);
}

/* Read where it stands, at any octet: a copy that is written and read in pieces of
 * other sizes would have to wait for the store buffer. */
struct meta_there {
	struct dp_meta meta;
} __attribute__((packed, may_alias));

/* Where that is, is the driver's choice. The frame is what is behind it. */
static inline const struct meta_there *find_meta(const struct worker *w,
						 uint8_t **frame,
						 uint32_t *bytes)
{
	const uint8_t *at = *frame;
	uint64_t token;

	memcpy(&token, at, sizeof(token));
	if (token != w->head_token || *bytes < sizeof(struct head_meta))
		return (const void *)(at - sizeof(struct dp_meta));
	*frame += sizeof(struct head_meta);
	*bytes -= (uint32_t)sizeof(struct head_meta);
	return (const void *)(at + offsetof(struct head_meta, meta));
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

static inline void resolve_one(struct worker *w, uint64_t frame, uint8_t *at,
			       uint32_t bytes, const struct packet *before,
			       struct packet *p)
{
	const struct meta_there *there = find_meta(w, &at, &bytes);
	const uint16_t l3_off = there->meta.l3_off;
	const struct sa_ref ref = there->meta.sa;
	const uint8_t dir = there->meta.dir;

	packet_init(p, frame, at, bytes);
	if (there->meta.magic != w->magic || dir > DIR_IN)
		return packet_drop(p, DROP_META_MISSING);
	p->l3 = at + l3_off;
	if (!packet_parse(p, bytes, l3_off))
		return packet_drop(p, DROP_IP_MALFORMED);
	if (dir == DIR_OUT && there->meta.too_big)
		return resolve_told(w, p, ref);
	p->state = dir == DIR_OUT ? PKT_CLEAR : PKT_CIPHER;
	p->routed = true;
	p->policy_id = there->meta.policy_id;
	p->policy_gen = there->meta.policy_gen;
	if (p->state == PKT_CIPHER && is_fragment(p)) {
		p->state = PKT_FRAGMENT;
		p->plain = there->meta.plain;
		if (!ref.gen) /* only a first one shows the SPI */
			return;
	}
	resolve_sa(w, p, before, ref, (enum dp_dir)dir);
}

/* Into the nearest cache go few: all frames have their headers at the same place. */
PREFETCHES void fetch_near(const struct worker *w, const struct port_desc *desc)
{
	const uint8_t *at = umem_at(&w->umem, desc->addr);

	__builtin_prefetch(at - sizeof(struct dp_meta));
	__builtin_prefetch(at);
}

void resolve_port(struct worker *w, struct batch *b,
		  const struct port_desc *desc, uint32_t n)
{
	struct packet *p = b->pkt + b->n, *before = p;

	for (uint32_t i = 0; i < n; i++) {
		if (i + NEAR < n)
			fetch_near(w, &desc[i + NEAR]);
		resolve_one(w, frame_of(desc[i].addr),
			    umem_at(&w->umem, desc[i].addr), desc[i].bytes,
			    before, &p[i]);
		before = &p[i];
	}
	b->n += n;
}

void resolve_at(struct worker *w, struct batch *b, uint64_t frame, uint8_t *at,
		uint32_t bytes)
{
	struct packet *p = &b->pkt[b->n++];

	resolve_one(w, frame, at, bytes, p, p);
}

void resolve_host(struct worker *w, struct batch *b,
		  const struct port_desc *desc)
{
	resolve_host_at(w, b, frame_of(desc->addr),
			umem_at(&w->umem, desc->addr), desc->bytes);
}

void resolve_host_at(struct worker *w, struct batch *b, uint64_t frame,
		     uint8_t *at, uint32_t bytes)
{
	struct packet *p = &b->pkt[b->n++];
	struct host_tag tag;

	packet_init(p, frame, at, bytes);
	memcpy(&tag, at, sizeof(tag));
	if (bytes < ETH_HEADER_BYTES || tag.magic != w->magic)
		return packet_drop(p, DROP_HOST_UNTAGGED);
	if (tag.policy_gen !=
	    atomic_load_explicit(&w->policies->gen, memory_order_acquire))
		return packet_drop(p, DROP_POLICY_STALE);
	if (!packet_parse(p, bytes, ETH_HEADER_BYTES))
		return packet_drop(p, DROP_HOST_READ);
	p->policy_id = tag.policy_id;
	p->policy_gen = tag.policy_gen;
	take_policy_sa(w, p);
}

/* Of the SA's own ends: whoever sent it, its ICV says. */
static void put_header(struct packet *p, uint8_t *esp, uint32_t bytes)
{
	const uint8_t version = addr_is_v4(&p->sa->saddr) ? 4 : 6;
	const uint32_t header = ip_least_bytes(version);

	p->l3 = esp - header;
	p->bytes = header + bytes;
	p->ip = (struct ip_header){
		.version = version,
		.header_bytes = (uint16_t)header,
		.total_bytes = p->bytes,
		.ttl = TTL_IN_TCP,
		.protocol = PROTO_ESP,
		.saddr = *sa_saddr(p->sa),
		.daddr = *sa_daddr(p->sa),
	};
	ip_build(p->l3, &p->ip);
}

void resolve_stream(struct worker *w, struct batch *b, uint64_t frame,
		    uint8_t *esp, uint32_t bytes)
{
	struct packet *p = &b->pkt[b->n++];
	uint32_t spi_be;

	packet_init(p, frame, esp - ETH_HEADER_BYTES, bytes);
	p->ip = (struct ip_header){ .version = 0 };
	p->state = PKT_CIPHER;
	if (bytes < ESP_HEADER_BYTES)
		return packet_drop(p, DROP_ESP_TRUNCATED);
	memcpy(&spi_be, esp, sizeof(spi_be));
	p->sa = sad_of_stream(w->sad, ntohl(spi_be));
	if (!p->sa)
		return packet_drop(p, DROP_SPI_UNKNOWN);
	put_header(p, esp, bytes);
}

static bool has_ports(const struct packet *p)
{
	return ip_has_ports(p->ip.protocol) &&
	       !(p->ip.fragment & IPV4_OFFSET_MASK) &&
	       p->ip.total_bytes >= p->ip.header_bytes + 4U;
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
	const struct packet *first = &b->pkt[from], *end = b->pkt + b->n;
	const struct packet *p = first + 1;

	while (p < end && p->sa == first->sa && p->state == first->state)
		p++;
	return (uint32_t)(p - b->pkt);
}
