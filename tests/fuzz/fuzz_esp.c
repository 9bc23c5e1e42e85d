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
 * Frames in use lie between frames that must not be touched, poisoned for the
 * address sanitizer: a step over a frame's end is seen, one inside of it only
 * by what leaves. libcrypto is not instrumented; a sealed packet's end is
 * compared with its frame's instead.
 */
#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/esp.h"
#include "include/proto.h"
#include "tests/fuzz/input.h"
#include "tests/support/gateway.h"
#include "tests/support/packet.h"

#define GATEWAYS   4U
#define FRAMES	   16U /* in use: a round's, the held ones, and to spare */
#define ROUND_PKTS 8U
#define INPUT_PKTS 32U
#define SEALED	   4U /* remembered */

#define L3_MAX	    (FRAME_BYTES - 512U - ETH_HEADER_BYTES) /* of a port */
#define TEXT_MAX    3488U /* whole blocks; the packet is L3_MAX at most */
#define VNET_BYTES  ((uint32_t)sizeof(struct virtio_net_hdr))
#define HOST_L3_MAX (L3_MAX - VNET_BYTES) /* the read cuts what is longer */

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

/* What the worker may still hand out, once. */
struct promise {
	enum dp_dir dir;
	bool kept;
	uint8_t ecn; /* outer ones that it came under, a bit for each */
	uint8_t cut[FRAME_BYTES / 8]; /* units of its payload that left */
	struct span l3;
};

struct sealed {
	struct promise *promise; /* NULL: none yet */
	bool given;
	uint32_t taken; /* the round in which it must have been, from 1 */
	uint64_t seq;
	struct span l3, text;
};

struct scenario {
	struct gateway *g;
	struct slice in; /* of the input, what is left */
	uint8_t step;
	uint64_t now_ns;
	uint32_t pkts, round, in_round;
	uint64_t sure[DROP_MAX]; /* refused for that reason */
	uint64_t unsure;   /* may be refused, as replays or with a wrong ICV */
	uint64_t seq_came; /* highest that was given to come in */
	uint64_t seq_left; /* last number and IV that were seen to leave */
	uint8_t iv_left[16];
	/* What stands behind is counted, and not cleared. */
	uint32_t n_promises, n_sealed;
	struct promise promises[INPUT_PKTS];
	struct sealed sealed[SEALED];
};

static const uint32_t mtus[] = { GATEWAY_MTU, 9000, 600, 68 };
static const uint8_t ours[] = { 10, 1, 0, 1 };

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

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_esp: broken: %s\n", what);
	abort();
}

/* --- what may go out --- */

/* The packet at l3; what stands behind it does not belong to it. */
static struct promise *promise(struct scenario *s, enum dp_dir dir,
			       const struct span *l3)
{
	struct promise *p = &s->promises[s->n_promises++];

	require(s->n_promises <= INPUT_PKTS, "room for every promise");
	p->dir = dir;
	p->kept = false;
	p->ecn = dir == DIR_OUT ? 1 << ECN_NOT_ECT : 0;
	memset(p->cut, 0, sizeof(p->cut));
	p->l3 = *l3;
	p->l3.n = gateway_packet_bytes(slice_of(l3->at, l3->n));
	return p;
}

/* The same, but for the hop, ECN, and the checksum, which is known as right. */
static bool is_promised(const struct promise *p, const uint8_t *l3, bool hop)
{
	return packet_tos_fits(p->l3.at[1], p->ecn, l3[1]) &&
	       packet_is_same(slice_of(p->l3.at, p->l3.n), l3, hop);
}

/* A part of it, each octet of which goes once. */
static bool keep_part(struct promise *p, const uint8_t *l3, uint32_t n)
{
	uint32_t from, bytes, end;

	if (!packet_is_fragment(slice_of(p->l3.at, p->l3.n), slice_of(l3, n),
				&from, &bytes))
		return false;
	end = (from + bytes + 7) / 8;
	for (uint32_t i = from / 8; i < end; i++)
		if (p->cut[i])
			return false;
	memset(p->cut + from / 8, 1, end - from / 8);
	return true;
}

