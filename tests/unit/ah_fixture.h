/* SPDX-License-Identifier: BSD-2-Clause */
/* A gateway in memory whose SAs are AH's, in either mode and family. */
#ifndef CYG_TESTS_AH_FIXTURE_H
#define CYG_TESTS_AH_FIXTURE_H

#include "include/proto.h"
#include "tests/unit/gateway_fixture.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define FRAMES	     256U
#define INNER_BYTES  101U /* AH pads nothing */

struct form {
	const char *integ;
	bool v6, transport, esn;
};

/* A MAC each in both modes and families, with extended numbers and without. */
#define FORMS_OF(name)                                              \
	{ name, false, false, false }, { name, true, false, true }, \
		{ name, false, true, true },                        \
	{                                                           \
		name, true, true, false                             \
	}

static const struct form forms[] = {
	FORMS_OF("sha256"),	FORMS_OF("sha384"),	FORMS_OF("sha512"),
	FORMS_OF("sha1"),	FORMS_OF("md5"),	FORMS_OF("aesxcbc"),
	FORMS_OF("aescmac"),	FORMS_OF("sha1_160"),	FORMS_OF("md5_128"),
	FORMS_OF("aes128gmac"), FORMS_OF("aes256gmac"),
};

static const struct form tunnel = { "sha256", false, false, false },
			 tunnel_esn = { "sha256", false, false, true },
			 transport = { "sha256", false, true, false },
			 transport_v6 = { "sha256", true, true, false };

static inline struct gateway *gateway_of(const struct form *f)
{
	const struct gateway_spec spec = { NULL, f->integ, f->esn, FRAMES };
	struct gateway *g = gateway_new(&spec);

	if (f->v6)
		gateway_outer_v6(g);
	if (f->transport)
		gateway_transport(g);
	gateway_know_all(g);
	return g;
}

static inline void assert_drop(struct gateway *g, enum drop_reason reason)
{
	assert_one_drop(g, reason);
	gateway_end(g);
}

/* What the SA protects: of its own ends, or of the networks behind. */
static inline struct ip_header inside_of(const struct gateway *g)
{
	struct ip_header h = gateway_inner();

	h.total_bytes = INNER_BYTES;
	if (!g->out->transport)
		return h;
	h.version = addr_is_v4(&g->out->saddr) ? 4 : 6;
	h.saddr = g->out->saddr;
	h.daddr = g->out->daddr;
	return h;
}

static inline uint32_t seal_usual(struct gateway *g, uint8_t *l3)
{
	const struct ip_header h = inside_of(g);
	uint8_t packet[FRAME_BYTES];

	gateway_packet(packet, &h);
	return seal(g, packet, h.total_bytes, l3);
}

/* How many packets came out of the inbound SA since the last reset. */
static inline uint32_t opened(struct gateway *g, uint8_t *l3, uint32_t *bytes)
{
	uint8_t dmac[6];
	const uint8_t *sent;

	if (g->in->transport) {
		*bytes = gateway_host_take(g, l3, dmac);
		return *bytes != 0;
	}
	if (!g->inside.tx_n)
		return 0;
	sent = gateway_sent(&g->inside, 0, bytes);
	memcpy(l3, sent, *bytes);
	return g->inside.tx_n;
}

static inline void assert_opens(struct gateway *g, const uint8_t *packet,
				uint32_t n, uint8_t hops)
{
	uint8_t got[FRAME_BYTES];
	uint32_t bytes;

	assert_int_equal(opened(g, got, &bytes), 1);
	assert_int_equal(bytes, n);
	assert_true(packet_is_same(slice_of(packet, n), got, hops));
}

static inline struct ip_header parsed(const uint8_t *l3, uint32_t bytes)
{
	struct ip_header h;

	assert_true(ip_parse(slice_of(l3, bytes), &h));
	assert_int_equal(h.total_bytes, bytes);
	return h;
}

#endif
