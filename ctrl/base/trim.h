/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is free goes back to the kernel, now and then. Of what was allocated in
 * small pieces, malloc gives back by itself only what lies behind the last piece in
 * use: where tunnels came and went, that is next to nothing. One thread.
 */
#ifndef CYG_BASE_TRIM_H
#define CYG_BASE_TRIM_H

#include <event2/event.h>

#define TRIM_MS 10000U

/* Before the first large allocation of a process: each of them is mapped by itself,
 * however many came before, and goes back as soon as it is freed. */
void trim_begin(void);

/* Every so many ms, on that loop; handed over. NULL: out of memory. */
struct event *trim_new(struct event_base *base, unsigned int ms);

#endif
