// SPDX-License-Identifier: BSD-2-Clause
/*
 * Policies that take selectors from the packet: each values ask for an SA, and go by
 * it alone; a scan neither makes the worker ask without end nor takes what is other
 * policies'.
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

#include "include/proto.h"
#include "tests/support/gateway.h"
#include "tests/support/packet.h"
#include "tests/unit/sadb_fixture.h"

#define FLOW_FLAGS (PFP_LOCAL | PFP_REMOTE | PFP_PROTOCOL | PFP_PORTS)

static struct policy pfp_policy(const char *local, const char *remote)
{
	struct policy p = side_policy(local, remote);

	p.on_demand = true;
	p.pfp = FLOW_FLAGS;
	return p;
}

static int setup(void **state)
{
	struct pair *p;

	if (pair_setup(state))
		return -1;
	p = *state;
	p->policy_a = one_policy(p->a, pfp_policy("10.1.0.0/16", "10.2.0.0/16"));
	return 0;
}

/* UDP from that port to port 53. */
static void flow_packet(uint8_t *l3, const char *to, uint16_t port)
{
	side_packet(l3, "10.1.0.5", to, PACKET_BYTES);
	l3[20] = (uint8_t)(port >> 8);
	l3[21] = (uint8_t)port;
	l3[22] = 0;
	l3[23] = 53;
}

static void give(struct pair *p, const char *to, uint16_t port)
{
	uint8_t l3[FRAME_BYTES];

	flow_packet(l3, to, port);
	assert_true(side_out(p->a, l3, PACKET_BYTES));
}

static void work(struct pair *p)
{
	while (worker_step(&p->a->w))
		;
	port_mem_reset(&p->a->inside);
	side_poll(p->a);
}

static void send_from(struct pair *p, uint16_t port)
{
	give(p, "10.2.0.7", port);
	work(p);
}

static struct sadb_selector selector_of(uint16_t port)
{
	const struct addr local = addr_from_v4(inet_addr("10.1.0.5"));
	const struct addr remote = addr_from_v4(inet_addr("10.2.0.7"));

	return (struct sadb_selector){
		.local_min = local,
		.local_max = local,
		.remote_min = remote,
		.remote_max = remote,
		.local_port_min = port,
		.local_port_max = port,
		.remote_port_min = 53,
		.remote_port_max = 53,
		.protocol = PROTO_UDP,
	};
}

static struct sadb_request add_for(struct pair *p, uint32_t spi, uint16_t port)
{
	const struct sadb_selector s = selector_of(port);
	struct sadb_request in =
		side_add(SADB_IN, false, spi, p->policy_b, &p->narrow_b);
	struct sadb_request out =
		side_add(SADB_OUT, false, spi, p->policy_a, &s);

	assert_int_equal(side_call(p->b, &in).err, 0);
	assert_int_equal(side_call(p->a, &out).err, 0);
	return out;
}

static struct sadb_request bind_for(struct pair *p, uint32_t spi, uint16_t port)
{
	struct sadb_request out = add_for(p, spi, port);

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

static uint32_t acquires(const struct pair *p)
{
	struct sadb_event e;

	return side_events(p->a, SADB_ACQUIRE, &e);
}

static bool crosses(struct pair *p, uint16_t port)
{
	bool passed;

	send_from(p, port);
	side_carry(p->a, p->b);
	worker_step(&p->b->w);
	passed = p->b->inside.tx_n;
	port_mem_reset(&p->b->inside);
	port_mem_reset(&p->b->outside);
	return passed;
}

/* --- an SA for each --- */

static void each_flow_asks_for_an_sa_of_its_own(void **state)
{
	struct pair *p = *state;
	struct sadb_event e;

	send_from(p, 1000);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 1);
	assert_int_equal(e.policy, p->policy_a);
	assert_int_equal(e.packet.local_port_min, 1000);
	assert_int_equal(e.packet.local_port_max, 1000);
	assert_int_equal(e.packet.remote_port_min, 53);
	assert_int_equal(e.packet.protocol, PROTO_UDP);
	send_from(p, 1000);
	assert_int_equal(acquires(p), 1);
	send_from(p, 1001);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 2);
	assert_int_equal(e.packet.local_port_min, 1001);
	assert_int_equal(p->a->w.held, 3);
}

