// SPDX-License-Identifier: BSD-2-Clause
/*
 * ESP through a worker, both ways, under each suite: what leaves, what comes
 * back, and everything that a peer can get wrong. After every case the books
 * of frames and packets must balance.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/dp/esp.h"
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define FRAMES	     256U

static int setup(void **state)
{
	struct gateway *g = gateway_new(*state);

	gateway_know_all(g);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct gateway *g = *state;
	bool balance = gateway_books_balance(g);

	gateway_free(g);
	return balance ? 0 : -1;
}

/* The one packet that was lost, lost for that reason. */
static void assert_dropped(const struct gateway *g, enum drop_reason reason)
{
	assert_int_equal(g->drops[reason].pkts, 1);
	assert_int_equal(gateway_dropped(g), 1);
}

static void give_inner(struct gateway *g, const struct ip_header *h)
{
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, h);
	gateway_give(g, DIR_OUT, l3, h->total_bytes);
}

/* What left by the unprotected port, copied; its octets. */
static uint32_t take_outer(struct gateway *g, uint32_t index, uint8_t *l3)
{
	uint32_t bytes;
	const uint8_t *sent = gateway_sent(&g->outside, index, &bytes);

	memcpy(l3, sent, bytes);
	return bytes;
}

/* A good outer packet around a good inner one. */
static uint32_t seal_inner(struct gateway *g, const struct ip_header *h,
			   uint8_t *l3)
{
	uint8_t inner[FRAME_BYTES], text[FRAME_BYTES];

	gateway_packet(inner, h);
	return gateway_seal(g, text,
			    gateway_text(g, inner, h->total_bytes, text), l3);
}

static void step_in(struct gateway *g, const uint8_t *l3, uint32_t bytes)
{
	gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
}

static uint32_t seq_lo_of(const uint8_t *l3)
{
	uint32_t seq_be;

	memcpy(&seq_be, l3 + IPV4_HEADER_BYTES + 4, 4);
	return ntohl(seq_be);
}

/* --- out --- */

static void packet_leaves_as_esp_under_the_outer_header_of_its_sa(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner(), outer;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	give_inner(g, &inner);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 0);
	assert_int_equal(g->outside.tx_n, 1);
	bytes = take_outer(g, 0, l3);
	assert_true(ipv4_parse(slice_of(l3, bytes), &outer));
	assert_int_equal(outer.header_bytes, IPV4_HEADER_BYTES);
	assert_int_equal(outer.total_bytes, bytes);
	assert_int_equal(bytes,
			 esp_outer_bytes(g->out, esp_text_bytes(g->out, 100)));
	assert_int_equal(ipv4_checksum(l3, IPV4_HEADER_BYTES), 0);
	assert_int_equal(outer.protocol, PROTO_ESP);
	assert_int_equal(outer.ttl, 64);
	assert_true(addr_equal(&outer.saddr, &g->out->saddr));
	assert_true(addr_equal(&outer.daddr, &g->out->daddr));
	assert_memory_equal(l3 + IPV4_HEADER_BYTES, &g->out->spi_be, 4);
	assert_int_equal(seq_lo_of(l3), 1);
	assert_int_equal(atomic_load(&g->out->count.pkts), 1);
	assert_int_equal(atomic_load(&g->out->count.bytes), 100);
	assert_int_equal(sa_seq(g->out), 1);
}

static void sealed_frame_goes_to_the_next_hop_of_the_peer(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct ip_header inner = gateway_inner();
	const uint8_t *frame;
	uint32_t bytes;

	give_inner(g, &inner);
	worker_step(&g->w);
	frame = port_mem_sent(&g->outside, 0, &bytes);
	assert_memory_equal(frame, nh.link, nh.link_bytes);
	assert_memory_equal(frame + 12, "\x08\x00", 2);
}

static void df_dscp_and_ecn_are_copied_outwards(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	inner.tos = 0xb8 | 3;
	give_inner(g, &inner);
	inner.fragment = 0;
	give_inner(g, &inner);
	worker_step(&g->w);
	take_outer(g, 0, l3);
	assert_int_equal(l3[1], 0xb8 | 3);
	assert_int_equal(l3[6] << 8 | l3[7], IPV4_DF);
	take_outer(g, 1, l3);
	assert_int_equal(l3[6] << 8 | l3[7], 0);
}

