// SPDX-License-Identifier: BSD-2-Clause
/*
 * What does not fit the way to the peer: how large an inner packet may be, the
 * ICMP error about one that is larger, and its fragments. After every case the
 * books of frames and packets must balance.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/pmtu.h"
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES 1024U
#define MTU    1500U
#define INNER  1438U /* of aes128-sha256 on 1500 */
#define OURS   "10.1.0.1"

/* For what a port does in the middle of a round. */
static const struct port_ops *plain;
static struct gateway *changing;

/* The peer by a way of that MTU, and the host behind us. */
static void know(struct gateway *g, uint32_t mtu)
{
	struct nexthop peer =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct nexthop host =
		gateway_hop(g, gateway_inner().saddr, NH_PORT, GATEWAY_INSIDE);

	peer.mtu = mtu;
	host.saddr = addr_from_v4(inet_addr(OURS));
	gateway_know(g, &peer);
	gateway_know(g, &host);
}

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g = gateway_new(&spec);

	know(g, MTU);
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

static void give(struct gateway *g, const struct ip_header *inner)
{
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, inner);
	gateway_give(g, DIR_OUT, l3, inner->total_bytes);
}

static struct ip_header inner_of(uint32_t bytes, uint16_t fragment)
{
	struct ip_header h = gateway_inner();

	h.total_bytes = (uint16_t)bytes;
	h.fragment = fragment;
	return h;
}

static void step_out(struct gateway *g, uint32_t bytes, uint16_t fragment)
{
	struct ip_header h = inner_of(bytes, fragment);

	give(g, &h);
	worker_step(&g->w);
}

/* From the peer, to be opened. */
static void give_sealed(struct gateway *g, const struct ip_header *inner)
{
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t n;

	gateway_packet(packet, inner);
	n = gateway_text(g, packet, inner->total_bytes, text);
	gateway_give(g, DIR_IN, l3, gateway_seal(g, text, n, l3));
}

static uint64_t too_big(const struct gateway *g)
{
	return g->drops[DROP_TOO_BIG].pkts;
}

/* --- how large it may be --- */

/* By what the ESP stage makes of one such packet and of one octet more. */
static void assert_exact(struct gateway *g, uint32_t mtu)
{
	uint32_t inner = pmtu_inner(g->out, mtu), bytes;
	uint64_t lost = too_big(g);

	atomic_fetch_add(&g->link.fib.gen, 1);
	know(g, mtu);
	g->w.icmp_errors.full_ns = UINT64_MAX; /* no answers */
	step_out(g, inner, IPV4_DF);
	assert_int_equal(g->outside.tx_n, 1);
	gateway_sent(&g->outside, 0, &bytes);
	assert_true(bytes <= mtu);
	step_out(g, inner + 1, IPV4_DF);
	assert_int_equal(g->outside.tx_n, 1);
	assert_int_equal(too_big(g), lost + 1);
	gateway_reset(g);
}

