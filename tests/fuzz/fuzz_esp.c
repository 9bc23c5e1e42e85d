// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets through a worker. An input is a scenario: its first octet chooses
 * suite, first sequence number and known next hops; each step after it is a
 * packet out, in, from the host or once more, made of the input's octets, or a
 * change of the world around. Text that is sealed with the SA's key shows what
 * stands behind the ICV check.
 *
 * After every round each frame is in one place and each packet is counted.
 * What left as ESP is ours, under a number not used before, and opens to a
 * packet that was given to be protected, or to a fragment of it, each part once;
 * nothing else left by the unprotected port. What went to the protected port or
 * up to the host was sealed for us, is within the selectors and goes there once,
 * or is an ICMP error about what was given and did not leave. What was refused
 * for what is in it has that fault and no other. Of the worker's own code this judgement uses
 * the sizes of ESP, the checksum and the cipher.
 *
 * The same input does the same: every input starts from the same numbers,
 * window, caches, frames and random pool, and keeps its own time.
 *
 * Frames in use are fenced (fence.h). libcrypto is not instrumented; a sealed
 * packet's end is compared with its frame's instead.
 */
#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/esp.h"
#include "include/proto.h"
#include "tests/fuzz/esp_judge.h"
#include "tests/fuzz/fence.h"
#include "tests/fuzz/input.h"
#include "tests/support/gateway.h"
#include "tests/support/packet.h"

#define GATEWAYS   8U /* four suites, over IPv4 and over IPv6 */
#define ROUND_PKTS 8U

#define L3_MAX	    (FRAME_BYTES - 512U - ETH_HEADER_BYTES) /* of a port */
#define TEXT_MAX    3488U /* whole blocks; the packet is L3_MAX at most */
#define VNET_BYTES  ((uint32_t)sizeof(struct virtio_net_hdr))
#define HOST_L3_MAX (L3_MAX - VNET_BYTES) /* what is longer is fuzz_segment's */

enum step {
	STEP_OUT,   /* from the protected port */
	STEP_RAW,   /* to the unprotected port as it is */
	STEP_TEXT,  /* sealed: the whole text */
	STEP_INNER, /* sealed: a packet, its padding and trailer */
	STEP_AGAIN, /* one of the last that were sealed, also by the worker */
	STEP_HOST,  /* from the host interface */
	STEP_WORLD, /* next hops, rings, time */
	STEP_JUMP,  /* numbers lost on the way */
	STEP_KINDS
};

/* The step's other bits. */
#define STEP_AS_IS   0x08 /* the IP header is not mended */
#define STEP_DAMAGED 0x10 /* octets changed: metadata, tag, text or packet */
#define STEP_CUT     0x20 /* a short frame */
#define STEP_LATER   0x20 /* what is sealed is not given yet */
#define STEP_MORE    0x40 /* the round goes on */

/* What a scenario starts from. */
static struct gateway *gateways[GATEWAYS];
static struct scenario scenario;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of the library's. */
uint64_t clock_ns(void)
{
	return scenario.now_ns;
}

/* --- the steps --- */

static void mend_checksum(struct span *l3)
{
	packet_mend_checksum(l3->at, l3->n);
}

static void mend(struct span *l3, uint8_t protocol)
{
	const struct ip_header h =
		l3->at[0] >> 4 == 6 ? gateway_inner_v6() : gateway_inner();

	packet_mend(l3->at, l3->n, protocol, &h.saddr, &h.daddr);
}

/* XDP leaves a spent TTL to the kernel: no worker sees one on its way out. */
static void take_packet(struct scenario *s, struct span *l3, uint32_t room,
			uint8_t protocol)
{
	take_octets(&s->in, l3, room);
	if (s->step % STEP_KINDS == STEP_OUT && l3->n > 8)
		packet_set_hops(l3->at, hops_of(l3->at) | 2);
	if (!(s->step & STEP_AS_IS))
		mend(l3, protocol);
	else if (take(&s->in) & 1)
		mend_checksum(l3);
}

/* A frame around a packet; where it is cut, the packet is. */
static void frame_around(struct scenario *s, struct span *l3,
			 const void *addresses, struct span *frame)
{
	uint32_t cut = s->step & STEP_CUT ? take(&s->in) : FRAME_BYTES;

	memcpy(frame->at, addresses, 12);
	memcpy(frame->at + 12, "\x08\x00", 2);
	memcpy(frame->at + ETH_HEADER_BYTES, l3->at, l3->n);
	frame->n = ETH_HEADER_BYTES + l3->n;
	if (cut >= frame->n)
		return;
	frame->n = cut;
	l3->n = cut < ETH_HEADER_BYTES ? 0 : cut - ETH_HEADER_BYTES;
}

