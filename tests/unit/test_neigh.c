// SPDX-License-Identifier: BSD-2-Clause
/*
 * The books of neighbours: those in use, and the questions that wait for one.
 * Time is a number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/dp/neigh.h"
#include "ctrl/dp/waiting.h"

#define IFINDEX 4U
#define NOW_NS	5000000000ULL

static struct nl_neigh neigh_of(uint32_t addr_be, uint8_t mac)
{
	return (struct nl_neigh){ .ifindex = IFINDEX,
				  .addr = addr_from_v4(addr_be),
				  .valid = true,
				  .mac = { 2, 0, 0, 0, 0, mac } };
}

/* --- in use --- */

static void neighbour_that_nobody_uses_changes_nothing(void **state)
{
	struct neighs t = { .n = 0 };
	const struct nl_neigh n = neigh_of(1, 1);

	(void)state;
	assert_false(neigh_changed(&t, &n));
}

static void same_mac_is_no_change_and_another_is(void **state)
{
	struct neighs t = { .n = 0 };
	const struct nl_neigh n = neigh_of(1, 1), moved = neigh_of(1, 2);

	(void)state;
	assert_true(neigh_use(&t, &n, NOW_NS));
	assert_false(neigh_changed(&t, &n));
	assert_true(neigh_changed(&t, &moved));
	assert_false(neigh_changed(&t, &moved));
}

static void neighbour_that_failed_changes_once_and_is_forgotten(void **state)
{
	struct neighs t = { .n = 0 };
	struct nl_neigh n = neigh_of(1, 1);

	(void)state;
	neigh_use(&t, &n, NOW_NS);
	n.valid = false;
	assert_true(neigh_changed(&t, &n));
	assert_false(neigh_changed(&t, &n));
	assert_int_equal(t.n, 0);
}

static void same_address_behind_another_interface_is_another(void **state)
{
	struct neighs t = { .n = 0 };
	struct nl_neigh n = neigh_of(1, 1), other = neigh_of(1, 2);

	(void)state;
	neigh_use(&t, &n, NOW_NS);
	other.ifindex++;
	assert_false(neigh_changed(&t, &other));
}

static void neighbour_is_idle_when_it_was_not_asked_for_in_time(void **state)
{
	struct neighs t = { .n = 0 };
	const struct nl_neigh n = neigh_of(1, 1), other = neigh_of(2, 2);
	struct nl_neigh out;

	(void)state;
	neigh_use(&t, &n, NOW_NS);
	neigh_use(&t, &other, NOW_NS);
	neigh_use(&t, &other, NOW_NS + 1);
	assert_false(neigh_idle(&t, NOW_NS + NEIGH_IDLE_NS - 1, &out));
	assert_true(neigh_idle(&t, NOW_NS + NEIGH_IDLE_NS, &out));
	assert_int_equal(addr_v4_be(&out.addr), 1);
	assert_false(neigh_idle(&t, NOW_NS + NEIGH_IDLE_NS, &out));
	assert_int_equal(t.n, 1);
}

/* Of those, nothing is told to next hops for longer than a second. */
static void neighbours_beyond_the_table_are_not_watched(void **state)
{
	struct neighs t = { .n = 0 };
	struct nl_neigh n, out;

	(void)state;
	for (uint32_t i = 0; i < NEIGH_MAX; i++) {
		n = neigh_of(i, 1);
		assert_true(neigh_use(&t, &n, NOW_NS));
	}
	assert_true(neigh_use(&t, &n, NOW_NS));
	n = neigh_of(NEIGH_MAX, 1);
	assert_false(neigh_use(&t, &n, NOW_NS));
	n.valid = false;
	assert_false(neigh_changed(&t, &n));
	while (neigh_idle(&t, NOW_NS + NEIGH_IDLE_NS, &out))
		;
	assert_int_equal(t.n, 0);
	assert_true(neigh_use(&t, &n, NOW_NS));
}

/* --- waiting --- */

/* Asks for dst behind addr; it must not push anything out. */
static void wait_for(struct waitings *t, uint32_t addr_be, uint32_t dst_be,
		     uint32_t gen)
{
	const struct nexthop_query query = { .dst = addr_from_v4(dst_be),
					     .gen = gen };
	const struct addr addr = addr_from_v4(addr_be);
	struct waiting out;

	assert_false(waiting_add(t, IFINDEX, &addr, &query, NOW_NS, &out));
}

static bool take(struct waitings *t, uint32_t addr_be, struct waiting *out)
{
	const struct addr addr = addr_from_v4(addr_be);

	return waiting_take(t, IFINDEX, &addr, out);
}

