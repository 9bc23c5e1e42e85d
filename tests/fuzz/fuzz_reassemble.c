// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fragments of a few sealed packets through a worker, over IPv4 or IPv6, in whatever
 * order the input says: any part of them, doubled, overlapping, lying, damaged, or
 * any octets at all. What arrives is one of the packets to the octet, or what was to
 * go up as it came; after each round the frames and the books balance, and of what
 * is not whole in time nothing stays.
 */
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/octets.h"
#include "include/proto.h"
#include "tests/fuzz/input.h"
#include "tests/support/gateway.h"

#define FRAMES	256U
#define PACKETS 4U
#define OPS_MAX 400U
#define SEQ	1000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sealed {
	uint8_t inner[9000], l3[9200];
	uint32_t inner_bytes, bytes;
};

/* What an operation does, by the bits of its first octet. */
enum {
	OP_WHICH = 3, /* the packet */
	OP_RAW = 4,
	OP_MORE = 8, /* says the opposite of whether there is more */
	OP_DAMAGE = 16,
	OP_PLAIN = 32,
	OP_NO_SA = 64,
	OP_ODD = 128,
};

static const uint32_t sizes[PACKETS] = { 200, 1300, 3000, 8900 };
static struct sealed sealed[PACKETS];

static void require(bool condition)
{
	if (!condition)
		abort();
}

static struct gateway *gateway_of(bool six)
{
	static struct gateway *g[2];
	const struct gateway_spec spec = { "aes128gcm16", NULL, false, FRAMES };

	if (g[six])
		return g[six];
	g[six] = gateway_new(&spec);
	if (six)
		gateway_outer_v6(g[six]);
	return g[six];
}

static void seal_all(struct gateway *g)
{
	static uint8_t text[sizeof(sealed[0].l3)];

	for (uint32_t i = 0; i < PACKETS; i++) {
		struct sealed *s = &sealed[i];
		struct ip_header inner = gateway_inner();
		uint32_t n;

		inner.total_bytes = s->inner_bytes = sizes[i];
		gateway_packet(s->inner, &inner);
		n = gateway_text(g, s->inner, s->inner_bytes, text);
		s->bytes = gateway_seal(g, text, n, s->l3);
	}
}

static void mend_v4(uint8_t *l3)
{
	put_u16(l3 + IPV4_CHECKSUM_AT, 0);
	packet_mend_checksum(l3, IPV4_HEADER_BYTES);
}

/* Behind the outer header: IPv4's says it, or a fragment header. */
static uint8_t *put_fragment(uint8_t *l3, const struct sealed *s, uint32_t id,
			     uint32_t from, bool more, uint32_t bytes)
{
	if (s->l3[0] >> 4 == 4) {
		memcpy(l3, s->l3, 20);
		put_u16(l3 + 2, (uint16_t)(20 + bytes));
		put_u16(l3 + 4, (uint16_t)id);
		put_u16(l3 + 6, (uint16_t)(from / 8 | (more ? IPV4_MF : 0)));
		mend_v4(l3);
		return l3 + 20;
	}
	memcpy(l3, s->l3, 40);
	put_u16(l3 + 4, (uint16_t)(8 + bytes));
	l3[6] = EXT_FRAGMENT;
	l3[40] = PROTO_ESP;
	l3[41] = 0;
	put_u16(l3 + 42, (uint16_t)(from | more));
	put_u16(l3 + 44, 0);
	put_u16(l3 + 46, (uint16_t)id);
	return l3 + 48;
}

static uint32_t take_part(struct slice *in, uint8_t op, uint8_t *l3,
			  uint32_t *from)
{
	const struct sealed *s = &sealed[op & OP_WHICH];
	const uint32_t header = ip_least_bytes(s->l3[0] >> 4);
	const uint32_t payload = s->bytes - header;
	uint32_t id = take(in) & 3U, bytes;
	uint8_t *at;

	*from = take_u16(in) * 8U % (payload + 64) / 8 * 8;
	bytes = take(in) * 8U;
	if (op & OP_ODD)
		bytes -= bytes ? take(in) & 7U : 0;
	if (*from < payload && bytes > payload - *from)
		bytes = payload - *from;
	at = put_fragment(l3, s, id, *from,
			  (*from + bytes < payload) != !!(op & OP_MORE), bytes);
	memset(at, 0x5a, bytes);
	if (*from < payload)
		memcpy(at, s->l3 + header + *from,
		       bytes < payload - *from ? bytes : payload - *from);
	return (uint32_t)(at - l3) + bytes;
}

static void give(struct gateway *g, struct slice *in)
{
	struct dp_meta meta = gateway_meta(g, DIR_IN);
	uint8_t op = take(in);
	struct span s;
	uint32_t from = 0;

	if (op & OP_RAW)
		take_octets(in, &s, 1600);
	else
		s.n = take_part(in, op, s.at, &from);
	if (op & OP_DAMAGE)
		damage(in, s.at, s.n);
	meta.plain = !from && op & OP_PLAIN;
	if (from || op & (OP_NO_SA | OP_PLAIN))
		meta.sa = (struct sa_ref){ 0 };
	gateway_give_meta(g, &g->outside, &meta, s.at, s.n);
}

/* --- what comes out */

static bool is_inner(const uint8_t *l3, uint32_t bytes, bool hopped)
{
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint8_t want[sizeof(sealed[0].inner)];

		memcpy(want, sealed[i].inner, sealed[i].inner_bytes);
		if (hopped)
			ip_hop(want);
		if (bytes == sealed[i].inner_bytes &&
		    memcmp(want, l3, bytes) == 0)
			return true;
	}
	return false;
}

/* The kernel may get what was plain, which is an IP packet for the gateway. */
static void check_host(struct gateway *g)
{
	static uint8_t l3[HOST_FRAME_MAX];
	uint8_t dmac[6];
	struct ip_header ip;
	uint32_t bytes;

	while ((bytes = gateway_host_take(g, l3, dmac))) {
		if (is_inner(l3, bytes, false))
			continue;
		require(ip_parse(slice_of(l3, bytes), &ip));
		require(ip.total_bytes == bytes);
		require(!(ip.fragment & (IPV4_MF | IPV4_OFFSET_MASK)));
	}
}

static void step(struct gateway *g)
{
	uint32_t bytes;

	worker_step(&g->w);
	for (uint32_t i = 0; i < g->inside.tx_n; i++) {
		const uint8_t *l3 = gateway_sent(&g->inside, i, &bytes);

		require(is_inner(l3, bytes, true));
	}
	require(!g->outside.tx_n);
	require(g->w.reassembly.frames <= FRAMES / 8);
	check_host(g);
	require(gateway_books_balance(g));
	gateway_reset(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct gateway *g = gateway_of(take(&in) & 1);

	gateway_restart(g, SEQ);
	gateway_know_all(g);
	seal_all(g);
	for (uint32_t i = 0; in.len && i < OPS_MAX; i++) {
		give(g, &in);
		if (take(&in) & 1)
			step(g);
		if (g->outside.rx_n - g->outside.rx_at >= BATCH_MAX)
			step(g);
	}
	step(g);
	fragments_too_long(&g->w);
	step(g);
	require(!g->w.reassembly.frames && !g->w.reassembly.pieces);
	return 0;
}
