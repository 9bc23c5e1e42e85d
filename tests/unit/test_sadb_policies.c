// SPDX-License-Identifier: BSD-2-Clause
/*
 * The policy list while SAs live by it: ids that stay, the list in force after
 * every change, and SAs that follow it or go with their policy.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/virtio_net.h>

#include "ctrl/model/policy_set.h"
#include "include/proto.h"
#include "tests/unit/sadb_fixture.h"

static void set(struct side *s, struct policy *list, size_t n)
{
	assert_int_equal(sadb_set_policies(s->sadb, list, n), 0);
	assert_int_equal(s->list.block[0].head.count, n);
	assert_int_equal(s->list.block[0].head.gen, atomic_load(&s->view.gen));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s->list.block[s->list.n - n + i].leaf.first.id,
				 list[i].id);
}

static void unchanged_policies_keep_their_ids_wherever_they_stand(void **state)
{
	struct pair *p = *state;
	struct policy first[] = { side_policy("10.1.0.0/16", "10.2.0.0/16"),
				  side_policy("10.1.0.0/16", "10.3.0.0/16"),
				  side_policy("10.1.0.0/16", "10.4.0.0/16") };
	struct policy then[] = { first[2],
				 side_policy("10.1.0.0/16", "10.5.0.0/16"),
				 first[0] };

	set(p->a, first, 3);
	set(p->a, then, 3);
	assert_int_equal(then[0].id, first[2].id);
	assert_int_equal(then[2].id, first[0].id);
	for (int i = 0; i < 3; i++)
		assert_int_not_equal(then[1].id, first[i].id);
}

static void every_part_of_a_policy_makes_it_another_one(void **state)
{
	struct pair *p = *state;
	struct policy base = side_policy("10.1.0.0/16", "10.2.0.0/16"), now;
	uint32_t id = p->policy_a;

	for (int part = 0; part < 7; part++) {
		now = base;
		if (part == 0)
			now.action = SPD_DISCARD;
		if (part == 1)
			now.selector.protocol = PROTO_UDP;
		if (part == 2)
			now.selector.local_max.octets[14] = 0x7f;
		if (part == 3)
			now.selector.remote_min.octets[14] = 0x80;
		if (part == 4)
			now.selector.local_port_min = 1;
		if (part == 5)
			now.selector.remote_port_max = 1;
		if (part == 6)
			now.dirs = SPD_OUT;
		set(p->a, &now, 1);
		assert_int_not_equal(now.id, id);
		set(p->a, &base, 1);
		id = base.id;
	}
	now = base;
	now.on_demand = true;
	set(p->a, &now, 1);
	assert_int_equal(now.id, id);
}

static void put_local(struct sadb_selector *s, const char *addr)
{
	assert_int_equal(addr_parse(addr, &s->local_min), 0);
	s->local_max = s->local_min;
}

/* Its SA is there before it, and stays with it. */
static void policy_of_a_virtual_ip_is_the_same_with_another(void **state)
{
	struct pair *p = *state;
	struct policy vip = side_policy("0.0.0.0/32", "10.2.0.0/16");
	struct policy other;

	vip.is_vips = true;
	set(p->a, &vip, 1);
	p->policy_a = vip.id;
	put_local(&p->narrow_a, "10.1.0.5");
	add_pair(p, 0x1001);
	put_local(&vip.selector, "10.1.0.5");
	set(p->a, &vip, 1);
	assert_int_equal(vip.id, p->policy_a);
	cross(p, 1);
	other = vip;
	other.is_vips = false;
	set(p->a, &other, 1);
	assert_int_not_equal(other.id, p->policy_a);
}

/* One host, of the family: whoever asks can't take in what it likes. */
static void sa_of_a_virtual_ip_is_for_one_host(void **state)
{
	struct pair *p = *state;
	struct policy vip = side_policy("0.0.0.0/32", "10.2.0.0/16");
	struct sadb_selector s = vip.selector;
	struct sadb_request q;

	vip.is_vips = true;
	set(p->a, &vip, 1);
	put_local(&s, "10.1.0.5");
	s.local_max.octets[15]++;
	q = side_add(SADB_OUT, false, 0x1001, vip.id, &s);
	assert_int_equal(side_call(p->a, &q).err, -EPERM);
	put_local(&s, "10.1.0.5");
	s.remote_max.octets[13]++;
	q = side_add(SADB_OUT, false, 0x1001, vip.id, &s);
	assert_int_equal(side_call(p->a, &q).err, -EPERM);
	s.remote_max = vip.selector.remote_max;
	q = side_add(SADB_OUT, false, 0x1001, vip.id, &s);
	assert_int_equal(side_call(p->a, &q).err, 0);
}

