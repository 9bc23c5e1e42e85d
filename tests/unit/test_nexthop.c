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

#include <arpa/inet.h>
#include <errno.h>
#include <sys/resource.h>

#include "ctrl/dp/nexthop.h"

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

/* Numbered, network order. */
static struct addr host(uint32_t v4_be)
{
	return addr_from_v4(v4_be);
}

static struct addr dst(void)
{
	return host(htonl(0x0a020007));
}

static const struct nexthop *lookup(struct fixture *f, struct addr to,
				    uint64_t now_ns)
{
	return nexthop_lookup(&f->cache, &to, now_ns);
}

static enum nexthop_kind kind_at(struct fixture *f, uint64_t now_ns)
{
	return lookup(f, dst(), now_ns)->kind;
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
		.dst = dst(),
		.gen = 1,
		.kind = kind,
		.ifindex = 4,
		.renew_ns = kind == NH_PORT ? NOW_NS + NH_HOLD_NS / 2 : 0,
		.expires_ns =
			NOW_NS + (kind == NH_PORT ? NH_HOLD_NS : NH_RETRY_NS),
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
	assert_int_equal(addr_v4_be(&query.dst), htonl(0x0a020007));
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
		atomic_store(&f->link.fib.gen, 1);
		kind_at(f, NOW_NS);
		asked(f);
		answer(f, kinds[i]);
		assert_int_equal(kind_at(f, NOW_NS + NH_HOLD_NS / 2 - 1),
				 kinds[i]);
		assert_int_equal(asked(f), 0);
		atomic_store(&f->link.fib.gen, 2);
		assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
		assert_int_equal(asked(f), 1);
	}
}

static void way_to_the_host_holds_for_ever(void **state)
{
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	asked(f);
	answer(f, NH_HOST);
	assert_int_equal(kind_at(f, UINT64_MAX), NH_HOST);
	assert_int_equal(asked(f), 0);
}

static void neighbour_in_use_is_asked_for_anew_while_it_holds(void **state)
{
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	asked(f);
	answer(f, NH_PORT);
	assert_int_equal(kind_at(f, NOW_NS + NH_HOLD_NS / 2), NH_PORT);
	assert_int_equal(asked(f), 1);
	assert_int_equal(kind_at(f, NOW_NS + NH_HOLD_NS / 2), NH_PORT);
	assert_int_equal(asked(f), 0);
}

/* The resolver may have ceased to watch it. */
static void neighbour_that_was_long_unused_holds_no_more(void **state)
{
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	asked(f);
	answer(f, NH_PORT);
	assert_int_equal(kind_at(f, NOW_NS + NH_HOLD_NS), NH_PENDING);
	assert_int_equal(asked(f), 1);
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

	atomic_store(&f->link.fib.gen, 2);
	kind_at(f, NOW_NS);
	asked(f);
	answer(f, NH_PORT);
	assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
	assert_int_equal(asked(f), 0);
}

static void change_route(struct fixture *f, const char *text)
{
	struct prefix route;

	assert_int_equal(prefix_parse(text, &route), 0);
	fib_advance(&f->link.fib, &route);
}

static void answer_holds_while_routes_to_others_change(void **state)
{
	static const enum nexthop_kind kinds[] = { NH_PORT, NH_HOST, NH_NONE };
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 3; i++) {
		fib_init(&f->link.fib);
		kind_at(f, NOW_NS);
		asked(f);
		answer(f, kinds[i]);
		for (uint32_t k = 0; k < 2 * FIB_CHANGES; k++) {
			change_route(f, "13.0.0.0/24");
			assert_int_equal(kind_at(f, NOW_NS), kinds[i]);
		}
		assert_int_equal(asked(f), 0);
		change_route(f, "10.2.0.0/24");
		assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
		assert_int_equal(asked(f), 1);
	}
}

static void answer_is_kept_that_was_asked_for_before_others_changed(void **state)
{
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	change_route(f, "13.0.0.0/24");
	assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
	assert_int_equal(asked(f), 1);
	answer(f, NH_PORT);
	assert_int_equal(kind_at(f, NOW_NS), NH_PORT);
	assert_int_equal(asked(f), 0);
}

