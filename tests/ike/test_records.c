// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records: when they are made and what waits for them, what is refused of them, and
 * SAs whose connection is there no more.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/ike/sa.h"
#include "tests/support/ike_forge.h"
#include "tests/support/ike_lab_queue.h"
#include "tests/support/ike_settle.h"

#define ESP SETTLE_ESP
#define PFS SETTLE_PFS

/* --- when */

static void reply_waits_until_its_record_is_kept(void **state)
{
	struct ike_lab *lab = settle_lab(1, ESP);

	(void)state;
	lab->side[1].keeper_sleeps = true;
	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S)); /* it asks again meanwhile */
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_CHILD_UP), 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_IKE_UP), 0);
	assert_int_equal(lab->side[1].sent, 1); /* of IKE_SA_INIT */
	lab_keep(lab, 1, false);
	assert_int_equal(lab->side[1].sent, 2);
	assert_true(lab_run(lab, LAB_S));
	assert_true(lab_agree(lab, 1));
	lab_free(lab);
}

static void engine_whose_records_nobody_keeps_goes_on_alone(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);

	(void)state;
	lab->side[0].keeper_sleeps = lab->side[1].keeper_sleeps = true;
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_CHILD_UP), 1);
	lab_keep(lab, 0, false);
	lab_keep(lab, 1, false);
	assert_true(lab_run(lab, 6 * LAB_S));
	assert_true(lab_agree(lab, 1));
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_CHILD_UP), 2);
	lab_free(lab);
}

static void keeper_that_comes_later_gets_all(void **state)
{
	struct ike_lab *lab = settle_lab(1, ESP);

	(void)state;
	lab_keep(lab, 0, false);
	settle_initiate(lab);
	assert_true(lab_run(lab, LAB_S));
	assert_int_equal(lab->side[0].n_kept, 0);
	lab_keep(lab, 0, true);
	assert_true(lab_run(lab, LAB_S));
	settle_assert(lab, "later", 0, 1, 1);
	lab_kill(lab, 0);
	lab_take_over(lab, 0);
	assert_true(lab_run(lab, LAB_S));
	settle_assert(lab, "taken over", 0, 1, 1);
	lab_free(lab);
}

static struct lab_fate twice(struct ike_lab *lab, unsigned int n)
{
	(void)lab;
	(void)n;
	return (struct lab_fate){ .copies = 2,
				  .delay_ns = { 1000000, LAB_S / 2 } };
}

/* A request that comes again, an answer to nobody, a time at which nothing is due. */
static void what_changes_nothing_is_not_recorded(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);
	struct engine *e = lab->side[1].engine;
	uint64_t records;

	(void)state;
	lab->fate = twice;
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, LAB_S / 4));
	records = e->records;
	assert_true(lab_run(lab, 5 * LAB_S));
	engine_timeout(e, lab->now_ns);
	assert_true(e->records == records);
	lab_free(lab);
}

static void numbers_go_on_where_they_end(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct engine *e = lab->side[i].engine;

		e->records = e->recorded = UINT32_MAX - 3;
	}
	for (unsigned int i = 0; i < 4; i++) {
		engine_rekey(lab->side[i % 2].engine, "peer", "net",
			     lab->now_ns);
		assert_true(lab_run(lab, 10 * LAB_S));
	}
	settle_assert(lab, "numbers", 0, 1, 1);
	assert_int_equal(lab_count(&lab->side[0], IKE_EV_CHILD_UP), 5);
	assert_true(lab->side[0].engine->records > UINT32_MAX);
	lab_free(lab);
}

static void word_for_records_that_were_never_made_is_not_believed(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);
	struct engine *e = lab->side[0].engine;
	uint64_t recorded = e->recorded;

	(void)state;
	engine_recorded(e, (uint32_t)e->records + 1, lab->now_ns);
	engine_recorded(e, 0, lab->now_ns);
	assert_true(e->recorded == recorded);
	lab_free(lab);
}

static void generation_leads_every_iv(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);
	const uint8_t *iv = lab->side[0].last + IKE_HEADER_BYTES + 4;

	(void)state;
	lab->side[0].generation = 0x1233;
	lab_kill(lab, 0);
	lab_take_over(lab, 0);
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, LAB_S / 100));
	assert_memory_equal(iv, ((uint8_t[7]){ 0x12, 0x34 }), 7);
	lab_free(lab);
}

