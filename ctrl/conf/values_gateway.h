/* SPDX-License-Identifier: BSD-2-Clause */
/* The types of values that only the gateway section has; see values.h. */
#ifndef CYG_CONF_VALUES_GATEWAY_H
#define CYG_CONF_VALUES_GATEWAY_H

#include "ctrl/conf/keys.h"

/* out: struct gateway_conf, to whose interfaces the list is appended. */
VALUE_READER(value_protected);
VALUE_READER(value_unprotected);

VALUE_READER(value_resolvers); /* out: struct gateway_conf */
VALUE_READER(value_folder);    /* out: char[CONF_PATH_MAX], absolute path */
VALUE_READER(value_socket);    /* out: char[CONF_PATH_MAX] */
VALUE_READER(value_metrics);   /* out: struct metrics_conf */

VALUE_READER(value_providers); /* out: char[PROVIDERS_TEXT_MAX] */

/* out: char[IF_NAMESIZE]. */
VALUE_READER(value_iface_name);

#endif
