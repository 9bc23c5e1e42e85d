/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The section charon: keys of strongswan.conf(5) that hold for IKE as a whole,
 * with its names and defaults. Fills struct ike_options. Control thread.
 */
#ifndef CYG_CONF_SCHEMA_CHARON_H
#define CYG_CONF_SCHEMA_CHARON_H

#include "ctrl/conf/keys.h"

extern const struct keys charon_table;

#endif