static void packets_that_waited_go_by_their_own_sa(void **state)
{
	struct pair *p = *state;
	struct sadb_request first, second;

	send_from(p, 1000);
	send_from(p, 1000);
	send_from(p, 1001);
	first = bind_for(p, 0x1001, 1000);
	assert_int_equal(p->a->outside.tx_n, 2);
	assert_int_equal(p->a->w.held, 1);
	second = bind_for(p, 0x1002, 1001);
	assert_int_equal(p->a->outside.tx_n, 3);
	assert_int_equal(p->a->w.held, 0);
	assert_int_equal(side_dropped(p->a), 0);
	port_mem_reset(&p->a->outside);
	assert_true(crosses(p, 1000));
	assert_true(crosses(p, 1001));
	assert_true(crosses(p, 1001));
	assert_int_equal(end(p, &first), 3);
	assert_int_equal(end(p, &second), 3);
}

static void rekeying_of_one_flow_leaves_the_others(void **state)
{
	struct pair *p = *state;
	struct sadb_request old = bind_for(p, 0x1001, 1000), now, other;

	other = bind_for(p, 0x1002, 1001);
	assert_true(crosses(p, 1000));
	now = bind_for(p, 0x1003, 1000);
	assert_true(crosses(p, 1000));
	assert_int_equal(end(p, &old), 1);
	assert_true(crosses(p, 1000));
	assert_true(crosses(p, 1001));
	assert_int_equal(end(p, &now), 2);
	assert_int_equal(end(p, &other), 1);
	assert_int_equal(acquires(p), 0);
	assert_int_equal(sad_count(p->a->sad), 0);
}

static void flow_whose_sa_is_gone_asks_again(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = bind_for(p, 0x1001, 1000);

	assert_true(crosses(p, 1000));
	end(p, &out);
	send_from(p, 1000);
	assert_int_equal(acquires(p), 1);
	assert_int_equal(p->a->w.held, 1);
}

/* What asked before it had one does not wait longer for the next. */
static void flow_that_waited_asks_at_once_when_its_sa_is_gone(void **state)
{
	struct pair *p = *state;
	struct sadb_request out;

	send_from(p, 1000);
	out = bind_for(p, 0x1001, 1000);
	end(p, &out);
	send_from(p, 1000);
	assert_int_equal(acquires(p), 2);
}

static void bpf_names_no_sa_of_it(void **state)
{
	struct pair *p = *state;

	bind_for(p, 0x1001, 1000);
	assert_int_equal(atomic_load(&p->a->bindings[p->policy_a]), 0);
	assert_null(atomic_load(&p->a->view.several[p->policy_a]));
}

static void question_for_what_has_its_sa_by_now_is_no_event(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_for(p, 0x1001, 1000);

	give(p, "10.2.0.7", 1000);
	give(p, "10.2.0.7", 1001);
	worker_step(&p->a->w);
	out = side_verb(&out, SADB_UPDATE);
	side_ask(p->a, &out);
	side_poll(p->a);
	assert_int_equal(acquires(p), 1);
}

static void another_ike_is_asked_for_what_has_none(void **state)
{
	struct pair *p = *state;

	bind_for(p, 0x1001, 1000);
	send_from(p, 1001);
	assert_int_equal(acquires(p), 1);
	side_another_ike(p->a, NS_PER_S);
	assert_int_equal(acquires(p), 2);
	bind_for(p, 0x1002, 1001);
	side_another_ike(p->a, NS_PER_S);
	assert_int_equal(acquires(p), 2);
}

