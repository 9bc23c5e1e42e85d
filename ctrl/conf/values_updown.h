/* SPDX-License-Identifier: BSD-2-Clause */
/* The command of a child's updown; see values.h. */
#ifndef CYG_CONF_VALUES_UPDOWN_H
#define CYG_CONF_VALUES_UPDOWN_H

#include "ctrl/conf/keys.h"

VALUE_READER(value_updown); /* out: char[UPDOWN_MAX] */

#endif
