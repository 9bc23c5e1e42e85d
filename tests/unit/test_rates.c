// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rates of SAs between two looks at what they have carried so far.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/base/clock.h"
#include "ctrl/daemon/rates.h"

#define T0 (1000 * NS_PER_S)

static int start(void **state)
{
	*state = rates_new();
	return *state ? 0 : -1;
}

static int stop(void **state)
{
	rates_free(*state);
	return 0;
}

/* Their ids are in the order of their numbers. */
static struct dp_msg_sa sa(uint8_t number, uint64_t pkts, uint64_t bytes)
{
	struct dp_msg_sa m = { .status.pkts = pkts, .status.bytes = bytes };

	m.id.daddr.octets[0] = number;
	return m;
}

static void assert_rate(const struct dp_msg_sa *m, uint64_t pkts_s,
			uint64_t bits_s)
{
	assert_int_equal(m->status.pkts_s, pkts_s);
	assert_int_equal(m->status.bits_s, bits_s);
}

static void first_look_knows_no_rate(void **state)
{
	struct dp_msg_sa m = sa(1, 100, 1000);

	rates_take(*state, &m, 1, T0);
	assert_rate(&m, STATUS_NO_RATE, STATUS_NO_RATE);
}

static void rate_is_what_came_between_two_looks(void **state)
{
	struct dp_msg_sa m = sa(1, 100, 1000);

	rates_take(*state, &m, 1, T0);
	m = sa(1, 150, 26000);
	rates_take(*state, &m, 1, T0 + 10 * NS_PER_S);
	assert_rate(&m, 5, 20000);
}

static void look_right_after_another_shows_the_same(void **state)
{
	struct dp_msg_sa m = sa(1, 0, 0);

	rates_take(*state, &m, 1, T0);
	m = sa(1, 50, 5000);
	rates_take(*state, &m, 1, T0 + RATES_S * NS_PER_S);
	assert_rate(&m, 10, 8000);
	m = sa(1, 9999, 99999);
	rates_take(*state, &m, 1, T0 + 2 * RATES_S * NS_PER_S - 1);
	assert_rate(&m, 10, 8000);
	m = sa(1, 55, 5000);
	rates_take(*state, &m, 1, T0 + 2 * RATES_S * NS_PER_S);
	assert_rate(&m, 1, 0);
}

static void new_sa_has_carried_all_of_it_since(void **state)
{
	struct dp_msg_sa one[] = { sa(2, 7, 7) };
	struct dp_msg_sa all[] = { sa(1, 50, 500), sa(2, 7, 7), sa(3, 10, 100) };

	rates_take(*state, one, 1, T0);
	rates_take(*state, all, 3, T0 + 10 * NS_PER_S);
	assert_rate(&all[0], 5, 400);
	assert_rate(&all[1], 0, 0);
	assert_rate(&all[2], 1, 80);
}

static void new_sa_has_no_rate_before_a_look_is_due(void **state)
{
	struct dp_msg_sa all[] = { sa(1, 50, 500), sa(2, 7, 7) };

	rates_take(*state, &all[1], 1, T0);
	rates_take(*state, all, 2, T0 + NS_PER_S);
	assert_rate(&all[0], STATUS_NO_RATE, STATUS_NO_RATE);
}

static void sa_that_counts_from_0_again_is_a_new_one(void **state)
{
	struct dp_msg_sa m = sa(1, 1000, 100000);

	rates_take(*state, &m, 1, T0);
	m = sa(1, 20, 2000);
	rates_take(*state, &m, 1, T0 + 10 * NS_PER_S);
	assert_rate(&m, 2, 1600);
}

static void without_sas_nothing_happens(void **state)
{
	struct dp_msg_sa m = sa(1, 10, 100);

	rates_take(*state, NULL, 0, T0);
	rates_take(*state, NULL, 0, T0 + 10 * NS_PER_S);
	rates_take(*state, &m, 1, T0 + 20 * NS_PER_S);
	assert_rate(&m, 1, 80);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(first_look_knows_no_rate),
		CASE(rate_is_what_came_between_two_looks),
		CASE(look_right_after_another_shows_the_same),
		CASE(new_sa_has_carried_all_of_it_since),
		CASE(new_sa_has_no_rate_before_a_look_is_due),
		CASE(sa_that_counts_from_0_again_is_a_new_one),
		CASE(without_sas_nothing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
