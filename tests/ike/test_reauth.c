// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reauthentication, break before make and make before break, by time, by an
 * operator and by the peer's wish (RFC 4478).
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define REAUTH_S   100U
#define OVER_S	   40U
#define GIVE_UP_NS (170 * LAB_S) /* of a request that nobody answers */

static void load(struct ike_lab *lab, unsigned int side, uint32_t reauth_time,
		 uint32_t over_time)
{
	struct conn_conf c = lab_conn(lab, side, SETTLE_IKE, SETTLE_ESP);

	lab_add_child(&c, side);
	c.dpd_delay = 60;
	c.rekey_time = 0;
	c.reauth_time = reauth_time;
	c.over_time = over_time;
	c.rand_time = 0;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

static void set_scheme(struct ike_lab *lab, bool make_before_break)
{
	struct ike_options o = lab->options;

	o.make_before_break = make_before_break;
	lab_set_options(lab, &o);
}

static void initiate(struct ike_lab *lab, const char *child)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", child,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S));
}

/* Two children; the sides' times as these say, 0: never. */
static struct ike_lab *lab_up(uint64_t seed, bool make_before_break,
			      uint32_t a_s, uint32_t b_s)
{
	struct ike_lab *lab = lab_new(seed);

	load(lab, 0, a_s, OVER_S);
	load(lab, 1, b_s, OVER_S);
	set_scheme(lab, make_before_break);
	initiate(lab, "net");
	initiate(lab, "more");
	assert_true(lab_agree(lab, 2));
	return lab;
}

static unsigned int ups(const struct ike_lab *lab)
{
	return lab_count(&lab->side[0], IKE_EV_IKE_UP);
}

static void assert_anew(const struct ike_lab *lab, unsigned int times)
{
	assert_int_equal(ups(lab), 1 + times);
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	assert_true(lab_agree(lab, 2));
}

static void ike_sa_and_its_children_are_made_anew_in_time(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		bool responder = i / 2;
		struct ike_lab *lab = lab_up(i, i % 2, responder ? 0 : REAUTH_S,
					     responder ? REAUTH_S : 0);

		assert_true(lab_run(lab, (REAUTH_S - OVER_S - 10) * LAB_S));
		assert_anew(lab, 0);
		assert_true(lab_run(lab, (OVER_S + 20) * LAB_S));
		assert_anew(lab, 1);
		assert_true(forge_sa(lab, 0)->initiator);
		lab_free(lab);
	}
}

static void no_packet_is_without_a_way_where_it_is_made_before(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 40; seed++) {
		struct ike_lab *lab = lab_up(seed, true, REAUTH_S, 0);

		lab->answer_max_ns = LAB_S / 20;
		lab->watches_pairs = true;
		assert_true(lab_run(lab, (REAUTH_S + 20) * LAB_S));
		assert_anew(lab, 1);
		assert_int_equal(lab->gaps, 0);
		lab_free(lab);
	}
}

static void rekeying_does_not_put_it_off(void **state)
{
	struct ike_lab *lab = lab_up(1, true, REAUTH_S, 0);

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(lab_run(lab, 25 * LAB_S));
		engine_rekey(lab->side[i % 2].engine, "peer", NULL, lab->now_ns);
	}
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_anew(lab, 3);
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_anew(lab, 4);
	lab_free(lab);
}

static void operator_has_it_made_anew(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct ike_lab *lab = lab_up(i, i % 2, 0, 0);

		assert_int_equal(engine_reauth(lab->side[i / 2].engine, "peer",
					       lab->now_ns),
				 1);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_anew(lab, 1);
		assert_int_equal(
			engine_reauth(lab->side[0].engine, "x", lab->now_ns), 0);
		lab_free(lab);
	}
}

/* It went to the old one, and with that. */
static void child_that_is_initiated_meanwhile_was_lost(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		struct ike_lab *lab = lab_new(i);

		load(lab, 0, 0, 0);
		load(lab, 1, 0, 0);
		set_scheme(lab, true);
		initiate(lab, "net");
		lab->answer_max_ns = LAB_S / 200;
		engine_reauth(lab->side[0].engine, "peer", lab->now_ns);
		for (unsigned int k = 0; k < i; k++)
			lab_step(lab);
		engine_initiate(lab->side[0].engine, "peer", "more",
				lab->now_ns);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_anew(lab, 1);
		lab_free(lab);
	}
}

