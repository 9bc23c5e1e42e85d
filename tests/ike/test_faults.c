// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every exchange, and each datagram of it in turn lost, doubled, doubled late or
 * delayed: in the end both sides have the same IKE SAs and pairs of SAs, nothing is
 * left besides, nobody was told of a failure, and there was always a way from each
 * side to the other, once there was one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"
#include "tests/support/ike_settle.h"

#define OTHER_IKE    "aes128gcm16-prfsha256-ecp256-x25519"
#define OTHER_ESP    "aes128-sha256-ecp256-x25519"
#define CROWD	     10U /* half-open: from here on cookies are wanted */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- exchanges */

static void reload(struct ike_lab *lab, unsigned int side, const char *ike,
		   const char *esp)
{
	struct conn_conf c = lab_conn(lab, side, ike, esp);

	c.dpd_delay = 60;
	lab_load(lab, side, &c);
	conn_fini(&c);
}

/* Side 0 prefers what side 1 lacks. */
static void lack_group(struct ike_lab *lab)
{
	reload(lab, 0, OTHER_IKE, OTHER_ESP);
}

/* As many strangers have begun as make cookies due. */
static void crowd(struct ike_lab *lab)
{
	for (unsigned int i = 1; i <= CROWD; i++) {
		const struct forge_init f = { .spi_i = i,
					      .proposal = SETTLE_IKE,
					      .method = "x25519" };

		forge_init(lab, &f);
	}
	assert_true(lab_run(lab, LAB_S));
}

static void crowd_and_lack(struct ike_lab *lab)
{
	lack_group(lab);
	crowd(lab);
}

static void be_up(struct ike_lab *lab)
{
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	lab->watches_pairs = true;
}

static void be_up_and_lack(struct ike_lab *lab)
{
	lack_group(lab);
	be_up(lab);
}

/* With another child that may be made. */
static void be_up_for_more(struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, SETTLE_IKE, SETTLE_PFS);

		lab_add_child(&c, i);
		c.dpd_delay = 60;
		lab_load(lab, i, &c);
		conn_fini(&c);
	}
	be_up(lab);
}

static void be_refused(struct ike_lab *lab)
{
	reload(lab, 1, SETTLE_IKE, "aes256-sha512");
}

static void rekey(struct ike_lab *lab, unsigned int side, const char *child)
{
	assert_int_equal(engine_rekey(lab->side[side].engine, "peer", child,
				      lab->now_ns),
			 1);
}

static void terminate(struct ike_lab *lab, unsigned int side, const char *child)
{
	assert_int_equal(engine_terminate(lab->side[side].engine, "peer", child,
					  lab->now_ns),
			 1);
}

static void rekey_child(struct ike_lab *lab)
{
	rekey(lab, 0, "net");
}

static void rekey_child_back(struct ike_lab *lab)
{
	rekey(lab, 1, "net");
}

static void rekey_child_both(struct ike_lab *lab)
{
	rekey(lab, 0, "net");
	rekey(lab, 1, "net");
}

static void rekey_ike(struct ike_lab *lab)
{
	rekey(lab, 0, NULL);
}

static void rekey_ike_back(struct ike_lab *lab)
{
	rekey(lab, 1, NULL);
}

static void rekey_ike_both(struct ike_lab *lab)
{
	rekey(lab, 0, NULL);
	rekey(lab, 1, NULL);
}

static void rekey_one_each(struct ike_lab *lab)
{
	rekey(lab, 0, NULL);
	rekey(lab, 1, "net");
}

static void make_another(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", "more",
					 lab->now_ns),
			 0);
}

static void make_another_and_rekey_ike(struct ike_lab *lab)
{
	make_another(lab);
	rekey(lab, 1, NULL);
}

/* The peer refuses to rekey what the data path has lost: a new one is made. */
static void make_child(struct ike_lab *lab)
{
	lab->watches_pairs = false;
	lab->side[1].refuses = true;
	lab->side[1].refused_verb = SADB_ADD;
	lab->side[1].refused_dir = SADB_IN;
	lab_new_epoch(lab, 0);
}

