/* SPDX-License-Identifier: BSD-2-Clause */
/* Traffic selectors as swanctl.conf(5) writes them; see values.h. */
#ifndef CYG_CONF_VALUES_TS_H
#define CYG_CONF_VALUES_TS_H

#include "ctrl/conf/keys.h"

/* out: struct child_conf, whose list is replaced. */
VALUE_READER(value_local_ts);
VALUE_READER(value_remote_ts);

#endif
