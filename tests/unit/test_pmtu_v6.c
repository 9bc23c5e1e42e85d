// SPDX-License-Identifier: BSD-2-Clause
/*
 * What does not fit the way to the peer where IPv6 is inside or outside: how
 * large an inner packet may be, packet too big, fragments of the outer packet
 * where nothing else is left, and TCP's segment size. After every case the books
 * of frames and packets must balance.
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
#include "ctrl/wire/ipv6.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES 256U
#define MTU    1500U
#define OURS   "2001:db8:1::1"
#define TCP_AT IPV6_HEADER_BYTES
#define MSS_AT (TCP_AT + TCP_HEADER_BYTES + 2U)
#define MSS    1440U

enum way { BARE_V4, UDP_V4, BARE_V6, UDP_V6, OUTERS };

/* The peer by a way of that MTU, the hosts behind us. */
static void know(struct gateway *g, uint32_t mtu)
{
	struct nexthop peer =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	struct nexthop back =
		gateway_hop(g, g->out->saddr, NH_PORT, GATEWAY_OUTSIDE);
	struct nexthop host = gateway_hop(g, gateway_inner_v6().saddr, NH_PORT,
					  GATEWAY_INSIDE);

	peer.mtu = back.mtu = mtu;
	host.saddr = addr_of(OURS);
	gateway_know(g, &peer);
	gateway_know(g, &back);
	gateway_know(g, &host);
	host.dst = gateway_inner_v6().daddr;
	gateway_know(g, &host);
	host.dst = gateway_inner().daddr;
	gateway_know(g, &host);
}

static struct gateway *gateway_of(enum way way, uint32_t mtu)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g = gateway_new(&spec);

	if (way == BARE_V6 || way == UDP_V6)
		gateway_outer_v6(g);
	if (way == UDP_V4 || way == UDP_V6)
		gateway_encapsulate(g);
	know(g, mtu);
	return g;
}

static void gateway_end(struct gateway *g)
{
	assert_true(gateway_books_balance(g));
	gateway_free(g);
}

static struct ip_header inner_of(bool v6, uint32_t bytes)
{
	struct ip_header h = v6 ? gateway_inner_v6() : gateway_inner();

	h.total_bytes = bytes;
	return h;
}

static void step_out(struct gateway *g, const struct ip_header *inner)
{
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, inner);
	gateway_give(g, DIR_OUT, l3, inner->total_bytes);
	worker_step(&g->w);
}

static void step_out_v6(struct gateway *g, uint32_t bytes)
{
	struct ip_header inner = inner_of(true, bytes);

	step_out(g, &inner);
}

/* --- how large it may be --- */

static void inner_mtu_is_exact_for_every_pair_of_families(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2 * OUTERS; i++) {
		struct gateway *g = gateway_of(i / 2, MTU);

		for (uint32_t mtu = 1400; mtu <= 1600; mtu++) {
			uint32_t most = pmtu_inner(g->out, mtu), bytes;
			struct ip_header inner = inner_of(i % 2, most);
			uint64_t lost = g->drops[DROP_TOO_BIG].pkts;

			atomic_fetch_add(&g->link.fib.gen, 1);
			know(g, mtu);
			step_out(g, &inner);
			gateway_sent(&g->outside, 0, &bytes);
			assert_in_range(bytes, mtu - 15, mtu);
			inner.total_bytes++;
			step_out(g, &inner);
			assert_int_equal(g->outside.tx_n, 1);
			assert_int_equal(g->drops[DROP_TOO_BIG].pkts, lost + 1);
			gateway_reset(g);
		}
		assert_true(gateway_frames_balance(g));
		gateway_free(g);
	}
}

/* --- packet too big --- */

/* By one of the ways that an error takes, as an error about sent. */
static void assert_error(const uint8_t *l3, uint32_t bytes, const char *saddr,
			 uint32_t mtu, const uint8_t *sent)
{
	const struct addr from = addr_of(saddr);
	const struct addr to = gateway_inner_v6().saddr;
	const uint8_t *icmp = l3 + IPV6_HEADER_BYTES;
	struct ip_header ip;

	assert_true(ipv6_parse(slice_of(l3, bytes), &ip));
	assert_int_equal(bytes, IPV6_MTU_MIN);
	assert_int_equal(ip.total_bytes, bytes);
	assert_int_equal(ip.protocol, PROTO_ICMPV6);
	assert_int_equal(ip.ttl, 64);
	assert_true(addr_equal(&ip.saddr, &from));
	assert_true(addr_equal(&ip.daddr, &to));
	assert_int_equal(ipv6_checksum(l3, PROTO_ICMPV6, icmp,
				       bytes - IPV6_HEADER_BYTES),
			 0);
	assert_int_equal(icmp[0], 2);
	assert_int_equal(icmp[1], 0);
	assert_int_equal(icmp[4] << 24 | icmp[5] << 16 | icmp[6] << 8 | icmp[7],
			 mtu);
	assert_memory_equal(icmp + 8, sent, bytes - IPV6_HEADER_BYTES - 8);
}

