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

static struct dp_sa sa(uint8_t number, uint64_t pkts, uint64_t bytes)
{
	struct dp_sa one = { .status.pkts = pkts, .status.bytes = bytes };

	one.id.daddr.octets[0] = number;
	return one;
}

static void look(struct rates *r, const struct dp_sa *sas, size_t n,
		 uint64_t now_ns)
{
	struct dp_msg_sas m = { .len = 0 };
	struct dp_sas all = { .n = 0 };

	for (size_t i = 0; i < n; i++)
		assert_true(dp_sas_put(&m, &sas[i]));
	assert_int_equal(dp_sas_add(&all, &m), 0);
	rates_take(r, &all, now_ns);
	dp_sas_free(&all);
}

static void look_at(struct rates *r, struct dp_sa one, uint64_t now_ns)
{
	look(r, &one, 1, now_ns);
}

static void assert_rate(const struct rates *r, uint8_t number, uint64_t pkts_s,
			uint64_t bits_s)
{
	const struct dp_sa one = sa(number, 0, 0);
	struct sa_status s;

	rates_put(r, &one.id, &s);
	assert_int_equal(s.pkts_s, pkts_s);
	assert_int_equal(s.bits_s, bits_s);
}

static void first_look_knows_no_rate(void **state)
{
	assert_rate(*state, 1, STATUS_NO_RATE, STATUS_NO_RATE);
	look_at(*state, sa(1, 100, 1000), T0);
	assert_rate(*state, 1, STATUS_NO_RATE, STATUS_NO_RATE);
}

static void rate_is_what_came_between_two_looks(void **state)
{
	look_at(*state, sa(1, 100, 1000), T0);
	look_at(*state, sa(1, 150, 26000), T0 + 10 * NS_PER_S);
	assert_rate(*state, 1, 5, 20000);
}

static void look_right_after_another_shows_the_same(void **state)
{
	look_at(*state, sa(1, 0, 0), T0);
	look_at(*state, sa(1, 50, 5000), T0 + RATES_S * NS_PER_S);
	assert_rate(*state, 1, 10, 8000);
	look_at(*state, sa(1, 9999, 99999), T0 + 2 * RATES_S * NS_PER_S - 1);
	assert_rate(*state, 1, 10, 8000);
	look_at(*state, sa(1, 55, 5000), T0 + 2 * RATES_S * NS_PER_S);
	assert_rate(*state, 1, 1, 0);
}

static void new_sa_has_carried_all_of_it_since(void **state)
{
	const struct dp_sa all[] = { sa(3, 10, 100), sa(1, 50, 500),
				     sa(2, 7, 7) };

	look_at(*state, sa(2, 7, 7), T0);
	look(*state, all, 3, T0 + 10 * NS_PER_S);
	assert_rate(*state, 1, 5, 400);
	assert_rate(*state, 2, 0, 0);
	assert_rate(*state, 3, 1, 80);
}

static void new_sa_has_no_rate_before_a_look_is_due(void **state)
{
	const struct dp_sa all[] = { sa(1, 50, 500), sa(2, 7, 7) };

	look_at(*state, sa(2, 7, 7), T0);
	look(*state, all, 2, T0 + NS_PER_S);
	assert_rate(*state, 1, STATUS_NO_RATE, STATUS_NO_RATE);
}

static void sa_that_counts_from_0_again_is_a_new_one(void **state)
{
	look_at(*state, sa(1, 1000, 100000), T0);
	look_at(*state, sa(1, 20, 2000), T0 + 10 * NS_PER_S);
	assert_rate(*state, 1, 2, 1600);
}

static void without_sas_nothing_happens(void **state)
{
	look(*state, NULL, 0, T0);
	look(*state, NULL, 0, T0 + 10 * NS_PER_S);
	look_at(*state, sa(1, 10, 100), T0 + 20 * NS_PER_S);
	assert_rate(*state, 1, 1, 80);
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
