// SPDX-License-Identifier: BSD-2-Clause
/*
 * NET[PROTOCOL/PORT], where NET is a prefix, a range or `dynamic`, and what is in
 * brackets may be left out. Names of protocols are those of values.c; ports are
 * numbers, since a name could mean another port on another host. And which of these
 * an SA takes from its packet.
 */
#include "ctrl/conf/values_ts.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "ctrl/conf/values.h"
#include "ctrl/model/populate.h"
#include "ctrl/wire/ip.h"
#include "include/proto.h"

static int fail_ports(const struct item *item, struct error *e)
{
	return item_fail(e, item, -EINVAL,
			 "must have as ports one number from 0 to 65535, or two "
			 "such as 1024-2048, the smaller one first");
}

/* N or N-M; writes into text. */
static int read_range(const struct item *item, char *text, struct ts_conf *ts,
		      struct error *e)
{
	char *dash = strchr(text, '-');
	uint32_t min, max;

	if (isalpha((unsigned char)text[0]))
		return item_fail(e, item, -EINVAL,
				 "has a name as port; names of services are "
				 "not supported yet: write the number");
	if (dash)
		*dash = '\0';
	if (!number_parse(text, 0, UINT16_MAX, &min))
		return fail_ports(item, e);
	max = min;
	if (dash && !number_parse(dash + 1, min, UINT16_MAX, &max))
		return fail_ports(item, e);
	ts->port_min = (uint16_t)min;
	ts->port_max = (uint16_t)max;
	return 0;
}

static int fail_protocol(const struct item *item, struct error *e)
{
	return item_fail(e, item, -EINVAL,
			 "has ports, but no protocol with ports; write such as "
			 "[tcp/443]");
}

/* Is there anything that a fragment could hide? */
static bool protocol_shows(uint8_t protocol)
{
	return protocol_has_ports(protocol) || protocol == PROTO_ICMP ||
	       protocol == PROTO_ICMPV6 || protocol == PROTO_MH;
}

/* As strongSwan takes them: a number below 256 is a type with all its codes, a larger
 * one a type and a code as they stand in a selector (RFC 7296 section 3.13.1). */
static void take_types(struct ts_conf *ts)
{
	if (ts->port_min <= UINT8_MAX)
		ts->port_min = (uint16_t)(ts->port_min << 8);
	if (ts->port_max <= UINT8_MAX)
		ts->port_max = (uint16_t)(ts->port_max << 8 | UINT8_MAX);
}

static int read_ports(const struct item *item, char *text, struct ts_conf *ts,
		      struct error *e)
{
	int err;

	if (!text[0] || strcasecmp(text, "any") == 0)
		return 0;
	if (strcasecmp(text, "opaque") == 0) {
		ts->port_min = PORT_OPAQUE_MIN;
		ts->port_max = PORT_OPAQUE_MAX;
		return protocol_shows(ts->protocol) ? 0 : fail_protocol(item, e);
	}
	err = read_range(item, text, ts, e);
	if (err || protocol_has_ports(ts->protocol) ||
	    (ts->port_min == 0 && ts->port_max == UINT16_MAX))
		return err;
	if (ts->protocol != PROTO_ICMP && ts->protocol != PROTO_ICMPV6)
		return fail_protocol(item, e);
	take_types(ts);
	return ts->port_min <= ts->port_max ? 0 : fail_ports(item, e);
}

/* PROTOCOL/PORT]; writes into text. */
static int read_brackets(const struct item *item, char *text,
			 struct ts_conf *ts, struct error *e)
{
	char *end = strchr(text, ']');
	char *ports;

	if (!end || end[1])
		return item_fail_form(item, e);
	*end = '\0';
	ports = strchr(text, '/');
	if (ports)
		*ports++ = '\0';
	if (!text[0] || strcmp(text, "0") == 0)
		ts->protocol = PROTO_ANY;
	else if (!protocol_parse(text, &ts->protocol))
		return item_fail(e, item, -EINVAL,
				 "has an unknown protocol; it may be any, a "
				 "name such as tcp or gre, or a number up to "
				 "255");
	return ports ? read_ports(item, ports, ts, e) : 0;
}

/* Cuts the item's text to its net. */
static int read_ts(struct item *item, struct ts_conf *ts, struct error *e)
{
	char *brackets = strchr(item->text, '[');
	int err = 0;

	*ts = (struct ts_conf){ .port_max = UINT16_MAX };
	if (brackets) {
		*brackets = '\0';
		err = read_brackets(item, brackets + 1, ts, e);
	}
	if (err)
		return err;
	ts->dynamic = strcasecmp(item->text, "dynamic") == 0;
	if (ts->dynamic)
		return 0;
	err = item_range(item, &ts->net, &ts->last, e);
	if (err)
		return err < 0 ? err : 0;
	return item_prefix(item, &ts->net, e);
}

static int read_list(const struct key *k, const struct value *v,
		     struct ts_conf *list, size_t *n, struct error *e)
{
	struct item item;
	size_t at = 0;
	int found, err;

	*n = 0;
	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		if (*n == CONN_TS_MAX)
			return item_fail_many(&item, CONN_TS_MAX, e);
		err = read_ts(&item, &list[*n], e);
		if (err)
			return err;
		++*n;
	}
	return found;
}

VALUE_READER(value_local_ts)
{
	struct child_conf *c = out;

	return read_list(k, v, c->local_ts, &c->n_local_ts, e);
}

VALUE_READER(value_remote_ts)
{
	struct child_conf *c = out;

	return read_list(k, v, c->remote_ts, &c->n_remote_ts, e);
}

/* --- populate */

VALUE_READER(value_populate)
{
	struct child_conf *c = out;
	struct item item;
	size_t at = 0;
	uint8_t flag;
	int found;

	c->pfp = 0;
	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		flag = populate_parse(item.text);
		if (!flag)
			return item_fail_form(&item, e);
		c->pfp |= flag;
	}
	return found;
}

/* Each SA has one protocol's ports, or those of none (RFC 4301 section 4.4.1.1). */
static bool lacks_protocol(const struct child_conf *c)
{
	struct child_pair pair;

	for (size_t i = 0; child_pair_at(c, i, &pair); i++)
		if (pair.protocol ? !protocol_shows(pair.protocol)
				  : !(c->pfp & PFP_PROTOCOL))
			return true;
	return false;
}

int populate_check(const struct section *sec, const struct child_conf *c,
		   struct error *e)
{
	const struct value *v = tree_value(sec, "populate");

	if (!c->pfp)
		return 0;
	if (c->n_pools)
		return value_fail(e, v, -EINVAL,
				  "stands beside pools of the connection, by "
				  "which each peer has an SA of its own already; "
				  "remove it");
	if (c->start_action & CHILD_START)
		return value_fail(e, tree_value(sec, "start_action"), -EINVAL,
				  "has start beside populate, but packets alone "
				  "bring up what takes selectors from them; "
				  "write trap");
	if (c->pfp & PFP_PORTS && lacks_protocol(c))
		return value_fail(e, v, -EINVAL,
				  "has ports, and local_ts and remote_ts no "
				  "protocol with ports; add protocol, or write "
				  "selectors such as 10.1.0.0/16[udp]");
	if (c->mode == SADB_TRANSPORT && c->pfp & (PFP_LOCAL | PFP_REMOTE))
		return value_fail(e, v, -EINVAL,
				  "has an address, and mode is transport, where "
				  "there is one on each side; remove it");
	return 0;
}
