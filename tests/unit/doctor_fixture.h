/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine on which all is well, for tests that change one fact of it, and
 * what the doctor says then.
 */
#ifndef CYG_TESTS_DOCTOR_FIXTURE_H
#define CYG_TESTS_DOCTOR_FIXTURE_H

#include "tests/unit/cli_fixture.h"

#include "ctrl/cli/doctor.h"

static inline struct doctor_iface iface(const char *name, enum iface_role role,
					unsigned int column)
{
	struct doctor_iface i = {
		.role = role,
		.place = { "cygnet.conf", 2, column },
		.is_up = true,
		.is_ethernet = true,
		.is_forwarding = true,
		.mtu = 1500,
		.queues = 4,
		.ethtool = { .driver = "ice" },
		.slot = XDP_SLOT_FREE,
		.xdp_features = 0xb,
	};

	strcpy(i.name, name);
	return i;
}

static inline struct doctor_facts well(void)
{
	struct doctor_facts f = {
		.kernel = {
			.version = KERNEL_VERSION_OF(6, 1),
			.release = "6.1.0-18-amd64",
			.programs_load = 1,
			.sees_nat = 1,
			.has_tun = true,
			.has_xsk = true,
			.jit = 1,
			.jit_harden = 0,
			.unprivileged_bpf = 2,
			.spectre = "Mitigation: Enhanced IBRS; IBPB: conditional",
		},
		.host = {
			.is_root = true,
			.has_ike_user = true,
			.cpus = 4,
			.forwarding = 1,
			.rp_filter = 2,
			.may_lock = true,
			.memlock = 65536,
			.ports = { { .port = 500 }, { .port = 4500 } },
		},
		.file = "cygnet.conf",
		.wants_ike = true,
		.n_ifaces = 2,
	};

	f.ifaces[0] = iface("lan0", IFACE_PROTECTED, 17);
	f.ifaces[1] = iface("wan0", IFACE_UNPROTECTED, 19);
	return f;
}

static struct doctor_report report;

static inline void check(const struct doctor_facts *f)
{
	memset(&report, 0, sizeof(report));
	doctor_check(f, &report);
}

static inline bool was_said(const char *what)
{
	for (size_t i = 0; i < report.n; i++)
		if (strcmp(report.at[i].what, what) == 0)
			return true;
	return false;
}

/* The one finding that is not as it should be. */
static inline void assert_one(const struct doctor_facts *f,
			      enum doctor_level level, const char *group,
			      const char *what, const char *remedy)
{
	const struct finding *one = NULL;

	check(f);
	for (size_t i = 0; i < report.n; i++) {
		if (report.at[i].level == DOCTOR_OK)
			continue;
		assert_null(one);
		one = &report.at[i];
	}
	assert_non_null(one);
	assert_int_equal(one->level, level);
	assert_string_equal(one->group, group);
	assert_string_equal(one->what, what);
	assert_string_equal(one->remedy, remedy);
	assert_int_equal(doctor_exit_code(&report), level == DOCTOR_ERROR  ? 2
						    : level == DOCTOR_NOTE ? 0
									   : 1);
}

#endif
