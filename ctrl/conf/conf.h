/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration language: swanctl.conf's grammar, read into the model.
 * Nothing is ignored silently: an unknown key, a wrong type, a key of the
 * wrong length or a name used twice is an error with file, line and column.
 *
 * An error never shows the text of a value, which may be a key. Columns count
 * octets. Control thread.
 */
#ifndef CYG_CONF_CONF_H
#define CYG_CONF_CONF_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/config.h"

#define CONF_FILE_MAX (1U << 20) /* octets */

/*
 * Reads the file and what it includes. Each must be root's or the effective
 * user's, and nobody else, but root's group, may have permission to change it;
 * one that holds keys must have no permissions for others.
 *
 * out   handed over: free with config_free(); NULL after a failure
 *
 * 0, or negative with e filled as `file:line:column: what is wrong; remedy`
 * (without line and column where the file itself is at fault): -EINVAL
 * (content, or no regular file), -E2BIG (limits), -EACCES (permissions),
 * -ENOMEM, or the errno with which the file could not be opened or read.
 */
int conf_load(const char *path, struct config **out, struct error *e);

/*
 * The same from memory, without a check of permissions and without includes.
 *
 * name   stands for the file in errors and places; copied
 * text   borrowed for the call; the caller wipes it where it holds keys
 */
int conf_parse(const char *name, struct slice text, struct config **out,
	       struct error *e);

/*
 * A text that holds `manual { PAIR { … } }` and nothing else: a pair to be added
 * to a configuration in force, of which `policies` names the policies that it
 * serves; in or out may be missing.
 *
 * name   stands for the text in errors
 * text   borrowed for the call; the caller wipes it
 * pair   its name
 * out    of no file; the caller wipes its keys, in every case
 *
 * 0, or negative with e filled as above; -EEXIST: its name, an SPI or, in counter
 * mode, a key is there already.
 */
int conf_parse_manual(const char *name, struct slice text, const char *pair,
		      const struct config *c, struct manual_conf *out,
		      struct error *e);

#endif
