// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets larger than a frame, in chains of frames on either side, from the host
 * and to it: what comes out of the tunnel is what went in, and no frame is lost on
 * the way, wherever it ends. After every case the books of frames and packets
 * must balance.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/handoff.h"
#include "ctrl/dp/large.h"
#include "ctrl/dp/pmtu.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES	512U
#define MTU	9000U
#define LARGEST 65535U /* that IP can say */

static uint8_t packet[LARGEST], got[LARGEST], outer[LARGEST];

/* Both sides by ways of those MTUs. */
static void know(struct gateway *g, uint32_t peers, uint32_t hosts)
{
	const struct addr to[] = { gateway_inner().daddr, gateway_inner().saddr,
				   gateway_inner_v6().daddr,
				   gateway_inner_v6().saddr };
	struct nexthop peer =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);

	peer.mtu = peers;
	gateway_know(g, &peer);
	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		struct nexthop host =
			gateway_hop(g, to[i], NH_PORT, GATEWAY_INSIDE);

		host.mtu = hosts;
		host.saddr = addr_from_v4(inet_addr("10.1.0.1"));
		gateway_know(g, &host);
	}
}

static struct gateway *gateway_large(const struct gateway_spec *spec)
{
	struct gateway *g = gateway_new(spec);

	know(g, LARGEST, LARGEST);
	return g;
}

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128gcm16", NULL, false, FRAMES };

	*state = gateway_large(&spec);
	return 0;
}

static int teardown(void **state)
{
	struct gateway *g = *state;
	bool balance = gateway_books_balance(g);

	gateway_free(g);
	return balance ? 0 : -1;
}

/* To be protected; it stays in `packet`. */
static void give_out(struct gateway *g, struct ip_header h, uint32_t bytes)
{
	h.total_bytes = (uint16_t)bytes;
	gateway_packet(packet, &h);
	gateway_give(g, DIR_OUT, packet, bytes);
}

static void step_out(struct gateway *g, uint32_t bytes)
{
	give_out(g, gateway_inner(), bytes);
	worker_step(&g->w);
}

/* The one packet that was sent, in `outer`; its octets. */
static uint32_t take_outer(struct gateway *g)
{
	uint32_t index = 0, bytes;

	bytes = gateway_sent_large(&g->outside, &index, outer);
	assert_int_equal(index, g->outside.tx_n);
	gateway_reset(g);
	return bytes;
}

/* What went in came out, two hops on. */
static void assert_is_packet(const uint8_t *l3, uint32_t bytes)
{
	ip_hop(packet);
	ip_hop(packet);
	assert_memory_equal(l3, packet, bytes);
}

static void go_round(struct gateway *g, struct ip_header h, uint32_t bytes)
{
	uint32_t index = 0, n;

	give_out(g, h, bytes);
	worker_step(&g->w);
	assert_int_equal(gateway_dropped(g), 0);
	n = take_outer(g);
	gateway_give(g, DIR_IN, outer, n);
	worker_step(&g->w);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(gateway_sent_large(&g->inside, &index, got), bytes);
	assert_int_equal(index, g->inside.tx_n);
	assert_is_packet(got, bytes);
	gateway_reset(g);
	assert_true(gateway_frames_balance(g));
}

/* --- there and back --- */

/* On both sides of wherever a frame ends, and up to what IP can say. */
static void check_sizes(struct gateway *g, struct ip_header h)
{
	const uint32_t most = pmtu_inner(g->out, LARGEST);

	for (uint32_t n = 3400; n <= 4200; n += 3)
		go_round(g, h, n);
	for (uint32_t n = 7600; n <= 8300; n += 7)
		go_round(g, h, n);
	go_round(g, h, 9000);
	go_round(g, h, 30000);
	go_round(g, h, most - 1);
	go_round(g, h, most);
	step_out(g, most + 1);
	assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
	gateway_reset(g);
}

