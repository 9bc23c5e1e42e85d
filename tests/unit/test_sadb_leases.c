// SPDX-License-Identifier: BSD-2-Clause
/*
 * Policies of connections that give addresses of a pool: each peer has an SA of its
 * own, however many there are and whichever connection's they are, and none sends as
 * another one.
 */
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

#include "ctrl/dp/tunnel.h"
#include "ctrl/model/pool.h"
#include "include/proto.h"
#include "tests/unit/sadb_fixture.h"

#define PEERS 1000U
#define LAN   "10.1.0.0/16"
#define POOL  "10.2.0.0/16"

static struct policy leased(const char *local, const char *pool, uint32_t by)
{
	struct policy p = side_policy(local, pool);

	p.pfp = PFP_REMOTE;
	p.leased_by = by;
	return p;
}

static int setup(void **state)
{
	struct pair *p;

	if (pair_setup(state))
		return -1;
	p = *state;
	p->policy_a = one_policy(p->a, leased(LAN, POOL, 1));
	return 0;
}

static void set(struct pair *p, struct policy *list, size_t n)
{
	assert_int_equal(sadb_set_policies(p->a->sadb, list, n), 0);
	p->policy_a = list[0].id;
}

static struct sadb_selector to_peer(const char *local, uint32_t peer)
{
	struct sadb_selector s = side_policy(local, POOL).selector;

	s.remote_min = s.remote_max = addr_from_v4(htonl(0x0a020000U + peer));
	return s;
}

static struct sadb_request add_to(struct pair *p, uint32_t policy,
				  const struct sadb_selector *s, uint8_t n)
{
	static uint32_t spi = 0x1000;
	struct sadb_request in, out;

	spi++;
	in = side_add(SADB_IN, false, spi, p->policy_b, &p->narrow_b);
	out = side_add(SADB_OUT, false, spi, policy, s);
	out.sa.n_selectors = n;
	memcpy(out.sa.selectors, s, n * sizeof(*s));
	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	bind_now(p->a, &out);
	in = side_verb(&in, SADB_DELETE);
	assert_int_equal(side_call(p->b, &in).err, 0);
	return out;
}

static struct sadb_request comes(struct pair *p, uint32_t peer)
{
	const struct sadb_selector s = to_peer(LAN, peer);

	return add_to(p, p->policy_a, &s, 1);
}

static uint64_t goes(struct pair *p, const struct sadb_request *out)
{
	struct sadb_request q = side_verb(out, SADB_DELETE);
	struct sadb_answer a = side_call(p->a, &q);

	assert_int_equal(a.err, 0);
	p->a->n_answers = 0;
	p->b->n_answers = 0;
	return a.counters.pkts;
}

static bool sends(struct pair *p, const char *from, uint32_t peer)
{
	const struct in_addr at = { htonl(0x0a020000U + peer) };
	uint8_t l3[FRAME_BYTES];
	uint32_t sent;

	side_packet(l3, from, inet_ntoa(at), PACKET_BYTES);
	if (!side_out(p->a, l3, PACKET_BYTES))
		return false;
	while (worker_step(&p->a->w))
		;
	sent = p->a->outside.tx_n;
	port_mem_reset(&p->a->inside);
	port_mem_reset(&p->a->outside);
	return sent;
}

static bool reaches(struct pair *p, uint32_t peer)
{
	return sends(p, "10.1.0.5", peer);
}

static size_t leases(const struct pair *p)
{
	return sadb_leases(p->a->sadb, NULL, 0);
}

/* --- one connection */

static void thousand_peers_have_an_sa_each(void **state)
{
	static struct sadb_request out[PEERS];
	struct pair *p = *state;

	for (uint32_t i = 0; i < PEERS; i++) {
		out[i] = comes(p, 1 + i);
		p->a->n_answers = p->b->n_answers = 0;
	}
	assert_int_equal(leases(p), PEERS);
	for (uint32_t i = 0; i < PEERS; i++)
		assert_true(reaches(p, 1 + i));
	assert_false(reaches(p, PEERS + 1));
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 1);
	for (uint32_t i = 0; i < PEERS; i++)
		assert_int_equal(goes(p, &out[i]), 1);
	assert_int_equal(leases(p), 0);
	assert_false(reaches(p, 1));
	assert_int_equal(sad_count(p->a->sad), 0);
}

