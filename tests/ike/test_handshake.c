// SPDX-License-Identifier: BSD-2-Clause
/*
 *     HDR, SAi1, KEi, Ni  -->  <--  HDR, SAr1, KEr, Nr
 *     HDR, SK {IDi, AUTH, SAi2, TSi, TSr}  -->
 *                              <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_lab.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

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

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", "net",
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
}

static void assert_up(const struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *s = &lab->side[i];

		assert_string_equal(lab_text(s, IKE_EV_FAILED), "");
		assert_int_equal(lab_count(s, IKE_EV_IKE_UP), 1);
		assert_int_equal(lab_count(s, IKE_EV_CHILD_UP), 1);
	}
	assert_true(lab_agree(lab, 1));
}

static void assert_nothing_left(const struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		unsigned int half_open;

		assert_int_equal(engine_count(lab->side[i].engine, &half_open),
				 0);
		assert_int_equal(half_open, 0);
		assert_int_equal(lab_sas(&lab->side[i], false), 0);
		assert_int_equal(lab_sas(&lab->side[i], true), 0);
	}
}

static void two_messages_each_bring_a_pair_of_sas_up(void **state)
{
	struct ike_lab *lab = *state;

	initiate(lab);
	assert_up(lab);
	assert_int_equal(lab->side[0].sent, 2);
	assert_int_equal(lab->side[1].sent, 2);
}

#define SUITE_MAX 128

/* Comes up, and is rekeyed: the child with its key exchange, the IKE SA with its
 * PRF. */
static void assert_works(const char *ike, const char *esp)
{
	struct ike_lab *lab = lab_new(1);
	struct engine *e = lab->side[0].engine;

	lab_load_both(lab, ike, esp);
	initiate(lab);
	if (!lab_agree(lab, 1))
		fail_msg("%s, %s: %s", ike, esp,
			 lab_text(&lab->side[0], IKE_EV_FAILED));
	assert_up(lab);
	engine_rekey(e, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 60 * LAB_S));
	engine_rekey(e, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, 60 * LAB_S));
	for (unsigned int i = 0; i < 2; i++) {
		assert_string_equal(lab_text(&lab->side[i], IKE_EV_FAILED), "");
		assert_int_equal(lab_count(&lab->side[i], IKE_EV_CHILD_UP), 2);
		assert_int_equal(lab_count(&lab->side[i], IKE_EV_IKE_UP), 2);
	}
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void every_cipher_works(void **state)
{
	(void)state;
	for (size_t i = 0; encr_at(i); i++) {
		const struct encr_alg *alg = encr_at(i);
		const char *mac = encr_is_aead(alg) ? "" : "-sha256";
		char ike[SUITE_MAX], esp[SUITE_MAX];

		if (alg->id == ENCR_NULL)
			continue; /* SADs are compared by what encrypts */
		snprintf(esp, sizeof(esp), "%s%s", alg->name, mac);
		snprintf(ike, sizeof(ike), "%s%s-prfsha256-x25519",
			 alg->not_ike ? "aes128" : alg->name,
			 alg->not_ike ? "-sha256" : mac);
		assert_works(ike, esp);
	}
}

/* And the PRF that goes with it. */
static void every_mac_works(void **state)
{
	(void)state;
	for (size_t i = 0; integ_at(i); i++) {
		const char *name = integ_at(i)->name;
		char ike[SUITE_MAX], esp[SUITE_MAX];

		if (integ_at(i)->not_ike)
			continue; /* AH's */
		snprintf(esp, sizeof(esp), "aes128-%s", name);
		snprintf(ike, sizeof(ike), "aes256-%s-x25519", name);
		assert_works(ike, esp);
	}
}

static void every_prf_works(void **state)
{
	(void)state;
	for (size_t i = 0; prf_at(i); i++) {
		char ike[SUITE_MAX];

		snprintf(ike, sizeof(ike), "aes256gcm16-%s-x25519",
			 prf_at(i)->name);
		assert_works(ike, "aes256gcm16-x25519-esn");
	}
}

static void every_key_exchange_works(void **state)
{
	(void)state;
	for (size_t i = 0; ke_at(i); i++) {
		char ike[SUITE_MAX], esp[SUITE_MAX];

		snprintf(ike, sizeof(ike), "aes128-sha256-%s", ke_at(i)->name);
		snprintf(esp, sizeof(esp), "aes128-sha256-%s", ke_at(i)->name);
		assert_works(ike, esp);
	}
}

static void group_that_the_peer_lacks_is_asked_for_again(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c =
		lab_conn(lab, 0, "aes128-sha256-ecp384-x25519", ESP);

	lab_load(lab, 0, &c);
	conn_fini(&c);
	initiate(lab);
	assert_up(lab);
	assert_int_equal(lab->side[0].sent, 3);
}

