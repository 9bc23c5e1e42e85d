// SPDX-License-Identifier: BSD-2-Clause
/*
 * The random pool over a generator of our own: RAND_bytes() below stands
 * before libcrypto's, counts its calls, writes a known stream, and fails when
 * told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/rand.h>

#include "ctrl/crypto/random.h"

static struct {
	uint64_t next; /* octets of the stream written so far */
	unsigned int calls;
	bool broken;
} generator;

/* Never 0, so that a wiped octet is told from one of the stream. */
static uint8_t stream(uint64_t at)
{
	return (uint8_t)(at % 251 + 1);
}

int RAND_bytes(unsigned char *buf, int num)
{
	generator.calls++;
	if (generator.broken)
		return 0;
	for (int i = 0; i < num; i++)
		buf[i] = stream(generator.next++);
	return 1;
}

static int reset(void **state)
{
	static struct random_pool pool;

	memset(&generator, 0, sizeof(generator));
	random_init(&pool);
	*state = &pool;
	return 0;
}

static void octets_are_the_generators_in_order(void **state)
{
	uint8_t out[3 * RANDOM_POOL_BYTES / 2];

	assert_true(random_bytes(*state, out, 16));
	assert_true(random_bytes(*state, out + 16, 8));
	assert_true(random_bytes(*state, out + 24, RANDOM_POOL_BYTES - 24));

	for (size_t i = 0; i < RANDOM_POOL_BYTES; i++)
		assert_int_equal(out[i], stream(i));
}

static void pool_is_filled_once_for_many_ivs(void **state)
{
	uint8_t iv[16];

	for (size_t i = 0; i < RANDOM_POOL_BYTES / sizeof(iv); i++)
		assert_true(random_bytes(*state, iv, sizeof(iv)));
	assert_int_equal(generator.calls, 1);

	assert_true(random_bytes(*state, iv, sizeof(iv)));
	assert_int_equal(generator.calls, 2);
	assert_int_equal(iv[0], stream(RANDOM_POOL_BYTES));
}

static void no_octet_is_given_out_twice(void **state)
{
	uint64_t at = 0;
	uint8_t out[48];

	for (unsigned int i = 0; i < 1000; i++) {
		size_t len = i % sizeof(out) + 1;

		/* What is left of a pool is dropped, never given out again. */
		if (at % RANDOM_POOL_BYTES + len > RANDOM_POOL_BYTES)
			at += RANDOM_POOL_BYTES - at % RANDOM_POOL_BYTES;
		assert_true(random_bytes(*state, out, len));
		for (size_t j = 0; j < len; j++)
			assert_int_equal(out[j], stream(at++));
	}
}

static void octets_given_out_leave_the_pool(void **state)
{
	struct random_pool *pool = *state;
	uint8_t out[100];

	assert_true(random_bytes(pool, out, sizeof(out)));

	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(pool->octets[i], 0);
	assert_int_equal(pool->octets[sizeof(out)], stream(sizeof(out)));
}

static void whole_pool_may_be_asked_for(void **state)
{
	uint8_t out[RANDOM_POOL_BYTES];

	assert_true(random_bytes(*state, out, sizeof(out)));
	assert_int_equal(out[sizeof(out) - 1], stream(sizeof(out) - 1));
}

static void more_than_the_pool_is_refused(void **state)
{
	uint8_t out[RANDOM_POOL_BYTES + 1];

	assert_false(random_bytes(*state, out, sizeof(out)));
	assert_int_equal(generator.calls, 0);
}

static void nothing_is_given_out_when_the_generator_fails(void **state)
{
	uint8_t out[16] = { 0 };

	generator.broken = true;
	assert_false(random_bytes(*state, out, sizeof(out)));
	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], 0);
}

static void pool_lasts_until_empty_when_the_generator_fails(void **state)
{
	uint8_t out[RANDOM_POOL_BYTES / 2];

	assert_true(random_bytes(*state, out, sizeof(out)));
	generator.broken = true;
	assert_true(random_bytes(*state, out, sizeof(out)));
	assert_int_equal(out[0], stream(sizeof(out)));
	assert_false(random_bytes(*state, out, sizeof(out)));
}

static void pool_recovers_with_the_generator(void **state)
{
	uint8_t out[16];

	generator.broken = true;
	assert_false(random_bytes(*state, out, sizeof(out)));
	generator.broken = false;
	assert_true(random_bytes(*state, out, sizeof(out)));
	assert_int_equal(out[0], stream(0));
}

static void init_forgets_what_the_pool_held(void **state)
{
	struct random_pool *pool = *state;
	uint8_t out[16];

	assert_true(random_bytes(pool, out, sizeof(out)));
	random_init(pool);
	for (size_t i = 0; i < RANDOM_POOL_BYTES; i++)
		assert_int_equal(pool->octets[i], 0);
	assert_true(random_bytes(pool, out, sizeof(out)));
	assert_int_equal(out[0], stream(RANDOM_POOL_BYTES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(octets_are_the_generators_in_order, reset),
		cmocka_unit_test_setup(pool_is_filled_once_for_many_ivs, reset),
		cmocka_unit_test_setup(no_octet_is_given_out_twice, reset),
		cmocka_unit_test_setup(octets_given_out_leave_the_pool, reset),
		cmocka_unit_test_setup(whole_pool_may_be_asked_for, reset),
		cmocka_unit_test_setup(more_than_the_pool_is_refused, reset),
		cmocka_unit_test_setup(
			nothing_is_given_out_when_the_generator_fails, reset),
		cmocka_unit_test_setup(
			pool_lasts_until_empty_when_the_generator_fails, reset),
		cmocka_unit_test_setup(pool_recovers_with_the_generator, reset),
		cmocka_unit_test_setup(init_forgets_what_the_pool_held, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
