// SPDX-License-Identifier: BSD-2-Clause
/*
 * The generations of the kernel's routing: what changed concerns whom, held
 * against prefix_contains(); and a reader beside a writer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>

#include "ctrl/dp/fib.h"

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static struct addr addr(const char *text)
{
	return prefix(text).net;
}

static void change_of_a_route_concerns_its_prefix_alone(void **state)
{
	static const char *const routes[] = {
		"0.0.0.0/0",	     "10.0.0.0/8",	"10.2.0.0/24",
		"10.2.0.7/32",	     "128.0.0.0/1",	"2001:db8::/32",
		"2001:db8:1::/64",   "2001:db8:1::/65", "8000::/1",
		"2001:db8:1::7/128",
	};
	static const char *const hosts[] = {
		"10.2.0.7",	 "10.2.1.7",
		"11.0.0.1",	 "192.0.2.1",
		"2001:db8:1::7", "2001:db8:2::7",
		"2001:db8:1::8", "2001:db8:1:0:8000::",
		"fd00::1",
	};
	struct fib fib;

	(void)state;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		for (size_t k = 0; k < sizeof(hosts) / sizeof(hosts[0]); k++) {
			const struct prefix route = prefix(routes[i]);
			const struct addr host = addr(hosts[k]);

			fib_init(&fib);
			fib_advance(&fib, &route);
			if (fib_holds(&fib, &host, 1, 2) ==
			    prefix_contains(&route, &host))
				fail_msg("%s and %s", routes[i], hosts[k]);
			assert_true(fib_holds(&fib, &host, 2, 2));
		}
}

/* And the default route of IPv6, which has no bit that tells. */
static void any_other_change_concerns_everybody(void **state)
{
	const struct addr hosts[] = { addr("10.2.0.7"), addr("2001:db8::7") };
	const struct prefix all = prefix("::/0");
	struct fib fib;

	(void)state;
	fib_init(&fib);
	fib_advance(&fib, NULL);
	fib_advance(&fib, &all);
	for (size_t i = 0; i < 2; i++) {
		assert_false(fib_holds(&fib, &hosts[i], 1, 2));
		assert_false(fib_holds(&fib, &hosts[i], 2, 3));
	}
}

static void change_between_others_is_not_overlooked(void **state)
{
	const struct prefix far = prefix("13.0.0.0/24"),
			    near = prefix("10.2.0.0/24");
	const struct addr host = addr("10.2.0.7");
	struct fib fib;

	(void)state;
	fib_init(&fib);
	for (uint32_t i = 0; i < 20; i++)
		fib_advance(&fib, i == 10 ? &near : &far);
	assert_false(fib_holds(&fib, &host, 11, 21));
	assert_true(fib_holds(&fib, &host, 12, 21));
	assert_true(fib_holds(&fib, &host, 1, 11));
}

static void what_is_not_remembered_may_have_concerned_anybody(void **state)
{
	const struct prefix far = prefix("13.0.0.0/24");
	const struct addr host = addr("10.2.0.7");
	struct fib fib;

	(void)state;
	fib_init(&fib);
	for (uint32_t i = 1; i < FIB_CHANGES; i++)
		fib_advance(&fib, &far);
	assert_true(fib_holds(&fib, &host, 1, FIB_CHANGES));
	fib_advance(&fib, &far);
	assert_false(fib_holds(&fib, &host, 1, FIB_CHANGES + 1));
	/* Written over while it was read. */
	assert_false(fib_holds(&fib, &host, 1, FIB_CHANGES));
}

/* --- beside a writer --- */

#define STEPS 200000U
#define NEAR  1000U /* every so many steps */

struct beside {
	struct fib fib;
	uint32_t overlooked;
};

static void *read_on(void *arg)
{
	struct beside *b = arg;
	const struct addr host = addr("10.2.0.7");
	uint32_t since = 1, gen = 1;

	while (gen < STEPS) {
		gen = fib_gen(&b->fib);
		if (fib_holds(&b->fib, &host, since, gen) &&
		    since / NEAR != gen / NEAR)
			b->overlooked++;
		since = gen;
	}
	return NULL;
}

static void reader_beside_the_writer_overlooks_nothing(void **state)
{
	const struct prefix far = prefix("13.0.0.0/24"),
			    near = prefix("10.2.0.0/24");
	struct beside b = { 0 };
	pthread_t reader;

	(void)state;
	fib_init(&b.fib);
	assert_int_equal(pthread_create(&reader, NULL, read_on, &b), 0);
	for (uint32_t gen = 2; gen <= STEPS; gen++)
		fib_advance(&b.fib, gen % NEAR ? &far : &near);
	pthread_join(reader, NULL);
	assert_int_equal(b.overlooked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_of_a_route_concerns_its_prefix_alone),
		cmocka_unit_test(any_other_change_concerns_everybody),
		cmocka_unit_test(change_between_others_is_not_overlooked),
		cmocka_unit_test(
			what_is_not_remembered_may_have_concerned_anybody),
		cmocka_unit_test(reader_beside_the_writer_overlooks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
