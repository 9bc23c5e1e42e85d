// SPDX-License-Identifier: BSD-2-Clause
/* Key material: read from text, compared, and wiped. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/base/secret.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static bool is_zeroed(const struct secret *s)
{
	static const struct secret zeros;

	return memcmp(s, &zeros, sizeof(zeros)) == 0;
}

/* "0x" and digits times a hexadecimal digit. */
static const char *text_of(size_t digits)
{
	static char text[2 + 2 * SECRET_MAX_BYTES + 8];

	assert_true(digits < sizeof(text) - 2);
	memset(text, 'a', sizeof(text));
	memcpy(text, "0x", 2);
	text[2 + digits] = '\0';
	return text;
}

static void hexadecimal_text_gives_its_octets(void **state)
{
	static const uint8_t expected[] = { 0x01, 0x23, 0x45, 0x67, 0x89,
					    0xab, 0xcd, 0xef, 0xAB, 0xCD,
					    0xEF, 0x00, 0xff };
	static const char *const texts[] = { "0x0123456789abcdefABCDEF00ff",
					     "0X0123456789abcdefABCDEF00ff" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct secret s;

		assert_int_equal(secret_parse(texts[i], &s), 0);
		assert_int_equal(s.len, sizeof(expected));
		assert_memory_equal(s.octets, expected, sizeof(expected));
	}
}

static void any_other_form_is_refused(void **state)
{
	static const char *const texts[] = {
		"",	  "0",	   "0x",     "x00",	 "00",
		"0x0",	  "0x000", "0x0g",   "0xg0",	 "0x00 ",
		" 0x00",  "0x 00", "0x00\n", "0s00==",	 "0x0:00",
		"0x0x00", "0x-1",  "0x+1",   "0x//",	 "0x::",
		"0x@@",	  "0xGG",  "0x``",   "\xff\xff", "0x\xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct secret s;

		if (secret_parse(texts[i], &s) != -EINVAL)
			fail_msg("\"%s\"", texts[i]);
	}
}

static void every_length_up_to_the_limit_is_taken(void **state)
{
	(void)state;
	for (size_t n = 1; n <= SECRET_MAX_BYTES; n++) {
		struct secret s;

		assert_int_equal(secret_parse(text_of(2 * n), &s), 0);
		assert_int_equal(s.len, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(s.octets[i], 0xaa);
	}
}

static void more_than_the_limit_is_refused(void **state)
{
	struct secret s;

	(void)state;
	assert_int_equal(secret_parse(text_of(2 * SECRET_MAX_BYTES + 2), &s),
			 -E2BIG);
	assert_int_equal(secret_parse(text_of(2 * SECRET_MAX_BYTES + 1), &s),
			 -EINVAL);
}

static void half_a_secret_is_not_left_behind(void **state)
{
	struct secret s;

	(void)state;
	memset(&s, 0xa5, sizeof(s));
	assert_int_equal(secret_parse("0x0123456789abcdeg", &s), -EINVAL);
	assert_true(is_zeroed(&s));
}

static void wiped_secret_is_zeros_in_full(void **state)
{
	struct secret s;

	(void)state;
	memset(&s, 0xa5, sizeof(s));
	s.len = 1;
	secret_wipe(&s);
	assert_true(is_zeroed(&s));
	secret_wipe(NULL);
}

static void secrets_are_equal_in_length_and_every_octet(void **state)
{
	struct secret a, b;

	(void)state;
	assert_int_equal(secret_parse("0x000102030405060708090a0b", &a), 0);
	assert_int_equal(secret_parse("0x000102030405060708090a0b", &b), 0);
	assert_true(secret_equal(&a, &b));
	for (size_t i = 0; i < a.len; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			b.octets[i] ^= (uint8_t)(1U << bit);
			assert_false(secret_equal(&a, &b));
			b.octets[i] ^= (uint8_t)(1U << bit);
		}
	}
	b.len--;
	assert_false(secret_equal(&a, &b));
	assert_false(secret_equal(&b, &a));
}

static void octets_past_the_length_do_not_count(void **state)
{
	struct secret a, b;

	(void)state;
	memset(&a, 0x00, sizeof(a));
	memset(&b, 0xff, sizeof(b));
	assert_int_equal(secret_parse("0x0102", &a), 0);
	assert_int_equal(secret_parse("0x0102", &b), 0);
	assert_true(secret_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hexadecimal_text_gives_its_octets),
		cmocka_unit_test(any_other_form_is_refused),
		cmocka_unit_test(every_length_up_to_the_limit_is_taken),
		cmocka_unit_test(more_than_the_limit_is_refused),
		cmocka_unit_test(half_a_secret_is_not_left_behind),
		cmocka_unit_test(wiped_secret_is_zeros_in_full),
		cmocka_unit_test(secrets_are_equal_in_length_and_every_octet),
		cmocka_unit_test(octets_past_the_length_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
