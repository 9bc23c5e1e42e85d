// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets that find no SA where the policy asks for one: held, told of, sent
 * when the SA is bound, dropped by name when it does not come.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/virtio_net.h>

#include "include/proto.h"
#include "tests/support/gateway.h"
#include "tests/unit/sadb_fixture.h"

static int setup(void **state)
{
	struct policy on_demand = side_policy("10.1.0.0/16", "10.2.0.0/16");
	struct pair *p;

	if (pair_setup(state))
		return -1;
	p = *state;
	on_demand.on_demand = true;
	p->policy_a = one_policy(p->a, on_demand);
	return 0;
}

static void send_numbered(struct pair *p, uint32_t from, uint32_t to)
{
	uint8_t l3[FRAME_BYTES];

	for (uint32_t i = from; i < to; i++) {
		side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
		l3[40] = (uint8_t)i;
		assert_true(side_out(p->a, l3, PACKET_BYTES));
	}
	while (worker_step(&p->a->w))
		;
	side_poll(p->a);
}

/* The SAs are there, not yet bound; the ADD of the outbound one. */
static struct sadb_request prepare(struct pair *p, uint32_t spi)
{
	struct sadb_request in =
		side_add(SADB_IN, false, spi, p->policy_b, &p->narrow_b);
	struct sadb_request out =
		side_add(SADB_OUT, false, spi, p->policy_a, &p->narrow_a);

	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	return out;
}

static void packet_without_an_sa_is_held_and_told_of_with_its_selector(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	send_numbered(p, 0, 1);
	assert_int_equal(p->a->w.held, 1);
	assert_int_equal(side_dropped(p->a), 0);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
	assert_int_equal(e.policy, p->policy_a);
	assert_int_equal(e.packet.protocol, PROTO_UDP);
	assert_int_equal(addr_v4_be(&e.packet.local_min), inet_addr("10.1.0.5"));
	assert_int_equal(addr_v4_be(&e.packet.local_max), inet_addr("10.1.0.5"));
	assert_int_equal(addr_v4_be(&e.packet.remote_min),
			 inet_addr("10.2.0.7"));
	assert_int_equal(e.packet.local_port_min, 0x1415);
	assert_int_equal(e.packet.remote_port_max, 0x1617);
}

static void send_icmp(struct pair *p, uint8_t type)
{
	uint8_t l3[FRAME_BYTES];

	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	l3[9] = PROTO_ICMP;
	l3[IPV4_HEADER_BYTES] = type;
	packet_mend_checksum(l3, PACKET_BYTES);
	assert_true(side_out(p->a, l3, PACKET_BYTES));
	worker_step(&p->a->w);
	side_poll(p->a);
}

static void icmp_error_asks_for_no_sa(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	send_icmp(p, ICMP_UNREACHABLE);
	assert_int_equal(p->a->w.held, 0);
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 1);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 0);
	send_icmp(p, ICMP_ECHO);
	assert_int_equal(p->a->w.held, 1);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
}

static void policy_that_asks_for_none_drops_in_bpf(void **state)
{
	struct pair *p = *state;
	struct policy plain = side_policy("10.1.0.0/16", "10.2.0.0/16");
	uint32_t id = p->policy_a;
	uint8_t l3[FRAME_BYTES];

	assert_int_equal(one_policy(p->a, plain), id);
	assert_false(send_one(p, l3));
}

/* BPF saw the list before, the worker sees the one after. */
static void policy_that_asks_no_more_drops_by_name(void **state)
{
	struct pair *p = *state;
	struct policy plain = side_policy("10.1.0.0/16", "10.2.0.0/16");
	uint8_t l3[FRAME_BYTES];

	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	assert_true(side_out(p->a, l3, PACKET_BYTES));
	one_policy(p->a, plain);
	worker_step(&p->a->w);
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 1);
}

static void held_packets_go_out_in_order_when_an_sa_is_bound(void **state)
{
	struct pair *p = *state;
	struct sadb_request out;
	uint32_t bytes;

	send_numbered(p, 0, 30);
	assert_int_equal(p->a->w.held, 30);
	out = prepare(p, 0x1001);
	assert_int_equal(p->a->w.held, 30);
	bind_now(p->a, &out);
	assert_int_equal(p->a->w.held, 0);
	assert_int_equal(side_carry(p->a, p->b), 30);
	worker_step(&p->b->w);
	assert_int_equal(p->b->inside.tx_n, 30);
	for (uint32_t i = 0; i < 30; i++)
		assert_int_equal(
			port_mem_sent(&p->b->inside, i, &bytes)[14 + 40], i);
	assert_int_equal(side_dropped(p->a), 0);
	port_mem_reset(&p->b->inside);
	port_mem_reset(&p->b->outside);
	cross(p, 5);
}

