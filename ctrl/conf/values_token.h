/* SPDX-License-Identifier: BSD-2-Clause */
/* The types of values of keys in tokens. Control thread. */
#ifndef CYG_CONF_VALUES_TOKEN_H
#define CYG_CONF_VALUES_TOKEN_H

#include "ctrl/conf/keys.h"

VALUE_READER(value_token_handle); /* out: struct token_conf */
VALUE_READER(value_token_slot);	  /* likewise */
VALUE_READER(value_token_pin);	  /* likewise */
VALUE_READER(value_token_module); /* out: char[CONF_NAME_MAX] */

#endif
