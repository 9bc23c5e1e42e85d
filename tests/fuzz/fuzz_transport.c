// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets through a worker whose SAs are in transport mode, of ESP or of AH. An
 * input's first octet chooses suite, family, UDP and path MTU; each step after it is
 *
 *   - a packet of the host's between the SA's ends: what leaves has its header, and
 *     comes out of the peer's SA as it was; what does not leave is counted once,
 *   - a text that is sealed with the SA's key, behind any header: what comes up is a
 *     whole packet from the peer to us, and no fragment,
 *   - a packet to the unprotected port as it is,
 *   - or a header alone: ESP goes into it and out again, and nothing else changes.
 *
 * After every step each frame is in one place and each packet is counted; frames
 * in use are fenced (fence.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/dp/esp.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/transport.h"
#include "include/proto.h"
#include "tests/fuzz/fence.h"
#include "tests/fuzz/input.h"

#define GATEWAYS 8U
#define OF_AH	 4U   /* more */
#define IS_AH	 0x80 /* in the first octet */
#define L3_MAX	 3400U
#define TEXT_MAX 3200U
#define STEPS	 16U

static struct gateway *gateways[GATEWAYS], *of_ah[OF_AH];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of the library's. */
uint64_t clock_ns(void)
{
	return NS_PER_S;
}

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_transport: broken: %s\n", what);
	abort();
}

static bool is_v6(const struct gateway *g)
{
	return !addr_is_v4(&g->out->saddr);
}

/* What a kernel sees to: version, lengths, addresses, checksum. The rest, options
 * and extension headers among it, is the input's. */
static void mend(const struct gateway *g, struct span *l3)
{
	uint8_t *at = l3->at;
	uint32_t payload;

	if (l3->n < (is_v6(g) ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES))
		return;
	at[0] = (uint8_t)(at[0] & 0xf) | (is_v6(g) ? 0x60 : 0x40);
	if (is_v6(g)) {
		payload = l3->n - IPV6_HEADER_BYTES;
		at[4] = (uint8_t)(payload >> 8);
		at[5] = (uint8_t)payload;
		memcpy(at + 8, g->out->saddr.octets, 16);
		memcpy(at + 24, g->out->daddr.octets, 16);
		return;
	}
	at[2] = (uint8_t)(l3->n >> 8);
	at[3] = (uint8_t)l3->n;
	memcpy(at + 12, g->out->saddr.octets + ADDR_V4_AT, 4);
	memcpy(at + 16, g->out->daddr.octets + ADDR_V4_AT, 4);
	packet_mend_checksum(at, l3->n);
}

static void step_end(struct gateway *g)
{
	uint8_t l3[FRAME_BYTES], dmac[6];

	while (worker_step(&g->w))
		;
	while (gateway_host_take(g, l3, dmac))
		;
	require(gateway_frames_balance(g), "each frame in one place");
	require(gateway_books_balance(g), "each packet in one place");
	gateway_reset(g);
}

static void step_in(struct gateway *g, const struct span *l3)
{
	gateway_give(g, DIR_IN, l3->at, l3->n);
	worker_step(&g->w);
}

/* --- the steps --- */

/* RFC 4303 section 2.6: what has nothing above IP is taken for a dummy. */
static bool is_dummy(const struct span *was)
{
	struct ip_header h;

	require(ip_parse(slice_of(was->at, was->n), &h), "it was a packet");
	return was->at[ip_place_security(was->at, &h).next_at] == PROTO_NONE;
}

/* It comes out of the peer's as it was, but for a checksum that UDP's NAT has made
 * anew. */
static void comes_back(struct gateway *g, struct span *was,
		       const struct span *l3)
{
	uint64_t dropped = gateway_dropped(g);
	uint8_t got[FRAME_BYTES], dmac[6];
	struct ip_header h;

	require(ip_parse(slice_of(was->at, was->n), &h), "it was a packet");
	if (g->out->udp)
		ip_sum_upper(was->at, &h);
	step_in(g, l3);
	require(gateway_dropped(g) == dropped, "the peer takes it");
	require(gateway_host_take(g, got, dmac) == h.total_bytes &&
			memcmp(got, was->at, h.total_bytes) == 0,
		"it is what it was");
}

static void check_front(const struct gateway *g, const struct span *was,
			const struct span *l3)
{
	struct ip_header h, now;

	require(ip_parse(slice_of(was->at, was->n), &h) &&
			ip_parse(slice_of(l3->at, l3->n), &now) &&
			now.total_bytes == l3->n,
		"a packet left for a packet");
	require(now.protocol == sa_protocol(g->out), "which is the SA's");
	require(now.tos == h.tos && now.ttl == h.ttl && now.id == h.id &&
			now.fragment == h.fragment &&
			addr_equal(&now.saddr, &h.saddr) &&
			addr_equal(&now.daddr, &h.daddr),
		"behind its own header");
}

static void step_host(struct gateway *g, struct slice *in)
{
	const struct host_tag tag = gateway_tag();
	struct span was, l3;
	const uint8_t *sent;

	take_octets(in, &was, L3_MAX);
	mend(g, &was);
	gateway_host_give(g, &tag, was.at, was.n);
	worker_step(&g->w);
	if (g->outside.tx_n != 1)
		return; /* dropped, or in fragments: the books say so */
	sent = gateway_sent(&g->outside, 0, &l3.n);
	memcpy(l3.at, sent, l3.n);
	gateway_reset(g);
	check_front(g, &was, &l3);
	if (!is_dummy(&was))
		comes_back(g, &was, &l3);
}

