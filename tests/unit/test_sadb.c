// SPDX-License-Identifier: BSD-2-Clause
/*
 * The seam between IKE and the SAD: GETSPI, ADD, UPDATE, DELETE over two
 * gateways in memory. What is refused is in test_sadb_refused.c.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "include/proto.h"
#include "tests/support/told.h"
#include "tests/unit/sadb_fixture.h"

/* --- GETSPI --- */

static struct sadb_request getspi(void)
{
	return (struct sadb_request){
		.verb = SADB_GETSPI,
		.id = { .daddr = addr_from_v4(inet_addr("192.0.2.2")),
			.dir = SADB_IN },
	};
}

static void spi_is_not_reserved_and_given_once(void **state)
{
	struct pair *p = *state;
	uint32_t spi[100];

	for (uint32_t i = 0; i < 100; i++) {
		struct sadb_request q = getspi();
		struct sadb_answer a = side_call(p->b, &q);

		assert_int_equal(a.err, 0);
		assert_true(a.id.spi > SPI_RESERVED_MAX);
		spi[i] = a.id.spi;
		for (uint32_t j = 0; j < i; j++)
			assert_int_not_equal(spi[i], spi[j]);
	}
}

static void answer_comes_out_of_the_poll_alone(void **state)
{
	struct pair *p = *state;
	struct sadb_request q = getspi();
	uint64_t token = side_ask(p->b, &q);

	assert_null(side_answer(p->b, token));
	side_poll(p->b);
	assert_non_null(side_answer(p->b, token));
}

static void question_without_a_token_gets_no_answer(void **state)
{
	struct pair *p = *state;
	struct sadb_request q = getspi();

	sadb_request(p->b->sadb, &q, p->b->now_ns);
	side_poll(p->b);
	assert_int_equal(p->b->n_answers, 0);
}

static void larval_sa_accepts_nothing_and_add_arms_it(void **state)
{
	struct pair *p = *state;
	struct sadb_request q = getspi(), add;
	struct sadb_answer a = side_call(p->b, &q);
	uint8_t l3[FRAME_BYTES];

	add = side_add(SADB_OUT, false, a.id.spi, p->policy_a, &p->narrow_a);
	assert_int_equal(side_call(p->a, &add).err, 0);
	bind_now(p->a, &add);
	assert_true(send_one(p, l3));
	assert_int_equal(side_carry(p->a, p->b), 0);
	add = side_add(SADB_IN, false, a.id.spi, p->policy_b, &p->narrow_b);
	assert_int_equal(side_call(p->b, &add).err, 0);
	assert_true(send_one(p, l3));
	assert_int_equal(side_carry(p->a, p->b), 1);
	worker_step(&p->b->w);
	assert_int_equal(p->b->inside.tx_n, 1);
}

static void larval_sa_is_forgotten_when_nobody_adds_it(void **state)
{
	struct pair *p = *state;

	for (uint32_t i = 0; i < SIDE_SAS; i++) {
		struct sadb_request q = getspi();

		assert_int_equal(side_call(p->b, &q).err, 0);
		p->b->n_answers = 0;
	}
	assert_int_equal(call_new(p->b, getspi()).err, -ENOSPC);
	p->b->now_ns += 165 * NS_PER_S - 1;
	side_poll(p->b);
	assert_int_equal(call_new(p->b, getspi()).err, -ENOSPC);
	p->b->now_ns += NS_PER_S;
	side_poll(p->b);
	assert_int_equal(call_new(p->b, getspi()).err, 0);
}

static void larval_sa_can_be_given_back(void **state)
{
	struct pair *p = *state;
	struct sadb_answer a = call_new(p->b, getspi());
	struct sadb_request q = { .verb = SADB_DELETE, .id = a.id };

	assert_int_equal(side_call(p->b, &q).err, 0);
	assert_int_equal(side_call(p->b, &q).err, -ENOENT);
}

/* --- the whole life --- */

