// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int conf_fail(struct error *e, const struct place *at, int err, const char *fmt,
	      ...)
{
	va_list ap;
	int head;

	/* A long path must not push the text out of the line. */
	head = snprintf(e->text, sizeof(e->text), "%.200s:%u:%u: ", at->file,
			at->line, at->column);
	if (head < 0)
		return err;
	va_start(ap, fmt);
	vsnprintf(e->text + head, sizeof(e->text) - (size_t)head, fmt, ap);
	va_end(ap);
	return err;
}

const char *conf_shown(const char *name, char *buf)
{
	size_t len = strlen(name);

	if (len > CONF_SHOWN_MAX)
		snprintf(buf, CONF_SHOWN_BYTES, "of %zu octets", len);
	else
		snprintf(buf, CONF_SHOWN_BYTES, "'%s'", name);
	return buf;
}

int conf_no_memory(struct error *e)
{
	return error_set(e, -ENOMEM, "no memory for the configuration");
}
