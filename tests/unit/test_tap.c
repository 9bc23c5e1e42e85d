// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a worker copies for a capture: packets on both sides of the crypto, those
 * that a filter wants, and those that are dropped, as they came.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/tap.h"
#include "include/proto.h"
#include "tests/support/gateway.h"
#include "tests/support/no_core.h"

#define FRAMES 256U

static const struct capture_filter all = {
	.policy = CAPTURE_ANY_POLICY,
	.sides = CAPTURE_CLEAR | CAPTURE_CIPHER,
	.snaplen = CAPTURE_SNAPLEN_MAX,
};

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128gcm16", NULL, false, FRAMES };
	struct gateway *g = gateway_new(&spec);

	gateway_know_all(g);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct gateway *g = *state;
	bool balance = gateway_books_balance(g);

	tap_free(atomic_load(&g->w.tap));
	gateway_free(g);
	return balance ? 0 : -1;
}

static struct tap *listen_for(struct gateway *g,
			      const struct capture_filter *filter)
{
	struct tap *t = tap_new(filter);

	assert_non_null(t);
	atomic_store(&g->w.tap, t);
	return t;
}

static void ring_of_plaintext_is_in_no_core(void **state)
{
	struct tap *t = listen_for(*state, &all);
	const uint8_t *last = t->slots + (size_t)t->room * t->slot_bytes - 1;

	assert_false(is_in_no_core(t));
	assert_true(is_in_no_core(t->slots));
	assert_true(is_in_no_core(last));
}

static void step_out(struct gateway *g)
{
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	gateway_give(g, DIR_OUT, l3, inner.total_bytes);
	worker_step(&g->w);
}

/* What the peer sends, sealed; at l3. NULL: as its SA allows. */
static uint32_t sealed(struct gateway *g, const char *from, uint8_t *l3)
{
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES];
	struct ip_header inner = gateway_inner();

	if (from)
		assert_int_equal(addr_parse(from, &inner.saddr), 0);
	gateway_packet(packet, &inner);
	return gateway_seal(
		g, text, gateway_text(g, packet, inner.total_bytes, text), l3);
}

static void give_in(struct gateway *g, const uint8_t *l3, uint32_t bytes)
{
	gateway_give(g, DIR_IN, l3, bytes);
	worker_step(&g->w);
}

/* The next one that was copied, of that kind; until the next call. */
static const struct tapped *next(struct tap *t, bool inbound,
				 enum capture_side side, enum drop_reason drop)
{
	const struct tapped *first = tap_first(t);

	assert_non_null(first);
	assert_int_equal(first->inbound, inbound);
	assert_int_equal(first->side, side);
	assert_int_equal(first->drop, drop);
	tap_pop(t);
	return first;
}

static void outbound_packet_is_copied_before_and_after(void **state)
{
	struct gateway *g = *state;
	struct tap *t = listen_for(g, &all);
	const struct ip_header inner = gateway_inner();
	const struct tapped *p;
	const uint8_t *sent;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes;

	step_out(g);
	gateway_packet(l3, &inner);
	p = next(t, false, CAPTURE_CLEAR, DROP_NONE);
	assert_int_equal(p->bytes, inner.total_bytes);
	assert_int_equal(p->kept, inner.total_bytes);
	assert_memory_equal(tapped_octets(p), l3, inner.total_bytes);
	assert_int_equal(p->spi, GATEWAY_SPI);
	assert_int_equal(p->seq, 1);
	assert_int_equal(p->policy, GATEWAY_POLICY);
	p = next(t, false, CAPTURE_CIPHER, DROP_NONE);
	sent = gateway_sent(&g->outside, 0, &bytes);
	assert_int_equal(p->kept, bytes);
	assert_memory_equal(tapped_octets(p), sent, bytes);
	assert_null(tap_first(t));
}

static void inbound_packet_is_copied_before_and_after(void **state)
{
	struct gateway *g = *state;
	struct tap *t = listen_for(g, &all);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = sealed(g, NULL, l3);
	const struct tapped *p;

	give_in(g, l3, bytes);
	p = next(t, true, CAPTURE_CIPHER, DROP_NONE);
	assert_int_equal(p->kept, bytes);
	assert_memory_equal(tapped_octets(p), l3, bytes);
	assert_int_equal(p->spi, GATEWAY_SPI);
	assert_int_equal(p->policy, CAPTURE_ANY_POLICY);
	p = next(t, true, CAPTURE_CLEAR, DROP_NONE);
	assert_int_equal(p->kept, gateway_inner().total_bytes);
	assert_int_equal(p->seq, 1);
	assert_null(tap_first(t));
}

static void forged_packet_is_copied_as_it_came(void **state)
{
	struct gateway *g = *state;
	struct tap *t = listen_for(g, &all);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = sealed(g, NULL, l3);
	const struct tapped *p;

	l3[bytes - 1] ^= 1;
	give_in(g, l3, bytes);
	p = next(t, true, CAPTURE_CIPHER, DROP_ICV);
	assert_int_equal(p->kept, bytes);
	assert_memory_equal(tapped_octets(p), l3, bytes);
	assert_null(tap_first(t));
}

