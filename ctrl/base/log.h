/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line an event, to standard error: `module: event key=value …`. Levels:
 * error (an operator must act), warn (a peer or the network misbehaves), info
 * (something came up or went down), debug. Nothing per packet: that is
 * counted. Never a secret. Any thread; a line is written in one piece.
 */
#ifndef CYG_BASE_LOG_H
#define CYG_BASE_LOG_H

enum log_level {
	LOG_LVL_ERROR,
	LOG_LVL_WARN,
	LOG_LVL_INFO,
	LOG_LVL_DEBUG,
};

/* Lines above this level are not written; info at start. */
void log_set_level(enum log_level level);

#define LOG_FORMAT __attribute__((format(printf, 1, 2)))
LOG_FORMAT void log_error(const char *fmt, ...);
LOG_FORMAT void log_warn(const char *fmt, ...);
LOG_FORMAT void log_info(const char *fmt, ...);
LOG_FORMAT void log_debug(const char *fmt, ...);

#endif
