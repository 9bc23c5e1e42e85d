// SPDX-License-Identifier: BSD-2-Clause
/*
 * Session resumption (RFC 5723): side 0 has a ticket of side 1, which has forgotten
 * its IKE SA, or has not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/crypto/prf.h"
#include "ctrl/daemon/tickets.h"
#include "ctrl/ike/ticket.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_resume.h"
#include "tests/support/ike_settle.h"

static void peer_that_has_forgotten_it_resumes_it(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	resume_restart(lab);
	resume_begin(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	resume_assert_up(lab, RESUMED);
	assert_int_equal(resume_heard(&t, RESUME), 2);
	assert_int_equal(resume_heard(&t, INIT), 0);
	assert_int_equal(resume_heard(&t, IKE_EXCH_IKE_AUTH), 2);
	lab_free(lab);
}

/* Section 5: the old one goes, and nobody is told by a message. */
static void peer_that_still_has_it_lets_it_go(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab_with(&t, resume_never_unique);

	(void)state;
	resume_cut(lab);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	resume_begin(lab);
	assert_true(lab_run(lab, LAB_S));
	resume_assert_up(lab, RESUMED);
	assert_true(lab_agree(lab, 1));
	assert_int_equal(t.length, 4);
	assert_string_equal(lab_text(&lab->side[1], IKE_EV_IKE_DOWN),
			    "the peer has resumed it by a ticket");
	lab_free(lab);
}

static void peer_anywhere(struct conn_conf *c)
{
	c->remote_addrs[0].any = true;
}

static void who_is_behind_a_nat_resumes_it_from_elsewhere(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_load(lab, 1, peer_anywhere);
	resume_cut(lab);
	lab->nat = true;
	resume_begin(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	resume_assert_up(lab, RESUMED);
	assert_true(forge_sa(lab, 0)->nat_local);
	assert_true(forge_sa(lab, 1)->nat_remote);
	assert_int_equal(forge_sa(lab, 0)->path.remote_port, IKE_NATT_PORT);
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void resumed_one_is_resumed_again(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		resume_cut(lab);
		resume_begin(lab);
		assert_true(lab_run(lab, 10 * LAB_S));
		resume_assert_up(lab, RESUMED);
		assert_int_equal(resume_heard(&t, INIT), 0);
		assert_true(lab_agree(lab, 1));
	}
	/* It is an IKE SA like any other. */
	engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns);
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* SKEYSEED = prf(SK_d (old), "Resumption" | Ni | Nr), then as section 2.14 of RFC
 * 7296 has it. */
static void keys_come_of_the_old_ones_and_the_nonces(void **state)
{
	const struct prf_alg *alg = prf_by_id(PRF_HMAC_SHA2_256);
	uint8_t old[32], skeyseed[32], sk_d[32], spis[16];
	struct builder b = wr_init(spis, sizeof(spis));
	const struct ike_sa *sa;
	struct ike_lab *lab;
	struct tape t;

	(void)state;
	lab = resume_lab(&t);
	memcpy(old, forge_sa(lab, 0)->keys.sk_d, sizeof(old));
	resume_cut(lab);
	resume_begin(lab);
	while (!forge_sa(lab, 0)->has_keys)
		assert_true(lab_step(lab));
	sa = forge_sa(lab, 0);
	wr_u64(&b, sa->spi_i);
	wr_u64(&b, sa->spi_r);
	{
		const struct slice seed[] = {
			slice_of("Resumption", 10),
			nonce_slice(&sa->ni),
			nonce_slice(&sa->nr),
		};
		const struct slice rest[] = {
			nonce_slice(&sa->ni),
			nonce_slice(&sa->nr),
			slice_of(spis, sizeof(spis)),
		};

		assert_true(prf(alg, slice_of(old, sizeof(old)), seed, 3,
				skeyseed));
		assert_true(prf_plus(alg, slice_of(skeyseed, sizeof(skeyseed)),
				     rest, 3, sk_d, sizeof(sk_d)));
	}
	assert_memory_equal(sa->keys.sk_d, sk_d, sizeof(sk_d));
	lab_free(lab);
}

/* --- where there is none */

static void without_resumption(struct conn_conf *c)
{
	c->resumption = false;
}

static void side_that_wants_none_neither_asks_nor_gives(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_new(1);
		struct tape t = { .length = 0 };

		resume_watch(lab, &t);
		resume_load(lab, 0, i == 0 ? without_resumption : NULL);
		resume_load(lab, 1, i == 1 ? without_resumption : NULL);
		resume_begin(lab);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_null(lab->side[0].engine->tickets);
		assert_int_equal(ticket_at_ns(forge_sa(lab, 0)), 0);
		resume_cut(lab);
		resume_begin(lab);
		assert_true(lab_run(lab, 30 * LAB_S));
		resume_assert_up(lab, "");
		assert_int_equal(resume_heard(&t, RESUME), 0);
		lab_free(lab);
	}
}

