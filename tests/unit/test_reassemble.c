// SPDX-License-Identifier: BSD-2-Clause
/*
 * What comes for us in fragments, through a worker: put together in whatever order
 * they come, opened in one piece, bounded in memory and time. After every case
 * the books of frames and packets must balance.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/handoff.h"
#include "ctrl/wire/ipv4.h"
#include "ctrl/wire/ipv6.h"
#include "include/ike.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES	256U
#define MAX	(FRAMES / 8) /* of them that may wait */
#define EACH	512U	     /* of a payload in a fragment */
#define PACKET	(UINT16_MAX + 1U)
#define ALL_MAX 128U

/* A sealed packet and the one in it. */
struct sealed {
	uint8_t inner[PACKET], l3[PACKET];
	uint32_t inner_bytes, bytes;
};

static struct sealed one, two;

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128gcm16", NULL, false, FRAMES };
	struct gateway *g = gateway_new(&spec);

	gateway_know_all(g);
	*state = g;
	return 0;
}

static int setup_v6(void **state)
{
	setup(state);
	gateway_outer_v6(*state);
	gateway_know_all(*state);
	return 0;
}

static int teardown(void **state)
{
	bool balance = gateway_books_balance(*state);

	gateway_free(*state);
	return balance ? 0 : -1;
}

/* pad: octets of traffic flow confidentiality behind the inner packet. */
static void seal_padded(struct gateway *g, struct sealed *s, uint32_t bytes,
			uint32_t pad)
{
	static uint8_t text[PACKET];
	struct ip_header inner = gateway_inner();
	uint32_t n;

	memset(s->inner, 0, bytes + pad);
	inner.total_bytes = bytes;
	gateway_packet(s->inner, &inner);
	s->inner_bytes = bytes;
	n = gateway_text(g, s->inner, bytes + pad, text);
	s->bytes = gateway_seal(g, text, n, s->l3);
}

static void seal(struct gateway *g, struct sealed *s, uint32_t bytes)
{
	seal_padded(g, s, bytes, 0);
}

/* Between the IP header and ESP. */
static void put_udp(struct sealed *s)
{
	uint8_t *udp = s->l3 + IPV4_HEADER_BYTES;
	struct ip_header h;

	assert_true(ipv4_parse(slice_of(s->l3, s->bytes), &h));
	h.protocol = PROTO_UDP;
	h.total_bytes += UDP_HEADER_BYTES;
	memmove(udp + UDP_HEADER_BYTES, udp, s->bytes - IPV4_HEADER_BYTES);
	s->bytes += UDP_HEADER_BYTES;
	ipv4_build(s->l3, &h);
	memcpy(udp, (uint8_t[]){ 0x11, 0x94, 0x11, 0x94, 0, 0, 0, 0 }, 8);
	udp[4] = (uint8_t)((s->bytes - IPV4_HEADER_BYTES) >> 8);
	udp[5] = (uint8_t)(s->bytes - IPV4_HEADER_BYTES);
}

/* --- fragments --- */

static uint32_t cut(const struct sealed *s, uint32_t id, uint32_t from,
		    uint32_t bytes, uint8_t *out)
{
	struct ip_header h;

	assert_true(ip_parse(slice_of(s->l3, s->bytes), &h));
	h.id = (uint16_t)id;
	if (h.version == 4) {
		ipv4_fragment(out, s->l3, &h, from, bytes);
		out[4] = (uint8_t)(id >> 8);
		out[5] = (uint8_t)id;
		memset(out + 10, 0, 2);
		h.id = ipv4_checksum(out, IPV4_HEADER_BYTES);
		out[10] = (uint8_t)(h.id >> 8);
		out[11] = (uint8_t)h.id;
		return h.header_bytes + bytes;
	}
	memcpy(out + 48, s->l3 + 40 + from, bytes);
	ipv6_fragment(out, s->l3, from, bytes, id);
	return 48 + bytes;
}

