// SPDX-License-Identifier: BSD-2-Clause
/* What facts about kernel, host and configuration mean, and how it is shown. */
#include "tests/unit/doctor_fixture.h"

static void where_all_is_well_nothing_is_to_be_done(void **state)
{
	static const char *const want[] = {
		"Linux 6.1.0-18-amd64",
		"the BPF programs load",
		"the guard knows what packets were before NAT",
		"AF_XDP and /dev/net/tun are there",
		"there is no BPF file system, nor is one needed",
		"the BPF JIT is on",
		"Spectre v2: Mitigation: Enhanced IBRS",
		"cygnetd does not run",
		"IPv4 forwarding is on",
		"rp_filter is no obstacle",
		"locked memory is not limited",
		"nobody else has IKE's UDP ports",
		"the user cygnet-ike is there",
		"no FORWARD rule is passed by",
		"cygnet.conf is sound",
		"it is up, protected",
		"the driver ice has XDP, and AF_XDP without copies",
		"no offload hides what arrives",
		"channels: 4",
		"MTU 1500",
		"it is up, unprotected",
		"the driver ice has XDP, and AF_XDP without copies",
		"no offload hides what arrives",
		"channels: 4",
		"MTU 1500",
	};
	const struct doctor_facts f = well();

	(void)state;
	check(&f);
	assert_int_equal(report.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < report.n; i++) {
		assert_int_equal(report.at[i].level, DOCTOR_OK);
		assert_string_equal(report.at[i].what, want[i]);
		assert_string_equal(report.at[i].remedy, "");
	}
	assert_int_equal(doctor_exit_code(&report), 0);
}

/* --- kernel */

static void an_old_kernel_is_an_error(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.version = KERNEL_VERSION_OF(6, 0);
	strcpy(f.kernel.release, "6.0.19");
	f.kernel.programs_load = 0; /* for that reason */
	assert_one(&f, DOCTOR_ERROR, "kernel",
		   "Linux 6.0.19 lacks what the programs need",
		   "boot Linux 6.1 or newer, which Debian 12 has");
}

static void a_newer_major_version_is_not_old(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.version = KERNEL_VERSION_OF(7, 0);
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
}

static void programs_that_do_not_load_say_why(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.programs_load = 0;
	strcpy(f.kernel.programs, "cannot load: Permission denied; run as root");
	assert_one(&f, DOCTOR_ERROR, "kernel", "cannot load: Permission denied",
		   "run as root");
}

static void programs_that_were_not_tried_are_no_finding(void **state)
{
	struct doctor_facts f = well();
	size_t before;

	(void)state;
	check(&f);
	before = report.n;
	f.kernel.programs_load = UNKNOWN;
	check(&f);
	assert_int_equal(report.n, before - 1);
}

static void a_guard_that_does_not_see_nat_is_a_warning(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.sees_nat = 0;
	assert_one(
		&f, DOCTOR_WARNING, "kernel",
		"the guard does not know what packets were before NAT: the kernel does not tell where it tracks connections",
		"boot one with CONFIG_DEBUG_INFO_BTF=y, not locked down for confidentiality; till then exempt far networks from NAT by their addresses");
	f.kernel.sees_nat = UNKNOWN;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
}

static void without_tun_there_is_no_ipsec0(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.has_tun = false;
	assert_one(&f, DOCTOR_ERROR, "kernel",
		   "there is no /dev/net/tun to make ipsec0 of", "modprobe tun");
	assert_false(was_said("AF_XDP and /dev/net/tun are there"));
}

static void without_af_xdp_nothing_works(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.has_xsk = false;
	assert_one(&f, DOCTOR_ERROR, "kernel", "the kernel has no AF_XDP",
		   "boot a kernel with CONFIG_XDP_SOCKETS=y");
}

static void without_the_jit_programs_are_slow(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.jit = 0;
	assert_one(
		&f, DOCTOR_WARNING, "kernel",
		"the BPF JIT is off: programs are interpreted, several times as slow",
		"sysctl -w net.core.bpf_jit_enable=1");
}

static void a_hardened_jit_is_slower_only_where_it_hardens_root(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.jit_harden = 1;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.kernel.jit_harden = 2;
	assert_one(
		&f, DOCTOR_WARNING, "kernel",
		"the BPF JIT hides constants of root's programs too: they are slower",
		"sysctl -w net.core.bpf_jit_harden=1");
}

static void programs_of_everybody_are_a_warning(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.unprivileged_bpf = 0;
	assert_one(
		&f, DOCTOR_WARNING, "kernel",
		"every user may load BPF programs, which opens ways for Spectre",
		"sysctl -w kernel.unprivileged_bpf_disabled=2");
}

static void spectre_that_is_not_mitigated_is_a_warning(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	strcpy(f.kernel.spectre, "Vulnerable; IBPB: disabled");
	assert_one(
		&f, DOCTOR_WARNING, "kernel",
		"Spectre v2: Vulnerable; IBPB: disabled: other processes may read keys",
		"boot without mitigations=off and nospectre_v2, with the CPU's newest microcode");
}