static void what_goes_in_comes_out_whatever_protects_it(void **state)
{
	static const struct gateway_spec suites[] = {
		{ "aes128gcm16", NULL, false, FRAMES },
		{ "aes256", "sha256", true, FRAMES },
		{ "chacha20poly1305", NULL, true, FRAMES },
		{ NULL, "sha256", true, FRAMES },
	};

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(suites) / sizeof(suites[0]); i++) {
		struct gateway *g = gateway_new(&suites[i / 3]);

		if (i % 3 == 1)
			gateway_outer_v6(g);
		if (i % 3 == 2 && suites[i / 3].encr)
			gateway_encapsulate(g);
		know(g, LARGEST, LARGEST);
		check_sizes(g, i % 2 ? gateway_inner() : gateway_inner_v6());
		assert_true(gateway_books_balance(g));
		gateway_free(g);
	}
}

static void order_is_that_in_which_they_came(void **state)
{
	static const uint32_t sizes[] = { 100, 9000, 1400, 3570, 8900, 60000, 64 };
	const size_t n = sizeof(sizes) / sizeof(sizes[0]);
	struct gateway *g = *state;
	uint32_t index = 0;

	for (size_t i = 0; i < n; i++)
		give_out(g, gateway_inner(), sizes[i]);
	worker_step(&g->w);
	for (size_t i = 0; i < n; i++) {
		uint32_t bytes = gateway_sent_large(&g->outside, &index, outer);
		uint32_t text = esp_text_bytes(g->out, sizes[i]), seq_be;

		assert_int_equal(bytes, esp_outer_bytes(g->out, text));
		memcpy(&seq_be, outer + IPV4_HEADER_BYTES + 4, sizeof(seq_be));
		assert_int_equal(ntohl(seq_be), i + 1);
	}
	assert_int_equal(index, g->outside.tx_n);
}

/* More than one batch receives, so that chains begin in one and end in the next. */
static void chain_goes_on_in_the_next_batch(void **state)
{
	struct gateway *g = *state;
	uint32_t index = 0, n = 0;

	for (; g->inside.rx_n < 3 * BATCH_MAX; n++)
		give_out(g, gateway_inner(), 9000);
	for (int i = 0; i < 4; i++) {
		worker_step(&g->w);
		assert_true(worker_frames_balance(&g->w));
	}
	assert_int_equal(gateway_dropped(g), 0);
	while (index < g->outside.tx_n) {
		gateway_sent_large(&g->outside, &index, outer);
		n--;
	}
	assert_int_equal(n, 0);
}

/* --- chains that are none --- */

static void chain_without_its_end_joins_nothing_else(void **state)
{
	struct gateway *g = *state;

	give_out(g, gateway_inner(), 9000);
	frame_put(&g->w.umem, g->inside.rx[--g->inside.rx_n].addr);
	g->inside.port.in_kernel--;
	give_out(g, gateway_inner(), 500);
	g->given--; /* the two are one for the worker */
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_IP_MALFORMED].pkts, 1);
	assert_int_equal(g->outside.tx_n, 0);
	step_out(g, 9000);
	assert_int_equal(gateway_dropped(g), 1);
	assert_int_not_equal(g->outside.tx_n, 0);
}

static void chain_that_never_ends_takes_no_more_frames_than_a_packet(void **state)
{
	struct gateway *g = *state;
	const uint32_t first = g->inside.rx_n;

	for (uint32_t i = 0; i < 40; i++)
		give_out(g, gateway_inner(), 1000);
	for (uint32_t i = first; i < g->inside.rx_n; i++)
		g->inside.rx[i].more = true;
	worker_step(&g->w);
	assert_int_equal(g->inside.port.n_pieces, CHAIN_MAX);
	assert_true(worker_frames_balance(&g->w));
	g->inside.rx_n = g->inside.rx_at = 0;
	give_out(g, gateway_inner(), 1000);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_IP_MALFORMED].pkts, 1);
	g->given = 1; /* all are one for the worker */
}

