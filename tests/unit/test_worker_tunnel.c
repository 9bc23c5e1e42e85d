// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where packets go that come out of a tunnel with an interface of its own: the same
 * ways as others, and up for that interface.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/sadb/policy.h"
#include "include/proto.h"
#include "include/tunnel.h"
#include "tests/support/gateway.h"

#define FRAMES 256U
#define IF_ID  0x11223344U

/* Whatever the inner packet is. */
static void accept_all(struct gateway *g)
{
	struct sa_rule rules[2];

	for (int i = 0; i < 2; i++) {
		struct prefix all;

		assert_int_equal(prefix_parse(i ? "::/0" : "0.0.0.0/0", &all),
				 0);
		rules[i] = (struct sa_rule){
			selector_between(&all, &all, PROTO_ANY), true
		};
	}
	assert_int_equal(sad_set_rules(g->sad, g->in->ref, rules, 2), 0);
}

static int setup(void **state)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct gateway *g = gateway_new(&spec);

	g->in->if_id = IF_ID;
	accept_all(g);
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

static void step_in(struct gateway *g, const struct ip_header *inner)
{
	uint8_t packet[FRAME_BYTES], text[FRAME_BYTES], l3[FRAME_BYTES];
	uint32_t n;

	gateway_packet(packet, inner);
	n = gateway_text(g, packet, inner->total_bytes, text);
	gateway_give(g, DIR_IN, l3, gateway_seal(g, text, n, l3));
	worker_step(&g->w);
}

static void know(struct gateway *g, const struct addr *dst,
		 enum nexthop_kind kind)
{
	struct nexthop nh = gateway_hop(g, *dst, kind, GATEWAY_INSIDE);

	nh.drop = DROP_NO_ROUTE;
	gateway_know(g, &nh);
}

/* It went up whole, for the programs to lead it there, and for nobody else. */
static void assert_at_tunnel(struct gateway *g, const struct ip_header *inner)
{
	const struct tunnel_tag tag = { .magic = GATEWAY_MAGIC, .if_id = IF_ID };
	uint8_t want[FRAME_BYTES], l3[FRAME_BYTES], dmac[6];

	gateway_packet(want, inner);
	assert_int_equal(g->inside.tx_n, 0);
	assert_int_equal(gateway_host_take(g, l3, dmac), inner->total_bytes);
	assert_memory_equal(l3, want, inner->total_bytes);
	assert_memory_equal(dmac, &tag, sizeof(dmac));
	assert_int_equal(gateway_dropped(g), 0);
}

static void what_is_for_this_host_goes_up_for_its_interface(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();

	know(g, &inner.daddr, NH_HOST);
	step_in(g, &inner);
	assert_at_tunnel(g, &inner);
}

static void what_is_for_a_protected_interface_goes_there(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();

	know(g, &inner.daddr, NH_PORT);
	step_in(g, &inner);
	assert_int_equal(g->inside.tx_n, 1);
	assert_int_equal(gateway_dropped(g), 0);
}

static void what_has_no_route_is_dropped(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();

	know(g, &inner.daddr, NH_NONE);
	step_in(g, &inner);
	assert_int_equal(g->drops[DROP_NO_ROUTE].pkts, 1);
}

/* What a router says to its neighbour, of which no route knows. */
static void what_is_for_all_of_a_link_goes_up_for_its_interface(void **state)
{
	static const char *const destinations[] = { "224.0.0.5",
						    "255.255.255.255" };
	struct gateway *g = *state;

	for (size_t i = 0; i < 2; i++) {
		struct ip_header inner = gateway_inner();

		inner.daddr = addr_of(destinations[i]);
		know(g, &inner.daddr, NH_NONE);
		step_in(g, &inner);
		assert_at_tunnel(g, &inner);
	}
}

static void without_an_interface_it_is_as_any_other(void **state)
{
	struct gateway *g = *state;
	struct ip_header inner = gateway_inner();

	g->in->if_id = 0;
	inner.daddr = addr_of("224.0.0.5");
	know(g, &inner.daddr, NH_NONE);
	step_in(g, &inner);
	assert_int_equal(g->drops[DROP_NO_ROUTE].pkts, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(what_is_for_this_host_goes_up_for_its_interface),
		CASE(what_is_for_a_protected_interface_goes_there),
		CASE(what_has_no_route_is_dropped),
		CASE(what_is_for_all_of_a_link_goes_up_for_its_interface),
		CASE(without_an_interface_it_is_as_any_other),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