static void other_proposals(struct conn_conf *c)
{
	struct error e;

	assert_int_equal(proposal_parse("aes256-sha512-x25519", IKE_PROTO_IKE,
					&c->proposals.at[0], &e),
			 0);
	c->proposals.n = 2;
	assert_int_equal(
		proposal_parse(IKE, IKE_PROTO_IKE, &c->proposals.at[1], &e), 0);
}

static void only_other_proposals(struct conn_conf *c)
{
	other_proposals(c);
	c->proposals.n = 1;
}

static void who_has_changed_begins_in_full(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	/* Ours is another connection: the ticket is not even shown. */
	resume_cut(lab);
	resume_load(lab, 0, other_proposals);
	resume_load(lab, 1, other_proposals);
	resume_comes_in_full(lab, &t, 0);
	/* The peer's does not agree to the old suite any more. */
	resume_cut(lab);
	resume_load(lab, 1, only_other_proposals);
	resume_load(lab, 0, other_proposals);
	resume_begin(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
	resume_assert_up(lab, RESUMED); /* it was of aes256 */
	resume_cut(lab);
	resume_load(lab, 1, NULL);
	resume_comes_in_full(lab, &t, 2);
	/* It gives none, and takes none. */
	resume_cut(lab);
	resume_load(lab, 1, without_resumption);
	resume_comes_in_full(lab, &t, 2);
	lab_free(lab);
}

static void peer_without_its_key_is_met_in_full(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	tickets_free(lab->side[1].tickets);
	lab->side[1].tickets = tickets_new();
	resume_restart(lab);
	resume_comes_in_full(lab, &t, 2);
	lab_free(lab);
}

/* Another software may be at that address now. */
static void peer_that_does_not_answer_it_is_met_in_full(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	t.refused = RESUME;
	resume_comes_in_full(lab, &t, 3);
	lab_free(lab);
}

static void ticket_is_shown_for_a_day(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	assert_true(lab_run(lab, 24 * HOUR));
	resume_comes_in_full(lab, &t, 0);
	lab_free(lab);
}

static void what_was_deleted_is_not_resumed(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct tape t;
		struct ike_lab *lab = resume_lab(&t);

		engine_terminate(lab->side[i].engine, "peer", NULL, lab->now_ns);
		assert_true(lab_run(lab, LAB_S));
		assert_null(lab->side[0].engine->tickets);
		t.length = 0;
		resume_comes_in_full(lab, &t, 0);
		lab_free(lab);
	}
}

static void reauthentication_is_in_full(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_options o = ike_options_default();
		struct tape t;
		struct ike_lab *lab = resume_lab(&t);

		o.make_before_break = i;
		lab_set_options(lab, &o);
		t.length = 0;
		assert_int_equal(engine_reauth(lab->side[0].engine, "peer",
					       lab->now_ns),
				 1);
		assert_true(lab_run(lab, 60 * LAB_S));
		resume_assert_up(lab, "");
		assert_int_equal(resume_heard(&t, RESUME), 0);
		/* The new one has a ticket of its own. */
		resume_cut(lab);
		resume_begin(lab);
		assert_true(lab_run(lab, 60 * LAB_S));
		resume_assert_up(lab, RESUMED);
		lab_free(lab);
	}
}