static struct dp_meta meta_of(const struct gateway *g, uint32_t from)
{
	struct dp_meta meta = gateway_meta(g, DIR_IN);

	meta.policy_id = meta.policy_gen = 0;
	if (from)
		meta.sa = (struct sa_ref){ 0 };
	return meta;
}

static void give_cut(struct gateway *g, const struct sealed *s, uint32_t id,
		     uint32_t from, uint32_t bytes)
{
	struct dp_meta meta = meta_of(g, from);
	uint8_t l3[FRAME_BYTES];
	uint32_t n = cut(s, id, from, bytes, l3);

	gateway_give_meta(g, &g->outside, &meta, l3, n);
}

static uint32_t payload_of(const struct sealed *s)
{
	return s->bytes - (s->l3[0] >> 4 == 4 ? 20 : 40);
}

/* The part of that number, each as long as the first. */
static void give_part(struct gateway *g, const struct sealed *s, uint32_t id,
		      uint32_t part, uint32_t each)
{
	uint32_t left = payload_of(s) - part * each;

	give_cut(g, s, id, part * each, left < each ? left : each);
}

static uint32_t parts_of(const struct sealed *s, uint32_t each)
{
	return (payload_of(s) + each - 1) / each;
}

/* All that the peer sent arrived at the inside, as it was but for its TTL. */
static void assert_arrived(struct gateway *g, uint32_t index,
			   const struct sealed *s)
{
	uint32_t bytes;
	const uint8_t *l3;
	uint8_t want[PACKET];

	assert_true(index < g->inside.tx_n);
	l3 = gateway_sent(&g->inside, index, &bytes);
	memcpy(want, s->inner, s->inner_bytes);
	ip_hop(want);
	assert_int_equal(bytes, s->inner_bytes);
	assert_memory_equal(l3, want, bytes);
}

static void assert_arrived_alone(struct gateway *g, const struct sealed *s)
{
	assert_int_equal(g->inside.tx_n, 1);
	assert_arrived(g, 0, s);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(g->w.reassembly.frames, 0);
	assert_int_equal(g->w.reassembly.pieces, 0);
}

/* --- in whatever order --- */

static void check_orders(struct gateway *g, bool udp)
{
	static const uint8_t order[][3] = { { 0, 1, 2 }, { 0, 2, 1 },
					    { 1, 0, 2 }, { 1, 2, 0 },
					    { 2, 0, 1 }, { 2, 1, 0 } };

	for (uint32_t i = 0; i < 6; i++) {
		seal(g, &one, 1300);
		if (udp)
			put_udp(&one);
		assert_int_equal(parts_of(&one, EACH), 3);
		for (uint32_t k = 0; k < 3; k++) {
			give_part(g, &one, 7, order[i][k], EACH);
			worker_step(&g->w);
		}
		assert_arrived_alone(g, &one);
		gateway_reset(g);
	}
	assert_int_equal(g->passes[PASS_WORKER_WHOLE].pkts, 12);
	assert_int_equal(g->in->count.pkts, 6);
}

static void fragments_arrive_as_one_packet_in_every_order(void **state)
{
	check_orders(*state, false);
}

static void so_do_those_of_esp_in_udp(void **state)
{
	check_orders(*state, true);
}

static void packets_whose_fragments_mix_stay_apart(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 1300);
	seal(g, &two, 1200);
	give_part(g, &two, 8, 2, EACH);
	for (uint32_t i = 0; i < 3; i++) {
		give_part(g, &one, 7, i, EACH);
		if (i < 2)
			give_part(g, &two, 8, i, EACH);
	}
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 2);
	assert_arrived(g, 0, &two);
	assert_arrived(g, 1, &one);
}