static void first_packet_is_an_event_of_its_inbound_sa(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	add_pair(p, 0x1001);
	cross(p, 3);
	side_poll(p->b);
	assert_int_equal(side_events(p->b, SADB_USED, &e), 1);
	assert_int_equal(e.id.spi, 0x1001);
	assert_int_equal(e.id.dir, SADB_IN);
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_USED, &e), 0);
}

static void peer_behind_a_nat_that_moved_is_an_event(void **state)
{
	struct pair *p = *state;
	struct sadb_request in =
		side_add(SADB_IN, false, 0x1001, p->policy_b, &p->narrow_b);
	struct sadb_request out =
		side_add(SADB_OUT, false, 0x1001, p->policy_a, &p->narrow_a);
	struct sadb_event e;

	in.sa.encap_sport = in.sa.encap_dport = 4500;
	out.sa.encap_sport = 1024; /* what the NAT would make of it */
	out.sa.encap_dport = 4500;
	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	bind_now(p->a, &out);
	cross(p, 3);
	side_poll(p->b);
	assert_int_equal(side_events(p->b, SADB_MAPPING, &e), 1);
	assert_int_equal(e.id.spi, 0x1001);
	assert_int_equal(addr_v4_be(&e.mapped_addr), inet_addr("192.0.2.1"));
	assert_int_equal(e.mapped_port, 1024);
}

/* How many SAs do, if a worker looks now. */
static uint32_t send_dummies(const struct side *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < atomic_load(&s->view.n_dummies); i++)
		n += atomic_load(&s->view.dummies[i]) != 0;
	return n;
}

static void sa_sends_dummies_while_it_is_bound(void **state)
{
	struct pair *p = *state;
	struct sadb_request out[2], q;

	for (uint32_t i = 0; i < 2; i++) {
		out[i] = side_add(SADB_OUT, false, 0x1001 + i, p->policy_a,
				  &p->narrow_a);
		out[i].sa.outer.dummies = 10;
		assert_int_equal(side_call(p->a, &out[i]).err, 0);
		assert_int_equal(send_dummies(p->a), i);
		bind_now(p->a, &out[i]);
		assert_int_equal(send_dummies(p->a), 1);
	}
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(send_dummies(p->a), 1);
		q = side_verb(&out[i], SADB_DELETE);
		assert_int_equal(side_call(p->a, &q).err, 0);
	}
	assert_int_equal(send_dummies(p->a), 0);
}

/* Without ESN, at three quarters of the numbers. */
static void outbound_sa_that_runs_out_of_numbers_is_an_event(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001);
	uint8_t l3[FRAME_BYTES];
	struct sadb_event e;
	struct dp_meta meta;

	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	assert_true(side_meta_out(p->a, l3, &meta));
	sad_get(p->a->sad, meta.sa)->seq = UINT32_MAX / 4 * 3 - 1;
	assert_true(send_one(p, l3));
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 0);
	assert_true(send_one(p, l3));
	assert_true(send_one(p, l3));
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 1);
	assert_int_equal(e.hard, 0);
	assert_memory_equal(&e.id, &out.id, sizeof(e.id));
	assert_int_equal(p->a->outside.tx_n, 3);
}

/* Takes what a sent, whose first packet was too big for a router; false: BPF knows
 * no SA of it. */
static bool router_speaks(struct pair *p, uint32_t mtu)
{
	uint8_t l3[TOLD_MAX];
	uint32_t bytes;
	const uint8_t *outer = port_mem_sent(&p->a->outside, 0, &bytes);
	bool known;

	outer += ETH_HEADER_BYTES;
	bytes -= ETH_HEADER_BYTES;
	known = side_told(p->a, l3,
			  told_build(l3, slice_of(outer, bytes), 28, mtu));
	worker_step(&p->a->w);
	side_poll(p->a);
	return known;
}

static void router_on_the_path_of_an_sa_is_heard_while_the_sa_is(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001);
	struct sadb_request gone = side_verb(&out, SADB_DELETE);
	uint8_t l3[FRAME_BYTES];

	assert_true(send_one(p, l3));
	assert_true(router_speaks(p, 1400));
	assert_int_equal(p->a->path_mtus, 1);
	assert_int_equal(p->a->path_mtu, 1400);
	assert_int_equal(side_call(p->a, &gone).err, 0);
	assert_false(router_speaks(p, 1300));
	assert_int_equal(p->a->path_mtus, 1);
}