static void first_64_are_kept_and_the_rest_is_dropped(void **state)
{
	struct pair *p = *state;
	struct sadb_request out;
	uint32_t bytes;

	send_numbered(p, 0, 70);
	assert_int_equal(p->a->w.held, HOLD_PER_SA);
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 70 - HOLD_PER_SA);
	out = prepare(p, 0x1001);
	bind_now(p->a, &out);
	assert_int_equal(p->a->outside.tx_n, HOLD_PER_SA);
	assert_int_equal(side_carry(p->a, p->b), HOLD_PER_SA);
	worker_step(&p->b->w);
	assert_int_equal(port_mem_sent(&p->b->inside, HOLD_PER_SA - 1,
				       &bytes)[14 + 40],
			 HOLD_PER_SA - 1);
}

static void policies_do_not_take_each_others_room(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { side_policy("10.1.0.0/16", "10.2.0.0/16"),
				 side_policy("10.1.0.0/16", "10.3.0.0/16") };
	uint8_t l3[FRAME_BYTES];
	struct sadb_event e;

	list[0].on_demand = list[1].on_demand = true;
	assert_int_equal(sadb_set_policies(p->a->sadb, list, 2), 0);
	send_numbered(p, 0, 70);
	side_packet(l3, "10.1.0.5", "10.3.0.7", PACKET_BYTES);
	assert_true(side_out(p->a, l3, PACKET_BYTES));
	worker_step(&p->a->w);
	side_poll(p->a);
	assert_int_equal(p->a->w.held, HOLD_PER_SA + 1);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 2);
	assert_int_equal(e.policy, list[1].id);
}

static void packet_that_waited_too_long_had_no_sa(void **state)
{
	struct pair *p = *state;

	send_numbered(p, 0, 1);
	hold_too_long(&p->a->w, 0);
	worker_step(&p->a->w);
	assert_int_equal(p->a->w.held, 0);
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 1);
}

static void acquire_is_told_again_after_1_2_4_up_to_30_seconds(void **state)
{
	static const uint32_t waits[] = { 1, 2, 4, 8, 16, 30, 30 };
	struct pair *p = *state;
	struct acquire *a = &p->a->w.acquire[p->policy_a];
	struct sadb_event e;

	for (uint32_t i = 0; i < 7; i++) {
		send_numbered(p, 0, 2);
		assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), i + 1);
		assert_int_equal(a->wait_s, waits[i]);
		a->next_ns = 0; /* that time is over */
	}
}

static void acquire_begins_anew_after_a_pause(void **state)
{
	struct pair *p = *state;
	struct acquire *a = &p->a->w.acquire[p->policy_a];
	struct sadb_event e;

	send_numbered(p, 0, 1);
	a->wait_s = 30;
	a->next_ns = UINT64_MAX;
	a->last_ns -= 31 * NS_PER_S;
	send_numbered(p, 1, 2);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 2);
	assert_int_equal(a->wait_s, 1);
}

static void acquire_without_room_in_the_queue_is_told_with_the_next_packet(
	void **state)
{
	struct pair *p = *state;
	const struct telling filler = { .kind = TELL_USED };
	uint8_t l3[FRAME_BYTES];
	struct sadb_event e;

	while (tell_put(p->a->w.tell, &filler))
		;
	assert_true(send_one(p, l3));
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 0);
	assert_true(send_one(p, l3));
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
	assert_int_equal(p->a->w.held, 2);
}

static void acquire_of_a_policy_that_has_an_sa_by_now_is_no_event(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = prepare(p, 0x1001);
	uint8_t l3[FRAME_BYTES];
	struct sadb_event e;

	assert_true(send_one(p, l3));
	out = side_verb(&out, SADB_UPDATE);
	side_ask(p->a, &out);
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 0);
}

static void held_packet_of_a_policy_that_is_gone_is_dropped(void **state)
{
	struct pair *p = *state;
	struct policy other = side_policy("10.1.0.0/16", "10.9.0.0/16");

	other.on_demand = true;
	send_numbered(p, 0, 3);
	one_policy(p->a, other);
	worker_step(&p->a->w);
	assert_int_equal(p->a->w.held, 0);
	assert_int_equal(side_dropped(p->a), 3);
	assert_int_equal(p->a->drops[DROP_POLICY_STALE].pkts +
				 p->a->drops[DROP_NO_SA].pkts,
			 3);
}

/* The id of the policy that is gone means another one, which has an SA. */
static void held_packet_never_takes_the_sa_of_another_policy(void **state)
{
	struct pair *p = *state;
	struct policy *all = many_policies(0x0b000000, SPD_MAX);
	struct sadb_selector narrow;
	struct sadb_request out;

	send_numbered(p, 0, 3);
	for (uint32_t i = 0; i < SPD_MAX; i++)
		all[i].on_demand = true;
	assert_int_equal(sadb_set_policies(p->a->sadb, all, SPD_MAX), 0);
	for (uint32_t i = 0; i < SPD_MAX; i++) {
		if (all[i].id != p->policy_a)
			continue;
		narrow = all[i].selector;
		out = side_add(SADB_OUT, false, 0x1001, all[i].id, &narrow);
		assert_int_equal(side_call(p->a, &out).err, 0);
		bind_now(p->a, &out);
	}
	free(all);
	assert_int_equal(p->a->w.held, 0);
	assert_int_equal(p->a->outside.tx_n, 0);
	assert_int_equal(p->a->drops[DROP_POLICY_STALE].pkts, 3);
}

