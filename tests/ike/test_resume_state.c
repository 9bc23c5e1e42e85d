// SPDX-License-Identifier: BSD-2-Clause
/*
 * Session resumption (RFC 5723): what the old IKE SA had, a PPK and additional key
 * exchanges, and how long a ticket of it is good.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/ticket.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_resume.h"
#include "tests/support/ike_settle.h"

#define PPK_ID "ppk.example.org"

/* --- what the old one had */

static void set_ppk(struct ike_lab *lab, unsigned int side,
		    struct identity *owner)
{
	struct ike_options o = lab->options;
	struct lab_side *s = &lab->side[side];
	struct error e;

	assert_int_equal(identity_parse(PPK_ID, owner, &e), 0);
	s->ppk = (struct psk_conf){ .is_ppk = true,
				    .owners = owner,
				    .n_owners = 1,
				    .key = { .len = 4, .octets = "more" } };
	o.has_ppks = true;
	engine_set_options(s->engine, &o);
}

static void with_ppk(struct conn_conf *c)
{
	struct error e;

	assert_int_equal(identity_parse(PPK_ID, &c->ppk_id, &e), 0);
}

static void with_ppk_at_least(struct conn_conf *c)
{
	with_ppk(c);
	c->ppk_required = true;
}

/* Its keys come of keys in which it is. */
static void ppk_that_the_old_one_had_does_for_the_new_one(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct identity owners[2];
	struct tape t = { .length = 0 };

	(void)state;
	resume_watch(lab, &t);
	for (unsigned int i = 0; i < 2; i++) {
		set_ppk(lab, i, &owners[i]);
		resume_load(lab, i, with_ppk_at_least);
	}
	resume_begin(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	for (unsigned int n = 0; n < 2; n++) {
		resume_cut(lab);
		resume_begin(lab);
		assert_true(lab_run(lab, 10 * LAB_S));
		resume_assert_up(lab, RESUMED);
		for (unsigned int i = 0; i < 2; i++)
			assert_true(forge_sa(lab, i)->uses_ppk);
	}
	lab_free(lab);
}

static void what_had_no_ppk_is_not_resumed_where_one_is_wanted(void **state)
{
	struct identity owners[2];
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	resume_restart(lab);
	for (unsigned int i = 0; i < 2; i++)
		set_ppk(lab, i, &owners[i]);
	resume_load(lab, 1, with_ppk_at_least);
	/* Nobody but the responder thinks of it. */
	resume_begin(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(resume_heard(&t, RESUME), 2);
	assert_true(resume_heard(&t, INIT) > 0);
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	resume_load(lab, 0, with_ppk);
	t.length = 0;
	resume_comes_in_full(lab, &t, 0);
	assert_true(forge_sa(lab, 1)->uses_ppk);
	lab_free(lab);
}

static void with_more_key_exchanges(struct conn_conf *c)
{
	struct error e;

	assert_int_equal(proposal_parse(IKE "-ke1_ecp256-ke3_modp2048",
					IKE_PROTO_IKE, &c->proposals.at[0], &e),
			 0);
	c->proposals.n = 1;
}

static void additional_key_exchanges_of_the_old_one_do_too(void **state)
{
	struct ike_lab *lab = lab_new(1);
	struct tape t = { .length = 0 };

	(void)state;
	resume_watch(lab, &t);
	for (unsigned int i = 0; i < 2; i++)
		resume_load(lab, i, with_more_key_exchanges);
	resume_begin(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	for (unsigned int n = 0; n < 2; n++) {
		resume_cut(lab);
		resume_begin(lab);
		assert_true(lab_run(lab, 10 * LAB_S));
		resume_assert_up(lab, RESUMED);
		assert_int_equal(resume_heard(&t, IKE_EXCH_IKE_INTERMEDIATE), 0);
		for (unsigned int i = 0; i < 2; i++) {
			const uint16_t *addke = forge_sa(lab, i)->keys.addke;

			assert_int_equal(addke[0], KE_ECP_256);
			assert_int_equal(addke[1], KE_NONE);
			assert_int_equal(addke[2], KE_MODP_2048);
		}
	}
	lab_free(lab);
}

static void what_had_none_is_not_resumed_where_they_are_wanted(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	resume_restart(lab);
	resume_load(lab, 1, with_more_key_exchanges);
	resume_begin(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(resume_heard(&t, RESUME), 2);
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	resume_load(lab, 0, with_more_key_exchanges);
	t.length = 0;
	resume_comes_in_full(lab, &t, 0);
	lab_free(lab);
}

/* --- when it is over */

/* However often it was rekeyed since. */
static void ticket_is_renewed_before_it_is_too_old(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);
	uint64_t end_ns = lab->side[0].engine->tickets->end_ns;

	(void)state;
	resume_run_hours(lab, 11);
	assert_int_equal(lab->side[0].engine->tickets->end_ns, end_ns);
	resume_run_hours(lab, 2);
	assert_true(lab->side[0].engine->tickets->end_ns > end_ns);
	resume_run_hours(lab, 20);
	resume_cut(lab);
	resume_begin(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	resume_assert_up(lab, RESUMED);
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* Its operator has ended it; the peer, who does not hear of it, has a ticket. */
static void what_the_responder_ended_alone_is_not_resumed(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab_with(&t, resume_never_unique);

	(void)state;
	lab->fate = resume_lose_all;
	assert_int_equal(engine_terminate(lab->side[1].engine, "peer", NULL,
					  lab->now_ns),
			 1);
	assert_true(lab_run(lab, 400 * LAB_S));
	resume_cut(lab);
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	resume_comes_in_full(lab, &t, 2);
	lab_free(lab);
}

static void renewed_ticket_puts_the_one_before_out_of_use(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);
	struct octets first = { .ptr = NULL };
	struct ticket *ticket = lab->side[0].engine->tickets;

	(void)state;
	assert_true(octets_set(&first, slice_of(ticket->octets.ptr,
						ticket->octets.len)));
	resume_run_hours(lab, 13);
	resume_cut(lab);
	ticket = lab->side[0].engine->tickets;
	assert_true(ticket->octets.len != first.len ||
		    memcmp(ticket->octets.ptr, first.ptr, first.len) != 0);
	octets_free(&ticket->octets);
	ticket->octets = first;
	resume_comes_in_full(lab, &t, 2);
	lab_free(lab);
}

/* The SPIs of before say nothing any more. */
static void old_one_goes_however_often_it_was_rekeyed(void **state)
{
	(void)state;
	for (unsigned int kill = 0; kill < 2; kill++) {
		struct tape t;
		struct ike_lab *lab = resume_lab_with(&t, resume_never_unique);

		lab_keep(lab, 1, true);
		for (unsigned int i = 0; i < 3; i++) {
			engine_rekey(lab->side[i % 2].engine, "peer", NULL,
				     lab->now_ns);
			assert_true(lab_run(lab, 10 * LAB_S));
		}
		if (kill) {
			lab_kill(lab, 1);
			lab_take_over(lab, 1);
			assert_true(lab_run(lab, 10 * LAB_S));
		}
		resume_cut(lab);
		assert_int_equal(settle_ike_sas(lab, 1), 1);
		resume_begin(lab);
		assert_true(lab_run(lab, 10 * LAB_S));
		resume_assert_up(lab, RESUMED);
		assert_int_equal(resume_heard(&t, INIT), 0);
		lab_free(lab);
	}
}

/* Both rekeyed at once, and one heir went: that is no end. */
static void heir_that_goes_does_not_take_the_ticket_along(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		engine_rekey(lab->side[i].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 30 * LAB_S));
	resume_cut(lab);
	resume_begin(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	resume_assert_up(lab, RESUMED);
	lab_free(lab);
}

static void one_that_is_in_use_is_not_resumed(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab_with(&t, resume_never_unique);

	(void)state;
	resume_load(lab, 1, resume_never_unique);
	t.length = 0;
	assert_int_equal(
		lab_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns), 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_int_equal(resume_heard(&t, RESUME), 0);
	assert_int_equal(settle_ike_sas(lab, 0), 2);
	assert_int_equal(settle_ike_sas(lab, 1), 2);
	lab_free(lab);
}

static void who_has_no_connection_any_more_is_not_resumed(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	resume_restart(lab);
	assert_true(engine_unload(lab->side[1].engine, "peer"));
	resume_begin(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(resume_heard(&t, RESUME), 2);
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	lab_free(lab);
}

static void forged_ticket_is_of_no_use(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);
	struct ticket *ticket;

	(void)state;
	resume_cut(lab);
	ticket = lab->side[0].engine->tickets;
	ticket->octets.ptr[ticket->octets.len / 2] ^= 1;
	resume_comes_in_full(lab, &t, 2);
	lab_free(lab);
}

/* A client that came back by a ticket is sent elsewhere like any other. */
static void resumed_one_is_redirected(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	resume_begin(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	resume_assert_up(lab, RESUMED);
	assert_true(forge_sa(lab, 1)->takes_redirect);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(ppk_that_the_old_one_had_does_for_the_new_one),
		cmocka_unit_test(
			what_had_no_ppk_is_not_resumed_where_one_is_wanted),
		cmocka_unit_test(additional_key_exchanges_of_the_old_one_do_too),
		cmocka_unit_test(
			what_had_none_is_not_resumed_where_they_are_wanted),
		cmocka_unit_test(ticket_is_renewed_before_it_is_too_old),
		cmocka_unit_test(what_the_responder_ended_alone_is_not_resumed),
		cmocka_unit_test(renewed_ticket_puts_the_one_before_out_of_use),
		cmocka_unit_test(old_one_goes_however_often_it_was_rekeyed),
		cmocka_unit_test(heir_that_goes_does_not_take_the_ticket_along),
		cmocka_unit_test(one_that_is_in_use_is_not_resumed),
		cmocka_unit_test(who_has_no_connection_any_more_is_not_resumed),
		cmocka_unit_test(forged_ticket_is_of_no_use),
		cmocka_unit_test(resumed_one_is_redirected),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