static void update_is_answered_after_the_barrier(void **state)
{
	struct pair *p = *state;
	struct sadb_request out =
		side_add(SADB_OUT, false, 0x1001, p->policy_a, &p->narrow_a);
	struct sadb_request up = side_verb(&out, SADB_UPDATE);
	uint64_t token;

	assert_int_equal(side_call(p->a, &out).err, 0);
	token = side_ask(p->a, &up);
	side_poll(p->a);
	assert_null(side_answer(p->a, token));
	worker_step(&p->a->w);
	side_poll(p->a);
	assert_int_equal(side_answer(p->a, token)->err, 0);
}

struct looking {
	struct sadb_id id;
	uint64_t pkts;
};

static void look(void *ctx, const struct sadb_id *id, uint32_t policy,
		 bool orphan, const struct sa_rt *sa)
{
	struct looking *l = ctx;

	(void)policy;
	(void)orphan;
	if (memcmp(id, &l->id, sizeof(*id)) == 0)
		l->pkts = atomic_load(&sa->count.pkts);
}

static uint64_t sa_pkts(const struct side *s, const struct sadb_id *id)
{
	struct looking l = { .id = *id };

	sadb_each(s->sadb, look, &l);
	return l.pkts;
}

static void rekey_switches_and_the_old_sa_counts_to_its_end(void **state)
{
	struct pair *p = *state;
	struct sadb_request old, gone;
	struct sadb_answer a;

	old = add_pair(p, 0x1001);
	cross(p, 5);
	assert_int_equal(sa_pkts(p->a, &old.id), 5);
	add_pair(p, 0x1002);
	cross(p, 2);
	gone = side_verb(&old, SADB_DELETE);
	a = side_call(p->a, &gone);
	assert_int_equal(a.err, 0);
	assert_int_equal(a.counters.pkts, 5);
	assert_int_equal(a.counters.bytes, 5 * PACKET_BYTES);
	gone.id.dir = SADB_IN;
	a = side_call(p->b, &gone);
	assert_int_equal(a.counters.pkts, 5);
	cross(p, 1);
	assert_int_equal(sad_count(p->a->sad), 1);
	assert_int_equal(sad_count(p->b->sad), 1);
}

static void sa_that_was_never_used_says_so(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001);
	struct sadb_request gone = side_verb(&out, SADB_DELETE);

	assert_true(side_call(p->a, &gone).counters.idle_s == UINT64_MAX);
}

static void deleted_while_bound_leaves_its_policy_without_an_sa(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001);
	struct sadb_request gone = side_verb(&out, SADB_DELETE);
	uint8_t l3[FRAME_BYTES];

	assert_int_equal(side_call(p->a, &gone).err, 0);
	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	assert_false(side_out(p->a, l3, PACKET_BYTES));
	assert_int_equal(side_call(p->a, &gone).err, -ENOENT);
}

/* More than a batch stands in the ring when the SA is to go. */
static void packets_steered_before_go_out_before_delete_is_answered(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001), gone;
	uint8_t l3[FRAME_BYTES];
	uint64_t token;

	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	for (int i = 0; i < 200; i++)
		assert_true(side_out(p->a, l3, PACKET_BYTES));
	gone = side_verb(&out, SADB_DELETE);
	token = side_ask(p->a, &gone);
	for (int round = 0; round < 3; round++) {
		worker_step(&p->a->w);
		side_poll(p->a);
		assert_null(side_answer(p->a, token));
	}
	worker_step(&p->a->w);
	side_poll(p->a);
	assert_int_equal(side_answer(p->a, token)->err, 0);
	assert_int_equal(side_answer(p->a, token)->counters.pkts, 200);
	assert_int_equal(p->a->outside.tx_n, 200);
	assert_int_equal(side_dropped(p->a), 0);
}

