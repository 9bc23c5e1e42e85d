// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where charon would look a port's or protocol's name up in /etc, numbers
 * stand: the process that answers may not read files.
 */
#include "ctrl/control/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "include/proto.h"

const char *encr_word(uint16_t id)
{
	switch (id) {
#define X(name, value, text) \
	case ENCR_##name:    \
		return text;
		IKE_ENCRS(X)
#undef X
	}
	return "UNKNOWN";
}

const char *integ_word(uint16_t id)
{
	switch (id) {
#define X(name, value, text) \
	case INTEG_##name:   \
		return text;
		IKE_INTEGS(X)
#undef X
	}
	return "UNKNOWN";
}

const char *prf_word(uint16_t id)
{
	switch (id) {
#define X(name, value, text) \
	case PRF_##name:     \
		return text;
		IKE_PRFS(X)
#undef X
	}
	return "UNKNOWN";
}

const char *ke_word(uint16_t id)
{
	switch (id) {
#define X(name, value, text) \
	case KE_##name:      \
		return text;
		IKE_KES(X)
#undef X
	}
	return "UNKNOWN";
}

const char *mode_word(unsigned int mode)
{
	return mode == SADB_TRANSPORT ? "TRANSPORT" : "TUNNEL";
}

struct ts_range ts_local(const struct sadb_selector *s)
{
	return (struct ts_range){ s->local_min, s->local_max, s->protocol,
				  s->local_port_min, s->local_port_max };
}

struct ts_range ts_remote(const struct sadb_selector *s)
{
	return (struct ts_range){ s->remote_min, s->remote_max, s->protocol,
				  s->remote_port_min, s->remote_port_max };
}

static unsigned int bit_at(const struct addr *a, unsigned int i)
{
	const unsigned int octet = a->octets[i / 8];

	return octet >> (7 - i % 8) & 1U;
}

/* Are these the first and last address of a network? */
static bool is_prefix(const struct ts_range *r, struct prefix *out)
{
	unsigned int common = 0;

	while (common < 128 && bit_at(&r->min, common) == bit_at(&r->max, common))
		common++;
	for (unsigned int i = common; i < 128; i++)
		if (bit_at(&r->min, i) || !bit_at(&r->max, i))
			return false;
	if (addr_is_v4(&r->min) != addr_is_v4(&r->max))
		return false;
	out->net = r->min;
	out->bits = (uint8_t)(addr_is_v4(&r->min) ? common - 96 : common);
	return true;
}

static const char *protocol_str(uint8_t protocol, char buf[4])
{
	switch (protocol) {
	case PROTO_TCP:
		return "tcp";
	case PROTO_UDP:
		return "udp";
	case PROTO_ICMP:
		return "icmp";
	case PROTO_ICMPV6:
		return "ipv6-icmp";
	default:
		snprintf(buf, 4, "%u", protocol);
		return buf;
	}
}

/* Of ICMP a type, and its code unless that is 0, as strongSwan writes them. */
static const char *port_str(uint8_t protocol, uint16_t port, char buf[9])
{
	if (protocol != PROTO_ICMP && protocol != PROTO_ICMPV6)
		snprintf(buf, 9, "%u", port);
	else if (port & UINT8_MAX)
		snprintf(buf, 9, "%u(%u)", port >> 8, port & UINT8_MAX);
	else
		snprintf(buf, 9, "%u", port >> 8);
	return buf;
}

/* What stands in brackets, if anything: protocol and ports. */
static void add_ports(uint8_t protocol, uint16_t min, uint16_t max,
		      char buf[TS_STR_MAX])
{
	bool any = min == 0 && max == UINT16_MAX;
	size_t len = strlen(buf);
	char number[4], port[9];

	if (protocol == PROTO_ANY && any)
		return;
	len += (size_t)snprintf(buf + len, TS_STR_MAX - len, "[%s",
				protocol_str(protocol, number));
	if (min == PORT_OPAQUE_MIN && max == PORT_OPAQUE_MAX) {
		len += (size_t)snprintf(buf + len, TS_STR_MAX - len, "/OPAQUE");
		any = true;
	}
	if (!any)
		len += (size_t)snprintf(buf + len, TS_STR_MAX - len, "/%s",
					port_str(protocol, min, port));
	if (!any && min != max)
		len += (size_t)snprintf(buf + len, TS_STR_MAX - len, "-%s",
					port_str(protocol, max, port));
	snprintf(buf + len, TS_STR_MAX - len, "]");
}

const char *ts_range_str(const struct ts_range *r, char buf[TS_STR_MAX])
{
	char min[ADDR_STR_MAX], max[ADDR_STR_MAX];
	struct prefix net;

	if (is_prefix(r, &net))
		prefix_str(&net, buf);
	else
		snprintf(buf, TS_STR_MAX, "%s..%s", addr_str(&r->min, min),
			 addr_str(&r->max, max));
	add_ports(r->protocol, r->port_min, r->port_max, buf);
	return buf;
}

const char *ts_conf_str(const struct ts_conf *ts, char buf[TS_STR_MAX])
{
	const struct range net = ts_conf_range(ts);
	const struct ts_range range = {
		.min = net.min,
		.max = net.max,
		.protocol = ts->protocol,
		.port_min = ts->port_min,
		.port_max = ts->port_max,
	};

	if (!ts->dynamic)
		return ts_range_str(&range, buf);
	snprintf(buf, TS_STR_MAX, "dynamic");
	add_ports(ts->protocol, ts->port_min, ts->port_max, buf);
	return buf;
}

void put_if_id(struct vici_builder *b, const char *key, uint32_t if_id)
{
	if (if_id)
		vici_fmt(b, key, "%08" PRIx32, if_id);
}
