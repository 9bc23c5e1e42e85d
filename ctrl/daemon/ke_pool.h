/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that do key exchanges, which take too long for an event loop. Jobs
 * go in and come back in any order. The thread of the event loop.
 */
#ifndef CYG_DAEMON_KE_POOL_H
#define CYG_DAEMON_KE_POOL_H

#include "ctrl/ike/engine.h"

struct event_base;
struct ke_pool;

/*
 * done()   called from the loop; the job is handed back
 *
 * NULL: no memory, or no thread.
 */
struct ke_pool *ke_pool_new(struct event_base *base,
			    void (*done)(void *ctx, struct ke_job *job),
			    void *ctx);

/* Waits for what is being computed; jobs are freed. NULL is fine. */
void ke_pool_free(struct ke_pool *p);

/* The job is handed over. */
void ke_pool_add(struct ke_pool *p, struct ke_job *job);

#endif
