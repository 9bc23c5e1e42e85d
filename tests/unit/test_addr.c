// SPDX-License-Identifier: BSD-2-Clause
/* Addresses and prefixes: tables of texts, and what lies in a prefix. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/base/addr.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), 0);
	return p;
}

static void ipv4_stands_as_ipv4_mapped_ipv6(void **state)
{
	static const uint8_t mapped[16] = { 0, 0, 0,	0,    0,   0, 0, 0,
					    0, 0, 0xff, 0xff, 192, 0, 2, 1 };
	struct addr a = addr_of("192.0.2.1");
	struct addr same = addr_from_v4(htonl(0xc0000201));

	(void)state;
	assert_memory_equal(a.octets, mapped, sizeof(mapped));
	assert_true(addr_is_v4(&a));
	assert_int_equal(addr_v4_be(&a), htonl(0xc0000201));
	assert_true(addr_equal(&a, &same));
}

static void ipv6_is_not_ipv4(void **state)
{
	static const char *const texts[] = { "2001:db8::1", "::", "::1",
					     "::192.0.2.1",
					     "64:ff9b::192.0.2.1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct addr a = addr_of(texts[i]);

		assert_false(addr_is_v4(&a));
		assert_int_equal(addr_v4_be(&a), 0);
	}
}

static void addresses_are_written_as_they_are_read(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0",	   "192.0.2.1",
		"255.255.255.255", "::",
		"2001:db8::1",	   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct addr a = addr_of(texts[i]);
		char buf[ADDR_STR_MAX];

		assert_ptr_equal(addr_str(&a, buf), buf);
		assert_string_equal(buf, texts[i]);
	}
}

static void malformed_address_is_refused(void **state)
{
	static const char *const texts[] = {
		"",	      " 192.0.2.1",   "192.0.2.1 ",    "192.0.2",
		"192.0.2.1.", "192.0.2.256",  "192.0.02.1",    "0x7f.0.0.1",
		"1",	      "192.0.2.1/32", "2001:db8::1::", "2001:db8",
		":::",	      "fe80::1%eth0", "localhost",     "-1.0.0.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct addr a;

		assert_int_equal(addr_parse(texts[i], &a), -EINVAL);
	}
}

static void unequal_addresses_differ_in_any_octet(void **state)
{
	struct addr a = addr_of("2001:db8::1");

	(void)state;
	for (size_t i = 0; i < sizeof(a.octets); i++) {
		struct addr b = a;

		b.octets[i] ^= 1;
		assert_false(addr_equal(&a, &b));
	}
}

static const struct {
	const char *text;
	int err;
	uint8_t bits;
} prefix_texts[] = {
	{ "10.1.0.0/24", 0, 24 },
	{ "10.1.0.0/16", 0, 16 },
	{ "10.1.0.0/17", 0, 17 },
	{ "0.0.0.0/0", 0, 0 },
	{ "128.0.0.0/1", 0, 1 },
	{ "10.1.0.5/32", 0, 32 },
	{ "10.1.0.4/31", 0, 31 },
	/* an address alone has all bits */
	{ "10.1.0.5", 0, 32 },
	{ "2001:db8::5", 0, 128 },
	{ "2001:db8::/32", 0, 32 },
	{ "2001:db8::/127", 0, 127 },
	{ "2001:db8::1/128", 0, 128 },
	{ "::/0", 0, 0 },
	{ "8000::/1", 0, 1 },
	{ "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128", 0, 128 },
	/* more bits than the family has */
	{ "10.1.0.0/33", -ERANGE, 0 },
	{ "10.1.0.0/128", -ERANGE, 0 },
	{ "10.1.0.0/256", -ERANGE, 0 },
	{ "10.1.0.0/4294967320", -ERANGE, 0 },
	{ "10.1.0.0/18446744073709551640", -ERANGE, 0 },
	{ "2001:db8::/129", -ERANGE, 0 },
	/* host bits: a mistake more often than a network */
	{ "10.1.0.5/24", -EADDRNOTAVAIL, 0 },
	{ "10.1.0.1/31", -EADDRNOTAVAIL, 0 },
	{ "10.1.0.0/15", -EADDRNOTAVAIL, 0 },
	{ "128.0.0.0/0", -EADDRNOTAVAIL, 0 },
	{ "0.0.0.1/0", -EADDRNOTAVAIL, 0 },
	{ "2001:db8::1/127", -EADDRNOTAVAIL, 0 },
	{ "2001:db8::/31", 0, 31 },
	{ "2001:db9::/31", -EADDRNOTAVAIL, 0 },
	/* malformed */
	{ "", -EINVAL, 0 },
	{ "/", -EINVAL, 0 },
	{ "/24", -EINVAL, 0 },
	{ "10.1.0.0/", -EINVAL, 0 },
	{ "10.1.0.0/ 24", -EINVAL, 0 },
	{ "10.1.0.0/+24", -EINVAL, 0 },
	{ "10.1.0.0/-1", -EINVAL, 0 },
	{ "10.1.0.0/24 ", -EINVAL, 0 },
	{ "10.1.0.0/24/24", -EINVAL, 0 },
	{ "10.1.0.0/0x18", -EINVAL, 0 },
	{ "10.1.0.0/255.255.255.0", -EINVAL, 0 },
	{ "10.1.0/24", -EINVAL, 0 },
	{ " 10.1.0.0/24", -EINVAL, 0 },
	{ "dynamic", -EINVAL, 0 },
	/* as long as an address's text may be, and longer */
	{ "2001:db8:ffff:ffff:ffff:ffff:255.255.255.2550/64", -EINVAL, 0 },
	{ "2001:db8:ffff:ffff:ffff:ffff:255.255.255.25500/64", -EINVAL, 0 },
	{ "2001:db8:ffff:ffff:ffff:ffff:255.255.255.255000/64", -EINVAL, 0 },
};

