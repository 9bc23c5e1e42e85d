// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/job_pool.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	struct job *first, **last;
};

struct job_pool {
	struct job_pool_spec spec;
	pthread_mutex_t lock; /* of the queues and stop */
	pthread_cond_t more;  /* in todo, or stop */
	struct queue todo, done;
	bool stop;
	pthread_t thread[JOB_THREADS_MAX];
	unsigned int n_threads;
	int fd; /* eventfd: something is done */
	struct event *on_done;
};

static void put(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

static struct job *take(struct queue *q)
{
	struct job *job = q->first;

	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->last = &q->first;
	return job;
}

static struct job *take_locked(struct job_pool *p, struct queue *q)
{
	struct job *job;

	pthread_mutex_lock(&p->lock);
	job = take(q);
	pthread_mutex_unlock(&p->lock);
	return job;
}

static struct job *wait_for_one(struct job_pool *p)
{
	struct job *job = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->stop && !(job = take(&p->todo)))
		pthread_cond_wait(&p->more, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return job;
}

static void *work(void *ctx)
{
	struct job_pool *p = ctx;
	struct job *job;

	while ((job = wait_for_one(p))) {
		p->spec.run(job);
		pthread_mutex_lock(&p->lock);
		put(&p->done, job);
		pthread_mutex_unlock(&p->lock);
		eventfd_write(p->fd, 1);
	}
	return NULL;
}

static void on_done(evutil_socket_t fd, short what, void *ctx)
{
	struct job_pool *p = ctx;
	struct job *job;
	eventfd_t n;

	(void)what;
	eventfd_read(fd, &n);
	while ((job = take_locked(p, &p->done)))
		p->spec.done(p->spec.ctx, job);
}

struct job_pool *job_pool_new(const struct job_pool_spec *spec)
{
	struct job_pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->todo.last = &p->todo.first;
	p->done.last = &p->done.first;
	p->spec = *spec;
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->fd >= 0)
		p->on_done = event_new(spec->base, p->fd, EV_READ | EV_PERSIST,
				       on_done, p);
	if (!p->on_done || event_add(p->on_done, NULL))
		goto free_pool;
	while (p->n_threads < spec->threads && p->n_threads < JOB_THREADS_MAX &&
	       !pthread_create(&p->thread[p->n_threads], NULL, work, p))
		p->n_threads++;
	if (p->n_threads)
		return p;
free_pool:
	job_pool_free(p);
	return NULL;
}

static unsigned int drop_all(struct job_pool *p, struct queue *q)
{
	unsigned int n = 0;
	struct job *job;

	for (; (job = take_locked(p, q)); n++)
		p->spec.drop(job);
	return n;
}

unsigned int job_pool_drop(struct job_pool *p)
{
	return drop_all(p, &p->todo);
}

void job_pool_free(struct job_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned int i = 0; i < p->n_threads; i++)
		pthread_join(p->thread[i], NULL);
	drop_all(p, &p->todo);
	drop_all(p, &p->done);
	if (p->on_done)
		event_free(p->on_done);
	if (p->fd >= 0)
		close(p->fd);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void job_pool_add(struct job_pool *p, struct job *job)
{
	pthread_mutex_lock(&p->lock);
	put(&p->todo, job);
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
}
