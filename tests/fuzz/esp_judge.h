/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scenario that a fuzzer's input makes of packets, and the judgement of what
 * a worker made of it; see fuzz_esp.c.
 */
#ifndef CYG_TESTS_FUZZ_ESP_JUDGE_H
#define CYG_TESTS_FUZZ_ESP_JUDGE_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/dp/esp.h"
#include "include/proto.h"
#include "tests/fuzz/input.h"
#include "tests/support/gateway.h"
#include "tests/support/packet.h"

#define INPUT_PKTS 32U
#define SEALED	   4U /* remembered */

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

/* Of the ways that a next hop may have: no IPv6 link takes less than 1280. */
static inline uint32_t mtu_of(const struct gateway *g, uint32_t way)
{
	static const uint32_t mtus[][4] = {
		{ GATEWAY_MTU, 9000, 600, IPV4_MTU_MIN },
		{ GATEWAY_MTU, 9000, IPV6_MTU_MIN, IPV6_MTU_MIN + 50 },
	};

	return mtus[!addr_is_v4(&g->out->daddr)][way];
}

/* Ours towards that destination. */
static inline struct addr ours(bool v6)
{
	return addr_of(v6 ? "2001:db8:1::1" : "10.1.0.1");
}

static inline void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_esp: broken: %s\n", what);
	abort();
}

/* --- what may go out --- */

static inline uint8_t hops_of(const uint8_t *l3)
{
	return l3[l3[0] >> 4 == 6 ? 7 : 8];
}

