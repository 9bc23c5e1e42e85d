// SPDX-License-Identifier: BSD-2-Clause
/* IKE SAs over TCP (RFC 9329): which way is taken, and what becomes of a lost one. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/sa.h"
#include "tests/support/ike_lab_queue.h"
#include "tests/support/ike_settle.h"

#define AGES (200 * LAB_S) /* longer than a request has time */

static void load(struct ike_lab *lab, unsigned int side, enum tcp_encap mode,
		 bool mobike)
{
	struct conn_conf c = lab_conn(lab, side, SETTLE_IKE, SETTLE_ESP);

	c.tcp_encap = mode;
	c.mobike = mobike;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

/* Side 0 wants TCP so; side 1 has no opinion. */
static struct ike_lab *lab_with(enum tcp_encap mode)
{
	struct ike_lab *lab = settle_lab(1, SETTLE_ESP);

	load(lab, 0, mode, false);
	load(lab, 1, TCP_ENCAP_NO, false);
	return lab;
}

static struct ike_lab *lab_up(enum tcp_encap mode)
{
	struct ike_lab *lab = lab_with(mode);

	lab->udp_is_blocked = true;
	settle_initiate(lab);
	assert_true(lab_run(lab, 30 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab_streams(lab), 1);
	return lab;
}

static const struct sadb_sa *sa_of(const struct ike_lab *lab, unsigned int side,
				   enum sadb_dir dir)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (lab->side[side].sas[i].used &&
		    lab->side[side].sas[i].id.dir == dir)
			return &lab->side[side].sas[i].sa;
	fail();
	return NULL;
}

static const struct lab_stream *stream_of(const struct ike_lab *lab)
{
	const uint32_t id = sa_of(lab, 0, SADB_OUT)->stream;

	for (unsigned int i = 0; i < lab->n_streams; i++)
		if (lab->streams[i].id[0] == id)
			return &lab->streams[i];
	fail();
	return NULL;
}

/* All four SAs are in one that is there, and in no UDP. */
static void assert_in_stream(const struct ike_lab *lab)
{
	const struct lab_stream *st = stream_of(lab);

	assert_true(st->is_open);
	for (unsigned int i = 0; i < 4; i++) {
		const struct sadb_sa *sa =
			sa_of(lab, i % 2, i < 2 ? SADB_IN : SADB_OUT);

		assert_int_equal(sa->stream, st->id[i % 2]);
		assert_int_equal(sa->encap_dport, 0);
		assert_false(sa->keepalive);
	}
}

static void at_once_where_it_shall_be_so(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_YES);

	(void)state;
	settle_initiate(lab);
	assert_true(lab_run(lab, 3 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_in_stream(lab);
	assert_int_equal(lab->side[0].sent_by.remote_port, IKE_NATT_PORT);
	assert_int_equal(lab->n_opened, 1);
	assert_int_equal(lab->n_kept, 2);
	lab_free(lab);
}

static void never_where_it_shall_not_be(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_NO);

	(void)state;
	lab->udp_is_blocked = true;
	settle_initiate(lab);
	assert_true(lab_run(lab, AGES));
	assert_int_equal(lab->n_opened, 0);
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	lab_free(lab);
}

static void a_port_of_its_own_is_that_of_the_stream(void **state)
{
	struct ike_lab *lab = settle_lab(1, SETTLE_ESP);
	struct conn_conf c = lab_conn(lab, 0, SETTLE_IKE, SETTLE_ESP);

	(void)state;
	c.tcp_encap = TCP_ENCAP_YES;
	c.remote_port = 443;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	settle_initiate(lab);
	assert_true(lab_run(lab, 3 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab->streams[0].path[0].remote_port, 443);
	lab_free(lab);
}

static void udp_is_tried_first(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_FALLBACK);

	(void)state;
	settle_initiate(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab->n_opened, 0);
	assert_int_equal(sa_of(lab, 0, SADB_OUT)->stream, 0);
	lab_free(lab);
}

static void without_an_answer_by_udp_it_is_tcp(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_FALLBACK);

	(void)state;
	lab->udp_is_blocked = true;
	settle_initiate(lab);
	assert_true(lab_run(lab, 11 * LAB_S));
	assert_int_equal(lab->n_opened, 0);
	assert_true(lab_run(lab, 2 * LAB_S));
	assert_int_equal(lab->n_opened, 1);
	assert_true(lab_agree(lab, 1));
	assert_in_stream(lab);
	lab_free(lab);
}

static void an_answer_by_udp_after_all_ends_the_attempt(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_FALLBACK);

	(void)state;
	lab->udp_is_blocked = true;
	settle_initiate(lab);
	assert_true(lab_run(lab, 11 * LAB_S));
	lab->udp_is_blocked =
		false; /* the last one by UDP and the opening race */
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab->n_opened, 1);
	assert_int_equal(
		lab_streams(lab) + (sa_of(lab, 0, SADB_OUT)->stream == 0), 1);
	lab_free(lab);
}

