// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/base/error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *e, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return err;
}
