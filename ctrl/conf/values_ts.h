/* SPDX-License-Identifier: BSD-2-Clause */
/* Traffic selectors as swanctl.conf(5) writes them; see values.h. */
#ifndef CYG_CONF_VALUES_TS_H
#define CYG_CONF_VALUES_TS_H

#include "ctrl/conf/keys.h"
#include "ctrl/model/conn.h"

/* out: struct child_conf, whose list is replaced. */
VALUE_READER(value_local_ts);
VALUE_READER(value_remote_ts);

/* Ours alone: what its SAs take from packets. */
VALUE_READER(value_populate);

/* In a child whose selectors and actions are known. */
int populate_check(const struct section *sec, const struct child_conf *c,
		   struct error *e);

#endif
