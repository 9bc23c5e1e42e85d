// SPDX-License-Identifier: BSD-2-Clause
/*
 * A peer that has a name: what side 0 knows of side 1 is what it is told when it
 * asks, and side 1 is who it is by its address alone.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_lab.h"

#define ALG "aes128-sha256-x25519"
#define WHY "cannot resolve gw.example.net: there is no such name"

/* Its peer has a name; named: side 0's, or side 1's. */
static struct ike_lab *lab_named(unsigned int named, uint32_t keyingtries,
				 enum child_action start_action)
{
	struct ike_lab *lab = lab_new(1);
	struct conn_conf c = lab_conn(lab, named, ALG, ALG);

	lab_load_both(lab, ALG, ALG);
	strcpy(c.remote_host, "gw.example.net");
	conn_resolve(&c, NULL, 0);
	c.keyingtries = keyingtries;
	c.children->start_action = start_action;
	lab_load(lab, named, &c);
	conn_fini(&c);
	return lab;
}

static int initiate(const struct ike_lab *lab)
{
	return engine_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns);
}

static void tell(const struct ike_lab *lab, unsigned int side,
		 const struct addr *addrs, size_t n)
{
	engine_resolved(lab->side[side].engine, "peer", addrs, n, n ? "" : WHY,
			lab->now_ns);
}

static unsigned int ike_sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

static void attempt_waits_for_the_address_and_goes_there(void **state)
{
	struct ike_lab *lab = lab_named(0, 1, CHILD_NONE);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->datagrams, 0);
	assert_int_equal(lab->side[0].n_asked_names, 1);
	assert_true(lab->side[0].asked_urgently);
	tell(lab, 0, &lab->side[1].addr, 1);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

static void every_attempt_asks_anew(void **state)
{
	const struct addr nobody = addr_from_v4(htonl(0xc0000263));
	struct ike_lab *lab = lab_named(0, 1, CHILD_NONE);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	tell(lab, 0, &nobody, 1);
	lab->fate = lose_all;
	assert_true(lab_run(lab, 1000 * LAB_S));
	assert_true(addr_equal(&lab->side[0].sent_by.remote, &nobody));
	lab->fate = NULL;
	assert_int_equal(ike_sas(lab, 0), 0);
	assert_int_equal(initiate(lab), 0);
	assert_int_equal(lab->side[0].n_asked_names, 2);
	tell(lab, 0, &lab->side[1].addr, 1);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void first_address_of_our_family_is_taken(void **state)
{
	struct ike_lab *lab = lab_named(0, 1, CHILD_NONE);
	struct addr addrs[2] = { { { 0x20, 0x01, 0x0d, 0xb8, 0xff } } };

	(void)state;
	addrs[1] = lab->side[1].addr;
	assert_int_equal(initiate(lab), 0);
	tell(lab, 0, addrs, 2);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void name_without_an_address_fails_in_words(void **state)
{
	struct ike_lab *lab = lab_named(0, 1, CHILD_NONE);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	tell(lab, 0, NULL, 0);
	assert_string_equal(lab_text(&lab->side[0], IKE_EV_FAILED), WHY);
	assert_int_equal(ike_sas(lab, 0), 0);
	assert_int_equal(lab->side[0].n_asked_names, 1);
	lab_free(lab);
}

static void keyingtries_are_lookups_too(void **state)
{
	struct ike_lab *lab = lab_named(0, 3, CHILD_NONE);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(lab->side[0].n_asked_names, i);
		assert_int_equal(ike_sas(lab, 0), 1);
		tell(lab, 0, NULL, 0);
	}
	assert_int_equal(ike_sas(lab, 0), 0);
	assert_int_equal(lab->side[0].n_asked_names, 3);
	lab_free(lab);
}

static void child_that_is_to_start_asks_until_there_is_an_address(void **state)
{
	struct ike_lab *lab = lab_named(0, 1, CHILD_START);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	for (unsigned int i = 0; i < 5; i++)
		tell(lab, 0, NULL, 0);
	tell(lab, 0, &lab->side[1].addr, 1);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void who_never_gets_an_answer_gives_up(void **state)
{
	struct ike_lab *lab = lab_named(0, 1, CHILD_NONE);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	assert_true(lab_run(lab, 100 * LAB_S));
	assert_int_equal(ike_sas(lab, 0), 0);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	lab_free(lab);
}

static void what_waits_for_an_address_can_be_terminated(void **state)
{
	struct ike_lab *lab = lab_named(0, 0, CHILD_START);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	assert_int_equal(engine_terminate(lab->side[0].engine, "peer", NULL,
					  lab->now_ns),
			 1);
	assert_int_equal(ike_sas(lab, 0), 0);
	tell(lab, 0, &lab->side[1].addr, 1);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->datagrams, 0);
	lab_free(lab);
}

static void answer_for_another_connection_is_nobodys(void **state)
{
	struct ike_lab *lab = lab_named(0, 1, CHILD_NONE);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	engine_resolved(lab->side[0].engine, "other", &lab->side[1].addr, 1, "",
			lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->datagrams, 0);
	lab_free(lab);
}

/* --- the responder's peer has a name */

static void peer_is_let_in_by_what_its_name_resolved_to(void **state)
{
	struct ike_lab *lab = lab_named(1, 1, CHILD_NONE);

	(void)state;
	tell(lab, 1, &lab->side[0].addr, 1);
	assert_int_equal(initiate(lab), 0);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab->side[1].n_asked_names, 0);
	lab_free(lab);
}

