// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/fail.h"

#include <ctype.h>
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
	if (at->line)
		head = snprintf(e->text, sizeof(e->text),
				"%.200s:%u:%u: ", at->file, at->line,
				at->column);
	else
		head = snprintf(e->text, sizeof(e->text), "%.200s: ", at->file);
	if (head < 0)
		return err;
	va_start(ap, fmt);
	vsnprintf(e->text + head, sizeof(e->text) - (size_t)head, fmt, ap);
	va_end(ap);
	return err;
}

const char *conf_hidden(const char *name, char *buf)
{
	snprintf(buf, CONF_SHOWN_BYTES, "of %zu octets", strlen(name));
	return buf;
}

const char *conf_shown(const char *name, char *buf)
{
	if (strlen(name) > CONF_SHOWN_MAX)
		return conf_hidden(name, buf);
	snprintf(buf, CONF_SHOWN_BYTES, "'%s'", name);
	return buf;
}

bool conf_key_like(struct slice text)
{
	unsigned int digits = 0;

	if (text.len > 1 && text.ptr[0] == '0' &&
	    ((text.ptr[1] | 0x20) == 'x' || (text.ptr[1] | 0x20) == 's'))
		return true;
	for (size_t i = 0; i < text.len && digits < CONF_KEY_DIGITS; i++)
		digits = isxdigit(text.ptr[i]) ? digits + 1 : 0;
	return digits == CONF_KEY_DIGITS;
}

int conf_no_memory(struct error *e)
{
	return error_set(e, -ENOMEM, "no memory for the configuration");
}
