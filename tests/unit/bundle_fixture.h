/* SPDX-License-Identifier: BSD-2-Clause */
/* A gateway in memory whose SAs are a bundle: ESP, in either mode and family, in AH. */
#ifndef CYG_TESTS_BUNDLE_FIXTURE_H
#define CYG_TESTS_BUNDLE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/sadb/policy.h"
#include "ctrl/wire/ipv4.h"
#include "include/proto.h"
#include "tests/support/gateway.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define FRAMES	     256U
#define AH_SPI	     0x00a40001U
#define ESP_SPI	     0x00e50001U

struct form {
	const char *encr, *integ; /* of ESP */
	const char *ah;
	bool v6, transport, esn;
};

static const struct form forms[] = {
	{ "aes128", "sha256", "sha256", false, false, false },
	{ "aes128gcm16", NULL, "sha512", true, false, true },
	{ "aes256gcm16", NULL, "sha1", false, true, true },
	{ "aes256", "sha512", "aesxcbc", true, true, false },
	{ "null", "sha1", "aes128gmac", false, false, true },
	{ "aes128", NULL, "sha384", false, true, false },
};

static const struct form
	tunnel = { "aes128gcm16", NULL, "sha256", false, false, false },
	tunnel_cbc = { "aes128", "sha256", "sha256", false, false, false },
	tunnel_v6 = { "aes128gcm16", NULL, "sha256", true, false, false },
	transport = { "aes128gcm16", NULL, "sha256", false, true, false },
	transport_v6 = { "aes128gcm16", NULL, "sha256", true, true, false };

/* A gateway whose own SAs are left alone, and two of each kind beside them. */
struct bundle {
	struct gateway *g; /* its out and in are ESP's */
	struct sa_rt *ah_out, *ah_in;
};

/* --- making one --- */

static inline struct secret key_of(uint32_t bytes, uint8_t first)
{
	struct secret s = { .len = bytes };

	for (uint32_t i = 0; i < bytes; i++)
		s.octets[i] = (uint8_t)(first + i);
	return s;
}

static inline struct sa_rule between(const char *local, const char *remote)
{
	struct prefix l, r;

	assert_int_equal(prefix_parse(local, &l), 0);
	assert_int_equal(prefix_parse(remote, &r), 0);
	return (struct sa_rule){ selector_between(&l, &r, PROTO_ANY), true };
}

static inline int try_add(struct gateway *g, struct sa_spec *spec,
			  const char *encr, const char *integ,
			  struct sa_ref *ref)
{
	struct secret encr_key, integ_key;
	struct error e;

	spec->encr = encr_by_name(encr);
	spec->integ = integ ? integ_by_name(integ) : &integ_none;
	encr_key = key_of(encr_key_bytes(spec->encr), 0x10);
	integ_key = key_of(spec->integ->key_bytes, 0x80);
	spec->encr_key = &encr_key;
	spec->integ_key = &integ_key;
	return sad_add(g->sad, spec, ref, &e);
}

static inline struct sa_rt *add(struct gateway *g, struct sa_spec *spec,
				const char *encr, const char *integ)
{
	struct sa_ref ref;

	assert_int_equal(try_add(g, spec, encr, integ, &ref), 0);
	return sad_get(g->sad, ref);
}

static inline struct sa_spec spec_of(const struct form *f, enum dp_dir dir)
{
	return (struct sa_spec){
		.dir = dir,
		.spi = ESP_SPI,
		.saddr = addr_of(f->v6 ? "2001:db8:ffff::1" : "192.0.2.1"),
		.daddr = addr_of(f->v6 ? "2001:db8:ffff::2" : "192.0.2.2"),
		.protocol = IKE_PROTO_ESP,
		.replay_window = GATEWAY_WINDOW,
		.esn = f->esn,
	};
}

static inline struct sa_rt *add_ah(struct gateway *g, const struct form *f,
				   enum dp_dir dir)
{
	struct sa_spec spec = spec_of(f, dir);

	spec.spi = AH_SPI;
	spec.protocol = IKE_PROTO_AH;
	spec.mode = SADB_TRANSPORT;
	return add(g, &spec, "null", f->ah);
}

static inline struct sa_rt *add_esp(struct gateway *g, const struct form *f,
				    const struct sa_rt *ah)
{
	const bool out = ah->dir == DIR_OUT;
	const struct sa_rule rules[] = {
		between(out ? "10.1.0.0/16" : "10.2.0.0/16",
			out ? "10.2.0.0/16" : "10.1.0.0/16"),
		between(out ? "2001:db8:1::/48" : "2001:db8:2::/48",
			out ? "2001:db8:2::/48" : "2001:db8:1::/48"),
	};
	struct sa_spec spec = spec_of(f, ah->dir);

	spec.rules = rules;
	spec.n_rules = ARRAY_LEN(rules);
	spec.carrier = ah->ref;
	return add(g, &spec, f->encr, f->integ);
}

