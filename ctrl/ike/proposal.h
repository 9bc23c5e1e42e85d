/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proposals on the wire (RFC 7296 sections 2.7 and 3.3): what we offer, what we
 * choose of an offer, and whether an answer is one of ours. Pure; engine's
 * thread.
 */
#ifndef CYG_IKE_PROPOSAL_H
#define CYG_IKE_PROPOSAL_H

#include "ctrl/model/mismatch.h"
#include "ctrl/model/proposal.h"
#include "ctrl/wire/ike_build.h"

/* One algorithm of each type. */
struct chosen {
	enum ike_protocol protocol;
	uint8_t number;	  /* of the proposal */
	struct slice spi; /* the peer's; borrowed from its message */
	const struct encr_alg *encr;
	const struct integ_alg *integ; /* integ_none with an AEAD */
	const struct prf_alg *prf;     /* IKE */
	const struct ke_alg *ke;       /* NULL: none */
	uint16_t addke[IKE_ADDKES];    /* enum ke_id; KE_NONE: it is left out */
	bool esn;
};

/*
 * An SA payload that offers all of them.
 *
 * spi       of the SA that we would make; empty in IKE_SA_INIT
 * with_ke   false in IKE_AUTH, where a CHILD SA has no key exchange of its own
 *           (section 1.2), nor additional ones
 */
void proposals_put(struct ike_builder *m, const struct proposals *p,
		   struct slice spi, bool with_ke);

/* An SA payload with what was chosen; spi is ours. */
void chosen_put(struct ike_builder *m, const struct chosen *c, struct slice spi);

/*
 * The best of ours that the peer offers too. The key exchange is our best as
 * well, whatever method its KE payload is of: else whoever forges an
 * INVALID_KE_PAYLOAD would choose it.
 *
 * body      of its SA payload
 * with_ke   as above
 *
 * false: none (NO_PROPOSAL_CHOSEN).
 */
MUST_CHECK bool proposals_choose(const struct proposals *p, struct slice body,
				 bool with_ke, struct chosen *out);

/* Is an IKE SA's suite, with its key exchange, one of these? */
bool proposals_allow(const struct proposals *p, const struct chosen *suite);

/* The peer's answer to our offer; false: not one of what we offered. */
MUST_CHECK bool proposals_check(const struct proposals *p, struct slice body,
				bool with_ke, struct chosen *out);

/* Does it have additional key exchanges? */
bool chosen_has_addke(const struct chosen *c);

/* The method of the first key exchange that they name, and the one of an id
 * among theirs; NULL: there is none. */
const struct ke_alg *proposals_first_ke(const struct proposals *p);
const struct ke_alg *proposals_find_ke(const struct proposals *p, uint16_t id);

/*
 * Both sides in the same words, for an operator to compare: proposal_str()'s,
 * and a number where nobody knows a word.
 */
void proposals_describe(const struct proposals *p, char out[MISMATCH_SIDE_MAX]);
void sa_body_describe(struct slice body, char out[MISMATCH_SIDE_MAX]);

#endif
