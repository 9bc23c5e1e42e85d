// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/ts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/range.h"
#include "ctrl/wire/ip.h"
#include "include/proto.h"

void ts_keep(struct ts_kept *to, const struct ts_list *from)
{
	struct ike_ts *at = malloc((from->n + 1) * sizeof(*at));

	ts_kept_free(to);
	if (!at)
		return;
	memcpy(at, from->at, from->n * sizeof(*at));
	*to = (struct ts_kept){ at, from->n };
}

struct ts_list ts_kept_list(const struct ts_kept *k)
{
	struct ts_list l = { .n = k->n };

	if (k->n)
		memcpy(l.at, k->at, k->n * sizeof(*k->at));
	return l;
}

void ts_kept_free(struct ts_kept *k)
{
	free(k->at);
	*k = (struct ts_kept){ .at = NULL };
}

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
		const struct range net = ts_conf_range(c);

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

/* In the place of the first one that lies inside it; those inside it go. */
static void add(struct ts_list *l, const struct ike_ts *ts)
{
	unsigned int n = 0, at = l->n;

	for (unsigned int i = 0; i < l->n; i++)
		if (inside(ts, &l->at[i]))
			return;
	for (unsigned int i = 0; i < l->n; i++) {
		if (!inside(&l->at[i], ts))
			l->at[n++] = l->at[i];
		else if (at == l->n)
			l->at[at = n++] = *ts;
	}
	if (at == l->n && n < TS_MAX)
		l->at[n++] = *ts;
	l->n = n;
}

void ts_narrow(const struct ts_list *ours, const struct ts_list *peers,
	       struct ts_list *out)
{
	struct ike_ts common;

	out->n = 0;
	for (unsigned int j = 0; j < peers->n; j++)
		for (unsigned int i = 0; i < ours->n; i++)
			if (intersect(&ours->at[i], &peers->at[j], &common))
				add(out, &common);
}

/* The first packet's may lie inside one of ours and is said all the same. */
static bool has(const struct ts_list *l, const struct ike_ts *ts)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (memcmp(&l->at[i], ts, sizeof(*ts)) == 0)
			return true;
	return false;
}

void ts_offer(const struct ts_list *first, const struct ts_list *ours,
	      struct ts_list *out)
{
	*out = *first;
	for (unsigned int i = 0; i < ours->n && out->n < TS_MAX; i++)
		if (!has(out, &ours->at[i]))
			out->at[out->n++] = ours->at[i];
}

static struct ike_ts one_of(const struct addr *a, uint8_t protocol)
{
	return (struct ike_ts){
		.type = type_of(a),
		.protocol = protocol,
		.port_max = PORT_MAX,
		.addr_min = *a,
		.addr_max = *a,
	};
}

/* One that shows none, as a later fragment, has 0 for both. */
static bool shows_ports(const struct sadb_selector *packet)
{
	const uint16_t local = packet->local_port_min;
	const uint16_t remote = packet->remote_port_min;

	return protocol_has_ports(packet->protocol) && (local || remote) &&
	       local == packet->local_port_max &&
	       remote == packet->remote_port_max;
}

void ts_of_packet(const struct sadb_selector *packet, uint8_t pfp,
		  struct ts_first *out)
{
	*out = (struct ts_first){ .is = true };
	out->local = one_of(&packet->local_min, packet->protocol);
	out->remote = one_of(&packet->remote_min, packet->protocol);
	if (!(pfp & PFP_PORTS) && !shows_ports(packet))
		return;
	out->local.port_min = packet->local_port_min;
	out->local.port_max = packet->local_port_max;
	out->remote.port_min = packet->remote_port_min;
	out->remote.port_max = packet->remote_port_max;
}

/* --- populate from packet: RFC 4301 section 4.4.1.2 */

/* Of what shows no ports they are OPAQUE, and ANY if its protocol has none. */
static bool is_one_port(const struct ike_ts *ts)
{
	return ts->port_min == ts->port_max || is_opaque(ts) ||
	       (ts->port_min == 0 && ts->port_max == PORT_MAX && ts->protocol &&
		!ip_has_ports(ts->protocol));
}