/* No packet brings up a peer that may be anywhere. */
static void packet_for_a_peer_that_is_not_there_asks_for_none(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	assert_false(reaches(p, 7));
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 0);
	assert_int_equal(p->a->w.held, 0);
}

static void rekeying_of_one_peer_leaves_the_others(void **state)
{
	struct pair *p = *state;
	struct sadb_request old = comes(p, 7), other = comes(p, 8), now;

	now = comes(p, 7);
	assert_int_equal(leases(p), 2);
	assert_true(reaches(p, 7));
	assert_int_equal(goes(p, &old), 0);
	assert_true(reaches(p, 7));
	assert_true(reaches(p, 8));
	assert_int_equal(goes(p, &now), 2);
	assert_int_equal(goes(p, &other), 1);
}

/* Else who took ike over could have one SA serve all. */
static void sa_is_for_hosts_of_the_pool(void **state)
{
	struct pair *p = *state;
	struct sadb_selector s = to_peer(LAN, 7);
	struct sadb_request q;

	s.remote_max.octets[15]++;
	q = side_add(SADB_OUT, false, 0x1001, p->policy_a, &s);
	assert_int_equal(side_call(p->a, &q).err, -EPERM);
	s.remote_max.octets[13]++;
	s.remote_min = s.remote_max;
	q = side_add(SADB_OUT, false, 0x1001, p->policy_a, &s);
	assert_int_equal(side_call(p->a, &q).err, -EPERM);
	s = to_peer(LAN, 7);
	q = side_add(SADB_OUT, false, 0x1001, p->policy_a, &s);
	assert_int_equal(side_call(p->a, &q).err, 0);
}

/* What comes from a peer: the SA to b back to a, of that address. */
static bool arrives(struct pair *p, uint32_t policy, uint32_t spi,
		    uint32_t peer, const char *from)
{
	const struct sadb_selector s = to_peer(LAN, peer);
	struct sadb_request in = side_add(SADB_IN, true, spi, policy, &s);
	struct sadb_request out =
		side_add(SADB_OUT, true, spi, p->policy_b, &p->narrow_b);
	uint8_t l3[FRAME_BYTES];
	bool came;

	assert_int_equal(side_call(p->a, &in).err, 0);
	assert_int_equal(side_call(p->b, &out).err, 0);
	bind_now(p->b, &out);
	side_packet(l3, from, "10.1.0.5", PACKET_BYTES);
	assert_true(side_out(p->b, l3, PACKET_BYTES));
	worker_step(&p->b->w);
	assert_int_equal(side_carry(p->b, p->a), 1);
	worker_step(&p->a->w);
	came = p->a->inside.tx_n;
	port_mem_reset(&p->a->inside);
	port_mem_reset(&p->b->inside);
	port_mem_reset(&p->a->outside);
	return came;
}

static void peer_that_sends_as_another_one_is_dropped_by_name(void **state)
{
	struct pair *p = *state;

	comes(p, 8);
	assert_true(arrives(p, p->policy_a, 0x9001, 7, "10.2.0.7"));
	assert_false(arrives(p, p->policy_a, 0x9002, 7, "10.2.0.8"));
	assert_int_equal(p->a->drops[DROP_SELECTOR].pkts, 1);
}

/* The child has two networks, and so two policies: one SA. */
static void sa_is_of_all_policies_of_its_child(void **state)
{
	struct pair *p = *state;
	struct policy child[] = { leased(LAN, POOL, 1),
				  leased("10.5.0.0/16", POOL, 1) };
	const struct sadb_selector s[] = { to_peer(LAN, 7),
					   to_peer("10.5.0.0/16", 7) };
	struct sadb_request out;

	child[1].nth = 1;
	set(p, child, 2);
	out = add_to(p, p->policy_a, s, 2);
	assert_int_equal(leases(p), 2);
	assert_true(reaches(p, 7));
	assert_true(sends(p, "10.5.0.5", 7));
	assert_false(sends(p, "10.6.0.5", 7));
	assert_int_equal(goes(p, &out), 2);
	assert_int_equal(leases(p), 0);
}