static void inner_mtu_is_exact_for_every_algorithm_and_in_udp(void **state)
{
	static const struct gateway_spec suites[] = {
		{ "aes128", "sha1", false, 64 },
		{ "aes192", "sha256", false, 64 },
		{ "aes256", "sha384", true, 64 },
		{ "aes128", "sha512", false, 64 },
		{ "aes128gcm16", NULL, false, 64 },
		{ "aes256gcm16", NULL, true, 64 },
		{ "chacha20poly1305", NULL, false, 64 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(suites) / sizeof(suites[0]); i++) {
		struct gateway *g = gateway_new(&suites[i / 2]);

		if (i % 2)
			gateway_encapsulate(g);
		for (uint32_t mtu = 200; mtu <= 1600; mtu++)
			assert_exact(g, mtu);
		assert_true(gateway_books_balance(g));
		gateway_free(g);
	}
}

/* --- DF: the ICMP error --- */

/* The one frame that left by the protected port, as an error about sent. */
static void assert_error(const struct gateway *g, const uint8_t *sent,
			 uint32_t sent_bytes)
{
	static const uint8_t head[] = { 3, 4, 0,	  0,
					0, 0, INNER >> 8, INNER & 255 };
	uint32_t quoted = sent_bytes < 548 ? sent_bytes : 548, bytes;
	const uint8_t *l3 = gateway_sent(&g->inside, 0, &bytes);
	struct ip_header ip;

	assert_true(ipv4_parse(slice_of(l3, bytes), &ip));
	assert_int_equal(bytes, ip.total_bytes);
	assert_int_equal(ip.header_bytes, IPV4_HEADER_BYTES);
	assert_int_equal(ipv4_checksum(l3, IPV4_HEADER_BYTES), 0);
	assert_int_equal(ip.protocol, PROTO_ICMP);
	assert_int_equal(ip.ttl, 64);
	assert_int_equal(ip.fragment, 0);
	assert_int_equal(addr_v4_be(&ip.saddr), inet_addr(OURS));
	assert_int_equal(addr_v4_be(&ip.daddr), inet_addr("10.1.0.5"));
	assert_int_equal(ipv4_checksum(l3 + 20, bytes - 20), 0);
	assert_memory_equal(l3 + 20, head, 2);
	assert_memory_equal(l3 + 24, head + 4, 4);
	assert_int_equal(bytes, 28 + quoted);
	assert_memory_equal(l3 + 28, sent, quoted);
}

static void packet_with_df_is_answered_with_what_fits(void **state)
{
	struct ip_header inner = inner_of(1500, IPV4_DF);
	uint8_t sent[FRAME_BYTES];
	struct gateway *g = *state;

	gateway_packet(sent, &inner);
	give(g, &inner);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(g->inside.tx_n, 1);
	assert_error(g, sent, 1500);
	assert_int_equal(too_big(g), 1);
	assert_int_equal(gateway_dropped(g), 1);
	assert_int_equal(g->passes[PASS_WORKER_ICMP].pkts, 1);
	assert_int_equal(g->out->seq, 0);
	assert_int_equal(sa_drops(&g->out->count, DROP_TOO_BIG), 1);
}

static void error_has_the_link_header_of_the_senders_next_hop(void **state)
{
	struct gateway *g = *state;
	uint32_t bytes;
	const uint8_t *frame;

	step_out(g, 1500, IPV4_DF);
	frame = port_mem_sent(&g->inside, 0, &bytes);
	assert_int_equal(frame[4], 2);
	assert_int_equal(frame[5], GATEWAY_INSIDE);
	assert_int_equal(frame[10], 1);
	assert_int_equal(frame[12] << 8 | frame[13], 0x0800);
}

static void error_waits_for_the_senders_next_hop(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, gateway_inner().saddr, NH_PORT, GATEWAY_INSIDE);
	struct nexthop_query query;

	atomic_store(&g->link.fib.gen, 2);
	nh.gen = 2;
	nh.dst = g->out->daddr;
	nh.ifindex = GATEWAY_OUTSIDE;
	gateway_know(g, &nh);
	step_out(g, 1500, IPV4_DF);
	assert_int_equal(g->w.held, 1);
	assert_true(gateway_asked(g, &query));
	nh.dst = gateway_inner().saddr;
	assert_true(addr_equal(&query.dst, &nh.dst));
	nh.ifindex = GATEWAY_INSIDE;
	nh.saddr = addr_from_v4(inet_addr(OURS));
	gateway_answer(g, &nh);
	worker_step(&g->w);
	assert_int_equal(g->w.held, 0);
	assert_int_equal(g->inside.tx_n, 1);
}

/* Whoever is behind us may write any address of the tunnel as its source. */
static void errors_to_invented_hosts_leave_room_for_others(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = inner_of(1500, IPV4_DF);

	for (uint32_t i = 0; i < HOLD_PER_DST + 6; i++) {
		inner.saddr = addr_from_v4(htonl(0x0a010100 + i));
		give(g, &inner);
		worker_step(&g->w);
		g->w.icmp_errors.full_ns = 0;
	}
	assert_int_equal(g->w.held, HOLD_PER_DST);
	assert_int_equal(g->drops[DROP_HOLD_FULL].pkts, 6);
}