static void given(struct scenario *s, enum drop_reason fault)
{
	s->g->given++;
	s->pkts++;
	s->in_round++;
	if (fault)
		s->sure[fault]++;
}

/* The right metadata, perhaps damaged; true: no fault shows without a key. */
static bool give(struct scenario *s, enum dp_dir dir, struct span *l3,
		 bool damaged_meta)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	struct port_mem *port = dir == DIR_OUT ? &s->g->inside : &s->g->outside;
	struct dp_meta meta = gateway_meta(s->g, dir);
	enum drop_reason fault;
	struct span frame;

	if (damaged_meta)
		damage(&s->in, &meta, sizeof(meta));
	if (meta.dir <= DIR_IN)
		meta.dir = (uint8_t)dir; /* else another packet, too */
	meta.too_big = 0; /* else no packet of an SA: fuzz_icmp's */
	if (!meta.sa.gen)
		meta.sa.gen = UINT32_MAX; /* none yet, and waiting: not here */
	if (meta.policy_id != GATEWAY_POLICY ||
	    meta.policy_gen != GATEWAY_POLICY_GEN)
		s->unsure++; /* read only of packets that wait */
	frame_around(s, l3, macs, &frame);
	if (meta.l3_off >= ETH_HEADER_BYTES && meta.l3_off <= frame.n)
		meta.l3_off = ETH_HEADER_BYTES; /* else another packet there */
	require(port_mem_give(port, &meta, sizeof(meta), frame.at, frame.n),
		"room for a packet");
	fault = gateway_port_fault(s->g, dir, &meta, slice_of(l3->at, l3->n));
	given(s, fault);
	return fault == DROP_NONE;
}

static void take_hop(struct promise *p)
{
	packet_set_hops(p->l3.at, (uint8_t)(hops_of(p->l3.at) - 1));
}

static void step_out(struct scenario *s)
{
	struct span l3;

	take_packet(s, &l3, L3_MAX, PROTO_UDP);
	if (give(s, DIR_OUT, &l3, s->step & STEP_DAMAGED))
		take_hop(promise(s, DIR_OUT, &l3)); /* routed */
}

/* Nobody finds the ICV by chance. */
static void step_raw(struct scenario *s)
{
	struct span l3;
	uint32_t header;

	take_packet(s, &l3, L3_MAX, PROTO_ESP);
	header = l3.at[0] >> 4 == 6 ? IPV6_HEADER_BYTES : (l3.at[0] & 0xfU) * 4;
	if (!(s->step & STEP_AS_IS) && l3.n >= header + 4)
		memcpy(l3.at + header, &s->g->in->spi_be, 4);
	if (give(s, DIR_IN, &l3, s->step & STEP_DAMAGED))
		s->unsure++;
}

/*
 * What is no copy, not damaged and not out of the window must be taken; what
 * was taken in an earlier round is a replay before anybody looks at its ICV.
 */
static void blame_sealed(struct scenario *s, struct sealed *k, bool damaged,
			 const struct span *l3, enum drop_reason fault)
{
	const uint32_t esp = packet_base(k->l3.at);
	struct packet_parts p;
	bool inside = k->seq + GATEWAY_WINDOW > s->seq_came;

	if (!k->given && !damaged && inside) {
		k->taken = s->round;
		if (fault)
			s->sure[fault]++;
	} else if (k->taken && k->taken < s->round && inside &&
		   packet_read(slice_of(l3->at, l3->n), &p) && p.headers == esp &&
		   p.protocol == PROTO_ESP && !p.offset && !p.more &&
		   memcmp(l3->at + esp, k->l3.at + esp, ESP_HEADER_BYTES) == 0) {
		s->sure[DROP_REPLAY]++;
	} else {
		s->unsure++;
	}
}

/* One with a source route is refused where it would go up to the host. */
static bool may_lead_on(const struct sealed *k)
{
	struct packet_parts p;

	return packet_read(slice_of(k->text.at, k->text.n), &p) &&
	       p.headers > packet_base(k->text.at);
}