/* Every size of padding, and the sizes around whole blocks. */
static void what_was_sealed_opens_with_two_hops_taken_off(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES], want[FRAME_BYTES];
	const uint8_t *got;
	uint32_t bytes;

	for (uint16_t n = IPV4_HEADER_BYTES; n < 120; n++) {
		inner.total_bytes = n;
		give_inner(g, &inner);
		worker_step(&g->w);
		bytes = take_outer(g, 0, l3);
		gateway_reset(g);
		step_in(g, l3, bytes);
		got = gateway_sent(&g->inside, 0, &bytes);
		inner.ttl = 62;
		gateway_packet(want, &inner);
		inner.ttl = 64;
		assert_int_equal(bytes, n);
		assert_memory_equal(got, want, n);
		gateway_reset(g);
	}
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(atomic_load(&g->in->count.pkts), 100);
}

static void packets_of_one_run_have_consecutive_numbers_and_own_ivs(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t a[FRAME_BYTES], b[FRAME_BYTES];
	const size_t iv = IPV4_HEADER_BYTES + ESP_HEADER_BYTES;

	give_inner(g, &inner);
	give_inner(g, &inner);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 2);
	take_outer(g, 0, a);
	take_outer(g, 1, b);
	assert_int_equal(seq_lo_of(a), 1);
	assert_int_equal(seq_lo_of(b), 2);
	assert_memory_not_equal(a + iv, b + iv, g->out->iv_bytes);
	assert_memory_not_equal(a + iv + g->out->iv_bytes,
				b + iv + g->out->iv_bytes, 100);
}

static void packet_too_big_for_the_path_takes_no_number(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct ip_header inner = gateway_inner();

	nh.mtu = esp_outer_bytes(g->out, esp_text_bytes(g->out, 100));
	gateway_know(g, &nh);
	give_inner(g, &inner);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);

	atomic_store(&g->link.fib.gen, 2);
	nh.gen = 2;
	nh.mtu--;
	gateway_know(g, &nh);
	give_inner(g, &inner);
	worker_step(&g->w);
	assert_dropped(g, DROP_TOO_BIG);
	assert_int_equal(g->out->seq, 1);
	assert_int_equal(sa_drops(&g->out->count, DROP_TOO_BIG), 1);
}

static void packet_that_would_outgrow_its_frame_moves_to_the_front(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct ip_header inner = gateway_inner();
	const struct port_desc *sent = g->outside.tx;
	uint32_t moved = 0, at = 512 + NH_LINK_MAX + ETH_TYPE_BYTES;

	nh.mtu = 9000;
	gateway_know(g, &nh);
	for (uint16_t n = 3500; n <= FRAME_BYTES - at; n++) {
		uint32_t end =
			at + esp_text_bytes(g->out, n) + g->out->icv_bytes;

		inner.total_bytes = n;
		give_inner(g, &inner);
		worker_step(&g->w);
		moved += end > FRAME_BYTES;
		assert_int_equal(gateway_dropped(g), 0);
		assert_int_equal(g->outside.tx_n, 1);
		assert_true(sent->addr % FRAME_BYTES + sent->bytes <=
			    FRAME_BYTES);
		gateway_reset(g);
	}
	assert_int_not_equal(moved, 0);
}

static void last_number_is_used_and_none_after_it(void **state)
{
	struct gateway *g = *state;
	uint64_t last = g->out->esn ? UINT64_MAX : UINT32_MAX;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	g->out->seq = last - 1;
	give_inner(g, &inner);
	give_inner(g, &inner);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	take_outer(g, 0, l3);
	assert_int_equal(seq_lo_of(l3), UINT32_MAX);
	assert_dropped(g, DROP_SEQ_EXHAUSTED);
	assert_true(g->out->seq == last);
}

