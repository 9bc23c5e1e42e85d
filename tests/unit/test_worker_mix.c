// SPDX-License-Identifier: BSD-2-Clause
/*
 * A worker under a random mix of everything that can come: good and damaged
 * packets both ways and from the host, full rings, next hops that change, are
 * refused or never answered. After every round each frame is in one place and
 * each packet was sent, is held, went up, or was dropped by name. And packets of
 * which only one of a batch is what it seems.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "include/proto.h"
#include "tests/support/gateway.h"

#define FRAMES	  256U
#define MIX_PKTS  100000U
#define ROUND_MAX 30U /* given in one round, each perhaps twice */

/* Numerical Recipes' generator: the same mix in every run. */
static uint32_t roll(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525U + 1013904223U;
	return (*seed >> 8) % sides;
}

static void mix_out(struct gateway *g, uint32_t *seed)
{
	struct dp_meta meta = gateway_meta(g, DIR_OUT);
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	inner.total_bytes = (uint16_t)(20 + roll(seed, 1500));
	gateway_packet(l3, &inner);
	bytes = inner.total_bytes - (uint32_t)(roll(seed, 16) == 0);
	meta.magic ^= roll(seed, 16) == 0;
	meta.sa.gen += roll(seed, 16) == 0;
	gateway_give_meta(g, &g->inside, &meta, l3, bytes);
}

/* The same packet, so many octets shorter and right in its header. */
static uint32_t cut(uint8_t *l3, uint32_t bytes, uint32_t less)
{
	struct ip_header outer;

	assert_true(ip_parse(slice_of(l3, bytes), &outer));
	outer.total_bytes = (uint16_t)(bytes - less);
	ip_build(l3, &outer);
	return outer.total_bytes;
}

/* One octet may be wrong anywhere before or after the sealing, or both. */
static void mix_in(struct gateway *g, uint32_t *seed)
{
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	struct ip_header inner = gateway_inner();
	uint32_t n;

	inner.total_bytes = (uint16_t)(20 + roll(seed, 1400));
	inner.ttl = (uint8_t)(1 + roll(seed, 4));
	inner.daddr = addr_from_v4(htonl(0x0a020000 + roll(seed, 12)));
	inner.tos = (uint8_t)roll(seed, 4);
	if (roll(seed, 8) == 0)
		inner.saddr = addr_of(GATEWAY_DENIED_HOST);
	gateway_packet(packet, &inner);
	n = gateway_text(g, packet, inner.total_bytes, text);
	if (roll(seed, 4) == 0)
		text[roll(seed, 2) ? roll(seed, 20) : n - 1 - roll(seed, 2)] ^=
			(uint8_t)(1U << roll(seed, 8));
	n = gateway_seal(g, text, n, l3);
	ip_set_tos(l3, (uint8_t)roll(seed, 4));
	if (roll(seed, 16) == 0)
		n = cut(l3, n, 1 + roll(seed, 20));
	if (roll(seed, 8) == 0)
		l3[roll(seed, n)] ^= (uint8_t)(1U << roll(seed, 8));
	gateway_give(g, DIR_IN, l3, n);
	if (roll(seed, 8) == 0)
		gateway_give(g, DIR_IN, l3, n);
}

static void mix_host(struct gateway *g, uint32_t *seed)
{
	struct host_tag tag = gateway_tag();
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	tag.magic ^= roll(seed, 8) == 0;
	tag.policy_gen += roll(seed, 8) == 0;
	tag.policy_id += roll(seed, 8) == 0;
	gateway_host_give(g, &tag, l3, inner.total_bytes);
}

/* Some questions are never answered. */
static void mix_answers(struct gateway *g, uint32_t *seed)
{
	static const uint32_t ifindex[] = { GATEWAY_INSIDE, GATEWAY_INSIDE,
					    GATEWAY_OUTSIDE, 77 };
	static const enum nexthop_kind kind[] = { NH_PORT, NH_PORT, NH_PORT,
						  NH_HOST, NH_NONE };
	struct nexthop_query query;
	struct nexthop nh;

	while (gateway_asked(g, &query)) {
		nh = gateway_hop(g, query.dst, kind[roll(seed, 5)],
				 ifindex[roll(seed, 4)]);
		if (addr_equal(&query.dst, &g->out->daddr))
			nh = gateway_hop(g, query.dst, NH_PORT, GATEWAY_OUTSIDE);
		nh.gen = query.gen;
		nh.mtu = roll(seed, 4) ? GATEWAY_MTU : 600;
		if (roll(seed, 4))
			gateway_answer(g, &nh);
	}
}