static void delete_child(struct ike_lab *lab)
{
	lab->watches_pairs = false;
	terminate(lab, 0, "net");
}

static void delete_child_both(struct ike_lab *lab)
{
	delete_child(lab);
	terminate(lab, 1, "net");
}

static void delete_child_that_is_rekeyed(struct ike_lab *lab)
{
	delete_child(lab);
	rekey(lab, 1, "net");
}

static void delete_ike(struct ike_lab *lab)
{
	lab->watches_pairs = false;
	terminate(lab, 0, NULL);
}

static void delete_ike_both(struct ike_lab *lab)
{
	delete_ike(lab);
	terminate(lab, 1, NULL);
}

static void delete_ike_that_is_rekeyed(struct ike_lab *lab)
{
	delete_ike(lab);
	rekey(lab, 1, NULL);
}

/* Both ask, as both have heard nothing for as long. */
static void ask_whether_alive(struct ike_lab *lab)
{
	assert_true(lab_run(lab, 49 * LAB_S));
}

static const struct scenario {
	const char *name;
	void (*prepare)(struct ike_lab *lab); /* or NULL */
	void (*begin)(struct ike_lab *lab);
	unsigned int ikes, pairs;	/* in the end */
	unsigned int ikes_up, pairs_up; /* said of so many on each side */
	bool fails;			/* events say so, without any fault */
	bool collides;			/* there may be one more of each */
} scenarios[] = {
	{ "handshake", NULL, settle_initiate, 1, 1, 1, 1, 0, 0 },
	{ "COOKIE", crowd, settle_initiate, 1, 1, 1, 1, 0, 0 },
	{ "INVALID_KE_PAYLOAD", lack_group, settle_initiate, 1, 1, 1, 1, 0, 0 },
	{ "COOKIE, INVALID_KE_PAYLOAD", crowd_and_lack, settle_initiate, 1, 1,
	  1, 1, 0, 0 },
	{ "handshake without a child", be_refused, settle_initiate, 1, 0, 1, 0,
	  1, 0 },
	{ "another child", be_up_for_more, make_another, 1, 2, 1, 2, 0, 0 },
	{ "another child, and rekey IKE SA", be_up_for_more,
	  make_another_and_rekey_ike, 1, 2, 2, 2, 0, 1 },
	{ "new child", be_up, make_child, 1, 1, 1, 2, 1, 0 },
	{ "rekey child", be_up, rekey_child, 1, 1, 1, 2, 0, 0 },
	{ "rekey child, by the responder", be_up, rekey_child_back, 1, 1, 1, 2,
	  0, 0 },
	{ "rekey child, INVALID_KE_PAYLOAD", be_up_and_lack, rekey_child, 1, 1,
	  1, 2, 0, 0 },
	{ "rekey child, both", be_up, rekey_child_both, 1, 1, 1, 2, 0, 1 },
	{ "rekey IKE SA", be_up, rekey_ike, 1, 1, 2, 1, 0, 0 },
	{ "rekey IKE SA, by the responder", be_up, rekey_ike_back, 1, 1, 2, 1,
	  0, 0 },
	{ "rekey IKE SA, INVALID_KE_PAYLOAD", be_up_and_lack, rekey_ike, 1, 1,
	  2, 1, 0, 0 },
	{ "rekey IKE SA, both", be_up, rekey_ike_both, 1, 1, 2, 1, 0, 1 },
	{ "rekey, one each", be_up, rekey_one_each, 1, 1, 2, 2, 0, 1 },
	{ "delete child", be_up, delete_child, 1, 0, 1, 1, 0, 0 },
	{ "delete child, both", be_up, delete_child_both, 1, 0, 1, 1, 0, 0 },
	{ "delete child that is rekeyed", be_up, delete_child_that_is_rekeyed,
	  1, 0, 1, 1, 0, 1 },
	{ "delete IKE SA", be_up, delete_ike, 0, 0, 1, 1, 0, 0 },
	{ "delete IKE SA, both", be_up, delete_ike_both, 0, 0, 1, 1, 0, 0 },
	{ "delete IKE SA that is rekeyed", be_up, delete_ike_that_is_rekeyed, 0,
	  0, 1, 1, 0, 1 },
	{ "liveness", be_up, ask_whether_alive, 1, 1, 1, 1, 0, 0 },
};

