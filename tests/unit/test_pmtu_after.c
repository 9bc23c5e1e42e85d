// SPDX-License-Identifier: BSD-2-Clause
/*
 * IPv4 packets that are too big for the path once protected, and are cut then: as
 * their SA is configured, or because it is of some ports alone, which a later
 * fragment does not show (RFC 4301 section 7). The peer puts them together.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/pmtu.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES 256U
#define MTU    1500U

enum way { BARE_V4, UDP_V4, BARE_V6, UDP_V6, OUTERS };

static struct gateway *gateway_of(enum way way, uint32_t mtu)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g = gateway_new(&spec);
	struct nexthop peer, host;

	if (way == BARE_V6 || way == UDP_V6)
		gateway_outer_v6(g);
	if (way == UDP_V4 || way == UDP_V6)
		gateway_encapsulate(g);
	peer = gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);
	peer.mtu = mtu;
	gateway_know(g, &peer);
	host = gateway_hop(g, gateway_inner().daddr, NH_PORT, GATEWAY_INSIDE);
	host.mtu = FRAME_BYTES;
	gateway_know(g, &host);
	host.dst = gateway_inner().saddr;
	gateway_know(g, &host);
	return g;
}

static void gateway_end(struct gateway *g)
{
	assert_true(gateway_books_balance(g));
	gateway_free(g);
}

static void step_out(struct gateway *g, uint32_t bytes, uint16_t fragment)
{
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	inner.total_bytes = bytes;
	inner.fragment = fragment;
	gateway_packet(l3, &inner);
	gateway_give(g, DIR_OUT, l3, bytes);
	worker_step(&g->w);
}

/* Does the peer take what left as one packet? Later fragments come without SA. */
static void assert_peer_takes(struct gateway *g, uint32_t bytes, uint32_t mtu)
{
	struct ip_header inner = gateway_inner();
	uint8_t want[FRAME_BYTES];
	uint32_t n = g->outside.tx_n, got;

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *l3 = gateway_sent(&g->outside, i, &got);
		struct dp_meta meta = gateway_meta(g, DIR_IN);
		struct ip_header ip;

		assert_true(got <= mtu);
		assert_true(ip_parse(slice_of(l3, got), &ip));
		if (ip.fragment & IPV4_OFFSET_MASK)
			meta.sa = (struct sa_ref){ 0 };
		gateway_give_meta(g, &g->outside, &meta, l3, got);
	}
	worker_step(&g->w);
	inner.total_bytes = bytes;
	inner.fragment = 0;
	inner.ttl = 62;
	gateway_packet(want, &inner);
	assert_int_equal(g->inside.tx_n, 1);
	assert_memory_equal(gateway_sent(&g->inside, 0, &got), want, bytes);
	assert_int_equal(got, bytes);
	assert_int_equal(gateway_dropped(g), 0);
}

static void packet_is_protected_whole_and_cut_then(void **state)
{
	(void)state;
	for (enum way way = 0; way < OUTERS; way++) {
		struct gateway *g = gateway_of(way, MTU);

		g->out->fragment_after = true;
		step_out(g, 1500, 0);
		assert_int_equal(g->outside.tx_n, 2);
		assert_int_equal(g->out->count.pkts, 1);
		assert_int_equal(g->passes[PASS_WORKER_FRAGMENT].pkts, 1);
		assert_peer_takes(g, 1500, MTU);
		gateway_end(g);
	}
}

static void without_that_each_fragment_is_protected(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, MTU);

	(void)state;
	step_out(g, 1500, 0);
	assert_int_equal(g->outside.tx_n, 2);
	assert_int_equal(g->out->count.pkts, 2);
	gateway_end(g);
}

static void what_fits_is_not_cut(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, MTU);
	uint32_t most = pmtu_inner(g->out, MTU);

	(void)state;
	g->out->fragment_after = true;
	step_out(g, most, 0);
	assert_int_equal(g->outside.tx_n, 1);
	step_out(g, most + 1, 0);
	assert_int_equal(g->outside.tx_n, 3);
	gateway_end(g);
}