static void dead_neighbour_waits_once_under_a_thousand_generations(void **state)
{
	struct waitings t = { .n = 0 };
	struct waiting w;

	(void)state;
	for (uint32_t gen = 1; gen <= 1000; gen++)
		wait_for(&t, 1, 1, gen);
	wait_for(&t, 2, 2, 1000);
	assert_int_equal(t.n, 2);
	assert_true(take(&t, 1, &w));
	assert_int_equal(w.n, 1);
	assert_int_equal(w.query[0].gen, 1000);
	assert_false(w.more);
}

static void destinations_behind_one_neighbour_wait_together(void **state)
{
	struct waitings t = { .n = 0 };
	struct waiting w;

	(void)state;
	for (uint32_t i = 0; i < WAITING_QUERIES; i++)
		wait_for(&t, 1, 100 + i, 1);
	assert_int_equal(t.n, 1);
	wait_for(&t, 1, 100, 2);
	wait_for(&t, 1, 99, 2);
	assert_true(take(&t, 1, &w));
	assert_int_equal(w.n, WAITING_QUERIES);
	assert_int_equal(w.query[0].gen, 2);
	assert_true(w.more);
	assert_false(take(&t, 1, &w));
}

static void each_worker_that_asks_for_a_destination_waits_for_itself(void **state)
{
	struct nexthop_link links[2];
	struct nexthop_query query = { .dst = addr_from_v4(1), .gen = 1 };
	const struct addr one = addr_from_v4(1);
	struct waitings t = { .n = 0 };
	struct waiting w;

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		query.link = &links[i % 2];
		waiting_add(&t, IFINDEX, &one, &query, NOW_NS, &w);
	}
	assert_true(take(&t, 1, &w));
	assert_int_equal(w.n, 2);
	assert_ptr_equal(w.query[0].link, &links[0]);
	assert_ptr_equal(w.query[1].link, &links[1]);
}

static void wait_ends_in_time_however_often_it_is_asked_for(void **state)
{
	const struct nexthop_query query = { .dst = addr_from_v4(1), .gen = 2 };
	const struct addr one = addr_from_v4(1);
	struct waitings t = { .n = 0 };
	struct waiting w;

	(void)state;
	wait_for(&t, 1, 1, 1);
	waiting_add(&t, IFINDEX, &one, &query, NOW_NS + WAITING_NS - 1, &w);
	assert_false(waiting_expired(&t, NOW_NS + WAITING_NS - 1, &w));
	assert_true(waiting_expired(&t, NOW_NS + WAITING_NS, &w));
	assert_int_equal(addr_v4_be(&w.addr), 1);
	assert_false(waiting_expired(&t, NOW_NS + WAITING_NS, &w));
}

static void newcomer_pushes_the_oldest_out_when_all_places_are_taken(void **state)
{
	struct nexthop_query query = { .gen = 1 };
	struct waitings t = { .n = 0 };
	struct waiting w;

	(void)state;
	for (uint32_t i = 0; i < WAITING_MAX; i++) {
		query.dst = addr_from_v4(i);
		assert_false(waiting_add(&t, IFINDEX, &query.dst, &query,
					 NOW_NS + i, &w));
	}
	query.dst = addr_from_v4(WAITING_MAX);
	assert_true(waiting_add(&t, IFINDEX, &query.dst, &query,
				NOW_NS + WAITING_MAX, &w));
	assert_int_equal(addr_v4_be(&w.addr), 0);
	assert_true(take(&t, WAITING_MAX, &w));
	assert_int_equal(addr_v4_be(&w.query[0].dst), WAITING_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbour_that_nobody_uses_changes_nothing),
		cmocka_unit_test(same_mac_is_no_change_and_another_is),
		cmocka_unit_test(
			neighbour_that_failed_changes_once_and_is_forgotten),
		cmocka_unit_test(
			same_address_behind_another_interface_is_another),
		cmocka_unit_test(
			neighbour_is_idle_when_it_was_not_asked_for_in_time),
		cmocka_unit_test(neighbours_beyond_the_table_are_not_watched),
		cmocka_unit_test(
			dead_neighbour_waits_once_under_a_thousand_generations),
		cmocka_unit_test(destinations_behind_one_neighbour_wait_together),
		cmocka_unit_test(
			each_worker_that_asks_for_a_destination_waits_for_itself),
		cmocka_unit_test(wait_ends_in_time_however_often_it_is_asked_for),
		cmocka_unit_test(
			newcomer_pushes_the_oldest_out_when_all_places_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
