/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of an SA's life, in the packet path: its limits (ctrl/sadb/limit.h)
 * are kept here, not by whoever set them and may be late or gone; that one is
 * told, once of the soft and once of the hard one. Where several workers use an
 * SA at once, each looks at what all have counted: together they may exceed a
 * limit by a run each. Worker.
 */
#ifndef CYG_DP_LIFE_H
#define CYG_DP_LIFE_H

#include "ctrl/dp/worker.h"

/* How many of the run, from its front, the SA may carry; the others are dropped. */
uint32_t life_admit(const struct worker *w, struct packet **p, uint32_t n);

/* The SA has counted a run: is whoever made it to be told of a limit? Outbound
 * also that it runs out of sequence numbers. */
void life_note(struct worker *w, struct sa_rt *sa);

#endif
