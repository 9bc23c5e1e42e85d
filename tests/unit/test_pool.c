// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pools of virtual IPs: what is in them, who gets which address, and what becomes
 * of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/pool.h"

struct books {
	struct engine *e;
	struct pool_lease last; /* that was told of */
	unsigned int n_told;
};

static void on_lease(void *ctx, const struct pool_lease *l)
{
	struct books *b = ctx;

	b->last = *l;
	b->n_told++;
}

static int setup(void **state)
{
	struct books *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->e = calloc(1, sizeof(*b->e));
	assert_non_null(b->e);
	b->e->calls.lease = on_lease;
	b->e->calls.ctx = b;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct books *b = *state;

	pools_free(b->e);
	free(b->e);
	free(b);
	return 0;
}

static struct pool_conf conf_of(const char *name, const char *addrs)
{
	struct pool_conf c = { .n_attrs = 0 };
	struct prefix p;
	struct range r;

	snprintf(c.name, sizeof(c.name), "%s", name);
	if (!prefix_parse(addrs, &p)) {
		pool_set_prefix(&c, &p);
	} else {
		assert_int_equal(range_parse(addrs, &r), 0);
		pool_set_range(&c, &r);
	}
	return c;
}

static struct pool *load(struct books *b, const char *name, const char *addrs)
{
	const struct pool_conf c = conf_of(name, addrs);

	assert_int_equal(engine_load_pool(b->e, &c), 0);
	return pool_by_name(b->e, name);
}

static struct identity id_of(const char *text)
{
	struct identity id;
	struct error e;

