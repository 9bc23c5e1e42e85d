/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text into the tree, by the grammar of strongswan.conf(5); it knows no key.
 *
 * A repeated section extends the first one. A key that an included file
 * repeats, or the including one after it, has the later value; that is how
 * strongSwan overrides. What one file says twice is marked: there it is a
 * mistake, which the schema refuses. References to other sections are
 * recognised and refused here. Control thread.
 */
#ifndef CYG_CONF_PARSE_H
#define CYG_CONF_PARSE_H

#include <sys/types.h>

#include "ctrl/base/error.h"
#include "ctrl/base/slice.h"
#include "ctrl/conf/tree.h"

#define INCLUDE_DEPTH_MAX 10  /* files that include files; strongSwan's too */
#define INCLUDE_FILES_MAX 256 /* of one configuration */

struct parse_source {
	const char *name;
	struct slice text;
	mode_t mode; /* 0: not from a file, and includes none */
};

/*
 * src   borrowed for the call
 * out   tree_free() it in every case
 *
 * 0, -EINVAL (grammar), -E2BIG (a limit), -ENOMEM, or what file_read() says of
 * an included file.
 */
int parse_tree(const struct parse_source *src, struct tree *out,
	       struct error *e);

#endif