static void two_alike_have_two_ids(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { side_policy("10.1.0.0/16", "10.2.0.0/16"),
				 side_policy("10.1.0.0/16", "10.2.0.0/16") };
	uint32_t first;

	set(p->a, list, 2);
	first = list[0].id;
	assert_int_not_equal(list[0].id, list[1].id);
	set(p->a, list, 2);
	assert_int_equal(list[0].id, first);
}

static void whole_list_can_be_replaced_by_another(void **state)
{
	struct policy_set *seen = calloc(1, sizeof(*seen));
	struct pair *p = *state;
	struct policy *list;

	assert_non_null(seen);
	for (uint32_t round = 1; round < 4; round++) {
		list = many_policies(round << 24, SPD_MAX);
		set(p->a, list, SPD_MAX);
		memset(seen, 0, sizeof(*seen));
		for (uint32_t i = 0; i < SPD_MAX; i++) {
			assert_false(policy_set_has(seen, list[i].id));
			policy_set_add(seen, list[i].id);
		}
		free(list);
	}
	list = many_policies(0x01000000, SPD_MAX + 1);
	assert_int_equal(sadb_set_policies(p->a->sadb, list, SPD_MAX + 1),
			 -E2BIG);
	free(list);
	free(seen);
}

static void list_that_is_refused_changes_nothing(void **state)
{
	struct pair *p = *state;
	struct policy bad = side_policy("10.1.0.0/16", "10.2.0.0/16");
	struct spd_head before;

	add_pair(p, 0x1001);
	before = p->a->list.block[0].head;
	bad.selector.remote_max.octets[0] = 0x20;
	assert_int_equal(sadb_set_policies(p->a->sadb, &bad, 1), -EINVAL);
	assert_memory_equal(&p->a->list.block[0].head, &before, sizeof(before));
	cross(p, 1);
}

/* By the policy that is in force, for which the worker itself finds the SA. */
static void host_sends(struct pair *p)
{
	const struct host_tag tag = {
		.magic = SIDE_MAGIC,
		.policy_id = p->policy_a,
		.policy_gen = p->a->list.block[0].head.gen,
	};
	const size_t vnet = sizeof(struct virtio_net_hdr);
	uint8_t frame[FRAME_BYTES] = { 0 };
	ssize_t n = (ssize_t)(vnet + ETH_HEADER_BYTES + PACKET_BYTES);

	memcpy(frame + vnet, &tag, sizeof(tag));
	frame[vnet + 12] = 8;
	side_packet(frame + vnet + ETH_HEADER_BYTES, "10.1.0.5", "10.2.0.7",
		    PACKET_BYTES);
	assert_int_equal(write(p->a->host_fd, frame, (size_t)n), n);
	worker_step(&p->a->w);
}

/* All ids are taken, so that one of them would mean another policy. */
static void list_that_the_kernel_refuses_changes_nothing(void **state)
{
	struct pair *p = *state;
	struct policy *list = many_policies(0x0b000000, SPD_MAX);

	add_pair(p, 0x1001);
	p->a->policies_err = -ENOMEM;
	assert_int_equal(sadb_set_policies(p->a->sadb, list, SPD_MAX), -ENOMEM);
	cross(p, 3);
	host_sends(p);
	assert_int_equal(p->a->outside.tx_n, 1);
	assert_int_equal(side_dropped(p->a), 0);
	port_mem_reset(&p->a->outside);
	p->a->policies_err = 0;
	set(p->a, list, SPD_MAX);
	free(list);
}

static void sa_of_an_unchanged_policy_goes_on_without_a_loss(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { side_policy("10.1.0.0/16", "10.9.0.0/16"),
				 side_policy("10.1.0.0/16", "10.2.0.0/16") };
	uint8_t l3[FRAME_BYTES];

	add_pair(p, 0x1001);
	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	assert_true(side_out(p->a, l3, PACKET_BYTES));
	set(p->a, list, 2);
	worker_step(&p->a->w);
	assert_int_equal(p->a->outside.tx_n, 1);
	assert_int_equal(side_carry(p->a, p->b), 1);
	worker_step(&p->b->w);
	port_mem_reset(&p->b->inside);
	port_mem_reset(&p->b->outside);
	cross(p, 3);
	assert_int_equal(side_dropped(p->a) + side_dropped(p->b), 0);
}

