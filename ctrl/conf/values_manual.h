/* SPDX-License-Identifier: BSD-2-Clause */
/* The types of values that only pairs of manual SAs have; see values.h. */
#ifndef CYG_CONF_VALUES_MANUAL_H
#define CYG_CONF_VALUES_MANUAL_H

#include "ctrl/conf/keys.h"

VALUE_READER(value_address); /* out: struct addr, unicast */
VALUE_READER(value_key);     /* out: struct secret, of any length */

/* out: struct manual_conf, whose protocol, encr, integ and esn are filled. */
VALUE_READER(value_proposal);
VALUE_READER(value_ah_proposal);

#endif
