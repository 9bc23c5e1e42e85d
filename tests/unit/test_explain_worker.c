// SPDX-License-Identifier: BSD-2-Clause
/* What is said of an SA's packets before one comes: what a worker does with it. */
#include <string.h>

#include "ctrl/dp/explain.h"
#include "ctrl/dp/state.h"
#include "tests/unit/sadb_fixture.h"

#define SPI 0x1001

/* The same words with which dp_explain() begins. */
static struct explanation told_of(const struct side *s, struct sa_ref ref)
{
	static struct dp dp;
	struct explanation x = { 0 };
	struct explaining w = { .dp = &dp, .x = &x };

	dp.sad = s->sad;
	explain_in(&w, ref);
	return x;
}

static struct sa_ref ref_in(const struct side *s)
{
	const uint64_t whole = atomic_load(&s->inbound.at[0].ref);
	struct sa_ref ref;

	memcpy(&ref, &whole, sizeof(ref));
	return ref;
}

static void assert_drops(const struct explanation *x, enum drop_reason reason)
{
	assert_int_equal(x->outcome, EXPLAIN_DROPPED);
	assert_int_equal(x->n_steps, 1);
	assert_int_equal(x->step[0].place, EXPLAIN_AT_WORKER);
	assert_int_equal(x->step[0].drop, reason);
}

/* The peer's packets are as many as it may carry, and one. */
static void inbound_sa_opens_as_long_as_its_life_lasts(void **state)
{
	struct pair *p = *state;
	struct sadb_request in =
		side_add(SADB_IN, false, SPI, p->policy_b, &p->narrow_b);
	struct sadb_request out =
		side_add(SADB_OUT, false, SPI, p->policy_a, &p->narrow_a);
	struct explanation x;

	in.sa.hard.pkts = 2;
	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	bind_now(p->a, &out);
	cross(p, 1);
	x = told_of(p->b, ref_in(p->b));
	assert_int_equal(x.outcome, EXPLAIN_OPENED);
	assert_int_equal(x.n_steps, 0);
	assert_int_equal(x.sa.spi, SPI);
	cross(p, 1);
	x = told_of(p->b, ref_in(p->b));
	assert_drops(&x, DROP_LIFETIME);
	assert_int_equal(x.sa.spi, SPI);
}

static void sa_that_is_gone_opens_nothing(void **state)
{
	const struct pair *p = *state;
	const struct explanation x =
		told_of(p->b, (struct sa_ref){ .id = 1, .gen = 1 });

	assert_drops(&x, DROP_SA_GONE);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(inbound_sa_opens_as_long_as_its_life_lasts),
		CASE(sa_that_is_gone_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
