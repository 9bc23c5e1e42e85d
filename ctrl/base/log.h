/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line an event, to standard error: `module: event key=value …`. Levels:
 * error (an operator must act), warn (a peer or the network misbehaves), info
 * (something came up or went down), debug. Nothing per packet: that is
 * counted. Never a secret. Any thread; a line is written in one piece.
 */
#ifndef CYG_BASE_LOG_H
#define CYG_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/base/bucket.h"

enum log_level {
	LOG_LVL_ERROR,
	LOG_LVL_WARN,
	LOG_LVL_INFO,
	LOG_LVL_DEBUG,
};

/* Lines above this level are not written; info at start. */
void log_set_level(enum log_level level);

/* Are lines of that level written? */
bool log_shows(enum log_level level);

/* Of the lines that one source, which is not us, can cause: so many at once, and
 * in a second after that. */
#define LOG_BURST 200
#define LOG_PER_S 10

/* Zeroed it is new. One thread at a time. */
struct log_limit {
	struct bucket bucket;
	uint64_t left_out;
};

/*
 * May the next line of that source be written? Says before it how many were not.
 *
 * source   in plain words, for that line
 * now_ns   CLOCK_MONOTONIC
 */
bool log_may(struct log_limit *l, const char *source, uint64_t now_ns);

#define LOG_FORMAT __attribute__((format(printf, 1, 2)))
LOG_FORMAT void log_error(const char *fmt, ...);
LOG_FORMAT void log_warn(const char *fmt, ...);
LOG_FORMAT void log_info(const char *fmt, ...);
LOG_FORMAT void log_debug(const char *fmt, ...);

#endif
