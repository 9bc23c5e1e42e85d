// SPDX-License-Identifier: BSD-2-Clause
/*
 * CHILD SAs that one side makes and the other can't, or that both make at once:
 * afterwards both have the same, and what was to be rekeyed is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/ike_forge.h"

#define IKE "aes128-sha256-x25519"
#define ESP "aes128-sha256"
#define PFS "aes128-sha256-x25519"

static void initiate(struct ike_lab *lab)
{
	assert_int_equal(engine_initiate(lab->side[0].engine, "peer", NULL,
					 lab->now_ns),
			 0);
	assert_true(lab_run(lab, 10 * LAB_S));
}

static struct ike_lab *lab_up(uint64_t seed, const char *esp)
{
	struct ike_lab *lab = lab_new(seed);

	lab_load_both(lab, IKE, esp);
	initiate(lab);
	assert_true(lab_agree(lab, 1));
	return lab;
}

static unsigned int ike_sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

static const struct lab_sa *outbound(const struct lab_side *s)
{
	for (unsigned int i = 0; i < LAB_SAS_MAX; i++)
		if (s->sas[i].used && s->sas[i].bound)
			return &s->sas[i];
	return NULL;
}

static void rekey(struct ike_lab *lab, unsigned int side, const char *child)
{
	engine_rekey(lab->side[side].engine, "peer", child, lab->now_ns);
}

/* Without another rekeying of the other side to help. */
static void rekeying_that_met_the_ike_sas_was_never_tried_again(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 30; seed++) {
		struct ike_lab *lab = lab_up(seed, PFS);
		uint32_t before = outbound(&lab->side[1])->id.spi;
		struct ike_sa *b = forge_sa(lab, 1);

		lab->answer_max_ns = LAB_S / 10;
		rekey(lab, 0, NULL);
		for (unsigned int n = 0;
		     n < 500 && b->peers.kind != EX_REKEY_IKE; n++)
			assert_true(lab_run(lab, LAB_S / 1000));
		rekey(lab, 1, "net");
		assert_true(lab_run(lab, 100 * LAB_S));
		assert_true(lab_agree(lab, 1));
		assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 2);
		assert_int_not_equal(outbound(&lab->side[1])->id.spi, before);
		lab_free(lab);
	}
}

/* Both rekey; ours has given way to the peer's, whose then fails here. */
/* What is not to be deleted, here or by the peer, is to be rekeyed. */
static void assert_all_are_rekeyed(const struct ike_lab *lab)
{
	for (unsigned int i = 0; i < 2; i++)
		for (const struct child_sa *c = forge_sa(lab, i)->children; c;
		     c = c->next)
			assert_true(c->rekey_ns || c->replaced_by ||
				    c->state != CHILD_ST_INSTALLED);
}

static void rekeying_that_gave_way_to_a_failure_was_lost(void **state)
{
	unsigned int met = 0;

	(void)state;
	for (uint64_t seed = 1; seed < 200; seed++) {
		struct ike_lab *lab = lab_up(seed, PFS);
		uint32_t before = outbound(&lab->side[1])->id.spi;

		lab->answer_max_ns = LAB_S / 10;
		lab->side[seed % 2].refuses = true;
		lab->side[seed % 2].refused_verb = SADB_ADD;
		lab->side[seed % 2].refused_dir = SADB_OUT;
		rekey(lab, 0, "net");
		rekey(lab, 1, "net");
		assert_true(lab_run(lab, 3 * LAB_S));
		assert_all_are_rekeyed(lab);
		assert_true(lab_run(lab, 100 * LAB_S));
		met += !lab->side[seed % 2].refuses;
		assert_true(lab_agree(lab, 1));
		assert_int_not_equal(outbound(&lab->side[1])->id.spi, before);
		assert_all_are_rekeyed(lab);
		lab_free(lab);
	}
	assert_true(met > 0);
}

struct refusal {
	enum sadb_verb verb;
	enum sadb_dir dir;
};

static const struct refusal refusals[] = {
	{ SADB_GETSPI, SADB_IN },
	{ SADB_ADD, SADB_IN },
	{ SADB_ADD, SADB_OUT },
	{ SADB_UPDATE, SADB_OUT },
};

#define N_REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static void refuse(struct ike_lab *lab, unsigned int side,
		   const struct refusal *r)
{
	lab->side[side].refuses = true;
	lab->side[side].refused_verb = r->verb;
	lab->side[side].refused_dir = r->dir;
}

static void rekeying_that_failed_here_left_a_pair_there(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2 * N_REFUSALS; i++) {
		struct ike_lab *lab = lab_up(i, PFS);
		uint32_t before = outbound(&lab->side[0])->id.spi;

		refuse(lab, i % 2, &refusals[i / 2]);
		rekey(lab, 0, "net");
		assert_true(lab_run(lab, 9 * LAB_S));
		assert_true(lab_agree(lab, 1));
		assert_true(lab_run(lab, 60 * LAB_S));
		assert_true(lab_agree(lab, 1));
		assert_int_not_equal(outbound(&lab->side[0])->id.spi, before);
		lab_free(lab);
	}
}

static void first_child_that_failed_here_was_up_there(void **state)
{
	(void)state;
	/* A GETSPI that fails ends more; only the initiator waits for UPDATE. */
	for (unsigned int i = 2; i < 2 * N_REFUSALS - 1; i++) {
		struct ike_lab *lab = lab_new(i);

		lab_load_both(lab, IKE, ESP);
		refuse(lab, i % 2, &refusals[i / 2]);
		initiate(lab);
		assert_false(lab->side[i % 2].refuses);
		assert_true(lab_agree(lab, 0));
		assert_true(ike_sas(lab, 0) == 1 && ike_sas(lab, 1) == 1);
		assert_non_null(strstr(lab_text(&lab->side[i % 2], IKE_EV_FAILED),
				       "the data path refuses"));
		lab_free(lab);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(
			rekeying_that_met_the_ike_sas_was_never_tried_again),
		cmocka_unit_test(rekeying_that_gave_way_to_a_failure_was_lost),
		cmocka_unit_test(rekeying_that_failed_here_left_a_pair_there),
		cmocka_unit_test(first_child_that_failed_here_was_up_there),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