static void options_of_the_first_fragment_are_the_packets(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = meta_of(g, 0);
	uint8_t l3[FRAME_BYTES], with[FRAME_BYTES];
	uint32_t n;

	seal(g, &one, 1000);
	n = cut(&one, 7, 0, EACH, l3);
	memcpy(with, l3, 20);
	memset(with + 20, IPV4_OPT_NOP, 8);
	memcpy(with + 28, l3 + 20, n - 20);
	with[0] = 0x47;
	with[2] = (uint8_t)((n + 8) >> 8);
	with[3] = (uint8_t)(n + 8);
	packet_mend_checksum(with, n + 8);
	gateway_give_meta(g, &g->outside, &meta, with, n + 8);
	for (uint32_t i = 1; i < parts_of(&one, EACH); i++)
		give_part(g, &one, 7, i, EACH);
	worker_step(&g->w);
	assert_arrived_alone(g, &one);
}

/* --- hostile ones --- */

static void duplicate_is_dropped_alone(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 1300);
	give_part(g, &one, 7, 0, EACH);
	give_part(g, &one, 7, 0, EACH);
	give_part(g, &one, 7, 2, EACH);
	give_part(g, &one, 7, 2, EACH);
	give_part(g, &one, 7, 1, EACH);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
	assert_arrived(g, 0, &one);
	assert_int_equal(g->drops[DROP_FRAGMENT_DUPLICATE].pkts, 2);
	assert_int_equal(gateway_dropped(g), 2);
}

static void overlap_is_the_end_of_all_fragments_to_come_too(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 1300);
	give_part(g, &one, 7, 0, EACH);
	give_cut(g, &one, 7, EACH - 8, 64);
	give_part(g, &one, 7, 1, EACH);
	give_part(g, &one, 7, 2, EACH);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 0);
	assert_int_equal(g->drops[DROP_FRAGMENT_OVERLAP].pkts, 4);
	assert_int_equal(g->w.reassembly.frames, 0);
	assert_true(gateway_books_balance(g));
	/* Not for ever: IPv4's identifications come again. */
	fragments_too_long(&g->w);
	worker_step(&g->w);
	for (uint32_t i = 0; i < 3; i++)
		give_part(g, &one, 7, i, EACH);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
}

static void fragment_that_lies_is_dropped_alone(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 1300);
	give_part(g, &one, 7, 0, EACH);
	give_cut(g, &one, 7, EACH, EACH - 3);
	give_cut(g, &one, 7, EACH, 0);
	give_part(g, &one, 7, 1, EACH);
	give_part(g, &one, 7, 2, EACH);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
	assert_arrived(g, 0, &one);
	assert_int_equal(g->drops[DROP_FRAGMENT_WRONG].pkts, 2);
}

static void fragment_beyond_the_largest_packet_is_wrong(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = meta_of(g, 1);
	uint8_t l3[FRAME_BYTES];
	uint32_t n;

	seal(g, &one, 1300);
	n = cut(&one, 7, EACH, 64, l3);
	l3[6] = 0x1f;
	l3[7] = 0xff;
	packet_mend_checksum(l3, n);
	gateway_give_meta(g, &g->outside, &meta, l3, n);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_FRAGMENT_WRONG].pkts, 1);
	assert_int_equal(g->w.reassembly.pieces, 0);
}

static void packet_of_too_many_fragments_is_refused(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 1300);
	for (uint32_t i = 0; i <= PIECES_MAX; i++)
		give_cut(g, &one, 7, 16 * i, 8);
	worker_step(&g->w);
	worker_step(&g->w); /* what a batch had no room for */
	assert_int_equal(g->drops[DROP_FRAGMENT_FULL].pkts, PIECES_MAX + 1);
	assert_int_equal(g->w.reassembly.pieces, 0);
}

static void damaged_packet_fails_as_one(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 1300);
	one.l3[1200] ^= 1;
	for (uint32_t i = 0; i < 3; i++)
		give_part(g, &one, 7, i, EACH);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_ICV].pkts, 1);
	assert_int_equal(g->passes[PASS_WORKER_WHOLE].pkts, 2);
}