static void peer_at_a_new_address_gets_in_when_it_sends_again(void **state)
{
	const struct addr before = addr_from_v4(htonl(0xc0000263));
	struct ike_lab *lab = lab_named(1, 1, CHILD_NONE);

	(void)state;
	tell(lab, 1, &before, 1);
	assert_int_equal(initiate(lab), 0);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->side[1].n_asked_names, 1);
	assert_false(lab->side[1].asked_urgently);
	assert_int_equal(ike_sas(lab, 0), 1);
	tell(lab, 1, &lab->side[0].addr, 1);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void unresolved_name_is_nobodys(void **state)
{
	struct ike_lab *lab = lab_named(1, 1, CHILD_NONE);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(ike_sas(lab, 1), 0);
	lab_free(lab);
}

static void stranger_is_refused_when_the_name_was_asked_for_lately(void **state)
{
	const struct addr before = addr_from_v4(htonl(0xc0000263));
	struct ike_lab *lab = lab_named(1, 1, CHILD_NONE);

	(void)state;
	assert_int_equal(initiate(lab), 0);
	assert_true(lab_run(lab, LAB_S));
	tell(lab, 1, &before, 1);
	assert_true(lab_run(lab, 9 * LAB_S));
	assert_int_equal(lab->side[1].n_asked_names, 1);
	assert_int_equal(ike_sas(lab, 0), 0);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attempt_waits_for_the_address_and_goes_there),
		cmocka_unit_test(every_attempt_asks_anew),
		cmocka_unit_test(first_address_of_our_family_is_taken),
		cmocka_unit_test(name_without_an_address_fails_in_words),
		cmocka_unit_test(keyingtries_are_lookups_too),
		cmocka_unit_test(
			child_that_is_to_start_asks_until_there_is_an_address),
		cmocka_unit_test(who_never_gets_an_answer_gives_up),
		cmocka_unit_test(what_waits_for_an_address_can_be_terminated),
		cmocka_unit_test(answer_for_another_connection_is_nobodys),
		cmocka_unit_test(peer_is_let_in_by_what_its_name_resolved_to),
		cmocka_unit_test(
			peer_at_a_new_address_gets_in_when_it_sends_again),
		cmocka_unit_test(unresolved_name_is_nobodys),
		cmocka_unit_test(
			stranger_is_refused_when_the_name_was_asked_for_lately),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