/* --- each with each */

static bool is_said(const struct lab_side *s, enum ike_event_kind kind,
		    unsigned int n, bool collides)
{
	unsigned int said = lab_count(s, kind);

	return said == n || (collides && said == n + 1);
}

/* A first message that comes again later is a stranger's, who comes no more. */
static const char *failure(const struct lab_side *s)
{
	for (unsigned int i = 0; i < s->n_events; i++)
		if (s->events[i].kind == IKE_EV_FAILED &&
		    strcmp(s->events[i].text,
			   "the peer did not finish the handshake") != 0)
			return s->events[i].text;
	return NULL;
}

static void assert_over(const struct ike_lab *lab, const struct scenario *s,
			const char *fault, unsigned int n)
{
	settle_assert(lab, s->name, n, s->ikes, s->pairs);
	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *side = &lab->side[i];
		const char *why = s->fails ? NULL : failure(side);

		if (!is_said(side, IKE_EV_IKE_UP, s->ikes_up, s->collides) ||
		    !is_said(side, IKE_EV_CHILD_UP, s->pairs_up, s->collides))
			fail_msg("%s, datagram %u %s: side %u says %u IKE SAs and %u pairs are up",
				 s->name, n, fault, i,
				 lab_count(side, IKE_EV_IKE_UP),
				 lab_count(side, IKE_EV_CHILD_UP));
		if (why)
			fail_msg("%s, datagram %u %s: %s", s->name, n, fault,
				 why);
	}
	if (lab->gaps)
		fail_msg("%s, datagram %u %s: no way for %u steps", s->name, n,
			 fault, lab->gaps);
}

/* Without the strangers. */
static bool is_agreed(const struct ike_lab *lab, const struct scenario *s)
{
	for (unsigned int i = 0; i < 2; i++) {
		unsigned int half_open;

		if (engine_count(lab->side[i].engine, &half_open) - half_open !=
		    s->ikes)
			return false;
	}
	return lab_agree(lab, s->pairs);
}

/* Where both began, an IKE SA of whose loss its initiator never heard waits for
 * minutes to be deleted.
 *
 * f: NULL, none. The datagrams that it took. */
static unsigned int run(const struct scenario *s, const struct settle_fault *f,
			unsigned int n)
{
	struct ike_lab *lab = settle_lab(n + 1, SETTLE_PFS);
	unsigned int before, took;

	lab->fate = settle_fate;
	if (s->prepare)
		s->prepare(lab);
	before = lab->datagrams;
	settle_set_fault(lab, f, n);
	lab->answer_max_ns = LAB_S / 10000;
	s->begin(lab);
	assert_true(lab_run(lab, 20 * LAB_S));
	took = lab->datagrams - before;
	assert_true(f ? took > n : s->collides || is_agreed(lab, s));
	assert_true(lab_run(lab, 40 * LAB_S));
	if (!(f && s->collides) && !is_agreed(lab, s))
		fail_msg("%s, datagram %u %s: not settled within a minute",
			 s->name, n, f ? f->name : "as it is");
	assert_true(lab_run(lab, 400 * LAB_S));
	assert_over(lab, s, f ? f->name : "as it is", n);
	lab_free(lab);
	return took;
}

static void every_single_fault_of_every_exchange_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++) {
		unsigned int datagrams = run(&scenarios[i], NULL, 0);

		assert_true(datagrams > 1);
		for (unsigned int n = 0; n < datagrams; n++)
			for (unsigned int f = 0; f < SETTLE_FAULTS; f++)
				run(&scenarios[i], &settle_faults[f], n);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(
			every_single_fault_of_every_exchange_is_survived),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
