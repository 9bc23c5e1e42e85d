/* SPDX-License-Identifier: BSD-2-Clause */
/* The types of values of private keys' sections. Control thread. */
#ifndef CYG_CONF_VALUES_KEY_H
#define CYG_CONF_VALUES_KEY_H

#include "ctrl/conf/keys.h"

VALUE_READER(value_key_file);	/* out: char[CONF_KEY_FILE_MAX] */
VALUE_READER(value_passphrase); /* out: struct secret, as the text stands */

#endif