/* --- time and memory --- */

static void packet_that_is_not_whole_in_time_is_dropped(void **state)
{
	struct gateway *g = *state;
	const uint64_t life = one.l3[0] >> 4 == 4 ? 15 : 60;
	struct datagram *d;

	seal(g, &one, 1300);
	give_part(g, &one, 7, 0, EACH);
	give_part(g, &one, 7, 2, EACH);
	worker_step(&g->w);
	d = TAILQ_FIRST(&g->w.reassembly.by_age[one.l3[0] >> 4 == 6]);
	assert_non_null(d);
	assert_int_equal(d->deadline_ns - d->begun_ns,
			 (one.l3[0] >> 4 == 4 ? 15 : 60) * NS_PER_S);
	d->deadline_ns = g->w.now_ns + life * NS_PER_S;
	worker_step(&g->w);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(g->w.reassembly.pieces, 2);
	d->deadline_ns = 1;
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_FRAGMENT_TIMEOUT].pkts, 2);
	assert_int_equal(g->w.reassembly.frames, 0);
	give_part(g, &one, 7, 1, EACH);
	worker_step(&g->w);
	assert_int_equal(g->w.reassembly.pieces, 1);
}

/* From another address; the checksum is of the header alone. */
static void give_from(struct gateway *g, uint32_t host, uint32_t id,
		      uint32_t from, uint32_t bytes)
{
	struct dp_meta meta = meta_of(g, from);
	uint32_t saddr_be = htonl(0xc6336400 + host);
	uint8_t l3[FRAME_BYTES];
	uint32_t n = cut(&two, id, from, bytes, l3);

	memcpy(l3 + 12, &saddr_be, sizeof(saddr_be));
	packet_mend_checksum(l3, n);
	gateway_give_meta(g, &g->outside, &meta, l3, n);
}

static void flood(struct gateway *g, uint32_t n, uint32_t hosts)
{
	seal(g, &two, 1300);
	for (uint32_t i = 0; i < n; i++) {
		give_from(g, 1 + i % hosts, i, 0, EACH);
		if (i % 32 == 31) {
			worker_step(&g->w);
			assert_in_range(g->w.reassembly.frames, 0, MAX);
			assert_true(i % 1024 != 31 || gateway_frames_balance(g));
			gateway_reset(g);
		}
	}
	worker_step(&g->w);
}

static void flood_of_incomplete_packets_takes_an_eighth(void **state)
{
	struct gateway *g = *state;
	const uint32_t n = 1000000;

	flood(g, n, 250);
	assert_int_equal(g->w.reassembly.frames, MAX);
	assert_int_equal(g->drops[DROP_FRAGMENT_FULL].pkts, n - MAX);
	/* And a packet whose fragments come together finds a way. */
	seal(g, &one, 1300);
	for (uint32_t i = 0; i < 3; i++)
		give_part(g, &one, 7, i, EACH);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
	assert_arrived(g, 0, &one);
	fragments_too_long(&g->w);
	worker_step(&g->w);
	assert_int_equal(g->w.reassembly.frames, 0);
	assert_int_equal(g->w.reassembly.pieces, 0);
	assert_true(gateway_books_balance(g));
}

static void one_sender_leaves_room_for_others(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 1300);
	give_part(g, &one, 7, 0, EACH);
	worker_step(&g->w);
	gateway_reset(g);
	flood(g, 5000, 1);
	assert_in_range(g->w.reassembly.frames, 2, MAX - 4);
	for (uint32_t i = 1; i < 3; i++)
		give_part(g, &one, 7, i, EACH);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
	assert_arrived(g, 0, &one);
}

