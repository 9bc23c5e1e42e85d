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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(range_falls_into_the_fewest_prefixes),
		cmocka_unit_test(range_that_is_a_prefix_is_written_as_one),
		cmocka_unit_test(what_is_no_range_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
