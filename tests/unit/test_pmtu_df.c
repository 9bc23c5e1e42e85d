// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is too big where outer headers do not say of DF what inner packets say. After
 * every case the books of frames and packets must balance.
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
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES 256U

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g = gateway_new(&spec);

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

static void set_df(struct gateway *g, enum sadb_df df)
{
	const struct sadb_outer conf = { .df = (uint8_t)df };

	outer_init(&g->out->outer, PROTO_ESP, &g->out->saddr, &g->out->daddr, 0,
		   0, &conf);
}

static void step_out(struct gateway *g, struct ip_header h, uint32_t bytes)
{
	uint8_t l3[FRAME_BYTES];

	h.total_bytes = bytes;
	gateway_packet(l3, &h);
	gateway_give(g, DIR_OUT, l3, bytes);
	worker_step(&g->w);
}

/* The outer packet, in so many fragments, opens when it is whole again. */
static void assert_opens(struct gateway *g, uint32_t fragments, uint32_t bytes)
{
	uint8_t l3[FRAME_BYTES] = { 0 };
	uint32_t end = 0, got;
	struct ip_header h;

	assert_int_equal(g->outside.tx_n, fragments);
	for (uint32_t i = 0; i < fragments; i++) {
		const uint8_t *at = gateway_sent(&g->outside, i, &got);
		uint32_t from;

		assert_true(got <= GATEWAY_MTU);
		assert_true(ip_parse(slice_of(at, got), &h));
		assert_false(h.fragment & IPV4_DF);
		from = (h.fragment & IPV4_OFFSET_MASK) * 8U;
		memcpy(l3 + IPV4_HEADER_BYTES + from, at + IPV4_HEADER_BYTES,
		       got - IPV4_HEADER_BYTES);
		end = end > from + got ? end : from + got;
	}
	h.fragment = 0;
	h.total_bytes = end;
	ip_build(l3, &h);
	gateway_give(g, DIR_IN, l3, end);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 1);
	gateway_sent(&g->inside, 0, &got);
	assert_int_equal(got, bytes);
	gateway_reset(g);
}

static void packet_with_df_goes_whole_where_the_outer_one_is_cut(void **state)
{
	struct gateway *g = *state;
	uint32_t mtu = pmtu_inner(g->out, GATEWAY_MTU);

	set_df(g, SADB_DF_CLEAR);
	step_out(g, gateway_inner(), mtu);
	assert_opens(g, 1, mtu);
	step_out(g, gateway_inner(), mtu + 1);
	assert_opens(g, 2, mtu + 1);
	step_out(g, gateway_inner_v6(), mtu + 1);
	assert_opens(g, 2, mtu + 1);
	assert_int_equal(g->passes[PASS_WORKER_ICMP].pkts, 0);
	assert_int_equal(gateway_dropped(g), 0);
}

/* Its sender does not care, and the peer has less to put together. */
static void packet_without_df_is_cut_itself(void **state)
{
	struct gateway *g = *state;
	struct ip_header h = gateway_inner();

	set_df(g, SADB_DF_CLEAR);
	h.fragment = 0;
	step_out(g, h, 1500);
	assert_int_equal(g->outside.tx_n, 2);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t bytes;
		const uint8_t *at = gateway_sent(&g->outside, i, &bytes);

		assert_int_equal(at[6] << 8 | at[7], 0);
	}
}

static void what_outgrows_its_frame_goes_too(void **state)
{
	struct gateway *g = *state;
	uint32_t frame = pmtu_frame(g->out, UINT16_MAX);

	set_df(g, SADB_DF_CLEAR);
	step_out(g, gateway_inner(), frame + 1);
	assert_int_equal(g->outside.tx_n, 3);
	assert_int_equal(gateway_dropped(g), 0);
}

static void sender_is_told_where_df_is_set_in_any_case(void **state)
{
	struct gateway *g = *state;
	uint32_t mtu = pmtu_inner(g->out, GATEWAY_MTU);

	set_df(g, SADB_DF_SET);
	step_out(g, gateway_inner(), mtu + 1);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(g->drops[DROP_TOO_BIG].pkts, 1);
	assert_int_equal(g->passes[PASS_WORKER_ICMP].pkts, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(packet_with_df_goes_whole_where_the_outer_one_is_cut),
		CASE(packet_without_df_is_cut_itself),
		CASE(what_outgrows_its_frame_goes_too),
		CASE(sender_is_told_where_df_is_set_in_any_case),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