static void reauth_after_an_hour(struct conn_conf *c)
{
	c->reauth_time = 3600;
	c->rekey_time = 0;
	c->over_time = 360;
	c->rand_time = 0;
}

/* By tickets nobody goes on for longer than it may without a proof. */
static void resumption_does_not_put_off_reauthentication(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);
	uint64_t since_ns;

	(void)state;
	resume_cut(lab);
	resume_load(lab, 1, reauth_after_an_hour);
	resume_restart(lab);
	resume_begin(lab);
	assert_true(lab_run(lab, LAB_S));
	resume_cut(lab);
	tickets_forget(lab->side[0].engine);
	resume_begin(lab);
	assert_true(lab_run(lab, LAB_S));
	resume_assert_up(lab, "");
	since_ns = lab->now_ns;
	assert_true(lab_run(lab, HOUR / 4));
	resume_cut(lab);
	resume_begin(lab);
	assert_true(lab_run(lab, LAB_S));
	resume_assert_up(lab, RESUMED);
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t at_ns = forge_sa(lab, i)->reauth_ns;

		assert_in_range(at_ns, since_ns, since_ns + HOUR + LAB_S);
	}
	lab_free(lab);
}

/* --- who may use it */

static void ticket_serves_once(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);
	struct ike_path path = forge_path(lab, 1);
	unsigned int half_open;
	struct ike_header h;

	(void)state;
	resume_cut(lab);
	resume_begin(lab);
	assert_true(lab_run(lab, 60 * LAB_S));
	resume_assert_up(lab, RESUMED);
	engine_input(lab->side[1].engine, &path, t.first, t.first_len,
		     lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	engine_count(lab->side[1].engine, &half_open);
	assert_int_equal(half_open, 0);
	assert_true(ike_header_parse(
		slice_of(lab->side[1].last, lab->side[1].last_len), &h));
	assert_int_equal(h.exchange, RESUME);
	assert_int_equal(h.spi_r, 0);
	assert_int_equal(h.next_payload, IKE_PL_NOTIFY); /* TICKET_NACK */
	resume_assert_up(lab, RESUMED);
	lab_free(lab);
}

static void other_identity_than_the_tickets_is_refused(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);
	struct error e;

	(void)state;
	resume_cut(lab);
	resume_restart(lab);
	resume_begin(lab);
	while (forge_sa(lab, 0)->state != IKE_ST_AUTH)
		assert_true(lab_step(lab));
	assert_int_equal(
		identity_parse("mallory", &forge_sa(lab, 0)->local_id, &e), 0);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED),
			       "other identities than its ticket"));
	lab_free(lab);
}

/* Between the two exchanges the responder's operator thinks better of it. */
static void ticket_is_of_no_use_to_who_may_not_resume_any_more(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	resume_restart(lab);
	resume_begin(lab);
	while (forge_sa(lab, 0)->state != IKE_ST_AUTH)
		assert_true(lab_step(lab));
	resume_load(lab, 1, without_resumption);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	lab_free(lab);
}

/* It shows a ticket that it saw on its way, and has not the keys. */
static void stolen_ticket_proves_nothing(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	resume_restart(lab);
	lab->side[0].engine->tickets->sk_d[0] ^= 1;
	resume_begin(lab);
	assert_true(lab_run(lab, 400 * LAB_S));
	assert_int_equal(settle_ike_sas(lab, 1), 0);
	assert_int_equal(lab_sas(&lab->side[1], false), 0);
	lab_free(lab);
}