/* Of three packets one has no number, until there are more. */
static void number_that_is_not_kept_is_not_used(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	_Atomic uint64_t used = 0;
	struct seq_kept kept = { .used = &used, .limit = 2, .low = 1 };
	uint64_t asked = 0;

	kept.wake_fd = eventfd(0, EFD_NONBLOCK);
	g->out->kept = &kept;
	for (uint32_t i = 0; i < 3; i++)
		give_inner(g, &inner);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 2);
	assert_dropped(g, DROP_SEQ_RESERVED);
	assert_int_equal(atomic_load(&used), 2);
	assert_int_equal(read(kept.wake_fd, &asked, sizeof(asked)),
			 sizeof(asked));
	assert_int_equal(asked, 1); /* once, until it has answered */
	gateway_reset(g);
	atomic_store(&kept.limit, 3);
	give_inner(g, &inner);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	assert_int_equal(atomic_load(&used), 3);
	g->out->kept = NULL;
	close(kept.wake_fd);
}

static void extended_number_goes_beyond_32_bits_both_ways(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[3][FRAME_BYTES];
	uint32_t bytes[3];

	g->out->seq = g->in->replay.top = UINT32_MAX - 1;
	for (uint32_t i = 0; i < 3; i++)
		give_inner(g, &inner);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 3);
	for (uint32_t i = 0; i < 3; i++)
		bytes[i] = take_outer(g, i, l3[i]);
	assert_int_equal(seq_lo_of(l3[2]), 1);
	gateway_reset(g);
	for (uint32_t i = 0; i < 3; i++)
		step_in(g, l3[i], bytes[i]);
	assert_int_equal(g->inside.tx_n, 3);
	assert_true(g->in->replay.top == (uint64_t)UINT32_MAX + 2);
}

/* --- in --- */

static void esp_of_no_whole_number_of_blocks_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner(), outer;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3), refused = 0;

	assert_true(ipv4_parse(slice_of(l3, bytes), &outer));
	for (uint32_t cut = 1; cut < g->in->align_bytes; cut++, refused++) {
		outer.total_bytes = (uint16_t)(bytes - cut);
		ipv4_build(l3, &outer);
		step_in(g, l3, outer.total_bytes);
	}
	assert_int_equal(g->drops[DROP_ESP_LENGTH].pkts, refused);
	assert_int_equal(gateway_dropped(g), refused);
	outer.total_bytes = (uint16_t)bytes;
	ipv4_build(l3, &outer);
	step_in(g, l3, bytes);
	assert_int_equal(g->inside.tx_n, 1);
}

/* From a bare IP header to one octet less than the least text. */
static void esp_too_short_for_its_parts_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner(), outer;
	uint32_t least = esp_outer_bytes(g->in, g->in->align_bytes);
	uint8_t l3[FRAME_BYTES];
	uint64_t refused = 0;

	seal_inner(g, &inner, l3);
	assert_true(ipv4_parse(slice_of(l3, FRAME_BYTES), &outer));
	for (uint32_t n = IPV4_HEADER_BYTES; n < least; n++, refused++) {
		outer.total_bytes = (uint16_t)n;
		ipv4_build(l3, &outer);
		step_in(g, l3, n);
	}
	assert_int_equal(g->drops[DROP_ESP_LENGTH].pkts, refused);
	outer.total_bytes = (uint16_t)least;
	ipv4_build(l3, &outer);
	step_in(g, l3, least);
	assert_int_equal(g->drops[DROP_ICV].pkts, 1);
	assert_int_equal(gateway_dropped(g), refused + 1);
}

static void packet_of_another_protocol_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner(), outer;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3);

	assert_true(ipv4_parse(slice_of(l3, bytes), &outer));
	outer.protocol = PROTO_AH;
	ipv4_build(l3, &outer);
	step_in(g, l3, bytes);
	assert_dropped(g, DROP_ESP_LENGTH);
}

static void spi_that_is_not_its_sas_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3);

	l3[IPV4_HEADER_BYTES + 3] ^= 1;
	step_in(g, l3, bytes);
	assert_dropped(g, DROP_SA_GONE);
}

static void forged_icv_is_refused_and_moves_no_window(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3);

	l3[bytes - 1] ^= 1;
	step_in(g, l3, bytes);
	assert_dropped(g, DROP_ICV);
	assert_int_equal(g->in->replay.top, 0);
	assert_int_equal(sa_drops(&g->in->count, DROP_ICV), 1);
	assert_int_equal(atomic_load(&g->in->count.pkts), 0);

	l3[bytes - 1] ^= 1;
	step_in(g, l3, bytes);
	assert_int_equal(g->inside.tx_n, 1);
	assert_int_equal(g->in->replay.top, 1);
}