static void what_refuses_both_is_given_up(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_FALLBACK);

	(void)state;
	lab->udp_is_blocked = true;
	lab->tcp_is_refused = true;
	settle_initiate(lab);
	assert_true(lab_run(lab, AGES));
	assert_in_range(lab->n_opened, 3, 5); /* with the timers of UDP */
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	lab_free(lab);
}

/* Ten seconds are enough for one attempt, another one follows. */
static void an_opening_that_hangs_is_not_waited_for(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_YES);

	(void)state;
	lab->tcp_is_slow = true;
	settle_initiate(lab);
	assert_true(lab_run(lab, 9 * LAB_S));
	assert_int_equal(lab->n_opened, 1);
	lab->tcp_is_slow = false;
	assert_true(lab_run(lab, 20 * LAB_S));
	assert_int_equal(lab->n_opened, 2);
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void a_peer_that_closes_at_once_is_not_asked_without_end(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_YES);

	(void)state;
	settle_initiate(lab);
	for (unsigned int i = 0; i < 400; i++) {
		assert_true(lab_run(lab, LAB_S / 2));
		lab_break_streams_of(lab, 0);
		lab->side[1].muted = true;
	}
	assert_in_range(lab->n_opened, 2, 25);
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	lab_free(lab);
}

static void an_answer_by_another_way_than_asked_is_none(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_YES);
	struct ike_path by_udp;

	(void)state;
	settle_initiate(lab);
	while (!lab->side[1].sent)
		assert_true(lab_step(lab));
	by_udp = lab->streams[0].path[0];
	by_udp.stream = 0;
	while (lab->n_queue) /* the true one */
		lab_item_free(lab->queue[--lab->n_queue]);
	engine_input(lab->side[0].engine, &by_udp, lab->side[1].last,
		     lab->side[1].last_len, lab->now_ns);
	assert_int_equal(lab->n_queue, 0);
	lab_free(lab);
}

static void a_lost_stream_is_opened_again_and_followed(void **state)
{
	struct ike_lab *lab = lab_up(TCP_ENCAP_YES);

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		lab_break_streams(lab);
		assert_true(lab_run(lab, LAB_S));
		assert_int_equal(lab->n_opened, 2 + i);
		assert_true(lab_agree(lab, 1));
		assert_in_stream(lab);
	}
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 0);
	settle_assert(lab, "after streams were lost", 0, 1, 1);
	lab_free(lab);
}

/* It has a stream yet, of which the other end has heard no word for long. */
static void a_stream_that_one_side_alone_lost_is_followed(void **state)
{
	struct ike_lab *lab = lab_up(TCP_ENCAP_YES);

	(void)state;
	lab_break_streams_of(lab, 0);
	assert_true(lab_run(lab, LAB_S));
	assert_in_stream(lab);
	lab_free(lab);
}

static void the_responder_waits_and_gives_up_in_the_end(void **state)
{
	struct ike_lab *lab = lab_up(TCP_ENCAP_YES);

	(void)state;
	lab->tcp_is_refused = true;
	lab_break_streams(lab);
	assert_true(lab_run(lab, 100 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	assert_true(lab_run(lab, AGES));
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	assert_int_equal(lab_sas(&lab->side[1], false), 0);
	lab_free(lab);
}

static void a_stream_that_comes_late_is_in_time(void **state)
{
	struct ike_lab *lab = lab_up(TCP_ENCAP_YES);

	(void)state;
	lab->tcp_is_refused = true;
	lab_break_streams(lab);
	assert_true(lab_run(lab, 100 * LAB_S));
	lab->tcp_is_refused = false;
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_in_stream(lab);
	lab_free(lab);
}

static void nothing_is_sent_again_by_a_stream(void **state)
{
	struct ike_lab *lab = lab_up(TCP_ENCAP_YES);
	unsigned int before;

	(void)state;
	lab->side[1].muted = true; /* it hears, and is not heard */
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	before = lab->side[0].sent;
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(lab->side[0].sent, before);
	assert_true(lab_run(lab, AGES));
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	lab_free(lab);
}

/* Whenever it breaks, within whatever is asked. */
static void it_may_break_at_any_moment(void **state)
{
	(void)state;
	for (unsigned int what = 0; what < 5; what++) {
		for (unsigned int n = 1; n < 26; n++) {
			struct ike_lab *lab = lab_with(TCP_ENCAP_YES);

			lab->answer_max_ns = 3000000;
			if (what)
				settle_initiate(lab);
			if (what)
				assert_true(lab_run(lab, 3 * LAB_S));
			if (what == 0)
				settle_initiate(lab);
			else if (what == 1)
				engine_rekey(lab->side[0].engine, "peer", NULL,
					     lab->now_ns);
			else if (what == 2)
				engine_rekey(lab->side[1].engine, "peer", NULL,
					     lab->now_ns);
			else if (what == 3)
				engine_rekey(lab->side[0].engine, "peer", "net",
					     lab->now_ns);
			else
				engine_rekey(lab->side[1].engine, "peer", "net",
					     lab->now_ns);
			for (unsigned int i = 0; i < n; i++)
				assert_true(lab_step(lab));
			lab_break_streams(lab);
			assert_true(lab_run(lab, AGES + 60 * LAB_S));
			settle_assert(lab, "a break", what * 100 + n, 1, 1);
			assert_in_stream(lab);
			lab_free(lab);
		}
	}
}

/* It would come again by UDP alone. */
static void a_request_that_comes_too_early_is_answered(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_YES);

	(void)state;
	lab->answer_max_ns = 20000000;
	settle_initiate(lab);
	while (!lab_count(&lab->side[1], IKE_EV_IKE_UP))
		assert_true(lab_step(lab));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 0);
	engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 3 * LAB_S));
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 2);
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* On whatever stream. */
static const struct ike_sa *on_any_stream(const struct engine *e)
{
	const struct ike_sa *sa = NULL;

	for (unsigned int i = 0; !sa && i < STREAM_BUCKETS; i++)
		sa = LIST_FIRST(&e->by_stream[i]);
	return sa;
}

