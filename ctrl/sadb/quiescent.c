// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/quiescent.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <urcu-qsbr.h>

#if defined(__SANITIZE_THREAD__)
#define SEEN_BY_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SEEN_BY_TSAN 1
#endif
#endif

#ifdef SEEN_BY_TSAN
#include <sanitizer/tsan_interface.h>
static char order; /* stands for the library's barriers */
#define ORDER_RELEASE() __tsan_release(&order)
#define ORDER_ACQUIRE() __tsan_acquire(&order)
#else
#define ORDER_RELEASE() ((void)0)
#define ORDER_ACQUIRE() ((void)0)
#endif

void quiescent_join(void)
{
	rcu_register_thread();
}

void quiescent_leave(void)
{
	ORDER_RELEASE();
	rcu_unregister_thread();
}

void quiescent_state(void)
{
	ORDER_RELEASE();
	rcu_quiescent_state();
}

void quiescent_offline(void)
{
	ORDER_RELEASE();
	rcu_thread_offline();
}

void quiescent_online(void)
{
	rcu_thread_online();
}

/* Its thread inherits the mask: signals are the control thread's. */
void quiescent_init(void)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	get_default_call_rcu_data();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/*
 * The library wants its caller registered so that the helper of one CPU does
 * not end meanwhile; there is only the default one here, which never ends.
 */
void quiescent_defer(struct rcu_head *head,
		     void (*release)(struct rcu_head *head))
{
	ORDER_RELEASE();
	call_rcu(head, release);
}

void quiescent_acquire(void)
{
	ORDER_ACQUIRE();
}

struct mark {
	struct rcu_head rcu;
	sem_t reached;
};

static void reach(struct rcu_head *head)
{
	sem_post(&caa_container_of(head, struct mark, rcu)->reached);
}

/* They are released in the order in which they were handed over. */
void quiescent_drain(void)
{
	struct mark m;

	sem_init(&m.reached, 0, 0);
	quiescent_defer(&m.rcu, reach);
	while (sem_wait(&m.reached) && errno == EINTR)
		;
	sem_destroy(&m.reached);
}
