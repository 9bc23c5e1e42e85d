// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/work_pool.h"

#include <stdlib.h>
#include <time.h>

#include "ctrl/daemon/job_pool.h"

#define N_THREADS 2

/* Of one kind. */
struct work {
	struct job job;
	struct ke_job *ke;	   /* or */
	struct verify_job *verify; /* owned, until it is handed back */
};

struct work_pool {
	struct job_pool *pool;
	struct work_done call;
};

static struct work *work_of(struct job *job)
{
	return (struct work *)job;
}

static void run(struct job *job)
{
	const struct work *w = work_of(job);

	if (w->ke)
		ke_job_run(w->ke);
	else
		verify_job_run(w->verify, (int64_t)time(NULL));
}

static void drop(struct job *job)
{
	struct work *w = work_of(job);

	ke_job_free(w->ke);
	verify_job_free(w->verify);
	free(w);
}

static void done(void *ctx, struct job *job)
{
	const struct work_pool *p = ctx;
	struct work *w = work_of(job);

	if (w->ke)
		p->call.ke(p->call.ctx, w->ke);
	else
		p->call.verify(p->call.ctx, w->verify);
	free(w);
}

struct work_pool *work_pool_new(struct event_base *base,
				const struct work_done *call)
{
	struct work_pool *p = calloc(1, sizeof(*p));
	const struct job_pool_spec spec = { .base = base,
					    .threads = N_THREADS,
					    .run = run,
					    .done = done,
					    .drop = drop,
					    .ctx = p };

	if (!p)
		return NULL;
	p->call = *call;
	p->pool = job_pool_new(&spec);
	if (p->pool)
		return p;
	free(p);
	return NULL;
}

void work_pool_free(struct work_pool *p)
{
	if (!p)
		return;
	job_pool_free(p->pool);
	free(p);
}

/* Without memory the peer's time-out ends the exchange. */
static void add(struct work_pool *p, const struct work *what)
{
	struct work *w = malloc(sizeof(*w));

	if (!w) {
		ke_job_free(what->ke);
		verify_job_free(what->verify);
		return;
	}
	*w = *what;
	job_pool_add(p->pool, &w->job);
}

void work_pool_ke(struct work_pool *p, struct ke_job *job)
{
	add(p, &(const struct work){ .ke = job });
}

void work_pool_verify(struct work_pool *p, struct verify_job *job)
{
	add(p, &(const struct work){ .verify = job });
}
