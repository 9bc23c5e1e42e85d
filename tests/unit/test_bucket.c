// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/base/bucket.h"
#include "ctrl/base/clock.h"

#define PER_S 100U
#define BURST 5U
#define START (7 * NS_PER_S)

/* How many can be taken at once. */
static uint32_t take_all(struct bucket *b, uint64_t now_ns)
{
	uint32_t n = 0;

	while (n < 1000 && bucket_take(b, now_ns, PER_S, BURST))
		n++;
	return n;
}

static void new_bucket_is_full(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	assert_int_equal(take_all(&b, START), BURST);
	assert_int_equal(take_all(&b, START), 0);
}

static void token_comes_when_its_time_is_there_and_not_before(void **state)
{
	const uint64_t one_ns = NS_PER_S / PER_S;
	struct bucket b = { 0 };

	(void)state;
	take_all(&b, START);
	assert_int_equal(take_all(&b, START + one_ns - 1), 0);
	assert_int_equal(take_all(&b, START + one_ns), 1);
	assert_int_equal(take_all(&b, START + 3 * one_ns), 2);
}

static void next_token_comes_when_it_says(void **state)
{
	const uint64_t one_ns = NS_PER_S / PER_S;
	struct bucket b = { 0 };

	(void)state;
	assert_true(bucket_next_ns(&b, PER_S, BURST) <= START);
	take_all(&b, START);
	assert_true(bucket_next_ns(&b, PER_S, BURST) == START + one_ns);
	assert_int_equal(take_all(&b, START + one_ns), 1);
}

static void long_pause_gives_no_more_than_the_burst(void **state)
{
	struct bucket b = { 0 };

	(void)state;
	take_all(&b, START);
	assert_int_equal(take_all(&b, START + 3600 * NS_PER_S), BURST);
}

static void rate_holds_over_many_seconds(void **state)
{
	struct bucket b = { 0 };
	uint32_t taken = 0;

	(void)state;
	for (uint64_t ms = 0; ms < 10000; ms++)
		taken += take_all(&b, START + ms * NS_PER_MS);
	assert_in_range(taken, 10 * PER_S, 10 * PER_S + BURST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_bucket_is_full),
		cmocka_unit_test(
			token_comes_when_its_time_is_there_and_not_before),
		cmocka_unit_test(next_token_comes_when_it_says),
		cmocka_unit_test(long_pause_gives_no_more_than_the_burst),
		cmocka_unit_test(rate_holds_over_many_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
