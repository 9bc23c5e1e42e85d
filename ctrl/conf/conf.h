/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration language: swanctl.conf's grammar, read into the model.
 * Nothing is ignored silently: an unknown key, a wrong type, a key of the
 * wrong length or a name used twice is an error with file, line and column.
 */
#ifndef CYG_CONF_CONF_H
#define CYG_CONF_CONF_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/config.h"

/*
 * Reads the file.
 *
 * out   handed over: free with config_free()
 *
 * 0, or negative with e filled as `file:line:column: what is wrong; remedy`:
 * -ENOENT, -EACCES (file), -EINVAL (content), -E2BIG (limits), -ENOMEM.
 */
int conf_load(const char *path, struct config **out, struct error *e);

/* The same from memory; name stands for the file in errors and places. */
int conf_parse(const char *name, struct slice text, struct config **out,
	       struct error *e);

#endif
