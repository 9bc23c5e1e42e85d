/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which queues have a socket, and of which worker: queue q of every device is
 * worker q % n's. What is there is held against what should be, at start and
 * from then on whenever something may have changed: devices come and go, and
 * so do their queues. Control thread.
 */
#ifndef CYG_DP_QUEUES_H
#define CYG_DP_QUEUES_H

#include "ctrl/base/error.h"

struct dp;

/* At start, before workers run: a socket for every queue. 0, or negative with e
 * filled. */
int queues_open(struct dp *dp, struct error *e);

/* Workers run: packets come to them. Likewise. */
int queues_enter(struct dp *dp, struct error *e);

/*
 * Queues that came get a socket, those that went lose theirs; what cannot be
 * done yet is done at another call. Workers run; once a second is enough.
 */
void queues_follow(struct dp *dp);

/* No packet comes any more. */
void queues_leave(struct dp *dp);

/* No worker runs any more. */
void queues_close(struct dp *dp);

#endif
