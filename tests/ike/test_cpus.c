// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs for each CPU (RFC 9611) between two engines: workers of side 0 ask for
 * their own, or of both; side 1 gives each a number of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/child.h"
#include "ctrl/ike/child_cpus.h"
#include "include/proto.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_keep.h"
#include "tests/support/ike_lab_queue.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"

static void load(struct ike_lab *lab, unsigned int side, enum per_cpu per_cpu)
{
	struct conn_conf c = lab_conn(lab, side, IKE, ESP);

	c.children[0].per_cpu = per_cpu;
	lab_load(lab, side, &c);
	conn_fini(&c);
	lab->side[side].workers = 2;
}

static struct ike_lab *lab_of(void **state, enum per_cpu ours,
			      enum per_cpu peers)
{
	struct ike_lab *lab = *state;

	load(lab, 0, ours);
	load(lab, 1, peers);
	return lab;
}

static int setup(void **state)
{
	*state = lab_new(1);
	return 0;
}

static int teardown(void **state)
{
	lab_free(*state);
	return 0;
}

static void settle(struct ike_lab *lab)
{
	assert_true(lab_run(lab, 10 * LAB_S));
}

/* A packet waits at that side, or goes by another's SA at that worker, from 1. */
static void send_acquire(struct ike_lab *lab, unsigned int side, uint8_t cpu)
{
	struct sadb_event e = { .verb = SADB_ACQUIRE, .policy = 7, .cpu = cpu };

	addr_parse(side ? "10.2.0.6" : "10.1.0.5", &e.packet.local_min);
	addr_parse(side ? "10.1.0.5" : "10.2.0.6", &e.packet.remote_min);
	e.packet.local_max = e.packet.local_min;
	e.packet.remote_max = e.packet.remote_min;
	e.packet.local_port_min = e.packet.local_port_max = 1000;
	e.packet.remote_port_min = e.packet.remote_port_max = 53;
	e.packet.protocol = PROTO_UDP;
	engine_sadb_event(lab->side[side].engine, &e, lab->now_ns);
}

static void ask(struct ike_lab *lab, unsigned int side, uint8_t cpu)
{
	send_acquire(lab, side, cpu);
	settle(lab);
}

static const struct lab_sa *out_of(const struct ike_lab *lab, unsigned int side,
				   uint8_t cpu)
{
	const struct lab_side *s = &lab->side[side];

	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].bound && s->sas[i].sa.of_cpus &&
		    s->sas[i].sa.cpu == cpu)
			return &s->sas[i];
	return NULL;
}

static struct child_sa *child_of(const struct ike_lab *lab, unsigned int side,
				 uint8_t cpu)
{
	struct child_sa *c = forge_sa(lab, side)->children;

	while (c && c->cpu != cpu)
		c = c->next;
	return c;
}

static void assert_has(const struct ike_lab *lab, unsigned int side, uint8_t cpu)
{
	assert_non_null(out_of(lab, side, cpu));
	assert_non_null(child_of(lab, side, cpu));
	assert_true(child_of(lab, side, cpu)->bound);
}

/* The fall-back and one for each of the two workers, on both sides. */
static void assert_has_all(const struct ike_lab *lab)
{
	assert_true(lab_agree(lab, 3));
	for (unsigned int side = 0; side < 2; side++)
		for (uint8_t cpu = 0; cpu < 3; cpu++)
			assert_has(lab, side, cpu);
}

/* In this order the peer gives them the same numbers. */
static void bring_up(struct ike_lab *lab)
{
	ask(lab, 0, 0);
	ask(lab, 0, 2);
	ask(lab, 0, 1);
}

static void end_one(struct ike_lab *lab, unsigned int side, uint8_t cpu)
{
	const struct ike_target t = {
		.conn = "peer",
		.child = "net",
		.child_id = child_of(lab, side, cpu)->view_id,
	};

	assert_int_equal(engine_terminate_some(lab->side[side].engine, &t,
					       false, lab->now_ns),
			 1);
	settle(lab);
}

/* --- they come */