/* Each of three frames, by three short fragments. */
static void large_packets_of_one_sender_leave_room_for_others(void **state)
{
	struct gateway *g = *state;

	seal(g, &two, 9000);
	for (uint32_t id = 0; id < 100; id++) {
		for (uint32_t i = 0; i < 3; i++)
			give_from(g, 1, id, i * CHUNK_BYTES, 8);
		worker_step(&g->w);
		gateway_reset(g);
		assert_in_range(g->w.reassembly.frames, 3, CHUNKS_MAX);
	}
}

static void refused_packets_are_so_many_of_a_sender(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 1300);
	give_part(g, &one, 7, 0, EACH);
	worker_step(&g->w);
	gateway_reset(g);
	seal(g, &two, 1300);
	for (uint32_t i = 0; i < 500; i++) {
		give_from(g, 1, i, 0, EACH);
		give_from(g, 1, i, 0, EACH + 8);
		worker_step(&g->w);
		gateway_reset(g);
	}
	assert_int_equal(g->drops[DROP_FRAGMENT_OVERLAP].pkts, 1000);
	for (uint32_t i = 1; i < 3; i++)
		give_part(g, &one, 7, i, EACH);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
}

/* --- larger than a frame --- */

static void assert_host_got(struct gateway *g, const uint8_t *packet,
			    uint32_t bytes)
{
	static uint8_t l3[HOST_FRAME_MAX];
	uint8_t dmac[6];

	assert_int_equal(gateway_host_take(g, l3, dmac), bytes);
	assert_memory_equal(l3, packet, bytes);
}

static void check_large(struct gateway *g, uint32_t bytes, uint32_t each)
{
	seal(g, &one, bytes);
	for (uint32_t i = parts_of(&one, each); i--;) {
		give_part(g, &one, bytes, i, each);
		worker_step(&g->w);
	}
	assert_host_got(g, one.inner, bytes);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(g->w.reassembly.frames, 0);
	assert_true(gateway_frames_balance(g));
	gateway_reset(g);
}

/* On both sides of what a frame holds, and up to the largest of IP. */
static void packet_larger_than_a_frame_goes_up_whole(void **state)
{
	struct gateway *g = *state;

	check_large(g, 3900, 1480);
	check_large(g, 9000, 1480);
	check_large(g, 20000, 1024);
	check_large(g, 65400, 1480);
}

static void largest_that_a_frame_holds_goes_direct(void **state)
{
	struct gateway *g = *state;
	uint32_t most = 0;

	for (uint32_t bytes = 1400; bytes <= 4000; bytes += 100) {
		seal_padded(g, &one, 1400, bytes - 1400);
		for (uint32_t i = 0; i < parts_of(&one, 1480); i++)
			give_part(g, &one, bytes, i, 1480);
		worker_step(&g->w);
		assert_arrived_alone(g, &one);
		most = payload_of(&one);
		gateway_reset(g);
	}
	assert_in_range(most, CHUNK_BYTES + 1, PACKET);
}

static void large_ones_of_one_batch_follow_each_other(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 9000);
	seal(g, &two, 8000);
	for (uint32_t i = 0; i < parts_of(&one, 1480); i++) {
		give_part(g, &one, 1, i, 1480);
		if (i < parts_of(&two, 1480))
			give_part(g, &two, 2, i, 1480);
	}
	worker_step(&g->w);
	assert_host_got(g, two.inner, 8000);
	assert_host_got(g, one.inner, 9000);
}

/* --- what it becomes --- */

static void give_tos(struct gateway *g, uint32_t part, uint8_t tos)
{
	struct dp_meta meta = meta_of(g, part);
	uint8_t l3[FRAME_BYTES];
	uint32_t left = payload_of(&one) - part * EACH;
	uint32_t n = cut(&one, 7, part * EACH, left < EACH ? left : EACH, l3);

	ip_set_tos(l3, tos);
	gateway_give_meta(g, &g->outside, &meta, l3, n);
}

/* What the three fragments say, and the packet that comes out of them. */
static void check_ecn(struct gateway *g, uint8_t a, uint8_t b, uint8_t c,
		      enum drop_reason drop)
{
	uint32_t before = (uint32_t)g->drops[DROP_ECN].pkts;

