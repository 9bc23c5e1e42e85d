// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whose a packet is, where its flow is known: the kernel's FIB is not asked again
 * of packets that come in alike, and is as soon as anything changes or one comes
 * in otherwise. On one CPU, whose flows are met again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "include/flow_cache.h"
#include "tests/bpf/run.h"

#define VLAN(id) .tags = { { .tpid = ETH_P_8021Q, .vid = id } }

static struct fixture fx;

/* The flows that most cases know: one is protected, of the other speaks no policy. */
static const struct row known = { .pass = PASS_STEER_OUT };
static const struct row known6 = { .frame = { .six = true },
				   .pass = PASS_DEFAULT };

static struct programs *programs(void)
{
	return fx.programs[GW_BYPASS];
}

static void ip(const char *words)
{
	char line[256];

	snprintf(line, sizeof(line), "ip %s", words);
	if (system(line))
		fail_msg("%s", line);
}

static void assert_fares(enum program program, const struct row *row)
{
	const struct row_case c = { &fx, program, row };
	struct frame f;

	row_build(&c, &f);
	assert_row(&c, &f);
}

/* Its second packet enters it, the third one says whose it is. */
#define KNOWN_BY 4U

static void know(const struct row *row)
{
	for (uint32_t i = 0; i < KNOWN_BY; i++)
		assert_fares(PROGRAM_PROTECTED, row);
}

/* The flow of the row; how it fares now, once and again. */
static void assert_now(const struct row *row, enum pass_reason pass)
{
	struct row now = *row;

	now.pass = pass;
	know(&now);
}

static void fib_is_not_asked_of_a_known_flow(void **state)
{
	(void)state;
	know(&known);
	know(&known6);
	ip("route add 10.2.0.0/16 dev other");
	ip("route add 2001:db8:2::/48 dev other");
	assert_now(&known, PASS_STEER_OUT);
	assert_now(&known6, PASS_DEFAULT);
	programs_fib_changed(programs());
	assert_now(&known, PASS_EGRESS);
	assert_now(&known6, PASS_EGRESS);
	ip("route del 10.2.0.0/16 dev other");
	ip("route del 2001:db8:2::/48 dev other");
	/* Of what was not the SPD's nothing is known. */
	assert_now(&known, PASS_STEER_OUT);
	assert_now(&known6, PASS_DEFAULT);
}

static void known_flow_by_another_interface_is_another_question(void **state)
{
	const struct row by_vlan = { .frame = { VLAN(VID_LAN) },
				     .pass = PASS_STEER_OUT };
	const struct row elsewhere = { .frame = { VLAN(VID_BY_INGRESS) },
				       .pass = PASS_EGRESS };

	(void)state;
	know(&known);
	know(&elsewhere);
	know(&by_vlan);
	know(&elsewhere);
	know(&known);
}

static void known_flow_of_another_service_is_another_question(void **state)
{
	const struct row tos = { .frame = { .overwrite = { AT_VERSION, 0x4510 } },
				 .pass = PASS_EGRESS };
	const struct row class6 = {
		.frame = { .six = true, .overwrite = { AT6_VERSION, 0x6100 } },
		.pass = PASS_EGRESS
	};

	(void)state;
	know(&known);
	know(&tos);
	know(&known);
	know(&known6);
	know(&class6);
	know(&known6);
}

/* Rules may look at the label, and so does a choice among several ways. */
static void known_flow_of_another_label_is_another_question(void **state)
{
	const struct row label = {
		.frame = { .six = true, .overwrite = { AT6_VERSION, 0x6001 } },
		.pass = PASS_EGRESS
	};

	(void)state;
	know(&known6);
	ip("route add 2001:db8:2::/48 dev other");
	know(&label);
	know(&known6);
	ip("route del 2001:db8:2::/48 dev other");
}

static void known_flow_to_another_host_on_the_link_is_the_kernels(void **state)
{
	const struct row other = { .frame = { .dmac = OTHER_MAC },
				   .pass = PASS_OTHER_HOST };

	(void)state;
	know(&known);
	know(&other);
	know(&known);
}

static void known_flow_may_become_the_hosts(void **state)
{
	struct addr far;

	(void)state;
	assert_int_equal(addr_parse(FAR_HOST, &far), 0);
	know(&known);
	assert_int_equal(programs_add_local(programs(), &far, LOCAL_UNICAST), 0);
	assert_now(&known, PASS_LOCAL);
	assert_int_equal(programs_del_local(programs(), &far), 0);
	assert_now(&known, PASS_STEER_OUT);
}

