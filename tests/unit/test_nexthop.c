// SPDX-License-Identifier: BSD-2-Clause
/*
 * The worker's cache of next hops: when it asks, how long an answer holds.
 * The test is the resolver, and its time is a number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctrl/dp/nexthop.h"

#define DST    0x0700020aU
#define NOW_NS 5000000000ULL

struct fixture {
	struct nexthop_link link;
	struct nexthop_cache cache;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || nexthop_link_init(&f->link))
		return -1;
	nexthop_cache_init(&f->cache, &f->link);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	nexthop_link_fini(&f->link);
	free(f);
	return 0;
}

static enum nexthop_kind kind_at(struct fixture *f, uint64_t now_ns)
{
	return nexthop_lookup(&f->cache, DST, now_ns)->kind;
}

/* Questions since the last call. */
static uint32_t asked(struct fixture *f)
{
	struct nexthop_query query;
	uint32_t n = 0;

	while (spsc_pop(&f->link.queries, &query))
		n++;
	return n;
}

static void answer(struct fixture *f, enum nexthop_kind kind)
{
	const struct nexthop nh = {
		.dst_be = DST,
		.gen = 1,
		.kind = kind,
		.ifindex = 4,
		.expires_ns = NOW_NS + NH_RETRY_NS,
	};

	assert_true(spsc_push(&f->link.answers, &nh));
	assert_int_equal(nexthop_learn(&f->cache), 1);
}

static void unknown_destination_is_pending_and_asked_for_once(void **state)
{
	struct fixture *f = *state;
	struct nexthop_query query;

	assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
	assert_int_equal(kind_at(f, NOW_NS + NH_RETRY_NS - 1), NH_PENDING);
	assert_true(spsc_pop(&f->link.queries, &query));
	assert_int_equal(query.dst_be, DST);
	assert_int_equal(query.gen, 1);
	assert_int_equal(asked(f), 0);
}

static void question_without_an_answer_is_asked_again_in_time(void **state)
{
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	assert_int_equal(asked(f), 1);
	assert_int_equal(kind_at(f, NOW_NS + NH_RETRY_NS), NH_PENDING);
	assert_int_equal(asked(f), 1);
}

static void port_and_host_hold_until_the_generation_changes(void **state)
{
	static const enum nexthop_kind kinds[] = { NH_PORT, NH_HOST };
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 2; i++) {
		atomic_store(&f->link.fib_gen, 1);
		kind_at(f, NOW_NS);
		asked(f);
		answer(f, kinds[i]);
		assert_int_equal(kind_at(f, UINT64_MAX), kinds[i]);
		assert_int_equal(asked(f), 0);
		atomic_store(&f->link.fib_gen, 2);
		assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
		assert_int_equal(asked(f), 1);
	}
}

static void refusal_holds_until_it_expires(void **state)
{
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	asked(f);
	answer(f, NH_NONE);
	assert_int_equal(kind_at(f, NOW_NS + NH_RETRY_NS - 1), NH_NONE);
	assert_int_equal(asked(f), 0);
	assert_int_equal(kind_at(f, NOW_NS + NH_RETRY_NS), NH_PENDING);
	assert_int_equal(asked(f), 1);
}

static void answer_to_no_question_is_not_kept(void **state)
{
	struct fixture *f = *state;

	answer(f, NH_PORT);
	assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
}

static void answer_of_an_older_generation_is_not_kept(void **state)
{
	struct fixture *f = *state;

	atomic_store(&f->link.fib_gen, 2);
	kind_at(f, NOW_NS);
	asked(f);
	answer(f, NH_PORT);
	assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
	assert_int_equal(asked(f), 0);
}

/* Ten times as many as there is room for: each is answered for itself. */
static void more_destinations_than_entries_still_get_their_own(void **state)
{
	struct fixture *f = *state;
	struct nexthop nh = { .gen = 1, .kind = NH_PORT };

	for (uint32_t i = 0; i < 10 * NH_SETS * NH_WAYS; i++) {
		nh.dst_be = i * 7919U;
		nh.ifindex = i + 1;
		nexthop_lookup(&f->cache, nh.dst_be, NOW_NS);
		assert_int_equal(asked(f), 1);
		assert_true(spsc_push(&f->link.answers, &nh));
		nexthop_learn(&f->cache);
		assert_int_equal(
			nexthop_lookup(&f->cache, nh.dst_be, NOW_NS)->ifindex,
			nh.ifindex);
		assert_int_equal(asked(f), 0);
	}
}

static void question_that_found_the_queue_full_is_asked_later(void **state)
{
	static const struct nexthop_query other = { .dst_be = 1, .gen = 1 };
	struct fixture *f = *state;

	while (spsc_push(&f->link.queries, &other))
		;
	assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
	asked(f);
	assert_int_equal(kind_at(f, NOW_NS + NH_RETRY_NS), NH_PENDING);
	assert_int_equal(asked(f), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(unknown_destination_is_pending_and_asked_for_once),
		CASE(question_without_an_answer_is_asked_again_in_time),
		CASE(port_and_host_hold_until_the_generation_changes),
		CASE(refusal_holds_until_it_expires),
		CASE(answer_to_no_question_is_not_kept),
		CASE(answer_of_an_older_generation_is_not_kept),
		CASE(more_destinations_than_entries_still_get_their_own),
		CASE(question_that_found_the_queue_full_is_asked_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
