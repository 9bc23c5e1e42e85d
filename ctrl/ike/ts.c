// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/ts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl/base/range.h"
#include "include/proto.h"

#define PORT_MAX 65535

static int addr_order(const struct addr *a, const struct addr *b)
{
	return memcmp(a->octets, b->octets, sizeof(a->octets));
}

static uint8_t type_of(const struct addr *a)
{
	return addr_is_v4(a) ? IKE_TS_IPV4_RANGE : IKE_TS_IPV6_RANGE;
}

static void add_conf(const struct ts_conf *c, const struct range *addrs,
		     struct ts_list *out)
{
	if (out->n == TS_MAX)
		return;
	out->at[out->n++] = (struct ike_ts){
		.type = type_of(&addrs->min),
		.protocol = c->protocol,
		.port_min = c->port_min,
		.port_max = c->port_max,
		.addr_min = addrs->min,
		.addr_max = addrs->max,
	};
}

void ts_from_conf(const struct ts_conf *conf, size_t n,
		  const struct ts_dynamic *dynamic, struct ts_list *out)
{
	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct ts_conf *c = &conf[i];
		const struct range net = { c->net.net, prefix_last(&c->net) };

		if (!c->dynamic)
			add_conf(c, &net, out);
		for (unsigned int k = 0; c->dynamic && k < dynamic->n; k++)
			add_conf(c, &dynamic->at[k], out);
	}
}

/* RFC 7296 section 3.13.1. */
static bool is_opaque(const struct ike_ts *ts)
{
	return ts->port_min == PORT_OPAQUE_MIN &&
	       ts->port_max == PORT_OPAQUE_MAX;
}

void ts_from_wire(struct slice selectors, struct ts_list *out)
{
	struct ike_ts ts;

	out->n = 0;
	while (out->n < TS_MAX && ike_ts_next(&selectors, &ts))
		if (type_of(&ts.addr_min) == ts.type &&
		    type_of(&ts.addr_max) == ts.type &&
		    addr_order(&ts.addr_min, &ts.addr_max) <= 0 &&
		    (ts.port_min <= ts.port_max || is_opaque(&ts)))
			out->at[out->n++] = ts;
}

/* False: nothing in common. OPAQUE is a part of ANY, but whoever asks for all would
 * be left with fragments alone: only who asks for OPAQUE takes it. */
static bool ports_intersect(const struct ike_ts *a, const struct ike_ts *b,
			    struct ike_ts *out)
{
	if (is_opaque(a) || is_opaque(b))
		return is_opaque(a) && is_opaque(b);
	if (b->port_min > a->port_min)
		out->port_min = b->port_min;
	if (b->port_max < a->port_max)
		out->port_max = b->port_max;
	return out->port_min <= out->port_max;
}

/* False: nothing in common. */
static bool intersect(const struct ike_ts *a, const struct ike_ts *b,
		      struct ike_ts *out)
{
	if (a->type != b->type ||
	    (a->protocol && b->protocol && a->protocol != b->protocol))
		return false;
	*out = *a;
	out->protocol = a->protocol ? a->protocol : b->protocol;
	if (addr_order(&b->addr_min, &a->addr_min) > 0)
		out->addr_min = b->addr_min;
	if (addr_order(&b->addr_max, &a->addr_max) < 0)
		out->addr_max = b->addr_max;
	return addr_order(&out->addr_min, &out->addr_max) <= 0 &&
	       ports_intersect(a, b, out);
}

static bool inside(const struct ike_ts *in, const struct ike_ts *of)
{
	struct ike_ts common;

	return intersect(in, of, &common) &&
	       memcmp(&common, in, sizeof(common)) == 0;
}

void ts_narrow(const struct ts_list *ours, const struct ts_list *peers,
	       struct ts_list *out)
{
	out->n = 0;
	for (unsigned int i = 0; i < ours->n; i++)
		for (unsigned int j = 0; j < peers->n && out->n < TS_MAX; j++)
			if (intersect(&ours->at[i], &peers->at[j],
				      &out->at[out->n]))
				out->n++;
}

bool ts_within(const struct ts_list *these, const struct ts_list *those)
{
	for (unsigned int i = 0; i < these->n; i++) {
		bool found = false;

		for (unsigned int j = 0; j < those->n && !found; j++)
			found = inside(&these->at[i], &those->at[j]);
		if (!found)
			return false;
	}
	return these->n > 0;
}

static bool pair(const struct ike_ts *l, const struct ike_ts *r,
		 struct sadb_selector *out)
{
	if (l->type != r->type ||
	    (l->protocol && r->protocol && l->protocol != r->protocol))
		return false;
	*out = (struct sadb_selector){
		.local_min = l->addr_min,
		.local_max = l->addr_max,
		.remote_min = r->addr_min,
		.remote_max = r->addr_max,
		.local_port_min = l->port_min,
		.local_port_max = l->port_max,
		.remote_port_min = r->port_min,
		.remote_port_max = r->port_max,
		.protocol = l->protocol ? l->protocol : r->protocol,
	};
	return true;
}

int ts_to_selectors(const struct ts_list *local, const struct ts_list *remote,
		    struct sadb_selector *out)
{
	int n = 0;

	for (unsigned int i = 0; i < local->n; i++) {
		for (unsigned int j = 0; j < remote->n; j++) {
			struct sadb_selector s;

			if (!pair(&local->at[i], &remote->at[j], &s))
				continue;
			if (n == SADB_SELECTORS_MAX)
				return -E2BIG;
			out[n++] = s;
		}
	}
	return n;
}

static int one_str(const struct ike_ts *ts, char *buf, size_t max)
{
	const struct range range = { ts->addr_min, ts->addr_max };
	char addrs[RANGE_STR_MAX], ports[32] = "";

	range_str(&range, addrs);
	if (ts->protocol || ts->port_min || ts->port_max != PORT_MAX)
		snprintf(ports, sizeof(ports),
			 ts->port_min == ts->port_max ? "[%u/%u]" : "[%u/%u-%u]",
			 ts->protocol, ts->port_min, ts->port_max);
	return snprintf(buf, max, "%s%s", addrs, ports);
}

const char *ts_str(const struct ts_list *l, char *buf, size_t max)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < l->n && len + 1 < max; i++) {
		if (i)
			buf[len++] = ' ';
		len += (size_t)one_str(&l->at[i], buf + len, max - len);
	}
	return buf;
}
