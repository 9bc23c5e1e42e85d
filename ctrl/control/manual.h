/* SPDX-License-Identifier: BSD-2-Clause */
/* The manual SAs that cygnet-sa-add brings. Pure; any thread. */
#ifndef CYG_CONTROL_MANUAL_H
#define CYG_CONTROL_MANUAL_H

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/model/conn.h"

#define MANUAL_FILE_MAX 256 /* of a file's name, with the NUL */

struct manual_request {
	char name[CONN_NAME_MAX];
	char file[MANUAL_FILE_MAX]; /* whence the text comes, for errors */
	struct slice text;	    /* borrows the request; it holds keys */
};

/*
 * body   of the request, valid: name, text, and file (none: the command's name).
 *        The caller wipes it
 *
 * 0, or -EINVAL with e filled; no value is ever shown.
 */
MUST_CHECK int manual_request_read(struct slice body,
				   struct manual_request *out, struct error *e);

#endif
