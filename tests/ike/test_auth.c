// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_AUTH that fails at one side alone, or has not what ours always has; and
 * then whatever happens: both sides end up with the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_look.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"
#define PFS "aes128-sha256-x25519"

static int setup(void **state)
{
	struct ike_lab *lab = lab_new(1);

	lab_load_both(lab, IKE, ESP);
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	lab_free(*state);
	return 0;
}

static void initiate(struct ike_lab *lab, uint64_t ns)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, ns));
}

static unsigned int ike_sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

static void set_ids(struct ike_lab *lab, unsigned int side, const char *local,
		    const char *remote)
{
	struct conn_conf c = lab_conn(lab, side, IKE, ESP);
	struct error e;

	assert_int_equal(identity_parse(local, &c.local_id, &e), 0);
	assert_int_equal(identity_parse(remote, &c.remote_id, &e), 0);
	lab_load(lab, side, &c);
	conn_fini(&c);
}

/* --- what only the initiator sees */

static void responder_kept_what_the_initiator_refused(void **state)
{
	struct ike_lab *lab = *state;

	set_ids(lab, 0, "%any", "*.example.org");
	set_ids(lab, 1, "moon.example.com", "%any");
	initiate(lab, 10 * LAB_S);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 0);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 0);
	assert_non_null(strstr(lab_text(&lab->side[0], IKE_EV_FAILED),
			       "another identity"));
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_IKE_DOWN),
			       "refuses our authentication"));
	assert_int_equal(ike_sas(lab, 0) + ike_sas(lab, 1), 0);
	assert_true(lab_agree(lab, 0));
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

static void refusal_that_nobody_hears_is_said_once_and_ends(void **state)
{
	struct ike_lab *lab = *state;

	set_ids(lab, 0, "%any", "*.example.org");
	set_ids(lab, 1, "moon.example.com", "%any");
	initiate(lab, LAB_S / 1000 * 3);
	lab->fate = lose_all;
	assert_true(lab_run(lab, 400 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 0);
	assert_int_equal(ike_sas(lab, 0), 0);
}

/* As strongSwan says it: without DELETE. */
static void refusal_without_a_delete_was_not_heard(void **state)
{
	const struct ike_notify n = { .type = IKE_N_AUTHENTICATION_FAILED };
	struct ike_lab *lab = *state;
	struct ike_path path = forge_path(lab, 1);
	struct ike_builder m;
	struct ike_sa *a;

	initiate(lab, 10 * LAB_S);
	a = forge_sa(lab, 0);
	forge_begin(a, &m, IKE_EXCH_INFORMATIONAL, false, a->next_ours);
	ike_notify_put(&m, &n);
	forge_send(lab, a, &m, &path);
	assert_int_equal(ike_sas(lab, 1), 0);
	assert_int_equal(lab_sas(&lab->side[1], false), 0);
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_IKE_DOWN),
			       "refuses our authentication"));
}

/* --- what the responder is asked */

static struct lab_fate lose_third(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	return (struct lab_fate){ .copies = n == 2 ? 0 : 1,
				  .delay_ns = { 1000000 } };
}

/* The initiator's IKE_AUTH request, which was lost, but without a child. */
static void auth_without_child(struct ike_lab *lab, bool with_auth)
{
	struct ike_path path = forge_path(lab, 1);
	uint8_t room[MESSAGE_MAX];
	struct ike_payloads p;
	struct ike_builder m;
	struct ike_auth auth;
	struct ike_id id;
	struct ike_sa *a;

	lab->fate = lose_third;
	initiate(lab, LAB_S);
	a = forge_sa(lab, 0);
	look_inside(forge_sa(lab, 1), a->request, room, &p);
	assert_true(ike_id_parse(ike_find(&p, IKE_PL_ID_I)->body, &id));
	assert_true(ike_auth_parse(ike_find(&p, IKE_PL_AUTH)->body, &auth));
	forge_begin(a, &m, IKE_EXCH_IKE_AUTH, false, a->ours.message_id);
	ike_id_put(&m, IKE_PL_ID_I, &id);
	if (with_auth)
		ike_auth_put(&m, &auth);
	forge_send(lab, a, &m, &path);
}

static void ike_auth_without_a_child_ended_the_responder(void **state)
{
	struct ike_lab *lab = *state;
	uint8_t room[MESSAGE_MAX];
	struct ike_payloads p;
	struct ike_notify n;

	auth_without_child(lab, true);
	assert_true(lab_run(lab, LAB_S));
	look_inside(forge_sa(lab, 0), forge_sa(lab, 1)->reply, room, &p);
	assert_false(ike_find_error(&p, &n)); /* it did not ask for one */
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_UP), 1);
	assert_int_equal(lab_sas(&lab->side[1], false), 0);
	assert_int_equal(lab_sas(&lab->side[1], true), 0);
}

static void initiator_that_wants_eap_was_told_of_bad_syntax(void **state)
{
	struct ike_lab *lab = *state;
	uint8_t room[MESSAGE_MAX];
	struct ike_payloads p;
	struct ike_notify n;

	auth_without_child(lab, false);
	/* Side 1's only one: it is over, and answers. */
	look_inside(forge_sa(lab, 0), lab->side[1].engine->slots[1]->reply,
		    room, &p);
	assert_true(ike_find_error(&p, &n));
	assert_int_equal(n.type, IKE_N_AUTHENTICATION_FAILED);
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED), "EAP"));
}

