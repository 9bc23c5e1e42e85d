/* SPDX-License-Identifier: BSD-2-Clause */
/* The types of values that pre-shared keys have; see values.h. */
#ifndef CYG_CONF_VALUES_PSK_H
#define CYG_CONF_VALUES_PSK_H

#include "ctrl/conf/keys.h"

/* out: struct secret; text, or octets after 0x or 0s (swanctl.conf(5)). */
VALUE_READER(value_psk);

/* out: struct psk_conf, to whose owners it is appended: there must be room. */
VALUE_READER(value_owner);

#endif