static void packet_outside_the_selectors_is_copied_opened_too(void **state)
{
	struct gateway *g = *state;
	struct tap *t = listen_for(g, &all);
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes = sealed(g, GATEWAY_DENIED_HOST, l3);
	const struct tapped *p;

	give_in(g, l3, bytes);
	next(t, true, CAPTURE_CIPHER, DROP_SELECTOR);
	p = next(t, true, CAPTURE_CLEAR, DROP_SELECTOR);
	assert_int_equal(p->kept, gateway_inner().total_bytes);
	assert_int_equal(tapped_octets(p)[0], 0x45);
	assert_null(tap_first(t));
}

/* A run of three, of which the second is a replay. */
static void give_a_replay(struct gateway *g)
{
	uint8_t l3[2][FRAME_BYTES];
	uint32_t bytes[2];

	for (int i = 0; i < 2; i++) {
		bytes[i] = sealed(g, NULL, l3[i]);
		gateway_give(g, DIR_IN, l3[i], bytes[i]);
	}
	gateway_give(g, DIR_IN, l3[0], bytes[0]);
	worker_step(&g->w);
}

static void drop_filter_leaves_what_passes_out(void **state)
{
	struct capture_filter filter = all;
	struct gateway *g = *state;
	struct tap *t;

	filter.drop = DROP_REPLAY;
	t = listen_for(g, &filter);
	step_out(g);
	give_a_replay(g);
	assert_int_equal(next(t, true, CAPTURE_CIPHER, DROP_REPLAY)->seq, 2);
	assert_null(tap_first(t));
}

static void any_drop_is_wanted_wherever_it_happens(void **state)
{
	struct capture_filter filter = all;
	struct gateway *g = *state;
	uint8_t l3[FRAME_BYTES] = { 0x45 };
	struct tap *t;

	filter.drop = CAPTURE_ANY_DROP;
	t = listen_for(g, &filter);
	gateway_give(g, DIR_OUT, l3, 60); /* its length is 0 */
	worker_step(&g->w);
	assert_true(next(t, false, CAPTURE_CLEAR, DROP_IP_MALFORMED)->kept < 60);
	assert_null(tap_first(t));
}

static void sides_spi_and_policy_are_filters(void **state)
{
	struct capture_filter filters[] = { all, all, all };
	struct gateway *g = *state;
	struct tap *t;

	filters[0].sides = CAPTURE_CIPHER;
	filters[1].spi = GATEWAY_SPI + 1;
	filters[2].policy = GATEWAY_POLICY + 1;
	for (int i = 0; i < 3; i++) {
		t = listen_for(g, &filters[i]);
		step_out(g);
		if (i == 0)
			next(t, false, CAPTURE_CIPHER, DROP_NONE);
		assert_null(tap_first(t));
		atomic_store(&g->w.tap, NULL);
		tap_free(t);
	}
}

static void snaplen_cuts_the_copy_alone(void **state)
{
	struct capture_filter filter = all;
	struct gateway *g = *state;
	const struct tapped *p;
	struct tap *t;

	filter.snaplen = CAPTURE_SNAPLEN_MIN;
	t = listen_for(g, &filter);
	step_out(g);
	p = next(t, false, CAPTURE_CLEAR, DROP_NONE);
	assert_int_equal(p->kept, CAPTURE_SNAPLEN_MIN);
	assert_int_equal(p->bytes, gateway_inner().total_bytes);
	assert_int_equal(g->outside.tx_n, 1);
}

static void full_ring_is_counted_and_costs_no_packet(void **state)
{
	struct gateway *g = *state;
	struct tap *t = listen_for(g, &all);
	uint32_t copied = 0;

	for (uint32_t i = 0; i < TAP_ROOM; i++) {
		step_out(g);
		assert_int_equal(g->outside.tx_n, 1);
		gateway_reset(g);
	}
	give_a_replay(g);
	for (; tap_first(t); tap_pop(t))
		copied++;
	assert_int_equal(copied, TAP_ROOM);
	/* Three that came and two that were opened, besides what was sent. */
	assert_int_equal(atomic_load(&t->missed), TAP_ROOM + 5);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(ring_of_plaintext_is_in_no_core),
		CASE(outbound_packet_is_copied_before_and_after),
		CASE(inbound_packet_is_copied_before_and_after),
		CASE(forged_packet_is_copied_as_it_came),
		CASE(packet_outside_the_selectors_is_copied_opened_too),
		CASE(drop_filter_leaves_what_passes_out),
		CASE(any_drop_is_wanted_wherever_it_happens),
		CASE(sides_spi_and_policy_are_filters),
		CASE(snaplen_cuts_the_copy_alone),
		CASE(full_ring_is_counted_and_costs_no_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
