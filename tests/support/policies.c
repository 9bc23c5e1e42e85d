// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/policies.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "include/proto.h"

/* xorshift64 (Marsaglia). */
uint32_t chance_number(struct chance *c, uint32_t below)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 7;
	c->state ^= c->state << 17;
	return (uint32_t)((c->state >> 32) % below);
}

static bool chance_one_in(struct chance *c, uint32_t n)
{
	return chance_number(c, n) == 0;
}

/* --- any --- */

/* One of few: borders meet. */
static struct addr any_addr(struct chance *c, bool v4)
{
	struct addr a = addr_from_v4(
		htonl(0x0a000000U | chance_number(c, 4) << 16 |
		      chance_number(c, 4) << 8 | chance_number(c, 8)));

	if (v4)
		return a;
	memset(a.octets, 0, sizeof(a.octets));
	a.octets[0] = 0x20;
	a.octets[5] = (uint8_t)chance_number(c, 4);
	a.octets[7] = (uint8_t)chance_number(c, 4);
	a.octets[8] = (uint8_t)chance_number(c, 4);
	a.octets[15] = (uint8_t)chance_number(c, 8);
	return a;
}

static void any_range(struct chance *c, bool v4, struct addr *min,
		      struct addr *max)
{
	static const uint8_t bits_v4[] = { 0, 8, 14, 15, 16, 22, 24, 30, 32 };
	static const uint8_t bits_v6[] = { 0, 3, 46, 48, 62, 64, 66, 125, 128 };
	struct prefix p = { .net = any_addr(c, v4) };
	struct addr other = any_addr(c, v4);

	if (chance_one_in(c, 3)) {
		bool lower = memcmp(&p.net, &other, sizeof(other)) < 0;

		*min = lower ? p.net : other;
		*max = lower ? other : p.net;
		return;
	}
	p.bits = (v4 ? bits_v4 : bits_v6)[chance_number(c, 9)];
	for (uint32_t i = p.bits + (v4 ? 96U : 0U); i < 128; i++)
		p.net.octets[i / 8] &= (uint8_t) ~(0x80U >> i % 8);
	*min = p.net;
	*max = prefix_last(&p);
}

static void any_ports(struct chance *c, uint16_t *min, uint16_t *max)
{
	*min = 0;
	*max = UINT16_MAX;
	if (!chance_one_in(c, 2))
		return;
	*min = (uint16_t)chance_number(c, 8);
	*max = (uint16_t)(*min + chance_number(c, 8));
}

static uint8_t any_protocol(struct chance *c)
{
	static const uint8_t protocols[] = { PROTO_ICMP, PROTO_TCP, PROTO_UDP,
					     PROTO_ESP };

	return protocols[chance_number(c, sizeof(protocols))];
}

/* Of every other policy in every other list, one of few; now and then of one
 * direction alone. */
static void any_tunnel(struct chance *c, struct policy *p)
{
	if (chance_one_in(c, 2))
		return;
	p->tunnel[DIR_OUT] = p->tunnel[DIR_IN] =
		(uint16_t)(1 + chance_number(c, 5));
	if (chance_one_in(c, 4))
		p->tunnel[chance_number(c, 2)] = (uint16_t)chance_number(c, 6);
}

void policies_any(struct chance *c, struct policy *list, size_t n)
{
	const bool by_routes = chance_one_in(c, 2);

	for (size_t i = 0; i < n; i++) {
		struct policy *p = &list[i];
		struct sadb_selector *s = &p->selector;
		bool v4 = !chance_one_in(c, 3);

		*p = (struct policy){
			.id = (uint32_t)i,
			.dirs = (uint8_t)(1 + chance_number(c, SPD_BOTH)),
			.action = (enum spd_action)chance_number(c, 3),
			.on_demand = chance_one_in(c, 2),
		};
		if (chance_one_in(c, 4))
			p->pfp = PFP_REMOTE;
		if (by_routes)
			any_tunnel(c, p);
		any_range(c, v4, &s->local_min, &s->local_max);
		any_range(c, v4, &s->remote_min, &s->remote_max);
		s->local_port_max = s->remote_port_max = UINT16_MAX;
		if (chance_one_in(c, 2))
			s->protocol = any_protocol(c);
		if (!chance_one_in(c, 3))
			continue;
		if (chance_one_in(c, 4)) {
			s->local_port_min = PORT_OPAQUE_MIN;
			s->local_port_max = PORT_OPAQUE_MAX;
			continue;
		}
		any_ports(c, &s->local_port_min, &s->local_port_max);
		any_ports(c, &s->remote_port_min, &s->remote_port_max);
	}
}