static void retpolines_are_worth_a_note(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	strcpy(f.kernel.spectre, "Mitigation: Retpolines; STIBP: disabled");
	assert_one(
		&f, DOCTOR_NOTE, "kernel",
		"Spectre v2: Mitigation: Retpolines, which slow the kernel's part of each packet",
		"");
}

static void settings_that_cannot_be_read_are_no_finding(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.kernel.jit = f.kernel.jit_harden = f.kernel.unprivileged_bpf = UNKNOWN;
	f.kernel.spectre[0] = '\0';
	f.host.rp_filter = f.host.forward_rules = UNKNOWN;
	for (size_t i = 0; i < f.n_ifaces; i++) {
		f.ifaces[i].tcx = UNKNOWN;
		for (int k = 0; k < OFFLOAD_MAX; k++)
			f.ifaces[i].ethtool.offloads[k] = UNKNOWN;
	}
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	assert_false(was_said("the BPF JIT is on"));
	assert_false(was_said("no FORWARD rule is passed by"));
	assert_false(was_said("Spectre v2: "));
}

/* --- host */

static void without_root_not_all_is_seen(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.is_root = false;
	assert_one(
		&f, DOCTOR_WARNING, "host",
		"without root, programs, rules and owners of ports are not looked at",
		"sudo cygnet doctor");
}

static void a_gateway_forwards(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.forwarding = 0;
	assert_one(&f, DOCTOR_ERROR, "host",
		   "IPv4 forwarding is off, a gateway needs it",
		   "sysctl -w net.ipv4.ip_forward=1");
}

static void a_gateway_of_ipv6_forwards_that(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.lacks_v6 = true;
	assert_one(
		&f, DOCTOR_ERROR, "host",
		"IPv6 forwarding is off, and there are policies that protect IPv6",
		"sysctl -w net.ipv6.conf.all.forwarding=1");
}

static void a_strict_filter_drops_what_was_decrypted(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.rp_filter = 0;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.host.rp_filter = 1;
	assert_one(
		&f, DOCTOR_ERROR, "host",
		"rp_filter of ipsec0 is strict: decrypted packets for this host are dropped",
		"sysctl -w net.ipv4.conf.ipsec0.rp_filter=2");
}

/* Two interfaces of 4 channels, each with 4096 frames of 4 KiB. */
static void locked_memory_counts_where_no_capability_helps(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.may_lock = false;
	f.host.memlock = 16 * 4096 * 4096ULL;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.host.memlock--;
	assert_one(
		&f, DOCTOR_ERROR, "host",
		"locked memory is limited to 262143 KiB, packets need 262144, and CAP_IPC_LOCK is not to be had",
		"ulimit -l unlimited");
}

static void a_port_that_somebody_has_is_an_error(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.ports[1].is_taken = true;
	strcpy(f.host.ports[1].owner, "charon-systemd");
	assert_one(&f, DOCTOR_ERROR, "host",
		   "UDP port 4500 is taken by charon-systemd",
		   "stop it: ss -lunp sport = :4500");
	assert_false(was_said("nobody else has IKE's UDP ports"));
	f.host.ports[1].owner[0] = '\0';
	assert_one(&f, DOCTOR_ERROR, "host",
		   "UDP port 4500 is taken by somebody else",
		   "stop it: ss -lunp sport = :4500");
	strcpy(f.host.ports[1].owner, "cygnetd");
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
}

static void ike_needs_its_user(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.has_ike_user = false;
	assert_one(&f, DOCTOR_ERROR, "host",
		   "there is no user cygnet-ike, as whom IKE is spoken",
		   "systemd-sysusers");
}

static void names_of_peers_need_another_user(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.has_helper_user = false;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.wants_dns = true;
	assert_one(
		&f, DOCTOR_ERROR, "host",
		"there is no user cygnet-helper, as whom DNS is asked for peers",
		"systemd-sysusers");
}

static void tcp_needs_a_third_one(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.has_stream_user = false;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	f.wants_tcp = true;
	assert_one(&f, DOCTOR_ERROR, "host",
		   "there is no user cygnet-stream, as whom TCP is read",
		   "systemd-sysusers");
}

static void without_connections_ike_is_no_matter(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.wants_ike = f.host.has_ike_user = false;
	f.host.ports[0].is_taken = true;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
}

static void rules_that_are_passed_by_are_a_warning(void **state)
{
	static const char what[] =
		"do not see what goes through tunnels between served interfaces";
	struct doctor_facts f = well();
	char text[DOCTOR_TEXT_MAX];

	(void)state;
	f.host.forward_rules = 3;
	snprintf(text, sizeof(text), "the firewall's FORWARD rules (3) %s",
		 what);
	assert_one(
		&f, DOCTOR_WARNING, "host", text,
		"say it with policies of cygnet.conf, or write forward = kernel in gateway and exempt tunnels from NAT by gateway.mark; what there is: nft list ruleset, iptables-legacy -S");
	f.host.forward_rules = 0;
	f.host.forward_is_drop = true;
	snprintf(text, sizeof(text),
		 "the firewall's FORWARD rules (0, policy drop) %s", what);
	assert_one(
		&f, DOCTOR_WARNING, "host", text,
		"say it with policies of cygnet.conf, or write forward = kernel in gateway and exempt tunnels from NAT by gateway.mark; what there is: nft list ruleset, iptables-legacy -S");
}

