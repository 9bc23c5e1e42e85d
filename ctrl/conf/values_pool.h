/* SPDX-License-Identifier: BSD-2-Clause */
/* The types of values that virtual IPs and their pools have; see values.h. */
#ifndef CYG_CONF_VALUES_POOL_H
#define CYG_CONF_VALUES_POOL_H

#include "ctrl/conf/keys.h"

/* out: struct conn_conf. */
VALUE_READER(value_vips);
VALUE_READER(value_pool_names);

/* out: struct pool_conf. */
VALUE_READER(value_pool_addrs);

/*
 * out: struct pool_conf, to whose attributes each item is appended: hosts, or
 * networks, of the type k->min for IPv4 and k->max for IPv6; 0: it is not of that
 * family.
 */
VALUE_READER(value_pool_hosts);
VALUE_READER(value_pool_nets);

/* Likewise a netmask, which RFC 7296 has once. */
VALUE_READER(value_pool_netmask);

#endif
