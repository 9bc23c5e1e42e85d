// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tunnel interfaces: what the flow cache makes of routes that move, and how what a
 * worker opened comes in by its tunnel's interface. Rows of single packets are in
 * rows_tunnel.h.
 */
#include <unistd.h>

#include "include/tunnel.h"
#include "tests/bpf/rows_tunnel.h"
#include "tests/bpf/run.h"

#define NOBODY 44U /* no interface has this if_id */

static struct fixture fx;

static const struct row_case to_tunnel = { &fx, PROGRAM_PROTECTED,
					   &tunnel_rows_protected[0] };

static void route(const char *words)
{
	char line[256];

	snprintf(line, sizeof(line), "ip route %s", words);
	assert_int_equal(system(line), 0);
}

/* The policy by which a known flow is steered; -1: it is not. */
static int64_t steered_by(void)
{
	struct dp_meta meta;
	struct run run = { 0 };
	struct frame f;

	row_build(&to_tunnel, &f);
	run_xdp(&to_tunnel, &f, &run);
	if (run.verdict != XDP_REDIRECT)
		return -1;
	memcpy(&meta, run.octets, sizeof(meta));
	return meta.policy_id;
}

/* --- the cache: a flow is known from its third packet on */

static void a_flow_that_is_known_asks_no_route(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(steered_by(), POLICY_TUNNEL);
	route("replace 10.42.0.0/16 dev tun43");
	assert_int_equal(steered_by(), POLICY_TUNNEL); /* nobody told */
	route("replace 10.42.0.0/16 dev tun42");
}

static void a_route_that_moved_moves_a_known_flow_at_once(void **state)
{
	struct programs *p = fx.programs[GW_BYPASS];

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(steered_by(), POLICY_TUNNEL);
	route("replace 10.42.0.0/16 dev tun43");
	programs_fib_changed(p);
	for (int i = 0; i < 5; i++) /* tun43 does not cover it */
		assert_int_equal(steered_by(), -1);
	route("replace 10.42.0.0/16 dev tun42");
	programs_fib_changed(p);
	for (int i = 0; i < 5; i++)
		assert_int_equal(steered_by(), POLICY_TUNNEL);
}

static void nor_is_it_known_when_it_goes_by_no_tunnel_any_more(void **state)
{
	struct programs *p = fx.programs[GW_BYPASS];

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(steered_by(), POLICY_TUNNEL);
	route("del 10.42.0.0/16 dev tun42");
	programs_fib_changed(p);
	for (int i = 0; i < 5; i++)
		assert_int_equal(steered_by(), -1);
	route("add 10.42.0.0/16 dev tun42");
	programs_fib_changed(p);
	assert_int_equal(steered_by(), POLICY_TUNNEL);
}

/* --- what comes out of one */

/* As a worker writes it to ipsec0, which is `host` here. */
static int comes_up(uint32_t magic, uint32_t if_id, struct frame *f,
		    uint8_t *left)
{
	const struct tunnel_tag tag = { .magic = magic, .if_id = if_id };
	const struct frame_spec spec = { .saddr = TUNNEL_HOST,
					 .daddr = LAN_HOST };
	struct __sk_buff in = { .ifindex = if_nametoindex("host") };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .data_out = left,
		    .data_size_out = FRAME_ROOM, .repeat = 1);

	frame_build(&spec, f);
	memcpy(f->octets, &tag, sizeof(tag));
	opts.data_in = f->octets;
	opts.data_size_in = f->bytes;
	assert_int_equal(bpf_prog_test_run_opts(
				 programs_tag_fd(fx.programs[GW_BYPASS]), &opts),
			 0);
	return (int)opts.retval;
}

static void what_a_worker_opened_comes_in_by_the_tunnels_interface(void **state)
{
	uint8_t left[FRAME_ROOM];
	struct iface iface;
	struct frame f;

	(void)state;
	assert_int_equal(iface_read("tun43", &iface), 0);
	assert_int_equal(comes_up(FIXTURE_MAGIC + GW_BYPASS, TUN43, &f, left),
			 TC_ACT_REDIRECT);
	memcpy(f.octets, iface.mac, sizeof(iface.mac));
	memcpy(f.octets + sizeof(iface.mac), iface.mac, sizeof(iface.mac));
	assert_memory_equal(left, f.octets, f.bytes);
}

static void what_is_of_no_tunnel_stays_where_it_is(void **state)
{
	uint8_t left[FRAME_ROOM];
	struct frame f;

	(void)state;
	assert_int_equal(comes_up(FIXTURE_MAGIC + GW_BYPASS + 1, TUN43, &f, left),
			 TC_ACT_UNSPEC);
	assert_memory_equal(left, f.octets, f.bytes);
}

static void what_is_of_a_tunnel_without_interface_is_dropped(void **state)
{
	struct counters before = { 0 }, after = { 0 };
	uint8_t left[FRAME_ROOM];
	struct frame f;

	(void)state;
	programs_counters(fx.programs[GW_BYPASS], &before);
	assert_int_equal(comes_up(FIXTURE_MAGIC + GW_BYPASS, NOBODY, &f, left),
			 TC_ACT_SHOT);
	programs_counters(fx.programs[GW_BYPASS], &after);
	assert_int_equal(after.drops[DROP_NO_TUNNEL].pkts,
			 before.drops[DROP_NO_TUNNEL].pkts + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_that_is_known_asks_no_route),
		cmocka_unit_test(a_route_that_moved_moves_a_known_flow_at_once),
		cmocka_unit_test(
			nor_is_it_known_when_it_goes_by_no_tunnel_any_more),
		cmocka_unit_test(
			what_a_worker_opened_comes_in_by_the_tunnels_interface),
		cmocka_unit_test(what_is_of_no_tunnel_stays_where_it_is),
		cmocka_unit_test(
			what_is_of_a_tunnel_without_interface_is_dropped),
	};
	int failed = 1;

	stay_on_one_cpu();
	if (fixture_start(&fx))
		failed = cmocka_run_group_tests_name("tunnels", tests, NULL,
						     NULL);
	fixture_stop(&fx);
	return failed;
}