static void chain_without_metadata_is_dropped_as_one(void **state)
{
	struct gateway *g = *state;
	struct dp_meta meta = gateway_meta(g, DIR_OUT);
	struct ip_header h = gateway_inner();

	h.total_bytes = 9000;
	meta.magic++;
	gateway_packet(packet, &h);
	gateway_give_meta(g, &g->inside, &meta, packet, 9000);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_META_MISSING].pkts, 1);
	assert_int_equal(g->drops[DROP_META_MISSING].bytes,
			 9000 + ETH_HEADER_BYTES);
}

static void damaged_one_is_dropped(void **state)
{
	struct gateway *g = *state;
	uint32_t n;

	step_out(g, 9000);
	n = take_outer(g);
	outer[8000] ^= 1;
	gateway_give(g, DIR_IN, outer, n);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_ICV].pkts, 1);
}

/* --- where there is no way on --- */

static void chain_that_does_not_fit_the_ring_is_dropped_whole(void **state)
{
	struct gateway *g = *state;
	uint32_t pieces;

	step_out(g, 9000);
	pieces = g->outside.tx_n;
	gateway_reset(g);
	assert_true(pieces > 1);
	for (uint32_t room = 0; room < pieces; room++) {
		g->outside.tx_room = room;
		step_out(g, 9000);
		assert_int_equal(g->outside.tx_n, 0);
		assert_int_equal(g->drops[DROP_TX_FULL].pkts, room + 1);
		assert_true(gateway_frames_balance(g));
	}
	g->outside.tx_room = pieces;
	step_out(g, 9000);
	assert_int_equal(g->outside.tx_n, pieces);
}

static void port_without_chains_takes_none(void **state)
{
	struct gateway *g = *state;

	g->outside.port.chains = false;
	step_out(g, 9000);
	assert_int_equal(g->drops[DROP_JUMBO].pkts, 1);
	step_out(g, 3400);
	assert_int_equal(g->outside.tx_n, 1);
}

/* A driver without copies has a number that it takes. */
static void chain_of_more_pieces_than_the_port_takes_is_dropped(void **state)
{
	struct gateway *g = *state;

	step_out(g, 9000);
	g->outside.port.pieces_max = g->outside.tx_n - 1;
	gateway_reset(g);
	step_out(g, 9000);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(g->drops[DROP_JUMBO].pkts, 1);
}

static void port_that_leaves_takes_no_pieces_along(void **state)
{
	struct gateway *g = *state;

	give_out(g, gateway_inner(), 9000);
	frame_put(&g->w.umem, g->inside.rx[--g->inside.rx_n].addr);
	g->inside.port.in_kernel--;
	worker_step(&g->w);
	assert_int_equal(g->inside.port.n_pieces, 2);
	large_forget(&g->w, &g->inside.port);
	assert_int_equal(g->drops[DROP_IP_MALFORMED].pkts, 1);
	assert_true(gateway_frames_balance(g));
}

/* Of three frames that a packet was sent in, two count nothing. */
static void frames_that_come_back_are_counted_as_packets(void **state)
{
	struct port *p = &((struct gateway *)*state)->outside.port;

	p->more_in_tx = 4;
	assert_int_equal(large_sent(p, 1), 0);
	assert_int_equal(large_sent(p, 4), 1);
	assert_int_equal(large_sent(p, 1), 1);
	assert_int_equal(p->more_in_tx, 0);
}

/* --- the path is narrower --- */

static void sender_is_told_what_fits(void **state)
{
	struct gateway *g = *state;
	uint32_t bytes;
	const uint8_t *l3;

	atomic_fetch_add(&g->link.fib.gen, 1);
	know(g, MTU, MTU);
	step_out(g, MTU);
	assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
	assert_int_equal(g->outside.tx_n, 0);
	l3 = gateway_sent(&g->inside, 0, &bytes);
	assert_int_equal(l3[26] << 8 | l3[27], pmtu_inner(g->out, MTU));
	step_out(g, pmtu_inner(g->out, MTU));
	assert_int_equal(take_outer(g), MTU);
}