static void operator_who_deletes_it_meanwhile_is_obeyed(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2 * 60; i++) {
		struct ike_lab *lab = lab_up(i, i % 2, 0, 0);

		lab->answer_max_ns = LAB_S / 200;
		engine_reauth(lab->side[0].engine, "peer", lab->now_ns);
		for (unsigned int k = 0; k < i / 2; k++)
			lab_step(lab);
		engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
		assert_true(lab_run(lab, 100 * LAB_S));
		assert_int_equal(settle_ike_sas(lab, 0), 0);
		assert_int_equal(settle_ike_sas(lab, 1), 0);
		assert_true(lab_agree(lab, 0));
		lab_free(lab);
	}
}

/* --- failures */

/* New IKE SAs are not to be had. */
static bool all_but_first(struct ike_lab *lab, unsigned int side,
			  const struct ike_path *path, struct slice datagram)
{
	struct ike_header h;

	(void)lab;
	(void)side;
	(void)path;
	return ike_header_parse(datagram, &h) &&
	       h.exchange != IKE_EXCH_IKE_SA_INIT;
}

static void old_one_stays_while_there_is_no_new_one(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	load(lab, 0, REAUTH_S, 1000);
	load(lab, 1, 0, 0);
	set_scheme(lab, true);
	initiate(lab, "net");
	initiate(lab, "more");
	lab->sent = all_but_first;
	assert_true(lab_run(lab, 3 * GIVE_UP_NS + REAUTH_S * LAB_S));
	assert_true(lab_agree(lab, 2));
	assert_true(lab_count(&lab->side[0], IKE_EV_FAILED) > 1);
	lab->sent = NULL;
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_anew(lab, 1);
	lab_free(lab);
}

/* The time that is left for it is over. */
static void old_one_ends_without_a_new_one_in_time(void **state)
{
	struct ike_lab *lab = lab_up(1, true, REAUTH_S, 0);

	(void)state;
	lab->sent = all_but_first;
	assert_true(lab_run(lab, (REAUTH_S + OVER_S + 20) * LAB_S));
	assert_true(lab_agree(lab, 0));
	lab_free(lab);
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

/* A peer that is away when the old one is deleted. */
static void it_begins_anew_though_nobody_answered_its_delete(void **state)
{
	struct ike_lab *lab = lab_up(1, false, REAUTH_S, 0);

	(void)state;
	assert_true(lab_run(lab, (REAUTH_S - 10) * LAB_S));
	lab->fate = lose_all;
	assert_true(lab_run(lab, GIVE_UP_NS));
	lab->fate = NULL;
	assert_true(lab_run(lab, GIVE_UP_NS / 2));
	assert_int_equal(ups(lab), 2);
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(lab_sas(&lab->side[0], false), 4);
	lab_free(lab);
}

/* We know of no way to a peer that may be anywhere: it has to come itself. */
static void responder_without_a_way_waits_for_the_end(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 1, SETTLE_IKE, SETTLE_ESP);

	(void)state;
	load(lab, 0, 0, 0);
	c.remote_addrs[0].any = true;
	c.rekey_time = 0;
	c.reauth_time = REAUTH_S;
	c.over_time = OVER_S;
	c.rand_time = 0;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	initiate(lab, "net");
	/* As if nobody had told. */
	forge_sa(lab, 0)->reauth_ns = forge_sa(lab, 0)->expire_ns = 0;
	assert_true(lab_run(lab, (REAUTH_S + OVER_S - 10) * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_true(lab_agree(lab, 0));
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 1);
	lab_free(lab);
}

/* Nobody would ask for it, as for what is trapped. */
static void what_is_to_be_up_by_itself_stayed_down_after_the_end(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_new(i);

		for (unsigned int side = 0; side < 2; side++) {
			struct conn_conf c =
				lab_conn(lab, side, SETTLE_IKE, SETTLE_ESP);

			c.children[0].start_action =
				i ? CHILD_TRAP_START : CHILD_TRAP;
			lab_load(lab, side, &c);
			conn_fini(&c);
		}
		initiate(lab, "net");
		forge_sa(lab, 0)->expire_ns = lab->now_ns + LAB_S;
		sa_touch(forge_sa(lab, 0));
		sa_reap(lab->side[0].engine);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_int_equal(ups(lab), 1 + i);
		assert_int_equal(settle_ike_sas(lab, 0), i);
		assert_int_equal(settle_ike_sas(lab, 1), i);
		assert_true(lab_agree(lab, i));
		lab_free(lab);
	}
}

