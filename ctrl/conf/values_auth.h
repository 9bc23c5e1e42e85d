/* SPDX-License-Identifier: BSD-2-Clause */
/* Types of values of authentication, see values.h. Control thread. */
#ifndef CYG_CONF_VALUES_AUTH_H
#define CYG_CONF_VALUES_AUTH_H

#include "ctrl/conf/keys.h"

VALUE_READER(value_auth);     /* out: struct auth_conf, its by and rules */
VALUE_READER(value_policies); /* out: struct auth_conf, its policies */
VALUE_READER(value_uris);     /* out: struct authority_uris */
VALUE_READER(value_uri_base); /* out: char[AUTHORITY_BASE_MAX] */

#endif