/* Each in a frame, though the path takes more. */
static void without_df_it_is_cut_before(void **state)
{
	struct ip_header h = gateway_inner();
	struct gateway *g = *state;

	h.fragment = 0;
	atomic_fetch_add(&g->link.fib.gen, 1);
	know(g, 5000, 5000);
	give_out(g, h, 9000);
	worker_step(&g->w);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(g->passes[PASS_WORKER_FRAGMENT].pkts, 2);
	assert_int_equal(g->outside.tx_n, 3);
	for (uint32_t i = 0; i < g->outside.tx_n; i++)
		assert_false(g->outside.tx[i].more);
}

/* The peer puts its fragments together, and gives the host what was sent. */
static void or_after_and_the_peer_joins_it(void **state)
{
	struct ip_header h = gateway_inner();
	struct gateway *g = *state;
	uint32_t index = 0, n;

	h.fragment = 0;
	g->out->fragment_after = true;
	atomic_fetch_add(&g->link.fib.gen, 1);
	know(g, 1500, LARGEST);
	give_out(g, h, 9000);
	worker_step(&g->w);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(g->out->count.pkts, 1);
	n = g->outside.tx_n;
	assert_int_equal(n, 7);
	for (uint32_t i = 0; i < n; i++) {
		struct dp_meta meta = gateway_meta(g, DIR_IN);
		uint32_t bytes;
		const uint8_t *l3 = gateway_sent(&g->outside, i, &bytes);

		if (i) /* it shows no SPI */
			meta.sa = (struct sa_ref){ 0 };
		gateway_give_meta(g, &g->outside, &meta, l3, bytes);
	}
	worker_step(&g->w);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(gateway_sent_large(&g->inside, &index, got), 9000);
	assert_is_packet(got, 9000);
}

/* Nor are those of the outer packet larger than a frame. */
static void outer_fragments_are_single_frames(void **state)
{
	struct ip_header h = gateway_inner();
	struct gateway *g = *state;

	h.fragment = 0;
	g->out->fragment_after = true;
	atomic_fetch_add(&g->link.fib.gen, 1);
	know(g, 5000, 5000);
	give_out(g, h, 9000);
	worker_step(&g->w);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(g->outside.tx_n, 3);
	for (uint32_t i = 0; i < g->outside.tx_n; i++) {
		const struct port_desc *d = &g->outside.tx[i];

		assert_false(d->more);
		assert_true(d->addr % FRAME_BYTES + d->bytes <= FRAME_BYTES);
	}
}

/* RFC 4303 section 2.7: as far as a frame goes. */
static void small_packet_is_padded_within_its_frame(void **state)
{
	struct gateway *g = *state;

	g->out->tfc_bytes = UINT16_MAX;
	step_out(g, 100);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(g->outside.tx_n, 1);
	assert_in_range(g->outside.tx[0].bytes, 3500, FRAME_BYTES);
	gateway_reset(g);
	go_round(g, gateway_inner(), 9000);
}

/* --- it waits --- */

