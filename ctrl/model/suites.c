// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/suites.h"

#include <string.h>

/* What has no place among the bits is in no set: it is refused, not taken for
 * another one. */
static uint64_t encr_bit(const struct encr_alg *alg)
{
	for (size_t i = 0; i < 64 && encr_at(i); i++)
		if (encr_at(i) == alg)
			return 1ULL << i;
	return 0;
}

static uint32_t integ_bit(const struct integ_alg *alg)
{
	for (size_t i = 0; i < 32 && integ_at(i); i++)
		if (integ_at(i) == alg)
			return 1U << i;
	return 0;
}

static uint8_t esn_bit(bool esn)
{
	return (uint8_t)(1U << esn);
}

static struct suite_row row_of(const struct proposal *p)
{
	struct suite_row row = { .protocol = (uint8_t)p->protocol };

	for (size_t i = 0; i < p->n_encr; i++)
		row.encr |= encr_bit(p->encr[i]);
	for (size_t i = 0; i < p->n_integ; i++)
		row.integ |= integ_bit(p->integ[i]);
	if (p->protocol == IKE_PROTO_AH)
		row.encr = encr_bit(encr_by_id(ENCR_NULL, 0));
	if (p->esn)
		row.esn |= esn_bit(true);
	if (p->no_esn)
		row.esn |= esn_bit(false);
	return row;
}

void suites_of(const struct proposals *p, struct suites *out)
{
	memset(out, 0, sizeof(*out));
	for (; out->n < p->n; out->n++)
		out->at[out->n] = row_of(&p->at[out->n]);
}

static bool row_has(const struct suite_row *row, const struct sadb_sa *sa,
		    uint64_t encr, const struct integ_alg *integ)
{
	const bool integ_fits = integ == &integ_none
					? !row->integ
					: row->integ & integ_bit(integ);

	return (row->protocol == IKE_PROTO_AH) ==
		       (sa->protocol == IKE_PROTO_AH) &&
	       row->encr & encr && integ_fits && row->esn & esn_bit(sa->esn);
}

bool suites_have(const struct suites *s, const struct sadb_sa *sa)
{
	const uint64_t encr =
		encr_bit(encr_of_bits(sa->encr, sa->encr_key_bits));
	const struct integ_alg *integ = integ_by_id(sa->integ);
	bool have = false;

	if (sa->mode > SADB_TRANSPORT || !(s->modes & 1U << sa->mode))
		return false;
	for (uint32_t i = 0; !have && i < s->n; i++)
		have = row_has(&s->at[i], sa, encr, integ);
	return have;
}