static inline struct bundle bundle_of(const struct form *f)
{
	const struct gateway_spec spec = { "aes128", "sha256", false, FRAMES };
	struct bundle b = { .g = gateway_new(&spec) };
	uint64_t whole;

	add_ah(b.g, f, DIR_OUT); /* the other worker's turn */
	b.ah_out = add_ah(b.g, f, DIR_OUT);
	b.ah_in = add_ah(b.g, f, DIR_IN);
	b.g->out = add_esp(b.g, f, b.ah_out);
	b.g->in = add_esp(b.g, f, b.ah_in);
	memcpy(&whole, &b.g->out->ref, sizeof(whole));
	atomic_store(&b.g->policies.binding[GATEWAY_POLICY], whole);
	if (f->transport)
		gateway_transport(b.g);
	gateway_know_all(b.g);
	return b;
}

static inline void bundle_end(struct bundle *b)
{
	assert_true(gateway_books_balance(b->g));
	gateway_free(b->g);
}

static inline void assert_drop(struct bundle *b, const struct sa_rt *sa,
			       enum drop_reason reason)
{
	assert_int_equal(b->g->drops[reason].pkts, 1);
	assert_int_equal(gateway_dropped(b->g), 1);
	assert_int_equal(sa_drops(&sa->count, reason), 1);
	bundle_end(b);
}

/* --- packets --- */

static inline struct ip_header inside_of(const struct bundle *b)
{
	struct ip_header h = gateway_inner();

	if (!b->g->out->transport)
		return h;
	h.version = addr_is_v4(&b->g->out->saddr) ? 4 : 6;
	h.saddr = b->g->out->saddr;
	h.daddr = b->g->out->daddr;
	return h;
}

static inline void give_out(struct bundle *b, const uint8_t *l3, uint32_t bytes)
{
	const struct host_tag tag = gateway_tag();

	if (b->g->out->transport)
		gateway_host_give(b->g, &tag, l3, bytes);
	else
		gateway_give(b->g, DIR_OUT, l3, bytes);
	worker_step(&b->g->w);
}

/* With what BPF says of the SPI that comes first. */
static inline void give_in(struct bundle *b, const struct sa_rt *sa,
			   const uint8_t *l3, uint32_t bytes)
{
	struct dp_meta meta = gateway_meta(b->g, DIR_IN);

	meta.sa = sa->ref;
	gateway_give_meta(b->g, &b->g->outside, &meta, l3, bytes);
	worker_step(&b->g->w);
}

static inline uint32_t seal(struct bundle *b, const uint8_t *packet, uint32_t n,
			    uint8_t *l3)
{
	const uint8_t *sent;
	uint32_t bytes;

	give_out(b, packet, n);
	assert_int_equal(b->g->outside.tx_n, 1);
	sent = gateway_sent(&b->g->outside, 0, &bytes);
	memcpy(l3, sent, bytes);
	gateway_reset(b->g);
	return bytes;
}

static inline uint32_t seal_usual(struct bundle *b, uint8_t *l3)
{
	const struct ip_header h = inside_of(b);
	uint8_t packet[FRAME_BYTES];

	gateway_packet(packet, &h);
	return seal(b, packet, h.total_bytes, l3);
}

/* The same without AH. */
static inline uint32_t take_ah_off(const struct bundle *b, uint8_t *l3,
				   uint32_t bytes)
{
	const uint32_t ah = b->ah_in->head_bytes;
	const uint32_t front = addr_is_v4(&b->ah_in->saddr) ? IPV4_HEADER_BYTES
							    : IPV6_HEADER_BYTES;

	memmove(l3 + front, l3 + front + ah, bytes - front - ah);
	l3[front == IPV4_HEADER_BYTES ? 9 : 6] = PROTO_ESP;
	if (front == IPV4_HEADER_BYTES) {
		l3[3] = (uint8_t)(l3[3] - ah);
		packet_mend_checksum(l3, bytes - ah);
	} else {
		l3[5] = (uint8_t)(l3[5] - ah);
	}
	return bytes - ah;
}

/* How many packets came out since the last reset. */
static inline uint32_t opened(struct bundle *b, uint8_t *l3, uint32_t *bytes)
{
	const uint8_t *sent;
	uint8_t dmac[6];

	if (b->g->in->transport) {
		*bytes = gateway_host_take(b->g, l3, dmac);
		return *bytes != 0;
	}
	if (!b->g->inside.tx_n)
		return 0;
	sent = gateway_sent(&b->g->inside, 0, bytes);
	memcpy(l3, sent, *bytes);
	return b->g->inside.tx_n;
}

static inline void assert_opens(struct bundle *b, const uint8_t *packet,
				uint32_t n)
{
	const uint8_t hops = b->g->in->transport ? 0 : 2;
	uint8_t got[FRAME_BYTES];
	uint32_t bytes;

	assert_int_equal(opened(b, got, &bytes), 1);
	assert_int_equal(bytes, n);
	assert_true(packet_is_same(slice_of(packet, n), got, hops));
}

#endif