static void who_is_asked_for_a_cookie_brings_it(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	resume_cut(lab);
	for (uint64_t i = 1; i <= 10; i++)
		forge_init(lab, &(const struct forge_init){
					.spi_i = i,
					.proposal = IKE,
					.method = "x25519",
				});
	t.length = 0;
	resume_begin(lab);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(resume_heard(&t, RESUME), 4);
	assert_string_equal(lab_text(&lab->side[0], IKE_EV_IKE_UP), RESUMED);
	lab_free(lab);
}

/* --- on the way */

static struct lab_fate lose_one(struct ike_lab *lab, unsigned int n)
{
	return (struct lab_fate){ .copies = n == lab->lost ? 0 : 1,
				  .delay_ns = { LAB_S / 1000 } };
}

static void lost_datagram_is_made_good(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct tape t;
		struct ike_lab *lab = resume_lab(&t);

		resume_cut(lab);
		lab->lost = lab->datagrams + i;
		lab->fate = lose_one;
		resume_begin(lab);
		assert_true(lab_run(lab, 30 * LAB_S));
		resume_assert_up(lab, RESUMED);
		assert_true(lab_agree(lab, 1));
		lab_free(lab);
	}
}

/* Answers of all kinds come late and in any order: the ticket, too, which is asked
 * for once more then. */
static void ticket_that_is_late_is_asked_for_again(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct ike_lab *lab = lab_new(seed);
		struct tape t = { .length = 0 };

		resume_watch(lab, &t);
		lab->answer_max_ns = LAB_S / 2;
		resume_load(lab, 0, NULL);
		resume_load(lab, 1, NULL);
		resume_begin(lab);
		assert_true(lab_run(lab, 60 * LAB_S));
		assert_non_null(lab->side[0].engine->tickets);
		resume_cut(lab);
		resume_begin(lab);
		assert_true(lab_run(lab, 60 * LAB_S));
		resume_assert_up(lab, RESUMED);
		assert_true(lab_agree(lab, 1));
		lab_free(lab);
	}
}

static void successor_asks_for_another_ticket(void **state)
{
	struct tape t;
	struct ike_lab *lab = resume_lab(&t);

	(void)state;
	lab_keep(lab, 0, true);
	assert_true(lab_run(lab, LAB_S));
	lab_kill(lab, 0);
	lab_take_over(lab, 0);
	assert_null(lab->side[0].engine->tickets);
	assert_true(lab_run(lab, 30 * LAB_S));
	assert_non_null(lab->side[0].engine->tickets);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(peer_that_has_forgotten_it_resumes_it),
		cmocka_unit_test(peer_that_still_has_it_lets_it_go),
		cmocka_unit_test(who_is_behind_a_nat_resumes_it_from_elsewhere),
		cmocka_unit_test(resumed_one_is_resumed_again),
		cmocka_unit_test(keys_come_of_the_old_ones_and_the_nonces),
		cmocka_unit_test(side_that_wants_none_neither_asks_nor_gives),
		cmocka_unit_test(who_has_changed_begins_in_full),
		cmocka_unit_test(peer_without_its_key_is_met_in_full),
		cmocka_unit_test(peer_that_does_not_answer_it_is_met_in_full),
		cmocka_unit_test(ticket_is_shown_for_a_day),
		cmocka_unit_test(what_was_deleted_is_not_resumed),
		cmocka_unit_test(reauthentication_is_in_full),
		cmocka_unit_test(resumption_does_not_put_off_reauthentication),
		cmocka_unit_test(ticket_serves_once),
		cmocka_unit_test(other_identity_than_the_tickets_is_refused),
		cmocka_unit_test(
			ticket_is_of_no_use_to_who_may_not_resume_any_more),
		cmocka_unit_test(stolen_ticket_proves_nothing),
		cmocka_unit_test(who_is_asked_for_a_cookie_brings_it),
		cmocka_unit_test(lost_datagram_is_made_good),
		cmocka_unit_test(ticket_that_is_late_is_asked_for_again),
		cmocka_unit_test(successor_asks_for_another_ticket),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