static void it_waits_for_a_next_hop(void **state)
{
	struct gateway *g = *state;
	struct nexthop peer;
	uint32_t index = 0;

	atomic_fetch_add(&g->link.fib.gen, 1);
	give_out(g, gateway_inner(), 60000);
	give_out(g, gateway_inner(), 100);
	give_out(g, gateway_inner(), 9000);
	worker_step(&g->w);
	assert_int_equal(g->w.held, 3);
	assert_true(worker_frames_balance(&g->w));
	peer = gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	peer.mtu = LARGEST;
	gateway_answer(g, &peer);
	worker_step(&g->w);
	assert_int_equal(g->w.held, 0);
	assert_int_equal(g->w.held_more, 0);
	assert_true(gateway_sent_large(&g->outside, &index, outer) > 60000);
	assert_true(gateway_sent_large(&g->outside, &index, outer) < 200);
	assert_int_equal(gateway_sent_large(&g->outside, &index, outer),
			 esp_outer_bytes(g->out, esp_text_bytes(g->out, 9000)));
	gateway_reset(g);
	know(g, LARGEST, LARGEST);
	gateway_give(g, DIR_IN, outer,
		     esp_outer_bytes(g->out, esp_text_bytes(g->out, 9000)));
	worker_step(&g->w);
	index = 0;
	assert_int_equal(gateway_sent_large(&g->inside, &index, got), 9000);
	assert_is_packet(got, 9000);
}

static void those_that_wait_have_no_more_frames_than_others(void **state)
{
	struct gateway *g = *state;

	atomic_fetch_add(&g->link.fib.gen, 1);
	for (int i = 0; i < 8; i++) {
		give_out(g, gateway_inner(), 60000);
		worker_step(&g->w);
	}
	assert_true(g->w.held + g->w.held_more <= g->w.hold_max);
	assert_int_equal(g->w.held + g->drops[DROP_HOLD_FULL].pkts, 8);
	hold_too_long(&g->w, 0);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_NO_NEIGHBOUR].pkts, 1);
	assert_true(worker_frames_balance(&g->w));
}

/* --- it is another worker's --- */

static void its_owner_seals_it(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g[2] = { gateway_large(&spec), gateway_large(&spec) };
	struct worker *all[2] = { &g[0]->w, &g[1]->w };
	struct handoffs *handoffs;

	(void)state;
	for (uint32_t i = 0; i < 2; i++)
		worker_serve(all[i], g[0]->sad, i);
	g[1]->w.policies = &g[0]->policies;
	g[0]->out->owner = 1;
	assert_int_equal(handoffs_new(all, 2, &handoffs), 0);
	give_out(g[0], gateway_inner(), 200);
	give_out(g[0], gateway_inner(), 9000);
	worker_step(all[0]);
	assert_int_equal(handoff_lent(all[0]), 2 + 2);
	assert_true(worker_frames_balance(all[0]));
	worker_step(all[1]);
	assert_int_equal(gateway_dropped(g[1]), 0);
	worker_step(all[0]);
	assert_int_equal(handoff_lent(all[0]), 0);
	for (uint32_t i = 0, index = 0; i < 2; i++)
		gateway_sent_large(&g[1]->outside, &index, outer);
	assert_true(worker_frames_balance(all[0]));
	assert_true(worker_frames_balance(all[1]));
	handoffs_free(handoffs);
	gateway_give(g[0], DIR_IN, outer,
		     esp_outer_bytes(g[0]->out, esp_text_bytes(g[0]->out, 9000)));
	worker_step(all[0]);
	for (uint32_t index = 0; index < 1;)
		assert_int_equal(gateway_sent_large(&g[0]->inside, &index, got),
				 9000);
	assert_is_packet(got, 9000);
	gateway_free(g[1]);
	gateway_free(g[0]);
}

/* --- the host's --- */

static void hosts_own_goes_as_it_is(void **state)
{
	struct gateway *g = *state;
	struct host_tag tag = gateway_tag();
	struct ip_header h = gateway_inner();
	uint32_t index = 0, n;

	h.total_bytes = 8900;
	gateway_packet(packet, &h);
	gateway_host_give(g, &tag, packet, 8900);
	worker_step(&g->w);
	assert_int_equal(gateway_dropped(g), 0);
	n = take_outer(g);
	gateway_give(g, DIR_IN, outer, n);
	worker_step(&g->w);
	assert_int_equal(gateway_sent_large(&g->inside, &index, got), 8900);
	ip_hop(packet);
	assert_memory_equal(got, packet, 8900);
}

