/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What children and manual pairs say of their outer headers and of the sizes and
 * times of packets, and by which interface they go: the same rows for both. copy_* and tfc_padding are strongSwan's,
 * set_* and tfc_dummies ours alone.
 */
#ifndef CYG_CONF_VALUES_OUTER_H
#define CYG_CONF_VALUES_OUTER_H

#include "ctrl/conf/keys.h"
#include "ctrl/model/sadb.h"

/* out of each: struct sadb_outer */
VALUE_READER(value_copy_df);
VALUE_READER(value_copy_ecn);
VALUE_READER(value_copy_dscp);
VALUE_READER(value_set_df);
VALUE_READER(value_set_dscp);
VALUE_READER(value_set_ttl);
VALUE_READER(value_tfc_padding);
VALUE_READER(value_tfc_dummies);

VALUE_READER(value_if_id); /* out: uint32_t */

/* clang-format off */
#define OUTER_KEY(key, wanted, type, field)                             \
	{ .name = #key, .form = wanted, .read = value_##key,            \
	  .offset = offsetof(struct type, field) }

/* Rows of a table for a struct that has a struct sadb_outer; set_* look at what
 * copy_* said. */
#define OUTER_KEYS(type, field)                                         \
	OUTER_KEY(copy_df, "yes or no", type, field),                   \
	OUTER_KEY(copy_ecn, "yes or no", type, field),                  \
	OUTER_KEY(copy_dscp, "out, in, yes or no", type, field),        \
	OUTER_KEY(set_df, "yes or no", type, field),                    \
	OUTER_KEY(set_dscp, "a number from 0 to 63", type, field),      \
	OUTER_KEY(set_ttl, "a number from 1 to 255", type, field),      \
	OUTER_KEY(tfc_padding, "a number of octets, mtu, or 0 (off)",   \
		  type, field),                                         \
	OUTER_KEY(tfc_dummies, "a number of packets a second from 0 "   \
		  "(off) to 1000", type, field)
/* clang-format on */

/* clang-format off */
#define FORM_IF_ID "a number from 1 to 4294967295, or 0 (no interface)"

/* Rows of a table for a struct that has both. */
#define IF_ID_KEYS(type)                                                \
	{ .name = "if_id_in", .form = FORM_IF_ID, .read = value_if_id,   \
	  .offset = offsetof(struct type, if_id_in) },                  \
	{ .name = "if_id_out", .form = FORM_IF_ID, .read = value_if_id,  \
	  .offset = offsetof(struct type, if_id_out) }
/* clang-format on */

#endif
