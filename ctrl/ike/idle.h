/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The option `inactivity`: CHILD SAs that nothing has come or gone by for so long
 * are deleted. The SAD is asked when that may be so. For the files of ctrl/ike; one
 * thread.
 */
#ifndef CYG_IKE_IDLE_H
#define CYG_IKE_IDLE_H

#include "ctrl/ike/sa.h"

/* Its time begins. */
void idle_begin(struct ike_sa *sa, struct child_sa *c);

/* It is due to be asked for. */
void idle_ask(struct ike_sa *sa, struct child_sa *c);

/* An answer to that. */
void idle_answered(struct engine *e, const struct sadb_answer *a);

#endif