static void packets_that_came_after_do_not_delay_the_barrier(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001), gone;
	uint8_t l3[FRAME_BYTES];
	uint64_t token;

	add_pair(p, 0x1002);
	gone = side_verb(&out, SADB_DELETE);
	token = side_ask(p->a, &gone);
	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	worker_step(&p->a->w);
	for (int i = 0; i < 200; i++)
		assert_true(side_out(p->a, l3, PACKET_BYTES));
	worker_step(&p->a->w);
	side_poll(p->a);
	assert_non_null(side_answer(p->a, token));
}

static void inbound_packets_of_before_are_opened_before_delete_is_answered(
	void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001), gone;
	uint8_t l3[FRAME_BYTES];
	uint64_t token;

	for (int i = 0; i < 100; i++)
		assert_true(send_one(p, l3));
	assert_int_equal(side_carry(p->a, p->b), 100);
	gone = side_verb(&out, SADB_DELETE);
	gone.id.dir = SADB_IN;
	token = side_ask(p->b, &gone);
	assert_true(send_one(p, l3));
	assert_int_equal(side_carry(p->a, p->b), 0); /* BPF knows it no more */
	worker_step(&p->b->w);
	side_poll(p->b);
	assert_null(side_answer(p->b, token));
	worker_step(&p->b->w);
	side_poll(p->b);
	assert_int_equal(side_answer(p->b, token)->counters.pkts, 100);
	assert_int_equal(p->b->inside.tx_n, 100);
	assert_int_equal(side_dropped(p->b), 0);
}

static void name_of_an_sa_that_is_draining_is_not_free(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001), gone;
	uint64_t added, deleted;

	gone = side_verb(&out, SADB_DELETE);
	deleted = side_ask(p->a, &gone);
	added = side_ask(p->a, &out);
	worker_step(&p->a->w);
	side_poll(p->a);
	assert_int_equal(side_answer(p->a, deleted)->err, 0);
	assert_int_equal(side_answer(p->a, added)->err, -EEXIST);
	out.sa.encr_key[0]++;
	assert_int_equal(side_call(p->a, &out).err, 0);
}

static void slot_has_another_generation_in_its_next_life(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001), gone;
	uint8_t l3[FRAME_BYTES];
	struct dp_meta meta, now;

	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	assert_true(side_meta_out(p->a, l3, &meta));
	gone = side_verb(&out, SADB_DELETE);
	side_call(p->a, &gone);
	add_pair(p, 0x1002);
	assert_true(side_meta_out(p->a, l3, &now));
	assert_int_equal(now.sa.id, meta.sa.id);
	assert_int_not_equal(now.sa.gen, meta.sa.gen);
	assert_null(sad_get(p->a->sad, meta.sa));
	assert_non_null(sad_get(p->a->sad, now.sa));
}

static void slots_last_for_ever(void **state)
{
	struct pair *p = *state;

	for (uint32_t i = 0; i < 3 * SIDE_SAS; i++) {
		struct sadb_request out = side_add(SADB_OUT, false, 0x1000 + i,
						   p->policy_a, &p->narrow_a);
		struct sadb_request gone = side_verb(&out, SADB_DELETE);

		assert_int_equal(side_call(p->a, &out).err, 0);
		assert_int_equal(side_call(p->a, &gone).err, 0);
	}
	assert_int_equal(sad_count(p->a->sad), 0);
}

/* --- selectors --- */

static void cross_to(struct pair *p, uint32_t sport, uint32_t dport,
		     uint16_t fragment, bool passes)
{
	const enum drop_reason reason = fragment & IPV4_OFFSET_MASK
						? DROP_FRAGMENT_PORTS
						: DROP_SELECTOR;
	uint64_t dropped = p->b->drops[reason].pkts;
	uint8_t l3[FRAME_BYTES];
	struct ip_header ip;

	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	assert_true(ip_parse(slice_of(l3, PACKET_BYTES), &ip));
	ip.fragment = fragment;
	ip_build(l3, &ip);
	l3[20] = (uint8_t)(sport >> 8);
	l3[21] = (uint8_t)sport;
	l3[22] = (uint8_t)(dport >> 8);
	l3[23] = (uint8_t)dport;
	assert_true(side_out(p->a, l3, PACKET_BYTES));
	worker_step(&p->a->w);
	assert_int_equal(side_carry(p->a, p->b), 1);
	worker_step(&p->b->w);
	assert_int_equal(p->b->inside.tx_n, passes);
	assert_int_equal(p->b->drops[reason].pkts, dropped + !passes);
	port_mem_reset(&p->b->inside);
}

