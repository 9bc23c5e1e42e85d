/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By which suites the SAs of a child may protect, as a set: what its proposals
 * come to, in the size of one that each policy can have. Plain values; any
 * thread.
 */
#ifndef CYG_MODEL_SUITES_H
#define CYG_MODEL_SUITES_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/model/proposal.h"
#include "ctrl/model/sadb.h"

/* Each cipher with each integrity algorithm: of one proposal. */
struct suite_row {
	uint64_t encr;	  /* a bit for each place in encr_at() */
	uint32_t integ;	  /* likewise in integ_at(); none: integ_none */
	uint8_t protocol; /* enum ike_protocol */
	uint8_t esn;	  /* of 2 bits that for sadb_sa.esn */
	uint8_t pad[2];
};

/* Without a row it has no suite. */
struct suites {
	struct suite_row at[PROPOSALS_MAX];
	uint32_t n;
	uint8_t modes; /* a bit for each enum sadb_mode */
	uint8_t pad[3];
};

/* Of ESP's and AH's proposals, the latter without a cipher; of no mode yet. */
void suites_of(const struct proposals *p, struct suites *out);

/* May such an SA be? What is no suite at all may not. */
bool suites_have(const struct suites *s, const struct sadb_sa *sa);

#endif