static void fall_back_comes_first_and_then_one_for_each_worker(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	ask(lab, 0, 0);
	assert_true(lab_agree(lab, 1));
	assert_has(lab, 0, 0);
	assert_has(lab, 1, 0);
	ask(lab, 0, 2);
	assert_true(lab_agree(lab, 2));
	assert_has(lab, 0, 2);
	assert_has(lab, 1, 2);
	ask(lab, 0, 1);
	assert_has_all(lab);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
}

static void they_have_the_selectors_of_the_fall_back(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);
	const struct sadb_sa *first, *own;

	bring_up(lab);
	first = &out_of(lab, 0, 0)->sa;
	own = &out_of(lab, 0, 1)->sa;
	assert_int_equal(own->n_selectors, first->n_selectors);
	assert_memory_equal(own->selectors, first->selectors,
			    sizeof(own->selectors));
	assert_false(own->spread);
}

static void worker_that_has_one_gets_no_second_one(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	bring_up(lab);
	for (uint8_t cpu = 0; cpu < 3; cpu++)
		ask(lab, 0, cpu);
	assert_has_all(lab);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 3);
}

/* Before there is a fall-back, that is made. */
static void worker_that_asks_first_gets_the_fall_back(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	ask(lab, 0, 1);
	assert_true(lab_agree(lab, 1));
	assert_has(lab, 0, 0);
}

/* Packets go by the fall-back before the engine hears that it is bound. */
static void worker_that_asks_as_the_fall_back_is_bound_gets_its_own(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	send_acquire(lab, 0, 0);
	while (!out_of(lab, 0, 0))
		assert_true(lab_step(lab));
	assert_null(forge_sa(lab, 0)->children);
	ask(lab, 0, 2);
	assert_true(lab_agree(lab, 2));
	assert_has(lab, 0, 2);
}

/* What it asked for first comes to nothing. */
static void worker_that_asked_for_a_peer_that_says_nothing_gets_none(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	ask(lab, 0, 0);
	child_of(lab, 0, 0)->of_cpus = false;
	assert_true(wish_add(forge_sa(lab, 0), child_of(lab, 0, 0)->conn,
			     child_of(lab, 0, 0)->conf,
			     &(const struct ts_first){ .cpu = 1 }, lab->now_ns));
	ask(lab, 0, 0);
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
}

static void workers_of_both_sides_share_what_the_other_one_made(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	ask(lab, 0, 0);
	ask(lab, 0, 1);
	ask(lab, 1, 2);
	ask(lab, 1, 1);
	assert_has_all(lab);
}

static void responder_without_the_key_takes_part_and_asks_for_none(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_NO);

	ask(lab, 0, 0);
	ask(lab, 1, 1);
	assert_true(lab_agree(lab, 1));
	ask(lab, 0, 1);
	ask(lab, 0, 2);
	assert_has_all(lab);
}

static void without_the_key_no_worker_gets_its_own(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_NO, PER_CPU_YES);

	bring_up(lab);
	assert_true(lab_agree(lab, 1));
	assert_null(out_of(lab, 0, 0));
	assert_null(out_of(lab, 1, 0));
}

/* A spread SA is all workers' already, and who has an address of a pool has one SA. */
static void assert_peer_says_nothing(bool spread, void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_NO);
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	c.children[0].spread = spread;
	c.children[0].n_pools = !spread;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	bring_up(lab);
	assert_true(lab_agree(lab, 1));
	assert_null(out_of(lab, 0, 0));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
}

static void peer_whose_sas_are_spread_has_one(void **state)
{
	assert_peer_says_nothing(true, state);
}

static void peer_who_gives_addresses_has_one(void **state)
{
	assert_peer_says_nothing(false, state);
}

/* The peer has more workers than we: ours have two of them, and send by the newest. */
static void peers_further_workers_share_ours(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	bring_up(lab);
	ask(lab, 0, 3);
	assert_int_equal(lab_matched(&lab->side[0], &lab->side[1]), 4);
	assert_int_equal(lab_matched(&lab->side[1], &lab->side[0]), 3);
	assert_has(lab, 0, 3);
	assert_null(child_of(lab, 1, 3));
}

/* Side 0 is behind it. */
static void bring_up_through_a_nat(struct ike_lab *lab)
{
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	c.remote_addrs[0].any = true;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	lab->nat = true;
	bring_up(lab);
	assert_non_null(out_of(lab, 0, 2));
}

