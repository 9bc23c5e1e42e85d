/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that do key exchanges and verify peers' signatures, which take too long for
 * an event loop. Jobs go in and come back in any order. The thread of the event loop.
 */
#ifndef CYG_DAEMON_WORK_POOL_H
#define CYG_DAEMON_WORK_POOL_H

#include "ctrl/ike/engine.h"

struct event_base;
struct work_pool;

/* Called from the loop; the job is handed back. */
struct work_done {
	void (*ke)(void *ctx, struct ke_job *job);
	void (*verify)(void *ctx, struct verify_job *job);
	void *ctx;
};

/* NULL: no memory, or no thread. */
struct work_pool *work_pool_new(struct event_base *base,
				const struct work_done *call);

/* Waits for what is being computed; jobs are freed. NULL is fine. */
void work_pool_free(struct work_pool *p);

/* The job is handed over. Certificates are judged by the time of the day at which one
 * is begun. */
void work_pool_ke(struct work_pool *p, struct ke_job *job);
void work_pool_verify(struct work_pool *p, struct verify_job *job);

#endif
