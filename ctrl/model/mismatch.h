/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What two sides have where they found nothing in common, as one line of text:
 * made where it is found out, and taken apart where it is shown. Pure.
 */
#ifndef CYG_MODEL_MISMATCH_H
#define CYG_MODEL_MISMATCH_H

#include "ctrl/base/slice.h"

#define MISMATCH_SIDE_MAX 1024 /* of one side, with the NUL */
#define MISMATCH_STR_MAX  2304

/* Between proposals, or whatever a side has more than one of. */
#define MISMATCH_COMMA ", "

struct mismatch {
	struct slice what; /* "proposal mismatch (IKE)" */
	struct slice ours;
	struct slice peers; /* empty: it did not say */
};

/*
 * "WHAT: we have OURS; the peer offers PEERS"
 *
 * what    of less than 64 octets, without a colon
 * ours    of less than MISMATCH_SIDE_MAX octets, as peers
 * peers   "": the peer only refuses ours
 *
 * Returns buf.
 */
const char *mismatch_str(const char *what, const char *ours, const char *peers,
			 char buf[MISMATCH_STR_MAX]);

/* Borrows text; false: it is none of mismatch_str()'s. */
MUST_CHECK bool mismatch_parse(const char *text, struct mismatch *out);

/* Takes the first item off a side; false: there is none. */
MUST_CHECK bool mismatch_next(struct slice *side, struct slice *item);

/* Adds to a side, which ends in "..." when it has no room for more. */
void mismatch_add(char side[MISMATCH_SIDE_MAX], const char *text);

#endif
