// SPDX-License-Identifier: BSD-2-Clause
/*
 * Several SAs of one policy in use: each carries what its own selectors take, of what
 * more than one takes the newest has it, and one that has nothing left is bound no
 * more. Side a's policy is cut by its own hosts: 10.1.0.5 is in the lower half,
 * 10.1.128.5 in the upper one.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/sadb/several.h"
#include "include/proto.h"
#include "tests/unit/sadb_fixture.h"

#define LOWER "10.1.0.5"
#define UPPER "10.1.128.5"

static const char *const lower_net = "10.1.0.0/17";
static const char *const upper_net = "10.1.128.0/17";

static struct sadb_selector between(const char *local, const char *remote)
{
	return side_policy(local, remote).selector;
}

/* Both ends of an SA from that part of a's network; a's ADD. Not bound. */
static struct sadb_request add_part(struct pair *p, uint32_t spi,
				    const char *part)
{
	const struct sadb_selector a = between(part, "10.2.0.0/16");
	const struct sadb_selector b = between("10.2.0.0/16", part);
	struct sadb_request in = side_add(SADB_IN, false, spi, p->policy_b, &b);
	struct sadb_request out =
		side_add(SADB_OUT, false, spi, p->policy_a, &a);

	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	return out;
}

static struct sadb_request bind_part(struct pair *p, uint32_t spi,
				     const char *part)
{
	struct sadb_request out = add_part(p, spi, part);

	bind_now(p->a, &out);
	return out;
}

static uint64_t end(struct pair *p, const struct sadb_request *of)
{
	struct sadb_request gone = side_verb(of, SADB_DELETE);
	struct sadb_answer a = side_call(p->a, &gone);

	assert_int_equal(a.err, 0);
	return a.counters.pkts;
}

static bool give(struct pair *p, const char *from)
{
	uint8_t l3[FRAME_BYTES];

	side_packet(l3, from, "10.2.0.7", PACKET_BYTES);
	return side_out(p->a, l3, PACKET_BYTES);
}

/* Does a packet from there cross? By an SA that b takes it from. */
static bool crosses(struct pair *p, const char *from)
{
	bool passed;

	assert_true(give(p, from));
	worker_step(&p->a->w);
	side_carry(p->a, p->b);
	worker_step(&p->b->w);
	passed = p->b->inside.tx_n;
	port_mem_reset(&p->a->inside);
	port_mem_reset(&p->b->inside);
	port_mem_reset(&p->b->outside);
	return passed;
}

static void assert_refused(struct pair *p, const char *from)
{
	uint64_t before = p->a->drops[DROP_SELECTOR].pkts;

	assert_false(crosses(p, from));
	assert_int_equal(p->a->drops[DROP_SELECTOR].pkts, before + 1);
}

static bool has_list(const struct pair *p)
{
	return atomic_load(&p->a->view.several[p->policy_a]);
}

static void halves_of_a_policy_have_an_sa_each(void **state)
{
	struct pair *p = *state;
	struct sadb_request lower = bind_part(p, 0x1001, lower_net), upper;

	assert_true(crosses(p, LOWER));
	assert_refused(p, UPPER);
	assert_false(has_list(p));
	upper = bind_part(p, 0x1002, upper_net);
	for (int i = 0; i < 3; i++) {
		assert_true(crosses(p, LOWER));
		assert_true(crosses(p, UPPER));
	}
	assert_int_equal(end(p, &lower), 4);
	assert_int_equal(end(p, &upper), 3);
	assert_int_equal(side_dropped(p->b), 0);
}

/* All in one batch, half of which is the other SA's, each one's in its order. */
static void both_go_out_of_one_batch(void **state)
{
	struct pair *p = *state;
	uint8_t l3[FRAME_BYTES];
	uint32_t bytes, n[2] = { 0, 0 };

	bind_part(p, 0x1001, lower_net);
	bind_part(p, 0x1002, upper_net);
	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		side_packet(l3, i % 2 ? UPPER : LOWER, "10.2.0.7", PACKET_BYTES);
		l3[40] = (uint8_t)i;
		assert_true(side_out(p->a, l3, PACKET_BYTES));
	}
	worker_step(&p->a->w);
	assert_int_equal(side_dropped(p->a), 0);
	assert_int_equal(side_carry(p->a, p->b), BATCH_MAX);
	worker_step(&p->b->w);
	assert_int_equal(p->b->inside.tx_n, BATCH_MAX);
	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		const uint8_t *at = port_mem_sent(&p->b->inside, i, &bytes) +
				    ETH_HEADER_BYTES;
		const uint32_t half = at[14] >= 128;

		assert_int_equal(at[40], 2 * n[half]++ + half);
	}
	assert_int_equal(n[0], BATCH_MAX / 2);
}