static void ipv6_packet_is_never_cut_and_its_sender_told_what_fits(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OUTERS; i++) {
		struct gateway *g = gateway_of(i, MTU);
		struct ip_header inner = inner_of(true, 1500);
		uint8_t sent[FRAME_BYTES];
		const uint8_t *frame;
		uint32_t bytes;

		gateway_packet(sent, &inner);
		step_out(g, &inner);
		assert_int_equal(g->outside.tx_n, 0);
		assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
		assert_int_equal(g->passes[PASS_WORKER_ICMP].pkts, 1);
		frame = port_mem_sent(&g->inside, 0, &bytes);
		assert_memory_equal(frame + 12, "\x86\xdd", 2);
		assert_error(frame + ETH_HEADER_BYTES, bytes - ETH_HEADER_BYTES,
			     OURS, pmtu_inner(g->out, MTU), sent);
		gateway_end(g);
	}
}

/* The checksum is over the source that it has there. */
static void error_that_goes_up_has_a_right_checksum_too(void **state)
{
	struct gateway *g = gateway_of(BARE_V6, MTU);
	struct ip_header inner = inner_of(true, 1500);
	struct nexthop nh = gateway_hop(g, inner.saddr, NH_HOST, 0);
	uint8_t sent[FRAME_BYTES], l3[FRAME_BYTES], dmac[6];
	uint32_t bytes;

	(void)state;
	gateway_know(g, &nh);
	gateway_packet(sent, &inner);
	step_out(g, &inner);
	bytes = gateway_host_take(g, l3, dmac);
	assert_error(l3, bytes, "2001:db8:2::7", pmtu_inner(g->out, MTU), sent);
	gateway_end(g);
}

static void no_error_is_about_an_icmpv6_error(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, MTU);
	struct ip_header inner = inner_of(true, 1500);
	uint8_t l3[FRAME_BYTES];

	(void)state;
	inner.protocol = PROTO_ICMPV6;
	gateway_packet(l3, &inner);
	l3[IPV6_HEADER_BYTES] = 2;
	gateway_give(g, DIR_OUT, l3, 1500);
	l3[IPV6_HEADER_BYTES] = 128;
	gateway_give(g, DIR_OUT, l3, 1500);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 2);
	assert_int_equal(g->inside.tx_n, 1);
	gateway_end(g);
}

static void ipv4_inside_of_ipv6_is_cut_or_told_of_as_elsewhere(void **state)
{
	struct gateway *g = gateway_of(BARE_V6, MTU);
	struct ip_header inner = inner_of(false, 1500);

	(void)state;
	step_out(g, &inner);
	assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
	assert_int_equal(g->passes[PASS_WORKER_ICMP].pkts, 1);
	inner.fragment = 0;
	step_out(g, &inner);
	assert_int_equal(g->outside.tx_n, 2);
	assert_int_equal(g->passes[PASS_WORKER_FRAGMENT].pkts, 1);
	worker_step(&g->w);
	assert_true(gateway_frames_balance(g));
	gateway_free(g);
}

/* --- a way that carries no IPv6 packet of the least size whole --- */

/* Puts what left for the peer together; its octets. */
static uint32_t join(const struct gateway *g, uint32_t mtu, uint8_t *l3)
{
	struct packet_whole whole = { .headers = 0 };
	uint32_t bytes;

	for (uint32_t i = 0; i < g->outside.tx_n; i++) {
		const uint8_t *part = gateway_sent(&g->outside, i, &bytes);

		assert_true(bytes <= mtu);
		assert_true(packet_join(&whole, slice_of(part, bytes)));
	}
	bytes = packet_joined(&whole);
	memcpy(l3, whole.l3, bytes);
	return bytes;
}