static struct sadb_event asked_by(struct pair *p, uint8_t protocol,
				  uint16_t fragment)
{
	uint8_t l3[FRAME_BYTES];
	struct ip_header ip;
	struct sadb_event e;

	flow_packet(l3, "10.2.0.7", 1000);
	assert_true(ip_parse(slice_of(l3, PACKET_BYTES), &ip));
	ip.protocol = protocol;
	ip.fragment = fragment;
	ip_build(l3, &ip);
	assert_true(side_out(p->a, l3, PACKET_BYTES));
	work(p);
	assert_true(side_events(p->a, SADB_ACQUIRE, &e));
	return e;
}

/* RFC 4301 section 4.4.1.2. */
static void what_shows_no_ports_asks_for_opaque_or_for_any(void **state)
{
	struct pair *p = *state;
	struct sadb_event e = asked_by(p, PROTO_UDP, 0x0001);

	assert_int_equal(e.packet.local_port_min, PORT_OPAQUE_MIN);
	assert_int_equal(e.packet.local_port_max, PORT_OPAQUE_MAX);
	assert_int_equal(e.packet.remote_port_min, PORT_OPAQUE_MIN);
	assert_int_equal(e.packet.remote_port_max, PORT_OPAQUE_MAX);
	e = asked_by(p, PROTO_ESP, 0);
	assert_int_equal(e.packet.local_port_min, 0);
	assert_int_equal(e.packet.local_port_max, UINT16_MAX);
	assert_int_equal(e.packet.remote_port_max, UINT16_MAX);
}

/* Port unreachable, about what came to that port. */
static bool error_crosses(struct pair *p, uint16_t port)
{
	uint8_t l3[FRAME_BYTES], *about = l3 + IPV4_HEADER_BYTES + 8;
	bool passed;

	side_packet(l3, "10.1.0.5", "10.2.0.7", PACKET_BYTES);
	l3[9] = PROTO_ICMP;
	l3[20] = ICMP_UNREACHABLE;
	l3[21] = 3;
	packet_mend_checksum(l3, PACKET_BYTES);
	side_packet(about, "10.2.0.7", "10.1.0.5",
		    (uint32_t)(l3 + PACKET_BYTES - about));
	about[20] = 0;
	about[21] = 53;
	about[22] = (uint8_t)(port >> 8);
	about[23] = (uint8_t)port;
	assert_true(side_out(p->a, l3, PACKET_BYTES));
	work(p);
	side_carry(p->a, p->b);
	worker_step(&p->b->w);
	passed = p->b->inside.tx_n;
	port_mem_reset(&p->b->inside);
	port_mem_reset(&p->b->outside);
	return passed;
}

static void icmp_error_goes_by_the_sa_of_what_it_is_about(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = bind_for(p, 0x1001, 1000);

	bind_for(p, 0x1002, 1001);
	assert_true(error_crosses(p, 1000));
	assert_int_equal(end(p, &out), 1);
	assert_false(error_crosses(p, 1000));
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 1);
	assert_int_equal(acquires(p), 0);
}

/* --- the policy's word --- */

/* Else one SA could serve all. */
static void sa_of_a_range_is_refused(void **state)
{
	struct pair *p = *state;
	struct sadb_request out = add_for(p, 0x1001, 1000);

	out.id.spi = 0x1002;
	out.sa.encr_key[0] ^= 0x80;
	out.sa.selectors[0].local_port_max++;
	assert_int_equal(side_call(p->a, &out).err, -EPERM);
	out.sa.selectors[0].local_port_max--;
	out.sa.n_selectors = 2;
	out.sa.selectors[1] = selector_of(1001);
	assert_int_equal(side_call(p->a, &out).err, -EPERM);
	out.sa.n_selectors = 1;
	assert_int_equal(side_call(p->a, &out).err, 0);
}