/* The renewal's, while changes of no concern moved the entry on. */
static void answer_to_a_renewal_is_kept_likewise(void **state)
{
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	answer(f, NH_PORT);
	asked(f);
	kind_at(f, NOW_NS + NH_HOLD_NS / 2);
	assert_int_equal(asked(f), 1);
	change_route(f, "13.0.0.0/24");
	kind_at(f, NOW_NS + NH_HOLD_NS / 2);
	answer(f, NH_HOST);
	assert_int_equal(kind_at(f, NOW_NS), NH_HOST);
}

static void answer_is_not_kept_that_a_change_concerns(void **state)
{
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	change_route(f, "10.2.0.0/24");
	kind_at(f, NOW_NS);
	assert_int_equal(asked(f), 2);
	answer(f, NH_PORT);
	assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
}

static void wish_is_asked_for_before_a_packet_needs_it(void **state)
{
	const struct nexthop wish = { .dst = dst(), .kind = NH_PENDING };
	struct fixture *f = *state;

	assert_true(spsc_push(&f->link.answers, &wish));
	assert_int_equal(nexthop_learn(&f->cache), 1);
	assert_int_equal(asked(f), 1);
	answer(f, NH_HOST);
	assert_int_equal(kind_at(f, NOW_NS), NH_HOST);
	assert_int_equal(asked(f), 0);
}

static void each_source_has_an_answer_of_its_own(void **state)
{
	const struct addr to = dst(), sources[] = { host(1), host(2) };
	struct fixture *f = *state;
	struct nexthop nh = { .dst = to,
			      .gen = 1,
			      .kind = NH_PORT,
			      .expires_ns = NOW_NS + NH_HOLD_NS };

	atomic_store(&f->link.by_source, true);
	for (uint32_t i = 0; i < 2; i++) {
		nexthop_lookup_ours(&f->cache, &to, &sources[i], NOW_NS);
		assert_int_equal(asked(f), 1);
		nh.src = sources[i];
		nh.ifindex = i + 1;
		assert_true(spsc_push(&f->link.answers, &nh));
		nexthop_learn(&f->cache);
	}
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(nexthop_lookup_ours(&f->cache, &to,
						     &sources[i], NOW_NS)
					 ->ifindex,
				 i + 1);
	assert_int_equal(kind_at(f, NOW_NS), NH_PENDING);
}

static void source_counts_for_nothing_without_a_rule_for_it(void **state)
{
	const struct addr to = dst(), source = host(1);
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	asked(f);
	answer(f, NH_PORT);
	assert_int_equal(
		nexthop_lookup_ours(&f->cache, &to, &source, NOW_NS)->kind,
		NH_PORT);
	assert_int_equal(asked(f), 0);
}

static void wish_has_a_source_where_that_matters(void **state)
{
	const struct nexthop wish = { .dst = dst(),
				      .src = host(1),
				      .kind = NH_PENDING };
	struct fixture *f = *state;
	struct nexthop_query query;

	atomic_store(&f->link.by_source, true);
	assert_true(spsc_push(&f->link.answers, &wish));
	nexthop_learn(&f->cache);
	assert_true(spsc_pop(&f->link.queries, &query));
	assert_true(addr_equal(&query.src, &wish.src));
}

static void wish_for_what_is_known_changes_nothing(void **state)
{
	const struct nexthop wish = { .dst = dst(), .kind = NH_PENDING };
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	asked(f);
	answer(f, NH_HOST);
	assert_true(spsc_push(&f->link.answers, &wish));
	nexthop_learn(&f->cache);
	assert_int_equal(kind_at(f, NOW_NS), NH_HOST);
	assert_int_equal(asked(f), 0);
}

/* Ten times as many as there is room for: each is answered for itself. */
static void more_destinations_than_entries_still_get_their_own(void **state)
{
	struct fixture *f = *state;
	struct nexthop nh = { .gen = 1,
			      .kind = NH_PORT,
			      .expires_ns = NOW_NS + NH_HOLD_NS };

	for (uint32_t i = 0; i < 10 * NH_SETS * NH_WAYS; i++) {
		nh.dst = host(i * 7919U);
		nh.ifindex = i + 1;
		lookup(f, nh.dst, NOW_NS);
		assert_int_equal(asked(f), 1);
		assert_true(spsc_push(&f->link.answers, &nh));
		nexthop_learn(&f->cache);
		assert_int_equal(lookup(f, nh.dst, NOW_NS)->ifindex, nh.ifindex);
		assert_int_equal(asked(f), 0);
	}
}

