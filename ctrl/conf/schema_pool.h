/* SPDX-License-Identifier: BSD-2-Clause */
/* What the section pools may hold. Control thread. */
#ifndef CYG_CONF_SCHEMA_POOL_H
#define CYG_CONF_SCHEMA_POOL_H

#include "ctrl/conf/tree.h"

/* One pool, whose name is the section's. 0, -EINVAL, -E2BIG; e is filled. */
int pool_fill(const struct section *sec, struct pool_conf *out, struct error *e);

/*
 * Fills pools of out.
 *
 * list   NULL, or a section of sections
 *
 * 0, or as pool_fill(), -EEXIST: two have an address in common; -ENOMEM.
 */
int pools_fill(const struct section *list, struct config *out, struct error *e);

#endif
