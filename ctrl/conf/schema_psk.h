/* SPDX-License-Identifier: BSD-2-Clause */
/* What the section secrets may hold. Control thread. */
#ifndef CYG_CONF_SCHEMA_PSK_H
#define CYG_CONF_SCHEMA_PSK_H

#include "ctrl/conf/keys.h"
#include "ctrl/conf/tree.h"

/* The kinds of secrets, and what one that is known may hold. */
extern const struct keys psk_names, psk_ike_table;

/*
 * Fills psks of out. list: NULL, or checked against psk_names.
 *
 * 0, -EINVAL, -ENOMEM; e is filled.
 */
int psks_fill(const struct section *list, struct config *out, struct error *e);

#endif
