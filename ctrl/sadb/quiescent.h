/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When nobody can still hold what was taken out of a table: read-copy-update
 * in its quiescent-state flavour (liburcu). A worker says once a round that it
 * holds nothing, and is not waited for while it sleeps; the control thread
 * hands over what is to be freed and does not wait at all.
 *
 * The only place that sees the library, but for the head that stands in what
 * is freed; and where ThreadSanitizer, which does not see the library's
 * barriers, is told of them.
 */
#ifndef CYG_SADB_QUIESCENT_H
#define CYG_SADB_QUIESCENT_H

struct rcu_head;

/* Worker: from now on it may hold things; from then on it doesn't. */
void quiescent_join(void);
void quiescent_leave(void);

/* Worker: holds nothing now, of what it found in a table. Once a round. */
void quiescent_state(void);

/* Worker, around its sleep: holds nothing until it is back. */
void quiescent_offline(void);
void quiescent_online(void);

/* Before the first quiescent_defer(), on the control thread. */
void quiescent_init(void);

/*
 * Control thread: calls release when no worker can hold it any more, on a
 * thread of the library's. What release does first is quiescent_acquire().
 */
void quiescent_defer(struct rcu_head *head,
		     void (*release)(struct rcu_head *head));
void quiescent_acquire(void);

/* Waits until all that was deferred is released. */
void quiescent_drain(void);

#endif