static bool keeps_early(const struct engine *e)
{
	const struct ike_sa *sa = on_any_stream(e);

	return sa && sa->early;
}

/* Each side rekeys, the other one some steps later. false: nothing came early. */
static bool comes_early(struct ike_lab *lab, unsigned int steps)
{
	const struct engine *e = lab->side[1].engine;

	lab->answer_max_ns = 200000000;
	engine_rekey(lab->side[1].engine, "peer", "net", lab->now_ns);
	for (unsigned int i = 0; i < steps; i++)
		assert_true(lab_step(lab));
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
	for (unsigned int i = 0; !keeps_early(e) && i < 40; i++)
		assert_true(lab_step(lab));
	return keeps_early(e);
}

/* Nothing would ever leave by it. */
static void a_lost_stream_does_not_come_back_by_what_came_early(void **state)
{
	unsigned int n_early = 0;

	(void)state;
	for (unsigned int n = 1; n < 30; n++) {
		struct ike_lab *lab = lab_up(TCP_ENCAP_YES);

		if (comes_early(lab, n)) {
			n_early++;
			lab->tcp_is_refused = true;
			lab_break_streams(lab);
			assert_true(lab_run(lab, 5 * LAB_S));
			assert_null(on_any_stream(lab->side[1].engine));
		}
		lab_free(lab);
	}
	assert_true(n_early > 0);
}

static void no_message_is_cut_for_a_stream(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_YES);

	(void)state;
	lab_set_fragment_size(lab, 200);
	settle_initiate(lab);
	assert_true(lab_run(lab, 3 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab->side[0].sent, 2);
	assert_int_equal(lab->side[1].sent, 2);
	lab_free(lab);
}

static void no_cookie_is_asked_of_who_has_a_stream(void **state)
{
	struct ike_lab *lab = lab_with(TCP_ENCAP_YES);
	struct ike_options o = ike_options_default();

	(void)state;
	o.cookie_threshold = 0;
	lab_set_options(lab, &o);
	settle_initiate(lab);
	assert_true(lab_run(lab, 3 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab->side[0].sent, 2);
	lab_free(lab);
}

static void the_stream_ends_with_the_last_that_has_it(void **state)
{
	struct ike_lab *lab = lab_up(TCP_ENCAP_YES);

	(void)state;
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_int_equal(lab_streams(lab), 1);
	assert_true(lab_run(lab, AGES));
	assert_int_equal(lab_streams(lab), 1);
	settle_assert(lab, "a new IKE SA on the same stream", 0, 1, 1);
	engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	assert_int_equal(lab_streams(lab), 0);
	lab_free(lab);
}

/* It is told that the peer is gone before it loses the way to hear so. */
static void a_delete_at_once_leaves_before_its_stream_ends(void **state)
{
	struct ike_lab *lab = lab_up(TCP_ENCAP_YES);
	const struct ike_target t = { .conn = "peer" };

	(void)state;
	engine_terminate_some(lab->side[0].engine, &t, true, lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	lab_free(lab);
}

static void the_heir_opens_what_its_elder_would(void **state)
{
	struct ike_lab *lab = lab_up(TCP_ENCAP_YES);

	(void)state;
	engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 5 * LAB_S));
	lab_break_streams(lab);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->n_opened, 2);
	assert_in_stream(lab);
	lab_free(lab);
}