static void newer_sa_of_a_half_replaces_that_halfs_alone(void **state)
{
	struct pair *p = *state;
	struct sadb_request lower = bind_part(p, 0x1001, lower_net);
	struct sadb_request upper = bind_part(p, 0x1002, upper_net);

	assert_true(crosses(p, LOWER));
	bind_part(p, 0x1003, lower_net);
	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, UPPER));
	assert_int_equal(end(p, &lower), 1);
	assert_true(crosses(p, LOWER));
	assert_int_equal(end(p, &upper), 1);
	assert_refused(p, UPPER);
	assert_true(crosses(p, LOWER));
	assert_false(has_list(p));
}

/* Whichever it is: the one that BPF names, or another. */
static void half_without_its_sa_is_refused_and_the_other_goes_on(void **state)
{
	struct pair *p = *state;
	struct sadb_request lower, upper;

	for (uint32_t spi = 0x1000; spi < 0x1004; spi += 2) {
		const bool newest = spi == 0x1000;

		lower = bind_part(p, spi, lower_net);
		upper = bind_part(p, spi + 1, upper_net);
		end(p, newest ? &upper : &lower);
		assert_true(crosses(p, newest ? LOWER : UPPER));
		assert_refused(p, newest ? UPPER : LOWER);
		assert_false(has_list(p));
		end(p, newest ? &lower : &upper);
		assert_false(give(p, LOWER));
	}
}

static void of_three_any_two_go_on(void **state)
{
	static const char *const net[] = { "10.1.0.0/18", "10.1.64.0/18",
					   "10.1.128.0/17" };
	static const char *const host[] = { LOWER, "10.1.64.5", UPPER };
	struct pair *p = *state;
	struct sadb_request out[3];

	for (uint32_t gone = 0; gone < 3; gone++) {
		for (uint32_t i = 0; i < 3; i++)
			out[i] = bind_part(p, 0x1000 + gone * 3 + i, net[i]);
		end(p, &out[gone]);
		assert_true(has_list(p));
		for (uint32_t i = 0; i < 3; i++)
			if (i == gone)
				assert_refused(p, host[i]);
			else
				assert_true(crosses(p, host[i]));
		for (uint32_t i = 0; i < 3; i++)
			if (i != gone)
				end(p, &out[i]);
	}
}

static void sa_of_the_whole_policy_replaces_all(void **state)
{
	struct pair *p = *state;
	struct sadb_request lower = bind_part(p, 0x1001, lower_net);
	struct sadb_request upper = bind_part(p, 0x1002, upper_net);

	add_pair(p, 0x1003);
	assert_false(has_list(p));
	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, UPPER));
	assert_int_equal(end(p, &lower), 0);
	assert_int_equal(end(p, &upper), 0);
	assert_true(crosses(p, LOWER));
}

/* The peer takes less of the rekeying than before. */
static void wider_sa_keeps_what_a_newer_one_does_not_take(void **state)
{
	struct pair *p = *state;
	struct sadb_request wide = add_pair(p, 0x1001);
	struct sadb_request upper = bind_part(p, 0x1002, upper_net);

	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, UPPER));
	assert_int_equal(end(p, &wide), 1);
	assert_refused(p, LOWER);
	assert_int_equal(end(p, &upper), 1);
}

static void several_selectors_together_replace_what_each_covers(void **state)
{
	struct pair *p = *state;
	struct sadb_request lower = bind_part(p, 0x1001, lower_net), both;

	both = add_part(p, 0x1002, upper_net);
	both.id.spi = 0x1003;
	both.sa.encr_key[0] ^= 0x80;
	both.sa.n_selectors = 2;
	both.sa.selectors[1] = lower.sa.selectors[0];
	assert_int_equal(side_call(p->a, &both).err, 0);
	bind_now(p->a, &both);
	assert_false(has_list(p));
	assert_int_equal(end(p, &lower), 0);
}