static void narrow_selector_of_ports_is_checked_inside(void **state)
{
	struct pair *p = *state;

	p->narrow_b.protocol = PROTO_UDP;
	p->narrow_b.remote_port_min = 1000;
	p->narrow_b.remote_port_max = 1999;
	p->narrow_b.local_port_min = p->narrow_b.local_port_max = 53;
	add_pair(p, 0x1001);
	cross_to(p, 1000, 53, 0, true);
	cross_to(p, 1999, 53, 0, true);
	cross_to(p, 999, 53, 0, false);
	cross_to(p, 2000, 53, 0, false);
	cross_to(p, 1000, 52, 0, false);
	cross_to(p, 53, 1000, 0, false);
	cross_to(p, 1000, 53, 0x2000, true);  /* a first fragment has them */
	cross_to(p, 1000, 53, 0x0001, false); /* a later one has none */
}

static void narrow_range_of_addresses_is_checked_inside(void **state)
{
	struct pair *p = *state;

	p->narrow_b.remote_min = addr_from_v4(inet_addr("10.1.0.5"));
	p->narrow_b.remote_max = addr_from_v4(inet_addr("10.1.0.6"));
	add_pair(p, 0x1001);
	cross_to(p, 1, 2, 0, true);
	p->narrow_b.remote_min = addr_from_v4(inet_addr("10.1.0.6"));
	add_pair(p, 0x1002);
	cross_to(p, 1, 2, 0, false);
}

static void any_of_several_selectors_will_do(void **state)
{
	struct pair *p = *state;
	struct sadb_request in;

	add_pair(p, 0x1001);
	in = side_add(SADB_IN, false, 0x1002, p->policy_b, &p->narrow_b);
	in.sa.n_selectors = 2;
	in.sa.selectors[1] = in.sa.selectors[0];
	in.sa.selectors[0].protocol = PROTO_TCP;
	assert_int_equal(side_call(p->b, &in).err, 0);
	in = side_add(SADB_OUT, false, 0x1002, p->policy_a, &p->narrow_a);
	assert_int_equal(side_call(p->a, &in).err, 0);
	bind_now(p->a, &in);
	cross_to(p, 1, 2, 0, true);
}

/* Ours is as narrow as the peer's: what it would refuse does not leave. */
static void narrow_outbound_sa_sends_its_own_alone(void **state)
{
	struct pair *p = *state;
	uint8_t l3[FRAME_BYTES];

	p->narrow_a.remote_min = addr_from_v4(inet_addr("10.2.0.8"));
	add_pair(p, 0x1001);
	assert_true(send_one(p, l3));
	assert_int_equal(p->a->outside.tx_n, 0);
	assert_int_equal(p->a->drops[DROP_SELECTOR].pkts, 1);
	p->narrow_a.remote_min = addr_from_v4(inet_addr("10.2.0.7"));
	add_pair(p, 0x1002);
	cross(p, 1);
}

static int verb_of(struct pair *p, const struct sadb_request *of,
		   enum sadb_verb verb)
{
	struct sadb_request q = side_verb(of, verb);

	return side_call(p->a, &q).err;
}

static void later(struct pair *p, uint64_t s)
{
	p->a->now_ns += s * NS_PER_S;
	side_poll(p->a);
}

/* a's SAs from now on; of packets of PACKET_BYTES. */
static struct sadb_request add_limited(struct pair *p, struct sadb_limit soft,
				       struct sadb_limit hard)
{
	p->soft = soft;
	p->hard = hard;
	return add_pair(p, 0x1001);
}