static void keep_promise(struct scenario *s, enum dp_dir dir, const uint8_t *l3,
			 uint32_t n, bool hop)
{
	for (uint32_t i = 0; i < s->n_promises; i++) {
		struct promise *p = &s->promises[i];

		if (p->kept || p->dir != dir)
			continue;
		p->kept = p->l3.n == n && is_promised(p, l3, hop);
		if (p->kept ||
		    (dir == DIR_OUT && p->l3.n > n && keep_part(p, l3, n)))
			return;
	}
	require(false, "what goes out was given, and goes once");
}

static bool is_inner_mtu(const struct gateway *g, uint32_t mtu)
{
	return gateway_fills(g, mtus[0], mtu) ||
	       gateway_fills(g, mtus[1], mtu) || gateway_fills(g, mtus[2], mtu);
}

/* What its sender is told of goes nowhere. */
static void check_error(struct scenario *s, const uint8_t *l3, uint32_t n,
			bool to_port)
{
	uint16_t mtu;

	for (uint32_t i = 0; i < s->n_promises; i++) {
		struct promise *p = &s->promises[i];

		if (p->kept || p->dir != DIR_OUT ||
		    !packet_is_frag_needed(slice_of(p->l3.at, p->l3.n),
					   slice_of(l3, n), &mtu))
			continue;
		require(mtu < p->l3.n && is_inner_mtu(s->g, mtu),
			"what fits, to the octet");
		require(memcmp(l3 + 12, to_port ? ours : p->l3.at + 16, 4) == 0,
			"from us, or up from where it was to go");
		p->kept = true;
		return;
	}
	require(false, "an error is about what was given, and goes once");
}

/* --- what went out --- */

static bool is_packet(const uint8_t *l3, uint32_t n)
{
	return gateway_packet_bytes(slice_of(l3, n)) == n;
}

/* The full number, from its low half and the last that was taken. */
static uint64_t seq_of(const struct sa_rt *sa, const uint8_t *esp)
{
	uint64_t seq = sa->seq & ~(uint64_t)UINT32_MAX;
	uint32_t lo_be;

	memcpy(&lo_be, esp + 4, 4);
	seq |= ntohl(lo_be);
	return seq > sa->seq ? seq - UINT32_MAX - 1 : seq;
}

static void check_outer(struct scenario *s, const uint8_t *l3, uint32_t n)
{
	const struct sa_rt *sa = s->g->out;
	const uint8_t *esp = l3 + IPV4_HEADER_BYTES,
		      *iv = esp + ESP_HEADER_BYTES;
	uint64_t seq = seq_of(sa, esp);

	require(l3[0] == 0x45 && is_packet(l3, n), "one outer packet");
	require(n > esp_outer_bytes(sa, 0), "with all parts of ESP");
	require(memcmp(l3 + 12, sa->saddr.octets + ADDR_V4_AT, 4) == 0,
		"from us");
	require(memcmp(l3 + 16, sa->daddr.octets + ADDR_V4_AT, 4) == 0,
		"to the peer");
	require(memcmp(esp, &sa->spi_be, 4) == 0, "under our SPI");
	require(seq > s->seq_left && seq <= sa->seq, "a number is used once");
	require(memcmp(iv, s->iv_left, sa->iv_bytes) != 0, "so is an IV");
	memcpy(s->iv_left, iv, sa->iv_bytes);
	s->seq_left = seq;
}

static struct sealed *next_sealed(struct scenario *s, uint64_t seq)
{
	struct sealed *k = &s->sealed[s->n_sealed++ % SEALED];

	k->promise = NULL;
	k->given = false;
	k->taken = 0;
	k->seq = seq;
	return k;
}

