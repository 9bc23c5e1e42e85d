// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/policy.h"

#include <string.h>

#include "include/proto.h"

struct sadb_selector selector_of_ranges(const struct range *local,
					const struct range *remote,
					uint8_t protocol)
{
	return (struct sadb_selector){
		.local_min = local->min,
		.local_max = local->max,
		.remote_min = remote->min,
		.remote_max = remote->max,
		.local_port_max = UINT16_MAX,
		.remote_port_max = UINT16_MAX,
		.protocol = protocol,
	};
}

struct sadb_selector selector_between(const struct prefix *local,
				      const struct prefix *remote,
				      uint8_t protocol)
{
	const struct range near = { local->net, prefix_last(local) };
	const struct range far = { remote->net, prefix_last(remote) };

	return selector_of_ranges(&near, &far, protocol);
}

bool selector_equal(const struct sadb_selector *a, const struct sadb_selector *b)
{
	return addr_equal(&a->local_min, &b->local_min) &&
	       addr_equal(&a->local_max, &b->local_max) &&
	       addr_equal(&a->remote_min, &b->remote_min) &&
	       addr_equal(&a->remote_max, &b->remote_max) &&
	       a->local_port_min == b->local_port_min &&
	       a->local_port_max == b->local_port_max &&
	       a->remote_port_min == b->remote_port_min &&
	       a->remote_port_max == b->remote_port_max &&
	       a->protocol == b->protocol;
}

bool selector_has_ports(const struct sadb_selector *s)
{
	return s->local_port_min != 0 || s->local_port_max != UINT16_MAX ||
	       s->remote_port_min != 0 || s->remote_port_max != UINT16_MAX;
}

static bool is_opaque(uint16_t min, uint16_t max)
{
	return min == PORT_OPAQUE_MIN && max == PORT_OPAQUE_MAX;
}

static bool is_any(uint16_t min, uint16_t max)
{
	return min == 0 && max == UINT16_MAX;
}

bool selector_is_opaque(const struct sadb_selector *s)
{
	bool local = is_opaque(s->local_port_min, s->local_port_max);
	bool remote = is_opaque(s->remote_port_min, s->remote_port_max);

	return (local || remote) &&
	       (local || is_any(s->local_port_min, s->local_port_max)) &&
	       (remote || is_any(s->remote_port_min, s->remote_port_max));
}

bool selector_ports_sound(const struct sadb_selector *s)
{
	return selector_is_opaque(s) ||
	       (s->local_port_min <= s->local_port_max &&
		s->remote_port_min <= s->remote_port_max);
}

/* IPv4 is no part of a range of IPv6, such as ::/0. */
static bool addr_in(const struct addr *a, const struct addr *min,
		    const struct addr *max)
{
	return addr_is_v4(a) == addr_is_v4(min) &&
	       memcmp(a, min, sizeof(*a)) >= 0 &&
	       memcmp(a, max, sizeof(*a)) <= 0;
}

static bool port_in(uint16_t port, uint16_t min, uint16_t max)
{
	return port >= min && port <= max;
}

/* All but the ports. */
static bool covers(const struct policy *p, const struct flow *f, enum dp_dir dir)
{
	const struct sadb_selector *s = &p->selector;

	return (p->dirs >> dir & 1) && p->tunnel[dir] == f->tunnel &&
	       addr_in(&f->local, &s->local_min, &s->local_max) &&
	       addr_in(&f->remote, &s->remote_min, &s->remote_max) &&
	       (s->protocol == PROTO_ANY || s->protocol == f->protocol);
}

static bool ports_match(const struct sadb_selector *s, const struct flow *f)
{
	if (!selector_has_ports(s))
		return true;
	if (!f->has_ports)
		return selector_is_opaque(s);
	return port_in(f->local_port, s->local_port_min, s->local_port_max) &&
	       port_in(f->remote_port, s->remote_port_min, s->remote_port_max);
}

struct policy_verdict policy_lookup(const struct policy *list, size_t n,
				    const struct flow *f, enum dp_dir dir)
{
	bool hidden = false;

	for (size_t i = 0; i < n; i++) {
		const struct policy *p = &list[i];

		if (!covers(p, f, dir))
			continue;
		if (ports_match(&p->selector, f))
			return (struct policy_verdict){
				p, hidden && p->action == SPD_BYPASS
			};
		if (!f->has_ports && p->action == SPD_PROTECT)
			hidden = true;
	}
	return (struct policy_verdict){ NULL, hidden };
}