static void ipv6_packet_of_1280_octets_arrives_by_any_way(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OUTERS; i++) {
		const uint32_t mtu = i < BARE_V6 ? 600 : IPV6_MTU_MIN;
		struct gateway *g = gateway_of(i, mtu);
		struct ip_header inner = inner_of(true, IPV6_MTU_MIN);
		uint8_t want[FRAME_BYTES], l3[FRAME_BYTES];
		uint32_t bytes;

		step_out(g, &inner);
		assert_int_equal(g->outside.tx_n, i < BARE_V6 ? 3 : 2);
		assert_int_equal(g->passes[PASS_WORKER_FRAGMENT].pkts,
				 g->outside.tx_n - 1);
		bytes = join(g, mtu, l3);
		gateway_reset(g);
		gateway_give(g, DIR_IN, l3, bytes);
		worker_step(&g->w);
		inner.ttl = 62;
		gateway_packet(want, &inner);
		assert_memory_equal(gateway_sent(&g->inside, 0, &bytes), want,
				    IPV6_MTU_MIN);
		assert_int_equal(gateway_dropped(g), 0);
		gateway_end(g);
	}
}

static void nobody_is_told_of_less_than_1280(void **state)
{
	struct gateway *g = gateway_of(UDP_V6, IPV6_MTU_MIN);
	struct ip_header inner = inner_of(true, IPV6_MTU_MIN + 1);
	uint8_t sent[FRAME_BYTES];
	const uint8_t *l3;
	uint32_t bytes;

	(void)state;
	gateway_packet(sent, &inner);
	step_out(g, &inner);
	assert_int_equal(g->outside.tx_n, 0);
	l3 = gateway_sent(&g->inside, 0, &bytes);
	assert_error(l3, bytes, OURS, IPV6_MTU_MIN, sent);
	gateway_end(g);
}

static void what_fits_such_a_way_goes_whole_and_with_df(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, 600);
	const uint8_t *l3;
	uint32_t bytes;

	(void)state;
	step_out_v6(g, pmtu_inner(g->out, 600));
	assert_int_equal(g->outside.tx_n, 1);
	l3 = gateway_sent(&g->outside, 0, &bytes);
	assert_int_equal(l3[6], 0x40);
	gateway_end(g);
}

static void way_too_narrow_for_any_fragment_drops_by_name(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, IPV4_MTU_MIN - 1);

	(void)state;
	step_out_v6(g, 1000);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
	gateway_end(g);
}

static void outer_packet_without_room_for_its_fragments_is_too_big(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, 600);
	uint32_t kept = g->w.umem.free_count;

	(void)state;
	g->w.umem.free_count = 2; /* one to be received into, one to cut into */
	g->w.umem.frames -= kept - 2;
	step_out_v6(g, IPV6_MTU_MIN);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
	step_out_v6(g, 1000);
	assert_int_equal(g->outside.tx_n, 2);
	gateway_end(g);
}

/* The way became narrower after it was sealed. */
static void sealed_packet_with_df_is_not_cut(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, MTU);
	struct ip_header outer = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	struct packet p = { .l3 = l3, .bytes = 100, .state = PKT_SEALED };

	(void)state;
	gateway_packet(l3, &outer);
	assert_false(pmtu_cut_sealed(&g->w, &p, 99));
	assert_int_equal(p.drop, DROP_TOO_BIG);
	assert_int_equal(g->w.n_made, 0);
	gateway_end(g);
}

/* --- TCP --- */

static void put_syn(uint8_t *l3)
{
	static const uint8_t tail[] = { 0x60, TCP_SYN,	0xff,
					0xff, 0,	0,
					0,    0,	TCP_OPT_MSS,
					4,    MSS >> 8, MSS & 255 };
	struct ip_header ip = gateway_inner_v6();
	uint16_t checksum;

	ip.protocol = PROTO_TCP;
	ip.total_bytes = MSS_AT + 2;
	gateway_packet(l3, &ip);
	memcpy(l3 + TCP_AT + 12, tail, sizeof(tail));
	checksum = ipv6_checksum(l3, PROTO_TCP, l3 + TCP_AT,
				 ip.total_bytes - TCP_AT);
	l3[TCP_AT + 16] = (uint8_t)(checksum >> 8);
	l3[TCP_AT + 17] = (uint8_t)checksum;
}

static void accept_tcp(struct gateway *g)
{
	struct sa_rule rule = {
		.selector = {
			.local_max = addr_of("ffff::"),
			.remote_max = addr_of("ffff::"),
			.local_port_max = UINT16_MAX,
			.remote_port_max = UINT16_MAX,
		},
		.accept = true,
	};

	assert_int_equal(sad_set_rules(g->sad, g->in->ref, &rule, 1), 0);
}

