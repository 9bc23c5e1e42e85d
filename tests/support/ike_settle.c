// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_settle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ctrl/ike/sa.h"

struct ike_lab *settle_lab(uint64_t seed, const char *esp)
{
	struct ike_lab *lab = lab_new(seed);

	for (unsigned int i = 0; i < 2; i++) {
		struct conn_conf c = lab_conn(lab, i, SETTLE_IKE, esp);

		c.dpd_delay = 60;
		lab_load(lab, i, &c);
		conn_fini(&c);
		lab_keep(lab, i, true);
	}
	return lab;
}

void settle_initiate(struct ike_lab *lab)
{
	assert_int_equal(
		lab_initiate(lab->side[0].engine, "peer", NULL, lab->now_ns), 0);
}

struct ike_lab *settle_lab_up(uint64_t seed, const char *esp)
{
	struct ike_lab *lab = settle_lab(seed, esp);

	settle_initiate(lab);
	assert_true(lab_run(lab, 10 * LAB_S));
	assert_true(lab_agree(lab, 1));
	return lab;
}

unsigned int settle_ike_sas(const struct ike_lab *lab, unsigned int side)
{
	unsigned int half_open;

	return engine_count(lab->side[side].engine, &half_open);
}

/* --- what both have */

static bool is_up(const struct ike_sa *sa)
{
	return sa && (sa->state == IKE_ST_ESTABLISHED ||
		      sa->state == IKE_ST_DELETING);
}

/* The other side's of the same SPIs; NULL: there is none. */
static const struct ike_sa *find_ike(const struct engine *e,
				     const struct ike_sa *sa)
{
	for (uint32_t i = 1; i < e->n_slots; i++)
		if (is_up(e->slots[i]) && e->slots[i]->spi_i == sa->spi_i &&
		    e->slots[i]->spi_r == sa->spi_r)
			return e->slots[i];
	return NULL;
}

static unsigned int children(const struct engine *e)
{
	unsigned int n = 0;

	for (uint32_t i = 1; i < e->n_slots; i++)
		for (const struct child_sa *c =
			     e->slots[i] ? e->slots[i]->children : NULL;
		     c; c = c->next)
			n++;
	return n;
}

/* The same IKE SAs and pairs on both sides, and no record of anything else. */
static bool is_settled(const struct ike_lab *lab, unsigned int ikes,
		       unsigned int pairs)
{
	if (!lab_agree(lab, pairs))
		return false;
	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *s = &lab->side[i];
		const struct engine *e = s->engine;

		if (s->n_refused_keys || settle_ike_sas(lab, i) != ikes ||
		    children(e) != pairs || lab_kept(s, RECORD_IKE) != ikes ||
		    lab_kept(s, RECORD_CHILD) != pairs)
			return false;
		for (uint32_t n = 1; n < e->n_slots; n++)
			if (is_up(e->slots[n]) &&
			    !find_ike(lab->side[!i].engine, e->slots[n]))
				return false;
	}
	return true;
}

void settle_assert(const struct ike_lab *lab, const char *where, uint64_t n,
		   unsigned int ikes, unsigned int pairs)
{
	if (!is_settled(lab, ikes, pairs))
		fail_msg("%s, %u: not settled: %u and %u IKE SAs, %u and %u children, %u and %u records, agreed %d",
			 where, (unsigned int)n, settle_ike_sas(lab, 0),
			 settle_ike_sas(lab, 1), children(lab->side[0].engine),
			 children(lab->side[1].engine), lab->side[0].n_kept,
			 lab->side[1].n_kept, lab_agree(lab, pairs));
}

static bool has_child(const struct ike_sa *sa, const struct child_sa *peers)
{
	for (const struct child_sa *c = sa->children; c; c = c->next)
		if (c->spi_in == peers->spi_out && c->spi_out == peers->spi_in)
			return true;
	return false;
}

/* All that this side has, the other has too. */
static bool is_known(const struct engine *e, const struct engine *other)
{
	for (uint32_t i = 1; i < e->n_slots; i++) {
		const struct ike_sa *sa = e->slots[i], *same;

		if (!sa)
			continue;
		same = is_up(sa) ? find_ike(other, sa) : NULL;
		if (!same)
			return false;
		for (const struct child_sa *c = sa->children; c; c = c->next)
			if (!has_child(same, c))
				return false;
	}
	return true;
}

void settle_assert_same(const struct ike_lab *lab, const char *where, uint64_t n)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct lab_side *s = &lab->side[i];
		unsigned int pairs = children(s->engine);

		if (!is_known(s->engine, lab->side[!i].engine) ||
		    lab_sas(s, false) != 2 * pairs || lab_sas(s, true) ||
		    lab_kept(s, RECORD_IKE) != settle_ike_sas(lab, i) ||
		    lab_kept(s, RECORD_CHILD) != pairs)
			fail_msg("%s, %u, side %u: %u IKE SAs (%u at the other), %u children (%u), %u SAs and %u larval ones, %u and %u records",
				 where, (unsigned int)n, i,
				 settle_ike_sas(lab, i), settle_ike_sas(lab, !i),
				 pairs, children(lab->side[!i].engine),
				 lab_sas(s, false), lab_sas(s, true),
				 lab_kept(s, RECORD_IKE),
				 lab_kept(s, RECORD_CHILD));
	}
}

/* --- faults of one datagram */

const struct settle_fault settle_faults[SETTLE_FAULTS] = {
	{ "lost", { .copies = 0 } },
	{ "doubled", { 2, { LAB_S / 1000, LAB_S / 1000 } } },
	{ "behind the next", { 1, { LAB_S / 250 } } },
	{ "doubled behind the next", { 2, { LAB_S / 1000, LAB_S / 250 } } },
	{ "behind its resend", { 1, { 6 * LAB_S } } },
	{ "doubled much later", { 2, { LAB_S / 1000, 70 * LAB_S } } },
};

struct lab_fate settle_fate(struct ike_lab *lab, unsigned int n)
{
	const struct settle_fault *f = lab->owner;

	if (f && n == lab->lost)
		return f->fate;
	return (struct lab_fate){ .copies = 1, .delay_ns = { LAB_S / 1000 } };
}

void settle_set_fault(struct ike_lab *lab, const struct settle_fault *f,
		      unsigned int n)
{
	lab->lost = lab->datagrams + n;
	lab->owner = (void *)(uintptr_t)f;
}