/* Opened by the peer's SA, and remembered. */
static struct sealed *open_sealed(struct scenario *s, const uint8_t *l3,
				  uint32_t n)
{
	struct sealed *k = next_sealed(s, s->seq_left);
	struct sa_rt *peer = s->g->in;
	uint8_t opened[FRAME_BYTES];
	struct crypto_op op = {
		.esp = opened + IPV4_HEADER_BYTES,
		.text_bytes = n - esp_outer_bytes(peer, 0),
		.seq_hi = (uint32_t)(k->seq >> 32),
	};

	memcpy(opened, l3, n);
	peer->backend->open(peer->key, &op, 1);
	require(op.ok, "the peer can open it");
	k->l3.n = n;
	memcpy(k->l3.at, l3, n);
	k->text.n = op.text_bytes;
	memcpy(k->text.at, op.esp + ESP_HEADER_BYTES + peer->iv_bytes,
	       k->text.n);
	return k;
}

static void check_sealed(struct scenario *s, const uint8_t *l3, uint32_t n)
{
	const struct span *text;
	uint8_t want[FRAME_BYTES];
	uint32_t inner;

	check_outer(s, l3, n);
	text = &open_sealed(s, l3, n)->text;
	inner = gateway_packet_bytes(slice_of(text->at, text->n));
	require(inner && text->n == gateway_text(s->g, text->at, inner, want) &&
			memcmp(text->at, want, text->n) == 0,
		"a packet inside, its padding and trailer");
	require(l3[1] == text->at[1], "TOS copied");
	require(l3[6] == (text->at[6] & 0x40) && l3[7] == 0, "DF copied");
	keep_promise(s, DIR_OUT, text->at, inner, false);
}

static void check_opened(struct scenario *s, const uint8_t *l3, uint32_t n,
			 bool to_port)
{
	require(is_packet(l3, n), "a whole packet, and no more");
	if (l3[9] == PROTO_ICMP) /* the SA has UDP alone */
		return check_error(s, l3, n, to_port);
	require(gateway_selected(l3), "within the SA's selectors");
	require(!to_port || l3[8] > 0, "no spent TTL is forwarded");
	keep_promise(s, DIR_IN, l3, n, to_port);
}

/* A frame's addresses are those of the next hop that it left by; see hop(). */
static void check_sent(struct scenario *s, const struct port_mem *port,
		       uint32_t index)
{
	uint64_t addr = port->tx[index].addr, last;
	uint32_t n;
	const uint8_t *frame = port_mem_sent(port, index, &n);
	const uint8_t *l3 = frame + ETH_HEADER_BYTES;

	last = addr + n - 1;
	require(frame_of(addr) == frame_of(last), "inside of one frame");
	require(frame[5] == port->port.ifindex &&
			frame[11] == port->port.ifindex &&
			memcmp(frame + 12, "\x08\x00", 2) == 0,
		"with the link header of its port");
	n -= ETH_HEADER_BYTES;
	require(frame[2] == (uint8_t)s->g->link.fib_gen, "known as of now");
	require(n <= mtus[frame[3]], "not larger than its path takes");
	if (l3[9] == PROTO_ESP)
		return check_sealed(s, l3, n);
	require(port == &s->g->inside, "in the clear to the inside only");
	check_opened(s, l3, n, true);
}

/* Reasons that lie around the packet are the scenario's, and not looked at. */
static void check_dropped(const struct scenario *s)
{
	static const bool around[DROP_MAX] = {
		[DROP_TOO_BIG] = true,	 [DROP_SEQ_EXHAUSTED] = true,
		[DROP_NO_ROUTE] = true,	 [DROP_NO_NEIGHBOUR] = true,
		[DROP_HOLD_FULL] = true, [DROP_TX_FULL] = true,
	};
	uint64_t unsure = 0;

	for (uint32_t i = 0; i < DROP_MAX; i++) {
		if (around[i])
			continue;
		require(s->g->drops[i].pkts >= s->sure[i],
			"what has a fault is refused for it");
		unsure += s->g->drops[i].pkts - s->sure[i];
	}
	require(unsure <= s->unsure, "what has no fault is not refused");
}