/* out: by who seals it; else by who opens it. */
static void assert_clamped(bool out)
{
	struct gateway *g = gateway_of(BARE_V6, MTU);
	uint8_t syn[FRAME_BYTES], l3[FRAME_BYTES];
	const uint8_t *got;
	uint32_t bytes;

	accept_tcp(g);
	put_syn(syn);
	g->w.mss_clamp = out;
	gateway_give(g, DIR_OUT, syn, MSS_AT + 2);
	worker_step(&g->w);
	got = gateway_sent(&g->outside, 0, &bytes);
	memcpy(l3, got, bytes);
	gateway_reset(g);
	g->w.mss_clamp = !out;
	gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
	got = gateway_sent(&g->inside, 0, &bytes);
	assert_int_equal(bytes, MSS_AT + 2);
	assert_int_equal(got[MSS_AT] << 8 | got[MSS_AT + 1],
			 pmtu_inner(g->out, MTU) - 60);
	assert_int_equal(
		ipv6_checksum(got, PROTO_TCP, got + TCP_AT, bytes - TCP_AT), 0);
	gateway_end(g);
}

/* A fragment's header is no extension header of a packet that we built. */
static void fragment_of_ipv6_is_not_cut_again(void **state)
{
	struct gateway *g = gateway_of(BARE_V6, 1350);
	uint8_t l3[FRAME_BYTES] = { 0 };
	struct packet p = { .l3 = l3, .state = PKT_SEALED };

	(void)state;
	step_out_v6(g, IPV6_MTU_MIN);
	memcpy(l3, gateway_sent(&g->outside, 0, &p.bytes), FRAME_BYTES / 2);
	assert_int_equal(l3[6], EXT_FRAGMENT);
	assert_false(pmtu_cut_sealed(&g->w, &p, IPV6_MTU_MIN));
	assert_int_equal(p.drop, DROP_TOO_BIG);
	assert_int_equal(g->w.n_made, 0);
	gateway_end(g);
}

/* The identification of the first fragment that an SA's first packet becomes. */
static uint32_t first_id(enum way way, uint32_t spi)
{
	struct gateway *g = gateway_of(way, IPV6_MTU_MIN);
	uint32_t id, other, bytes;

	g->out->spi_be = htonl(spi);
	step_out_v6(g, IPV6_MTU_MIN);
	assert_int_equal(g->outside.tx_n, 2);
	memcpy(&id, gateway_sent(&g->outside, 0, &bytes) + 44, sizeof(id));
	memcpy(&other, gateway_sent(&g->outside, 1, &bytes) + 44, sizeof(id));
	assert_int_equal(id, other);
	gateway_end(g);
	return id;
}

/* RFC 8200 section 4.5: SAs between the same addresses count from 1 each. */
static void fragments_of_two_sas_are_told_apart(void **state)
{
	(void)state;
	for (enum way way = BARE_V6; way <= UDP_V6; way++)
		assert_int_not_equal(first_id(way, 0x1000),
				     first_id(way, 0x2000));
}

static void syn_over_ipv6_is_clamped_on_the_way_out_and_in(void **state)
{
	(void)state;
	assert_clamped(true);
	assert_clamped(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inner_mtu_is_exact_for_every_pair_of_families),
		cmocka_unit_test(
			ipv6_packet_is_never_cut_and_its_sender_told_what_fits),
		cmocka_unit_test(error_that_goes_up_has_a_right_checksum_too),
		cmocka_unit_test(no_error_is_about_an_icmpv6_error),
		cmocka_unit_test(
			ipv4_inside_of_ipv6_is_cut_or_told_of_as_elsewhere),
		cmocka_unit_test(ipv6_packet_of_1280_octets_arrives_by_any_way),
		cmocka_unit_test(nobody_is_told_of_less_than_1280),
		cmocka_unit_test(what_fits_such_a_way_goes_whole_and_with_df),
		cmocka_unit_test(way_too_narrow_for_any_fragment_drops_by_name),
		cmocka_unit_test(
			outer_packet_without_room_for_its_fragments_is_too_big),
		cmocka_unit_test(sealed_packet_with_df_is_not_cut),
		cmocka_unit_test(fragment_of_ipv6_is_not_cut_again),
		cmocka_unit_test(fragments_of_two_sas_are_told_apart),
		cmocka_unit_test(syn_over_ipv6_is_clamped_on_the_way_out_and_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