static void sa_that_has_carried_enough_is_an_event(void **state)
{
	struct pair *p = *state;
	struct sadb_request out =
		add_limited(p, (struct sadb_limit){ .bytes = 2 * PACKET_BYTES },
			    (struct sadb_limit){ .pkts = 4 });
	struct sadb_event e;

	cross(p, 1);
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 0);
	cross(p, 2);
	side_poll(p->a);
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 1);
	assert_int_equal(e.hard, 0);
	assert_int_equal(e.cause, SADB_BY_BYTES);
	assert_memory_equal(&e.id, &out.id, sizeof(e.id));
}

static void sa_that_has_carried_all_ends(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_limited(p, (struct sadb_limit){ 0 },
					      (struct sadb_limit){ .pkts = 2 });
	uint8_t l3[FRAME_BYTES];
	struct sadb_event e;

	cross(p, 2);
	assert_true(send_one(p, l3)); /* BPF does not know yet */
	assert_int_equal(p->a->drops[DROP_LIFETIME].pkts, 1);
	later(p, 1);
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 1);
	assert_int_equal(e.hard, 1);
	assert_int_equal(e.cause, SADB_BY_PKTS);
	assert_false(send_one(p, l3));
	assert_int_equal(verb_of(p, &out, SADB_DELETE), -ENOENT);
}

static void sa_says_what_it_carried_and_when(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001),
			    query = side_verb(&out, SADB_QUERY);
	struct sadb_answer a;

	a = side_call(p->a, &query);
	assert_int_equal(a.err, 0);
	assert_int_equal(a.counters.pkts, 0);
	assert_true(a.counters.idle_s == UINT64_MAX);
	cross(p, 3);
	later(p, 7);
	a = side_call(p->a, &query);
	assert_int_equal(a.err, 0);
	assert_int_equal(a.counters.pkts, 3);
	assert_in_range(a.counters.idle_s, 6, 7);
	side_another_ike(p->a, 0);
	assert_int_equal(verb_of(p, &out, SADB_QUERY), -ENOENT);
	assert_int_equal(verb_of(p, &out, SADB_CLAIM), 0);
	assert_int_equal(verb_of(p, &out, SADB_QUERY), 0);
	assert_int_equal(verb_of(p, &out, SADB_DELETE), 0);
	assert_int_equal(verb_of(p, &out, SADB_QUERY), -ENOENT);
}

static void sas_of_an_ike_that_ended_go_on(void **state)
{
	struct pair *p = *state;

	add_pair(p, 0x1001);
	side_another_ike(p->a, 0);
	later(p, 10 * SADB_ORPHAN_S);
	cross(p, 1);
}

/* Else one that was taken over leaves no place for the next. */
static void spis_of_an_ike_that_ended_are_free(void **state)
{
	struct pair *p = *state;
	struct sadb_request q = {
		.verb = SADB_GETSPI,
		.id = { .daddr = addr_from_v4(inet_addr("192.0.2.1")),
			.dir = SADB_IN },
	};

	for (uint32_t i = 0; i < SIDE_SAS; i++)
		assert_int_equal(call_new(p->a, q).err, 0);
	assert_int_equal(call_new(p->a, q).err, -ENOSPC);
	side_another_ike(p->a, 0);
	assert_int_equal(call_new(p->a, q).err, 0);
}

static void what_a_successor_does_not_claim_ends(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001);
	uint8_t l3[FRAME_BYTES];

	side_another_ike(p->a, 0);
	assert_int_equal(verb_of(p, &out, SADB_SWEEP), 0);
	later(p, SADB_ORPHAN_S - 1);
	cross(p, 1);
	later(p, 2);
	assert_false(send_one(p, l3));
	assert_int_equal(verb_of(p, &out, SADB_CLAIM), -ENOENT);
}

static void what_a_successor_claims_stays(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001), claim;
	struct sadb_answer a;

	cross(p, 3);
	assert_int_equal(verb_of(p, &out, SADB_CLAIM), -ENOENT);
	side_another_ike(p->a, 0);
	assert_int_equal(verb_of(p, &out, SADB_SWEEP), 0);
	claim = side_verb(&out, SADB_CLAIM);
	a = side_call(p->a, &claim);
	assert_int_equal(a.err, 0);
	assert_int_equal(a.counters.pkts, 3);
	later(p, 2 * SADB_ORPHAN_S);
	cross(p, 1);
}