static void give_sealed(struct scenario *s, struct sealed *k, bool damaged)
{
	struct span l3 = k->l3;
	enum drop_reason fault;

	if (l3.n > L3_MAX)
		return; /* it grew out of what is received */
	if (damaged)
		damage(&s->in, l3.at, l3.n);
	if (damaged && !(s->step & STEP_AS_IS))
		mend_checksum(&l3);
	if (!give(s, DIR_IN, &l3, false))
		return;
	fault = gateway_text_fault(slice_of(k->text.at, k->text.n),
				   packet_tos(l3.at));
	if (!fault && !k->promise)
		k->promise = promise(s, DIR_IN, &k->text);
	if (!fault)
		k->promise->ecn |= (uint8_t)(1U << (packet_tos(l3.at) & 3));
	if (!fault && may_lead_on(k))
		s->unsure++;
	blame_sealed(s, k, damaged, &l3, fault);
	k->given = true;
	s->seq_came = k->seq > s->seq_came ? k->seq : s->seq_came;
}

static uint64_t seq_last(const struct sa_rt *sa)
{
	return sa->esn ? UINT64_MAX : UINT32_MAX;
}

static void seal(struct scenario *s, struct span *text)
{
	struct gateway *g = s->g;
	bool later = s->step & STEP_LATER;
	struct sealed *k;

	if (g->out->seq == seq_last(g->out))
		return;
	if (!(s->step & STEP_AS_IS))
		mend_checksum(text);
	k = next_sealed(s, g->out->seq + 1);
	k->text = *text;
	k->l3.n = gateway_seal(g, text->at, text->n, k->l3.at);
	packet_set_tos(k->l3.at, take(&s->in));
	mend_checksum(&k->l3);
	s->step &= (uint8_t)~STEP_CUT;
	if (!later)
		give_sealed(s, k, false);
}

static void step_text(struct scenario *s)
{
	uint32_t align = s->g->out->align_bytes;
	struct span text;

	take_octets(&s->in, &text, TEXT_MAX - align);
	text.n = text.n / align * align + align;
	text.at[text.n - 2] = take(&s->in);
	text.at[text.n - 1] = take(&s->in);
	seal(s, &text);
}

static void step_inner(struct scenario *s)
{
	struct span inner, text;

	take_packet(s, &inner, TEXT_MAX - ESP_TRAILER_BYTES, PROTO_UDP);
	text.n = gateway_text(s->g, inner.at, inner.n, text.at);
	if (s->step & STEP_DAMAGED)
		damage(&s->in, text.at, text.n);
	seal(s, &text);
}

static void step_again(struct scenario *s)
{
	uint32_t have = s->n_sealed < SEALED ? s->n_sealed : SEALED, i;

	if (!have)
		return;
	i = (s->n_sealed - 1 - take(&s->in) % have) % SEALED;
	give_sealed(s, &s->sealed[i], s->step & (STEP_DAMAGED | STEP_CUT));
}

static void step_host(struct scenario *s)
{
	uint8_t whole[VNET_BYTES + FRAME_BYTES] = { 0 };
	struct host_tag tag = gateway_tag();
	struct span l3, frame;
	enum drop_reason fault;
	uint32_t n;

	take_packet(s, &l3, HOST_L3_MAX, PROTO_UDP);
	if (s->step & STEP_DAMAGED)
		damage(&s->in, &tag, sizeof(tag));
	frame_around(s, &l3, &tag, &frame);
	if (!frame.n)
		return; /* a TAP gives no frame without an octet */
	memcpy(whole + VNET_BYTES, frame.at, frame.n);
	n = VNET_BYTES + frame.n;
	require(write(s->g->host_fd, whole, n) == (ssize_t)n, "host write");
	fault = gateway_host_fault(&tag, frame.n, slice_of(l3.at, l3.n));
	given(s, fault);
	if (!fault)
		promise(s, DIR_OUT, &l3);
}

/* The address tells generation and path MTU, see check_sent(). */
static struct nexthop hop(const struct gateway *g,
			  const struct nexthop_query *query, uint8_t how)
{
	static const enum nexthop_kind kinds[] = { NH_PORT, NH_PORT, NH_HOST,
						   NH_NONE };
	bool peer = addr_equal(&query->dst, &g->out->daddr);
	const uint32_t ifindex[] = { peer ? GATEWAY_OUTSIDE : GATEWAY_INSIDE,
				     GATEWAY_INSIDE, GATEWAY_OUTSIDE, 77 };
	struct nexthop nh = gateway_hop(g, query->dst, kinds[how & 3],
					ifindex[how >> 2 & 3]);

	nh.gen = query->gen;
	nh.link[2] = (uint8_t)nh.gen;
	nh.link[3] = how >> 4 & 3;
	nh.mtu = mtu_of(g, nh.link[3]);
	nh.saddr = ours(!addr_is_v4(&nh.dst));
	return nh;
}