static void two_children_of_a_peer_have_an_sa_each(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { leased(LAN, POOL, 1),
				 leased("10.5.0.0/16", POOL, 1) };
	const struct sadb_selector five = to_peer("10.5.0.0/16", 7);
	struct sadb_request one, other;

	set(p, list, 2);
	one = comes(p, 7);
	other = add_to(p, list[1].id, &five, 1);
	assert_true(reaches(p, 7));
	assert_true(sends(p, "10.5.0.5", 7));
	assert_int_equal(goes(p, &one), 1);
	assert_int_equal(leases(p), 1);
	assert_true(sends(p, "10.5.0.5", 7));
	assert_int_equal(goes(p, &other), 2);
}

static uint32_t follow(struct pair *p, struct config *config)
{
	const struct tunnel_ifs none = { .n = 0 };
	const struct tunnel_books to = { .sadb = p->a->sadb, .ifs = &none };
	struct error e;

	assert_int_equal(tunnels_follow(config, &to, &e), 0);
	p->policy_a = config->conns[0].children[0].policy;
	return p->policy_a;
}

/* Whichever family is the pool's; without one its policies are there, too. */
static void connection_protects_what_its_pools_have(void **state)
{
	const struct prefix lan = { addr_from_v4(inet_addr("10.1.0.0")), 16 };
	struct pool_conf pools[2] = { { .name = "six" }, { .name = "rw" } };
	struct pair *p = *state;
	struct child_conf child;
	struct conn_conf conn;
	struct config config = { .conns = &conn, .n_conns = 1 };
	struct pool_addrs gone = { .name = "rw" };
	uint32_t id;

	conn_init(&conn);
	child_init(&child);
	child.suites = side_policy(LAN, POOL).suites;
	conn.children = &child;
	conn.n_children = 1;
	conn.n_pools = child.n_pools = 2;
	strcpy(conn.pools[0], "six");
	strcpy(conn.pools[1], "rw");
	child.local_ts[0] = (struct ts_conf){ .net = lan, .port_max = 65535 };
	id = follow(p, &config);
	assert_false(reaches(p, 7));
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 0);
	range_parse("2001:db8::/120", &pools[0].addrs);
	range_parse("10.2.0.0-10.2.0.99", &pools[1].addrs);
	pools_lend(pools, 2, &conn, 1);
	assert_int_equal(follow(p, &config), id);
	assert_false(reaches(p, 7));
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 1);
	comes(p, 7);
	assert_true(reaches(p, 7));
	assert_false(pool_lend(&(struct pool_addrs){ .name = "r" }, &conn));
	assert_true(pool_lend(&gone, &conn));
	assert_false(pool_lend(&gone, &conn));
	assert_int_equal(follow(p, &config), id);
	assert_int_equal(leases(p), 0);
}

/* --- pools that change */

static void pool_with_other_addresses_ends_what_peers_have_of_the_old(void **state)
{
	struct pair *p = *state;
	struct policy now = leased(LAN, "10.2.0.8/29", 1);
	uint32_t id = p->policy_a;
	struct sadb_event e;

	comes(p, 7);
	comes(p, 9);
	assert_int_equal(one_policy(p->a, now), id);
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 1);
	assert_true(reaches(p, 9));
	assert_int_equal(leases(p), 1);
	now = leased(LAN, "0.0.0.0/32", 1);
	assert_int_equal(one_policy(p->a, now), id);
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 2);
	assert_int_equal(leases(p), 0);
}

static void policy_keeps_its_id_when_one_like_it_goes(void **state)
{
	struct pair *p = *state;
	struct policy two[] = { leased(LAN, POOL, 1), leased(LAN, POOL, 2) };
	struct policy left;

	set(p, two, 2);
	left = two[1];
	assert_int_equal(one_policy(p->a, left), two[1].id);
	two[1] = leased(LAN, "10.3.0.0/16", 2);
	set(p, two, 2);
	left = two[1];
	left.id = POLICY_ID_ANY;
	assert_int_equal(one_policy(p->a, left), two[1].id);
}

/* --- connections that share a pool */