static void open_fails(struct crypto_thread *thread, struct crypto_key *key,
		       struct crypto_op *ops, unsigned int n)
{
	(void)thread;
	(void)key;
	for (unsigned int i = 0; i < n; i++) {
		ops[i].ok = false;
		ops[i].failed = true;
	}
}

static void packet_at_which_the_library_fails_is_not_called_forged(void **state)
{
	struct gateway *g = *state;
	const struct crypto_backend *backend = g->in->backend;
	struct crypto_backend broken = *backend;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3);

	broken.open = open_fails;
	g->in->backend = &broken;
	step_in(g, l3, bytes);
	g->in->backend = backend;
	assert_dropped(g, DROP_CRYPTO);
}

static void forged_number_is_refused_and_moves_no_window(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3);

	l3[IPV4_HEADER_BYTES + 6] ^= 1;
	step_in(g, l3, bytes);
	assert_dropped(g, DROP_ICV);
	assert_int_equal(g->in->replay.top, 0);
}

static void packet_is_taken_once(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3);

	step_in(g, l3, bytes);
	step_in(g, l3, bytes);
	assert_int_equal(g->inside.tx_n, 1);
	assert_dropped(g, DROP_REPLAY);
}

static void known_number_is_refused_before_its_icv_is_looked_at(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3);

	step_in(g, l3, bytes);
	l3[bytes - 1] ^= 1;
	step_in(g, l3, bytes);
	assert_dropped(g, DROP_REPLAY);
}

static void two_copies_in_one_batch_are_taken_once(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3);

	gateway_give(g, DIR_IN, l3, bytes);
	step_in(g, l3, bytes);
	assert_int_equal(g->inside.tx_n, 1);
	assert_dropped(g, DROP_REPLAY);
	assert_int_equal(atomic_load(&g->in->count.pkts), 1);
}

static void number_left_of_the_window_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t first[FRAME_BYTES], second[FRAME_BYTES], right[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, first);

	seal_inner(g, &inner, second);
	g->out->seq = 1 + GATEWAY_WINDOW - 1;
	seal_inner(g, &inner, right);
	step_in(g, right, bytes);
	assert_int_equal(g->in->replay.top, GATEWAY_WINDOW + 1);
	step_in(g, second, bytes);
	assert_int_equal(g->inside.tx_n, 2);
	step_in(g, first, bytes);
	assert_int_equal(g->inside.tx_n, 2);
	/* With ESN it is taken for the next turn of the low half. */
	assert_dropped(g, g->in->esn ? DROP_ICV : DROP_REPLAY);
}

static void inner_packet_outside_the_selectors_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header good = gateway_inner(), bad[3];
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	for (uint32_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = good;
	bad[0].saddr = addr_of("10.3.0.5");
	bad[1].daddr = addr_of("10.3.0.7");
	bad[2].protocol = PROTO_TCP;
	for (uint32_t i = 0; i < ARRAY_LEN(bad); i++) {
		bytes = seal_inner(g, &bad[i], l3);
		step_in(g, l3, bytes);
		assert_int_equal(g->drops[DROP_SELECTOR].pkts, i + 1);
	}
	bytes = seal_inner(g, &good, l3);
	step_in(g, l3, bytes);
	assert_int_equal(g->inside.tx_n, 1);
	assert_int_equal(gateway_dropped(g), ARRAY_LEN(bad));
}

/* One octet of a good text changed, and what the packet is dropped for. */
struct text_case {
	const char *name;
	int at; /* from the text's start, or its end when negative */
	uint8_t octet;
	enum drop_reason reason;
};