/* It waits for the peer's next hop when its SA is replaced. */
static void packet_held_for_a_next_hop_takes_the_sa_of_now(void **state)
{
	struct pair *p = *state;
	struct sadb_request old = add_pair(p, 0x1001), gone;
	const struct addr dst = addr_from_v4(inet_addr("192.0.2.2"));
	struct nexthop nh = *nexthop_lookup(&p->a->w.nexthops, &dst, 0);
	struct nexthop_query query;
	uint8_t l3[FRAME_BYTES];

	atomic_fetch_add(&p->a->link.fib.gen, 1);
	assert_true(send_one(p, l3));
	assert_int_equal(p->a->w.held, 1);
	add_pair(p, 0x1002);
	gone = side_verb(&old, SADB_DELETE);
	assert_int_equal(side_call(p->a, &gone).err, 0);
	assert_int_equal(p->a->w.held, 1);
	assert_true(spsc_pop(&p->a->link.queries, &query));
	nh.gen = query.gen;
	assert_true(spsc_push(&p->a->link.answers, &nh));
	worker_step(&p->a->w);
	assert_int_equal(p->a->outside.tx_n, 1);
	assert_int_equal(side_carry(p->a, p->b), 1);
	worker_step(&p->b->w);
	assert_int_equal(p->b->inside.tx_n, 1);
	assert_int_equal(side_dropped(p->a), 0);
}

static void frame_from_the_host_waits_likewise(void **state)
{
	struct pair *p = *state;
	const struct host_tag tag = {
		.magic = SIDE_MAGIC,
		.policy_id = p->policy_a,
		.policy_gen = p->a->list.block[0].head.gen,
	};
	const size_t vnet = sizeof(struct virtio_net_hdr);
	uint8_t frame[FRAME_BYTES] = { 0 };
	struct sadb_request out;
	ssize_t n = (ssize_t)(vnet + ETH_HEADER_BYTES + PACKET_BYTES);

	memcpy(frame + vnet, &tag, sizeof(tag));
	frame[vnet + 12] = 8;
	side_packet(frame + vnet + ETH_HEADER_BYTES, "10.1.0.5", "10.2.0.7",
		    PACKET_BYTES);
	assert_int_equal(write(p->a->host_fd, frame, (size_t)n), n);
	worker_step(&p->a->w);
	assert_int_equal(p->a->w.held, 1);
	out = prepare(p, 0x1001);
	bind_now(p->a, &out);
	assert_int_equal(p->a->outside.tx_n, 1);
	assert_int_equal(side_dropped(p->a), 0);
}

static void another_ike_is_asked_for_what_the_one_before_did_not_bring(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	send_numbered(p, 0, 1);
	side_another_ike(p->a, 59 * NS_PER_S);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 2);
	assert_int_equal(e.policy, p->policy_a);
	assert_int_equal(addr_v4_be(&e.packet.local_min), inet_addr("10.1.0.5"));
	side_another_ike(p->a, 2 * NS_PER_S);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 2);
}

static void packet_that_nobody_was_told_of_is_told_of_later(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	sadb_orphan(p->a->sadb);
	send_numbered(p, 0, 1);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 0);
	side_another_ike(p->a, NS_PER_S);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
}

static void what_was_brought_is_not_asked_for_again(void **state)
{
	struct pair *p = *state;
	struct sadb_request out;
	struct sadb_event e;

	send_numbered(p, 0, 1);
	out = prepare(p, 0x1001);
	bind_now(p->a, &out);
	side_another_ike(p->a, NS_PER_S);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(packet_without_an_sa_is_held_and_told_of_with_its_selector),
		CASE(another_ike_is_asked_for_what_the_one_before_did_not_bring),
		CASE(packet_that_nobody_was_told_of_is_told_of_later),
		CASE(what_was_brought_is_not_asked_for_again),
		CASE(icmp_error_asks_for_no_sa),
		CASE(policy_that_asks_for_none_drops_in_bpf),
		CASE(policy_that_asks_no_more_drops_by_name),
		CASE(held_packets_go_out_in_order_when_an_sa_is_bound),
		CASE(first_64_are_kept_and_the_rest_is_dropped),
		CASE(policies_do_not_take_each_others_room),
		CASE(packet_that_waited_too_long_had_no_sa),
		CASE(acquire_is_told_again_after_1_2_4_up_to_30_seconds),
		CASE(acquire_begins_anew_after_a_pause),
		CASE(acquire_without_room_in_the_queue_is_told_with_the_next_packet),
		CASE(acquire_of_a_policy_that_has_an_sa_by_now_is_no_event),
		CASE(held_packet_of_a_policy_that_is_gone_is_dropped),
		CASE(held_packet_never_takes_the_sa_of_another_policy),
		CASE(packet_held_for_a_next_hop_takes_the_sa_of_now),
		CASE(frame_from_the_host_waits_likewise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
