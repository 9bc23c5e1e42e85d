// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/proposal.h"

#include <stdio.h>
#include <string.h>

/* Is it one of ADDKE1 to ADDKE7, and which? */
static bool is_addke(uint8_t type, unsigned int *which)
{
	*which = type - (unsigned int)IKE_TF_ADDKE1;
	return type >= IKE_TF_ADDKE1 && type <= IKE_TF_ADDKE7;
}

static enum ike_transform_type addke_type(unsigned int which)
{
	return (enum ike_transform_type)(IKE_TF_ADDKE1 + which);
}

static void addkes_put(struct ike_builder *m, const struct addkes *a)
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		for (uint8_t k = 0; k < a->n[i]; k++)
			ike_transform_put(m, addke_type(i), a->at[i][k], 0);
}

static void algs_put(struct ike_builder *m, const struct proposal *p,
		     bool with_ke)
{
	for (size_t i = 0; i < p->n_encr; i++)
		ike_transform_put(m, IKE_TF_ENCR, p->encr[i]->id,
				  encr_attr_bits(p->encr[i]));
	for (size_t i = 0; i < p->n_integ; i++)
		ike_transform_put(m, IKE_TF_INTEG, p->integ[i]->id, 0);
	for (size_t i = 0; i < p->n_prf; i++)
		ike_transform_put(m, IKE_TF_PRF, p->prf[i]->id, 0);
	for (size_t i = 0; with_ke && i < p->n_ke; i++)
		ike_transform_put(m, IKE_TF_KE, p->ke[i]->id, 0);
	if (with_ke && p->n_ke && p->no_ke)
		ike_transform_put(m, IKE_TF_KE, KE_NONE, 0);
	if (with_ke)
		addkes_put(m, &p->addkes);
	if (p->protocol != IKE_PROTO_IKE && p->esn)
		ike_transform_put(m, IKE_TF_ESN, IKE_ESN_YES, 0);
	if (p->protocol != IKE_PROTO_IKE && p->no_esn)
		ike_transform_put(m, IKE_TF_ESN, IKE_ESN_NO, 0);
}

void proposals_put(struct ike_builder *m, const struct proposals *p,
		   struct slice spi, bool with_ke)
{
	ike_sa_begin(m);
	for (size_t i = 0; i < p->n; i++) {
		ike_proposal_begin(m, p->at[i].protocol, spi);
		algs_put(m, &p->at[i], with_ke);
		ike_proposal_end(m);
	}
	ike_sa_end(m);
}

void chosen_put(struct ike_builder *m, const struct chosen *c, struct slice spi)
{
	ike_sa_begin(m);
	ike_proposal_begin(m, c->protocol, spi);
	ike_proposal_number(m, c->number);
	if (c->protocol != IKE_PROTO_AH)
		ike_transform_put(m, IKE_TF_ENCR, c->encr->id,
				  encr_attr_bits(c->encr));
	if (c->integ->id != INTEG_NONE)
		ike_transform_put(m, IKE_TF_INTEG, c->integ->id, 0);
	if (c->prf)
		ike_transform_put(m, IKE_TF_PRF, c->prf->id, 0);
	if (c->ke)
		ike_transform_put(m, IKE_TF_KE, c->ke->id, 0);
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		if (c->addke[i] != KE_NONE)
			ike_transform_put(m, addke_type(i), c->addke[i], 0);
	if (c->protocol != IKE_PROTO_IKE)
		ike_transform_put(m, IKE_TF_ESN,
				  c->esn ? IKE_ESN_YES : IKE_ESN_NO, 0);
	ike_proposal_end(m);
	ike_sa_end(m);
}

/* Is this transform in the peer's proposal? */
static bool offers(const struct ike_proposal *peer, enum ike_transform_type type,
		   unsigned int id, uint16_t key_bits)
{
	struct slice s = peer->transforms;
	struct ike_transform t;

	while (ike_transform_next(&s, &t))
		if (t.type == type && t.id == id && t.key_bits == key_bits &&
		    !t.unknown)
			return true;
	return false;
}

