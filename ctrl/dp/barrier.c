// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/barrier.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct barrier {
	struct barrier_spec spec;
	pthread_t thread;
	bool running;
	int ask_fd;		 /* eventfd: the thread wakes; -1: no thread */
	_Atomic uint64_t asked;	 /* control thread writes, its thread reads */
	_Atomic uint64_t graced; /* its thread writes, all others read */
	_Atomic bool stop;	 /* control thread writes, its thread reads */
	/* The list is the control thread's; its thread takes the lock to wake
	 * who stands in it. */
	pthread_mutex_t lock;
	struct drain *drains[WORKERS_MAX];
	uint32_t n;
};

static void signal_fd(int fd)
{
	const uint64_t one = 1;

	if (fd >= 0 && write(fd, &one, sizeof(one)) < 0)
		return; /* its counter is at the top: it is awake */
}

void barrier_wake(const struct barrier *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		signal_fd(b->drains[i]->wake_fd);
}

/* What is asked for during a grace period waits for the next one. */
static void grace(struct barrier *b)
{
	uint64_t asked = atomic_load_explicit(&b->asked, memory_order_acquire);

	if (asked == atomic_load_explicit(&b->graced, memory_order_relaxed))
		return;
	if (b->spec.grace)
		b->spec.grace(b->spec.ctx);
	atomic_store_explicit(&b->graced, asked, memory_order_release);
	pthread_mutex_lock(&b->lock);
	barrier_wake(b);
	pthread_mutex_unlock(&b->lock);
}

static void *run(void *ctx)
{
	struct barrier *b = ctx;
	uint64_t count;

	while (!atomic_load_explicit(&b->stop, memory_order_acquire)) {
		grace(b);
		if (read(b->ask_fd, &count, sizeof(count)) < 0 && errno != EINTR)
			break;
	}
	return NULL;
}

/* Signals are the control thread's. */
static int start(struct barrier *b)
{
	sigset_t all, before;
	int err;

	b->ask_fd = eventfd(0, EFD_CLOEXEC);
	if (b->ask_fd < 0)
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	err = -pthread_create(&b->thread, NULL, run, b);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return err;
	pthread_setname_np(b->thread, "barrier");
	b->running = true;
	return 0;
}

int barrier_new(const struct barrier_spec *spec, struct barrier **out,
		struct error *e)
{
	struct barrier *b = calloc(1, sizeof(*b));
	int err = 0;

	if (!b)
		return error_set(e, -ENOMEM, "no memory for a barrier");
	b->spec = *spec;
	b->ask_fd = -1;
	pthread_mutex_init(&b->lock, NULL);
	if (spec->grace)
		err = start(b);
	if (err) {
		barrier_free(b);
		return error_set(e, err, "cannot start the barrier: %s",
				 strerror(-err));
	}
	*out = b;
	return 0;
}

void barrier_free(struct barrier *b)
{
	if (!b)
		return;
	atomic_store_explicit(&b->stop, true, memory_order_release);
	signal_fd(b->ask_fd);
	if (b->running)
		pthread_join(b->thread, NULL);
	if (b->ask_fd >= 0)
		close(b->ask_fd);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/* What was asked for before it came does not concern it. */
void barrier_add(struct barrier *b, struct drain *drain, int wake_fd)
{
	drain->graced = &b->graced;
	drain->wake_fd = wake_fd;
	atomic_store(&drain->acked, atomic_load(&b->graced));
	pthread_mutex_lock(&b->lock);
	if (b->n < WORKERS_MAX)
		b->drains[b->n++] = drain;
	pthread_mutex_unlock(&b->lock);
}

void barrier_remove(struct barrier *b, struct drain *drain)
{
	pthread_mutex_lock(&b->lock);
	for (uint32_t i = 0; i < b->n; i++)
		if (b->drains[i] == drain)
			b->drains[i] = b->drains[--b->n];
	pthread_mutex_unlock(&b->lock);
}

uint64_t barrier_ask(struct barrier *b)
{
	uint64_t asked = atomic_load_explicit(&b->asked, memory_order_relaxed);

	atomic_store_explicit(&b->asked, asked + 1, memory_order_release);
	if (b->running)
		signal_fd(b->ask_fd);
	else
		grace(b);
	return asked + 1;
}

uint64_t barrier_reached(const struct barrier *b)
{
	uint64_t lowest = atomic_load_explicit(&b->graced, memory_order_acquire);

	for (uint32_t i = 0; i < b->n; i++) {
		uint64_t acked = atomic_load_explicit(&b->drains[i]->acked,
						      memory_order_acquire);

		if (acked < lowest)
			lowest = acked;
	}
	return lowest;
}