static void who_takes_over_opens_another(void **state)
{
	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		struct ike_lab *lab = lab_up(TCP_ENCAP_YES);

		lab_kill(lab, side);
		assert_true(lab_run(lab, LAB_S));
		lab_take_over(lab, side);
		assert_true(lab_run(lab, 30 * LAB_S));
		settle_assert(lab, "taken over", side, 1, 1);
		assert_in_stream(lab);
		assert_int_equal(lab_count(&lab->side[!side], IKE_EV_IKE_DOWN),
				 0);
		lab_free(lab);
	}
}

static struct ike_lab *lab_mobile(enum tcp_encap mode, bool udp_is_blocked)
{
	struct ike_lab *lab = settle_lab(1, SETTLE_ESP);
	struct conn_conf c;

	for (unsigned int i = 0; i < 2; i++) {
		c = lab_conn(lab, i, SETTLE_IKE, SETTLE_ESP);
		c.mobike = true;
		c.tcp_encap = i ? TCP_ENCAP_NO : mode;
		c.local_addrs[0].any = c.remote_addrs[0].any = false;
		if (i)
			c.remote_addrs[0].any = true;
		else
			c.n_local_addrs = 0;
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
	lab->udp_is_blocked = udp_is_blocked;
	settle_initiate(lab);
	assert_true(lab_run(lab, 30 * LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

static void move(struct ike_lab *lab)
{
	lab->side[0].addr = addr_from_v4(htonl(0xc0000263));
	engine_addresses_changed(lab->side[0].engine, lab->now_ns);
}

static void who_moves_to_where_udp_is_blocked_takes_tcp(void **state)
{
	struct ike_lab *lab = lab_mobile(TCP_ENCAP_FALLBACK, false);

	(void)state;
	assert_int_equal(lab->n_opened, 0);
	lab->udp_is_blocked = true;
	move(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_in_stream(lab);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 0);
	lab_free(lab);
}

static void who_moves_to_where_it_is_not_takes_udp(void **state)
{
	struct ike_lab *lab = lab_mobile(TCP_ENCAP_FALLBACK, true);

	(void)state;
	assert_int_equal(lab_streams(lab), 1);
	lab->udp_is_blocked = false;
	move(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 0);
	assert_int_equal(sa_of(lab, 0, SADB_OUT)->stream, 0);
	assert_int_equal(sa_of(lab, 1, SADB_OUT)->stream, 0);
	assert_int_equal(lab_streams(lab), 0);
	lab_free(lab);
}

static void who_wants_tcp_moves_by_tcp(void **state)
{
	struct ike_lab *lab = lab_mobile(TCP_ENCAP_YES, false);

	(void)state;
	move(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 0);
	assert_in_stream(lab);
	assert_int_equal(lab_streams(lab), 1);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(at_once_where_it_shall_be_so),
		cmocka_unit_test(never_where_it_shall_not_be),
		cmocka_unit_test(a_port_of_its_own_is_that_of_the_stream),
		cmocka_unit_test(udp_is_tried_first),
		cmocka_unit_test(without_an_answer_by_udp_it_is_tcp),
		cmocka_unit_test(an_answer_by_udp_after_all_ends_the_attempt),
		cmocka_unit_test(what_refuses_both_is_given_up),
		cmocka_unit_test(an_opening_that_hangs_is_not_waited_for),
		cmocka_unit_test(
			a_peer_that_closes_at_once_is_not_asked_without_end),
		cmocka_unit_test(an_answer_by_another_way_than_asked_is_none),
		cmocka_unit_test(a_lost_stream_is_opened_again_and_followed),
		cmocka_unit_test(a_stream_that_one_side_alone_lost_is_followed),
		cmocka_unit_test(the_responder_waits_and_gives_up_in_the_end),
		cmocka_unit_test(a_stream_that_comes_late_is_in_time),
		cmocka_unit_test(nothing_is_sent_again_by_a_stream),
		cmocka_unit_test(it_may_break_at_any_moment),
		cmocka_unit_test(a_request_that_comes_too_early_is_answered),
		cmocka_unit_test(
			a_lost_stream_does_not_come_back_by_what_came_early),
		cmocka_unit_test(no_message_is_cut_for_a_stream),
		cmocka_unit_test(no_cookie_is_asked_of_who_has_a_stream),
		cmocka_unit_test(the_stream_ends_with_the_last_that_has_it),
		cmocka_unit_test(a_delete_at_once_leaves_before_its_stream_ends),
		cmocka_unit_test(the_heir_opens_what_its_elder_would),
		cmocka_unit_test(who_takes_over_opens_another),
		cmocka_unit_test(who_moves_to_where_udp_is_blocked_takes_tcp),
		cmocka_unit_test(who_moves_to_where_it_is_not_takes_udp),
		cmocka_unit_test(who_wants_tcp_moves_by_tcp),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