static bool has_type(const struct ike_proposal *peer,
		     enum ike_transform_type type)
{
	struct slice s = peer->transforms;
	struct ike_transform t;

	while (ike_transform_next(&s, &t))
		if (t.type == type)
			return true;
	return false;
}

/* A type that nobody knows must be understood to be accepted, section 3.3.6. */
static bool only_known_types(const struct ike_proposal *peer)
{
	struct slice s = peer->transforms;
	struct ike_transform t;

	while (ike_transform_next(&s, &t))
		if (t.type < IKE_TF_ENCR || t.type > IKE_TF_ADDKE7)
			return false;
	return true;
}

/* AH has none (section 3.3.3), and the SAD calls that NULL. */
static bool choose_encr(const struct proposal *p,
			const struct ike_proposal *peer, struct chosen *out)
{
	if (p->protocol == IKE_PROTO_AH) {
		out->encr = encr_by_id(ENCR_NULL, 0);
		return !has_type(peer, IKE_TF_ENCR);
	}
	for (size_t i = 0; i < p->n_encr; i++) {
		if (!offers(peer, IKE_TF_ENCR, p->encr[i]->id,
			    encr_attr_bits(p->encr[i])))
			continue;
		out->encr = p->encr[i];
		return true;
	}
	return false;
}

/* With an AEAD none, nor where we only encrypt, and "none" may be said in so many
 * words. */
static bool choose_integ(const struct proposal *p,
			 const struct ike_proposal *peer, struct chosen *out)
{
	out->integ = &integ_none;
	if (p->n_integ == 0)
		return !has_type(peer, IKE_TF_INTEG) ||
		       offers(peer, IKE_TF_INTEG, INTEG_NONE, 0);
	for (size_t i = 0; i < p->n_integ; i++) {
		if (!offers(peer, IKE_TF_INTEG, p->integ[i]->id, 0))
			continue;
		out->integ = p->integ[i];
		return true;
	}
	return false;
}

static bool choose_prf(const struct proposal *p,
		       const struct ike_proposal *peer, struct chosen *out)
{
	if (p->protocol != IKE_PROTO_IKE)
		return !has_type(peer, IKE_TF_PRF);
	for (size_t i = 0; i < p->n_prf; i++) {
		if (!offers(peer, IKE_TF_PRF, p->prf[i]->id, 0))
			continue;
		out->prf = p->prf[i];
		return true;
	}
	return false;
}

/* Nothing said is none, and what nobody knows can only be none. */
static bool common_addke(const struct proposal *p,
			 const struct ike_proposal *peer, unsigned int which,
			 struct addkes *both)
{
	static const uint16_t none[] = { KE_NONE };
	bool ours = p->addkes.n[which],
	     theirs = has_type(peer, addke_type(which));
	const uint16_t *at = ours ? p->addkes.at[which] : none;
	uint8_t n = ours ? p->addkes.n[which] : 1;

	both->n[which] = 0;
	for (uint8_t i = 0; i < n; i++)
		if (theirs ? offers(peer, addke_type(which), at[i], 0)
			   : at[i] == KE_NONE)
			both->at[which][both->n[which]++] = at[i];
	return both->n[which];
}

static bool common_addkes(const struct proposal *p,
			  const struct ike_proposal *peer, struct addkes *both)
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		if (!common_addke(p, peer, i, both))
			return false;
	return true;
}

/* Without a first key exchange there are no additional ones. */
static bool all_may_be_none(const struct addkes *a)
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++) {
		uint8_t k = 0;

		while (k < a->n[i] && a->at[i][k] != KE_NONE)
			k++;
		if (k == a->n[i])
			return false;
	}
	return true;
}

static bool choose_no_ke(const struct proposal *p,
			 const struct ike_proposal *peer)
{
	return p->no_ke && (!has_type(peer, IKE_TF_KE) ||
			    offers(peer, IKE_TF_KE, KE_NONE, 0));
}