static void proposal_mismatch_says_both_sides(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 0, "aes256-sha384-ecp384", ESP);

	lab_load(lab, 0, &c);
	conn_fini(&c);
	initiate(lab);
	assert_nothing_left(lab);
	assert_string_equal(
		lab_text(&lab->side[1], IKE_EV_FAILED),
		"proposal mismatch (IKE): we have aes128-sha256-prfsha256-curve25519; the peer offers aes256-sha384-prfsha384-ecp384");
	assert_string_equal(
		lab_text(&lab->side[0], IKE_EV_FAILED),
		"proposal mismatch (IKE): we have aes256-sha384-prfsha384-ecp384; the peer accepts none of it and says no more");
}

static void wrong_pre_shared_key_is_refused_and_said_on_both_sides(void **state)
{
	struct ike_lab *lab = *state;

	lab->side[1].psk.octets[0] ^= 1;
	initiate(lab);
	assert_nothing_left(lab);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(lab_count(&lab->side[i], IKE_EV_IKE_UP), 0);
		assert_non_null(strstr(lab_text(&lab->side[i], IKE_EV_FAILED),
				       "pre-shared key"));
	}
}

static void missing_pre_shared_key_is_said(void **state)
{
	struct ike_lab *lab = *state;

	lab->side[1].psk.len = 0;
	initiate(lab);
	assert_nothing_left(lab);
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED),
			       "no pre-shared key"));
}

/* The IKE SA stands without the child, RFC 7296 section 1.2. */
static void child_that_does_not_match_leaves_the_ike_sa_up(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 1, IKE, "aes256-sha512");

	lab_load(lab, 1, &c);
	conn_fini(&c);
	initiate(lab);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(lab_count(&lab->side[i], IKE_EV_IKE_UP), 1);
		assert_int_equal(lab_count(&lab->side[i], IKE_EV_CHILD_UP), 0);
	}
	assert_true(lab_agree(lab, 0));
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED),
			       "proposal mismatch (ESP)"));
}

static void selectors_that_share_nothing_are_said(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	assert_int_equal(
		prefix_parse("10.9.0.0/24", &c.children[0].local_ts[0].net), 0);
	lab_load(lab, 1, &c);
	conn_fini(&c);
	initiate(lab);
	assert_true(lab_agree(lab, 0));
	assert_string_equal(
		lab_text(&lab->side[1], IKE_EV_FAILED),
		"selector mismatch: we have 10.9.0.0/24 === 10.1.0.0/24; the peer offers 10.2.0.0/24 === 10.1.0.0/24");
	assert_string_equal(
		lab_text(&lab->side[0], IKE_EV_FAILED),
		"selector mismatch: we have 10.1.0.0/24 === 10.2.0.0/24; the peer accepts none of it and says no more");
}

static void selectors_are_narrowed_to_what_both_have(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);
	struct addr want;

	assert_int_equal(
		prefix_parse("10.0.0.0/8", &c.children[0].remote_ts[0].net), 0);
	lab_load(lab, 0, &c);
	conn_fini(&c);
	initiate(lab);
	assert_up(lab);
	assert_int_equal(addr_parse("10.2.0.0", &want), 0);
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (lab->side[0].sas[i].used)
			assert_true(addr_equal(
				&lab->side[0].sas[i].sa.selectors[0].remote_min,
				&want));
}

static void nat_between_moves_both_to_port_4500(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	c.remote_addrs[0].any = true;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	lab->nat = true;
	initiate(lab);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(lab_count(&lab->side[i], IKE_EV_CHILD_UP), 1);
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (lab->side[1].sas[i].used)
			assert_true(lab->side[1].sas[i].sa.encap_dport == 4321 ||
				    lab->side[1].sas[i].sa.encap_sport == 4321);
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++) {
		if (lab->side[0].sas[i].used)
			assert_true(lab->side[0].sas[i].sa.keepalive);
		if (lab->side[1].sas[i].used)
			assert_false(lab->side[1].sas[i].sa.keepalive);
	}
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

static void peer_that_never_answers_is_given_up(void **state)
{
	struct ike_lab *lab = *state;

	lab->fate = lose_all;
	initiate(lab);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 0);
	assert_true(lab_run(lab, 300 * LAB_S));
	assert_int_equal(lab->side[0].sent, 6);
	assert_string_equal(lab_text(&lab->side[0], IKE_EV_FAILED),
			    "the peer does not answer");
	assert_nothing_left(lab);
}

static void half_open_sa_of_a_vanished_initiator_is_dropped(void **state)
{
	struct ike_lab *lab = *state;

	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, LAB_S / 1000 + 1));
	lab->fate = lose_all;
	assert_true(lab_run(lab, 300 * LAB_S));
	assert_nothing_left(lab);
}