/* An end of the range, the address before or behind it, or another one. */
static struct addr near_addr(struct chance *c, const struct addr *min,
			     const struct addr *max)
{
	struct addr a = chance_one_in(c, 2) ? *min : *max;

	if (chance_one_in(c, 3))
		return any_addr(c, addr_is_v4(min));
	if (chance_one_in(c, 2))
		return a;
	for (int i = 15, up = (int)chance_number(c, 2); i >= 12; i--) {
		uint8_t before = a.octets[i];

		a.octets[i] = (uint8_t)(before + (up ? 1 : -1));
		if (before != (up ? 0xff : 0))
			break;
	}
	return a;
}

struct flow policies_flow(struct chance *c, const struct policy *list, size_t n)
{
	const struct policy *p = &list[chance_number(c, (uint32_t)n)];
	const struct sadb_selector *s = &p->selector;
	struct flow f = {
		.tunnel = p->tunnel[chance_number(c, 2)],
		.local = near_addr(c, &s->local_min, &s->local_max),
		.remote = near_addr(c, &s->remote_min, &s->remote_max),
		.protocol = s->protocol,
		.has_ports = !chance_one_in(c, 4),
	};

	if (f.tunnel && chance_one_in(c, 4)) /* of one that no policy has, too */
		f.tunnel = (uint16_t)chance_number(c, TUNNELS_MAX);
	if (!f.protocol || chance_one_in(c, 4))
		f.protocol = any_protocol(c);
	if (!f.has_ports)
		return f;
	f.local_port = (uint16_t)chance_number(c, 17);
	f.remote_port = (uint16_t)chance_number(c, 17);
	return f;
}

/* --- a hub --- */

static struct prefix v4_prefix(uint32_t net, uint8_t bits)
{
	return (struct prefix){ addr_from_v4(htonl(net)), bits };
}

static void between(struct policy *p, struct prefix local, struct prefix remote,
		    uint8_t protocol)
{
	p->selector = selector_between(&local, &remote, protocol);
}

/* Of sixteen one is by ports, one by a range, one discards a host, one
 * bypasses one; the rest are networks of three lengths. */
static void hub_policy(struct policy *p, uint32_t i)
{
	static const uint8_t bits[] = { 24, 24, 26, 28 };
	const uint32_t ours = 0x0a000000U | i % 16 << 16;
	const uint32_t site = 0x40000000U + i * 256;
	struct prefix local = v4_prefix(ours, 16);
	struct prefix remote = v4_prefix(site, bits[i % 4]);

	p->action = SPD_PROTECT;
	switch (i % 16) {
	case 3:
		between(p, local, remote, PROTO_TCP);
		p->selector.remote_port_min = 8000;
		p->selector.remote_port_max = 8100;
		return;
	case 6:
		between(p, local, remote, PROTO_ANY);
		p->selector.remote_max = addr_from_v4(htonl(site + 200));
		return;
	case 9:
		p->action = SPD_DISCARD;
		remote.bits = 32;
		break;
	case 12:
		p->action = SPD_BYPASS;
		remote.bits = 32;
		local = v4_prefix(ours + 256, 24);
		break;
	}
	between(p, local, remote, PROTO_ANY);
}

/* The last two are wide: what no site has is discarded or bypassed. */
static struct policy hub_policy_of(size_t n, uint32_t i)
{
	struct policy p = { .id = i, .dirs = SPD_BOTH };

	hub_policy(&p, i);
	if (n < 3 || i + 2 < n)
		return p;
	p.action = i + 2 == n ? SPD_DISCARD : SPD_BYPASS;
	if (i + 2 == n)
		between(&p, v4_prefix(0x0a000000, 8), v4_prefix(0x40000000, 2),
			PROTO_ANY);
	else
		between(&p, v4_prefix(0, 0), v4_prefix(0, 0), PROTO_ANY);
	return p;
}

void policies_hub(struct policy *list, size_t n)
{
	for (uint32_t i = 0; i < n; i++)
		list[i] = hub_policy_of(n, i);
}

struct flow policies_hub_flow(size_t n, uint32_t i)
{
	const uint32_t at = (uint32_t)((uint64_t)i * 2654435761U % n);
	const struct policy p = hub_policy_of(n, at);
	const struct sadb_selector *s = &p.selector;
	struct flow f = {
		.local = s->local_min,
		.remote = s->remote_min,
		.local_port = (uint16_t)(i | 1),
		.remote_port = s->remote_port_min,
		.has_ports = true,
		.protocol = s->protocol ? s->protocol : PROTO_UDP,
	};

	f.local.octets[15] = (uint8_t)i;
	if (s->local_max.octets[14] != s->local_min.octets[14])
		f.local.octets[14] = (uint8_t)(i >> 8);
	if (s->remote_max.octets[15] != s->remote_min.octets[15])
		f.remote.octets[15] |= i >> 16 & 0xf;
	return f;
}
