// SPDX-License-Identifier: BSD-2-Clause
/* What facts about an interface mean. */
#include "tests/unit/doctor_fixture.h"

#include <errno.h>

static void an_interface_that_is_not_there_is_named_with_its_place(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[0].error = -ENODEV;
	assert_one(&f, DOCTOR_ERROR, "lan0",
		   "cygnet.conf:2:17: interface 'lan0': No such device",
		   "name one of those that 'ip link' lists");
	assert_false(was_said("it is up, protected"));
}

static void an_interface_without_ethernet_is_not_served(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[1].is_ethernet = false;
	assert_one(&f, DOCTOR_ERROR, "wan0", "it is not Ethernet",
		   "name another interface at cygnet.conf:2:19");
}

static void an_interface_that_is_down_is_an_error(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[1].is_up = false;
	assert_one(&f, DOCTOR_ERROR, "wan0", "it is down",
		   "ip link set wan0 up");
}

static void protected_interfaces_alone_need_forwarding(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[1].is_forwarding = false;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.ifaces[0].is_forwarding = false;
	assert_one(&f, DOCTOR_ERROR, "lan0", "IPv4 forwarding is off for it",
		   "sysctl -w net/ipv4/conf/lan0/forwarding=1");
}

static void protected_interfaces_alone_need_that_of_ipv6(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[1].lacks_v6 = true;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.ifaces[0].lacks_v6 = true;
	assert_one(&f, DOCTOR_ERROR, "lan0", "IPv6 forwarding is off for it",
		   "sysctl -w net/ipv6/conf/lan0/forwarding=1");
}

static void a_foreign_program_is_an_error_with_its_remedy(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[0].slot = XDP_SLOT_FOREIGN;
	strcpy(f.ifaces[0].slot_why,
	       "lan0 already runs the XDP program 'x' (id 7); take it off with: ip link set dev lan0 xdp off");
	assert_one(&f, DOCTOR_ERROR, "lan0",
		   "lan0 already runs the XDP program 'x' (id 7)",
		   "take it off with: ip link set dev lan0 xdp off");
}

static void generic_xdp_is_slow(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.daemon_runs = true;
	f.ifaces[0].slot = f.ifaces[1].slot = XDP_SLOT_OURS;
	f.ifaces[0].is_native = f.ifaces[1].is_native = true;
	f.ifaces[0].xdp_features = 0; /* it runs, whatever these say */
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.ifaces[0].is_native = false;
	assert_one(
		&f, DOCTOR_WARNING, "lan0",
		"our programs run, on generic XDP, which is slow: the driver ice has none of its own",
		"use a NIC whose driver has XDP");
}

/* A gateway that runs, in libxdp's dispatcher on lan0. */
static struct doctor_facts seated(void)
{
	struct doctor_facts f = well();

	f.host.daemon_runs = true;
	f.joins = true;
	f.ifaces[0].slot = f.ifaces[1].slot = XDP_SLOT_OURS;
	f.ifaces[0].is_native = f.ifaces[1].is_native = true;
	f.ifaces[0].is_seated = true;
	return f;
}

static void others_in_the_dispatcher_are_named(void **state)
{
	struct doctor_facts f = seated();

	(void)state;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	assert_true(was_said("alone in libxdp's dispatcher"));
	f.ifaces[0].others[0] =
		(struct seat_other){ .name = "filter", .priority = 10 };
	f.ifaces[0].n_others = 1;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	assert_true(was_said(
		"in libxdp's dispatcher with the XDP program 'filter' (priority 10)"));
	assert_false(was_said("alone in libxdp's dispatcher"));
}

static void who_runs_before_ours_is_warned_of(void **state)
{
	struct doctor_facts f = seated();

	(void)state;
	f.ifaces[0].others[0] = (struct seat_other){ .name = "filter",
						     .priority = 10,
						     .is_before = true };
	f.ifaces[0].n_others = 1;
	assert_one(
		&f, DOCTOR_WARNING, "lan0",
		"the XDP program 'filter' (priority 10) runs before ours: what it takes or redirects no policy is asked about",
		"give gateway.xdp_priority a lower number, and start anew after cygnetd --release");
}

static void programs_that_were_taken_off_are_missed(void **state)
{
	struct doctor_facts f = seated();

	(void)state;
	f.ifaces[1].slot = XDP_SLOT_FREE;
	assert_one(
		&f, DOCTOR_WARNING, "wan0",
		"cygnetd runs, and our XDP program is not here: somebody took it off, or the file is newer",
		"restart cygnetd");
}

static void what_an_earlier_start_left_closes(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[1].slot = XDP_SLOT_OURS;
	f.ifaces[1].is_native = true;
	assert_one(&f, DOCTOR_WARNING, "wan0",
		   "closed by an earlier start, or by a lock, until cygnetd runs",
		   "start it, or open with: cygnetd --release");
}

static void a_driver_without_xdp_is_known_before_the_start(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	/* None, or it runs programs and cannot redirect, or it can do that alone. */
	for (int64_t features = 0; features < 3; features++) {
		f.ifaces[1].xdp_features = features;
		assert_one(
			&f, DOCTOR_WARNING, "wan0",
			"the driver ice has no XDP of its own: generic XDP will do, slowly",
			"use a NIC whose driver has XDP");
	}
	f.ifaces[1].xdp_features = UNKNOWN;
	assert_one(
		&f, DOCTOR_NOTE, "wan0",
		"whether the driver ice has XDP of its own is seen when cygnetd runs",
		"");
}