static void sa_that_is_bound_again_is_the_newest(void **state)
{
	struct pair *p = *state;
	struct sadb_request wide = add_pair(p, 0x1001);
	struct sadb_request upper = bind_part(p, 0x1002, upper_net);

	bind_now(p->a, &wide);
	assert_false(has_list(p));
	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, UPPER));
	assert_int_equal(end(p, &upper), 0);
	assert_int_equal(end(p, &wide), 2);
}

/* 10.1.i.0/24 has each; the first one that was bound leaves. */
static void policy_has_so_many_at_once(void **state)
{
	struct pair *p = *state;
	char part[32];

	for (uint32_t i = 0; i <= SEVERAL_MAX; i++) {
		snprintf(part, sizeof(part), "10.1.%u.0/24", i);
		bind_part(p, 0x1000 + i, part);
	}
	assert_refused(p, "10.1.0.5");
	for (uint32_t i = 1; i <= SEVERAL_MAX; i++) {
		snprintf(part, sizeof(part), "10.1.%u.5", i);
		assert_true(crosses(p, part));
	}
}

static void list_that_the_kernel_refuses_unbinds_none(void **state)
{
	struct pair *p = *state;
	struct policy *all = many_policies(0x0b000000, SPD_MAX);

	bind_part(p, 0x1001, lower_net);
	bind_part(p, 0x1002, upper_net);
	p->a->policies_err = -ENOMEM;
	assert_int_equal(sadb_set_policies(p->a->sadb, all, SPD_MAX), -ENOMEM);
	p->a->policies_err = 0;
	free(all);
	assert_true(has_list(p));
	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, UPPER));
}

/* Of which packets of the policy under the same id take none. */
static void policy_that_is_gone_leaves_no_sa_to_another(void **state)
{
	struct pair *p = *state;
	struct policy *all = many_policies(0x0b000000, SPD_MAX);
	struct sadb_event e;

	bind_part(p, 0x1001, lower_net);
	bind_part(p, 0x1002, upper_net);
	assert_int_equal(sadb_set_policies(p->a->sadb, all, SPD_MAX), 0);
	free(all);
	assert_false(has_list(p));
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 2);
	for (int i = 0; i < 3; i++) {
		worker_step(&p->a->w);
		side_poll(p->a);
	}
}

/* BPF named the one that was the newest when it looked. */
static void packet_on_its_way_goes_by_the_sa_of_now(void **state)
{
	struct pair *p = *state;
	struct sadb_request up;

	bind_part(p, 0x1001, lower_net);
	up = add_part(p, 0x1002, upper_net);
	assert_true(give(p, UPPER));
	up = side_verb(&up, SADB_UPDATE);
	side_ask(p->a, &up);
	worker_step(&p->a->w);
	assert_int_equal(side_dropped(p->a), 0);
	assert_int_equal(p->a->outside.tx_n, 1);
}

static int claim(struct pair *p, const struct sadb_request *of)
{
	struct sadb_request q = side_verb(of, SADB_CLAIM);

	return side_call(p->a, &q).err;
}

static void later(struct pair *p, uint64_t s)
{
	p->a->now_ns += s * NS_PER_S;
	side_poll(p->a);
}

/* Of an ike that ended. */
static void orphan_ends_when_another_has_its_packets_and_not_before(void **state)
{
	struct pair *p = *state;
	struct sadb_request lower = bind_part(p, 0x1001, lower_net);
	struct sadb_request upper = bind_part(p, 0x1002, upper_net);

	side_another_ike(p->a, 0);
	bind_part(p, 0x1003, upper_net);
	later(p, SADB_ORPHAN_S + 1);
	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, UPPER));
	assert_int_equal(claim(p, &upper), -ENOENT);
	assert_int_equal(claim(p, &lower), 0);
}

/* --- policies of a child, which have their SAs together --- */

struct child {
	struct policy a[2], b[2];
};

