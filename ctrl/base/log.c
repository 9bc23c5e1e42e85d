// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4000 /* below PIPE_BUF: one piece */

/* Written by main at start, read by every thread. */
static _Atomic int max_level = LOG_LVL_INFO;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&max_level, (int)level, memory_order_relaxed);
}

bool log_shows(enum log_level level)
{
	return (int)level <=
	       atomic_load_explicit(&max_level, memory_order_relaxed);
}

__attribute__((format(printf, 2, 0))) static void log_line(enum log_level level,
							   const char *fmt,
							   va_list ap)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	char line[LINE_MAX_BYTES];
	int head, body;
	size_t len;

	if (!log_shows(level))
		return;
	head = snprintf(line, sizeof(line), "%s: ", names[level]);
	body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, ap);
	if (body < 0)
		return;
	len = (size_t)head + (size_t)body;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nowhere left to say so */
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LVL_ERROR, fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LVL_WARN, fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LVL_INFO, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LVL_DEBUG, fmt, ap);
	va_end(ap);
}

bool log_may(struct log_limit *l, const char *source, uint64_t now_ns)
{
	if (!bucket_take(&l->bucket, now_ns, LOG_PER_S, LOG_BURST)) {
		l->left_out++;
		return false;
	}
	if (l->left_out)
		log_warn("log: %" PRIu64 " lines left out source=%s",
			 l->left_out, source);
	l->left_out = 0;
	return true;
}
