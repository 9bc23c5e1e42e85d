// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/work_pool.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define N_THREADS 2

/* A job on its way, in one of the two queues; it is of one kind. */
struct item {
	struct item *next;
	struct ke_job *ke;	   /* or */
	struct verify_job *verify; /* owned, until it is handed back */
};

struct queue {
	struct item *first, **last;
};

struct work_pool {
	pthread_mutex_t lock; /* of the queues and stop */
	pthread_cond_t more;  /* in todo, or stop */
	struct queue todo, done;
	bool stop;
	pthread_t thread[N_THREADS];
	int n_threads;
	int fd; /* eventfd: something is done */
	struct event *on_done;
	struct work_done call;
};

static void put(struct queue *q, struct item *i)
{
	i->next = NULL;
	*q->last = i;
	q->last = &i->next;
}

static struct item *take(struct queue *q)
{
	struct item *i = q->first;

	if (!i)
		return NULL;
	q->first = i->next;
	if (!q->first)
		q->last = &q->first;
	return i;
}

static struct item *wait_for_one(struct work_pool *p)
{
	struct item *i = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->stop && !(i = take(&p->todo)))
		pthread_cond_wait(&p->more, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return i;
}

static void run(struct item *i)
{
	if (i->ke)
		ke_job_run(i->ke);
	else
		verify_job_run(i->verify, (int64_t)time(NULL));
}

static void item_free(struct item *i)
{
	ke_job_free(i->ke);
	verify_job_free(i->verify);
	free(i);
}

static void *work(void *ctx)
{
	struct work_pool *p = ctx;
	struct item *i;

	while ((i = wait_for_one(p))) {
		run(i);
		pthread_mutex_lock(&p->lock);
		put(&p->done, i);
		pthread_mutex_unlock(&p->lock);
		eventfd_write(p->fd, 1);
	}
	return NULL;
}

static void on_done(evutil_socket_t fd, short what, void *ctx)
{
	struct work_pool *p = ctx;
	eventfd_t n;
	struct item *i;

	(void)what;
	eventfd_read(fd, &n);
	for (;;) {
		pthread_mutex_lock(&p->lock);
		i = take(&p->done);
		pthread_mutex_unlock(&p->lock);
		if (!i)
			return;
		if (i->ke)
			p->call.ke(p->call.ctx, i->ke);
		else
			p->call.verify(p->call.ctx, i->verify);
		free(i);
	}
}

struct work_pool *work_pool_new(struct event_base *base,
				const struct work_done *done)
{
	struct work_pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->todo.last = &p->todo.first;
	p->done.last = &p->done.first;
	p->call = *done;
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->fd >= 0)
		p->on_done = event_new(base, p->fd, EV_READ | EV_PERSIST,
				       on_done, p);
	if (!p->on_done || event_add(p->on_done, NULL))
		goto free_pool;
	while (p->n_threads < N_THREADS &&
	       !pthread_create(&p->thread[p->n_threads], NULL, work, p))
		p->n_threads++;
	if (p->n_threads)
		return p;
free_pool:
	work_pool_free(p);
	return NULL;
}

static void drop_all(struct queue *q)
{
	struct item *i;

	while ((i = take(q)))
		item_free(i);
}

void work_pool_free(struct work_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->n_threads; i++)
		pthread_join(p->thread[i], NULL);
	drop_all(&p->todo);
	drop_all(&p->done);
	if (p->on_done)
		event_free(p->on_done);
	if (p->fd >= 0)
		close(p->fd);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* Without memory the peer's time-out ends the exchange. */
static void add(struct work_pool *p, const struct item *job)
{
	struct item *i = calloc(1, sizeof(*i));

	if (!i) {
		ke_job_free(job->ke);
		verify_job_free(job->verify);
		return;
	}
	*i = *job;
	pthread_mutex_lock(&p->lock);
	put(&p->todo, i);
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
}

void work_pool_ke(struct work_pool *p, struct ke_job *job)
{
	add(p, &(const struct item){ .ke = job });
}

void work_pool_verify(struct work_pool *p, struct verify_job *job)
{
	add(p, &(const struct item){ .verify = job });
}