static void inbound_sa_of_a_range_is_refused(void **state)
{
	struct pair *p = *state;
	struct sadb_selector s = selector_of(1000);
	struct sadb_request in =
		side_add(SADB_IN, true, 0x1001, p->policy_a, &s);

	in.sa.selectors[0].protocol = PROTO_ANY;
	assert_int_equal(side_call(p->a, &in).err, -EPERM);
	in.sa.selectors[0].protocol = PROTO_UDP;
	assert_int_equal(side_call(p->a, &in).err, 0);
}

/* Of a child's policies that both have the packet, it is the first one's. */
static void sa_of_a_child_is_of_one_of_its_policies(void **state)
{
	struct pair *p = *state;
	struct policy child[2] = {
		pfp_policy("10.1.0.0/16", "10.2.0.0/24"),
		pfp_policy("10.1.0.0/16", "10.2.0.0/16"),
	};
	struct sadb_event e;

	child[1].nth = 1;
	assert_int_equal(sadb_set_policies(p->a->sadb, child, 2), 0);
	p->policy_a = child[0].id;
	for (uint32_t spi = 0x1001; spi < 0x1003; spi++) {
		struct sadb_request out;

		send_from(p, 1000);
		assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e),
				 spi - 0x1000);
		assert_int_equal(e.policy, child[0].id);
		out = bind_for(p, spi, 1000);
		work(p);
		assert_true(crosses(p, 1000));
		end(p, &out);
		p->a->now_ns += 31 * NS_PER_S;
	}
	give(p, "10.2.1.7", 1000);
	work(p);
	assert_int_equal(side_events(p->a, SADB_ACQUIRE, &e), 3);
	assert_int_equal(e.policy, child[0].id);
}

/* The side that answers: packets bring up nothing, and go by what is there. */
static void policy_that_nothing_brings_up_asks_for_none(void **state)
{
	struct pair *p = *state;
	struct policy a = pfp_policy("10.1.0.0/16", "10.2.0.0/16");

	a.on_demand = false;
	p->policy_a = one_policy(p->a, a);
	send_from(p, 1000);
	assert_int_equal(acquires(p), 0);
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 1);
	bind_for(p, 0x1001, 1000);
	assert_true(crosses(p, 1000));
	assert_false(crosses(p, 1001));
}

static void policy_may_have_fewer_sas(void **state)
{
	struct pair *p = *state;
	struct policy a = pfp_policy("10.1.0.0/16", "10.2.0.0/16");
	struct sadb_selector s = selector_of(1003);
	struct sadb_request more;

	a.pfp_limit = 3;
	p->policy_a = one_policy(p->a, a);
	more = side_add(SADB_OUT, false, 0x1004, p->policy_a, &s);
	for (uint16_t i = 0; i < 3; i++)
		bind_for(p, 0x1001 + i, 1000 + i);
	assert_int_equal(side_call(p->a, &more).err, -ENOSPC);
	add_for(p, 0x1005, 1002);
}

static void other_flags_make_it_another_policy(void **state)
{
	struct pair *p = *state;
	struct policy now = pfp_policy("10.1.0.0/16", "10.2.0.0/16");
	uint32_t id = p->policy_a;
	struct sadb_event e;

	assert_int_equal(one_policy(p->a, now), id);
	bind_for(p, 0x1001, 1000);
	assert_true(crosses(p, 1000));
	now.pfp = PFP_LOCAL;
	assert_int_not_equal(one_policy(p->a, now), id);
	assert_int_equal(side_events(p->a, SADB_EXPIRE, &e), 1);
	assert_false(crosses(p, 1000));
	assert_int_equal(p->a->w.held, 1);
}

/* The packet has the same values, and its policy the id of the one before, which the
 * last one gets. */
static void policy_of_the_same_id_meets_no_sa_of_the_one_before(void **state)
{
	struct pair *p = *state;
	struct policy *all = many_policies(0x0b000000, SPD_MAX);

	bind_for(p, 0x1001, 1000);
	all[SPD_MAX - 1] = pfp_policy("10.1.0.0/16", "10.2.0.0/15");
	assert_int_equal(sadb_set_policies(p->a->sadb, all, SPD_MAX), 0);
	assert_int_equal(all[SPD_MAX - 1].id, p->policy_a);
	free(all);
	send_from(p, 1000);
	assert_int_equal(p->a->outside.tx_n, 0);
	assert_int_equal(p->a->w.held, 1);
	assert_int_equal(acquires(p), 1);
}