/* The kernel drops what comes from below with one of its own addresses. */
static void assert_error_goes_up(struct gateway *g)
{
	uint8_t l3[FRAME_BYTES], dmac[6];
	uint32_t bytes;

	step_out(g, 1500, IPV4_DF);
	bytes = gateway_host_take(g, l3, dmac);
	assert_int_equal(bytes, 576);
	assert_int_equal(g->inside.tx_n + g->outside.tx_n, 0);
	assert_memory_equal(dmac, g->w.host.mac, 6);
	assert_int_equal(ipv4_checksum(l3, IPV4_HEADER_BYTES), 0);
	assert_int_equal(l3[20], 3);
	assert_int_equal(l3[21], 4);
	assert_int_equal(memcmp(l3 + 12, l3 + 28 + 16, 4), 0);
	assert_int_equal(memcmp(l3 + 16, l3 + 28 + 12, 4), 0);
}

static void host_that_is_not_behind_us_is_told_through_the_kernel(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh = gateway_hop(g, gateway_inner().saddr, NH_HOST, 0);

	gateway_know(g, &nh);
	assert_error_goes_up(g);
}

/* In the clear, like any other that is not sealed. */
static void error_never_leaves_by_an_unprotected_port(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, gateway_inner().saddr, NH_PORT, GATEWAY_OUTSIDE);

	nh.saddr = addr_from_v4(inet_addr(OURS));
	gateway_know(g, &nh);
	assert_error_goes_up(g);
}

static void error_without_an_address_of_ours_goes_through_the_kernel(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, gateway_inner().saddr, NH_PORT, GATEWAY_INSIDE);

	gateway_know(g, &nh);
	assert_error_goes_up(g);
}

static void error_too_big_for_its_link_is_the_kernels_to_cut(void **state)
{
	struct gateway *g = *state;
	struct nexthop nh =
		gateway_hop(g, gateway_inner().saddr, NH_PORT, GATEWAY_INSIDE);

	nh.saddr = addr_from_v4(inet_addr(OURS));
	nh.mtu = 575;
	gateway_know(g, &nh);
	assert_error_goes_up(g);
}

static void hosts_own_packet_is_answered_through_the_kernel(void **state)
{
	struct ip_header inner = inner_of(1500, IPV4_DF);
	struct host_tag tag = gateway_tag();
	uint8_t l3[FRAME_BYTES], dmac[6];
	struct gateway *g = *state;
	struct nexthop nh = gateway_hop(g, inner.saddr, NH_HOST, 0);

	gateway_know(g, &nh);
	gateway_packet(l3, &inner);
	gateway_host_give(g, &tag, l3, inner.total_bytes);
	worker_step(&g->w);
	assert_int_equal(too_big(g), 1);
	assert_int_equal(gateway_host_take(g, l3, dmac), 576);
	assert_int_equal(l3[26] << 8 | l3[27], INNER);
}

static void no_error_is_about_an_error(void **state)
{
	struct ip_header inner = inner_of(1500, IPV4_DF);
	uint8_t l3[FRAME_BYTES];
	struct gateway *g = *state;

	inner.protocol = PROTO_ICMP;
	gateway_packet(l3, &inner);
	l3[20] = 3;
	gateway_give(g, DIR_OUT, l3, 1500);
	l3[20] = 8;
	gateway_give(g, DIR_OUT, l3, 1500);
	worker_step(&g->w);
	assert_int_equal(too_big(g), 2);
	assert_int_equal(g->inside.tx_n, 1);
}

static void errors_are_so_many_in_a_second(void **state)
{
	struct gateway *g = *state;

	g->w.icmp_errors.full_ns = UINT64_MAX;
	step_out(g, 1500, IPV4_DF);
	assert_int_equal(too_big(g), 1);
	assert_int_equal(g->passes[PASS_WORKER_ICMP].pkts, 0);
	g->w.icmp_errors.full_ns = 0;
	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		struct ip_header inner = inner_of(1500, IPV4_DF);

		give(g, &inner);
	}
	worker_step(&g->w);
	assert_int_equal(too_big(g), BATCH_MAX + 1);
	assert_in_range(g->inside.tx_n, 50, 51);
}

