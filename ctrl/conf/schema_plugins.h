/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The section plugins of charon: what of strongSwan's plugins is built in here and can
 * be set. Fills struct ike_options. Control thread.
 */
#ifndef CYG_CONF_SCHEMA_PLUGINS_H
#define CYG_CONF_SCHEMA_PLUGINS_H

#include "ctrl/conf/keys.h"

/* Completes "has no effect: it is ...". */
#define NO_PLUGINS "of charon's plugins; what there is here is built in"

extern const struct keys plugins_table;
extern const struct keys resolve_table;
extern const struct keys resolvconf_table;

#endif