static void another_sa_of_the_policy_ends_orphans(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_pair(p, 0x1001);

	side_another_ike(p->a, 0);
	add_pair(p, 0x1002);
	cross(p, 1);
	later(p, SADB_ORPHAN_S - 1);
	assert_int_equal(verb_of(p, &out, SADB_CLAIM), 0);
	side_another_ike(p->a, 0);
	add_pair(p, 0x1003);
	later(p, SADB_ORPHAN_S + 1);
	assert_int_equal(verb_of(p, &out, SADB_CLAIM), -ENOENT);
	cross(p, 1);
}

static void answers_of_an_ike_that_ended_are_nobodys(void **state)
{
	struct pair *p = *state;
	struct sadb_request gone = add_pair(p, 0x1001);
	unsigned int before;

	gone = side_verb(&gone, SADB_DELETE);
	gone.token = 4711;
	before = p->a->n_answers;
	sadb_request(p->a->sadb, &gone, p->a->now_ns);
	side_another_ike(p->a, 0);
	later(p, 1);
	assert_int_equal(p->a->n_answers, before);
}

static void sa_ends_when_its_life_is_over(void **state)
{
	struct pair *p = *state;
	struct sadb_request out;
	struct sadb_event event;
	uint8_t l3[FRAME_BYTES];

	out = add_limited(p, (struct sadb_limit){ 0 },
			  (struct sadb_limit){ .time_s = 100 });
	later(p, 99);
	cross(p, 1);
	later(p, 2);
	assert_false(send_one(p, l3));
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &event), 1);
	assert_true(event.hard);
	assert_int_equal(event.cause, SADB_BY_TIME);
	assert_int_equal(verb_of(p, &out, SADB_CLAIM), -ENOENT);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sa_says_what_it_carried_and_when),
		CASE(sas_of_an_ike_that_ended_go_on),
		CASE(spis_of_an_ike_that_ended_are_free),
		CASE(what_a_successor_does_not_claim_ends),
		CASE(what_a_successor_claims_stays),
		CASE(another_sa_of_the_policy_ends_orphans),
		CASE(answers_of_an_ike_that_ended_are_nobodys),
		CASE(sa_ends_when_its_life_is_over),
		CASE(spi_is_not_reserved_and_given_once),
		CASE(answer_comes_out_of_the_poll_alone),
		CASE(question_without_a_token_gets_no_answer),
		CASE(larval_sa_accepts_nothing_and_add_arms_it),
		CASE(larval_sa_is_forgotten_when_nobody_adds_it),
		CASE(larval_sa_can_be_given_back),
		CASE(first_packet_is_an_event_of_its_inbound_sa),
		CASE(peer_behind_a_nat_that_moved_is_an_event),
		CASE(sa_sends_dummies_while_it_is_bound),
		CASE(outbound_sa_that_runs_out_of_numbers_is_an_event),
		CASE(sa_that_has_carried_enough_is_an_event),
		CASE(sa_that_has_carried_all_ends),
		CASE(router_on_the_path_of_an_sa_is_heard_while_the_sa_is),
		CASE(update_is_answered_after_the_barrier),
		CASE(rekey_switches_and_the_old_sa_counts_to_its_end),
		CASE(sa_that_was_never_used_says_so),
		CASE(deleted_while_bound_leaves_its_policy_without_an_sa),
		CASE(packets_steered_before_go_out_before_delete_is_answered),
		CASE(packets_that_came_after_do_not_delay_the_barrier),
		CASE(inbound_packets_of_before_are_opened_before_delete_is_answered),
		CASE(name_of_an_sa_that_is_draining_is_not_free),
		CASE(slot_has_another_generation_in_its_next_life),
		CASE(slots_last_for_ever),
		CASE(narrow_selector_of_ports_is_checked_inside),
		CASE(narrow_range_of_addresses_is_checked_inside),
		CASE(any_of_several_selectors_will_do),
		CASE(narrow_outbound_sa_sends_its_own_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
