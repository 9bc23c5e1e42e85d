// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every exchange, by either side, and each question that an engine asks meanwhile
 * in turn refused: by the data path, the keystore or the pool for key exchange; or
 * each datagram in turn lost, doubled or delayed. In the end both sides have the
 * same, and what went wrong can be made good: the child is up as soon as somebody
 * asks for it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_lab_queue.h"
#include "tests/support/ike_settle.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- exchanges */

static void load(struct ike_lab *lab, unsigned int side,
		 void (*change)(struct conn_conf *c))
{
	struct conn_conf c = lab_conn(lab, side, SETTLE_IKE, SETTLE_PFS);

	lab_add_child(&c, side);
	c.dpd_delay = 60;
	if (change)
		change(&c);
	lab_load(lab, side, &c);
	conn_fini(&c);
}

static void want_childless(struct conn_conf *c)
{
	c->childless = CHILDLESS_PREFER;
}

static void want_transport(struct conn_conf *c)
{
	for (size_t i = 0; i < c->n_children; i++)
		c->children[i].mode = SADB_TRANSPORT;
}

static void end_when_idle(struct conn_conf *c)
{
	for (size_t i = 0; i < c->n_children; i++)
		c->children[i].inactivity = 20;
}

static void be_up(struct ike_lab *lab)
{
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
}

static void initiate(struct ike_lab *lab, unsigned int side)
{
	lab_initiate(lab->side[side].engine, "peer", NULL, lab->now_ns);
}

static void make_another(struct ike_lab *lab, unsigned int side)
{
	engine_initiate(lab->side[side].engine, "peer", "more", lab->now_ns);
}

static void rekey_child(struct ike_lab *lab, unsigned int side)
{
	engine_rekey(lab->side[side].engine, "peer", "net", lab->now_ns);
}

static void rekey_child_both(struct ike_lab *lab, unsigned int side)
{
	rekey_child(lab, side);
	rekey_child(lab, !side);
}

static void rekey_ike(struct ike_lab *lab, unsigned int side)
{
	engine_rekey(lab->side[side].engine, "peer", NULL, lab->now_ns);
}

static void rekey_ike_both(struct ike_lab *lab, unsigned int side)
{
	rekey_ike(lab, side);
	rekey_ike(lab, !side);
}

static void rekey_one_each(struct ike_lab *lab, unsigned int side)
{
	rekey_ike(lab, side);
	rekey_child(lab, !side);
}

static void reauthenticate(struct ike_lab *lab, unsigned int side)
{
	engine_reauth(lab->side[side].engine, "peer", lab->now_ns);
}

static void reauthenticate_and_rekey(struct ike_lab *lab, unsigned int side)
{
	reauthenticate(lab, side);
	rekey_ike(lab, !side);
}

static void reauthenticate_both(struct ike_lab *lab, unsigned int side)
{
	reauthenticate(lab, side);
	reauthenticate(lab, !side);
}

static void delete_child(struct ike_lab *lab, unsigned int side)
{
	engine_terminate(lab->side[side].engine, "peer", "net", lab->now_ns);
}

static void delete_ike(struct ike_lab *lab, unsigned int side)
{
	engine_terminate(lab->side[side].engine, "peer", NULL, lab->now_ns);
}

static void be_idle(struct ike_lab *lab, unsigned int side)
{
	lab->side[side].idle_s[SADB_IN] = lab->side[side].idle_s[SADB_OUT] = 30;
	assert_true(lab_run(lab, 30 * LAB_S));
}