static void peer_of_another_connection_is_met_by_the_first_policy(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { leased(LAN, POOL, 1), leased(LAN, POOL, 2) };
	struct sadb_request first, second;
	const struct sadb_selector s = to_peer(LAN, 8);

	set(p, list, 2);
	first = comes(p, 7);
	second = add_to(p, list[1].id, &s, 1);
	assert_true(reaches(p, 7));
	assert_true(reaches(p, 8));
	assert_true(arrives(p, list[1].id, 0x9003, 8, "10.2.0.8"));
	assert_false(arrives(p, list[1].id, 0x9004, 8, "10.2.0.7"));
	assert_int_equal(leases(p), 2);
	assert_int_equal(goes(p, &first), 1);
	assert_int_equal(goes(p, &second), 1);
	assert_false(reaches(p, 8));
}

/* It has more than the policy in front, and that one's peers no less. */
static void wider_policy_behind_carries_what_is_its_own(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { leased(LAN, POOL, 1),
				 leased("10.0.0.0/8", POOL, 2) };
	const struct sadb_selector s = to_peer("10.0.0.0/8", 8);

	set(p, list, 2);
	comes(p, 7);
	add_to(p, list[1].id, &s, 1);
	assert_true(reaches(p, 8));
	assert_true(sends(p, "10.5.0.5", 8));
	assert_true(reaches(p, 7));
	assert_false(sends(p, "10.5.0.5", 7));
}

/* An SA is for what its own connection says, where that has one. */
static void policys_own_sa_goes_first(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { leased(LAN, POOL, 1),
				 leased("10.0.0.0/8", POOL, 2) };
	const struct sadb_selector s = to_peer("10.0.0.0/8", 7);
	struct sadb_request own, other;

	set(p, list, 2);
	own = comes(p, 7);
	other = add_to(p, list[1].id, &s, 1);
	assert_true(reaches(p, 7));
	assert_int_equal(goes(p, &own), 1);
	assert_int_equal(goes(p, &other), 0);
}

/* One connection's are in an order that its operator chose. */
static void policies_of_one_connection_have_their_own_sas(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { leased(LAN, POOL, 1),
				 leased("10.0.0.0/8", POOL, 1) };
	const struct sadb_selector s = to_peer("10.0.0.0/8", 7);

	set(p, list, 2);
	add_to(p, list[1].id, &s, 1);
	assert_false(reaches(p, 7));
	assert_true(sends(p, "10.5.0.5", 7));
	assert_false(arrives(p, list[1].id, 0x9006, 7, "10.2.0.7"));
}

static void first_policy_that_comes_later_meets_those_that_are_there(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { leased("10.0.0.0/8", POOL, 1),
				 leased(LAN, POOL, 2) };

	comes(p, 7);
	list[1].id = p->policy_a;
	assert_int_equal(sadb_set_policies(p->a->sadb, list, 2), 0);
	assert_int_equal(list[1].id, p->policy_a);
	assert_true(reaches(p, 7));
	assert_int_equal(sadb_set_policies(p->a->sadb, &list[1], 1), 0);
	assert_true(reaches(p, 7));
	assert_int_equal(leases(p), 1);
}

static void discard_in_front_is_not_passed(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { side_policy(LAN, POOL), leased(LAN, POOL, 2) };

	list[0].action = SPD_DISCARD;
	assert_int_equal(sadb_set_policies(p->a->sadb, list, 2), 0);
	p->policy_a = list[1].id;
	comes(p, 7);
	assert_false(reaches(p, 7));
	assert_false(arrives(p, list[1].id, 0x9005, 7, "10.2.0.7"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(thousand_peers_have_an_sa_each),
		CASE(packet_for_a_peer_that_is_not_there_asks_for_none),
		CASE(rekeying_of_one_peer_leaves_the_others),
		CASE(sa_is_for_hosts_of_the_pool),
		CASE(peer_that_sends_as_another_one_is_dropped_by_name),
		CASE(sa_is_of_all_policies_of_its_child),
		CASE(two_children_of_a_peer_have_an_sa_each),
		CASE(connection_protects_what_its_pools_have),
		CASE(pool_with_other_addresses_ends_what_peers_have_of_the_old),
		CASE(policy_keeps_its_id_when_one_like_it_goes),
		CASE(peer_of_another_connection_is_met_by_the_first_policy),
		CASE(wider_policy_behind_carries_what_is_its_own),
		CASE(policys_own_sa_goes_first),
		CASE(policies_of_one_connection_have_their_own_sas),
		CASE(first_policy_that_comes_later_meets_those_that_are_there),
		CASE(discard_in_front_is_not_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
