// SPDX-License-Identifier: BSD-2-Clause
/*
 * What keeps the mapping of a NAT alive: by whom it is sent, when, and when not. Times
 * are those of the seam, and of a last packet as a worker notes it. And by what ICMP
 * errors find the SAs of peers that move.
 */
#include <string.h>

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

/* --- peers that move */

#define SPI 0x1001U /* that both peers chose */

/* Of the configuration. */
static struct sadb_id install(struct pair *p, const char *peer)
{
	struct sadb_request q =
		side_add(SADB_OUT, false, SPI, p->policy_a, &p->narrow_a);
	struct error e;

	q.sa.n_selectors = 0;
	q.sa.encap_sport = q.sa.encap_dport = 4500;
	assert_int_equal(addr_parse(peer, &q.id.daddr), 0);
	assert_int_equal(sadb_install(p->a->sadb, &q.id, &q.sa, NULL, 0, &e), 0);
	return q.id;
}

static void move(struct pair *p, const struct sadb_id *id, const char *to)
{
	struct addr daddr;

	assert_int_equal(addr_parse(to, &daddr), 0);
	assert_int_equal(sadb_move(p->a->sadb, id, &daddr, 1025), 0);
}

/* The slot of the SA that ICMP errors about what went there are for; -1: none. */
static int row_of(const struct pair *p, const char *addr)
{
	const struct side_map *map = &p->a->outbound;
	struct sad_key key = { .spi = htonl(SPI), .protocol = PROTO_ESP };

	assert_int_equal(addr_parse(addr, &key.daddr), 0);
	for (size_t i = 0; i < SIDE_SAS; i++) {
		uint64_t whole = atomic_load(&map->at[i].ref);
		struct sa_ref ref;

		memcpy(&ref, &whole, sizeof(ref));
		if (ref.gen && memcmp(&map->at[i].key, &key, sizeof(key)) == 0)
			return (int)ref.id;
	}
	return -1;
}

/* Behind one NAT, for a while. */
static void peers_of_one_spi_have_each_a_row_when_one_moves(void **state)
{
	struct pair *p = *state;
	struct sadb_id one = install(p, "192.0.2.2"), two;
	const int ref_one = row_of(p, "192.0.2.2");
	int ref_two;

	move(p, &one, "203.0.113.9");
	assert_int_equal(row_of(p, "192.0.2.2"), -1);
	two = install(p, "203.0.113.9");
	ref_two = row_of(p, "203.0.113.9");
	assert_int_not_equal(ref_two, ref_one);
	move(p, &one, "192.0.2.2");
	assert_int_equal(row_of(p, "192.0.2.2"), ref_one);
	assert_int_equal(row_of(p, "203.0.113.9"), ref_two);
	move(p, &one, "203.0.113.9");
	assert_int_equal(sadb_uninstall(p->a->sadb, &two), 0);
	assert_int_equal(row_of(p, "203.0.113.9"), ref_one);
	assert_int_equal(sadb_uninstall(p->a->sadb, &one), 0);
	assert_int_equal(row_of(p, "203.0.113.9"), -1);
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
		CASE(peers_of_one_spi_have_each_a_row_when_one_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
