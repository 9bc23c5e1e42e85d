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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
