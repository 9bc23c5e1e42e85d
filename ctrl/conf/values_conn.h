/* SPDX-License-Identifier: BSD-2-Clause */
/* The types of values that connections have; see values.h. */
#ifndef CYG_CONF_VALUES_CONN_H
#define CYG_CONF_VALUES_CONN_H

#include "ctrl/conf/keys.h"

/* out: struct conn_conf, whose list is replaced. */
VALUE_READER(value_local_addrs);
VALUE_READER(value_remote_addrs);

VALUE_READER(value_identity); /* out: struct identity */
VALUE_READER(value_dscp);     /* out: uint8_t, of six binary digits */

/* out: struct proposals; `default` in a list stands for the default ones. */
VALUE_READER(value_ike_proposals);
VALUE_READER(value_esp_proposals);
VALUE_READER(value_ah_proposals);

#endif
