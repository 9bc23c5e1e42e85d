/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of values: each reader checks one form and fills one field. All
 * have the shape of struct key's read. Control thread.
 *
 * 0, -EINVAL (not that form), -E2BIG (a limit); e then says what is wrong.
 */
#ifndef CYG_CONF_VALUES_H
#define CYG_CONF_VALUES_H

#include "ctrl/conf/keys.h"

#define VALUE_READER(name)                                              \
	int name(const struct key *k, const struct value *v, void *out, \
		 struct error *e)

/* out: struct gateway_conf, to whose interfaces the list is appended. */
VALUE_READER(value_protected);
VALUE_READER(value_unprotected);

VALUE_READER(value_word);     /* out: enum spd_action, one of k->words */
VALUE_READER(value_number);   /* out: uint32_t, k->min to k->max */
VALUE_READER(value_socket);   /* out: char[CONF_PATH_MAX] */
VALUE_READER(value_address);  /* out: struct addr, unicast IPv4 */
VALUE_READER(value_prefix);   /* out: struct prefix, IPv4 */
VALUE_READER(value_protocol); /* out: uint8_t */
VALUE_READER(value_secret);   /* out: struct secret, of any length */
VALUE_READER(value_mode);     /* out: unused; there is one mode */

/* out: struct manual_conf, whose encr and integ are filled. */
VALUE_READER(value_proposal);

#endif
