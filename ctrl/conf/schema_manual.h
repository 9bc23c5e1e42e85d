/* SPDX-License-Identifier: BSD-2-Clause */
/* What the section manual may hold. Control thread. */
#ifndef CYG_CONF_SCHEMA_MANUAL_H
#define CYG_CONF_SCHEMA_MANUAL_H

#include "ctrl/conf/tree.h"

/*
 * Fills manual of out, whose gateway is filled already. list: NULL, or a section
 * of sections.
 *
 * 0, -EINVAL, -E2BIG, -ENOMEM; e is filled.
 */
int manual_fill(const struct section *list, struct config *out, struct error *e);

#endif
