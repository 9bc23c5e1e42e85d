/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads that are to do something in the same moment, again and again: each
 * waits for the other without a pause at first, so that none is late by a wake-up.
 */
#ifndef CYG_TESTS_MEET_H
#define CYG_TESTS_MEET_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#define MEET_THREADS 2U
#define MEET_SPINS   1000U

struct meeting {
	_Atomic uint32_t arrived; /* so often, both together */
};

/* nth   from 1 on, of this thread */
static inline void meet(struct meeting *m, uint32_t nth)
{
	atomic_fetch_add(&m->arrived, 1);
	for (uint32_t i = 1; atomic_load(&m->arrived) < nth * MEET_THREADS; i++)
		if (i % MEET_SPINS == 0)
			sched_yield();
}

#endif