static void rules_that_see_all_of_it_are_none(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.host.forward_rules = 3;
	f.forward_kernel = true;
	check(&f);
	assert_int_equal(doctor_exit_code(&report), 0);
	assert_true(was_said("the kernel forwards what goes through tunnels, "
			     "and FORWARD rules see it"));
}

/* --- configuration */

static void a_configuration_with_a_mistake_names_it(void **state)
{
	struct doctor_facts f = well();

	(void)state;
	f.n_ifaces = 0;
	strcpy(f.config,
	       "cygnet.conf:2:5: unknown key 'protectd'; did you mean protected?");
	assert_one(&f, DOCTOR_ERROR, "configuration",
		   "cygnet.conf:2:5: unknown key 'protectd'",
		   "did you mean protected?");
}

/* --- shown */

static const struct doctor_report shown = {
	.at = { { .group = "kernel", .what = "Linux 6.1" },
		{ .group = "kernel",
		  .level = DOCTOR_NOTE,
		  .what = "worth to know" },
		{ .group = "wan\t0",
		  .level = DOCTOR_ERROR,
		  .what = "it is down",
		  .remedy = "ip link set wan0 up" } },
	.n = 3,
	.counts = { 1, 1, 0, 1 },
};

static void a_finding_is_a_line_with_its_remedy(void **state)
{
	struct printed p;

	(void)state;
	printed_start(&p);
	doctor_print(&shown, p.file);
	printed_end(&p, "kernel\n"
			"  ok       Linux 6.1\n"
			"  note     worth to know\n"
			"\n"
			"wan\\x090\n"
			"  error    it is down; ip link set wan0 up\n"
			"\n"
			"1 errors, 0 warnings\n");
}

static void findings_are_a_list_in_json(void **state)
{
	struct doctor_report one = shown;
	struct printed p;

	(void)state;
	memmove(&one.at[0], &one.at[2], sizeof(one.at[0]));
	one.n = 1;
	printed_start(&p);
	doctor_print_json(&one, p.file);
	printed_end(&p, "{\n"
			"  \"findings\": [\n"
			"    {\n"
			"      \"group\": \"wan\\\\x090\",\n"
			"      \"level\": \"error\",\n"
			"      \"what\": \"it is down\",\n"
			"      \"remedy\": \"ip link set wan0 up\"\n"
			"    }\n"
			"  ],\n"
			"  \"errors\": 1,\n"
			"  \"warnings\": 0\n"
			"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_all_is_well_nothing_is_to_be_done),
		cmocka_unit_test(an_old_kernel_is_an_error),
		cmocka_unit_test(a_newer_major_version_is_not_old),
		cmocka_unit_test(programs_that_do_not_load_say_why),
		cmocka_unit_test(programs_that_were_not_tried_are_no_finding),
		cmocka_unit_test(a_guard_that_does_not_see_nat_is_a_warning),
		cmocka_unit_test(without_tun_there_is_no_ipsec0),
		cmocka_unit_test(without_af_xdp_nothing_works),
		cmocka_unit_test(without_the_jit_programs_are_slow),
		cmocka_unit_test(
			a_hardened_jit_is_slower_only_where_it_hardens_root),
		cmocka_unit_test(programs_of_everybody_are_a_warning),
		cmocka_unit_test(spectre_that_is_not_mitigated_is_a_warning),
		cmocka_unit_test(retpolines_are_worth_a_note),
		cmocka_unit_test(settings_that_cannot_be_read_are_no_finding),
		cmocka_unit_test(without_root_not_all_is_seen),
		cmocka_unit_test(a_gateway_forwards),
		cmocka_unit_test(a_gateway_of_ipv6_forwards_that),
		cmocka_unit_test(a_strict_filter_drops_what_was_decrypted),
		cmocka_unit_test(locked_memory_counts_where_no_capability_helps),
		cmocka_unit_test(a_port_that_somebody_has_is_an_error),
		cmocka_unit_test(ike_needs_its_user),
		cmocka_unit_test(names_of_peers_need_another_user),
		cmocka_unit_test(tcp_needs_a_third_one),
		cmocka_unit_test(without_connections_ike_is_no_matter),
		cmocka_unit_test(rules_that_are_passed_by_are_a_warning),
		cmocka_unit_test(rules_that_see_all_of_it_are_none),
		cmocka_unit_test(a_configuration_with_a_mistake_names_it),
		cmocka_unit_test(a_finding_is_a_line_with_its_remedy),
		cmocka_unit_test(findings_are_a_list_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
