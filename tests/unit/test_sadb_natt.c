// SPDX-License-Identifier: BSD-2-Clause
/*
 * What keeps the mapping of a NAT alive: by whom it is sent, when, and when not. Times
 * are those of the seam, and of a last packet as a worker notes it.
 */
#include "tests/unit/sadb_fixture.h"

#define EVERY_S 20U

static void add_one(struct pair *p, uint32_t spi, uint16_t port, bool keepalive)
{
	struct sadb_request q =
		side_add(SADB_OUT, false, spi, p->policy_a, &p->narrow_a);

	q.sa.encap_sport = q.sa.encap_dport = port;
	q.sa.keepalive = keepalive;
	assert_int_equal(side_call(p->a, &q).err, 0);
}

/* a's outbound SA, and the time passes from then on. */
static struct sa_rt *add_out(struct pair *p, uint16_t port, bool keepalive)
{
	struct sa_rt *sa = NULL;

	p->a->now_ns = 1000 * NS_PER_S;
	sadb_set_keepalive(p->a->sadb, EVERY_S);
	add_one(p, 0x1001, port, keepalive);
	for (uint32_t id = 0; !sa && id < 2; id++)
		sa = sad_get(p->a->sad, (struct sa_ref){ .id = id, .gen = 1 });
	assert_non_null(sa);
	return sa;
}

static uint32_t keepalives_after(struct pair *p, uint32_t s)
{
	p->a->now_ns += s * NS_PER_S;
	side_poll(p->a);
	return p->a->keepalives;
}

static void keepalive_is_sent_where_nothing_else_is(void **state)
{
	struct pair *p = *state;

	add_out(p, 4500, true);
	assert_int_equal(keepalives_after(p, EVERY_S - 1), 0);
	assert_int_equal(keepalives_after(p, 1), 1);
	assert_int_equal(p->a->kept_alive, 0x1001);
	assert_int_equal(keepalives_after(p, EVERY_S - 1), 1);
	assert_int_equal(keepalives_after(p, 1), 2);
}

static void packet_is_as_good_as_a_keepalive(void **state)
{
	struct pair *p = *state;
	struct sa_rt *sa = add_out(p, 4500, true);

	assert_int_equal(keepalives_after(p, EVERY_S - 1), 0);
	atomic_store(&sa->count.last_ns, p->a->now_ns);
	assert_int_equal(keepalives_after(p, EVERY_S - 1), 0);
	assert_int_equal(keepalives_after(p, 1), 1);
}

static void sa_that_is_not_in_udp_has_none(void **state)
{
	struct pair *p = *state;

	add_out(p, 0, true);
	assert_int_equal(keepalives_after(p, 10 * EVERY_S), 0);
}

static void sa_that_does_not_ask_has_none(void **state)
{
	struct pair *p = *state;

	add_out(p, 4500, false);
	assert_int_equal(keepalives_after(p, 10 * EVERY_S), 0);
}

static void another_time_counts_at_once_and_0_is_never(void **state)
{
	struct pair *p = *state;

	add_out(p, 4500, true);
	assert_int_equal(keepalives_after(p, 5), 0);
	sadb_set_keepalive(p->a->sadb, 5);
	assert_int_equal(keepalives_after(p, 0), 1);
	sadb_set_keepalive(p->a->sadb, 0);
	assert_int_equal(keepalives_after(p, 10 * EVERY_S), 1);
}

static void sa_that_is_removed_has_none_any_more(void **state)
{
	struct pair *p = *state;
	struct sadb_request q =
		side_add(SADB_OUT, false, 0x1001, p->policy_a, &p->narrow_a);

	add_out(p, 4500, true);
	q = side_verb(&q, SADB_DELETE);
	assert_int_equal(side_call(p->a, &q).err, 0);
	assert_int_equal(keepalives_after(p, 10 * EVERY_S), 0);
}

/* Each when it is due, whenever it was made. */
static void many_sas_are_each_kept_alive_in_time(void **state)
{
	struct pair *p = *state;

	p->a->now_ns = 1000 * NS_PER_S;
	sadb_set_keepalive(p->a->sadb, EVERY_S);
	for (uint32_t i = 0; i < EVERY_S; i++) {
		assert_int_equal(keepalives_after(p, 1), 0);
		add_one(p, 0x1001 + i * 7 % EVERY_S, 4500, true);
	}
	for (uint32_t i = 0; i < 3 * EVERY_S; i++) {
		assert_int_equal(keepalives_after(p, 1), i + 1);
		assert_int_equal(p->a->kept_alive, 0x1001 + i * 7 % EVERY_S);
	}
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keepalive_is_sent_where_nothing_else_is),
		CASE(packet_is_as_good_as_a_keepalive),
		CASE(sa_that_is_not_in_udp_has_none),
		CASE(sa_that_does_not_ask_has_none),
		CASE(another_time_counts_at_once_and_0_is_never),
		CASE(sa_that_is_removed_has_none_any_more),
		CASE(many_sas_are_each_kept_alive_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
