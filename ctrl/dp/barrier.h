/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drain barrier: when has every packet left that BPF judged by a map as it
 * was before a change? In two steps, each of which is a number that grows:
 *
 *     asked    the control thread changed a map, and wants to know
 *     graced   the kernel's grace period that began after it is over: no BPF
 *              run that saw the old map goes on, and what those runs steered
 *              stands in the queues
 *     acked    a worker has emptied its queues as far as they were filled when
 *              it saw `graced`; one such number for each worker
 *
 * A change is through when the lowest acked has reached its asked. One barrier
 * serves all changes that wait: the grace period takes milliseconds, during
 * which others are asked for. It is waited for on a thread of its own, so that
 * the control thread never stands still.
 */
#ifndef CYG_DP_BARRIER_H
#define CYG_DP_BARRIER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/error.h"
#include "include/limits.h"

/* A worker's end. */
struct drain {
	const _Atomic uint64_t *graced; /* the barrier's; NULL: none to drain */
	_Atomic uint64_t acked;		/* worker writes, control reads */
	int wake_fd; /* eventfd: the worker wakes; borrowed */
};

struct barrier_spec {
	/* Returns after a grace period of the kernel; NULL: there is no BPF. On
	 * the barrier's thread. */
	void (*grace)(void *ctx);
	void *ctx;
};

struct barrier;

/* Starts its thread. 0, or negative with e filled. Control thread. */
int barrier_new(const struct barrier_spec *spec, struct barrier **out,
		struct error *e);

/* Ends it; asked for or not. NULL is fine. */
void barrier_free(struct barrier *b);

/* Before the worker runs. drain is borrowed until barrier_remove(). */
void barrier_add(struct barrier *b, struct drain *drain, int wake_fd);

/* After it ended: not waited for any more. */
void barrier_remove(struct barrier *b, struct drain *drain);

/* The number of what was changed up to now. */
uint64_t barrier_ask(struct barrier *b);

/* Changes up to this number are through. */
uint64_t barrier_reached(const struct barrier *b);

/* Wakes every worker. */
void barrier_wake(const struct barrier *b);

#endif