/* What both have; of ANY, OPAQUE is a part. */
static bool take_common(const struct ike_ts *ours, const struct ike_ts *packet,
			struct ike_ts *out)
{
	struct ike_ts of = *ours;

	if (is_opaque(packet) && of.port_min == 0 && of.port_max == PORT_MAX) {
		of.port_min = PORT_OPAQUE_MIN;
		of.port_max = PORT_OPAQUE_MAX;
	}
	return intersect(&of, packet, out);
}

/* What of one side is taken from the packet. */
struct taken {
	bool addr, protocol, port;
};

static struct taken taken_of(uint8_t pfp, bool local)
{
	return (struct taken){
		.addr = pfp & (local ? PFP_LOCAL : PFP_REMOTE),
		.protocol = pfp & PFP_PROTOCOL,
		.port = pfp & (local ? PFP_LOCAL_PORT : PFP_REMOTE_PORT),
	};
}

static bool populate(const struct ike_ts *ours, const struct ike_ts *packet,
		     struct taken taken, struct ike_ts *out)
{
	struct ike_ts common;

	if (!take_common(ours, packet, &common))
		return false;
	*out = *ours;
	if (taken.addr) {
		out->addr_min = common.addr_min;
		out->addr_max = common.addr_max;
	}
	if (taken.protocol)
		out->protocol = common.protocol;
	if (taken.port) {
		out->port_min = common.port_min;
		out->port_max = common.port_max;
	}
	return (!taken.addr || addr_equal(&common.addr_min, &common.addr_max)) &&
	       (!taken.protocol || common.protocol) &&
	       (!taken.port || is_one_port(&common));
}

static void populate_side(const struct ts_list *ours,
			  const struct ike_ts *packet, struct taken taken,
			  struct ts_list *out)
{
	out->n = 0;
	for (unsigned int i = 0; i < ours->n && !out->n; i++)
		out->n = populate(&ours->at[i], packet, taken, &out->at[0]);
}

bool ts_populate(const struct ts_sides *ours, uint8_t pfp,
		 const struct ts_first *packet, struct ts_sides *out)
{
	populate_side(&ours->local, &packet->local, taken_of(pfp, true),
		      &out->local);
	populate_side(&ours->remote, &packet->remote, taken_of(pfp, false),
		      &out->remote);
	return out->local.n && out->remote.n;
}

static bool same_values(const struct ike_ts *a, const struct ike_ts *b,
			struct taken taken)
{
	return (!taken.addr || (addr_equal(&a->addr_min, &b->addr_min) &&
				addr_equal(&a->addr_max, &b->addr_max))) &&
	       (!taken.protocol || a->protocol == b->protocol) &&
	       (!taken.port ||
		(a->port_min == b->port_min && a->port_max == b->port_max));
}

bool ts_same_values(uint8_t pfp, const struct ts_first *a,
		    const struct ts_first *b)
{
	return a->is == b->is &&
	       (!a->is ||
		(same_values(&a->local, &b->local, taken_of(pfp, true)) &&
		 same_values(&a->remote, &b->remote, taken_of(pfp, false))));
}

/* --- what lies where */

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

bool ts_meet(const struct ts_list *these, const struct ts_list *those)
{
	struct ts_list both;

	ts_narrow(these, those, &both);
	return both.n;
}

bool ts_first_within(const struct ts_list *these, const struct ts_list *those)
{
	struct ts_list first = { .n = these->n ? 1 : 0 };

	if (first.n)
		first.at[0] = these->at[0];
	return ts_within(&first, those);
}

void ts_set_host(struct ts_list *l, const struct addr *host)
{
	for (unsigned int i = 0; i < l->n; i++) {
		struct ike_ts *ts = &l->at[i];

		if (!addr_equal(&ts->addr_min, &ts->addr_max) ||
		    ts->type != type_of(host))
			continue;
		ts->addr_min = ts->addr_max = *host;
	}
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

bool ts_cut(struct ts_list *local, struct ts_list *remote)
{
	struct sadb_selector pairs[SADB_SELECTORS_MAX];
	bool cut = false;

	while (ts_to_selectors(local, remote, pairs) == -E2BIG) {
		struct ts_list *l = local->n > remote->n ? local : remote;

		l->n--;
		cut = true;
	}
	return cut;
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
