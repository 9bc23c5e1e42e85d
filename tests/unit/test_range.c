// SPDX-License-Identifier: BSD-2-Clause
/* Ranges of addresses: what is read, how they fall into prefixes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/base/range.h"

static void assert_prefixes(const char *text, const char *expected)
{
	char all[512] = "", one[PREFIX_STR_MAX];
	struct prefix p;
	struct range r;
	bool more = true;

	assert_int_equal(range_parse(text, &r), 0);
	while (more) {
		more = range_next(&r, &p);
		strcat(all, prefix_str(&p, one));
		strcat(all, more ? " " : "");
	}
	assert_string_equal(all, expected);
}

static void range_falls_into_the_fewest_prefixes(void **state)
{
	(void)state;
	assert_prefixes("10.1.0.0/16", "10.1.0.0/16");
	assert_prefixes("10.1.0.5", "10.1.0.5/32");
	assert_prefixes("0.0.0.0-255.255.255.255", "0.0.0.0/0");
	assert_prefixes("10.1.0.5-10.1.0.9",
			"10.1.0.5/32 10.1.0.6/31 10.1.0.8/31");
	assert_prefixes("255.255.255.254-255.255.255.255", "255.255.255.254/31");
	assert_prefixes("2001:db8::1-2001:db8::4",
			"2001:db8::1/128 2001:db8::2/127 2001:db8::4/128");
	assert_prefixes("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0");
}

static void assert_str(const char *text, const char *expected)
{
	char buf[RANGE_STR_MAX];
	struct range r;

	assert_int_equal(range_parse(text, &r), 0);
	assert_string_equal(range_str(&r, buf), expected);
}

static void range_that_is_a_prefix_is_written_as_one(void **state)
{
	(void)state;
	assert_str("10.1.0.0-10.1.0.255", "10.1.0.0/24");
	assert_str("10.1.0.0-10.1.0.254", "10.1.0.0-10.1.0.254");
	assert_str("10.1.0.7-10.1.0.7", "10.1.0.7/32");
	assert_str("::", "::/128");
}

static void what_is_no_range_is_refused(void **state)
{
	struct range r;

	(void)state;
	assert_int_equal(range_parse("10.1.0.9-10.1.0.8", &r), -EDOM);
	assert_int_equal(range_parse("10.1.0.9-2001:db8::1", &r), -EINVAL);
	assert_int_equal(range_parse("10.1.0.9-", &r), -EINVAL);
	assert_int_equal(range_parse("-10.1.0.9", &r), -EINVAL);
	assert_int_equal(range_parse("10.1.0.1/8", &r), -EADDRNOTAVAIL);
	assert_int_equal(range_parse("10.1.0.0/33", &r), -ERANGE);
}

static struct range range_of(const char *text)
{
	struct range r;

	assert_int_equal(range_parse(text, &r), 0);
	return r;
}

static void addresses_of_a_range_are_counted_from_its_first(void **state)
{
	const struct range r = range_of("10.1.0.250-10.1.1.5");
	const struct range v6 = range_of("2001:db8::/64");
	char text[ADDR_STR_MAX];
	struct addr a;

	(void)state;
	assert_int_equal(range_count(&r), 12);
	a = range_at(&r, 0);
	assert_string_equal(addr_str(&a, text), "10.1.0.250");
	a = range_at(&r, 11);
	assert_string_equal(addr_str(&a, text), "10.1.1.5");
	assert_int_equal(range_count(&v6), UINT32_MAX);
	a = range_at(&v6, UINT32_MAX);
	assert_string_equal(addr_str(&a, text), "2001:db8::ffff:ffff");
}

static void range_has_its_ends_and_nothing_of_the_other_family(void **state)
{
	const struct range r = range_of("10.1.0.5-10.1.0.9");
	const struct range low = range_of("::/1");
	const struct {
		const char *range;
		bool overlaps;
	} rows[] = {
		{ "10.1.0.9-10.1.0.20", true },
		{ "10.1.0.1-10.1.0.5", true },
		{ "10.1.0.6", true },
		{ "10.1.0.0/24", true },
		{ "10.1.0.10", false },
		{ "10.1.0.4", false },
		{ "::/0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct range other = range_of(rows[i].range);

		if (range_overlaps(&r, &other) != rows[i].overlaps)
			fail_msg("%s", rows[i].range);
		assert_int_equal(range_overlaps(&other, &r), rows[i].overlaps);
	}
	assert_true(range_has(&r, &r.min));
	assert_true(range_has(&r, &r.max));
	assert_false(range_has(&low, &r.min));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(range_falls_into_the_fewest_prefixes),
		cmocka_unit_test(range_that_is_a_prefix_is_written_as_one),
		cmocka_unit_test(what_is_no_range_is_refused),
		cmocka_unit_test(addresses_of_a_range_are_counted_from_its_first),
		cmocka_unit_test(
			range_has_its_ends_and_nothing_of_the_other_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
