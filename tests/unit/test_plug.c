// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ports that come and go between a worker's rounds: what they had is not lost,
 * what may still be with the kernel is not used again before its time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/plug.h"
#include "tests/support/gateway.h"

#define TAG	7
#define ANOTHER 42U /* ifindex */

static const struct gateway_spec spec = {
	.encr = "aes128gcm16",
	.frames = 256,
};

/* What the kernel has not begun to send of the port in the test. */
static uint32_t not_begun;

static uint32_t unsent(struct port *p)
{
	(void)p;
	return not_begun;
}

/* The outside port, as one whose frames are with a kernel. */
static struct port_ops kernel_ops;

static int setup(void **state)
{
	struct gateway *g = gateway_new(&spec);

	gateway_know_all(g);
	kernel_ops = *g->outside.port.ops;
	kernel_ops.unsent = unsent;
	g->outside.port.ops = &kernel_ops;
	g->outside.port.tag = TAG;
	not_begun = 0;
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct gateway *g = *state;

	gateway_free(g);
	return 0;
}

static void ask(struct gateway *g, struct port *port, enum plug_what what)
{
	plug_ask(&g->w, (struct plug){ .port = port, .what = what });
	worker_step(&g->w);
}

static bool answered(struct gateway *g, enum plug_what what)
{
	struct plug plug;

	return plug_answer(&g->w, &plug) && plug.what == what;
}

static void send_one(struct gateway *g)
{
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	gateway_give(g, DIR_OUT, l3, inner.total_bytes);
	worker_step(&g->w);
}

/* The kernel has n frames of the port, of which so many are to be sent. */
static void lend(struct gateway *g, uint32_t n, uint32_t in_tx)
{
	struct port *p = &g->outside.port;
	uint64_t frame = 0;

	for (uint32_t i = 0; i < n; i++) {
		assert_true(frame_get(&g->w.umem, &frame));
		frame_lend(&g->w.umem, frame, TAG);
	}
	p->in_kernel = n;
	p->in_tx = in_tx;
}

static void port_that_came_is_used(void **state)
{
	struct gateway *g = *state;

	g->w.n_ports = 1;
	send_one(g);
	assert_int_equal(g->outside.tx_n, 0);
	ask(g, &g->outside.port, PLUG_IN);
	assert_true(plug_sends_by(&g->w, GATEWAY_OUTSIDE));
	send_one(g);
	assert_int_equal(g->outside.tx_n, 1);
}

static void port_that_goes_sends_no_more(void **state)
{
	struct gateway *g = *state;

	ask(g, &g->outside.port, PLUG_OUT);
	assert_false(plug_sends_by(&g->w, GATEWAY_OUTSIDE));
	assert_true(plug_sends_by(&g->w, GATEWAY_INSIDE));
	assert_true(answered(g, PLUG_OUT));
	send_one(g);
	assert_int_equal(g->outside.tx_n, 0);
	assert_int_equal(g->drops[DROP_NO_ROUTE].pkts, 1);
}

static void what_it_had_received_walks_before_it_goes(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();
	uint8_t l3[FRAME_BYTES];

	gateway_packet(l3, &inner);
	gateway_give(g, DIR_OUT, l3, inner.total_bytes);
	ask(g, &g->inside.port, PLUG_OUT);
	assert_false(answered(g, PLUG_OUT));
	assert_int_equal(g->outside.tx_n, 1);
	worker_step(&g->w);
	assert_true(answered(g, PLUG_OUT));
}

static void port_waits_for_what_the_kernel_sends(void **state)
{
	struct gateway *g = *state;

	lend(g, 3, 2);
	not_begun = 1;
	ask(g, &g->outside.port, PLUG_OUT);
	assert_false(answered(g, PLUG_OUT));
	g->outside.port.in_tx = not_begun;
	worker_step(&g->w);
	assert_true(answered(g, PLUG_OUT));
	assert_int_equal(g->drops[DROP_LINK_TX].pkts, 1);
}

static void frames_of_a_port_that_went_are_free_only_at_its_end(void **state)
{
	struct gateway *g = *state;
	uint32_t all = g->w.umem.free_count;

	lend(g, 5, 0);
	ask(g, &g->outside.port, PLUG_OUT);
	assert_true(answered(g, PLUG_OUT));
	assert_int_equal(g->w.umem.free_count, all - 5);
	assert_true(worker_frames_balance(&g->w));
	ask(g, &g->outside.port, PLUG_END);
	assert_true(answered(g, PLUG_END));
	assert_int_equal(g->w.umem.free_count, all);
	assert_true(worker_frames_balance(&g->w));
	g->outside.port.in_kernel = 0;
}

/* The last port takes the number of the one that went. */
static void barrier_goes_on_while_a_port_goes(void **state)
{
	struct gateway *g = *state;
	_Atomic uint64_t graced = 1;

	g->w.drain.graced = &graced;
	g->w.draining.seq = 1;
	g->w.draining.port[0] = 0;
	g->w.draining.port[1] = 3;
	ask(g, &g->inside.port, PLUG_OUT);
	assert_int_equal(g->w.draining.port[0], 3);
	assert_int_equal(g->w.draining.port[1], 0);
	assert_int_equal(g->w.draining.seq, 1);
	g->w.drain.graced = NULL;
}

static void interface_with_several_queues_is_named_once(void **state)
{
	struct gateway *g = *state;
	static struct port_mem more[IFACE_MAX + 1];

	for (uint32_t i = 0; i < IFACE_MAX; i++) {
		port_mem_init(&more[i], &g->w.umem, GATEWAY_INSIDE);
		plug_first(&g->w, &more[i].port);
	}
	port_mem_init(&more[IFACE_MAX], &g->w.umem, ANOTHER);
	plug_first(&g->w, &more[IFACE_MAX].port);
	assert_true(plug_sends_by(&g->w, ANOTHER));
	assert_true(plug_sends_by(&g->w, GATEWAY_OUTSIDE));
	assert_false(plug_sends_by(&g->w, ANOTHER + 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(port_that_came_is_used),
		TEST(port_that_goes_sends_no_more),
		TEST(what_it_had_received_walks_before_it_goes),
		TEST(port_waits_for_what_the_kernel_sends),
		TEST(frames_of_a_port_that_went_are_free_only_at_its_end),
		TEST(barrier_goes_on_while_a_port_goes),
		TEST(interface_with_several_queues_is_named_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
