// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/sadb/rules.h"

#include <stdlib.h>
#include <string.h>
#include <urcu-qsbr.h>

#include "ctrl/sadb/policy.h"
#include "ctrl/sadb/quiescent.h"
#include "include/proto.h"

/* Aligned as what stands beside it, where the compiler would leave room before it:
 * each SA has a rule at least. */
struct addr_range {
	unsigned __int128 min, max;
} __attribute__((packed, aligned(8)));

struct port_range {
	uint16_t min, max;
};

struct rule {
	struct addr_range local, remote;
	struct port_range local_port, remote_port;
	bool local_v4, remote_v4;
	uint8_t protocol; /* PROTO_ANY for all */
	bool ports;	  /* not any */
	bool opaque;	  /* that there are none to be seen */
	bool accept;
};

struct rules {
	struct rcu_head rcu;
	size_t n;
	bool ports; /* of any of them */
	struct rule at[];
};

static unsigned __int128 number_of(const struct addr *a)
{
	const struct addr_halves h = addr_halves(a);

	return (unsigned __int128)h.hi << 64 | h.lo;
}

static struct addr_range range_of(const struct addr *min, const struct addr *max)
{
	return (struct addr_range){ number_of(min), number_of(max) };
}

static bool addr_in(const struct addr_range *r, unsigned __int128 a)
{
	return r->min <= a && a <= r->max;
}

static bool port_in(const struct port_range *r, uint16_t port)
{
	return port >= r->min && port <= r->max;
}

static bool any_port(const struct port_range *r)
{
	return r->min == 0 && r->max == UINT16_MAX;
}

static struct rule rule_of(const struct sa_rule *from)
{
	const struct sadb_selector *s = &from->selector;
	struct rule r = {
		.local = range_of(&s->local_min, &s->local_max),
		.remote = range_of(&s->remote_min, &s->remote_max),
		.local_port = { s->local_port_min, s->local_port_max },
		.remote_port = { s->remote_port_min, s->remote_port_max },
		.local_v4 = addr_is_v4(&s->local_min),
		.remote_v4 = addr_is_v4(&s->remote_min),
		.protocol = s->protocol,
		.accept = from->accept,
	};

	r.ports = !any_port(&r.local_port) || !any_port(&r.remote_port);
	r.opaque = selector_is_opaque(s);
	return r;
}

struct rules *rules_new(const struct sa_rule *rule, size_t n)
{
	struct rules *r = calloc(1, sizeof(*r) + n * sizeof(r->at[0]));

	if (!r)
		return NULL;
	for (; r->n < n; r->n++) {
		r->at[r->n] = rule_of(&rule[r->n]);
		r->ports |= r->at[r->n].ports;
	}
	return r;
}

void rules_free(struct rules *r)
{
	free(r);
}

static void release(struct rcu_head *head)
{
	quiescent_acquire();
	rules_free(caa_container_of(head, struct rules, rcu));
}

void rules_retire(struct rules *r)
{
	if (r)
		quiescent_defer(&r->rcu, release);
}

static bool ports_match(const struct rule *r, const struct flow *f)
{
	if (!f->has_ports)
		return r->opaque;
	return port_in(&r->local_port, f->local_port) &&
	       port_in(&r->remote_port, f->remote_port);
}

bool rules_ask_ports(const struct rules *r)
{
	return r->ports;
}

/* The first that matches, all but its ports perhaps; NULL: there is none. */
static const struct rule *first_match(const struct rules *r,
				      const struct flow *f, bool blind)
{
	const unsigned __int128 local = number_of(&f->local);
	const unsigned __int128 remote = number_of(&f->remote);
	const bool local_v4 = addr_is_v4(&f->local);
	const bool remote_v4 = addr_is_v4(&f->remote);
	const struct rule *end = r->at + r->n;

	for (const struct rule *at = r->at; at < end; at++) {
		/* IPv4 is no part of a range of IPv6, such as ::/0. */
		if (at->local_v4 != local_v4 || at->remote_v4 != remote_v4)
			continue;
		if (!addr_in(&at->local, local) || !addr_in(&at->remote, remote))
			continue;
		if (at->protocol != PROTO_ANY && at->protocol != f->protocol)
			continue;
		if (!at->ports || ports_match(at, f) || (blind && at->accept))
			return at;
	}
	return NULL;
}

bool rules_accept(const struct rules *r, const struct flow *f)
{
	const struct rule *at = first_match(r, f, false);

	return at && at->accept;
}

bool rules_refuse(const struct rules *r, const struct flow *f)
{
	const struct rule *at = first_match(r, f, false);

	return at && !at->accept;
}

bool rules_may_accept(const struct rules *r, const struct flow *f)
{
	const struct rule *at = first_match(r, f, true);

	return !f->has_ports && at && at->accept;
}

bool rules_have_local(const struct rules *r, const struct addr *a)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].accept && r->at[i].local_v4 == addr_is_v4(a) &&
		    addr_in(&r->at[i].local, number_of(a)))
			return true;
	return false;
}

bool rules_accept_ports(const struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].accept && r->at[i].ports && !r->at[i].opaque)
			return true;
	return false;
}

bool rules_name(const struct rules *r, uint8_t protocol)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].accept && r->at[i].protocol == protocol)
			return true;
	return false;
}

/* All of IPv4 has its place among the addresses of IPv6, and is none of them. */
static bool addrs_within(const struct addr *min, const struct addr *max,
			 const struct addr *outer_min,
			 const struct addr *outer_max)
{
	const size_t n = sizeof(min->octets);

	return addr_is_v4(min) == addr_is_v4(outer_min) &&
	       memcmp(min->octets, outer_min->octets, n) >= 0 &&
	       memcmp(max->octets, outer_max->octets, n) <= 0;
}

/* OPAQUE is a part of ANY alone, and nothing is a part of it. */
static bool ports_within(uint16_t min, uint16_t max, uint16_t outer_min,
			 uint16_t outer_max)
{
	const struct port_range outer = { outer_min, outer_max };

	if (min == outer_min && max == outer_max)
		return true;
	if (min > max)
		return any_port(&outer);
	return min >= outer_min && max <= outer_max;
}

bool selector_within(const struct sadb_selector *inner,
		     const struct sadb_selector *outer)
{
	return addrs_within(&inner->local_min, &inner->local_max,
			    &outer->local_min, &outer->local_max) &&
	       addrs_within(&inner->remote_min, &inner->remote_max,
			    &outer->remote_min, &outer->remote_max) &&
	       ports_within(inner->local_port_min, inner->local_port_max,
			    outer->local_port_min, outer->local_port_max) &&
	       ports_within(inner->remote_port_min, inner->remote_port_max,
			    outer->remote_port_min, outer->remote_port_max) &&
	       (outer->protocol == PROTO_ANY ||
		outer->protocol == inner->protocol);
}
