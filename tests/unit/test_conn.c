// SPDX-License-Identifier: BSD-2-Clause
/* Connections: the defaults of swanctl.conf(5), and what is freed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/conn.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static void assert_proposals_default(const struct proposals *p,
				     enum ike_protocol protocol)
{
	struct proposals wanted;
	char a[PROPOSAL_STR_MAX];
	char b[PROPOSAL_STR_MAX];

	proposals_default(protocol, &wanted);
	assert_int_equal(p->n, wanted.n);
	for (size_t i = 0; i < p->n; i++) {
		assert_int_equal(p->at[i].protocol, protocol);
		assert_string_equal(proposal_str(&p->at[i], a),
				    proposal_str(&wanted.at[i], b));
	}
}

static void connection_has_the_documented_defaults(void **state)
{
	struct conn_conf conn;

	(void)state;
	memset(&conn, 0xa5, sizeof(conn));
	conn_init(&conn);
	assert_string_equal(conn.name, "");
	assert_int_equal(conn.n_local_addrs, 1);
	assert_true(conn.local_addrs[0].any);
	assert_int_equal(conn.n_remote_addrs, 1);
	assert_true(conn.remote_addrs[0].any);
	assert_int_equal(conn.local_port, 500);
	assert_int_equal(conn.remote_port, 500);
	assert_proposals_default(&conn.proposals, IKE_PROTO_IKE);
	assert_int_equal(conn.local_id.type, 0);
	assert_int_equal(conn.remote_id.type, 0);
	assert_false(conn.encap);
	assert_int_equal(conn.dpd_delay, 0);
	assert_int_equal(conn.unique, UNIQUE_NO);
	assert_int_equal(conn.childless, CHILDLESS_ALLOW);
	assert_int_equal(conn.rekey_time, 4 * 3600);
	assert_int_equal(conn.reauth_time, 0);
	assert_int_equal(conn.over_time, 1440);
	assert_int_equal(conn.rand_time, 1440);
	assert_int_equal(conn.keyingtries, 1);
	assert_false(conn.from_vici);
	assert_null(conn.children);
	assert_int_equal(conn.n_children, 0);
}

static void assert_dynamic(const struct ts_conf *ts)
{
	assert_true(ts->dynamic);
	assert_int_equal(ts->protocol, 0);
	assert_int_equal(ts->port_min, 0);
	assert_int_equal(ts->port_max, 65535);
}

static void child_has_the_documented_defaults(void **state)
{
	struct child_conf child;

	(void)state;
	memset(&child, 0xa5, sizeof(child));
	child_init(&child);
	assert_string_equal(child.name, "");
	assert_int_equal(child.n_local_ts, 1);
	assert_dynamic(&child.local_ts[0]);
	assert_int_equal(child.n_remote_ts, 1);
	assert_dynamic(&child.remote_ts[0]);
	assert_proposals_default(&child.proposals, IKE_PROTO_ESP);
	assert_int_equal(child.start_action, CHILD_NONE);
	assert_int_equal(child.dpd_action, CHILD_NONE);
	assert_int_equal(child.close_action, CHILD_NONE);
	assert_int_equal(child.rekey_time, 3600);
	assert_int_equal(child.life_time, 3960);
	assert_int_equal(child.rand_time, 360);
	assert_int_equal(child.replay_window, 32);
	assert_int_equal(child.policy, UINT32_MAX);
}

/* --- times that follow from others; as strongSwan 5.9.8 computes them, but where it
 * is said otherwise */

struct times {
	uint32_t rekey;
	uint32_t hard; /* over_time or life_time */
	uint32_t rand;
};

#define UNSET TIME_UNSET

static const struct {
	struct times given;
	struct times wanted;
} conn_rows[] = {
	{ { UNSET, UNSET, UNSET }, { 14400, 1440, 1440 } },
	{ { 86400, UNSET, UNSET }, { 86400, 8640, 8640 } },
	{ { UNSET, 600, UNSET }, { 14400, 600, 600 } },
	{ { UNSET, UNSET, 60 }, { 14400, 1440, 60 } },
	{ { 3600, 7200, UNSET }, { 3600, 7200, 1800 } }, /* half of 3600 */
	{ { 0, UNSET, UNSET }, { 0, 0, 0 } },
	{ { 3600, 0, UNSET }, { 3600, 0, 0 } },
	{ { 100, 20, 3 }, { 100, 20, 3 } },
};

static void time_of_an_ike_sa_follows_from_those_given(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(conn_rows); i++) {
		struct conn_conf conn = {
			.rekey_time = conn_rows[i].given.rekey,
			.reauth_time = UNSET,
			.over_time = conn_rows[i].given.hard,
			.rand_time = conn_rows[i].given.rand,
		};

		conn_times(&conn);
		assert_int_equal(conn.rekey_time, conn_rows[i].wanted.rekey);
		assert_int_equal(conn.over_time, conn_rows[i].wanted.hard);
		assert_int_equal(conn.rand_time, conn_rows[i].wanted.rand);
	}
}