/* Side 1 makes no more children, as minimal implementations do (section 4). */
static void refuse_children(struct ike_lab *lab, uint64_t ns)
{
	const uint64_t end_ns = lab->now_ns + ns;

	while (lab->now_ns < end_ns && lab_step(lab)) {
		const struct ike_sa *sa = forge_sa(lab, 1);

		lab->side[1].refused_verb = SADB_GETSPI;
		lab->side[1].refused_dir = SADB_IN;
		lab->side[1].refuses = sa && sa->peers.kind == EX_CHILD;
		lab->side[1].n_events = 0;
	}
}

static void child_that_the_peer_does_not_rekey_ended(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, SETTLE_IKE, SETTLE_PFS);

		c.children[0].rekey_time = i ? 0 : 100;
		c.children[0].life_time = i ? 0 : 300;
		c.children[0].rand_time = 0;
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
	set_scheme(lab, true);
	initiate(lab, "net");
	refuse_children(lab, 220 * LAB_S);
	assert_true(lab_count(&lab->side[0], IKE_EV_FAILED) > 2);
	assert_int_equal(ups(lab), 1);
	assert_true(lab_agree(lab, 1));
	refuse_children(lab, 70 * LAB_S);
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_int_equal(ups(lab), 2);
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* --- AUTH_LIFETIME later on */

static void responder_shortens_the_time_later(void **state)
{
	struct ike_lab *lab = lab_up(1, true, 0, 0);
	const uint32_t lifetime_be = htonl(60);
	const struct ike_notify n = {
		.type = IKE_N_AUTH_LIFETIME,
		.data = slice_of(&lifetime_be, sizeof(lifetime_be)),
	};
	struct ike_sa *sa = forge_sa(lab, 1);
	struct ike_path path = forge_path(lab, 0);
	struct ike_builder m;

	(void)state;
	forge_begin(sa, &m, IKE_EXCH_INFORMATIONAL, false, sa->next_ours++);
	ike_notify_put(&m, &n);
	forge_send(lab, sa, &m, &path);
	assert_true(lab_run(lab, 15 * LAB_S));
	assert_anew(lab, 0);
	assert_true(lab_run(lab, 30 * LAB_S));
	assert_anew(lab, 1);
	lab_free(lab);
}

/* --- takeover */

/* False: it was over before. */
static bool kill_at(bool make_before_break, unsigned int side,
		    unsigned int steps)
{
	struct ike_lab *lab = lab_new(2 * steps + side + 1);
	bool ran = true;
	uint64_t end_ns;

	set_scheme(lab, make_before_break);
	for (unsigned int i = 0; i < 2; i++) {
		load(lab, i, 0, 0);
		lab_keep(lab, i, true);
	}
	initiate(lab, "net");
	initiate(lab, "more");
	lab->answer_max_ns = LAB_S / 100;
	engine_reauth(lab->side[0].engine, "peer", lab->now_ns);
	end_ns = lab->now_ns + 20 * LAB_S;
	for (unsigned int i = 0; i < steps && ran; i++)
		ran = lab_step(lab) && lab->now_ns < end_ns;
	lab_kill(lab, side);
	assert_true(lab_run(lab, lab_roll(lab, 6) * LAB_S / 2));
	lab_take_over(lab, side);
	assert_true(lab_run(lab, 400 * LAB_S));
	settle_assert_same(lab, make_before_break ? "make" : "break",
			   2 * steps + side);
	if (make_before_break) {
		assert_int_equal(settle_ike_sas(lab, 0), 1);
		assert_true(lab_agree(lab, 2));
	}
	lab_free(lab);
	return ran;
}

static void engine_that_ends_meanwhile_is_taken_over(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int n = 0; n < 300 && kill_at(i / 2, i % 2, n);
		     n++)
			;
}

/* Whoever made the IKE SA begins; the other one waits, and finds all there. */
static void both_that_began_at_once_had_two(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 20; seed++) {
		struct ike_lab *lab = lab_up(seed, false, 0, 0);

		lab->answer_max_ns = LAB_S / 20;
		for (unsigned int i = 0; i < 2; i++)
			engine_reauth(lab->side[i].engine, "peer", lab->now_ns);
		assert_true(lab_run(lab, 5 * LAB_S));
		assert_anew(lab, 1);
		assert_true(lab_run(lab, 30 * LAB_S));
		assert_anew(lab, 1);
		lab_free(lab);
	}
}

