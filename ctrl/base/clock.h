/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monotonic clock: ages, deadlines and intervals. It never jumps, and says
 * nothing about the time of day. Any thread.
 */
#ifndef CYG_BASE_CLOCK_H
#define CYG_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

/* CLOCK_MONOTONIC. */
uint64_t clock_ns(void);

#endif