static const struct {
	uint32_t reauth;
	struct times given;
	struct times wanted;
} reauth_rows[] = {
	{ 3600, { UNSET, UNSET, UNSET }, { 0, 360, 360 } },
	{ 0, { UNSET, UNSET, UNSET }, { 0, 0, 0 } },
	{ 7200, { 3600, UNSET, UNSET }, { 3600, 720, 720 } },
	{ 86400, { 3600, UNSET, UNSET }, { 3600, 8640, 1800 } },
	{ 1000, { 0, 50, 7 }, { 0, 50, 7 } },
};

static void time_of_an_ike_sa_follows_from_reauthentication_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reauth_rows); i++) {
		struct conn_conf conn = {
			.reauth_time = reauth_rows[i].reauth,
			.rekey_time = reauth_rows[i].given.rekey,
			.over_time = reauth_rows[i].given.hard,
			.rand_time = reauth_rows[i].given.rand,
		};

		conn_times(&conn);
		assert_int_equal(conn.reauth_time, reauth_rows[i].reauth);
		assert_int_equal(conn.rekey_time, reauth_rows[i].wanted.rekey);
		assert_int_equal(conn.over_time, reauth_rows[i].wanted.hard);
		assert_int_equal(conn.rand_time, reauth_rows[i].wanted.rand);
	}
}

static const struct {
	struct times given;
	struct times wanted;
} child_rows[] = {
	{ { UNSET, UNSET, UNSET }, { 3600, 3960, 360 } },
	{ { 1000, UNSET, UNSET }, { 1000, 1100, 100 } },
	{ { UNSET, 5000, UNSET }, { 3600, 5000, 1400 } },
	{ { UNSET, 3601, UNSET }, { 3600, 3601, 1 } },
	{ { UNSET, 3600, UNSET }, { 3272, 3600, 328 } }, /* ours alone */
	{ { UNSET, 60, UNSET }, { 54, 60, 6 } },
	{ { UNSET, 0, UNSET }, { 3600, 0, 0 } },
	{ { UNSET, UNSET, 60 }, { 3600, 3960, 60 } },
	{ { 3600, 1800, UNSET }, { 3600, 1800, 0 } }, /* hard before soft */
	{ { 0, UNSET, UNSET }, { 0, 0, 0 } },
	{ { 0, 3600, UNSET }, { 0, 3600, 3600 } },
	{ { 100, 120, 3 }, { 100, 120, 3 } },
	/* beyond 32 bits the hard time stays the largest that is a time */
	{ { UNSET - 1, UNSET, UNSET }, { UNSET - 1, UNSET - 1, 0 } },
};

static void time_of_a_child_follows_from_those_given(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(child_rows); i++) {
		struct child_conf child = {
			.rekey_time = child_rows[i].given.rekey,
			.life_time = child_rows[i].given.hard,
			.rand_time = child_rows[i].given.rand,
		};

		child_times(&child);
		assert_int_equal(child.rekey_time, child_rows[i].wanted.rekey);
		assert_int_equal(child.life_time, child_rows[i].wanted.hard);
		assert_int_equal(child.rand_time, child_rows[i].wanted.rand);
	}
}

/* --- freed; leaks and double frees are found by the sanitizer */

static void connection_forgets_its_children(void **state)
{
	struct conn_conf conn;

	(void)state;
	conn_init(&conn);
	conn.children = calloc(2, sizeof(*conn.children));
	conn.n_children = 2;
	assert_non_null(conn.children);
	conn_fini(&conn);
	assert_null(conn.children);
	assert_int_equal(conn.n_children, 0);
	conn_fini(&conn);
}

static void key_is_wiped_and_its_owners_are_forgotten(void **state)
{
	static const struct secret zero;
	struct psk_conf psk = { .name = "moon" };

	(void)state;
	memset(&psk.key, 0x5a, sizeof(psk.key));
	psk.owners = calloc(2, sizeof(*psk.owners));
	psk.n_owners = 2;
	assert_non_null(psk.owners);
	psk_fini(&psk);
	assert_memory_equal(&psk.key, &zero, sizeof(zero));
	assert_null(psk.owners);
	assert_int_equal(psk.n_owners, 0);
	psk_fini(&psk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_has_the_documented_defaults),
		cmocka_unit_test(child_has_the_documented_defaults),
		cmocka_unit_test(time_of_an_ike_sa_follows_from_those_given),
		cmocka_unit_test(
			time_of_an_ike_sa_follows_from_reauthentication_too),
		cmocka_unit_test(time_of_a_child_follows_from_those_given),
		cmocka_unit_test(connection_forgets_its_children),
		cmocka_unit_test(key_is_wiped_and_its_owners_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