static void prefix_texts_give_their_prefix_or_their_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(prefix_texts); i++) {
		struct prefix p;
		int err = prefix_parse(prefix_texts[i].text, &p);

		if (err != prefix_texts[i].err)
			fail_msg("%s: %d", prefix_texts[i].text, err);
		if (err == 0)
			assert_int_equal(p.bits, prefix_texts[i].bits);
	}
}

static void prefixes_are_written_as_they_are_read(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0/0",
		"10.1.0.0/24",
		"255.255.255.255/32",
		"::/0",
		"2001:db8::/32",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct prefix p = prefix_of(texts[i]);
		char buf[PREFIX_STR_MAX];

		assert_ptr_equal(prefix_str(&p, buf), buf);
		assert_string_equal(buf, texts[i]);
	}
}

static void mask_has_as_many_ones_as_the_prefix_has_bits(void **state)
{
	struct prefix p = prefix_of("0.0.0.0/0");

	(void)state;
	for (uint8_t bits = 0; bits <= 32; bits++) {
		uint64_t ones = 0xffffffff00000000ULL >> bits;

		p.bits = bits;
		assert_int_equal(ntohl(prefix_mask_v4_be(&p)), (uint32_t)ones);
	}
}

static void prefix_contains_its_addresses_and_no_others(void **state)
{
	static const struct {
		const char *prefix;
		const char *addr;
		bool inside;
	} rows[] = {
		{ "10.1.0.0/24", "10.1.0.0", true },
		{ "10.1.0.0/24", "10.1.0.255", true },
		{ "10.1.0.0/24", "10.1.1.0", false },
		{ "10.1.0.0/24", "10.0.255.255", false },
		{ "10.1.0.0/23", "10.1.1.255", true },
		{ "10.1.0.0/23", "10.1.2.0", false },
		{ "10.1.0.5/32", "10.1.0.5", true },
		{ "10.1.0.5/32", "10.1.0.4", false },
		{ "128.0.0.0/1", "255.1.2.3", true },
		{ "128.0.0.0/1", "127.255.255.255", false },
		{ "0.0.0.0/0", "0.0.0.0", true },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "2001:db8::/32", "2001:db8:ffff::1", true },
		{ "2001:db8::/32", "2001:db9::", false },
		{ "2001:db8::/127", "2001:db8::1", true },
		{ "2001:db8::/127", "2001:db8::2", false },
		{ "::/0", "ffff::", true },
		/* never across the families */
		{ "0.0.0.0/0", "::", false },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "10.1.0.1", false },
		{ "::/64", "10.1.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct prefix p = prefix_of(rows[i].prefix);
		struct addr a = addr_of(rows[i].addr);

		if (prefix_contains(&p, &a) != rows[i].inside)
			fail_msg("%s in %s", rows[i].addr, rows[i].prefix);
	}
}

static void prefix_agrees_with_its_mask(void **state)
{
	(void)state;
	srandom(1);
	for (unsigned int n = 0; n < 100000; n++) {
		uint32_t net = (uint32_t)random() << 1;
		uint32_t near = net ^ (uint32_t)(1ULL << random() % 33);
		struct prefix p = { .bits = (uint8_t)(random() % 33) };
		struct addr a = addr_from_v4(htonl(near));
		uint32_t mask = ntohl(prefix_mask_v4_be(&p));

		p.net = addr_from_v4(htonl(net & mask));
		assert_true(prefix_contains(&p, &a) ==
			    ((near & mask) == (net & mask)));
	}
}

static void port_of_ipv6_stands_behind_brackets(void **state)
{
	char buf[END_STR_MAX];
	struct addr a;

	(void)state;
	a = addr_from_v4(htonl(0xc0000201));
	assert_string_equal(end_str(&a, 500, buf), "192.0.2.1:500");
	memset(&a, 0xff, sizeof(a));
	assert_string_equal(end_str(&a, 65535, buf),
			    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_stands_as_ipv4_mapped_ipv6),
		cmocka_unit_test(ipv6_is_not_ipv4),
		cmocka_unit_test(addresses_are_written_as_they_are_read),
		cmocka_unit_test(malformed_address_is_refused),
		cmocka_unit_test(unequal_addresses_differ_in_any_octet),
		cmocka_unit_test(prefix_texts_give_their_prefix_or_their_error),
		cmocka_unit_test(prefixes_are_written_as_they_are_read),
		cmocka_unit_test(mask_has_as_many_ones_as_the_prefix_has_bits),
		cmocka_unit_test(prefix_contains_its_addresses_and_no_others),
		cmocka_unit_test(prefix_agrees_with_its_mask),
		cmocka_unit_test(port_of_ipv6_stands_behind_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