/* --- scans --- */

static uint32_t seconds_since(uint64_t from_ns)
{
	return (uint32_t)((clock_ns() - from_ns) / NS_PER_S) + 1;
}

static void scan(struct pair *p, const char *to, uint32_t n)
{
	for (uint32_t port = 0; port < n; port++) {
		give(p, to, (uint16_t)port);
		if (port % BATCH_MAX == BATCH_MAX - 1)
			work(p);
	}
	work(p);
}

static void scan_asks_so_often_a_second_and_no_more(void **state)
{
	struct pair *p = *state;
	const uint64_t from_ns = clock_ns();

	scan(p, "10.2.0.7", 65536);
	assert_true(acquires(p) >= ASKING_WAYS);
	assert_true(acquires(p) <= ASKING_WAYS * (seconds_since(from_ns) + 1));
	assert_true(p->a->w.held <= HOLD_PER_SA);
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts + p->a->w.held, 65536);
}

static void scan_leaves_the_others_their_hold(void **state)
{
	struct pair *p = *state;
	struct policy list[] = { pfp_policy("10.1.0.0/16", "10.2.0.0/16"),
				 pfp_policy("10.1.0.0/16", "10.3.0.0/16"),
				 side_policy("10.1.0.0/16", "10.4.0.0/16") };
	uint32_t before;

	list[2].on_demand = true;
	assert_int_equal(sadb_set_policies(p->a->sadb, list, 3), 0);
	scan(p, "10.2.0.7", 200);
	before = p->a->w.held;
	assert_int_equal(before, HOLD_PER_SA);
	give(p, "10.3.0.7", 1000);
	give(p, "10.4.0.7", 1000);
	work(p);
	assert_int_equal(p->a->w.held, before + 2);
	assert_int_equal(acquires(p), ASKING_WAYS + 2);
}

static void flow_holds_so_many_and_leaves_the_rest_to_others(void **state)
{
	struct pair *p = *state;

	for (uint32_t i = 0; i < HOLD_PER_VALUES + 5; i++)
		send_from(p, 1000);
	assert_int_equal(p->a->w.held, HOLD_PER_VALUES);
	send_from(p, 1001);
	assert_int_equal(p->a->w.held, HOLD_PER_VALUES + 1);
	assert_int_equal(p->a->drops[DROP_NO_SA].pkts, 5);
}

static void place_is_given_to_others_after_a_second(void **state)
{
	struct pair *p = *state;
	struct worker *w = &p->a->w;

	scan(p, "10.2.0.7", ASKING_WAYS);
	assert_int_equal(acquires(p), ASKING_WAYS);
	send_from(p, 2000);
	assert_int_equal(acquires(p), ASKING_WAYS);
	for (uint32_t i = 0; i < ASKING_SETS * ASKING_WAYS; i++)
		if (w->asking[i].since_ns)
			w->asking[i].since_ns -= NS_PER_S;
	send_from(p, 2000);
	assert_int_equal(acquires(p), ASKING_WAYS + 1);
}

/* --- how many --- */

static int map_nothing(void *ctx, const struct spd_image *list)
{
	(void)ctx;
	(void)list;
	return 0;
}

static int bind_nothing(void *ctx, uint32_t policy_id, struct sa_ref sa)
{
	(void)ctx;
	(void)policy_id;
	(void)sa;
	return 0;
}

struct answers {
	uint64_t token;
	int err;
};

static void note_answer(void *ctx, const struct sadb_answer *a)
{
	struct answers *got = ctx;

	got->token = a->token;
	got->err = a->err;
}

