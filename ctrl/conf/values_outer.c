// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values_outer.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "ctrl/conf/fail.h"
#include "ctrl/conf/values.h"

_Static_assert(SADB_DSCP_MAX == 63 && SADB_DUMMIES_MAX == 1000,
	       "the forms say so");

static int read_number(const struct key *k, const struct value *v, uint32_t min,
		       uint32_t max, uint32_t *out, struct error *e)
{
	if (!number_parse(v->text, min, max, out))
		return value_fail_form(k, v, e);
	return 0;
}

/* strongSwan's %unique makes one up for each SA, and tells an updown script. */
VALUE_READER(value_if_id)
{
	if (strncmp(v->text, "%unique", strlen("%unique")) == 0)
		return value_fail(e, v, -EINVAL,
				  "is %%unique, another interface for each SA, "
				  "to which no route of yours could lead "
				  "beforehand; write a number of your choice");
	return read_number(k, v, 0, UINT32_MAX, out, e);
}

/* swanctl.conf(5): no clears it. */
VALUE_READER(value_copy_df)
{
	struct sadb_outer *o = out;
	bool copy = false;
	int err = value_bool(k, v, &copy, e);

	o->df = copy ? SADB_DF_COPY : SADB_DF_CLEAR;
	return err;
}

VALUE_READER(value_copy_ecn)
{
	struct sadb_outer *o = out;
	bool copy = false;
	int err = value_bool(k, v, &copy, e);

	o->no_ecn = !copy;
	return err;
}

enum {
	COPY_OUT = 1,
	COPY_IN = 2,
};

VALUE_READER(value_copy_dscp)
{
	static const struct word words[] = {
		{ "out", COPY_OUT, NULL },
		{ "in", COPY_IN, NULL },
		{ "yes", COPY_OUT | COPY_IN, NULL },
		{ "true", COPY_OUT | COPY_IN, NULL },
		{ "enabled", COPY_OUT | COPY_IN, NULL },
		{ "1", COPY_OUT | COPY_IN, NULL },
		{ "no", 0, NULL },
		{ "false", 0, NULL },
		{ "disabled", 0, NULL },
		{ "0", 0, NULL },
		{ .text = NULL },
	};
	struct sadb_outer *o = out;
	struct key row = *k;
	unsigned int ways;

	row.words = words;
	if (value_word(&row, v, &ways, e))
		return -EINVAL;
	o->dscp_is_set = !(ways & COPY_OUT);
	o->dscp_in = !!(ways & COPY_IN);
	return 0;
}

/* Is there such a line, too? It is read before: its row is. */
static bool said(const struct value *v, const char *key)
{
	return tree_value(v->section, key);
}

VALUE_READER(value_set_df)
{
	struct sadb_outer *o = out;
	bool set = false;
	int err = value_bool(k, v, &set, e);

	if (set && said(v, "copy_df") && o->df == SADB_DF_COPY)
		return value_fail(e, v, -EINVAL,
				  "is yes, and so is copy_df; DF is either "
				  "set or copied, remove one of the lines");
	if (set)
		o->df = SADB_DF_SET;
	return err;
}

VALUE_READER(value_set_dscp)
{
	struct sadb_outer *o = out;
	uint32_t dscp = 0;
	int err = read_number(k, v, 0, SADB_DSCP_MAX, &dscp, e);

	if (!err && said(v, "copy_dscp") && !o->dscp_is_set)
		return value_fail(e, v, -EINVAL,
				  "goes with copy_dscp = in or no alone: what "
				  "is copied outwards is not set");
	o->dscp = (uint8_t)dscp;
	o->dscp_is_set = true;
	return err;
}

VALUE_READER(value_set_ttl)
{
	struct sadb_outer *o = out;
	uint32_t ttl = 0;
	int err = read_number(k, v, 1, UINT8_MAX, &ttl, e);

	o->ttl = (uint8_t)ttl;
	return err;
}

/* What is larger than the path's MTU is that. */
VALUE_READER(value_tfc_padding)
{
	struct sadb_outer *o = out;
	uint32_t bytes = SADB_TFC_MTU;
	int err = 0;

	if (strcasecmp(v->text, "mtu") != 0)
		err = read_number(k, v, 0, UINT32_MAX, &bytes, e);
	o->tfc_bytes = bytes < SADB_TFC_MTU ? (uint16_t)bytes : SADB_TFC_MTU;
	return err;
}

VALUE_READER(value_tfc_dummies)
{
	struct sadb_outer *o = out;
	uint32_t dummies = 0;
	int err = read_number(k, v, 0, SADB_DUMMIES_MAX, &dummies, e);

	o->dummies = (uint16_t)dummies;
	return err;
}