static bool choose_ke(const struct proposal *p, const struct ike_proposal *peer,
		      bool with_ke, struct chosen *out)
{
	struct addkes both;

	if (!with_ke)
		return true;
	if (!common_addkes(p, peer, &both))
		return false;
	for (size_t i = 0; i < p->n_ke; i++) {
		if (!offers(peer, IKE_TF_KE, p->ke[i]->id, 0) ||
		    !addkes_choose(&both, (uint16_t)p->ke[i]->id, out->addke))
			continue;
		out->ke = p->ke[i];
		return true;
	}
	memset(out->addke, 0, sizeof(out->addke));
	return choose_no_ke(p, peer) && all_may_be_none(&both);
}

bool chosen_has_addke(const struct chosen *c)
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		if (c->addke[i] != KE_NONE)
			return true;
	return false;
}

/* Nothing said is no ESN, section 3.3.2. */
static bool choose_esn(const struct proposal *p,
		       const struct ike_proposal *peer, struct chosen *out)
{
	bool said = has_type(peer, IKE_TF_ESN);

	if (p->protocol == IKE_PROTO_IKE)
		return !said;
	out->esn = p->esn && offers(peer, IKE_TF_ESN, IKE_ESN_YES, 0);
	return out->esn ||
	       (p->no_esn && (!said || offers(peer, IKE_TF_ESN, IKE_ESN_NO, 0)));
}

static bool choose_one(const struct proposal *p, const struct ike_proposal *peer,
		       bool with_ke, struct chosen *out)
{
	*out = (struct chosen){
		.protocol = p->protocol,
		.number = peer->number,
		.spi = peer->spi,
	};
	return peer->protocol == p->protocol && only_known_types(peer) &&
	       choose_encr(p, peer, out) && choose_integ(p, peer, out) &&
	       choose_prf(p, peer, out) && choose_ke(p, peer, with_ke, out) &&
	       choose_esn(p, peer, out);
}

bool proposals_choose(const struct proposals *p, struct slice body,
		      bool with_ke, struct chosen *out)
{
	struct ike_proposal peer;

	for (size_t i = 0; i < p->n; i++) {
		struct slice s = body;

		while (ike_proposal_next(&s, &peer))
			if (choose_one(&p->at[i], &peer, with_ke, out))
				return true;
	}
	return false;
}

/* One transform a type, or the answer is no choice. */
static bool is_unambiguous(const struct ike_proposal *peer)
{
	struct slice s = peer->transforms;
	unsigned int seen = 0;
	struct ike_transform t;

	while (ike_transform_next(&s, &t)) {
		if (t.type > IKE_TF_ADDKE7 || (seen & 1U << t.type))
			return false;
		seen |= 1U << t.type;
	}
	return true;
}

bool proposals_check(const struct proposals *p, struct slice body, bool with_ke,
		     struct chosen *out)
{
	struct ike_proposal peer;
	struct slice s = body;

	return ike_proposal_next(&s, &peer) && !s.len &&
	       is_unambiguous(&peer) && proposals_choose(p, body, with_ke, out);
}

static bool allows_addkes(const struct addkes *a, const struct chosen *c)
{
	for (unsigned int i = 0; i < IKE_ADDKES; i++) {
		bool found = !a->n[i] && c->addke[i] == KE_NONE;

		for (uint8_t k = 0; k < a->n[i]; k++)
			found |= a->at[i][k] == c->addke[i];
		if (!found)
			return false;
	}
	return true;
}

static bool allows(const struct proposal *p, const struct chosen *c)
{
	bool encr = false, integ = p->n_integ == 0, prf = false, ke = false;

	for (size_t i = 0; i < p->n_encr; i++)
		encr |= p->encr[i] == c->encr;
	for (size_t i = 0; i < p->n_integ; i++)
		integ |= p->integ[i] == c->integ;
	for (size_t i = 0; i < p->n_prf; i++)
		prf |= p->prf[i] == c->prf;
	for (size_t i = 0; i < p->n_ke; i++)
		ke |= p->ke[i] == c->ke;
	return encr && integ && prf && ke && allows_addkes(&p->addkes, c);
}

