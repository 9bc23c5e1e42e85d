/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file that is read again would change. Pure. */
#ifndef CYG_DAEMON_DIFFERENCE_H
#define CYG_DAEMON_DIFFERENCE_H

#include "ctrl/model/config.h"
#include "ctrl/model/difference.h"

/*
 * now    in force
 * next   as of loaded_set_file(); the ids of its children's policies, which it has
 *        not yet, are filled in by name
 * out    difference_free() it, in every case
 *
 * 0, or -ENOMEM with e filled.
 */
int difference_find(const struct config *now, struct config *next,
		    struct difference *out, struct error *e);

#endif