	seal(g, &one, 1300);
	one.inner[1] = 0;
	give_tos(g, 0, a);
	give_tos(g, 1, b);
	give_tos(g, 2, c);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_ECN].pkts - before, drop == DROP_ECN);
	assert_int_equal(g->inside.tx_n, drop != DROP_ECN);
	gateway_reset(g);
}

/* The inner packet is not ECN-capable: with congestion it drops, by RFC 6040. */
static void congestion_of_one_fragment_is_the_packets(void **state)
{
	struct gateway *g = *state;

	check_ecn(g, ECN_ECT_0, ECN_ECT_0, ECN_ECT_0, DROP_NONE);
	check_ecn(g, ECN_ECT_0, ECN_CE, ECN_ECT_0, DROP_ECN);
	check_ecn(g, ECN_ECT_0, ECN_ECT_0, ECN_CE, DROP_ECN);
	check_ecn(g, ECN_NOT_ECT, ECN_NOT_ECT, ECN_CE, DROP_ECN);
}

static void sa_that_is_gone_by_then_drops_the_packet(void **state)
{
	struct gateway *g = *state;

	seal(g, &one, 1300);
	give_part(g, &one, 7, 0, EACH);
	worker_step(&g->w);
	TAILQ_FIRST(&g->w.reassembly.by_age[0])->sa.gen++;
	give_part(g, &one, 7, 1, EACH);
	give_part(g, &one, 7, 2, EACH);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_SA_GONE].pkts, 1);
	assert_int_equal(gateway_dropped(g), 1);
}

static void sa_of_the_first_fragment_is_looked_at_as_it_comes(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = meta_of(g, 0);
	uint8_t l3[FRAME_BYTES];
	uint32_t n;

	seal(g, &one, 1300);
	n = cut(&one, 7, 0, EACH, l3);
	meta.sa = g->out->ref;
	gateway_give_meta(g, &g->outside, &meta, l3, n);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_SA_GONE].pkts, 1);
	assert_int_equal(g->w.reassembly.pieces, 0);
}

static void give_plain(struct gateway *g, uint32_t bytes, uint32_t each)
{
	struct ip_header h = gateway_inner();

	h.total_bytes = bytes;
	h.fragment = 0;
	gateway_packet(one.l3, &h);
	one.bytes = bytes;
	for (uint32_t i = parts_of(&one, each); i--;) {
		uint32_t left = payload_of(&one) - i * each;
		struct dp_meta meta = meta_of(g, 1);
		uint8_t l3[FRAME_BYTES];
		uint32_t n = cut(&one, h.id, i * each,
				 left < each ? left : each, l3);

		meta.plain = !i;
		gateway_give_meta(g, &g->outside, &meta, l3, n);
	}
	worker_step(&g->w);
	assert_host_got(g, one.l3, bytes);
	assert_int_equal(g->inside.tx_n, 0);
	assert_int_equal(gateway_dropped(g), 0);
}

static void what_is_the_kernels_goes_up_whole_and_as_it_came(void **state)
{
	give_plain(*state, 1300, EACH);
	give_plain(*state, 9000, 1480);
}

/* BPF says neither: it saw no SPI, and let nothing in. */
static void packet_of_nobody_drops(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = meta_of(g, 1);
	uint8_t l3[FRAME_BYTES];
	uint32_t n;

	seal(g, &one, 1300);
	n = cut(&one, 7, 0, EACH, l3);
	gateway_give_meta(g, &g->outside, &meta, l3, n);
	give_part(g, &one, 7, 1, EACH);
	give_part(g, &one, 7, 2, EACH);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_SA_GONE].pkts, 1);
	assert_int_equal(gateway_dropped(g), 1);
}

/* --- by several queues --- */

