/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections whose names are the operator's: pairs of SAs, policies, connections,
 * children, secrets. Control thread.
 */
#ifndef CYG_CONF_NAMED_H
#define CYG_CONF_NAMED_H

#include "ctrl/conf/tree.h"

/* How many sections list holds; NULL: none. */
size_t named_count(const struct section *list);

/* list holds more than max; reported at the first section beyond. -E2BIG. */
int named_fail_many(const struct section *list, size_t max, struct error *e);

/*
 * The section's name goes to the model; in its file it must be the only one.
 *
 * name   CONF_NAME_MAX octets
 *
 * 0 or -EINVAL.
 */
int named_take(const struct section *sec, char *name, struct error *e);

#endif