/* The flow of a tunnel that is out of the way where its link is a LAN's. */
static void known_flow_follows_the_role_of_its_way_out(void **state)
{
	const uint32_t unprot = if_nametoindex("unprot");
	const struct iface iface = { .ifindex = unprot,
				     .lower_ifindex = unprot,
				     .mac = { FRAME_DMAC } };

	(void)state;
	know(&known);
	assert_int_equal(programs_serve(programs(), &iface, IFACE_PROTECTED,
					SLOT_UNPROT),
			 0);
	assert_now(&known, PASS_EGRESS);
	assert_int_equal(programs_serve(programs(), &iface, IFACE_UNPROTECTED,
					SLOT_UNPROT),
			 0);
	know(&known);
	programs_unserve(programs(), &iface);
	assert_now(&known, PASS_EGRESS);
	assert_int_equal(programs_serve(programs(), &iface, IFACE_UNPROTECTED,
					SLOT_UNPROT),
			 0);
	know(&known);
}

/* That was not asked whose they are before it came to the guard. */
static void flow_that_the_guard_knows_is_not_the_spds_at_xdp(void **state)
{
	const struct row guard = { .frame = { .daddr = OTHER_HOST },
				   .pass = PASS_STEER_HOST,
				   .policy_id = POLICY_OTHER_LAN };
	const struct row lan = { .frame = { .daddr = OTHER_HOST },
				 .pass = PASS_EGRESS };

	(void)state;
	for (uint32_t i = 0; i < KNOWN_BY; i++)
		assert_fares(PROGRAM_GUARD, &guard);
	know(&lan);
	assert_fares(PROGRAM_GUARD, &guard);
	know(&lan);
}

/* As many as there is room for, and as are put in the place of some. */
#define FLOWS  (FLOW_SETS * FLOW_WAYS)
#define OTHERS (FLOWS / 8)

/* KNOWN_BY packets of each of n flows to that host, by their ports. */
static void run_flows(enum program program, const char *daddr, uint32_t n)
{
	const struct row row = { .frame = { .daddr = daddr } };
	const struct row_case c = { &fx, program, &row };
	struct run run;
	struct frame f;

	row_build(&c, &f);
	for (uint32_t i = 0; i < KNOWN_BY * n; i++) {
		frame_wr16(&f, AT_SPORT, (uint16_t)(i / KNOWN_BY));
		if (program == PROGRAM_GUARD)
			run_guard(&c, &f, &run);
		else
			run_xdp(&c, &f, &run);
	}
}

static void flow_knows_nothing_of_the_one_in_whose_place_it_is(void **state)
{
	struct counters before = { 0 }, after = { 0 };

	(void)state;
	run_flows(PROGRAM_PROTECTED, FAR_HOST, FLOWS);
	run_flows(PROGRAM_GUARD, OTHER_HOST, OTHERS);
	programs_counters(programs(), &before);
	run_flows(PROGRAM_PROTECTED, OTHER_HOST, OTHERS);
	programs_counters(programs(), &after);
	assert_int_equal(after.passes[PASS_EGRESS].pkts -
				 before.passes[PASS_EGRESS].pkts,
			 KNOWN_BY * OTHERS);
}

static void guard_forgets_nothing_of_what_xdp_knows(void **state)
{
	const struct row guard = { .pass = PASS_STEER_HOST };

	(void)state;
	know(&known);
	for (uint32_t i = 0; i < KNOWN_BY; i++)
		assert_fares(PROGRAM_GUARD, &guard);
	ip("route add 10.2.0.0/16 dev other");
	assert_now(&known, PASS_STEER_OUT);
	ip("route del 10.2.0.0/16 dev other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fib_is_not_asked_of_a_known_flow),
		cmocka_unit_test(
			known_flow_by_another_interface_is_another_question),
		cmocka_unit_test(
			known_flow_of_another_service_is_another_question),
		cmocka_unit_test(known_flow_of_another_label_is_another_question),
		cmocka_unit_test(
			known_flow_to_another_host_on_the_link_is_the_kernels),
		cmocka_unit_test(known_flow_may_become_the_hosts),
		cmocka_unit_test(known_flow_follows_the_role_of_its_way_out),
		cmocka_unit_test(
			flow_that_the_guard_knows_is_not_the_spds_at_xdp),
		cmocka_unit_test(
			flow_knows_nothing_of_the_one_in_whose_place_it_is),
		cmocka_unit_test(guard_forgets_nothing_of_what_xdp_knows),
	};
	int failed = 1;

	stay_on_one_cpu();
	if (fixture_start(&fx))
		failed = cmocka_run_group_tests_name("fib", tests, NULL, NULL);
	fixture_stop(&fx);
	return failed;
}