static void in_udp_each_has_a_port_of_its_own_if_that_is_wanted(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_ENCAP, PER_CPU_YES);

	bring_up_through_a_nat(lab);
	assert_int_equal(out_of(lab, 0, 0)->sa.encap_sport, 4500);
	for (uint8_t cpu = 1; cpu < 3; cpu++) {
		assert_true(out_of(lab, 0, cpu)->sa.encap_sport >= 49152);
		assert_int_equal(out_of(lab, 0, cpu)->sa.encap_dport, 4500);
		assert_int_equal(out_of(lab, 1, cpu)->sa.encap_sport, 4500);
	}
	assert_int_not_equal(out_of(lab, 0, 1)->sa.encap_sport,
			     out_of(lab, 0, 2)->sa.encap_sport);
}

static void port_of_one_of_them_is_no_place_to_follow_to(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);
	struct sadb_event e = { .verb = SADB_MAPPING, .mapped_port = 50000 };
	const struct ike_sa *sa;

	bring_up_through_a_nat(lab);
	sa = forge_sa(lab, 1);
	e.id = child_of(lab, 1, 1)->in;
	e.mapped_addr = sa->path.remote;
	engine_sadb_event(lab->side[1].engine, &e, lab->now_ns);
	assert_int_not_equal(sa->path.remote_port, 50000);
}

/* --- as many as there may be */

static void crowd(struct ike_lab *lab, unsigned int side)
{
	struct ike_sa *sa = forge_sa(lab, side);
	const struct child_sa *like = child_of(lab, side, 1);

	for (unsigned int i = 0; i < CPUS_MAX - 2; i++) {
		const struct ts_sides ts = child_kept_ts(like);
		struct child_sa *c = child_new(like->conn, like->conf);

		assert_non_null(c);
		child_keep_ts(c, &ts);
		cpus_inherit(c, like);
		c->state = CHILD_ST_INSTALLED;
		c->confirmed = true;
		c->next = sa->children;
		sa->children = c;
	}
}

static void peer_that_takes_no_more_is_not_asked_until_one_ends(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);
	unsigned int datagrams;

	bring_up(lab);
	crowd(lab, 1);
	ask(lab, 0, 3);
	assert_true(lab_agree(lab, 3));
	assert_true(child_of(lab, 0, 0)->no_more);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
	datagrams = lab->datagrams;
	ask(lab, 0, 3);
	assert_int_equal(lab->datagrams, datagrams);
	end_one(lab, 0, 2);
	assert_false(child_of(lab, 0, 0)->no_more);
	ask(lab, 0, 3);
	assert_has(lab, 0, 3);
}

static void rekeying_is_no_reason_to_ask_a_peer_that_takes_no_more(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	bring_up(lab);
	child_of(lab, 0, 0)->no_more = true;
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	settle(lab);
	assert_has_all(lab);
	assert_true(child_of(lab, 0, 0)->no_more);
}

/* --- their life */

static void rekeyed_by_either_side_each_stays_what_it_was(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	bring_up(lab);
	for (unsigned int side = 0; side < 2; side++) {
		uint32_t spi[3];

		for (uint8_t cpu = 0; cpu < 3; cpu++)
			spi[cpu] = out_of(lab, 0, cpu)->id.spi;
		engine_rekey(lab->side[side].engine, "peer", "net", lab->now_ns);
		settle(lab);
		assert_has_all(lab);
		for (uint8_t cpu = 0; cpu < 3; cpu++)
			assert_int_not_equal(out_of(lab, 0, cpu)->id.spi,
					     spi[cpu]);
	}
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
}

/* What is on its way by the old ones still arrives, however many there are. */
static void rekeyed_all_together_each_old_one_stays_a_while(void **state)
{
	const unsigned int workers = 12, n = workers + 1;
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	lab->side[0].workers = lab->side[1].workers = (uint8_t)workers;
	for (unsigned int cpu = 0; cpu < n; cpu++)
		ask(lab, 0, (uint8_t)cpu);
	assert_true(lab_agree(lab, n));
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 2 * LAB_S));
	for (unsigned int side = 0; side < 2; side++)
		assert_int_equal(lab_sas(&lab->side[side], false), 3 * n);
	settle(lab);
	assert_true(lab_agree(lab, n));
}

