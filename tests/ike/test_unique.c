// SPDX-License-Identifier: BSD-2-Clause
/*
 * One peer that comes more than once: INITIAL_CONTACT (RFC 7296 section 2.4), and
 * the option `unique`.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define IKE	   "aes128-sha256-x25519"
#define ESP	   "aes128-sha256"
#define GIVE_UP_NS (170 * LAB_S) /* of a request that nobody answers */

static void load(struct ike_lab *lab, unsigned int side, enum unique unique)
{
	struct conn_conf c = lab_conn(lab, side, IKE, ESP);
	struct error e;

	assert_int_equal(identity_parse(side ? "192.0.2.1" : "192.0.2.2",
					&c.remote_id, &e),
			 0);
	c.unique = unique;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

static struct ike_lab *lab_with(uint64_t seed, enum unique a, enum unique b)
{
	struct ike_lab *lab = lab_new(seed);

	load(lab, 0, a);
	load(lab, 1, b);
	return lab;
}

/* By an IKE SA of its own. */
static void begin(struct ike_lab *lab, unsigned int side)
{
	assert_int_equal(lab_initiate(lab->side[side].engine, "peer", NULL,
				      lab->now_ns),
			 0);
}

static void initiate(struct ike_lab *lab)
{
	begin(lab, 0);
	assert_true(lab_run(lab, LAB_S));
}

static struct lab_fate lose_all(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 0 };
}

/* Side 0 has nothing any more, and side 1 does not know. */
static void forget(struct ike_lab *lab)
{
	lab->fate = lose_all;
	engine_terminate(lab->side[0].engine, "peer", NULL, lab->now_ns);
	assert_true(lab_run(lab, GIVE_UP_NS));
	lab->fate = NULL;
	assert_int_equal(settle_ike_sas(lab, 0), 0);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
}

/* --- INITIAL_CONTACT */

static void peer_that_begins_anew_leaves_what_was_before(void **state)
{
	static const struct {
		enum unique a, b;
		unsigned int ikes; /* that side 1 has in the end */
	} rows[] = {
		{ UNIQUE_NO, UNIQUE_NO, 1 },
		{ UNIQUE_KEEP, UNIQUE_NO, 1 },
		{ UNIQUE_REPLACE, UNIQUE_NO, 1 },
		{ UNIQUE_NO, UNIQUE_KEEP, 1 },
		{ UNIQUE_NO, UNIQUE_REPLACE, 1 },
		{ UNIQUE_NEVER, UNIQUE_NO, 2 },
		{ UNIQUE_NO, UNIQUE_NEVER, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_lab *lab = lab_with(i, rows[i].a, rows[i].b);

		initiate(lab);
		forget(lab);
		initiate(lab);
		assert_int_equal(settle_ike_sas(lab, 0), 1);
		assert_int_equal(settle_ike_sas(lab, 1), rows[i].ikes);
		if (rows[i].ikes == 1) {
			assert_true(lab_agree(lab, 1));
			assert_non_null(
				strstr(lab_text(&lab->side[1], IKE_EV_IKE_DOWN),
				       "INITIAL_CONTACT"));
		}
		lab_free(lab);
	}
}

static void second_ike_sa_says_no_initial_contact(void **state)
{
	struct ike_lab *lab = lab_with(1, UNIQUE_NO, UNIQUE_NO);

	(void)state;
	initiate(lab);
	initiate(lab);
	assert_int_equal(settle_ike_sas(lab, 0), 2);
	assert_int_equal(settle_ike_sas(lab, 1), 2);
	lab_free(lab);
}

/* Of two that are begun at once only the first does: the peer would else delete the
 * one that it has just made. */
static void two_that_begin_at_once_both_stay(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 40; seed++) {
		struct ike_lab *lab = lab_with(seed, UNIQUE_NO, UNIQUE_NO);

		lab->answer_max_ns = LAB_S / 50;
		begin(lab, 0);
		begin(lab, 0);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_int_equal(settle_ike_sas(lab, 0), 2);
		assert_int_equal(settle_ike_sas(lab, 1), 2);
		lab_free(lab);
	}
}

