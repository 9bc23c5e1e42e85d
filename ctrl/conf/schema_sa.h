/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What children and manual pairs both say of their SAs, and must not say at once.
 * Control thread.
 */
#ifndef CYG_CONF_SCHEMA_SA_H
#define CYG_CONF_SCHEMA_SA_H

#include "ctrl/conf/tree.h"
#include "ctrl/crypto/alg.h"
#include "ctrl/model/conn.h"

/* The limit of which somebody is told, and that of the SA's end. */
struct sa_lives {
	const char *prefix; /* of the first one's keys: "soft" or "rekey" */
	bool may_equal;	    /* it comes earlier, by rand_* */
	struct sadb_limit soft, hard;
};

/* Is the first in time for new keys? 0, or -EINVAL with e filled. */
int sa_check_lives(const struct section *sec, const struct sa_lives *lives,
		   struct error *e);

/* Of 8 octets: equal ones come by chance after some 2^32, and tell something. */
static inline bool sa_small_blocks(const struct encr_alg *encr)
{
	return encr->block_bytes == 8;
}

/*
 * Is DF set of what is to be cut? Is anything padded that is not counted, with a
 * cipher whose key is soon used up?
 *
 * small   a cipher of sa_small_blocks() that may be chosen; NULL: there is none
 *
 * 0, or -EINVAL with e filled.
 */
int sa_check_outer(const struct section *sec, const struct sadb_outer *outer,
		   bool fragment_after, const struct encr_alg *small,
		   struct error *e);

/* Both of a child whose times are filled in. */
int sa_check_child(const struct section *sec, const struct child_conf *c,
		   struct error *e);

#endif