static void rekeyed_by_both_at_once_each_stays_what_it_was(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	bring_up(lab);
	for (unsigned int side = 0; side < 2; side++)
		engine_rekey(lab->side[side].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_has_all(lab);
}

static void ike_sa_that_is_rekeyed_takes_them_along(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	ask(lab, 0, 0);
	ask(lab, 0, 1);
	engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns);
	settle(lab);
	ask(lab, 0, 2);
	assert_has_all(lab);
}

static void one_that_ends_leaves_the_others_and_is_asked_for_again(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	bring_up(lab);
	for (unsigned int side = 0; side < 2; side++) {
		end_one(lab, side, 1);
		assert_true(lab_agree(lab, 2));
		assert_has(lab, 0, 0);
		assert_has(lab, 0, 2);
		ask(lab, 0, 1);
		assert_has_all(lab);
	}
}

/* Packets bring it up again, whatever close_action says. */
static void own_one_that_the_peer_closes_is_not_started_again(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);

	c.children[0].per_cpu = PER_CPU_YES;
	c.children[0].close_action = CHILD_START;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	bring_up(lab);
	end_one(lab, 1, 1);
	assert_true(lab_agree(lab, 2));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 3);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 1);
}

static void fall_back_that_ends_leaves_the_others(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	bring_up(lab);
	end_one(lab, 1, 0);
	assert_true(lab_agree(lab, 2));
	assert_has(lab, 0, 1);
	assert_has(lab, 0, 2);
	ask(lab, 0, 3); /* who has none asks, and has the fall-back made */
	assert_has_all(lab);
}

static void reauthentication_makes_the_fall_back_anew(void **state)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_options options = ((struct ike_lab *)*state)->options;
		struct ike_lab *lab;

		options.make_before_break = i;
		lab_set_options(*state, &options);
		lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);
		bring_up(lab);
		engine_reauth(lab->side[0].engine, "peer", lab->now_ns);
		assert_true(lab_run(lab, 60 * LAB_S));
		assert_true(lab_agree(lab, 1));
		ask(lab, 0, 1);
		ask(lab, 0, 2);
		assert_has_all(lab);
		teardown(state);
		setup(state);
	}
}

static void who_takes_over_knows_whose_each_is(void **state)
{
	for (unsigned int side = 0; side < 2; side++) {
		struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

		lab_keep(lab, side, true);
		bring_up(lab);
		child_of(lab, side, 0)->no_more = true;
		engine_rekey(lab->side[side].engine, "peer", "net", lab->now_ns);
		settle(lab);
		lab_kill(lab, side);
		lab_take_over(lab, side);
		settle(lab);
		assert_has_all(lab);
		assert_true(child_of(lab, side, 0)->no_more);
		engine_rekey(lab->side[side].engine, "peer", "net", lab->now_ns);
		settle(lab);
		assert_has_all(lab);
		teardown(state);
		setup(state);
	}
}

static void what_the_data_path_has_lost_is_made_anew_for_each(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	bring_up(lab);
	lab_new_epoch(lab, 1);
	settle(lab);
	assert_has_all(lab);
}

static struct lab_fate some_are_lost(struct ike_lab *lab, unsigned int n)
{
	(void)n;
	return (struct lab_fate){ .copies = lab_roll(lab, 4) ? 1 : 0,
				  .delay_ns = { lab_roll(lab, LAB_S / 10) } };
}

/* Whatever comes when: in the end each worker has its own. */
static void loss_and_delay_leave_none_out(void **state)
{
	for (uint64_t seed = 1; seed < 30; seed++) {
		struct ike_lab *lab;

		lab_free(*state);
		*state = lab_new(seed);
		lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);
		lab->fate = some_are_lost;
		lab->answer_max_ns = LAB_S / 10;
		for (unsigned int i = 0; i < 4; i++) {
			ask(lab, i % 2, 0);
			ask(lab, i % 2, 1 + (uint8_t)lab_roll(lab, 2));
		}
		lab->fate = NULL;
		assert_true(lab_run(lab, 200 * LAB_S));
		for (unsigned int side = 0; side < 2; side++)
			for (uint8_t cpu = 0; cpu < 3; cpu++)
				ask(lab, side, cpu);
		assert_true(lab_run(lab, 60 * LAB_S));
		for (unsigned int side = 0; side < 2; side++)
			for (uint8_t cpu = 0; cpu < 3; cpu++)
				assert_has(lab, side, cpu);
	}
}