static const struct scenario {
	const char *name;
	void (*change)(struct conn_conf *c);  /* or NULL */
	void (*prepare)(struct ike_lab *lab); /* or NULL */
	void (*begin)(struct ike_lab *lab, unsigned int side);
	bool make_before_break;
} scenarios[] = {
	{ "handshake", NULL, NULL, initiate, false },
	{ "handshake, childless", want_childless, NULL, initiate, false },
	{ "handshake, transport mode", want_transport, NULL, initiate, false },
	{ "another child", NULL, be_up, make_another, false },
	{ "rekey child", NULL, be_up, rekey_child, false },
	{ "rekey child, both", NULL, be_up, rekey_child_both, false },
	{ "rekey IKE SA", NULL, be_up, rekey_ike, false },
	{ "rekey IKE SA, both", NULL, be_up, rekey_ike_both, false },
	{ "rekey, one each", NULL, be_up, rekey_one_each, false },
	{ "reauthenticate", NULL, be_up, reauthenticate, false },
	{ "reauthenticate, make before break", NULL, be_up, reauthenticate,
	  true },
	{ "reauthenticate, and rekey IKE SA", NULL, be_up,
	  reauthenticate_and_rekey, false },
	{ "reauthenticate, make before break, and rekey IKE SA", NULL, be_up,
	  reauthenticate_and_rekey, true },
	{ "reauthenticate, both", NULL, be_up, reauthenticate_both, false },
	{ "reauthenticate, make before break, both", NULL, be_up,
	  reauthenticate_both, true },
	{ "delete child", NULL, be_up, delete_child, false },
	{ "delete IKE SA", NULL, be_up, delete_ike, false },
	{ "inactivity", end_when_idle, be_up, be_idle, false },
};

static struct ike_lab *lab_before(const struct scenario *s, unsigned int side)
{
	struct ike_lab *lab = lab_new(side + 1);

	lab->options.make_before_break = s->make_before_break;
	lab_set_options(lab, &lab->options);
	for (unsigned int i = 0; i < 2; i++) {
		load(lab, i, s->change);
		lab_keep(lab, i, true);
	}
	if (s->prepare)
		s->prepare(lab);
	return lab;
}

static void run_on(struct ike_lab *lab, unsigned int minutes)
{
	for (unsigned int i = 0; i < minutes; i++) {
		assert_true(lab_run(lab, 60 * LAB_S));
		lab->side[0].n_events = lab->side[1].n_events = 0;
	}
}

/* --- one thing goes wrong */

static void be_used(struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int dir = 0; dir < 2; dir++)
			lab->side[i].idle_s[dir] = 0;
}

static void settle(struct ike_lab *lab, const char *what, unsigned int n)
{
	run_on(lab, 12);
	settle_assert_same(lab, what, n);
	be_used(lab);
	engine_initiate(lab->side[0].engine, "peer", "net", lab->now_ns);
	run_on(lab, 1);
	settle_assert_same(lab, what, n);
	if (!lab_matched(&lab->side[0], &lab->side[1]) ||
	    !lab_matched(&lab->side[1], &lab->side[0]))
		fail_msg("%s, %u: not up again", what, n);
	lab_free(lab);
}

/* The n-th question, from 1; false: there are not so many. */
static bool refuse(const struct scenario *s, unsigned int side, unsigned int n)
{
	struct ike_lab *lab = lab_before(s, side);
	bool met;

	lab->questions = 0;
	lab->refused = n;
	s->begin(lab, side);
	run_on(lab, 1);
	met = lab->questions >= n;
	lab->refused = 0;
	settle(lab, s->name, 2 * n + side);
	return met;
}

/* Likewise. */
static bool spoil(const struct scenario *s, unsigned int side, unsigned int n,
		  const struct settle_fault *f)
{
	struct ike_lab *lab = lab_before(s, side);
	unsigned int before = lab->datagrams;
	bool met;

	lab->fate = settle_fate;
	lab->answer_max_ns = LAB_S / 10000;
	settle_set_fault(lab, f, n - 1);
	s->begin(lab, side);
	assert_true(lab_run(lab, 20 * LAB_S));
	met = lab->datagrams - before >= n;
	settle(lab, s->name, 2 * n + side);
	return met;
}

static void every_question_of_every_exchange_may_be_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		for (unsigned int side = 0; side < 2; side++)
			for (unsigned int n = 1; refuse(&scenarios[i], side, n);
			     n++)
				;
}

static void every_datagram_of_every_exchange_may_be_spoiled(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		for (unsigned int side = 0; side < 2; side++)
			for (unsigned int f = 0; f < SETTLE_FAULTS; f++)
				for (unsigned int n = 1;
				     spoil(&scenarios[i], side, n,
					   &settle_faults[f]);
				     n++)
					;
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(every_question_of_every_exchange_may_be_refused),
		cmocka_unit_test(every_datagram_of_every_exchange_may_be_spoiled),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