/* And if nobody has, it does so itself. */
static void responder_that_gave_way_to_nobody_begins(void **state)
{
	struct ike_lab *lab = lab_up(1, false, 0, 0);

	(void)state;
	engine_reauth(lab->side[1].engine, "peer", lab->now_ns);
	engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_anew(lab, 1);
	lab_free(lab);
}

static void never_unique(struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, SETTLE_IKE, SETTLE_ESP);

		lab_add_child(&c, i);
		c.unique = UNIQUE_NEVER;
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
}

/* The time of that one has come, if it is still there. */
static void due_now(struct ike_lab *lab, unsigned int side, uint32_t view_id)
{
	struct engine *e = lab->side[side].engine;

	for (uint32_t i = 1; i < e->n_slots; i++) {
		struct ike_sa *sa = e->slots[i];

		if (!sa || sa->view_id != view_id ||
		    sa->state != IKE_ST_ESTABLISHED)
			continue;
		sa->reauth_ns = lab->now_ns;
		sa_touch(sa);
		sa_reap(e);
	}
}

/* One after the other, by so many steps; one is taken over soon afterwards, or not. */
static void begin_both(uint64_t seed, unsigned int steps, bool never, bool kill)
{
	struct ike_lab *lab = lab_new(seed);
	uint32_t view_id;

	set_scheme(lab, true);
	for (unsigned int i = 0; i < 2; i++) {
		load(lab, i, 0, 0);
		lab_keep(lab, i, true);
	}
	if (never)
		never_unique(lab);
	initiate(lab, "net");
	initiate(lab, "more");
	lab->answer_max_ns = LAB_S / 20;
	lab->watches_pairs = !kill;
	view_id = forge_sa(lab, !(seed & 1))->view_id;
	engine_reauth(lab->side[seed & 1].engine, "peer", lab->now_ns);
	for (unsigned int i = 0; i < steps; i++)
		lab_step(lab);
	due_now(lab, !(seed & 1), view_id);
	assert_true(lab_run(lab, 5 * LAB_S));
	if (kill) {
		lab_kill(lab, seed / 2 & 1);
		lab_take_over(lab, seed / 2 & 1);
	}
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	assert_true(lab_agree(lab, 2));
	assert_int_equal(lab->gaps, 0);
	lab_free(lab);
}

static void both_that_made_another_before_had_two(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 240; i++)
		begin_both(i + 1, i / 4, i & 1, i & 2);
}

/* It is no second one of the same. */
static void peer_that_begins_another_meanwhile_keeps_it(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	set_scheme(lab, true);
	never_unique(lab);
	initiate(lab, "net");
	assert_int_equal(
		lab_initiate(lab->side[1].engine, "peer", NULL, lab->now_ns), 0);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 2);
	assert_int_equal(settle_ike_sas(lab, 1), 2);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(ike_sa_and_its_children_are_made_anew_in_time),
		cmocka_unit_test(
			no_packet_is_without_a_way_where_it_is_made_before),
		cmocka_unit_test(rekeying_does_not_put_it_off),
		cmocka_unit_test(operator_has_it_made_anew),
		cmocka_unit_test(child_that_is_initiated_meanwhile_was_lost),
		cmocka_unit_test(operator_who_deletes_it_meanwhile_is_obeyed),
		cmocka_unit_test(old_one_stays_while_there_is_no_new_one),
		cmocka_unit_test(old_one_ends_without_a_new_one_in_time),
		cmocka_unit_test(
			it_begins_anew_though_nobody_answered_its_delete),
		cmocka_unit_test(responder_without_a_way_waits_for_the_end),
		cmocka_unit_test(
			what_is_to_be_up_by_itself_stayed_down_after_the_end),
		cmocka_unit_test(child_that_the_peer_does_not_rekey_ended),
		cmocka_unit_test(responder_shortens_the_time_later),
		cmocka_unit_test(engine_that_ends_meanwhile_is_taken_over),
		cmocka_unit_test(both_that_began_at_once_had_two),
		cmocka_unit_test(both_that_made_another_before_had_two),
		cmocka_unit_test(peer_that_begins_another_meanwhile_keeps_it),
		cmocka_unit_test(responder_that_gave_way_to_nobody_begins),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
