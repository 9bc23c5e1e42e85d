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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_well_is_no_alert),
		cmocka_unit_test(proposals_that_do_not_meet_have_an_alert_each),
		cmocka_unit_test(wrong_key_is_an_alert_of_either_side),
		cmocka_unit_test(silent_peer_is_told_of_step_by_step),
		cmocka_unit_test(answer_after_all_clears_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
