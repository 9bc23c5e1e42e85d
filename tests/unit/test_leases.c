// SPDX-License-Identifier: BSD-2-Clause
/* Leases as ike tells of them, kept in ctl. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/leases.h"

static struct pool_lease lease_of(const char *pool, const char *addr,
				  bool online)
{
	struct pool_lease l = { .online = online };
	struct error e;

	strcpy(l.pool, pool);
	assert_int_equal(addr_parse(addr, &l.addr), 0);
	assert_int_equal(identity_parse("carol", &l.id, &e), 0);
	return l;
}

static void put(struct leases *l, const char *pool, const char *addr,
		bool online)
{
	const struct pool_lease lease = lease_of(pool, addr, online);

	leases_put(l, &lease);
}

static void assert_counts(const struct leases *l, const char *pool,
			  size_t online, size_t offline)
{
	size_t on, off;

	leases_count(l, pool, &on, &off);
	assert_int_equal(on, online);
	assert_int_equal(off, offline);
}

static int setup(void **state)
{
	*state = leases_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	leases_free(*state);
	return 0;
}

static void last_word_of_an_address_counts(void **state)
{
	struct leases *l = *state;

	put(l, "rw", "10.3.0.1", true);
	put(l, "rw", "10.3.0.2", true);
	put(l, "six", "10.3.0.1", true);
	put(l, "rw", "10.3.0.1", false);
	assert_counts(l, "rw", 1, 1);
	assert_counts(l, "six", 1, 0);
	assert_counts(l, "wr", 0, 0);
}

static void copies_are_in_the_order_of_addresses(void **state)
{
	struct leases *l = *state;
	struct pool_lease *all;
	char text[ADDR_STR_MAX];
	size_t n;

	put(l, "rw", "10.3.1.0", true);
	put(l, "rw", "10.3.0.2", true);
	all = leases_copy(l, &n);
	assert_non_null(all);
	assert_int_equal(n, 2);
	assert_string_equal(addr_str(&all[0].addr, text), "10.3.0.2");
	assert_string_equal(addr_str(&all[1].addr, text), "10.3.1.0");
	free(all);
}

static void only_what_pools_have_is_kept(void **state)
{
	struct leases *l = *state;
	struct pool_conf rw = { .name = "rw" };
	struct range r;

	assert_int_equal(range_parse("10.3.0.0-10.3.0.9", &r), 0);
	pool_set_range(&rw, &r);
	put(l, "rw", "10.3.0.9", true);
	put(l, "rw", "10.3.0.10", true);
	put(l, "six", "10.3.0.9", true);
	leases_keep(l, &rw, 1);
	assert_counts(l, "rw", 1, 0);
	assert_counts(l, "six", 0, 0);
	leases_clear(l);
	assert_counts(l, "rw", 0, 0);
}

/* Whoever says it may be taken over. */
static void what_is_told_is_bounded(void **state)
{
	struct leases *l = *state;
	struct pool_lease lease = lease_of("rw", "10.3.0.1", true), *all;
	size_t n;

	memset(lease.pool, '\n', sizeof(lease.pool));
	lease.id.len = UINT16_MAX;
	leases_put(l, &lease);
	all = leases_copy(l, &n);
	assert_non_null(all);
	assert_int_equal(n, 1);
	assert_int_equal(strlen(all[0].pool), CONN_NAME_MAX - 1);
	assert_int_equal(all[0].pool[0], '?');
	assert_int_equal(all[0].id.len, IKE_ID_MAX);
	free(all);
	for (uint32_t i = 0; i < LEASES_MAX + 10; i++) {
		lease.addr = addr_from_v4(i);
		leases_put(l, &lease);
	}
	all = leases_copy(l, &n);
	assert_int_equal(n, LEASES_MAX);
	free(all);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(last_word_of_an_address_counts),
		CASE(copies_are_in_the_order_of_addresses),
		CASE(only_what_pools_have_is_kept),
		CASE(what_is_told_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
