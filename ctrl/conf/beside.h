/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folders beside the files of a configuration, which hold what swanctl.conf names:
 * private/, x509/ and their like. Where several files are included, from several
 * folders, each of these may have its own. Control thread.
 */
#ifndef CYG_CONF_BESIDE_H
#define CYG_CONF_BESIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrl/model/config.h"

#define BESIDE_PATH_MAX 1024 /* with the NUL */

/*
 * The next such folder, whether it is there or not, each once.
 *
 * at       where to go on, 0 at first
 * folder   its last name, "private"
 *
 * false: no more, or a path that is too long.
 */
bool beside_next(const struct config *c, size_t *at, const char *folder,
		 char out[BESIDE_PATH_MAX]);

/*
 * Where a file is that is named in a configuration: an absolute path is one; else
 * the folder beside the file that names it comes first, then those beside the others.
 *
 * by   name of the file that names it
 *
 * false: it is in none of them; out says where it would be.
 */
bool beside_find(const struct config *c, const char *by, const char *folder,
		 const char *name, char out[BESIDE_PATH_MAX]);

#endif
