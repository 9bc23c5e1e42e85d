/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suites with a name: what the RFCs that name them say, as proposals. Constant;
 * any thread.
 */
#ifndef CYG_MODEL_SUITE_H
#define CYG_MODEL_SUITE_H

#include "ctrl/model/proposal.h"

struct suite {
	const char *name; /* as an RFC has it, in lower case */
	const char *ike;  /* as proposal_parse() reads it */
	const char *esp;
	const char *rfc;
};

/* The whole table, for tests and listings; NULL: there are no more. */
const struct suite *suite_at(size_t i);

/* NULL: there is none of that name, in letters of either case. */
const struct suite *suite_by_name(const char *name);

/* Its proposal for the protocol: IKE_PROTO_IKE or IKE_PROTO_ESP. */
void suite_proposals(const struct suite *s, enum ike_protocol protocol,
		     struct proposals *out);

#endif