/* They wait for each other's, and the peer would keep what is dead. */
static void one_of_two_that_begin_at_once_says_initial_contact(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 40; seed++) {
		struct ike_lab *lab = lab_with(seed, UNIQUE_NO, UNIQUE_NO);

		initiate(lab);
		forget(lab);
		lab->answer_max_ns = LAB_S / 50;
		begin(lab, 0);
		begin(lab, 0);
		assert_true(lab_run(lab, 10 * LAB_S));
		assert_int_equal(settle_ike_sas(lab, 0), 2);
		assert_int_equal(settle_ike_sas(lab, 1), 2);
		lab_free(lab);
	}
}

/* A peer without an exact identity may be several. */
static void unknown_peer_is_not_told_of_initial_contact(void **state)
{
	struct ike_lab *lab = lab_new(1);

	(void)state;
	lab_load_both(lab, IKE, ESP);
	initiate(lab);
	forget(lab);
	initiate(lab);
	assert_int_equal(settle_ike_sas(lab, 1), 2);
	lab_free(lab);
}

static void orphans_of_a_crash_are_not_disowned(void **state)
{
	struct ike_lab *lab = lab_with(1, UNIQUE_NO, UNIQUE_NO);

	(void)state;
	initiate(lab);
	forget(lab);
	engine_orphans(lab->side[0].engine, lab->now_ns);
	initiate(lab);
	assert_int_equal(settle_ike_sas(lab, 1), 2);
	lab_free(lab);
}

static struct lab_fate late(struct ike_lab *lab, unsigned int n)
{
	(void)n;
	return (struct lab_fate){ .copies = 1,
				  .delay_ns = { lab_roll(lab, LAB_S / 10) } };
}

/* Both begin at once, and each says that it has nothing else. */
static void initial_contact_took_what_had_crossed_it(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 200; seed++) {
		struct ike_lab *lab = lab_with(seed, UNIQUE_NO, UNIQUE_NO);

		lab->answer_max_ns = LAB_S / 50;
		lab->fate = late;
		begin(lab, 0);
		assert_true(lab_run(lab, lab_roll(lab, LAB_S / 5)));
		begin(lab, 1);
		assert_true(lab_run(lab, 20 * LAB_S));
		assert_int_equal(settle_ike_sas(lab, 0), 2);
		assert_int_equal(settle_ike_sas(lab, 1), 2);
		lab_free(lab);
	}
}

/* --- unique */

static void new_ike_sa_replaces_the_old_one(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_with(i, i ? UNIQUE_NO : UNIQUE_REPLACE,
					       i ? UNIQUE_REPLACE : UNIQUE_NO);

		initiate(lab);
		initiate(lab);
		assert_int_equal(settle_ike_sas(lab, 0), 2);
		assert_true(lab_run(lab, 20 * LAB_S));
		assert_int_equal(settle_ike_sas(lab, 0), 1);
		assert_int_equal(settle_ike_sas(lab, 1), 1);
		assert_true(lab_agree(lab, 1));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 1);
		assert_int_equal(lab->side[i].alerts[IKE_ALERT_UNIQUE_REPLACE],
				 1);
		assert_int_equal(lab->side[!i].alerts[IKE_ALERT_UNIQUE_REPLACE],
				 0);
		lab_free(lab);
	}
}

/* Each took its own for the one that the other's replaces. */
static void both_that_began_at_once_were_replaced(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 200; seed++) {
		struct ike_lab *lab =
			lab_with(seed, UNIQUE_REPLACE, UNIQUE_REPLACE);

		lab->answer_max_ns = LAB_S / 50;
		lab->fate = late;
		begin(lab, 0);
		assert_true(lab_run(lab, lab_roll(lab, LAB_S / 5)));
		begin(lab, 1);
		assert_true(lab_run(lab, 60 * LAB_S));
		assert_int_equal(settle_ike_sas(lab, 0), 1);
		assert_int_equal(settle_ike_sas(lab, 1), 1);
		assert_true(lab_agree(lab, 1));
		lab_free(lab);
	}
}

