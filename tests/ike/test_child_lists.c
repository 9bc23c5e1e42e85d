// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the engine knows of CHILD SAs, and of IKE SAs with the same peer, without a
 * search is what a search would find,
 * whatever happens: rekeying from both sides, losses, a data path that loses all, and
 * engines that are killed and taken over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctrl/ike/child.h"
#include "tests/support/ike_settle.h"

#define SEEDS 300U
#define STEPS 30U

static bool is_found(const struct engine *e, const struct child_sa *c)
{
	struct child_sa *at = NULL;

	while ((at = child_of_spi(e, c->spi_in, at)))
		if (at == c)
			return true;
	return false;
}

static bool is_of_policy(const struct engine *e, const struct child_sa *c)
{
	struct child_sa *at = NULL;

	while ((at = child_of_policy(e, c->conf->policy, at)))
		if (at == c)
			return true;
	return false;
}

static bool is_peer_found(const struct ike_sa *sa, const struct ike_sa *other)
{
	struct ike_sa *at = NULL;

	while ((at = sa_of_peer(sa, at)))
		if (at == other)
			return true;
	return false;
}

/* Both ways. */
static void assert_peers(const struct ike_sa *sa)
{
	const struct engine *e = sa->e;

	for (uint32_t i = 1; i < e->n_slots; i++) {
		const struct ike_sa *other = e->slots[i];
		bool is_same = other && other != sa && other->peer_id.type &&
			       identity_equal(&sa->peer_id, &other->peer_id);

		if (other)
			assert_int_equal(is_peer_found(sa, other), is_same);
	}
}

static void assert_child(const struct ike_sa *sa, const struct child_sa *c)
{
	assert_ptr_equal(c->sa, sa);
	assert_true(is_found(sa->e, c));
	assert_true(is_of_policy(sa->e, c));
	assert_int_equal(c->replaced_by != 0, c->of_replaced.le_prev != NULL);
	assert_int_equal(c->bound, c->of_bound.le_prev != NULL);
}

static unsigned int count(const struct child_list *lists, size_t n)
{
	const struct child_sa *c;
	unsigned int found = 0;

	for (size_t i = 0; i < n; i++) {
		for (c = LIST_FIRST(&lists[i]); c;
		     c = lists == c->sa->e->bound ? LIST_NEXT(c, of_bound)
						  : LIST_NEXT(c, of_spi))
			found++;
	}
	return found;
}

static void assert_lists(const struct engine *e)
{
	unsigned int n = 0, bound = 0;

	for (uint32_t i = 1; i < e->n_slots; i++) {
		const struct ike_sa *sa = e->slots[i];

		if (!sa)
			continue;
		if (sa->peer_id.type)
			assert_peers(sa);
		for (const struct child_sa *c = sa->children; c; c = c->next) {
			assert_child(sa, c);
			n++;
			bound += c->bound;
		}
		bound += sa->ours.child && sa->ours.child->bound;
	}
	assert_int_equal(count(e->by_spi, SPI_BUCKETS), n);
	assert_int_equal(count(e->bound, BOUND_BUCKETS), bound);
	assert_in_range(bound, 0, 1); /* of the one policy that there is */
}

static struct lab_fate chaos(struct ike_lab *lab, unsigned int n)
{
	(void)n;
	return (struct lab_fate){ .copies = lab_roll(lab, 8) != 0,
				  .delay_ns = { 1 + lab_roll(lab, 2 * LAB_S) } };
}

static void do_something(struct ike_lab *lab)
{
	unsigned int side = (unsigned int)lab_roll(lab, 2);
	struct engine *e = lab->side[side].engine;

	switch (lab_roll(lab, 10)) {
	case 0:
	case 1:
		engine_initiate(e, "peer", NULL, lab->now_ns);
		break;
	case 2:
		engine_rekey(e, "peer", NULL, lab->now_ns);
		break;
	case 3:
	case 4:
	case 5:
		engine_rekey(e, "peer", "net", lab->now_ns);
		break;
	case 6:
		engine_terminate(e, "peer", lab_roll(lab, 2) ? "net" : NULL,
				 lab->now_ns);
		break;
	case 7:
		lab_kill(lab, side);
		lab_take_over(lab, side);
		break;
	case 8:
		lab_new_epoch(lab, side);
		break;
	default:
		break;
	}
}

static void they_are_what_a_search_finds(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct ike_lab *lab = settle_lab(seed, SETTLE_PFS);

		lab->fate = chaos;
		lab->answer_max_ns = LAB_S / 2;
		settle_initiate(lab);
		for (unsigned int i = 0; i < STEPS; i++) {
			do_something(lab);
			assert_true(lab_run(lab, lab_roll(lab, 3 * LAB_S)));
			assert_lists(lab->side[0].engine);
			assert_lists(lab->side[1].engine);
			lab->side[0].n_events = lab->side[1].n_events = 0;
		}
		lab_free(lab);
	}
}

int main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(they_are_what_a_search_finds),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
