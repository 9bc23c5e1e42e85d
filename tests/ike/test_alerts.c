// SPDX-License-Identifier: BSD-2-Clause
/* Alerts: what goes wrong has its type, on the side that finds it out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
}

/* Side 1 has these proposals, and this network. */
static struct ike_lab *lab_with(const char *ike, const char *esp)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, 1, ike, esp);

	lab_load_both(lab, IKE, ESP);
	lab_load(lab, 1, &c);
	conn_fini(&c);
	return lab;
}

/* So many of that type, and none of another one. */
static void assert_alerts(const struct lab_side *s, enum ike_alert type,
			  unsigned int n)
{
	for (unsigned int i = 0; i < IKE_ALERT_N; i++)
		if (s->alerts[i] != (i == type ? n : 0))
			fail_msg("%u of %s", s->alerts[i],
				 ike_alert_name((enum ike_alert)i));
}

static void what_goes_well_is_no_alert(void **state)
{
	struct ike_lab *lab = lab_with(IKE, ESP);

	(void)state;
	initiate(lab);
	assert_true(lab_agree(lab, 1));
	for (unsigned int i = 0; i < 2; i++)
		assert_alerts(&lab->side[i], IKE_ALERT_N, 0);
	lab_free(lab);
}

static void proposals_that_do_not_meet_have_an_alert_each(void **state)
{
	struct ike_lab *lab = lab_with("aes256-sha384-ecp384", ESP);

	(void)state;
	initiate(lab);
	assert_alerts(&lab->side[0], IKE_ALERT_PROPOSAL_MISMATCH_IKE, 1);
	assert_alerts(&lab->side[1], IKE_ALERT_PROPOSAL_MISMATCH_IKE, 1);
	lab_free(lab);
	lab = lab_with(IKE, "aes256gcm16");
	initiate(lab);
	assert_alerts(&lab->side[0], IKE_ALERT_PROPOSAL_MISMATCH_CHILD, 1);
	assert_alerts(&lab->side[1], IKE_ALERT_PROPOSAL_MISMATCH_CHILD, 1);
	lab_free(lab);
}