static void df_forbids_it_all_the_same(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, MTU);

	(void)state;
	g->out->fragment_after = true;
	step_out(g, 1500, IPV4_DF);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
	assert_int_equal(g->passes[PASS_WORKER_ICMP].pkts, 1);
	gateway_end(g);
}

static void what_outgrows_its_frame_is_cut_after_too(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, MTU);
	uint32_t most = pmtu_frame(g->out, UINT32_MAX);

	(void)state;
	g->out->fragment_after = true;
	step_out(g, most + 1, 0);
	assert_int_equal(g->outside.tx_n, 3);
	assert_int_equal(g->out->count.pkts, 1);
	assert_peer_takes(g, most + 1, MTU);
	gateway_end(g);
}

static void set_rules(struct gateway *g, const struct sa_rt *sa, uint16_t port)
{
	struct sa_rule rule = {
		.selector = {
			.local_min = addr_of("0.0.0.0"),
			.local_max = addr_of("255.255.255.255"),
			.remote_min = addr_of("0.0.0.0"),
			.remote_max = addr_of("255.255.255.255"),
			.local_port_max = UINT16_MAX,
			.remote_port_max = port,
			.protocol = PROTO_UDP,
		},
		.accept = true,
	};

	assert_int_equal(sad_set_rules(g->sad, sa->ref, &rule, 1), 0);
}

/* Its peer would drop what shows no ports. gateway_packet()'s are 0x1415, 0x1617. */
static void sa_of_ports_carries_no_later_fragment(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, MTU);

	(void)state;
	set_rules(g, g->out, 0x2000);
	set_rules(g, g->in, 0x2000);
	step_out(g, 1500, 0);
	assert_int_equal(g->outside.tx_n, 2);
	assert_int_equal(g->out->count.pkts, 1);
	assert_peer_takes(g, 1500, MTU);
	gateway_end(g);
}

static void later_fragment_of_an_sa_of_ports_has_a_name(void **state)
{
	struct gateway *g = gateway_of(BARE_V4, MTU);
	const uint8_t *l3;
	uint32_t bytes;

	(void)state;
	set_rules(g, g->in, 0x2000);
	step_out(g, 1400, 0x0010);
	assert_int_equal(g->outside.tx_n, 1);
	l3 = gateway_sent(&g->outside, 0, &bytes);
	gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
	assert_int_equal(g->drops[DROP_FRAGMENT_PORTS].pkts, 1);
	assert_int_equal(sa_drops(&g->in->count, DROP_FRAGMENT_PORTS), 1);
	gateway_reset(g);
	set_rules(g, g->out, 0x2000);
	g->out->narrow = true;
	step_out(g, 1400, 0x0010);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(g->drops[DROP_FRAGMENT_PORTS].pkts, 2);
	gateway_end(g);
}

static uint16_t id_of(uint32_t spi)
{
	struct gateway *g = gateway_of(BARE_V4, MTU);
	uint16_t id, other;
	uint32_t bytes;

	g->out->fragment_after = true;
	g->out->spi_be = htonl(spi);
	step_out(g, 1500, 0);
	assert_int_equal(g->outside.tx_n, 2);
	memcpy(&id, gateway_sent(&g->outside, 0, &bytes) + 4, sizeof(id));
	memcpy(&other, gateway_sent(&g->outside, 1, &bytes) + 4, sizeof(id));
	assert_int_equal(id, other);
	gateway_end(g);
	return id;
}

static void fragments_of_two_sas_are_told_apart(void **state)
{
	(void)state;
	assert_int_not_equal(id_of(0x1000), id_of(0x2000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_is_protected_whole_and_cut_then),
		cmocka_unit_test(without_that_each_fragment_is_protected),
		cmocka_unit_test(what_fits_is_not_cut),
		cmocka_unit_test(df_forbids_it_all_the_same),
		cmocka_unit_test(what_outgrows_its_frame_is_cut_after_too),
		cmocka_unit_test(sa_of_ports_carries_no_later_fragment),
		cmocka_unit_test(later_fragment_of_an_sa_of_ports_has_a_name),
		cmocka_unit_test(fragments_of_two_sas_are_told_apart),
	};

	return cmocka_run_group_tests_name("pmtu_after", tests, NULL, NULL);
}