/* 97 octets inside: padding of at least 1 under every suite. */
static const struct text_case text_cases[] = {
	{ "nothing changed", 0, 0x45, DROP_NONE },
	{ "padding begins with 2", 97, 2, DROP_PADDING },
	{ "padding ends with another", -3, 99, DROP_PADDING },
	{ "one octet more of padding", -2, 14, DROP_PADDING },
	{ "more padding than text", -2, 255, DROP_PADDING },
	{ "TCP inside", -1, PROTO_TCP, DROP_NEXT_HEADER },
	{ "IPv6 that is IPv4", -1, 41, DROP_INNER_MALFORMED },
	{ "dummy", -1, PROTO_NONE, DROP_DUMMY },
	{ "version 6", 0, 0x65, DROP_INNER_MALFORMED },
	{ "header of 16 octets", 0, 0x44, DROP_INNER_MALFORMED },
	{ "longer than what came", 3, 98, DROP_INNER_MALFORMED },
	{ "longer by 256", 2, 1, DROP_INNER_MALFORMED },
};

static void text_that_is_not_an_ipv4_packet_and_its_padding_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];

	inner.total_bytes = 97;
	gateway_packet(packet, &inner);
	for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
		const struct text_case *c = &text_cases[i];
		uint32_t n = gateway_text(g, packet, 97, text);
		uint64_t before = g->drops[c->reason].pkts;

		text[c->at < 0 ? (int)n + c->at : c->at] = c->octet;
		step_in(g, l3, gateway_seal(g, text, n, l3));
		if (c->reason && g->drops[c->reason].pkts != before + 1)
			fail_msg("%s: not dropped as it should", c->name);
		assert_int_equal(g->inside.tx_n, 1);
		assert_int_equal(gateway_dropped(g), i);
	}
}

/* Padding and trailer alone. */
static void text_without_a_packet_is_refused(void **state)
{
	struct gateway *g = *state;
	uint8_t text[FRAME_BYTES] = { 0 }, l3[FRAME_BYTES];
	uint32_t n = gateway_text(g, text, 0, text);

	step_in(g, l3, gateway_seal(g, text, n, l3));
	assert_dropped(g, DROP_INNER_MALFORMED);
}

/* RFC 4303 section 2.7: padding for traffic flow confidentiality. */
static void octets_between_the_inner_packet_and_its_padding_are_cut(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t packet[FRAME_BYTES] = { 0 }, text[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t bytes, n;

	gateway_packet(packet, &inner);
	n = gateway_text(g, packet, 300, text);
	step_in(g, l3, gateway_seal(g, text, n, l3));
	assert_int_equal(g->inside.tx_n, 1);
	gateway_sent(&g->inside, 0, &bytes);
	assert_int_equal(bytes, inner.total_bytes);
}

/* RFC 6040 section 4.2, figure 4: by inner, by outer; -1: dropped. */
static const int ecn_out[4][4] = {
	[ECN_NOT_ECT] = { ECN_NOT_ECT, ECN_NOT_ECT, ECN_NOT_ECT, -1 },
	[ECN_ECT_1] = { ECN_ECT_1, ECN_ECT_1, ECN_ECT_1, ECN_CE },
	[ECN_ECT_0] = { ECN_ECT_0, ECN_ECT_1, ECN_ECT_0, ECN_CE },
	[ECN_CE] = { ECN_CE, ECN_CE, ECN_CE, ECN_CE },
};

static void ecn_comes_out_as_rfc_6040_says(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint32_t bytes, sent = 0;
	uint8_t l3[FRAME_BYTES];

	for (uint8_t i = 0; i < 16; i++) {
		int want = ecn_out[i / 4][i % 4];
		const uint8_t *got;

		inner.tos = 0xb8 | i / 4;
		bytes = seal_inner(g, &inner, l3);
		ipv4_set_tos(l3, 0x20 | i % 4);
		step_in(g, l3, bytes);
		if (want < 0)
			continue;
		got = gateway_sent(&g->inside, sent++, &bytes);
		assert_int_equal(got[1], 0xb8 | want);
		assert_int_equal(ipv4_checksum(got, IPV4_HEADER_BYTES), 0);
	}
	assert_int_equal(g->inside.tx_n, 15);
	assert_dropped(g, DROP_ECN);
}

/* The SPD is ordered: a peer's selectors don't override what comes first. */
static void inner_packet_that_an_earlier_policy_has_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	inner.saddr = addr_of("10.1.0.9");
	step_in(g, l3, seal_inner(g, &inner, l3));
	assert_int_equal(g->inside.tx_n, 1);
	inner.saddr = addr_of(GATEWAY_DENIED_HOST);
	step_in(g, l3, seal_inner(g, &inner, l3));
	assert_int_equal(g->inside.tx_n, 1);
	assert_dropped(g, DROP_SELECTOR);
}