/* Up to it, too, where that is who it is for. */
static void host_gets_it_whole(void **state)
{
	struct gateway *g = *state;
	struct nexthop up = gateway_hop(g, gateway_inner().daddr, NH_HOST, 0);
	uint8_t dmac[6];
	uint32_t n;

	step_out(g, 9000);
	n = take_outer(g);
	atomic_fetch_add(&g->link.fib.gen, 1);
	up.gen = atomic_load(&g->link.fib.gen);
	gateway_know(g, &up);
	gateway_give(g, DIR_IN, outer, n);
	worker_step(&g->w);
	assert_int_equal(gateway_host_take(g, got, dmac), 9000);
	ip_hop(packet);
	assert_memory_equal(got, packet, 9000);
}

static void segments_may_be_larger_than_frames(void **state)
{
	struct gateway *g = *state;
	const struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VNET_GSO_UDP_L4,
		.gso_size = 5000,
		.csum_start = ETH_HEADER_BYTES + IPV4_HEADER_BYTES,
		.csum_offset = 6,
	};
	const uint32_t n = IPV4_HEADER_BYTES + UDP_HEADER_BYTES + 2 * 5000 + 70;
	struct host_tag tag = gateway_tag();
	struct ip_header h = gateway_inner();
	uint8_t eth[ETH_HEADER_BYTES] = { [12] = 0x08 };
	const struct iovec at[] = {
		{ (void *)&vnet, sizeof(vnet) },
		{ eth, sizeof(eth) },
		{ packet, n },
	};
	uint32_t index = 0;

	memcpy(eth, &tag, sizeof(tag));
	h.total_bytes = (uint16_t)n;
	gateway_packet(packet, &h);
	assert_int_equal(writev(g->host_fd, at, 3),
			 sizeof(vnet) + sizeof(eth) + n);
	g->given++;
	worker_step(&g->w);
	assert_int_equal(gateway_dropped(g), 0);
	assert_int_equal(g->passes[PASS_WORKER_SEGMENT].pkts, 2);
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t text = esp_text_bytes(
			g->out, (i < 2 ? 5000 : 70) + IPV4_HEADER_BYTES +
					UDP_HEADER_BYTES);

		assert_int_equal(gateway_sent_large(&g->outside, &index, outer),
				 esp_outer_bytes(g->out, text));
	}
	assert_int_equal(index, g->outside.tx_n);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out_whatever_protects_it),
		CASE(order_is_that_in_which_they_came),
		CASE(chain_goes_on_in_the_next_batch),
		CASE(chain_without_its_end_joins_nothing_else),
		CASE(chain_that_never_ends_takes_no_more_frames_than_a_packet),
		CASE(chain_without_metadata_is_dropped_as_one),
		CASE(damaged_one_is_dropped),
		CASE(chain_that_does_not_fit_the_ring_is_dropped_whole),
		CASE(port_without_chains_takes_none),
		CASE(chain_of_more_pieces_than_the_port_takes_is_dropped),
		CASE(port_that_leaves_takes_no_pieces_along),
		CASE(frames_that_come_back_are_counted_as_packets),
		CASE(sender_is_told_what_fits),
		CASE(without_df_it_is_cut_before),
		CASE(or_after_and_the_peer_joins_it),
		CASE(outer_fragments_are_single_frames),
		CASE(small_packet_is_padded_within_its_frame),
		CASE(it_waits_for_a_next_hop),
		CASE(those_that_wait_have_no_more_frames_than_others),
		cmocka_unit_test(its_owner_seals_it),
		CASE(hosts_own_goes_as_it_is),
		CASE(host_gets_it_whole),
		CASE(segments_may_be_larger_than_frames),
	};

	return cmocka_run_group_tests_name("large", tests, NULL, NULL);
}