bool proposals_allow(const struct proposals *p, const struct chosen *suite)
{
	for (size_t i = 0; i < p->n; i++)
		if (allows(&p->at[i], suite))
			return true;
	return false;
}

const struct ke_alg *proposals_first_ke(const struct proposals *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].n_ke)
			return p->at[i].ke[0];
	return NULL;
}

const struct ke_alg *proposals_find_ke(const struct proposals *p, uint16_t id)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < p->at[i].n_ke; j++)
			if (p->at[i].ke[j]->id == id)
				return p->at[i].ke[j];
	return NULL;
}

void proposals_describe(const struct proposals *p, char out[MISMATCH_SIDE_MAX])
{
	char one[PROPOSAL_STR_MAX];

	out[0] = '\0';
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			mismatch_add(out, MISMATCH_COMMA);
		mismatch_add(out, proposal_str(&p->at[i], one));
	}
}

/* NULL: none that we know. */
static const char *transform_name(const struct ike_transform *t)
{
	const struct encr_alg *encr = encr_by_id(t->id, t->key_bits);
	const struct integ_alg *integ = integ_by_id(t->id);
	const struct prf_alg *prf = prf_by_id(t->id);
	const struct ke_alg *ke = ke_by_id(t->id);

	switch (t->type) {
	case IKE_TF_ENCR:
		return encr ? encr->name : NULL;
	case IKE_TF_INTEG:
		return integ ? integ->name : NULL;
	case IKE_TF_PRF:
		return prf ? prf->name : NULL;
	case IKE_TF_KE:
		return ke ? ke->name : NULL;
	case IKE_TF_ESN:
		return t->id == IKE_ESN_YES ? "esn" : "noesn";
	default:
		return NULL;
	}
}

/* "encr12/256": with the numbers of include/ike.h and IANA's registry. */
static void transform_describe(const struct ike_transform *t, char one[32])
{
	static const char *const types[] = { [IKE_TF_ENCR] = "encr",
					     [IKE_TF_PRF] = "prf",
					     [IKE_TF_INTEG] = "integ",
					     [IKE_TF_KE] = "ke" };
	const char *name = transform_name(t);
	bool known = t->type < sizeof(types) / sizeof(types[0]);
	const char *type = known ? types[t->type] : NULL;
	const struct ke_alg *ke = ke_by_id(t->id);
	unsigned int which;

	if (is_addke(t->type, &which) && (ke || t->id == KE_NONE))
		snprintf(one, 32, "ke%u_%s", which + 1, ke ? ke->name : "none");
	else if (is_addke(t->type, &which))
		snprintf(one, 32, "ke%u_%u", which + 1, t->id);
	else if (name)
		snprintf(one, 32, "%s", name);
	else if (type && t->key_bits)
		snprintf(one, 32, "%s%u/%u", type, t->id, t->key_bits);
	else if (type)
		snprintf(one, 32, "%s%u", type, t->id);
	else
		snprintf(one, 32, "type%u/%u", t->type, t->id);
}

/* Sequence numbers of 32 bits alone go without saying, as in proposal_str(). */
static bool is_understood(const struct ike_proposal *peer,
			  const struct ike_transform *t)
{
	return t->type == IKE_TF_ESN && t->id == IKE_ESN_NO &&
	       !offers(peer, IKE_TF_ESN, IKE_ESN_YES, 0);
}

void sa_body_describe(struct slice body, char out[MISMATCH_SIDE_MAX])
{
	struct ike_proposal peer;

	out[0] = '\0';
	while (ike_proposal_next(&body, &peer)) {
		const char *between = out[0] ? MISMATCH_COMMA : "";
		struct slice s = peer.transforms;
		struct ike_transform t;

		while (ike_transform_next(&s, &t)) {
			char one[32];

			if (is_understood(&peer, &t))
				continue;
			transform_describe(&t, one);
			mismatch_add(out, between);
			mismatch_add(out, one);
			between = "-";
		}
	}
}
