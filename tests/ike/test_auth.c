// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_AUTH that fails at one side alone, or has not what ours always has.
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
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