/* The worker takes what it has frames for; what it sent is looked at. */
static void work(struct scenario *s)
{
	struct gateway *g = s->g;
	uint8_t l3[FRAME_BYTES], dmac[6];
	uint32_t n;

	while (worker_step(&g->w))
		;
	require(gateway_frames_balance(g), "each frame in one place");
	for (uint32_t i = 0; i < g->outside.tx_n; i++)
		check_sent(s, &g->outside, i);
	for (uint32_t i = 0; i < g->inside.tx_n; i++)
		check_sent(s, &g->inside, i);
	while ((n = gateway_host_take(g, l3, dmac))) {
		require(memcmp(dmac, g->w.host_mac, 6) == 0, "host's MAC");
		check_opened(s, l3, n, false);
	}
	gateway_reset(g);
}

/* Fragments may need all frames: then the host's packets wait for those. */
static void round_end(struct scenario *s)
{
	struct gateway *g = s->g;

	do
		work(s);
	while (gateway_host_waits(g));
	require(gateway_books_balance(g), "each frame and packet in one place");
	require(g->passes[PASS_WORKER_HOST].pkts == g->to_host, "up is counted");
	for (uint32_t i = 0; i < g->w.held; i++)
		require(s->now_ns < g->w.hold[i].deadline_ns,
			"nothing is held for longer");
	check_dropped(s);
	s->in_round = 0;
	s->round++;
}

/* --- the steps --- */

static void mend_checksum(struct span *l3)
{
	packet_mend_checksum(l3->at, l3->n);
}

static void mend(struct span *l3, uint8_t protocol)
{
	const struct ip_header h = gateway_inner();

	packet_mend(l3->at, l3->n, protocol, &h.saddr, &h.daddr);
}

/* XDP leaves a spent TTL to the kernel: no worker sees one on its way out. */
static void take_packet(struct scenario *s, struct span *l3, uint32_t room,
			uint8_t protocol)
{
	take_octets(&s->in, l3, room);
	if (s->step % STEP_KINDS == STEP_OUT && l3->n > 8)
		l3->at[8] |= 2;
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
	if (!meta.sa.gen)
		meta.sa.gen = UINT32_MAX; /* none yet, and waiting: not here */
	if (meta.policy_id != GATEWAY_POLICY ||
	    meta.policy_gen != GATEWAY_POLICY_GEN)
		s->unsure++; /* read only of packets that wait */
	frame_around(s, l3, macs, &frame);
	require(port_mem_give(port, &meta, sizeof(meta), frame.at, frame.n),
		"room for a packet");
	fault = gateway_port_fault(s->g, dir, &meta, slice_of(l3->at, l3->n));
	given(s, fault);
	return fault == DROP_NONE;
}

static void step_out(struct scenario *s)
{
	struct span l3;

	take_packet(s, &l3, L3_MAX, PROTO_UDP);
	if (give(s, DIR_OUT, &l3, s->step & STEP_DAMAGED))
		promise(s, DIR_OUT, &l3)->l3.at[8]--; /* routed */
}

