/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one form in which the configuration language complains:
 * `file:line:column: what is wrong; remedy`.
 *
 * A rule for every caller: the text of a value is never shown, only what was
 * understood of it (a parsed address, a known keyword). An operator who put a
 * key into the wrong line must not find it in a log.
 */
#ifndef CYG_CONF_FAIL_H
#define CYG_CONF_FAIL_H

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"

/* Fills e and returns err. */
__attribute__((format(printf, 4, 5))) int conf_fail(struct error *e,
						    const struct place *at,
						    int err, const char *fmt,
						    ...);

/* Fills e and returns -ENOMEM. */
int conf_no_memory(struct error *e);

#endif