/* --- what is refused */

static void begin_child(struct ike_lab *lab)
{
	engine_rekey(lab->side[0].engine, "peer", "net", lab->now_ns);
}

static void begin_ike(struct ike_lab *lab)
{
	engine_rekey(lab->side[0].engine, "peer", NULL, lab->now_ns);
}

static void begin_delete(struct ike_lab *lab)
{
	engine_terminate(lab->side[0].engine, "peer", "net", lab->now_ns);
}

/* Side 0 has ended with a request under way. */
static struct ike_lab *lab_ended(void (*begin)(struct ike_lab *lab))
{
	struct ike_lab *lab = settle_lab_up(1, PFS);

	engine_rekey(lab->side[1].engine, "peer", "net", lab->now_ns);
	assert_true(lab_run(lab, 10 * LAB_S));
	lab_kill(lab, 1);
	begin(lab);
	assert_true(lab_run(lab, LAB_S));
	assert_true(forge_sa(lab, 0)->request.len > 0);
	lab_kill(lab, 0);
	return lab;
}

static struct ike_record *copy_of(const struct ike_record *r)
{
	struct ike_record *copy = calloc(1, sizeof(*copy));

	assert_non_null(copy);
	memcpy(copy, r, offsetof(struct ike_record, octets) + r->len);
	return copy;
}

/* With the connection; and for a child with its IKE SA. */
static struct engine *fresh(struct ike_lab *lab, uint8_t kind)
{
	struct lab_side *s = &lab->side[0];

	s->muted = true;
	lab_engine_new(s);
	assert_int_equal(engine_load(s->engine, &s->loaded[0]), 0);
	for (unsigned int i = 0; kind == RECORD_CHILD && i < s->n_kept; i++)
		if (s->kept[i]->kind == RECORD_IKE)
			assert_int_equal(engine_restore(s->engine, s->kept[i]),
					 0);
	return s->engine;
}

static void try_all_lengths(struct ike_lab *lab, const struct ike_record *whole)
{
	struct ike_record *r = copy_of(whole);
	struct engine *e = fresh(lab, r->kind);
	uint32_t n_sas = e->n_sas;

	for (r->len = 0; r->len < whole->len; r->len++)
		assert_int_equal(engine_restore(e, r), -EINVAL);
	r->len = whole->len + 1;
	assert_int_equal(engine_restore(e, r), -EINVAL);
	r->len = IKE_RECORD_MAX + 1;
	assert_int_equal(engine_restore(e, r), -EINVAL);
	assert_int_equal(e->n_sas, n_sas);
	r->len = whole->len;
	r->id++;
	assert_int_equal(engine_restore(e, r), -EINVAL);
	r->id--;
	r->octets[0]++;
	assert_int_equal(engine_restore(e, r), -EINVAL);
	r->octets[0]--;
	r->kind = RECORD_CHILD + 1;
	assert_int_equal(engine_restore(e, r), -EINVAL);
	r->kind = whole->kind;
	assert_int_equal(engine_restore(e, r), 0);
	assert_int_equal(engine_restore(e, r), -EINVAL); /* again */
	engine_free(e);
	free(r);
}

static void (*const begins[])(struct ike_lab *lab) = { begin_child, begin_ike,
						       begin_delete };

#define N_BEGINS (sizeof(begins) / sizeof(begins[0]))

static void record_that_is_cut_or_of_something_else_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n < N_BEGINS; n++) {
		struct ike_lab *lab = lab_ended(begins[n]);
		struct lab_side *s = &lab->side[0];

		for (unsigned int i = 0; i < s->n_kept; i++)
			try_all_lengths(lab, s->kept[i]);
		s->engine = NULL;
		lab_free(lab);
	}
}

static void child_without_its_ike_sa_is_refused(void **state)
{
	struct ike_lab *lab = lab_ended(begin_child);
	struct engine *e = fresh(lab, RECORD_IKE);

	(void)state;
	for (unsigned int i = 0; i < lab->side[0].n_kept; i++)
		if (lab->side[0].kept[i]->kind == RECORD_CHILD)
			assert_int_equal(engine_restore(e, lab->side[0].kept[i]),
					 -EINVAL);
	lab_free(lab);
}