/* Nobody finds the ICV by chance. */
static void step_raw(struct scenario *s)
{
	struct span l3;
	uint32_t header;

	take_packet(s, &l3, L3_MAX, PROTO_ESP);
	header = (l3.at[0] & 0xfU) * 4;
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
	const uint32_t esp = IPV4_HEADER_BYTES;
	bool inside = k->seq + GATEWAY_WINDOW > s->seq_came;

	if (!k->given && !damaged && inside) {
		k->taken = s->round;
		if (fault)
			s->sure[fault]++;
	} else if (k->taken && k->taken < s->round && inside &&
		   l3->at[0] == 0x45 && l3->at[9] == PROTO_ESP &&
		   memcmp(l3->at + esp, k->l3.at + esp, ESP_HEADER_BYTES) == 0) {
		s->sure[DROP_REPLAY]++;
	} else {
		s->unsure++;
	}
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
	fault = gateway_text_fault(slice_of(k->text.at, k->text.n), l3.at[1]);
	if (!fault && !k->promise)
		k->promise = promise(s, DIR_IN, &k->text);
	if (!fault)
		k->promise->ecn |= (uint8_t)(1U << (l3.at[1] & 3));
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
	k->l3.at[1] = take(&s->in);
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

	take_packet(s, &l3, FRAME_BYTES - ETH_HEADER_BYTES, PROTO_UDP);
	if (s->step & STEP_DAMAGED)
		damage(&s->in, &tag, sizeof(tag));
	frame_around(s, &l3, &tag, &frame);
	memcpy(whole + VNET_BYTES, frame.at, frame.n);
	n = VNET_BYTES + frame.n;
	require(write(s->g->host_fd, whole, n) == (ssize_t)n, "host write");
	l3.n = l3.n < HOST_L3_MAX ? l3.n : HOST_L3_MAX;
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
	uint32_t v4_be;

	nh.gen = query->gen;
	nh.link[2] = (uint8_t)nh.gen;
	nh.link[3] = how >> 4 & 3;
	nh.mtu = mtus[nh.link[3]];
	memcpy(&v4_be, ours, sizeof(v4_be));
	nh.saddr = addr_from_v4(v4_be);
	return nh;
}

static void know_all(struct gateway *g, uint8_t how)
{
	const struct addr dst[] = { g->out->daddr, gateway_inner().daddr };

	for (uint32_t i = 0; i < 2; i++) {
		const struct nexthop_query query = { .dst = dst[i], .gen = 1 };
		const struct nexthop nh = hop(g, &query, how);

		gateway_know(g, &nh);
	}
}

static void step_world(struct scenario *s)
{
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
		atomic_fetch_add(&g->link.fib_gen, 1);
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

static void frames_restart(struct umem *u)
{
	u->free_count = 0;
	for (uint32_t i = 0; i < FRAMES; i++) {
		uint64_t addr = (2ULL * i + 1) * FRAME_BYTES;

		memset(umem_at(u, addr), 0, FRAME_BYTES);
		frame_put(u, addr);
	}
}

/* Frames 1, 3, 5, ... are in use; between them nothing is to be touched. */
static struct gateway *gateway_fenced(const char *encr, const char *integ,
				      bool esn)
{
	const struct gateway_spec spec = { encr, integ, esn, 2 * FRAMES + 1 };
	struct gateway *g = gateway_new(&spec);

	g->w.umem.frames = FRAMES;
	g->w.mss_clamp = false; /* what goes out is as it was given */
	for (uint32_t i = 0; i <= FRAMES; i++)
		ASAN_POISON_MEMORY_REGION(g->w.umem.area + 2 * i * FRAME_BYTES,
					  FRAME_BYTES);
	frames_restart(&g->w.umem);
	return g;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	gateways[0] = gateway_fenced("aes128", "sha256", false);
	gateways[1] = gateway_fenced("aes128gcm16", NULL, false);
	gateways[2] = gateway_fenced("aes128", "sha256", true);
	gateways[3] = gateway_fenced("aes128gcm16", NULL, true);
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
	s->g = gateways[choice % GATEWAYS];
	s->seq_left = seqs[s->g->out->esn][choice >> 2 & 3];
	s->seq_came = s->seq_left;
	s->now_ns = NS_PER_S;
	s->round = 1;
	gateway_restart(s->g, s->seq_left);
	frames_restart(&s->g->w.umem);
	if (!(choice & 0x10))
		know_all(s->g, choice >> 1 & 0x30);
	while (s->in.len && s->pkts < INPUT_PKTS)
		step(s);
	round_end(s);
	return 0;
}