/* Asks for n addresses from first on, step apart, and answers all of them. */
static void know(struct fixture *f, uint32_t first, uint32_t n, uint32_t step)
{
	struct nexthop nh = { .kind = NH_PORT,
			      .expires_ns = NOW_NS + NH_HOLD_NS };
	struct nexthop_query query;

	for (uint32_t i = 0; i < n; i++)
		lookup(f, host(htonl(first + i * step)), NOW_NS);
	while (spsc_pop(&f->link.queries, &query)) {
		nh.dst = query.dst;
		nh.gen = query.gen;
		assert_true(spsc_push(&f->link.answers, &nh));
	}
	nexthop_learn(&f->cache);
}

/* How many of them are known. */
static uint32_t known(struct fixture *f, uint32_t first, uint32_t n,
		      uint32_t step)
{
	const struct nexthop *nh;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		nh = lookup(f, host(htonl(first + i * step)), NOW_NS);
		sum += nh->kind == NH_PORT;
	}
	return sum;
}

static void all_hosts_of_a_network_of_24_bits_are_known_at_once(void **state)
{
	struct fixture *f = *state;

	know(f, 0x0a010000U, 256, 1);
	assert_int_equal(known(f, 0x0a010000U, 256, 1), 256);
}

/* A half full table, from one network of 16 bits, in several patterns. */
static void hosts_of_a_network_of_16_bits_spread_over_the_table(void **state)
{
	static const uint32_t steps[] = { 1, 2, 16, 100, 127, 128 };
	struct fixture *f = *state;
	const uint32_t n = NH_SETS * NH_WAYS / 2;

	for (uint32_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		nexthop_cache_init(&f->cache, &f->link);
		know(f, 0x0a010000U, n, steps[i]);
		assert_true(known(f, 0x0a010000U, n, steps[i]) >= n * 9 / 10);
		asked(f);
	}
}

static void question_is_not_pushed_out_while_there_are_other_victims(void **state)
{
	struct fixture *f = *state;

	kind_at(f, NOW_NS);
	asked(f);
	for (uint32_t i = 0; i < 10 * NH_SETS * NH_WAYS; i++)
		know(f, i * 7919U, 1, 1);
	answer(f, NH_PORT);
	assert_int_equal(kind_at(f, NOW_NS), NH_PORT);
	assert_int_equal(asked(f), 0);
}

static void link_without_descriptors_says_so(void **state)
{
	struct nexthop_link link;
	struct rlimit was, none;
	int err;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = was.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	err = nexthop_link_init(&link);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_int_equal(err, -EMFILE);
}

static void question_that_found_the_queue_full_is_asked_later(void **state)
{
	const struct nexthop_query other = { .dst = host(1), .gen = 1 };
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
		CASE(way_to_the_host_holds_for_ever),
		CASE(neighbour_in_use_is_asked_for_anew_while_it_holds),
		CASE(neighbour_that_was_long_unused_holds_no_more),
		CASE(refusal_holds_until_it_expires),
		CASE(answer_to_no_question_is_not_kept),
		CASE(answer_of_an_older_generation_is_not_kept),
		CASE(answer_holds_while_routes_to_others_change),
		CASE(answer_is_kept_that_was_asked_for_before_others_changed),
		CASE(answer_to_a_renewal_is_kept_likewise),
		CASE(answer_is_not_kept_that_a_change_concerns),
		CASE(wish_is_asked_for_before_a_packet_needs_it),
		CASE(each_source_has_an_answer_of_its_own),
		CASE(source_counts_for_nothing_without_a_rule_for_it),
		CASE(wish_has_a_source_where_that_matters),
		CASE(wish_for_what_is_known_changes_nothing),
		CASE(more_destinations_than_entries_still_get_their_own),
		CASE(all_hosts_of_a_network_of_24_bits_are_known_at_once),
		CASE(hosts_of_a_network_of_16_bits_spread_over_the_table),
		CASE(question_is_not_pushed_out_while_there_are_other_victims),
		CASE(link_without_descriptors_says_so),
		CASE(question_that_found_the_queue_full_is_asked_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