static void unknown_names_are_refused(void **state)
{
	struct ike_lab *lab = *state;
	struct engine *e = lab->side[0].engine;

	assert_int_not_equal(engine_initiate(e, "nobody", NULL, lab->now_ns), 0);
	assert_int_not_equal(engine_initiate(e, "peer", "x", lab->now_ns), 0);
	assert_int_equal(engine_terminate(e, "nobody", NULL, lab->now_ns), 0);
}

static void delete_of_the_ike_sa_takes_all_down_on_both_sides(void **state)
{
	struct ike_lab *lab = *state;

	for (unsigned int i = 0; i < 2; i++) {
		initiate(lab);
		assert_int_equal(engine_terminate(lab->side[i].engine, "peer",
						  NULL, lab->now_ns),
				 1);
		assert_true(lab_run(lab, LAB_S));
		assert_nothing_left(lab);
		for (unsigned int s = 0; s < 2; s++) {
			assert_int_equal(lab_count(&lab->side[s],
						   IKE_EV_IKE_DOWN),
					 i + 1);
			assert_int_equal(lab_count(&lab->side[s],
						   IKE_EV_CHILD_DOWN),
					 i + 1);
		}
	}
}

static void delete_of_a_child_leaves_the_ike_sa(void **state)
{
	struct ike_lab *lab = *state;
	unsigned int half_open;

	initiate(lab);
	assert_int_equal(engine_terminate(lab->side[1].engine, "peer", "net",
					  lab->now_ns),
			 1);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 0));
	for (unsigned int s = 0; s < 2; s++)
		assert_int_equal(engine_count(lab->side[s].engine, &half_open),
				 1);
}

static void vanished_peer_is_noticed_and_all_goes_down(void **state)
{
	struct ike_lab *lab = *state;
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);

	c.dpd_delay = 30;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	initiate(lab);
	assert_up(lab);
	/* It answers for as long as it is there. */
	assert_true(lab_run(lab, 120 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 0);
	lab->fate = lose_all;
	assert_true(lab_run(lab, 300 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 1);
	assert_int_equal(lab_sas(&lab->side[0], false), 0);
}

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

/* Up, and down again, whatever the network does; nothing is left over. */
static void random_schedules_end_in_agreement(void **state)
{
	const char *many = getenv("FULL");
	unsigned int rounds = many && strcmp(many, "1") == 0 ? 10000 : 1000;

	(void)state;
	for (unsigned int seed = 0; seed < rounds; seed++) {
		struct ike_lab *lab = lab_new(seed);
		unsigned int who = seed % 2;

		lab_load_both(lab, IKE, ESP);
		lab->fate = chaos;
		lab->answer_max_ns = LAB_S / 10;
		assert_int_equal(engine_initiate(lab->side[who].engine, "peer",
						 NULL, lab->now_ns),
				 0);
		assert_true(lab_run(lab, 250 * LAB_S));
		if (lab_count(&lab->side[who], IKE_EV_IKE_UP) &&
		    !lab_agree(lab, 1))
			fail_msg("seed %u: no agreement", seed);
		engine_terminate(lab->side[!who].engine, "peer", NULL,
				 lab->now_ns);
		assert_true(lab_run(lab, 400 * LAB_S));
		for (unsigned int i = 0; i < 2; i++) {
			const struct lab_side *s = &lab->side[i];
			unsigned int half_open;

			if (lab_sas(s, false) || lab_sas(s, true) ||
			    engine_count(s->engine, &half_open))
				fail_msg("seed %u: side %u has SAs left", seed,
					 i);
		}
		lab_free(lab);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE(two_messages_each_bring_a_pair_of_sas_up),
		CASE(every_cipher_works),
		CASE(every_mac_works),
		CASE(every_prf_works),
		CASE(every_key_exchange_works),
		CASE(group_that_the_peer_lacks_is_asked_for_again),
		CASE(proposal_mismatch_says_both_sides),
		CASE(wrong_pre_shared_key_is_refused_and_said_on_both_sides),
		CASE(missing_pre_shared_key_is_said),
		CASE(child_that_does_not_match_leaves_the_ike_sa_up),
		CASE(selectors_that_share_nothing_are_said),
		CASE(selectors_are_narrowed_to_what_both_have),
		CASE(nat_between_moves_both_to_port_4500),
		CASE(peer_that_never_answers_is_given_up),
		CASE(half_open_sa_of_a_vanished_initiator_is_dropped),
		CASE(unknown_names_are_refused),
		CASE(delete_of_the_ike_sa_takes_all_down_on_both_sides),
		CASE(delete_of_a_child_leaves_the_ike_sa),
		CASE(vanished_peer_is_noticed_and_all_goes_down),
		CASE(random_schedules_end_in_agreement),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