static void check_up(const struct gateway *g, const uint8_t *l3, uint32_t n)
{
	struct ip_header h;

	require(ip_parse(slice_of(l3, n), &h) && h.total_bytes == n,
		"a whole packet comes up");
	require(addr_equal(&h.saddr, &g->in->saddr) &&
			addr_equal(&h.daddr, &g->in->daddr) && !h.source_route,
		"from the peer to us");
	require(!(h.fragment & IPV4_FRAGMENT_MASK), "and no fragment");
	require(!esp_inner_version(h.protocol), "nor one of a tunnel");
}

static void step_text(struct gateway *g, struct slice *in)
{
	uint32_t align = g->out->align_bytes;
	uint64_t dropped = gateway_dropped(g);
	uint8_t got[FRAME_BYTES], dmac[6];
	struct span text, l3;
	uint32_t n;

	take_octets(in, &text, TEXT_MAX - align);
	text.n = text.n / align * align + align;
	text.at[text.n - 2] = take(in);
	text.at[text.n - 1] = take(in);
	l3.n = gateway_seal(g, text.at, text.n, l3.at);
	step_in(g, &l3);
	n = gateway_host_take(g, got, dmac);
	if (n)
		check_up(g, got, n);
	else
		require(gateway_dropped(g) == dropped + 1, "it has a name");
}

/* It waits for the others, or ends with them. */
static bool is_fragment(const struct span *l3)
{
	struct packet_parts p;

	return packet_read(slice_of(l3->at, l3->n), &p) && (p.offset || p.more);
}

static void step_raw(struct gateway *g, struct slice *in)
{
	uint64_t dropped = gateway_dropped(g);
	struct span l3;

	take_octets(in, &l3, L3_MAX);
	mend(g, &l3);
	step_in(g, &l3);
	require(is_fragment(&l3) || gateway_dropped(g) == dropped + 1,
		"nobody has the key");
}

static void step_header(const struct gateway *g, struct slice *in)
{
	struct span l3, was;
	struct ip_header h, esp;
	struct ip_place place;
	uint8_t next_header;

	take_octets(in, &l3, L3_MAX);
	mend(g, &l3);
	if (!ip_parse(slice_of(l3.at, l3.n), &h) ||
	    h.fragment & IPV4_OFFSET_MASK)
		return;
	was = l3;
	place = ip_place_security(l3.at, &h);
	require(place.next_at < place.at && place.at <= h.header_bytes,
		"in the header");
	next_header = l3.at[place.next_at];
	ip_set_next(l3.at, &place, PROTO_ESP, l3.n);
	require(ip_parse(slice_of(l3.at, l3.n), &esp) &&
			esp.protocol == PROTO_ESP &&
			esp.header_bytes == place.at,
		"ESP stands there");
	place = ip_place_upper(l3.at, &esp);
	require(place.at == esp.header_bytes, "and is found again");
	ip_set_next(l3.at, &place, next_header, was.n);
	require(memcmp(l3.at, was.at, was.n) == 0, "and nothing changed");
}

static void step(struct gateway *g, struct slice *in)
{
	switch (take(in) % 4) {
	case 0:
		step_host(g, in);
		break;
	case 1:
		if (g->out->ah)
			step_raw(g, in); /* it has no text */
		else
			step_text(g, in);
		break;
	case 2:
		step_raw(g, in);
		break;
	case 3:
		step_header(g, in);
		break;
	}
	step_end(g);
}

/* --- one input after the other --- */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (uint32_t i = 0; i < GATEWAYS; i++) {
		struct gateway *g =
			i & 1 ? gateway_fenced("aes128", "sha256", i & 2)
			      : gateway_fenced("aes128gcm16", NULL, i & 2);

		if (i & 2)
			gateway_outer_v6(g);
		if (i & 4)
			gateway_encapsulate(g);
		gateway_transport(g);
		gateways[i] = g;
	}
	for (uint32_t i = 0; i < OF_AH; i++) {
		of_ah[i] = gateway_fenced(NULL, i & 2 ? "sha512" : "sha256",
					  i & 1);
		if (i & 2)
			gateway_outer_v6(of_ah[i]);
		gateway_transport(of_ah[i]);
	}
	return 0;
}

/* By the next hops of now, of which no IPv6 link takes less than 1280. */
static void know(struct gateway *g, uint32_t way)
{
	static const uint32_t mtus[] = { GATEWAY_MTU, IPV6_MTU_MIN, 9000, 600 };
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);

	nh.mtu = mtus[way % (is_v6(g) ? 3 : 4)];
	gateway_know(g, &nh);
	nh = gateway_hop(g, g->out->saddr, NH_HOST, 0);
	gateway_know(g, &nh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	const uint8_t choice = take(&in);
	struct gateway *g = choice & IS_AH ? of_ah[choice % OF_AH]
					   : gateways[choice % GATEWAYS];

	gateway_restart(g, 0);
	fence_restart(&g->w.umem);
	know(g, choice / GATEWAYS);
	for (uint32_t i = 0; in.len && i < STEPS; i++)
		step(g, &in);
	return 0;
}