static void wrong_key_is_an_alert_of_either_side(void **state)
{
	struct ike_lab *lab = lab_with(IKE, ESP);

	(void)state;
	lab->side[1].psk.octets[0] ^= 1;
	initiate(lab);
	assert_alerts(&lab->side[0], IKE_ALERT_LOCAL_AUTH_FAILED, 1);
	assert_alerts(&lab->side[1], IKE_ALERT_PEER_AUTH_FAILED, 1);
	lab_free(lab);
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

static void silent_peer_is_told_of_step_by_step(void **state)
{
	struct ike_lab *lab = lab_with(IKE, ESP);
	const struct lab_side *s = &lab->side[0];

	(void)state;
	lab->fate = lose_all;
	assert_int_equal(engine_initiate(s->engine, "peer", NULL, lab->now_ns),
			 0);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_alerts(s, IKE_ALERT_RETRANSMIT_SEND, 1);
	assert_true(lab_run(lab, 600 * LAB_S));
	assert_int_equal(s->alerts[IKE_ALERT_RETRANSMIT_SEND], 5);
	assert_int_equal(s->alerts[IKE_ALERT_RETRANSMIT_SEND_TIMEOUT], 1);
	assert_int_equal(s->alerts[IKE_ALERT_PEER_INIT_UNREACHABLE], 1);
	lab_free(lab);
}

static void answer_after_all_clears_it(void **state)
{
	struct ike_lab *lab = lab_with(IKE, ESP);
	const struct lab_side *s = &lab->side[0];

	(void)state;
	initiate(lab);
	lab->fate = lose_all;
	assert_int_equal(engine_rekey(s->engine, "peer", "net", lab->now_ns), 1);
	assert_true(lab_run(lab, 5 * LAB_S));
	assert_alerts(s, IKE_ALERT_RETRANSMIT_SEND, 1);
	lab->fate = NULL;
	assert_true(lab_run(lab, 60 * LAB_S));
	assert_int_equal(s->alerts[IKE_ALERT_RETRANSMIT_SEND_CLEARED], 1);
	assert_int_equal(s->alerts[IKE_ALERT_RETRANSMIT_SEND_TIMEOUT], 0);
	lab_free(lab);
}

/* Side 0 offers two networks, of which side 1 has one. */
static void side_that_has_less_than_is_offered_narrows(void **state)
{
	struct ike_lab *lab = lab_with(IKE, ESP);
	struct conn_conf c = lab_conn(lab, 0, IKE, ESP);

	(void)state;
	c.children->remote_ts[1] = c.children->remote_ts[0];
	assert_int_equal(
		prefix_parse("10.9.0.0/16", &c.children->remote_ts[1].net), 0);
	c.children->n_remote_ts = 2;
	lab_load(lab, 0, &c);
	conn_fini(&c);
	initiate(lab);
	for (unsigned int i = 0; i < 2; i++)
		assert_alerts(&lab->side[i], IKE_ALERT_TS_NARROWED, 1);
	lab_free(lab);
}

static struct lab_fate four_times(struct ike_lab *lab, unsigned int n)
{
	struct lab_fate fate = { .copies = 4 };

	(void)lab;
	(void)n;
	for (unsigned int i = 0; i < fate.copies; i++)
		fate.delay_ns[i] = (i + 1) * LAB_S / 1000;
	return fate;
}

/* However often it comes, it is said once; of the next one again. */
static void request_that_comes_again_is_an_alert(void **state)
{
	struct ike_lab *lab = lab_with(IKE, ESP);

	(void)state;
	initiate(lab);
	lab->fate = four_times;
	/* CREATE_CHILD_SA, and the DELETE of the old one. */
	assert_int_equal(engine_rekey(lab->side[0].engine, "peer", "net",
				      lab->now_ns),
			 1);
	assert_true(lab_run(lab, LAB_S));
	assert_alerts(&lab->side[1], IKE_ALERT_RETRANSMIT_RECEIVE, 2);
	assert_alerts(&lab->side[0], IKE_ALERT_N, 0);
	lab_free(lab);
}

/* To side 1; its length as the header has it. */
static void input(struct ike_lab *lab, uint8_t *message, size_t len)
{
	const struct ike_path path = forge_path(lab, 1);

	engine_input(lab->side[1].engine, &path, message, len, lab->now_ns);
}

static void message_has_an_alert_for_what_is_wrong_with_it(void **state)
{
	struct ike_lab *lab = lab_with(IKE, ESP);
	const struct lab_side *s = &lab->side[1];
	uint8_t message[28] = { [0] = 1,
				[16] = IKE_PL_NONE,
				[17] = IKE_VERSION,
				[18] = IKE_EXCH_INFORMATIONAL,
				[19] = IKE_FLAG_I,
				[27] = sizeof(message) };

	(void)state;
	input(lab, message, sizeof(message) - 1); /* cut short */
	assert_alerts(s, IKE_ALERT_PARSE_ERROR_HEADER, 1);
	input(lab, message, sizeof(message));
	assert_int_equal(s->alerts[IKE_ALERT_INVALID_IKE_SPI], 1);
	message[18] = IKE_EXCH_IKE_SA_INIT; /* without its payloads */
	input(lab, message, sizeof(message));
	assert_int_equal(s->alerts[IKE_ALERT_PARSE_ERROR_BODY], 1);
	message[19] = IKE_FLAG_R | IKE_FLAG_I; /* nobody sends that */
	input(lab, message, sizeof(message));
	assert_int_equal(s->alerts[IKE_ALERT_PARSE_ERROR_BODY], 2);
	message[19] = IKE_FLAG_R; /* to a request that there was not */
	input(lab, message, sizeof(message));
	assert_int_equal(s->alerts[IKE_ALERT_INVALID_IKE_SPI], 2);
	assert_int_equal(s->alerts[IKE_ALERT_PARSE_ERROR_BODY], 2);
	assert_int_equal(s->alerts[IKE_ALERT_PARSE_ERROR_HEADER], 1);
	lab_free(lab);
}

/* By who has its keys, and by who has not. */
static void what_is_wrong_in_an_ike_sa_is_an_alert(void **state)
{
	struct ike_lab *lab = lab_with(IKE, ESP);
	const struct ike_path path = forge_path(lab, 1);
	struct lab_side *s = &lab->side[1];
	uint8_t message[100] = { 0 };
	struct ike_builder m;
	struct ike_sa *sa;

	(void)state;
	initiate(lab);
	sa = forge_sa(lab, 0);
	forge_begin(sa, &m, IKE_EXCH_CREATE_CHILD_SA, false, 2);
	memcpy(message, s->last, 16); /* both SPIs */
	message[16] = IKE_PL_SK;
	message[17] = IKE_VERSION;
	message[18] = IKE_EXCH_INFORMATIONAL;
	message[19] = IKE_FLAG_I;
	message[23] = 2;
	message[27] = sizeof(message);
	message[31] = sizeof(message) - 28;
	input(lab, message, sizeof(message));
	assert_alerts(s, IKE_ALERT_PARSE_ERROR_BODY, 1);
	forge_send(lab, sa, &m, &path);
	assert_alerts(s, IKE_ALERT_PARSE_ERROR_BODY, 2);
	lab_free(lab);
}

static void flood_of_them_is_none_of_alerts(void **state)
{
	struct ike_lab *lab = lab_with(IKE, ESP);
	const struct lab_side *s = &lab->side[1];
	uint8_t message[28] = { 1 };

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		input(lab, message, sizeof(message));
	assert_alerts(s, IKE_ALERT_PARSE_ERROR_HEADER, 5);
	assert_int_equal(s->nobodys.n[IKE_COUNT_INVALID], 1000);
	lab->now_ns += 2 * LAB_S;
	for (unsigned int i = 0; i < 1000; i++)
		input(lab, message, sizeof(message));
	assert_alerts(s, IKE_ALERT_PARSE_ERROR_HEADER, 7);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_well_is_no_alert),
		cmocka_unit_test(proposals_that_do_not_meet_have_an_alert_each),
		cmocka_unit_test(wrong_key_is_an_alert_of_either_side),
		cmocka_unit_test(silent_peer_is_told_of_step_by_step),
		cmocka_unit_test(answer_after_all_clears_it),
		cmocka_unit_test(side_that_has_less_than_is_offered_narrows),
		cmocka_unit_test(request_that_comes_again_is_an_alert),
		cmocka_unit_test(message_has_an_alert_for_what_is_wrong_with_it),
		cmocka_unit_test(what_is_wrong_in_an_ike_sa_is_an_alert),
		cmocka_unit_test(flood_of_them_is_none_of_alerts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