static void fragments_meet_at_one_worker(void **state)
{
	const struct gateway_spec spec = { "aes128gcm16", NULL, false, FRAMES };
	struct gateway *g[2] = { gateway_new(&spec), gateway_new(&spec) };
	struct worker *all[2] = { &g[0]->w, &g[1]->w };
	struct handoffs *handoffs;
	uint32_t by[2];

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		gateway_know_all(g[i]);
		all[i]->index = i;
		all[i]->sad = g[0]->sad;
	}
	assert_int_equal(handoffs_new(all, 2, &handoffs), 0);
	for (uint32_t id = 0; id < 100; id++) {
		seal(g[0], &one, 1300);
		for (uint32_t i = 0; i < 3; i++) {
			struct dp_meta meta = meta_of(g[0], i);
			uint8_t l3[FRAME_BYTES];
			uint32_t left = payload_of(&one) - i * EACH;
			uint32_t n = cut(&one, id, i * EACH,
					 left < EACH ? left : EACH, l3);
			struct gateway *at = g[(id + i) % 2];

			gateway_give_meta(at, &at->outside, &meta, l3, n);
		}
		for (uint32_t i = 0; i < 4; i++)
			worker_step(all[i % 2]);
		assert_int_equal(g[0]->inside.tx_n + g[1]->inside.tx_n, id + 1);
	}
	by[0] = g[0]->inside.tx_n;
	by[1] = g[1]->inside.tx_n;
	assert_in_range(by[0], 20, 80);
	assert_int_equal(by[0] + by[1], 100);
	handoffs_free(handoffs);
	gateway_free(g[0]);
	gateway_free(g[1]);
}

#define CASE(f)	   cmocka_unit_test_setup_teardown(f, setup, teardown)
#define CASE_V6(f) cmocka_unit_test_setup_teardown(f, setup_v6, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(fragments_arrive_as_one_packet_in_every_order),
		CASE_V6(fragments_arrive_as_one_packet_in_every_order),
		CASE(so_do_those_of_esp_in_udp),
		CASE(packets_whose_fragments_mix_stay_apart),
		CASE_V6(packets_whose_fragments_mix_stay_apart),
		CASE(options_of_the_first_fragment_are_the_packets),
		CASE(duplicate_is_dropped_alone),
		CASE_V6(duplicate_is_dropped_alone),
		CASE(overlap_is_the_end_of_all_fragments_to_come_too),
		CASE_V6(overlap_is_the_end_of_all_fragments_to_come_too),
		CASE(fragment_that_lies_is_dropped_alone),
		CASE_V6(fragment_that_lies_is_dropped_alone),
		CASE(fragment_beyond_the_largest_packet_is_wrong),
		CASE(packet_of_too_many_fragments_is_refused),
		CASE(damaged_packet_fails_as_one),
		CASE(packet_that_is_not_whole_in_time_is_dropped),
		CASE_V6(packet_that_is_not_whole_in_time_is_dropped),
		CASE(flood_of_incomplete_packets_takes_an_eighth),
		CASE(one_sender_leaves_room_for_others),
		CASE(large_packets_of_one_sender_leave_room_for_others),
		CASE(refused_packets_are_so_many_of_a_sender),
		CASE(packet_larger_than_a_frame_goes_up_whole),
		CASE_V6(packet_larger_than_a_frame_goes_up_whole),
		CASE(largest_that_a_frame_holds_goes_direct),
		CASE(large_ones_of_one_batch_follow_each_other),
		CASE(congestion_of_one_fragment_is_the_packets),
		CASE(sa_that_is_gone_by_then_drops_the_packet),
		CASE(sa_of_the_first_fragment_is_looked_at_as_it_comes),
		CASE(what_is_the_kernels_goes_up_whole_and_as_it_came),
		CASE(packet_of_nobody_drops),
		cmocka_unit_test(fragments_meet_at_one_worker),
	};

	return cmocka_run_group_tests_name("reassemble", tests, NULL, NULL);
}