static int ask(struct sadb *s, struct answers *got, struct sadb_request *q)
{
	q->token++;
	sadb_request(s, q, 1);
	sadb_poll(s, 1);
	assert_int_equal(got->token, q->token);
	return got->err;
}

/* But what has one may be rekeyed. */
static void policy_has_so_many_sas_and_no_more(void **state)
{
	const struct sadb_maps maps = { .set_policies = map_nothing,
					.bind = bind_nothing };
	struct policy_view *view = calloc(1, sizeof(*view));
	struct answers got = { .token = 0 };
	const struct sadb_calls calls = { note_answer, NULL, &got };
	struct policy list[2] = { pfp_policy("10.1.0.0/16", "10.2.0.0/16"),
				  pfp_policy("10.1.0.0/16", "10.2.0.0/15") };
	const struct crypto_backend *backend;
	struct sadb_selector s;
	struct sadb_request q;
	struct error e;
	struct sadb *sadb;
	struct sad *sad;

	(void)state;
	assert_non_null(view);
	assert_int_equal(crypto_choose(CRYPTO_AUTO, &backend), 0);
	sad = sad_new(backend, 1);
	assert_non_null(sad);
	assert_int_equal(sadb_new(&(struct sadb_spec){ sad, view, &maps, 4096 },
				  &sadb, &e),
			 0);
	sadb_serve(sadb, &calls, 1);
	assert_int_equal(sadb_set_policies(sadb, list, 2), 0);
	for (uint32_t i = 0; i < PFP_PER_POLICY; i++) {
		s = selector_of((uint16_t)i);
		q = side_add(SADB_OUT, false, 0x1000 + i, list[0].id, &s);
		q.token = i;
		assert_int_equal(ask(sadb, &got, &q), 0);
	}
	q = side_verb(&q, SADB_UPDATE); /* whose answer nobody waits for */
	sadb_request(sadb, &q, 1);
	s = selector_of(PFP_PER_POLICY);
	q = side_add(SADB_OUT, false, 0x9000, list[0].id, &s);
	q.token = 5000;
	assert_int_equal(ask(sadb, &got, &q), -ENOSPC);
	q.sa.policy = list[1].id;
	assert_int_equal(ask(sadb, &got, &q), 0);
	s = selector_of(PFP_PER_POLICY - 1);
	q = side_add(SADB_OUT, false, 0x9001, list[0].id, &s);
	q.token = 6000;
	assert_int_equal(ask(sadb, &got, &q), 0);
	sadb_free(sadb);
	sad_free(sad);
	free(view);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_flow_asks_for_an_sa_of_its_own),
		CASE(packets_that_waited_go_by_their_own_sa),
		CASE(rekeying_of_one_flow_leaves_the_others),
		CASE(flow_whose_sa_is_gone_asks_again),
		CASE(flow_that_waited_asks_at_once_when_its_sa_is_gone),
		CASE(bpf_names_no_sa_of_it),
		CASE(question_for_what_has_its_sa_by_now_is_no_event),
		CASE(another_ike_is_asked_for_what_has_none),
		CASE(what_shows_no_ports_asks_for_opaque_or_for_any),
		CASE(icmp_error_goes_by_the_sa_of_what_it_is_about),
		CASE(sa_of_a_range_is_refused),
		CASE(inbound_sa_of_a_range_is_refused),
		CASE(sa_of_a_child_is_of_one_of_its_policies),
		CASE(policy_that_nothing_brings_up_asks_for_none),
		CASE(policy_may_have_fewer_sas),
		CASE(other_flags_make_it_another_policy),
		CASE(policy_of_the_same_id_meets_no_sa_of_the_one_before),
		CASE(scan_asks_so_often_a_second_and_no_more),
		CASE(scan_leaves_the_others_their_hold),
		CASE(flow_holds_so_many_and_leaves_the_rest_to_others),
		CASE(place_is_given_to_others_after_a_second),
		cmocka_unit_test(policy_has_so_many_sas_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
