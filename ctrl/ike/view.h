/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is to be seen of SAs, for whoever keeps the state mirror: told when a
 * call into the engine ends, once for each SA that it changed. For the files of
 * ctrl/ike; one thread.
 */
#ifndef CYG_IKE_VIEW_H
#define CYG_IKE_VIEW_H

#include "ctrl/ike/sa.h"

/* It, or a child of it, is to be told of. */
void view_changed(struct ike_sa *sa);

/* The last that is told of a child. */
void view_child_gone(const struct ike_sa *sa, const struct child_sa *c);

/* Tells. Before the memory of SAs that are over is freed. */
void view_flush(struct engine *e);

#endif
