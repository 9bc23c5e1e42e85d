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

/*
 * One pair, or one direction of it, beside those of a configuration in force.
 *
 * out   its keys are the caller's to wipe, in every case
 *
 * 0, -EINVAL, -EEXIST (its name, an SPI or a key is there), -E2BIG; e is filled.
 */
int manual_fill_added(const struct section *sec, const struct config *c,
		      struct manual_conf *out, struct error *e);

/*
 * The pair that a value names.
 *
 * remedy   what to do where no name is near
 * out      its index in c->manual
 *
 * 0 or -EINVAL; e is filled.
 */
int manual_find(const struct value *v, const struct config *c,
		const char *remedy, size_t *out, struct error *e);

#endif