/* --- without DF: fragments --- */

/* Opens what left for the peer and puts the payloads where they belong. */
static uint32_t put_together(struct gateway *g, uint8_t *payload)
{
	uint32_t n = g->outside.tx_n, bytes, sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *l3 = gateway_sent(&g->outside, i, &bytes);

		assert_true(bytes <= MTU);
		gateway_give(g, DIR_IN, l3, bytes);
	}
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, n);
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *l3 = gateway_sent(&g->inside, i, &bytes);
		struct ip_header ip;
		uint32_t at;

		assert_true(ipv4_parse(slice_of(l3, bytes), &ip));
		assert_int_equal(ipv4_checksum(l3, ip.header_bytes), 0);
		assert_int_equal(ip.ttl, 62);
		at = (ip.fragment & IPV4_OFFSET_MASK) * 8U;
		memcpy(payload + at, l3 + ip.header_bytes,
		       bytes - ip.header_bytes);
		sum += bytes - ip.header_bytes;
	}
	return sum;
}

static void assert_arrives_in_fragments(struct gateway *g, uint32_t bytes,
					uint32_t fragments)
{
	struct nexthop far =
		gateway_hop(g, gateway_inner().daddr, NH_PORT, GATEWAY_INSIDE);
	struct ip_header inner = inner_of(bytes, 0);
	uint8_t packet[FRAME_BYTES], payload[FRAME_BYTES] = { 0 };

	gateway_know(g, &far);
	gateway_packet(packet, &inner);
	step_out(g, bytes, 0);
	assert_int_equal(g->outside.tx_n, fragments);
	assert_int_equal(g->passes[PASS_WORKER_FRAGMENT].pkts, fragments - 1);
	assert_int_equal(put_together(g, payload), bytes - IPV4_HEADER_BYTES);
	assert_memory_equal(payload, packet + IPV4_HEADER_BYTES,
			    bytes - IPV4_HEADER_BYTES);
	assert_int_equal(gateway_dropped(g), 0);
}

static void packet_without_df_arrives_in_fragments(void **state)
{
	assert_arrives_in_fragments(*state, 1500, 2);
}

static void packet_one_octet_too_big_arrives_in_two(void **state)
{
	assert_arrives_in_fragments(*state, INNER + 1, 2);
}

static void packet_that_fits_is_not_cut(void **state)
{
	assert_arrives_in_fragments(*state, INNER, 1);
}

static void packet_of_many_fragments_arrives(void **state)
{
	assert_arrives_in_fragments(*state, 3400, 3);
}

static void full_batch_of_packets_to_cut_is_cut_whole(void **state)
{
	struct gateway *g = *state;

	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		struct ip_header inner = inner_of(3400, 0);

		give(g, &inner);
	}
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 3 * BATCH_MAX);
	assert_int_equal(gateway_dropped(g), 0);
}

static void packet_of_more_fragments_than_there_is_room_for_is_too_big(void **state)
{
	struct gateway *g = *state;
	uint32_t kept = g->w.umem.free_count;

	g->w.umem.free_count = 2; /* one to be received into, one to cut into */
	g->w.umem.frames -= kept - 2;
	step_out(g, 3400, 0);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(too_big(g), 1);
	step_out(g, 1500, 0);
	assert_int_equal(g->outside.tx_n, 2);
}

/* Nothing of it is lost: it stays in the interface's own queue. */
static void host_waits_for_the_frames_that_fragments_have(void **state)
{
	struct ip_header whole = inner_of(1500, 0), inner = inner_of(100, 0);
	struct host_tag tag = gateway_tag();
	struct gateway *g = *state;
	uint8_t l3[FRAME_BYTES];

	g->w.umem.frames = g->w.umem.free_count = 2;
	gateway_packet(l3, &inner);
	give(g, &whole);
	gateway_host_give(g, &tag, l3, inner.total_bytes);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 2);
	assert_true(gateway_host_waits(g));
	gateway_reset(g);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	assert_false(gateway_host_waits(g));
	assert_int_equal(gateway_dropped(g), 0);
}