	assert_int_equal(identity_parse(text, &id, &e), 0);
	return id;
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct lease *take(struct pool *p, const char *id, const char *wish)
{
	struct identity who = id_of(id);
	struct addr a;

	if (wish)
		a = addr_of(wish);
	return lease_take(p, &who, wish ? &a : NULL);
}

static void assert_lease(const struct lease *l, const char *addr)
{
	char text[ADDR_STR_MAX];

	assert_non_null(l);
	assert_string_equal(addr_str(lease_addr(l), text), addr);
}

/* --- what is in it */

static void prefix_keeps_its_first_and_last_address(void **state)
{
	static const struct {
		const char *addrs, *base, *range;
	} rows[] = {
		{ "10.3.0.0/28", "10.3.0.0", "10.3.0.1-10.3.0.14" },
		{ "10.3.0.0/30", "10.3.0.0", "10.3.0.1-10.3.0.2" },
		{ "10.3.0.4/31", "10.3.0.4", "10.3.0.4/31" },
		{ "10.3.0.4", "10.3.0.4", "10.3.0.4/32" },
		{ "10.3.0.0-10.3.0.15", "10.3.0.0", "10.3.0.0/28" },
		{ "2001:db8::/126", "2001:db8::", "2001:db8::1-2001:db8::2" },
	};
	char text[RANGE_STR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct pool_conf c = conf_of("rw", rows[i].addrs);

		assert_string_equal(range_str(&c.addrs, text), rows[i].range);
		assert_string_equal(addr_str(&c.base, text), rows[i].base);
	}
}

static void pools_are_equal_only_in_every_field(void **state)
{
	struct pool_conf a = conf_of("rw", "10.3.0.0/28"), b;

	(void)state;
	a.attrs[0] = (struct pool_attr){ IKE_ATTR_IP4_DNS,
					 { addr_of("10.2.0.53"), 32 } };
	a.n_attrs = 1;
	b = a;
	assert_true(pool_equal(&a, &b));
	b.name[0]++;
	assert_false(pool_equal(&a, &b));
	b = a, b.n_attrs = 0;
	assert_false(pool_equal(&a, &b));
	b = a, b.attrs[0].type = IKE_ATTR_IP4_NBNS;
	assert_false(pool_equal(&a, &b));
	b = a, b.attrs[0].value.net.octets[15]++;
	assert_false(pool_equal(&a, &b));
	b = a, b.attrs[0].value.bits--;
	assert_false(pool_equal(&a, &b));
	b = a, b.from_vici = true;
	assert_false(pool_equal(&a, &b));
	b = a, b.addrs.max.octets[15]--;
	assert_false(pool_equal(&a, &b));
	b = a, b.base.octets[15]++;
	assert_false(pool_equal(&a, &b));
}

/* --- who gets what */

static void addresses_go_in_their_order(void **state)
{
	struct pool *p = load(*state, "rw", "10.3.0.5-10.3.0.6");
	struct lease *a = take(p, "a", NULL), *b = take(p, "b", NULL);

	assert_lease(a, "10.3.0.5");
	assert_lease(b, "10.3.0.6");
	assert_null(take(p, "c", NULL));
	lease_drop(a);
	lease_drop(b);
}

static void wish_is_granted_if_nobody_had_it(void **state)
{
	struct pool *p = load(*state, "rw", "10.3.0.0/28");
	struct lease *a = take(p, "a", "10.3.0.1");
	struct lease *b = take(p, "b", "10.3.0.1"),
		     *c = take(p, "c", "10.3.0.0");

	assert_lease(a, "10.3.0.1");
	assert_lease(b, "10.3.0.2"); /* somebody has it */
	assert_lease(c, "10.3.0.3"); /* it is not in the pool */
	lease_drop(a);
	lease_drop(b);
	lease_drop(c);
	b = take(p, "b", "10.3.0.1"); /* it is kept for another */
	assert_lease(b, "10.3.0.2");
	lease_drop(b);
}

static void who_comes_again_has_its_own(void **state)
{
	struct pool *p = load(*state, "rw", "10.3.0.0/28");

	lease_drop(take(p, "moon.example.org", NULL));
	lease_drop(take(p, "sun.example.org", NULL));
	lease_drop(take(p, "MOON.example.org", NULL));
	assert_string_equal(((struct books *)*state)->last.pool, "rw");
	for (unsigned int i = 0; i < 2; i++) {
		struct lease *l = take(p, "Moon.Example.Org", NULL);

		assert_lease(l, "10.3.0.1");
		lease_drop(l);
	}
}

static void two_of_one_identity_have_two_addresses(void **state)
{
	struct pool *p = load(*state, "rw", "10.3.0.0/28");
	struct lease *a = take(p, "a", NULL), *b = take(p, "a", NULL);

	assert_lease(a, "10.3.0.1");
	assert_lease(b, "10.3.0.2");
	lease_drop(a);
	lease_drop(b);
}

/* A reauthentication that makes before it breaks. */
static void one_that_wishes_for_what_it_has_gets_it_twice(void **state)
{
	struct books *books = *state;
	struct pool *p = load(books, "rw", "10.3.0.0/28");
	struct lease *a = take(p, "a", NULL), *b = take(p, "a", "10.3.0.1");

	assert_ptr_equal(a, b);
	lease_drop(a);
	assert_true(books->last.online);
	lease_drop(b);
	assert_false(books->last.online);
}

static void full_pool_takes_from_whom_was_gone_first(void **state)
{
	struct pool *p = load(*state, "rw", "10.3.0.5-10.3.0.7");
	struct lease *a = take(p, "a", NULL), *b = take(p, "b", NULL),
		     *c = take(p, "c", NULL), *d;

	lease_drop(b);
	lease_drop(a);
	d = take(p, "d", NULL);
	assert_lease(d, "10.3.0.6");
	b = take(p, "b", NULL); /* its own is gone: a's is left */
	assert_lease(b, "10.3.0.5");
	assert_null(take(p, "a", NULL));
	lease_drop(b);
	lease_drop(c);
	lease_drop(d);
}

static void many_leases_are_found_again(void **state)
{
	enum { N = 1000 };
	struct pool *p = load(*state, "rw", "10.3.0.0/20");
	static struct lease *leases[N];
	char id[16];

	for (unsigned int i = 0; i < N; i++) {
		snprintf(id, sizeof(id), "peer%u", i);
		leases[i] = take(p, id, NULL);
		assert_non_null(leases[i]);
	}
	for (unsigned int i = 0; i < N; i++)
		lease_drop(leases[i]);
	for (unsigned int i = N; i-- > 0;) {
		snprintf(id, sizeof(id), "peer%u", i);
		assert_ptr_equal(take(p, id, NULL), leases[i]);
		lease_drop(leases[i]);
	}
}

/* --- pools come and go */

static void pool_loaded_again_has_its_leases(void **state)
{
	struct books *books = *state;
	struct pool *p = load(books, "rw", "10.3.0.0/28");
	struct lease *a = take(p, "a", NULL);

	lease_drop(a);
	assert_ptr_equal(load(books, "rw", "10.3.0.0/28"), p);
	a = take(p, "b", NULL);
	assert_lease(a, "10.3.0.2");
	lease_drop(a);
}

static void pool_with_other_addresses_begins_anew(void **state)
{
	struct books *books = *state;
	struct lease *a = take(load(books, "rw", "10.3.0.0/28"), "a", NULL), *b;
	unsigned int told;

	b = take(load(books, "rw", "10.4.0.0/28"), "a", NULL);
	assert_lease(b, "10.4.0.1");
	told = books->n_told;
	assert_lease(a, "10.3.0.1");
	lease_drop(a); /* and its pool goes, of which nobody hears any more */
	assert_int_equal(books->n_told, told);
	lease_drop(b);
	assert_int_equal(books->n_told, told + 1);
}

static void recorded_lease_is_taken_again(void **state)
{
	struct books *books = *state;
	struct identity a = id_of("a"), b = id_of("b");
	struct addr third = addr_of("10.3.0.3"), other = addr_of("10.4.0.3");
	struct lease *l, *again;
	struct pool *p = load(books, "rw", "10.3.0.0/28");

	l = lease_take_again(books->e, "rw", &a, &third);
	assert_lease(l, "10.3.0.3");
	again = lease_take_again(books->e, "rw", &a, &third);
	assert_ptr_equal(l, again);
	assert_null(lease_take_again(books->e, "rw", &b, &third));
	assert_null(lease_take_again(books->e, "rw", &a, &other));
	assert_null(lease_take_again(books->e, "wr", &a, &third));
	lease_drop(l);
	lease_drop(again);
	assert_lease(take(p, "a", NULL), "10.3.0.3");
	lease_drop(l);
}

/* What an IKE SA has counts more than what was told of it. */
static void recorded_lease_is_of_whom_the_record_says(void **state)
{
	struct books *books = *state;
	struct pool_lease told = { .pool = "rw",
				   .addr = addr_of("10.3.0.1"),
				   .id = id_of("b") };
	struct identity a = id_of("a");
	struct pool *p = load(books, "rw", "10.3.0.0/28");
	struct lease *l, *other;

	engine_restore_lease(books->e, &told);
	l = lease_take_again(books->e, "rw", &a, &told.addr);
	other = take(p, "b", NULL);
	assert_lease(l, "10.3.0.1");
	assert_lease(other, "10.3.0.2");
	lease_drop(l);
	lease_drop(other);
}

static void told_lease_is_kept_for_whose_it_was(void **state)
{
	struct books *books = *state;
	struct pool_lease told = { .pool = "rw",
				   .addr = addr_of("10.3.0.1"),
				   .id = id_of("a"),
				   .online = true };
	struct pool *p = load(books, "rw", "10.3.0.0/28");
	struct lease *a, *b;

	engine_restore_lease(books->e, &told);
	told.id = id_of("c"); /* it is a's, and not told of twice */
	engine_restore_lease(books->e, &told);
	told.addr = addr_of("10.4.0.1");
	engine_restore_lease(books->e, &told);
	strcpy(told.pool, "wr");
	engine_restore_lease(books->e, &told);
	b = take(p, "b", NULL);
	a = take(p, "a", NULL);
	assert_lease(b, "10.3.0.2");
	assert_lease(a, "10.3.0.1");
	lease_drop(a);
	lease_drop(b);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefix_keeps_its_first_and_last_address),
		cmocka_unit_test(pools_are_equal_only_in_every_field),
		CASE(addresses_go_in_their_order),
		CASE(wish_is_granted_if_nobody_had_it),
		CASE(who_comes_again_has_its_own),
		CASE(two_of_one_identity_have_two_addresses),
		CASE(one_that_wishes_for_what_it_has_gets_it_twice),
		CASE(full_pool_takes_from_whom_was_gone_first),
		CASE(many_leases_are_found_again),
		CASE(pool_loaded_again_has_its_leases),
		CASE(pool_with_other_addresses_begins_anew),
		CASE(recorded_lease_is_taken_again),
		CASE(recorded_lease_is_of_whom_the_record_says),
		CASE(told_lease_is_kept_for_whose_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
