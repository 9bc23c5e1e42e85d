/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A span of time as people read it: its two largest units. One spelling for
 * the daemon's answers and for the client.
 */
#ifndef CYG_CONTROL_DURATION_H
#define CYG_CONTROL_DURATION_H

#include <stdint.h>

#define DURATION_STR_MAX 32

/* "8s", "3m12s", "2h05m", "4d07h"; writes to buf and returns it. */
const char *duration_str(uint64_t seconds, char buf[DURATION_STR_MAX]);

#endif
