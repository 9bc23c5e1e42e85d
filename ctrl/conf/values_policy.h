/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of a section of policies; see values.h. out: struct policy_conf. */
#ifndef CYG_CONF_VALUES_POLICY_H
#define CYG_CONF_VALUES_POLICY_H

#include "ctrl/conf/keys.h"

VALUE_READER(value_local_range);
VALUE_READER(value_remote_range);
VALUE_READER(value_local_ports);
VALUE_READER(value_remote_ports);
VALUE_READER(value_icmp);
VALUE_READER(value_mh);

#endif
