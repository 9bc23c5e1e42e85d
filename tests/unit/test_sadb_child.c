// SPDX-License-Identifier: BSD-2-Clause
/*
 * A child of several pairs of selectors: a policy for each, and one SA for all of
 * them, or for those that the peer has taken.
 */
#include "include/proto.h"
#include "tests/unit/sadb_fixture.h"

/* From either of two networks to a third one, seen from both sides; p's ids are of the
 * first pair. */
struct child {
	struct policy a[2], b[2];
};

static struct child child_of(struct pair *p, bool on_demand)
{
	struct child c = {
		.a = { side_policy("10.1.0.0/24", "10.2.0.0/16"),
		       side_policy("10.1.1.0/24", "10.2.0.0/16") },
		.b = { side_policy("10.2.0.0/16", "10.1.0.0/24"),
		       side_policy("10.2.0.0/16", "10.1.1.0/24") },
	};

	for (unsigned int i = 0; i < 2; i++) {
		c.a[i].nth = c.b[i].nth = i;
		c.a[i].on_demand = c.b[i].on_demand = on_demand;
	}
	assert_int_equal(sadb_set_policies(p->a->sadb, c.a, 2), 0);
	assert_int_equal(sadb_set_policies(p->b->sadb, c.b, 2), 0);
	p->policy_a = c.a[0].id;
	p->policy_b = c.b[0].id;
	return c;
}

static struct sadb_request add_of(enum sadb_dir dir, const struct policy *of,
				  unsigned int first, unsigned int n)
{
	struct sadb_request q =
		side_add(dir, false, 0x1001, of[0].id, &of[first].selector);

	for (unsigned int i = 1; i < n; i++)
		q.sa.selectors[i] = of[first + i].selector;
	q.sa.n_selectors = (uint8_t)n;
	return q;
}

/* An SA from a to b for so many pairs from that one on, in use. */
static void up(struct pair *p, const struct child *c, unsigned int first,
	       unsigned int n)
{
	struct sadb_request in = add_of(SADB_IN, c->b, first, n);
	struct sadb_request out = add_of(SADB_OUT, c->a, first, n);

	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	bind_now(p->a, &out);
}

/* False: BPF or the worker of a drops it; or it waits. */
static bool arrives(struct pair *p, const char *from)
{
	uint8_t l3[FRAME_BYTES];
	bool sent;

	side_packet(l3, from, "10.2.0.7", PACKET_BYTES);
	sent = side_out(p->a, l3, PACKET_BYTES);
	worker_step(&p->a->w);
	port_mem_reset(&p->a->inside);
	if (!sent || side_carry(p->a, p->b) != 1)
		return false;
	worker_step(&p->b->w);
	assert_int_equal(p->b->inside.tx_n, 1);
	port_mem_reset(&p->b->inside);
	port_mem_reset(&p->b->outside);
	return true;
}

static void one_sa_carries_what_all_pairs_select(void **state)
{
	struct pair *p = *state;
	const struct child c = child_of(p, false);

	up(p, &c, 0, 2);
	assert_true(arrives(p, "10.1.0.5"));
	assert_true(arrives(p, "10.1.1.5"));
	assert_false(arrives(p, "10.1.2.5"));
	assert_int_equal(sad_count(p->a->sad), 1);
	assert_int_equal(side_dropped(p->a) + side_dropped(p->b), 0);
}

static void pair_that_the_peer_left_out_has_no_sa(void **state)
{
	struct pair *p = *state;
	const struct child c = child_of(p, false);

	up(p, &c, 1, 1);
	assert_true(arrives(p, "10.1.1.5"));
	assert_false(arrives(p, "10.1.0.5"));
}

static void packet_of_any_pair_asks_by_the_name_of_the_first(void **state)
{
	struct pair *p = *state;
	const struct child c = child_of(p, true);
	struct sadb_event e;

	assert_false(arrives(p, "10.1.1.5"));
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
	assert_int_equal(e.policy, c.a[0].id);
	assert_int_equal(addr_v4_be(&e.packet.local_min), inet_addr("10.1.1.5"));
}

static void selector_that_is_of_no_pair_is_refused(void **state)
{
	struct pair *p = *state;
	const struct child c = child_of(p, false);
	struct sadb_request q = add_of(SADB_OUT, c.a, 0, 2);

	q.sa.selectors[1].local_max.octets[14]++;
	assert_int_equal(side_call(p->a, &q).err, -EPERM);
	q.sa.selectors[1].local_max.octets[14]--;
	assert_int_equal(side_call(p->a, &q).err, 0);
}

/* By whichever of its policies ike names it. */
static void sa_is_the_whole_childs_by_any_of_its_policies(void **state)
{
	struct pair *p = *state;
	const struct child c = child_of(p, false);
	struct sadb_request in = add_of(SADB_IN, c.b, 0, 2);
	struct sadb_request out = add_of(SADB_OUT, c.a, 0, 2);

	in.sa.policy = c.b[1].id;
	out.sa.policy = c.a[1].id;
	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	bind_now(p->a, &out);
	assert_true(arrives(p, "10.1.0.5"));
	assert_true(arrives(p, "10.1.1.5"));
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(one_sa_carries_what_all_pairs_select),
		CASE(pair_that_the_peer_left_out_has_no_sa),
		CASE(packet_of_any_pair_asks_by_the_name_of_the_first),
		CASE(selector_that_is_of_no_pair_is_refused),
		CASE(sa_is_the_whole_childs_by_any_of_its_policies),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