static void inner_header_with_a_wrong_checksum_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t n;

	gateway_packet(packet, &inner);
	packet[10] ^= 1;
	n = gateway_text(g, packet, inner.total_bytes, text);
	step_in(g, l3, gateway_seal(g, text, n, l3));
	assert_dropped(g, DROP_INNER_MALFORMED);
}

static void outer_header_with_a_wrong_checksum_is_refused(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = seal_inner(g, &inner, l3);

	l3[11] ^= 1;
	step_in(g, l3, bytes);
	assert_dropped(g, DROP_IP_MALFORMED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest cases[] = {
	CASE(packet_leaves_as_esp_under_the_outer_header_of_its_sa),
	CASE(sealed_frame_goes_to_the_next_hop_of_the_peer),
	CASE(df_dscp_and_ecn_are_copied_outwards),
	CASE(what_was_sealed_opens_with_two_hops_taken_off),
	CASE(packets_of_one_run_have_consecutive_numbers_and_own_ivs),
	CASE(packet_too_big_for_the_path_takes_no_number),
	CASE(packet_that_would_outgrow_its_frame_moves_to_the_front),
	CASE(last_number_is_used_and_none_after_it),
	CASE(number_that_is_not_kept_is_not_used),
	CASE(esp_of_no_whole_number_of_blocks_is_refused),
	CASE(esp_too_short_for_its_parts_is_refused),
	CASE(packet_of_another_protocol_is_refused),
	CASE(spi_that_is_not_its_sas_is_refused),
	CASE(forged_icv_is_refused_and_moves_no_window),
	CASE(packet_at_which_the_library_fails_is_not_called_forged),
	CASE(forged_number_is_refused_and_moves_no_window),
	CASE(packet_is_taken_once),
	CASE(known_number_is_refused_before_its_icv_is_looked_at),
	CASE(two_copies_in_one_batch_are_taken_once),
	CASE(number_left_of_the_window_is_refused),
	CASE(inner_packet_outside_the_selectors_is_refused),
	CASE(text_that_is_not_an_ipv4_packet_and_its_padding_is_refused),
	CASE(text_without_a_packet_is_refused),
	CASE(octets_between_the_inner_packet_and_its_padding_are_cut),
	CASE(ecn_comes_out_as_rfc_6040_says),
	CASE(inner_packet_that_an_earlier_policy_has_is_refused),
	CASE(inner_header_with_a_wrong_checksum_is_refused),
	CASE(outer_header_with_a_wrong_checksum_is_refused),
};

static const struct CMUnitTest esn_cases[] = {
	CASE(extended_number_goes_beyond_32_bits_both_ways),
};

static int suite_cbc(void **state)
{
	static struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };

	*state = &spec;
	return 0;
}

static int suite_gcm(void **state)
{
	static struct gateway_spec spec = { "aes128gcm16", NULL, false, FRAMES };

	*state = &spec;
	return 0;
}

static int suite_esn(void **state)
{
	static struct gateway_spec spec = { "aes256", "sha256", true, FRAMES };

	*state = &spec;
	return 0;
}

static int suite_gcm_esn(void **state)
{
	static struct gateway_spec spec = { "aes256gcm16", NULL, true, FRAMES };

	*state = &spec;
	return 0;
}

int main(void)
{
	int failed = 0;

	failed += cmocka_run_group_tests(cases, suite_cbc, NULL);
	failed += cmocka_run_group_tests(cases, suite_gcm, NULL);
	failed += cmocka_run_group_tests(cases, suite_esn, NULL);
	failed += cmocka_run_group_tests(cases, suite_gcm_esn, NULL);
	failed += cmocka_run_group_tests(esn_cases, suite_esn, NULL);
	failed += cmocka_run_group_tests(esn_cases, suite_gcm_esn, NULL);
	return failed;
}
