/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which files an `include` statement names (strongswan.conf(5), INCLUDING
 * FILES). Control thread.
 */
#ifndef CYG_CONF_INCLUDE_H
#define CYG_CONF_INCLUDE_H

#include <glob.h>

#include "ctrl/base/error.h"
#include "ctrl/model/config.h"

/*
 * pattern   a path, in which *, ? and [ ] match as in a shell; relative to the
 *	     folder of the file that at is in
 * at        of the statement, for errors
 * out       paths in the order of their octets; globfree() it after 0
 *
 * 0, -ENOMEM, or -EINVAL: a name without wildcards, or a folder, that is not
 * there or can't be read. A pattern that matches nothing is 0 with no paths.
 */
int include_find(const char *pattern, const struct place *at, glob_t *out,
		 struct error *e);

#endif