static void sas_of_a_policy_that_is_gone_are_drained_and_expire_hard(void **state)
{
	struct pair *p = *state;
	struct policy other = side_policy("10.1.0.0/16", "10.9.0.0/16");
	struct sadb_request out = add_pair(p, 0x1001), gone;
	uint8_t l3[FRAME_BYTES];
	struct sadb_event e;

	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	assert_true(side_out(p->a, l3, PACKET_BYTES));
	set(p->a, &other, 1);
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 1);
	assert_int_equal(e.hard, 1);
	assert_int_equal(e.id.spi, 0x1001);
	assert_int_equal(e.id.dir, SADB_OUT);
	worker_step(&p->a->w);
	assert_int_equal(p->a->outside.tx_n, 1);
	side_poll(p->a);
	assert_int_equal(sad_count(p->a->sad), 0);
	gone = side_verb(&out, SADB_DELETE);
	assert_int_equal(side_call(p->a, &gone).err, -ENOENT);
}

static void inbound_sa_carries_nothing_for_an_earlier_policy(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { side_policy("10.2.0.7/32", "10.1.0.5/32"),
				 side_policy("10.2.0.0/16", "10.1.0.0/16") };
	uint8_t l3[FRAME_BYTES];

	list[0].action = SPD_DISCARD;
	add_pair(p, 0x1001);
	cross(p, 1);
	set(p->b, list, 2);
	assert_true(send_one(p, l3));
	assert_int_equal(side_carry(p->a, p->b), 1);
	worker_step(&p->b->w);
	assert_int_equal(p->b->inside.tx_n, 0);
	assert_int_equal(p->b->drops[DROP_SELECTOR].pkts, 1);
	set(p->b, &list[1], 1);
	cross(p, 1);
}

static void policy_after_its_own_takes_nothing_from_an_sa(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { side_policy("10.2.0.0/16", "10.1.0.0/16"),
				 side_policy("10.2.0.7/32", "10.1.0.5/32") };

	list[1].action = SPD_DISCARD;
	add_pair(p, 0x1001);
	set(p->b, list, 2);
	cross(p, 1);
}

/* The first one's whole range is decided by it, though its SA is narrower. */
static void narrow_sa_leaves_the_rest_of_its_policy_to_nobody(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { side_policy("10.2.0.0/16", "10.1.0.0/16"),
				 side_policy("10.2.0.0/15", "10.1.0.0/16") };
	struct sadb_selector narrow;
	struct sadb_request q;
	uint8_t l3[FRAME_BYTES];

	set(p->b, list, 2);
	narrow = list[1].selector;
	q = side_add(SADB_IN, false, 0x1001, list[1].id, &narrow);
	assert_int_equal(side_call(p->b, &q).err, 0);
	q = side_add(SADB_OUT, false, 0x1001, p->policy_a, &p->narrow_a);
	assert_int_equal(side_call(p->a, &q).err, 0);
	bind_now(p->a, &q);
	assert_true(send_one(p, l3));
	assert_int_equal(side_carry(p->a, p->b), 1);
	worker_step(&p->b->w);
	assert_int_equal(p->b->drops[DROP_SELECTOR].pkts, 1);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(unchanged_policies_keep_their_ids_wherever_they_stand),
		CASE(every_part_of_a_policy_makes_it_another_one),
		CASE(policy_of_a_virtual_ip_is_the_same_with_another),
		CASE(sa_of_a_virtual_ip_is_for_one_host),
		CASE(two_alike_have_two_ids),
		CASE(whole_list_can_be_replaced_by_another),
		CASE(list_that_is_refused_changes_nothing),
		CASE(list_that_the_kernel_refuses_changes_nothing),
		CASE(sa_of_an_unchanged_policy_goes_on_without_a_loss),
		CASE(sas_of_a_policy_that_is_gone_are_drained_and_expire_hard),
		CASE(inbound_sa_carries_nothing_for_an_earlier_policy),
		CASE(policy_after_its_own_takes_nothing_from_an_sa),
		CASE(narrow_sa_leaves_the_rest_of_its_policy_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
