/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An engine goes on with the SAs of one that ended, from its records: see engine.h.
 * For the files of ctrl/ike; one thread.
 */
#ifndef CYG_IKE_TAKEOVER_H
#define CYG_IKE_TAKEOVER_H

#include "ctrl/ike/sa.h"

/* The answer to a CLAIM that no exchange waits for. */
void takeover_claimed(struct engine *e, const struct sadb_answer *a);

#endif
