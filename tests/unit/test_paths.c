// SPDX-License-Identifier: BSD-2-Clause
/* The book of narrow paths. Time is a number. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctrl/dp/paths.h"
#include "tests/support/packet.h"

#define NOW_NS 7000000000ULL

struct book {
	struct paths paths;
	struct addr peer, other, ours, second, any;
};

static int setup(void **state)
{
	struct book *b = calloc(1, sizeof(*b));

	if (!b)
		return -1;
	b->peer = addr_of("192.0.2.2");
	b->other = addr_of("2001:db8::2");
	b->ours = addr_of("192.0.2.1");
	b->second = addr_of("198.51.100.1");
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct book *b = *state;

	paths_fini(&b->paths);
	assert_int_equal(b->paths.n, 0);
	free(b);
	return 0;
}

static void path_of_which_nobody_spoke_is_open(void **state)
{
	struct book *b = *state;

	assert_int_equal(paths_mtu(&b->paths, &b->peer, &b->ours), PATH_OPEN);
	assert_true(paths_learn(&b->paths, &b->peer, &b->ours, 1400, NOW_NS));
	assert_int_equal(paths_mtu(&b->paths, &b->peer, &b->ours), 1400);
	assert_int_equal(paths_mtu(&b->paths, &b->other, &b->ours), PATH_OPEN);
	assert_int_equal(paths_mtu(&b->paths, &b->peer, &b->second), PATH_OPEN);
}

static void path_becomes_narrower_and_never_wider(void **state)
{
	struct book *b = *state;

	assert_true(paths_learn(&b->paths, &b->peer, &b->ours, 1400, NOW_NS));
	assert_false(paths_learn(&b->paths, &b->peer, &b->ours, 1400, NOW_NS));
	assert_false(paths_learn(&b->paths, &b->peer, &b->ours, 1401, NOW_NS));
	assert_int_equal(paths_mtu(&b->paths, &b->peer, &b->ours), 1400);
	assert_true(paths_learn(&b->paths, &b->peer, &b->ours, 1300, NOW_NS));
	assert_int_equal(paths_mtu(&b->paths, &b->peer, &b->ours), 1300);
	assert_int_equal(b->paths.n, 1);
}

static void from_any_address_the_least_counts(void **state)
{
	struct book *b = *state;

	paths_learn(&b->paths, &b->peer, &b->ours, 1400, NOW_NS);
	paths_learn(&b->paths, &b->peer, &b->second, 1300, NOW_NS);
	assert_int_equal(paths_mtu(&b->paths, &b->peer, &b->any), 1300);
	assert_int_equal(paths_mtu(&b->paths, &b->peer, &b->ours), 1400);
}

static void after_ten_minutes_it_is_tried_again(void **state)
{
	struct book *b = *state;
	struct addr dst;

	paths_learn(&b->paths, &b->peer, &b->ours, 1400, NOW_NS);
	assert_false(paths_aged(&b->paths, NOW_NS + 600 * NS_PER_S - 1, &dst));
	assert_int_equal(paths_mtu(&b->paths, &b->peer, &b->ours), 1400);
	assert_true(paths_aged(&b->paths, NOW_NS + 600 * NS_PER_S, &dst));
	assert_true(addr_equal(&dst, &b->peer));
	assert_int_equal(paths_mtu(&b->paths, &b->peer, &b->ours), PATH_OPEN);
	assert_false(paths_aged(&b->paths, UINT64_MAX, &dst));
}

/* One that goes on saying so changes nothing: else it would hold for ever. */
static void only_what_is_narrower_begins_its_time_anew(void **state)
{
	struct book *b = *state;
	struct addr dst;

	paths_learn(&b->paths, &b->peer, &b->ours, 1400, NOW_NS);
	paths_learn(&b->paths, &b->other, &b->ours, 1400, NOW_NS + 1);
	paths_learn(&b->paths, &b->other, &b->ours, 1400, NOW_NS + 50);
	paths_learn(&b->paths, &b->peer, &b->ours, 1300, NOW_NS + 100);
	assert_true(paths_aged(&b->paths, NOW_NS + PATHS_AGE_NS + 50, &dst));
	assert_true(addr_equal(&dst, &b->other));
	assert_false(paths_aged(&b->paths, NOW_NS + PATHS_AGE_NS + 50, &dst));
	assert_true(paths_aged(&b->paths, NOW_NS + PATHS_AGE_NS + 100, &dst));
	assert_true(addr_equal(&dst, &b->peer));
}

static struct addr peer_of(uint32_t i)
{
	return addr_from_v4(htonl(0x0a000000U + i));
}

static void where_there_are_too_many_the_oldest_goes(void **state)
{
	struct book *b = *state;

	for (uint32_t i = 0; i < PATHS_MAX + 10; i++) {
		struct addr peer = peer_of(i);

		assert_true(paths_learn(&b->paths, &peer, &b->ours,
					1000 + i % 400, NOW_NS + i));
	}
	assert_int_equal(b->paths.n, PATHS_MAX);
	for (uint32_t i = 0; i < PATHS_MAX + 10; i++) {
		struct addr peer = peer_of(i);

		assert_int_equal(paths_mtu(&b->paths, &peer, &b->ours),
				 i < 10 ? PATH_OPEN : 1000 + i % 400);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(path_of_which_nobody_spoke_is_open),
		CASE(path_becomes_narrower_and_never_wider),
		CASE(from_any_address_the_least_counts),
		CASE(after_ten_minutes_it_is_tried_again),
		CASE(only_what_is_narrower_begins_its_time_anew),
		CASE(where_there_are_too_many_the_oldest_goes),
	};

	return cmocka_run_group_tests_name("paths", tests, NULL, NULL);
}