/* --- what the peer says of its own */

/* An offer of side 0's own making, with that much of it; the SAs that side 1 has then. */
static unsigned int offer(struct ike_lab *lab, size_t len)
{
	static const uint8_t octets[256];
	const struct ike_notify n = { .type = IKE_N_SA_RESOURCE_INFO,
				      .data = slice_of(octets, len) };
	struct ike_sa *sa = forge_sa(lab, 0);
	const struct child_sa *c = sa->children;
	const struct ike_path path = forge_path(lab, 1);
	const uint32_t spi_be = htonl(0x7000U + (uint32_t)len);
	struct ike_builder m;

	forge_begin(sa, &m, IKE_EXCH_CREATE_CHILD_SA, false, sa->next_ours++);
	ike_notify_put(&m, &n);
	proposals_put(&m, &c->conf->proposals,
		      slice_of(&spi_be, sizeof(spi_be)), true);
	ike_nonce_put(&m, slice_of(octets, 32));
	ike_ts_put(&m, IKE_PL_TS_I, c->local_ts.at, c->local_ts.n);
	ike_ts_put(&m, IKE_PL_TS_R, c->remote_ts.at, c->remote_ts.n);
	forge_send(lab, sa, &m, &path);
	settle(lab);
	return lab_sas(&lab->side[1], false);
}

static void whatever_the_peer_says_of_its_resource_is_taken(void **state)
{
	struct ike_lab *lab = lab_of(state, PER_CPU_YES, PER_CPU_YES);

	ask(lab, 0, 0);
	assert_int_equal(offer(lab, 0), 4);
	assert_int_equal(offer(lab, 3), 6);
	assert_int_equal(offer(lab, 256), 8);
	assert_non_null(child_of(lab, 1, 1));
	assert_non_null(child_of(lab, 1, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fall_back_comes_first_and_then_one_for_each_worker),
		TEST(they_have_the_selectors_of_the_fall_back),
		TEST(worker_that_has_one_gets_no_second_one),
		TEST(worker_that_asks_first_gets_the_fall_back),
		TEST(worker_that_asks_as_the_fall_back_is_bound_gets_its_own),
		TEST(worker_that_asked_for_a_peer_that_says_nothing_gets_none),
		TEST(workers_of_both_sides_share_what_the_other_one_made),
		TEST(responder_without_the_key_takes_part_and_asks_for_none),
		TEST(without_the_key_no_worker_gets_its_own),
		TEST(peer_whose_sas_are_spread_has_one),
		TEST(peer_who_gives_addresses_has_one),
		TEST(peers_further_workers_share_ours),
		TEST(in_udp_each_has_a_port_of_its_own_if_that_is_wanted),
		TEST(port_of_one_of_them_is_no_place_to_follow_to),
		TEST(peer_that_takes_no_more_is_not_asked_until_one_ends),
		TEST(rekeying_is_no_reason_to_ask_a_peer_that_takes_no_more),
		TEST(rekeyed_by_either_side_each_stays_what_it_was),
		TEST(rekeyed_all_together_each_old_one_stays_a_while),
		TEST(rekeyed_by_both_at_once_each_stays_what_it_was),
		TEST(ike_sa_that_is_rekeyed_takes_them_along),
		TEST(one_that_ends_leaves_the_others_and_is_asked_for_again),
		TEST(own_one_that_the_peer_closes_is_not_started_again),
		TEST(fall_back_that_ends_leaves_the_others),
		TEST(reauthentication_makes_the_fall_back_anew),
		TEST(who_takes_over_knows_whose_each_is),
		TEST(what_the_data_path_has_lost_is_made_anew_for_each),
		TEST(loss_and_delay_leave_none_out),
		TEST(whatever_the_peer_says_of_its_resource_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
