/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the data path counted of each of its SAs, as it crosses the seam and as ctl
 * keeps it: of drops those reasons alone that there were, for there are tens of
 * thousands of SAs and each is looked at whenever somebody asks. Host order, as all
 * messages of a seam. One thread.
 */
#ifndef CYG_DAEMON_DP_SAS_H
#define CYG_DAEMON_DP_SAS_H

#include "ctrl/base/slice.h"
#include "ctrl/model/sadb.h"
#include "ctrl/model/status.h"

#define DP_SAS_OCTETS 16384U /* of one message */

/* As many SAs as have room, one behind the other. */
struct dp_msg_sas {
	uint32_t len;
	uint32_t pad;
	uint8_t octets[DP_SAS_OCTETS];
};

struct dp_sa {
	struct sadb_id id;
	uint32_t policy; /* the first one that it serves */
	bool orphan;	 /* who made it has ended */
	struct sa_status status;
};

/* One more. false: there is no room, and nothing was written. */
MUST_CHECK bool dp_sas_put(struct dp_msg_sas *m, const struct dp_sa *sa);

/* So much of it has to be sent. */
size_t dp_sas_bytes(const struct dp_msg_sas *m);

/* Those of one look. All zero: none. */
struct dp_sas {
	uint8_t *octets; /* owned, as the table */
	size_t len, room;
	uint32_t *table; /* by their names: where each begins, and 1; 0: free */
	size_t n_table;	 /* a power of two, or 0 */
	size_t n;
};

/*
 * Adds those of a message. 0; -ENOMEM; -EINVAL: it is none, and what is behind the
 * fault is left out; -E2BIG: more than there can be.
 */
MUST_CHECK int dp_sas_add(struct dp_sas *s, const struct dp_msg_sas *m);

/* false: there is none of that name. */
bool dp_sas_find(const struct dp_sas *s, const struct sadb_id *id,
		 struct dp_sa *out);

/* The one that begins there, at first 0; at is then where the next one does. false:
 * that was the last. */
bool dp_sas_next(const struct dp_sas *s, size_t *at, struct dp_sa *out);

void dp_sas_free(struct dp_sas *s);

#endif