/* --- identities */

static void pattern_for_the_peers_identity_was_sent_as_one(void **state)
{
	struct ike_lab *lab = *state;

	set_ids(lab, 0, "sun.example.org", "*.example.org");
	set_ids(lab, 1, "moon.example.org", "sun.example.org");
	initiate(lab, 10 * LAB_S);
	assert_string_equal(lab_text(&lab->side[1], IKE_EV_FAILED), "");
	assert_true(lab_agree(lab, 1));
}

static void responder_without_a_name_denied_the_one_it_was_asked_for(void **state)
{
	struct ike_lab *lab = *state;

	set_ids(lab, 0, "sun.example.org", "moon.example.org");
	initiate(lab, 10 * LAB_S);
	assert_string_equal(lab_text(&lab->side[0], IKE_EV_FAILED), "");
	assert_true(lab_agree(lab, 1));
}

/* --- whatever happens */

static struct lab_fate chaos(struct ike_lab *lab, unsigned int n)
{
	struct lab_fate fate = { .copies = 1 };
	uint64_t roll = lab_roll(lab, 8);

	(void)n;
	if (roll < 2)
		fate.copies = (unsigned int)roll * 2;
	for (unsigned int i = 0; i < 4; i++)
		fate.delay_ns[i] = 1 + lab_roll(lab, 3 * LAB_S);
	return fate;
}

static void do_something(struct ike_lab *lab, const char *esp)
{
	unsigned int side = (unsigned int)lab_roll(lab, 2);
	struct engine *e = lab->side[side].engine;
	const char *child = lab_roll(lab, 2) ? "net" : NULL;
	struct conn_conf c;

	switch (lab_roll(lab, 6)) {
	case 0:
	case 1:
		engine_initiate(e, "peer", NULL, lab->now_ns);
		break;
	case 2:
	case 3:
		engine_rekey(e, "peer", child, lab->now_ns);
		break;
	case 4:
		engine_terminate(e, "peer", child, lab->now_ns);
		break;
	case 5:
		c = lab_conn(lab, side, IKE, esp);
		lab_load(lab, side, &c);
		conn_fini(&c);
		break;
	}
}

static void run_and_forget_events(struct ike_lab *lab, uint64_t ns)
{
	assert_true(lab_run(lab, ns));
	lab->side[0].n_events = lab->side[1].n_events = 0;
}

static struct ike_lab *wild_minute(unsigned int seed)
{
	struct ike_lab *lab = lab_new(seed);
	const char *esp = seed % 4 < 2 ? ESP : PFS;

	lab_load_both(lab, IKE, esp);
	lab->fate = seed % 3 ? chaos : NULL;
	lab->answer_max_ns = LAB_S / 2;
	lab->refused_of_100 = seed % 2 ? 5 : 0;
	for (unsigned int n = 0; n < 8; n++) {
		do_something(lab, esp);
		run_and_forget_events(lab, lab_roll(lab, 4) * LAB_S);
	}
	lab->fate = NULL;
	lab->refused_of_100 = 0;
	return lab;
}

/* Also when the data path refuses now and then; then it is quiet. */
static void both_sides_end_up_with_the_same(void **state)
{
	const char *many = getenv("FULL");
	unsigned int rounds = many && strcmp(many, "1") == 0 ? 10000 : 500;

	(void)state;
	for (unsigned int seed = 0; seed < rounds; seed++) {
		struct ike_lab *lab = wild_minute(seed);
		const struct lab_side *s = lab->side;

		for (unsigned int i = 0; i < 10; i++)
			run_and_forget_events(lab, 60 * LAB_S);
		if (ike_sas(lab, 0) != ike_sas(lab, 1) ||
		    lab_sas(&s[0], false) != lab_sas(&s[1], false))
			fail_msg("seed %u: %u and %u IKE SAs, %u and %u SAs",
				 seed, ike_sas(lab, 0), ike_sas(lab, 1),
				 lab_sas(&s[0], false), lab_sas(&s[1], false));
		for (unsigned int i = 0; i < 2; i++)
			engine_terminate(s[i].engine, "peer", NULL, lab->now_ns);
		for (unsigned int i = 0; i < 5; i++)
			run_and_forget_events(lab, 60 * LAB_S);
		if (ike_sas(lab, 0) || ike_sas(lab, 1) || !lab_agree(lab, 0))
			fail_msg("seed %u: something is left", seed);
		lab_free(lab);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(responder_kept_what_the_initiator_refused),
		CASE(refusal_that_nobody_hears_is_said_once_and_ends),
		CASE(refusal_without_a_delete_was_not_heard),
		CASE(ike_auth_without_a_child_ended_the_responder),
		CASE(initiator_that_wants_eap_was_told_of_bad_syntax),
		CASE(pattern_for_the_peers_identity_was_sent_as_one),
		CASE(responder_without_a_name_denied_the_one_it_was_asked_for),
		cmocka_unit_test(both_sides_end_up_with_the_same),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