static void know_all(struct gateway *g, uint8_t how)
{
	const struct addr dst[] = { g->out->daddr, gateway_inner().daddr,
				    gateway_inner_v6().daddr };

	for (uint32_t i = 0; i < 3; i++) {
		const struct nexthop_query query = { .dst = dst[i], .gen = 1 };
		const struct nexthop nh = hop(g, &query, how);

		gateway_know(g, &nh);
	}
}

static void step_world(struct scenario *s)
{
	static const uint16_t tfc_bytes[] = { 0, 200, 1400, SADB_TFC_MTU };
	struct nexthop_query query;
	struct gateway *g = s->g;
	uint8_t how = take(&s->in);
	struct nexthop nh;

	switch (how & 3) {
	case 0:
		while (gateway_asked(g, &query)) {
			how = take(&s->in);
			nh = hop(g, &query, how);
			if (!(how & 0x40))
				gateway_answer(g, &nh);
		}
		break;
	case 1:
		atomic_fetch_add(&g->link.fib.gen, 1);
		g->out->tfc_bytes = tfc_bytes[how >> 2 & 3];
		break;
	case 2:
		g->inside.tx_room = how >> 2 & 7;
		g->outside.tx_room = how >> 5;
		break;
	case 3:
		s->now_ns += (how >> 2) * (NS_PER_S / 8);
		break;
	}
}

static void step_jump(struct scenario *s)
{
	struct sa_rt *sa = s->g->out;
	uint64_t far = take_u16(&s->in), left = seq_last(sa) - sa->seq;

	sa->seq += far < left ? far : left;
}

static void step(struct scenario *s)
{
	static void (*const steps[STEP_KINDS])(struct scenario *) = {
		[STEP_OUT] = step_out,	   [STEP_RAW] = step_raw,
		[STEP_TEXT] = step_text,   [STEP_INNER] = step_inner,
		[STEP_AGAIN] = step_again, [STEP_HOST] = step_host,
		[STEP_WORLD] = step_world, [STEP_JUMP] = step_jump,
	};
	bool more;

	s->step = take(&s->in);
	more = s->step & STEP_MORE;
	steps[s->step % STEP_KINDS](s);
	if (!more || s->in_round == ROUND_PKTS)
		round_end(s);
}

/* --- one input after the other --- */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (uint32_t i = 0; i < GATEWAYS; i += 4) {
		gateways[i] = gateway_fenced("aes128", "sha256", false);
		gateways[i + 1] = gateway_fenced("aes128gcm16", NULL, false);
		gateways[i + 2] = gateway_fenced("aes128", "sha256", true);
		gateways[i + 3] = gateway_fenced("aes128gcm16", NULL, true);
	}
	for (uint32_t i = 4; i < GATEWAYS; i++)
		gateway_outer_v6(gateways[i]);
	return 0;
}

/* Numbers begin at the start, within, or close to an end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seqs[][4] = {
		{ 0, UINT32_MAX - 3U, UINT32_MAX - 2000U, 5000 },
		{ 0, UINT32_MAX - 3U, UINT64_MAX - 3, 5000 }, /* ESN */
	};
	struct scenario *s = &scenario;
	uint8_t choice;

	memset(s, 0, offsetof(struct scenario, promises));
	s->in = slice_of(data, size);
	choice = take(&s->in);
	s->g = gateways[choice % 4 + (choice >> 7) * 4];
	s->g->out->tfc_bytes = 0;
	s->seq_left = seqs[s->g->out->esn][choice >> 2 & 3];
	s->seq_came = s->seq_left;
	s->now_ns = NS_PER_S;
	s->round = 1;
	gateway_restart(s->g, s->seq_left);
	fence_restart(&s->g->w.umem);
	if (!(choice & 0x10))
		know_all(s->g, choice >> 1 & 0x30);
	while (s->in.len && s->pkts < INPUT_PKTS)
		step(s);
	round_end(s);
	return 0;
}
