// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets of one batch whose ways differ: next hops are found once for those
 * that stand together, and none goes the way of the one before it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/gateway.h"

#define FRAMES 256U

/* Hosts behind us, by the last octet of their address and of their MAC. */
enum far_host {
	HOST_NEAR = 7,
	HOST_OTHER = 8,
	HOST_SELF = 9, /* our own address */
	HOST_UNKNOWN = 10,
};

static struct addr address(enum far_host host)
{
	struct addr a = gateway_inner().daddr;

	a.octets[sizeof(a.octets) - 1] = (uint8_t)host;
	return a;
}

static void know(struct gateway *g, enum far_host host, enum nexthop_kind kind)
{
	struct nexthop nh = gateway_hop(g, address(host), kind, GATEWAY_INSIDE);

	nh.link[5] = (uint8_t)host;
	gateway_know(g, &nh);
}

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g = gateway_new(&spec);

	know(g, HOST_NEAR, NH_PORT);
	know(g, HOST_OTHER, NH_PORT);
	know(g, HOST_SELF, NH_HOST);
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

/* As it comes from the peer, sealed. */
static void give(struct gateway *g, enum far_host host)
{
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	struct ip_header inner = gateway_inner();
	uint32_t n;

	inner.daddr = address(host);
	gateway_packet(packet, &inner);
	n = gateway_text(g, packet, inner.total_bytes, text);
	gateway_give(g, DIR_IN, l3, gateway_seal(g, text, n, l3));
}

/* Of the packet that was sent as that one. */
static void assert_went_to(const struct gateway *g, uint32_t index,
			   enum far_host host)
{
	const struct addr want = address(host);
	struct ip_header inner;
	uint32_t bytes;
	const uint8_t *frame = port_mem_sent(&g->inside, index, &bytes);

	assert_int_equal(frame[5], host);
	assert_true(ip_parse(slice_of(frame + ETH_HEADER_BYTES,
				      bytes - ETH_HEADER_BYTES),
			     &inner));
	assert_memory_equal(&inner.daddr, &want, sizeof(want));
}

static void each_packet_goes_to_its_own_host(void **state)
{
	static const enum far_host hosts[] = { HOST_NEAR, HOST_NEAR, HOST_OTHER,
					       HOST_NEAR, HOST_OTHER };
	const uint32_t n = sizeof(hosts) / sizeof(hosts[0]);
	struct gateway *g = *state;

	for (uint32_t i = 0; i < n; i++)
		give(g, hosts[i]);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, n);
	for (uint32_t i = 0; i < n; i++)
		assert_went_to(g, i, hosts[i]);
}

static void what_is_our_own_goes_up_from_between_the_others(void **state)
{
	struct gateway *g = *state;
	uint8_t l3[FRAME_BYTES], dmac[6];

	give(g, HOST_NEAR);
	give(g, HOST_SELF);
	give(g, HOST_NEAR);
	worker_step(&g->w);
	assert_int_equal(g->inside.tx_n, 2);
	assert_went_to(g, 0, HOST_NEAR);
	assert_went_to(g, 1, HOST_NEAR);
	assert_int_equal(gateway_host_take(g, l3, dmac),
			 gateway_inner().total_bytes);
	assert_int_equal(l3[19], HOST_SELF);
}

static void what_waits_keeps_none_of_the_others(void **state)
{
	struct gateway *g = *state;

	give(g, HOST_UNKNOWN);
	give(g, HOST_NEAR);
	give(g, HOST_UNKNOWN);
	worker_step(&g->w);
	assert_int_equal(g->w.held, 2);
	assert_int_equal(g->inside.tx_n, 1);
	assert_went_to(g, 0, HOST_NEAR);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(each_packet_goes_to_its_own_host),
		CASE(what_is_our_own_goes_up_from_between_the_others),
		CASE(what_waits_keeps_none_of_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
