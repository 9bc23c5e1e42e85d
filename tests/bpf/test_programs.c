// SPDX-License-Identifier: BSD-2-Clause
/*
 * The BPF programs, one packet at a time: a row of the tables is a case. What a
 * test run can't be given is in test_guard.c; not here, because nothing
 * delivers it to the programs, is a frame shorter than an Ethernet header.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/bpf/rows_guard.h"
#include "tests/bpf/rows_quote.h"
#include "tests/bpf/rows_ipv6.h"
#include "tests/bpf/rows_protected.h"
#include "tests/bpf/rows_tunnel.h"
#include "tests/bpf/rows_unprotected.h"
#include "tests/bpf/rows_vlan.h"
#include "tests/bpf/run.h"

struct table {
	enum program program;
	const struct row *rows;
	size_t n;
};

static const struct table tables[] = {
	{ PROGRAM_PROTECTED, rows_protected, ARRAY_LEN(rows_protected) },
	{ PROGRAM_UNPROTECTED, rows_unprotected, ARRAY_LEN(rows_unprotected) },
	{ PROGRAM_GUARD, rows_guard, ARRAY_LEN(rows_guard) },
	{ PROGRAM_GUARD, quote_rows_guard, ARRAY_LEN(quote_rows_guard) },
	{ PROGRAM_UNPROTECTED, quote_rows_unprotected,
	  ARRAY_LEN(quote_rows_unprotected) },
	{ PROGRAM_PROTECTED, rows6_protected, ARRAY_LEN(rows6_protected) },
	{ PROGRAM_UNPROTECTED, rows6_unprotected, ARRAY_LEN(rows6_unprotected) },
	{ PROGRAM_GUARD, rows6_guard, ARRAY_LEN(rows6_guard) },
	{ PROGRAM_PROTECTED, vlan_rows_protected,
	  ARRAY_LEN(vlan_rows_protected) },
	{ PROGRAM_UNPROTECTED, vlan_rows_unprotected,
	  ARRAY_LEN(vlan_rows_unprotected) },
	{ PROGRAM_GUARD, vlan_rows_guard, ARRAY_LEN(vlan_rows_guard) },
	{ PROGRAM_PROTECTED, tunnel_rows_protected,
	  ARRAY_LEN(tunnel_rows_protected) },
	{ PROGRAM_UNPROTECTED, tunnel_rows_unprotected,
	  ARRAY_LEN(tunnel_rows_unprotected) },
	{ PROGRAM_GUARD, tunnel_rows_guard, ARRAY_LEN(tunnel_rows_guard) },
	{ PROGRAM_TUNNEL, rows_tunnel, ARRAY_LEN(rows_tunnel) },
};

#define ROWS_MAX 512

static void row_holds(void **state)
{
	const struct row_case *c = *state;
	struct frame f;

	row_build(c, &f);
	assert_row(c, &f);
}

static void where_a_driver_takes_none_the_frame_begins_with_it(void **state)
{
	const struct row_case *c = *state;
	struct head_meta head;
	struct run run = { 0 };
	struct frame f;

	row_build(c, &f);
	run_xdp(c, &f, &run);
	assert_int_equal(run.verdict, XDP_REDIRECT);
	assert_int_equal(run.meta_bytes, 0);
	assert_int_equal(run.bytes, sizeof(head) + f.bytes);
	memcpy(&head, run.octets, sizeof(head));
	assert_int_equal(head.token, FIXTURE_TOKEN);
	assert_memory_equal(run.octets + sizeof(head), f.octets, f.bytes);
	run.meta_bytes = sizeof(head.meta);
	memcpy(run.octets, &head.meta, sizeof(head.meta));
	assert_metadata(c, &run);
}

/* Whatever is steered otherwise. */
static size_t add_heads(struct row_case *cases, struct CMUnitTest *tests,
			size_t n)
{
	static struct row rows[ROWS_MAX];
	size_t all = n;

	for (size_t i = 0; i < n && all < ROWS_MAX; i++) {
		rows[all] = *cases[i].row;
		if (cases[i].program == PROGRAM_GUARD || rows[all].drop ||
		    rows[all].on != GW_BYPASS ||
		    (rows[all].pass != PASS_STEER_OUT &&
		     rows[all].pass != PASS_STEER_IN &&
		     rows[all].pass != PASS_STEER_ICMP))
			continue;
		rows[all].on = GW_NO_META;
		cases[all] = cases[i];
		cases[all].row = &rows[all];
		tests[all] = (struct CMUnitTest){
			.name = "where_a_driver_takes_none_the_frame_begins_with_it",
			.test_func =
				where_a_driver_takes_none_the_frame_begins_with_it,
			.initial_state = &cases[all],
		};
		all++;
	}
	return all;
}

static size_t add_rows(struct fixture *fx, struct row_case *cases,
		       struct CMUnitTest *tests)
{
	size_t n = 0;

	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		if (n + tables[t].n > ROWS_MAX)
			abort();
		for (size_t i = 0; i < tables[t].n; i++, n++) {
			cases[n] = (struct row_case){
				.fx = fx,
				.program = tables[t].program,
				.row = &tables[t].rows[i],
			};
			tests[n] = (struct CMUnitTest){
				.name = tables[t].rows[i].name,
				.test_func = row_holds,
				.initial_state = &cases[n],
			};
		}
	}
	return n;
}

int main(void)
{
	static struct row_case cases[ROWS_MAX];
	static struct CMUnitTest tests[ROWS_MAX];
	struct fixture fx = { 0 };
	size_t n = add_rows(&fx, cases, tests);
	int failed = 1;

	n = add_heads(cases, tests, n);
	if (fixture_start(&fx))
		failed = _cmocka_run_group_tests("programs", tests, n, NULL,
						 NULL);
	fixture_stop(&fx);
	return failed;
}
