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
	unsigned __int128 min, span; /* the last one's distance */
} __attribute__((packed, aligned(8)));

struct port_range {
	uint16_t min, max;
};

struct rule {
	struct addr_range local, remote;
	struct port_range local_port, remote_port;
	uint8_t families; /* see families_of() */
	uint8_t protocol; /* PROTO_ANY for all */
	bool ports;	  /* not any */
	bool opaque;	  /* that there are none to be seen */
	bool accept;
	uint8_t say; /* enum rules_say */
};

struct rules {
	struct rcu_head rcu;
	size_t n;
	struct rule at[];
};

/* All that is asked of a packet but its ports. */
struct ends {
	unsigned __int128 local, remote;
	uint8_t families;
	uint8_t protocol;
};

static unsigned __int128 number_of(const struct addr *a)
{
	const struct addr_halves h = addr_halves(a);

	return (unsigned __int128)h.hi << 64 | h.lo;
}

static struct addr_range range_of(const struct addr *min, const struct addr *max)
{
	return (struct addr_range){ number_of(min),
				    number_of(max) - number_of(min) };
}

/* What is below it is far above, the other way round. */
static bool addr_in(const struct addr_range *r, unsigned __int128 a)
{
	return a - r->min <= r->span;
}

static bool port_in(const struct port_range *r, uint16_t port)
{
	return port >= r->min && port <= r->max;
}

static bool any_port(const struct port_range *r)
{
	return r->min == 0 && r->max == UINT16_MAX;
}

#define LOCAL_V4  2U
#define REMOTE_V4 1U
#define BOTH_V4	  (LOCAL_V4 | REMOTE_V4)

/* Which of the two are IPv4. */
static inline uint8_t families_of(const struct addr *local,
				  const struct addr *remote)
{
	return (uint8_t)((addr_is_v4(local) ? LOCAL_V4 : 0) |
			 (addr_is_v4(remote) ? REMOTE_V4 : 0));
}

static struct rule rule_of(const struct sa_rule *from)
{
	const struct sadb_selector *s = &from->selector;
	struct rule r = {
		.local = range_of(&s->local_min, &s->local_max),
		.remote = range_of(&s->remote_min, &s->remote_max),
		.local_port = { s->local_port_min, s->local_port_max },
		.remote_port = { s->remote_port_min, s->remote_port_max },
		.families = families_of(&s->local_min, &s->remote_min),
		.protocol = s->protocol,
		.accept = from->accept,
	};

	r.ports = !any_port(&r.local_port) || !any_port(&r.remote_port);
	r.opaque = selector_is_opaque(s);
	r.say = r.accept ? RULES_ACCEPT : RULES_REFUSE;
	if (r.ports)
		r.say = RULES_PORTS;
	return r;
}

struct rules *rules_new(const struct sa_rule *rule, size_t n)
{
	struct rules *r = calloc(1, sizeof(*r) + n * sizeof(r->at[0]));

	if (!r)
		return NULL;
	for (; r->n < n; r->n++)
		r->at[r->n] = rule_of(&rule[r->n]);
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

static inline struct ends ends_of(const struct addr *local,
				  const struct addr *remote, uint8_t protocol)
{
	return (struct ends){
		.local = number_of(local),
		.remote = number_of(remote),
		.families = families_of(local, remote),
		.protocol = protocol,
	};
}

/* All but its ports. IPv4 is no part of a range of IPv6, such as ::/0. */
static bool covers(const struct rule *r, const struct ends *e)
{
	return r->families == e->families && addr_in(&r->local, e->local) &&
	       addr_in(&r->remote, e->remote) &&
	       (r->protocol == PROTO_ANY || r->protocol == e->protocol);
}

/* From that rule on. */
static __attribute__((noinline)) enum rules_say ask(const struct rules *r,
						    const struct rule *at,
						    const struct addr *local,
						    const struct addr *remote,
						    uint8_t protocol)
{
	const struct ends e = ends_of(local, remote, protocol);

	for (; at < r->at + r->n; at++)
		if (covers(at, &e))
			return at->say;
	return RULES_REFUSE;
}

/* Of a rule of IPv4, all of whose addresses have the same upper half. */
static inline bool covers_v4(const struct rule *r,
			     const struct addr_halves *local,
			     const struct addr_halves *remote)
{
	return !(local->hi | remote->hi) &&
	       local->lo - (uint64_t)r->local.min <= (uint64_t)r->local.span &&
	       remote->lo - (uint64_t)r->remote.min <= (uint64_t)r->remote.span;
}

enum rules_say rules_ask(const struct rules *r, const struct addr *local,
			 const struct addr *remote, uint8_t protocol)
{
	const struct addr_halves l = addr_halves(local);
	const struct addr_halves m = addr_halves(remote);

	for (const struct rule *at = r->at; at < r->at + r->n; at++) {
		if (at->families != BOTH_V4)
			return ask(r, at, local, remote, protocol);
		if (covers_v4(at, &l, &m) &&
		    (at->protocol == PROTO_ANY || at->protocol == protocol))
			return at->say;
	}
	return RULES_REFUSE;
}

/* The first that matches, all but its ports perhaps; NULL: there is none. */
static const struct rule *first_match(const struct rules *r,
				      const struct flow *f, bool blind)
{
	const struct ends e = ends_of(&f->local, &f->remote, f->protocol);
	const struct rule *end = r->at + r->n;

	for (const struct rule *at = r->at; at < end; at++)
		if (covers(at, &e) &&
		    (!at->ports || ports_match(at, f) || (blind && at->accept)))
			return at;
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

/* A local range of the whole family. */
static bool is_of_all(const struct rule *r)
{
	return r->families & LOCAL_V4 ? r->local.span == UINT32_MAX
				      : !(r->local.span + 1);
}

bool rules_have_local(const struct rules *r, const struct addr *a)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].accept && !is_of_all(&r->at[i]) &&
		    !!(r->at[i].families & LOCAL_V4) == addr_is_v4(a) &&
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
