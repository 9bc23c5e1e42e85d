/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that do what takes too long for an event loop. Jobs go in and come back in
 * any order. The thread of the event loop, but for run().
 */
#ifndef CYG_DAEMON_JOB_POOL_H
#define CYG_DAEMON_JOB_POOL_H

struct event_base;
struct job_pool;

#define JOB_THREADS_MAX 16

/* Inside of what is to be done, as its first field. */
struct job {
	struct job *next; /* the pool's */
};

struct job_pool_spec {
	struct event_base *base;
	unsigned int threads;
	/* On one of the threads. */
	void (*run)(struct job *job);
	/* From the loop; the job is handed back. */
	void (*done)(void *ctx, struct job *job);
	/* One that does not come back is freed. From job_pool_drop() and _free(). */
	void (*drop)(struct job *job);
	void *ctx;
};

/* NULL: no memory, or no thread. */
struct job_pool *job_pool_new(const struct job_pool_spec *spec);

/* Waits for what is being done, all jobs are dropped. NULL is fine. */
void job_pool_free(struct job_pool *p);

/* The job is handed over. It can't fail. */
void job_pool_add(struct job_pool *p, struct job *job);

/* Those that nobody has begun yet. Returns how many. */
unsigned int job_pool_drop(struct job_pool *p);

#endif
