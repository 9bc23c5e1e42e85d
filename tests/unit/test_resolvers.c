// SPDX-License-Identifier: BSD-2-Clause
/* Which resolvers a host has, by its files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/daemon/resolvers.h"

/* As text, what a resolv.conf with that content says. */
static void assert_read(const char *content, const char *want)
{
	const struct gateway_conf g = { .n_resolvers = 0 };
	char path[] = "/tmp/test_resolvers.XXXXXX", text[RESOLVERS_STR_MAX];
	int fd = mkstemp(path);
	struct resolvers r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
	resolvers_read(&g, path, &r);
	unlink(path);
	assert_string_equal(resolvers_str(&r, text), want);
}

static void nameservers_of_resolv_conf_are_taken(void **state)
{
	(void)state;
	assert_read("# of the provider\n"
		    "search example.net\n"
		    "nameserver 192.0.2.53\n"
		    "nameserver\t2001:db8::53  # the second\n"
		    "options timeout:1\n",
		    "192.0.2.53, 2001:db8::53");
}

static void of_more_than_three_the_first_are_taken(void **state)
{
	(void)state;
	assert_read("nameserver 192.0.2.1\nnameserver 192.0.2.2\n"
		    "nameserver 192.0.2.3\nnameserver 192.0.2.4",
		    "192.0.2.1, 192.0.2.2, 192.0.2.3");
}

static void what_is_no_address_is_left_out(void **state)
{
	(void)state;
	assert_read("nameserver fe80::1%wan0\nnameserver\nnameservers 192.0.2.1\n"
		    "nameserver resolver.example.net\n\n",
		    "");
}

static void without_a_file_there_is_none(void **state)
{
	const struct gateway_conf g = { .n_resolvers = 0 };
	int fds[RESOLVERS_MAX];
	struct resolvers r;
	struct error e;

	(void)state;
	resolvers_read(&g, "/nonexistent/resolv.conf", &r);
	assert_int_equal(r.n, 0);
	assert_false(resolvers_are_local(&r));
	assert_true(resolvers_connect(&r, false, fds, &e) < 0);
	assert_non_null(strstr(e.text, "gateway.resolvers"));
}

static void those_of_the_configuration_come_instead(void **state)
{
	struct gateway_conf g = { .n_resolvers = 1 };
	char text[RESOLVERS_STR_MAX];
	struct resolvers r;

	(void)state;
	assert_int_equal(addr_parse("198.51.100.53", &g.resolvers[0]), 0);
	resolvers_read(&g, "/etc/resolv.conf", &r);
	assert_string_equal(resolvers_str(&r, text), "198.51.100.53");
}

static void resolver_on_this_host_is_told_apart(void **state)
{
	struct resolvers r = { .n = 2 };

	(void)state;
	assert_int_equal(addr_parse("127.0.0.53", &r.at[0]), 0);
	assert_int_equal(addr_parse("::1", &r.at[1]), 0);
	assert_true(resolvers_are_local(&r));
	assert_int_equal(addr_parse("192.0.2.53", &r.at[1]), 0);
	assert_false(resolvers_are_local(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nameservers_of_resolv_conf_are_taken),
		cmocka_unit_test(of_more_than_three_the_first_are_taken),
		cmocka_unit_test(what_is_no_address_is_left_out),
		cmocka_unit_test(without_a_file_there_is_none),
		cmocka_unit_test(those_of_the_configuration_come_instead),
		cmocka_unit_test(resolver_on_this_host_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