/* From either half of a's network; p's ids are the first one's. */
static struct child child_of(struct pair *p)
{
	struct child c = {
		.a = { side_policy(lower_net, "10.2.0.0/16"),
		       side_policy(upper_net, "10.2.0.0/16") },
		.b = { side_policy("10.2.0.0/16", lower_net),
		       side_policy("10.2.0.0/16", upper_net) },
	};

	c.a[1].nth = c.b[1].nth = 1;
	assert_int_equal(sadb_set_policies(p->a->sadb, c.a, 2), 0);
	assert_int_equal(sadb_set_policies(p->b->sadb, c.b, 2), 0);
	p->policy_a = c.a[0].id;
	p->policy_b = c.b[0].id;
	return c;
}

/* In use, from both parts; "": from the first alone. */
static struct sadb_request bind_parts(struct pair *p, uint32_t spi,
				      const char *first, const char *second)
{
	struct sadb_selector of = between("10.2.0.0/16", first);
	struct sadb_request in = side_add(SADB_IN, false, spi, p->policy_b, &of);
	struct sadb_request out;

	of = between(first, "10.2.0.0/16");
	out = side_add(SADB_OUT, false, spi, p->policy_a, &of);
	if (*second) {
		in.sa.selectors[1] = between("10.2.0.0/16", second);
		out.sa.selectors[1] = between(second, "10.2.0.0/16");
		in.sa.n_selectors = out.sa.n_selectors = 2;
	}
	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	bind_now(p->a, &out);
	return out;
}

static bool has_list_of(const struct pair *p, const struct policy *of)
{
	return atomic_load(&p->a->view.several[of->id]);
}

/* The older one has nothing left of one policy, and a quarter of the other. */
static void sa_of_two_policies_leaves_each_by_itself(void **state)
{
	struct pair *p = *state;
	const struct child c = child_of(p);
	struct sadb_request both, narrow;

	both = bind_parts(p, 0x1001, lower_net, upper_net);
	narrow = bind_parts(p, 0x1002, lower_net, "10.1.128.0/18");
	assert_false(has_list_of(p, &c.a[0]));
	assert_true(has_list_of(p, &c.a[1]));
	for (int i = 0; i < 2; i++) {
		assert_true(crosses(p, LOWER));
		assert_true(crosses(p, UPPER));
		assert_true(crosses(p, "10.1.192.5"));
	}
	assert_int_equal(end(p, &both), 2);
	assert_false(has_list_of(p, &c.a[1]));
	assert_refused(p, "10.1.192.5");
	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, UPPER));
	assert_int_equal(end(p, &narrow), 6);
	assert_false(give(p, LOWER));
	assert_false(give(p, UPPER));
}

static void newest_of_two_policies_gives_each_back_to_what_was_before(void **state)
{
	struct pair *p = *state;
	const struct child c = child_of(p);
	struct sadb_request both, one;

	both = bind_parts(p, 0x1001, "10.1.0.0/18", upper_net);
	one = bind_parts(p, 0x1002, "10.1.64.0/18", "10.1.128.0/18");
	assert_true(has_list_of(p, &c.a[0]));
	assert_true(has_list_of(p, &c.a[1]));
	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, "10.1.64.5"));
	assert_int_equal(end(p, &one), 1);
	assert_false(has_list_of(p, &c.a[0]));
	assert_false(has_list_of(p, &c.a[1]));
	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, UPPER));
	assert_refused(p, "10.1.64.5");
	assert_int_equal(end(p, &both), 3);
}

/* The SPD takes all ids anew, so that both are unbound, and then as they were. */
static void list_that_is_refused_unbinds_none_of_two_policies(void **state)
{
	struct pair *p = *state;
	const struct child c = child_of(p);
	struct policy *all = many_policies(0x0b000000, SPD_MAX);

	bind_parts(p, 0x1001, lower_net, upper_net);
	bind_parts(p, 0x1002, "10.1.0.0/18", "10.1.128.0/18");
	p->a->policies_err = -ENOMEM;
	assert_int_equal(sadb_set_policies(p->a->sadb, all, SPD_MAX), -ENOMEM);
	p->a->policies_err = 0;
	free(all);
	assert_true(has_list_of(p, &c.a[0]));
	assert_true(has_list_of(p, &c.a[1]));
	assert_true(crosses(p, LOWER));
	assert_true(crosses(p, UPPER));
	assert_true(crosses(p, "10.1.64.5"));
	assert_true(crosses(p, "10.1.192.5"));
}