/* The packet at l3; what stands behind it does not belong to it. */
static inline struct promise *promise(struct scenario *s, enum dp_dir dir,
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
static inline bool is_promised(const struct promise *p, const uint8_t *l3,
			       bool hop)
{
	return packet_tos_fits(packet_tos(p->l3.at), p->ecn, packet_tos(l3)) &&
	       packet_is_same(slice_of(p->l3.at, p->l3.n), l3, hop);
}

/* A part of it, each octet of which goes once. */
static inline bool keep_part(struct promise *p, const uint8_t *l3, uint32_t n)
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

static inline void keep_promise(struct scenario *s, enum dp_dir dir,
				const uint8_t *l3, uint32_t n, bool hop)
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

static inline bool is_inner_mtu(const struct gateway *g, uint32_t mtu, bool v6)
{
	bool fills = v6 && mtu == IPV6_MTU_MIN;

	if (v6 && mtu < IPV6_MTU_MIN)
		return false;
	for (uint32_t way = 0; way < 4; way++)
		fills |= gateway_fills(g, mtu_of(g, way), mtu);
	return fills;
}

/* From us where a port takes it, else from where the packet was to go. */
static inline bool is_from_where_it_must(const uint8_t *l3,
					 const uint8_t *packet, bool to_port)
{
	bool v6 = l3[0] >> 4 == 6;
	struct addr us = ours(v6);

	if (v6)
		return memcmp(l3 + 8, to_port ? us.octets : packet + 24, 16) ==
		       0;
	return memcmp(l3 + 12, to_port ? us.octets + ADDR_V4_AT : packet + 16,
		      4) == 0;
}

/* What its sender is told of goes nowhere. */
static inline void check_error(struct scenario *s, const uint8_t *l3,
			       uint32_t n, bool to_port)
{
	bool v6 = l3[0] >> 4 == 6;
	uint32_t mtu;

	for (uint32_t i = 0; i < s->n_promises; i++) {
		struct promise *p = &s->promises[i];

		if (p->kept || p->dir != DIR_OUT ||
		    !packet_is_too_big(slice_of(p->l3.at, p->l3.n),
				       slice_of(l3, n), &mtu))
			continue;
		require(mtu < p->l3.n && is_inner_mtu(s->g, mtu, v6),
			"what fits, to the octet");
		require(is_from_where_it_must(l3, p->l3.at, to_port),
			"from us, or up from where it was to go");
		p->kept = true;
		return;
	}
	require(false, "an error is about what was given, and goes once");
}

/* --- what went out --- */

/* The full number, from its low half and the last that was taken. */
static inline uint64_t seq_of(const struct sa_rt *sa, const uint8_t *esp)
{
	uint64_t seq = sa->seq & ~(uint64_t)UINT32_MAX;
	uint32_t lo_be;

	memcpy(&lo_be, esp + 4, 4);
	seq |= ntohl(lo_be);
	return seq > sa->seq ? seq - UINT32_MAX - 1 : seq;
}

static inline void check_outer(struct scenario *s, const uint8_t *l3, uint32_t n)
{
	const struct sa_rt *sa = s->g->out;
	const uint8_t *esp = l3 + packet_base(l3), *iv = esp + ESP_HEADER_BYTES;
	uint64_t seq = seq_of(sa, esp);
	struct packet_parts p;

	require(packet_read(slice_of(l3, n), &p) && p.total == n &&
			p.headers == packet_base(l3),
		"one outer packet");
	require(n > esp_outer_bytes(sa, 0), "with all parts of ESP");
	require(addr_equal(&p.from, &sa->saddr), "from us");
	require(addr_equal(&p.to, &sa->daddr), "to the peer");
	require(memcmp(esp, &sa->spi_be, 4) == 0, "under our SPI");
	require(seq > s->seq_left && seq <= sa->seq, "a number is used once");
	require(memcmp(iv, s->iv_left, sa->iv_bytes) != 0, "so is an IV");
	memcpy(s->iv_left, iv, sa->iv_bytes);
	s->seq_left = seq;
}

static inline struct sealed *next_sealed(struct scenario *s, uint64_t seq)
{
	struct sealed *k = &s->sealed[s->n_sealed++ % SEALED];

	k->promise = NULL;
	k->given = false;
	k->taken = 0;
	k->seq = seq;
	return k;
}

/* Opened by the peer's SA, and remembered. */
static inline struct sealed *open_sealed(struct scenario *s, const uint8_t *l3,
					 uint32_t n)
{
	struct sealed *k = next_sealed(s, s->seq_left);
	struct sa_rt *peer = s->g->in;
	uint8_t opened[FRAME_BYTES];
	struct crypto_op op = {
		.esp = opened + packet_base(l3),
		.text_bytes = n - esp_outer_bytes(peer, 0),
		.seq_hi = (uint32_t)(k->seq >> 32),
	};

	memcpy(opened, l3, n);
	peer->backend->open(s->g->w.crypto, peer->key, &op, 1);
	require(op.ok, "the peer can open it");
	k->l3.n = n;
	memcpy(k->l3.at, l3, n);
	k->text.n = op.text_bytes;
	memcpy(k->text.at, op.esp + ESP_HEADER_BYTES + peer->iv_bytes,
	       k->text.n);
	return k;
}

static inline bool df_of(const uint8_t *l3)
{
	return l3[0] >> 4 == 6 || l3[6] & 0x40;
}

/* A packet, zeros if the SA pads and as far as it does, padding and trailer. */
static inline bool is_text(const struct scenario *s, const struct span *text,
			   uint32_t inner)
{
	uint32_t end = text->n - ESP_TRAILER_BYTES, tfc = s->g->out->tfc_bytes;
	uint8_t packet[FRAME_BYTES] = { 0 }, want[FRAME_BYTES];

	if (!inner || inner > end || text->at[end] > end - inner)
		return false;
	end -= text->at[end];
	memcpy(packet, text->at, inner);
	return end <= (inner < tfc ? tfc : inner) &&
	       text->n == gateway_text(s->g, packet, end, want) &&
	       memcmp(text->at, want, text->n) == 0;
}

static inline void check_sealed(struct scenario *s, const uint8_t *l3,
				uint32_t n)
{
	const struct span *text;
	uint32_t inner;

	check_outer(s, l3, n);
	text = &open_sealed(s, l3, n)->text;
	inner = gateway_packet_bytes(slice_of(text->at, text->n));
	require(is_text(s, text, inner),
		"a packet inside, its padding and trailer");
	require(packet_tos(l3) == packet_tos(text->at), "TOS copied");
	require(df_of(l3) == df_of(text->at) || l3[0] >> 4 == 6, "DF copied");
	keep_promise(s, DIR_OUT, text->at, inner, false);
}

static inline void check_opened(struct scenario *s, const uint8_t *l3,
				uint32_t n, bool to_port)
{
	struct packet_parts p;

	require(packet_read(slice_of(l3, n), &p) && p.total == n,
		"a whole packet, and no more");
	/* The SA has UDP, and errors about it; others are the worker's own. */
	if ((p.protocol == PROTO_ICMP || p.protocol == PROTO_ICMPV6) &&
	    !gateway_selected(slice_of(l3, n)))
		return check_error(s, l3, n, to_port);
	require(gateway_selected(slice_of(l3, n)), "within the SA's selectors");
	require(!to_port || p.hops > 0, "no spent TTL is forwarded");
	keep_promise(s, DIR_IN, l3, n, to_port);
}

/*
 * The first part of an outer packet, at that place of what left. Where all of
 * it left, it is judged as if it had not been cut, which happens to IPv6 alone:
 * as if it had DF.
 */
static inline void check_cut(struct scenario *s, uint32_t index)
{
	const struct port_mem *port = &s->g->outside;
	static struct packet_whole whole;
	uint32_t n;

	memset(&whole, 0, sizeof(whole));
	for (uint32_t i = index; i < port->tx_n; i++) {
		const uint8_t *l3 = gateway_sent(port, i, &n);

		packet_join(&whole, slice_of(l3, n));
	}
	n = packet_joined(&whole);
	if (!n)
		return;
	if (whole.l3[0] >> 4 == 4)
		whole.l3[6] = 0x40;
	packet_mend_checksum(whole.l3, n);
	check_sealed(s, whole.l3, n);
}

/* A frame's addresses are those of the next hop that it left by; see hop(). */
static inline void check_sent(struct scenario *s, const struct port_mem *port,
			      uint32_t index)
{
	uint64_t addr = port->tx[index].addr, last;
	uint32_t n;
	const uint8_t *frame = port_mem_sent(port, index, &n);
	const uint8_t *l3 = frame + ETH_HEADER_BYTES;
	struct packet_parts p;

	last = addr + n - 1;
	require(frame_of(addr) == frame_of(last), "inside of one frame");
	require(frame[5] == port->port.ifindex &&
			frame[11] == port->port.ifindex &&
			memcmp(frame + 12,
			       l3[0] >> 4 == 6 ? "\x86\xdd" : "\x08\x00", 2) == 0,
		"with the link header of its port");
	n -= ETH_HEADER_BYTES;
	require(frame[2] == (uint8_t)s->g->link.fib.gen, "known as of now");
	require(n <= mtu_of(s->g, frame[3]), "not larger than its path takes");
	require(packet_read(slice_of(l3, n), &p), "a packet");
	if (p.offset && port == &s->g->outside)
		return; /* see the first one */
	if (p.more && port == &s->g->outside)
		return check_cut(s, index);
	if (p.protocol == PROTO_ESP)
		return check_sealed(s, l3, n);
	require(port == &s->g->inside, "in the clear to the inside only");
	check_opened(s, l3, n, true);
}

/* Reasons that lie around the packet are the scenario's, and not looked at. */
static inline void check_dropped(const struct scenario *s)
{
	static const bool around[DROP_MAX] = {
		[DROP_TOO_BIG] = true,	    [DROP_SEQ_EXHAUSTED] = true,
		[DROP_SEQ_RESERVED] = true, [DROP_NO_ROUTE] = true,
		[DROP_NO_NEIGHBOUR] = true, [DROP_HOLD_FULL] = true,
		[DROP_TX_FULL] = true,
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
static inline void work(struct scenario *s)
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
		require(memcmp(dmac, g->w.host.mac, 6) == 0, "host's MAC");
		check_opened(s, l3, n, false);
	}
	gateway_reset(g);
}

/* Fragments may need all frames: then the host's packets wait for those. */
static inline void round_end(struct scenario *s)
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

#endif