static void offloads_that_hide_frames_are_a_warning(void **state)
{
	static const struct {
		enum ethtool_offload offload;
		const char *what, *remedy;
	} cases[] = {
		{ OFFLOAD_RX_VLAN,
		  "rxvlan takes VLAN tags off before XDP sees them",
		  "ethtool -K lan0 rxvlan off" },
		{ OFFLOAD_LRO, "lro joins packets before XDP sees them",
		  "ethtool -K lan0 lro off" },
		{ OFFLOAD_GRO_HW, "rx-gro-hw joins packets before XDP sees them",
		  "ethtool -K lan0 rx-gro-hw off" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct doctor_facts f = well();

		f.ifaces[0].ethtool.offloads[cases[i].offload] = 1;
		f.n_ifaces = 1;
		assert_one(&f, DOCTOR_WARNING, "lan0", cases[i].what,
			   cases[i].remedy);
		assert_false(was_said("no offload hides what arrives"));
	}
}

static void one_interface_has_so_many_channels_at_most(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[0].queues = 64;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.ifaces[0].queues = 65;
	assert_one(&f, DOCTOR_ERROR, "lan0",
		   "it has 65 channels, at most 64 are served",
		   "ethtool -L lan0 combined 64");
}

static void workers_want_a_channel_each(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.workers = f.ifaces[1].queues = 8;
	f.ifaces[0].ethtool.channels_max = 8; /* it is given them */
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.ifaces[0].ethtool.channels_max = 7;
	assert_one(
		&f, DOCTOR_WARNING, "lan0",
		"it has no more than 7 channels for 8 workers: the others' packets are handed over, at a cost",
		"set gateway.workers to 7");
	f.ifaces[0].ethtool.channels_max = 0;
	assert_one(
		&f, DOCTOR_WARNING, "lan0",
		"it has no more than 4 channels for 8 workers: the others' packets are handed over, at a cost",
		"set gateway.workers to 4");
}

static void the_fewest_channels_set_the_number_of_workers(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[1].queues = 2;
	f.ifaces[1].ethtool.channels_max = 16;
	assert_one(
		&f, DOCTOR_NOTE, "wan0",
		"it has 2 channels, hence there are as many workers, on 4 CPUs",
		"ethtool -L wan0 combined N, with N up to 16");
	f.ifaces[1].ethtool.channels_max = 2; /* it cannot have more */
	check(&f);
	assert_int_equal(report.counts[DOCTOR_NOTE], 0);
	f.ifaces[1].ethtool.channels_max = 16;
	f.workers = 2; /* that is what somebody wanted */
	check(&f);
	assert_int_equal(report.counts[DOCTOR_NOTE], 0);
	f.workers = 0;
	f.host.cpus = 2;
	check(&f);
	assert_int_equal(report.counts[DOCTOR_NOTE], 0);
	f.host.cpus = 4;
	f.ifaces[0].queues = 1; /* not this one's fault */
	check(&f);
	assert_int_equal(report.counts[DOCTOR_NOTE], 0);
}

static void packets_larger_than_a_frame_are_dropped_before_linux_6_6(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[1].mtu = 3562;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.ifaces[1].mtu = 9000;
	assert_one(
		&f, DOCTOR_WARNING, "wan0",
		"MTU 9000: packets above 3562 octets are dropped as jumbo: this kernel's AF_XDP carries no frame in several pieces",
		"ip link set wan0 mtu 3562, or boot Linux 6.6 or newer");
	f.kernel.has_chains = true;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
}

static void a_port_of_a_bridge_takes_from_it(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	strcpy(f.ifaces[0].master, "br0");
	assert_one(&f, DOCTOR_WARNING, "lan0",
		   "it is a port of br0, which does not get what is protected",
		   "ip link set lan0 nomaster");
}

static void tcx_programs_matter_where_the_guard_is(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.ifaces[0].tcx = 1;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.ifaces[1].tcx = 1;
	assert_one(
		&f, DOCTOR_WARNING, "wan0",
		"1 TCX programs of somebody else run before the guard and may let out what it would take",
		"take them off: bpftool net show dev wan0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_interface_that_is_not_there_is_named_with_its_place),
		cmocka_unit_test(an_interface_without_ethernet_is_not_served),
		cmocka_unit_test(an_interface_that_is_down_is_an_error),
		cmocka_unit_test(others_in_the_dispatcher_are_named),
		cmocka_unit_test(who_runs_before_ours_is_warned_of),
		cmocka_unit_test(programs_that_were_taken_off_are_missed),
		cmocka_unit_test(protected_interfaces_alone_need_forwarding),
		cmocka_unit_test(protected_interfaces_alone_need_that_of_ipv6),
		cmocka_unit_test(a_foreign_program_is_an_error_with_its_remedy),
		cmocka_unit_test(generic_xdp_is_slow),
		cmocka_unit_test(what_an_earlier_start_left_closes),
		cmocka_unit_test(a_driver_without_xdp_is_known_before_the_start),
		cmocka_unit_test(offloads_that_hide_frames_are_a_warning),
		cmocka_unit_test(one_interface_has_so_many_channels_at_most),
		cmocka_unit_test(workers_want_a_channel_each),
		cmocka_unit_test(the_fewest_channels_set_the_number_of_workers),
		cmocka_unit_test(
			packets_larger_than_a_frame_are_dropped_before_linux_6_6),
		cmocka_unit_test(a_port_of_a_bridge_takes_from_it),
		cmocka_unit_test(tcx_programs_matter_where_the_guard_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