/* One policy goes; of the other both SAs stay, and end one by one. */
static void policy_that_goes_takes_its_part_of_the_sas_alone(void **state)
{
	struct pair *p = *state;
	struct child c = child_of(p);
	struct sadb_request upper, narrow;

	bind_parts(p, 0x1001, lower_net, "");
	upper = bind_parts(p, 0x1002, upper_net, "");
	narrow = bind_parts(p, 0x1003, "10.1.0.0/18", "10.1.128.0/18");
	c.a[1].nth = 0;
	assert_int_equal(sadb_set_policies(p->a->sadb, &c.a[1], 1), 0);
	assert_false(give(p, LOWER));
	assert_true(crosses(p, UPPER));
	assert_true(crosses(p, "10.1.192.5"));
	assert_int_equal(end(p, &narrow), 1);
	assert_true(crosses(p, UPPER));
	assert_int_equal(end(p, &upper), 2);
	assert_false(give(p, UPPER));
}

/* --- who asks for others --- */

static struct policy demanded(void)
{
	struct policy a = side_policy("10.1.0.0/16", "10.2.0.0/16");

	a.on_demand = true;
	return a;
}

/* It is dropped by its name; those that come after it may have an SA. */
static void packet_that_no_sa_takes_asks_for_another(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	p->policy_a = one_policy(p->a, demanded());
	bind_part(p, 0x1001, lower_net);
	assert_refused(p, UPPER);
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
	assert_int_equal(e.policy, p->policy_a);
	assert_int_equal(addr_v4_be(&e.packet.local_min), inet_addr(UPPER));
	for (int i = 0; i < 3; i++)
		assert_refused(p, UPPER);
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
	assert_true(crosses(p, LOWER));
	bind_part(p, 0x1002, upper_net);
	assert_true(crosses(p, UPPER));
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
}

static void change_of_sas_has_another_packet_ask_at_once(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	p->policy_a = one_policy(p->a, demanded());
	bind_part(p, 0x1001, "10.1.0.0/18");
	assert_refused(p, UPPER);
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
	bind_part(p, 0x1002, upper_net);
	assert_refused(p, "10.1.64.5");
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 2);
	assert_int_equal(addr_v4_be(&e.packet.local_min),
			 inet_addr("10.1.64.5"));
}

static void packet_of_a_policy_that_nothing_brings_up_asks_for_none(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	bind_part(p, 0x1001, lower_net);
	assert_refused(p, UPPER);
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 0);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(halves_of_a_policy_have_an_sa_each),
		CASE(both_go_out_of_one_batch),
		CASE(newer_sa_of_a_half_replaces_that_halfs_alone),
		CASE(half_without_its_sa_is_refused_and_the_other_goes_on),
		CASE(of_three_any_two_go_on),
		CASE(sa_of_the_whole_policy_replaces_all),
		CASE(wider_sa_keeps_what_a_newer_one_does_not_take),
		CASE(several_selectors_together_replace_what_each_covers),
		CASE(sa_that_is_bound_again_is_the_newest),
		CASE(policy_has_so_many_at_once),
		CASE(list_that_the_kernel_refuses_unbinds_none),
		CASE(policy_that_is_gone_leaves_no_sa_to_another),
		CASE(packet_on_its_way_goes_by_the_sa_of_now),
		CASE(orphan_ends_when_another_has_its_packets_and_not_before),
		CASE(sa_of_two_policies_leaves_each_by_itself),
		CASE(newest_of_two_policies_gives_each_back_to_what_was_before),
		CASE(list_that_is_refused_unbinds_none_of_two_policies),
		CASE(policy_that_goes_takes_its_part_of_the_sas_alone),
		CASE(packet_that_no_sa_takes_asks_for_another),
		CASE(change_of_sas_has_another_packet_ask_at_once),
		CASE(packet_of_a_policy_that_nothing_brings_up_asks_for_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