static void mix_events(struct gateway *g, uint32_t *seed)
{
	g->outside.tx_room = roll(seed, 4) ? PORT_MEM_ROOM : roll(seed, 16);
	g->inside.tx_room = roll(seed, 4) ? PORT_MEM_ROOM : roll(seed, 16);
	if (roll(seed, 64) == 0)
		atomic_fetch_add(&g->link.fib.gen, 1);
	if (g->w.held && roll(seed, 16) == 0)
		hold_too_long(&g->w, 0);
	mix_answers(g, seed);
}

/* Nothing but sealed packets may ever stand in the unprotected port. */
static void assert_only_esp_outside(const struct gateway *g)
{
	const uint8_t *l3;
	uint32_t bytes;

	for (uint32_t i = 0; i < g->outside.tx_n; i++) {
		l3 = gateway_sent(&g->outside, i, &bytes);
		assert_int_equal(l3[9], PROTO_ESP);
		assert_memory_equal(l3 + 12, g->out->saddr.octets + ADDR_V4_AT,
				    4);
	}
}

static void mix_round(struct gateway *g, uint32_t *seed)
{
	static void (*const give[])(struct gateway *, uint32_t *) = {
		mix_out, mix_out, mix_in, mix_in, mix_in, mix_host
	};

	for (uint32_t n = roll(seed, ROUND_MAX); n; n--)
		give[roll(seed, 6)](g, seed);
	mix_events(g, seed);
	while (worker_step(&g->w))
		;
	assert_only_esp_outside(g);
	assert_true(gateway_books_balance(g));
	gateway_reset(g);
}

static void random_mix_of_everything_keeps_the_books(void **state)
{
	static const enum drop_reason met[] = {
		DROP_META_MISSING, DROP_POLICY_STALE, DROP_SA_GONE,
		DROP_TOO_BIG,	   DROP_ESP_LENGTH,   DROP_REPLAY,
		DROP_ICV,	   DROP_PADDING,      DROP_NEXT_HEADER,
		DROP_SELECTOR,	   DROP_NO_ROUTE,     DROP_NO_NEIGHBOUR,
		DROP_HOLD_FULL,	   DROP_TX_FULL,      DROP_INNER_MALFORMED,
		DROP_NO_SA,	   DROP_IP_MALFORMED, DROP_HOST_UNTAGGED,
		DROP_ECN,
	};
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g = gateway_new(&spec);
	uint32_t seed = 20240229;

	(void)state;
	while (g->given < MIX_PKTS)
		mix_round(g, &seed);
	for (size_t i = 0; i < sizeof(met) / sizeof(met[0]); i++)
		if (!g->drops[met[i]].pkts)
			fail_msg("the mix never met drop reason %d", met[i]);
	assert_true(g->sent > 0 && g->to_host > 0);
	gateway_free(g);
}

/* The one before it in the batch has the SA of that slot. */
static void generation_of_an_earlier_sa_is_gone_behind_a_later_ones(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g = gateway_new(&spec);
	struct dp_meta meta = gateway_meta(g, DIR_OUT);
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	(void)state;
	gateway_know_all(g);
	gateway_packet(l3, &inner);
	gateway_give_meta(g, &g->inside, &meta, l3, inner.total_bytes);
	meta.sa.gen++;
	gateway_give_meta(g, &g->inside, &meta, l3, inner.total_bytes);
	worker_step(&g->w);
	assert_int_equal(g->outside.tx_n, 1);
	assert_int_equal(g->drops[DROP_SA_GONE].pkts, 1);
	gateway_reset(g);
	gateway_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_mix_of_everything_keeps_the_books),
		cmocka_unit_test(
			generation_of_an_earlier_sa_is_gone_behind_a_later_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