static void peer_that_comes_from_elsewhere_replaces_itself_at_once(void **state)
{
	struct ike_lab *lab = lab_with(1, UNIQUE_NO, UNIQUE_NO);
	struct conn_conf c = lab_conn(lab, 1, IKE, ESP);

	(void)state;
	c.remote_addrs[0].any = true;
	c.unique = UNIQUE_REPLACE;
	lab_load(lab, 1, &c);
	conn_fini(&c);
	lab->nat = true;
	initiate(lab);
	lab->nat_addr = addr_from_v4(inet_addr("192.0.2.10"));
	initiate(lab);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void old_ike_sa_is_kept_and_the_new_one_refused(void **state)
{
	struct ike_lab *lab = lab_with(1, UNIQUE_NO, UNIQUE_KEEP);

	(void)state;
	initiate(lab);
	initiate(lab);
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	assert_true(lab_agree(lab, 1));
	assert_non_null(strstr(lab_text(&lab->side[1], IKE_EV_FAILED),
			       "'unique = keep'"));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_DOWN), 0);
	assert_int_equal(lab->side[1].alerts[IKE_ALERT_UNIQUE_KEEP], 1);
	lab_free(lab);
}

static void initiator_that_keeps_gives_its_own_new_one_up(void **state)
{
	struct ike_lab *lab = lab_with(1, UNIQUE_KEEP, UNIQUE_NO);

	(void)state;
	initiate(lab);
	initiate(lab);
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_int_equal(settle_ike_sas(lab, 1), 1);
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab->side[0].alerts[IKE_ALERT_UNIQUE_KEEP], 1);
	lab_free(lab);
}

/* The peer keeps the old one, and it was tried for ever. */
static void reauthentication_that_is_refused_ends(void **state)
{
	struct ike_lab *lab = lab_with(1, UNIQUE_NO, UNIQUE_KEEP);
	struct ike_options o = lab->options;
	unsigned int failed;

	(void)state;
	o.make_before_break = true;
	lab_set_options(lab, &o);
	initiate(lab);
	engine_reauth(lab->side[0].engine, "peer", lab->now_ns);
	assert_true(lab_run(lab, 200 * LAB_S));
	failed = lab_count(&lab->side[0], IKE_EV_FAILED);
	assert_in_range(failed, 2, 8);
	assert_true(lab_run(lab, 200 * LAB_S));
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_FAILED), failed);
	assert_int_equal(settle_ike_sas(lab, 0), 1);
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

/* A rekeyed IKE SA is no other. */
static void rekeying_is_no_second_ike_sa(void **state)
{
	static const enum unique words[] = { UNIQUE_KEEP, UNIQUE_REPLACE };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct ike_lab *lab = lab_with(i, words[i], words[i]);

		initiate(lab);
		engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
		engine_rekey(lab->side[1].engine, "peer", NULL, lab->now_ns);
		assert_true(lab_run(lab, 300 * LAB_S));
		assert_int_equal(settle_ike_sas(lab, 0), 1);
		assert_int_equal(settle_ike_sas(lab, 1), 1);
		assert_true(lab_agree(lab, 1));
		lab_free(lab);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(peer_that_begins_anew_leaves_what_was_before),
		cmocka_unit_test(second_ike_sa_says_no_initial_contact),
		cmocka_unit_test(two_that_begin_at_once_both_stay),
		cmocka_unit_test(
			one_of_two_that_begin_at_once_says_initial_contact),
		cmocka_unit_test(unknown_peer_is_not_told_of_initial_contact),
		cmocka_unit_test(orphans_of_a_crash_are_not_disowned),
		cmocka_unit_test(initial_contact_took_what_had_crossed_it),
		cmocka_unit_test(new_ike_sa_replaces_the_old_one),
		cmocka_unit_test(both_that_began_at_once_were_replaced),
		cmocka_unit_test(
			peer_that_comes_from_elsewhere_replaces_itself_at_once),
		cmocka_unit_test(old_ike_sa_is_kept_and_the_new_one_refused),
		cmocka_unit_test(initiator_that_keeps_gives_its_own_new_one_up),
		cmocka_unit_test(reauthentication_that_is_refused_ends),
		cmocka_unit_test(rekeying_is_no_second_ike_sa),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