/* Whatever it says, it is refused, or is an SA that can be gone on with. */
static void record_with_an_octet_that_lies_does_no_harm(void **state)
{
	(void)state;
	for (size_t n = 0; n < N_BEGINS; n++) {
		struct ike_lab *lab = lab_ended(begins[n]);
		struct lab_side *s = &lab->side[0];

		for (unsigned int i = 0; i < 3000; i++) {
			struct ike_record *r =
				copy_of(s->kept[lab_roll(lab, s->n_kept)]);
			struct engine *e = fresh(lab, r->kind);

			r->octets[lab_roll(lab, r->len)] ^=
				(uint8_t)(1 + lab_roll(lab, 255));
			if (!engine_restore(e, r))
				engine_restored(e, lab->now_ns);
			engine_timeout(e, lab->now_ns + 1000 * LAB_S);
			engine_free(e);
			free(r);
		}
		s->engine = NULL;
		while (lab->n_queue)
			lab_item_free(lab->queue[--lab->n_queue]);
		lab_free(lab);
	}
}

/* --- connections that are gone */

static void begin_nothing(struct ike_lab *lab)
{
	(void)lab;
}

/* Whatever is under way: it comes to an end, and then all is deleted. */
static void sa_of_a_connection_that_is_gone_is_deleted_in_order(void **state)
{
	static void (*const all[])(struct ike_lab * lab) = {
		begin_nothing, begin_child, begin_ike, begin_delete
	};

	(void)state;
	for (unsigned int i = 0; i < 4 * 2 * 30; i++) {
		struct ike_lab *lab = settle_lab_up(i + 1, PFS);
		unsigned int side = i / 4 % 2;

		lab->answer_max_ns = LAB_S / 100;
		all[i % 4](lab);
		for (unsigned int n = 0; n < i / 8; n++)
			lab_step(lab);
		lab_kill(lab, side);
		lab_forget_conns(lab, side);
		lab_take_over(lab, side);
		assert_true(lab_run(lab, 10 * LAB_S));
		if (!lab_count(&lab->side[!side], IKE_EV_IKE_DOWN))
			fail_msg("case %u: not deleted", i);
		assert_true(lab_run(lab, 400 * LAB_S));
		settle_assert(lab, "gone", i, 0, 0);
		lab_free(lab);
	}
}

static void child_that_its_connection_has_no_more_is_deleted_alone(void **state)
{
	struct ike_lab *lab = settle_lab_up(1, ESP);
	struct conn_conf c = lab_conn(lab, 0, SETTLE_IKE, ESP);

	(void)state;
	memcpy(c.children->name, "other", sizeof("other"));
	lab_kill(lab, 0);
	keep_conn(&lab->side[0], &c);
	conn_fini(&c);
	lab_take_over(lab, 0);
	assert_true(lab_run(lab, 10 * LAB_S));
	settle_assert(lab, "child gone", 0, 1, 0);
	assert_int_equal(lab_count(&lab->side[1], IKE_EV_IKE_DOWN), 0);
	lab_free(lab);
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(reply_waits_until_its_record_is_kept),
		cmocka_unit_test(engine_whose_records_nobody_keeps_goes_on_alone),
		cmocka_unit_test(keeper_that_comes_later_gets_all),
		cmocka_unit_test(what_changes_nothing_is_not_recorded),
		cmocka_unit_test(numbers_go_on_where_they_end),
		cmocka_unit_test(
			word_for_records_that_were_never_made_is_not_believed),
		cmocka_unit_test(generation_leads_every_iv),
		cmocka_unit_test(
			record_that_is_cut_or_of_something_else_is_refused),
		cmocka_unit_test(child_without_its_ike_sa_is_refused),
		cmocka_unit_test(record_with_an_octet_that_lies_does_no_harm),
		cmocka_unit_test(
			sa_of_a_connection_that_is_gone_is_deleted_in_order),
		cmocka_unit_test(
			child_that_its_connection_has_no_more_is_deleted_alone),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
