/* SPDX-License-Identifier: BSD-2-Clause */
/* A gateway in memory whose SAs are in transport mode, and packets of their ends. */
#ifndef CYG_TESTS_TRANSPORT_FIXTURE_H
#define CYG_TESTS_TRANSPORT_FIXTURE_H

#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/unit/gateway_fixture.h"

#define FRAMES	   256U
#define EXTENSIONS 3U /* of IPv6, 8 octets each */

struct form {
	const char *encr, *integ;
	bool v6, udp, esn;
};

static const struct form forms[] = {
	{ "aes128gcm16", NULL, false, false, false },
	{ "aes128gcm16", NULL, true, false, true },
	{ "aes128gcm16", NULL, false, true, true },
	{ "aes128gcm16", NULL, true, true, false },
	{ "aes128", "sha256", false, false, true },
	{ "aes128", "sha256", true, false, false },
	{ "aes128", "sha256", false, true, false },
	{ "aes128", "sha256", true, true, true },
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

static const struct form *const v4 = &forms[0], *const v6 = &forms[1],
				*const v4_udp = &forms[2];

static inline struct gateway *gateway_of(const struct form *f)
{
	const struct gateway_spec spec = { f->encr, f->integ, f->esn, FRAMES };
	struct gateway *g = gateway_new(&spec);

	if (f->v6)
		gateway_outer_v6(g);
	if (f->udp)
		gateway_encapsulate(g);
	gateway_transport(g);
	gateway_know_all(g);
	return g;
}

/* Of the SA's own ends. */
static inline struct ip_header header_of(const struct gateway *g, uint32_t bytes)
{
	return (struct ip_header){
		.version = addr_is_v4(&g->out->saddr) ? 4 : 6,
		.total_bytes = bytes,
		.tos = 0xb9,
		.id = 0x4321,
		.fragment = IPV4_DF,
		.ttl = 3,
		.protocol = PROTO_UDP,
		.saddr = g->out->saddr,
		.daddr = g->out->daddr,
	};
}

/* That many octets of it at l3. */
static inline uint32_t make(const struct gateway *g, uint32_t bytes, uint8_t *l3)
{
	const struct ip_header h = header_of(g, bytes);

	gateway_packet(l3, &h);
	return bytes;
}

/* The usual packet, sealed. */
static inline uint32_t seal_usual(struct gateway *g, uint8_t *l3)
{
	uint8_t packet[FRAME_BYTES];

	return seal(g, packet, make(g, 100, packet), l3);
}

static inline void assert_comes_up(struct gateway *g, const uint8_t *want,
				   uint32_t n)
{
	uint8_t got[FRAME_BYTES], dmac[6];

	assert_int_equal(gateway_host_take(g, got, dmac), n);
	assert_memory_equal(got, want, n);
}

static inline void assert_drop(struct gateway *g, enum drop_reason reason)
{
	assert_one_drop(g, reason);
	assert_int_equal(g->outside.tx_n + g->inside.tx_n, 0);
	gateway_end(g);
}

/* The peer by a path of that MTU, and this host. */
static inline void know_mtu(struct gateway *g, uint32_t mtu)
{
	struct nexthop nh =
		gateway_hop(g, g->out->daddr, NH_PORT, GATEWAY_OUTSIDE);

	atomic_fetch_add(&g->link.fib.gen, 1);
	nh.gen = atomic_load(&g->link.fib.gen);
	nh.mtu = mtu;
	gateway_know(g, &nh);
	nh = gateway_hop(g, g->out->saddr, NH_HOST, 0);
	gateway_know(g, &nh);
}

/* Hop-by-hop, routing and options for the destination, before UDP. */
static inline uint32_t make_extended(const struct gateway *g, uint8_t *l3)
{
	static const uint8_t kinds[] = { EXT_HOP_BY_HOP, EXT_ROUTING,
					 EXT_DEST_OPTIONS, PROTO_UDP };
	struct ip_header h = header_of(g, 120);

	h.protocol = kinds[0];
	gateway_packet(l3, &h);
	for (uint32_t i = 0; i < EXTENSIONS; i++) {
		uint8_t *at = l3 + IPV6_HEADER_BYTES + 8 * i;

		memset(at, 0, 8);
		at[0] = kinds[i + 1];
	}
	return h.total_bytes;
}

#endif