static void fragment_that_ends_beyond_the_largest_packet_is_too_big(void **state)
{
	struct gateway *g = *state;

	step_out(g, 1500, 8191);
	assert_int_equal(too_big(g), 1);
	assert_int_equal(g->outside.tx_n, 0);
	step_out(g, 1500, 8000);
	assert_int_equal(g->outside.tx_n, 2);
}

/* A route changes while the kernel is given what was sealed. */
static uint32_t tx_while_routes_change(struct port *port,
				       const struct port_desc *in, uint32_t n)
{
	atomic_fetch_add(&changing->link.fib.gen, 1);
	return plain->tx(port, in, n);
}

/* What comes of packets that waited is more than they were. */
static void what_waits_again_leaves_alone_what_is_yet_to_walk(void **state)
{
	struct gateway *g = *state;
	struct port_ops ops = *g->outside.port.ops;
	struct nexthop peer =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct ip_header answer = inner_of(100, IPV4_DF);
	struct nexthop far;

	changing = g;
	plain = g->outside.port.ops;
	ops.tx = tx_while_routes_change;
	peer.gen = 2;
	atomic_store(&g->link.fib.gen, 2);
	for (uint32_t i = 0; i < BATCH_MAX; i++)
		step_out(g, i % 2 ? 3400 : 1500, i % 2 ? 0 : IPV4_DF);
	for (uint32_t i = 0; i < BATCH_MAX; i++)
		give_sealed(g, &answer);
	worker_step(&g->w);
	assert_int_equal(g->w.held, 2 * BATCH_MAX);
	g->outside.port.ops = &ops;
	gateway_answer(g, &peer);
	worker_step(&g->w);
	g->outside.port.ops = plain;
	assert_int_equal(g->outside.tx_n, BATCH_MAX / 2);
	assert_true(g->drops[DROP_HOLD_FULL].pkts > 0);
	far = gateway_hop(g, answer.daddr, NH_PORT, GATEWAY_INSIDE);
	gateway_answer(g, &far);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, BATCH_MAX);
}

static void nothing_is_cut_for_a_way_that_carries_too_little(void **state)
{
	struct gateway *g = *state;

	atomic_store(&g->link.fib.gen, 2);
	know(g, 100);
	assert_true(pmtu_inner(g->out, 100) < IPV4_MTU_MIN);
	step_out(g, 1500, 0);
	step_out(g, 1500, IPV4_DF);
	assert_int_equal(too_big(g), 2);
	assert_int_equal(g->outside.tx_n + g->inside.tx_n, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			inner_mtu_is_exact_for_every_algorithm_and_in_udp),
		CASE(packet_with_df_is_answered_with_what_fits),
		CASE(error_has_the_link_header_of_the_senders_next_hop),
		CASE(error_waits_for_the_senders_next_hop),
		CASE(errors_to_invented_hosts_leave_room_for_others),
		CASE(host_that_is_not_behind_us_is_told_through_the_kernel),
		CASE(error_never_leaves_by_an_unprotected_port),
		CASE(error_without_an_address_of_ours_goes_through_the_kernel),
		CASE(error_too_big_for_its_link_is_the_kernels_to_cut),
		CASE(hosts_own_packet_is_answered_through_the_kernel),
		CASE(no_error_is_about_an_error),
		CASE(errors_are_so_many_in_a_second),
		CASE(packet_without_df_arrives_in_fragments),
		CASE(packet_one_octet_too_big_arrives_in_two),
		CASE(packet_that_fits_is_not_cut),
		CASE(packet_of_many_fragments_arrives),
		CASE(full_batch_of_packets_to_cut_is_cut_whole),
		CASE(packet_of_more_fragments_than_there_is_room_for_is_too_big),
		CASE(host_waits_for_the_frames_that_fragments_have),
		CASE(fragment_that_ends_beyond_the_largest_packet_is_too_big),
		CASE(what_waits_again_leaves_alone_what_is_yet_to_walk),
		CASE(nothing_is_cut_for_a_way_that_carries_too_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
