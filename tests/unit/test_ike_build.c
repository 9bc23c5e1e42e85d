// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKEv2 messages built: against scapy's octets of the same values; and those of
 * other implementations, read and built again. What is encrypted, and where it
 * stands in a message, is here too.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/wire/ike_build.h"
#include "tests/support/hex.h"
#include "tests/vectors/ike_messages.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ROOM	     2048U
#define BIG_ROOM     (1U << 20)
#define NOTHING	     slice_of(NULL, 0)

static const struct ike_header header = {
	.spi_i = 0x0102030405060708,
	.spi_r = 0x090a0b0c0d0e0f10,
	.version = IKE_VERSION,
	.exchange = IKE_EXCH_IKE_AUTH,
	.flags = IKE_FLAG_I,
	.message_id = 1,
};

/* n, n + 1, … */
static struct slice ramp(uint8_t *room, uint8_t from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		room[i] = (uint8_t)(from + i);
	return slice_of(room, len);
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

/* --- messages that others made */

struct part {
	enum ike_parse result;
	struct ike_payloads p;
	struct slice octets;
};

/* A vector; sk is unused where it has no text. */
struct captured {
	const struct ike_vector *v;
	uint8_t octets[ROOM]; /* as if decrypted */
	size_t len;
	struct ike_header h;
	struct part outer, inner;
	struct ike_sk sk;
};

static void part_parse(struct part *part, struct slice octets, uint8_t first,
		       enum ike_part which, const char *source)
{
	part->octets = octets;
	if (ike_payloads_parse(octets, first, which, &part->p) != IKE_PARSE_OK)
		fail_msg("not parsed: %s", source);
}

static void captured_open(struct captured *c)
{
	const struct ike_payload *p = ike_find(&c->outer.p, IKE_PL_SK);
	struct slice inner;

	assert_non_null(p);
	assert_ptr_equal(p, &c->outer.p.at[c->outer.p.n - 1]);
	assert_true(ike_sk_split(c->octets, p->body, c->v->iv_bytes,
				 c->v->block_bytes, c->v->icv_bytes, &c->sk));
	assert_ptr_equal(ike_sk_icv(&c->sk) + c->v->icv_bytes,
			 c->octets + c->len);
	assert_int_equal(hex_decode(c->v->text, ike_sk_text(&c->sk),
				    c->sk.text_bytes),
			 c->sk.text_bytes);
	assert_true(ike_sk_inner(&c->sk, &inner));
	part_parse(&c->inner, inner, c->outer.p.sk_first, IKE_PART_PROTECTED,
		   c->v->source);
}

static void captured_read(struct captured *c, const struct ike_vector *v)
{
	struct slice s;

	c->v = v;
	c->len = hex_decode(v->message, c->octets, sizeof(c->octets));
	s = slice_of(c->octets, c->len);
	if (!ike_header_parse(s, &c->h))
		fail_msg("no header: %s", v->source);
	s = slice_of(c->octets + IKE_HEADER_BYTES, c->len - IKE_HEADER_BYTES);
	part_parse(&c->outer, s, c->h.next_payload, IKE_PART_CLEAR, v->source);
	if (v->text)
		captured_open(c);
}

static void assert_payloads(const struct ike_payloads *p, const char *names)
{
	char found[256] = "";

	for (unsigned int i = 0; i < p->n; i++) {
		strcat(found, i ? " " : "");
		strcat(found, ike_payload_name(p->at[i].type));
	}
	assert_string_equal(found, names);
}

/* Cut anywhere, a chain lacks its end. */
static void assert_truncations_are_refused(const struct part *part,
					   uint8_t first, enum ike_part which)
{
	for (size_t len = 0; len < part->octets.len; len++) {
		uint8_t *cut = malloc(len ? len : 1);
		struct ike_payloads p;

		assert_non_null(cut);
		memcpy(cut, part->octets.ptr, len);
		assert_int_equal(ike_payloads_parse(slice_of(cut, len), first,
						    which, &p),
				 IKE_PARSE_SYNTAX);
		free(cut);
	}
}

static void messages_of_other_implementations_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ike_vectors); i++) {
		const struct ike_vector *v = &ike_vectors[i];
		struct captured c;

		captured_read(&c, v);
		assert_payloads(v->text ? &c.inner.p : &c.outer.p, v->payloads);
		assert_truncations_are_refused(&c.outer, c.h.next_payload,
					       IKE_PART_CLEAR);
		if (v->text)
			assert_truncations_are_refused(&c.inner,
						       c.outer.p.sk_first,
						       IKE_PART_PROTECTED);
	}
}

/* --- and built again */

static void generic_again(struct ike_builder *m, const struct ike_payload *p)
{
	ike_payload_begin(m, (enum ike_payload_type)p->type);
	wr_bytes(&m->b, p->body.ptr, p->body.len);
	ike_payload_end(m);
}

static void sa_again(struct ike_builder *m, struct slice sa)
{
	struct ike_proposal p;
	struct ike_transform t;

	ike_sa_begin(m);
	while (ike_proposal_next(&sa, &p)) {
		ike_proposal_begin(m, (enum ike_protocol)p.protocol, p.spi);
		ike_proposal_number(m, p.number);
		while (ike_transform_next(&p.transforms, &t)) {
			assert_false(t.unknown);
			ike_transform_put(m, (enum ike_transform_type)t.type,
					  t.id, t.key_bits);
		}
		ike_proposal_end(m);
	}
	ike_sa_end(m);
}

/* false: some are of a type that we don't know. */
static bool ts_again(struct ike_builder *m, const struct ike_payload *p)
{
	struct slice selectors;
	struct ike_ts ts[256];
	unsigned int n = 0;

	assert_true(ike_ts_parse(p->body, &selectors));
	while (ike_ts_next(&selectors, &ts[n]))
		n++;
	if (n != p->body.ptr[0])
		return false;
	ike_ts_put(m, (enum ike_payload_type)p->type, ts, n);
	return true;
}

static void payload_again(struct ike_builder *m, const struct ike_payload *p)
{
	struct ike_notify notify;
	struct ike_delete del;
	struct ike_auth auth;
	struct ike_ke ke;
	struct ike_id id;

	if (p->type == IKE_PL_SA) {
		sa_again(m, p->body);
	} else if (p->type == IKE_PL_KE && ike_ke_parse(p->body, &ke)) {
		ike_ke_put(m, ke.method, ke.data);
	} else if ((p->type == IKE_PL_ID_I || p->type == IKE_PL_ID_R) &&
		   ike_id_parse(p->body, &id)) {
		ike_id_put(m, (enum ike_payload_type)p->type, &id);
	} else if (p->type == IKE_PL_AUTH && ike_auth_parse(p->body, &auth)) {
		ike_auth_put(m, &auth);
	} else if (p->type == IKE_PL_NONCE) {
		ike_nonce_put(m, p->body);
	} else if (p->type == IKE_PL_NOTIFY &&
		   ike_notify_parse(p->body, &notify)) {
		ike_notify_put(m, &notify);
	} else if (p->type == IKE_PL_DELETE && ike_delete_parse(p->body, &del)) {
		ike_delete_put(m, &del);
	} else if ((p->type != IKE_PL_TS_I && p->type != IKE_PL_TS_R) ||
		   !ts_again(m, p)) {
		generic_again(m, p);
	}
}

static void part_again(struct ike_builder *m, const struct ike_payloads *p)
{
	for (unsigned int i = 0; i < p->n; i++)
		payload_again(m, &p->at[i]);
}

/* All that is SK's stands in sk, which says where the octets are compared. */
static struct slice message_again(const struct captured *c, uint8_t *room,
				  struct ike_sk *sk)
{
	struct ike_payloads outer = c->outer.p;
	struct ike_builder m;
	struct slice again;

	ike_begin(&m, room, ROOM, &c->h);
	if (!c->v->text) {
		part_again(&m, &outer);
		/* SKF, which is taken as it is: not its own successor's type. */
		room[m.next_at] = outer.sk_first;
		assert_true(ike_end(&m, &again));
		return again;
	}
	outer.n--; /* SK */
	part_again(&m, &outer);
	ike_sk_begin(&m, c->v->iv_bytes);
	part_again(&m, &c->inner.p);
	assert_true(
		ike_sk_end(&m, c->v->block_bytes, c->v->icv_bytes, sk, &again));
	return again;
}

static void built_again_messages_are_what_they_were(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ike_vectors); i++) {
		struct captured c;
		struct ike_sk sk;
		struct slice again;
		uint8_t room[ROOM];

		captured_read(&c, &ike_vectors[i]);
		again = message_again(&c, room, &sk);
		if (again.len != c.len)
			fail_msg("%s: %zu octets", c.v->source, again.len);
		if (!c.v->text) {
			assert_memory_equal(again.ptr, c.octets, c.len);
			continue;
		}
		/* IV, padding and ICV are whoever's; their lengths are not. */
		assert_int_equal(sk.aad_bytes, c.sk.aad_bytes);
		assert_int_equal(sk.text_bytes, c.sk.text_bytes);
		assert_memory_equal(again.ptr, c.octets, sk.aad_bytes);
		assert_memory_equal(ike_sk_text(&sk), ike_sk_text(&c.sk),
				    c.inner.octets.len);
		assert_int_equal(ike_sk_icv(&sk)[-1], ike_sk_icv(&c.sk)[-1]);
	}
}

/* --- scapy's messages from the same values */

static void assert_is_vector(struct slice message, const char *source)
{
	uint8_t octets[ROOM];

	for (size_t i = 0; i < ARRAY_LEN(ike_vectors); i++) {
		if (strcmp(ike_vectors[i].source, source) != 0)
			continue;
		assert_int_equal(message.len,
				 hex_decode(ike_vectors[i].message, octets,
					    sizeof(octets)));
		assert_memory_equal(message.ptr, octets, message.len);
		return;
	}
	fail_msg("no vector: %s", source);
}

static void first_message_equals_scapys(void **state)
{
	const struct ike_header h = { .spi_i = header.spi_i,
				      .version = IKE_VERSION,
				      .exchange = IKE_EXCH_IKE_SA_INIT,
				      .flags = IKE_FLAG_I };
	uint8_t room[ROOM], octets[32];
	struct ike_notify n = { .type = IKE_N_NAT_DETECTION_SOURCE_IP };
	struct slice message;
	struct ike_builder m;

	(void)state;
	ike_begin(&m, room, sizeof(room), &h);
	ike_sa_begin(&m);
	ike_proposal_begin(&m, IKE_PROTO_IKE, NOTHING);
	ike_transform_put(&m, IKE_TF_ENCR, ENCR_AES_GCM_16, 256);
	ike_transform_put(&m, IKE_TF_PRF, PRF_HMAC_SHA2_384, 0);
	ike_transform_put(&m, IKE_TF_KE, KE_ECP_384, 0);
	ike_proposal_end(&m);
	ike_proposal_begin(&m, IKE_PROTO_IKE, NOTHING);
	ike_transform_put(&m, IKE_TF_ENCR, ENCR_AES_CBC, 128);
	ike_transform_put(&m, IKE_TF_INTEG, INTEG_HMAC_SHA2_256_128, 0);
	ike_transform_put(&m, IKE_TF_PRF, PRF_HMAC_SHA2_256, 0);
	ike_transform_put(&m, IKE_TF_KE, KE_CURVE25519, 0);
	ike_proposal_end(&m);
	ike_sa_end(&m);
	ike_ke_put(&m, KE_CURVE25519, ramp(octets, 0x20, 32));
	ike_nonce_put(&m, ramp(octets, 0x40, 32));
	n.data = ramp(octets, 0x60, 20);
	ike_notify_put(&m, &n);
	n = (struct ike_notify){ .type = IKE_N_IKEV2_FRAGMENTATION_SUPPORTED };
	ike_notify_put(&m, &n);
	ike_payload_begin(&m, IKE_PL_VENDOR);
	wr_bytes(&m.b, "cygnet", 6);
	ike_payload_end(&m);
	assert_true(ike_end(&m, &message));
	assert_is_vector(message, "scapy 2.5.0: IKE_SA_INIT request");
}

static void child_sa_put(struct ike_builder *m)
{
	ike_sa_begin(m);
	ike_proposal_begin(m, IKE_PROTO_ESP, slice_of("\xc0\xff\xee\x01", 4));
	ike_transform_put(m, IKE_TF_ENCR, ENCR_AES_CBC, 256);
	ike_transform_put(m, IKE_TF_INTEG, INTEG_HMAC_SHA2_512_256, 0);
	ike_transform_put(m, IKE_TF_ESN, IKE_ESN_YES, 0);
	ike_transform_put(m, IKE_TF_ESN, IKE_ESN_NO, 0);
	ike_proposal_end(m);
	ike_proposal_begin(m, IKE_PROTO_AH, slice_of("\xc0\xff\xee\x02", 4));
	ike_transform_put(m, IKE_TF_INTEG, INTEG_HMAC_SHA2_256_128, 0);
	ike_transform_put(m, IKE_TF_ESN, IKE_ESN_NO, 0);
	ike_proposal_end(m);
	ike_sa_end(m);
}

static void selectors_put(struct ike_builder *m)
{
	struct ike_ts ts[] = {
		{ IKE_TS_IPV4_RANGE, 6, 22, 25, addr_of("10.1.0.0"),
		  addr_of("10.1.255.255") },
		{ IKE_TS_IPV6_RANGE, 0, 0, 65535, addr_of("fd00:1::"),
		  addr_of("fd00:1::ffff") },
		{ IKE_TS_IPV6_RANGE, 58, 0x8000, 0x80ff, addr_of("fd00:2::"),
		  addr_of("fd00:2::ffff") },
	};

	ike_ts_put(m, IKE_PL_TS_I, ts, 2);
	ike_ts_put(m, IKE_PL_TS_R, ts + 2, 1);
}

/* All that can be put into SK; false: no room. */
static bool protected_build(uint8_t *room, size_t room_bytes, struct ike_sk *sk,
			    struct slice *message)
{
	struct ike_id id_i = { IKE_ID_IPV4_ADDR, slice_of("\xc0\0\2\1", 4) };
	struct addr v6 = addr_of("2001:db8::1");
	struct ike_id id_r = { IKE_ID_IPV6_ADDR, slice_of(v6.octets, 16) };
	struct ike_notify n = { IKE_PROTO_ESP,
				slice_of("\xde\xad\xbe\xef", 4),
				IKE_N_REKEY_SA,
				{ NULL, 0 } };
	struct ike_delete d = { IKE_PROTO_ESP, 4, 2,
				slice_of("\0\0\1\1\0\0\1\2", 8) };
	struct ike_auth auth = { .method = IKE_AUTH_PSK };
	struct ike_builder m;
	uint8_t octets[32];

	auth.data = ramp(octets, 0, 32);
	ike_begin(&m, room, room_bytes, &header);
	ike_sk_begin(&m, 16);
	ike_id_put(&m, IKE_PL_ID_I, &id_i);
	ike_id_put(&m, IKE_PL_ID_R, &id_r);
	ike_auth_put(&m, &auth);
	child_sa_put(&m);
	selectors_put(&m);
	ike_notify_put(&m, &n);
	ike_delete_put(&m, &d);
	return ike_sk_end(&m, 16, 16, sk, message);
}

static void protected_message_equals_scapys(void **state)
{
	uint8_t room[ROOM];
	struct slice message;
	struct ike_sk sk;

	(void)state;
	memset(room, 0xa5, sizeof(room));
	assert_true(protected_build(room, sizeof(room), &sk, &message));
	assert_is_vector(message, "scapy 2.5.0: IKE_AUTH request, AH and ESP, "
				  "IPv4 and IPv6, two SPIs deleted");
}

/* --- SK */

static void parts_of_sk_are_found_when_they_fit(void **state)
{
	static const struct {
		uint8_t iv_bytes, block_bytes, icv_bytes;
	} sizes[] = {
		{ 8, 1, 16 },
		{ 16, 16, 16 },
		{ 16, 16, 12 },
		{ 0, 8, 0 },
	};
	uint8_t message[32 + 128];
	struct ike_sk sk;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes) * 129; i++) {
		uint8_t iv = sizes[i / 129].iv_bytes;
		uint8_t block = sizes[i / 129].block_bytes;
		uint8_t icv = sizes[i / 129].icv_bytes;
		size_t len = i % 129, text = len - iv - icv;
		bool fits = len > (size_t)iv + icv && text % block == 0;

		assert_true(ike_sk_split(message, slice_of(message + 32, len),
					 iv, block, icv, &sk) == fits);
		if (!fits)
			continue;
		assert_ptr_equal(sk.message, message);
		assert_int_equal(sk.aad_bytes, 32);
		assert_ptr_equal(ike_sk_iv(&sk), message + 32);
		assert_ptr_equal(ike_sk_text(&sk), message + 32 + iv);
		assert_int_equal(sk.text_bytes, text);
		assert_ptr_equal(ike_sk_icv(&sk), message + 32 + len - icv);
		assert_int_equal(sk.icv_bytes, icv);
	}
}

static void padding_of_every_length_is_taken_off_or_refused(void **state)
{
	(void)state;
	for (size_t text = 1; text <= 300; text++) {
		uint8_t *octets = malloc(text);
		struct ike_sk sk = { .message = octets, .text_bytes = text };
		struct slice inner;

		assert_non_null(octets);
		memset(octets, 0xa5, text); /* padding may be anything */
		for (size_t pad = 0; pad <= 255; pad++) {
			octets[text - 1] = (uint8_t)pad;
			assert_true(ike_sk_inner(&sk, &inner) == (pad < text));
			if (pad >= text)
				continue;
			assert_ptr_equal(inner.ptr, octets);
			assert_int_equal(inner.len, text - 1 - pad);
		}
		free(octets);
	}
}

/* A notification before SK, and in it a payload of so many octets, or none. */
static void sk_build(uint8_t *room, size_t body, uint8_t iv, uint8_t block,
		     uint8_t icv, struct ike_sk *sk, struct slice *message)
{
	struct ike_notify n = { .type = IKE_N_COOKIE };
	struct ike_builder m;

	memset(room, 0xa5, ROOM);
	ike_begin(&m, room, ROOM, &header);
	ike_notify_put(&m, &n);
	ike_sk_begin(&m, iv);
	if (body) {
		ike_payload_begin(&m, IKE_PL_VENDOR);
		for (size_t i = 0; i < body; i++)
			wr_u8(&m.b, 0xff);
		ike_payload_end(&m);
	}
	assert_true(ike_sk_end(&m, block, icv, sk, message));
}

static void padding_is_zeros_and_no_more_than_is_needed(void **state)
{
	static const uint8_t zeros[255], blocks[] = { 1, 2, 4, 8, 16, 255 };
	uint8_t room[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(blocks) * 300; i++) {
		size_t body = i % 300, text = body ? body + 4 : 0;
		uint8_t block = blocks[i / 300], *at;
		struct slice message, inner;
		struct ike_sk sk, split;
		struct ike_payloads p;
		struct ike_header h;

		sk_build(room, body, 16, block, 12, &sk, &message);
		assert_true(ike_header_parse(message, &h));
		assert_int_equal(h.message_id, header.message_id);
		message = slice_of(room + 28, message.len - 28);
		assert_int_equal(ike_payloads_parse(message, h.next_payload,
						    IKE_PART_CLEAR, &p),
				 IKE_PARSE_OK);
		assert_int_equal(p.n, 2);
		assert_int_equal(p.sk_first, body ? IKE_PL_VENDOR : 0);
		assert_true(ike_sk_split(room, p.at[1].body, 16, block, 12,
					 &split));
		assert_int_equal(split.aad_bytes, sk.aad_bytes);
		assert_int_equal(split.text_bytes, sk.text_bytes);
		assert_true(ike_sk_inner(&sk, &inner));
		assert_int_equal(inner.len, text);
		assert_true(sk.text_bytes - text - 1 < block);
		at = ike_sk_text(&sk) + text;
		assert_memory_equal(at, zeros, sk.text_bytes - text - 1);
		assert_memory_equal(ike_sk_iv(&sk), zeros, 16);
		assert_memory_equal(ike_sk_icv(&sk), zeros, 12);
	}
}

/* --- failures */

static bool first_build(uint8_t *room, size_t room_bytes, struct ike_sk *sk,
			struct slice *message)
{
	uint8_t octets[32];
	struct ike_builder m;

	(void)sk;
	ike_begin(&m, room, room_bytes, &header);
	child_sa_put(&m);
	ike_ke_put(&m, KE_CURVE25519, ramp(octets, 0, 32));
	ike_nonce_put(&m, ramp(octets, 0, 32));
	return ike_end(&m, message);
}

static void nothing_is_written_past_too_small_a_room(void **state)
{
	bool (*const builds[])(uint8_t *, size_t, struct ike_sk *,
			       struct slice *) = { first_build,
						   protected_build };
	uint8_t room[ROOM], canary[ROOM];
	struct slice message;
	struct ike_sk sk;

	(void)state;
	memset(canary, 0xa5, sizeof(canary));
	for (size_t i = 0; i < ARRAY_LEN(builds); i++) {
		size_t whole;

		assert_true(builds[i](room, ROOM, &sk, &message));
		whole = message.len;
		assert_true(whole > 150);
		for (size_t n = 0; n <= whole; n++) {
			memcpy(room, canary, sizeof(room));
			assert_true(builds[i](room, n, &sk, &message) ==
				    (n == whole));
			assert_memory_equal(room + n, canary, ROOM - n);
		}
	}
}

/* --- what a field can't say; the room is large enough for all of it */

static bool transforms_build(struct ike_builder *m, unsigned int n)
{
	struct slice message;

	ike_sa_begin(m);
	ike_proposal_begin(m, IKE_PROTO_IKE, NOTHING);
	for (unsigned int i = 0; i < n; i++)
		ike_transform_put(m, IKE_TF_ENCR, (uint16_t)i, 0);
	ike_proposal_end(m);
	ike_sa_end(m);
	return ike_end(m, &message);
}

static bool proposals_build(struct ike_builder *m, unsigned int n)
{
	struct slice message;

	ike_sa_begin(m);
	for (unsigned int i = 0; i < n; i++) {
		ike_proposal_begin(m, IKE_PROTO_IKE, NOTHING);
		ike_transform_put(m, IKE_TF_ENCR, (uint16_t)i, 0);
		ike_proposal_end(m);
	}
	ike_sa_end(m);
	return ike_end(m, &message);
}

static bool proposal_spi_build(struct ike_builder *m, unsigned int n)
{
	uint8_t octets[300] = { 0 };
	struct slice message;

	ike_sa_begin(m);
	ike_proposal_begin(m, (enum ike_protocol)4, slice_of(octets, n));
	ike_transform_put(m, IKE_TF_ENCR, ENCR_AES_GCM_16, 128);
	ike_proposal_end(m);
	ike_sa_end(m);
	return ike_end(m, &message);
}

static bool notify_spi_build(struct ike_builder *m, unsigned int n)
{
	uint8_t octets[300] = { 0 };
	struct ike_notify notify = { .spi = slice_of(octets, n) };
	struct slice message;

	ike_notify_put(m, &notify);
	return ike_end(m, &message);
}

static bool selectors_build(struct ike_builder *m, unsigned int n)
{
	struct ike_ts ts[300] = { 0 };
	struct slice message;

	for (size_t i = 0; i < ARRAY_LEN(ts); i++)
		ts[i].type = IKE_TS_IPV4_RANGE;
	ike_ts_put(m, IKE_PL_TS_I, ts, n);
	return ike_end(m, &message);
}

static bool spis_build(struct ike_builder *m, unsigned int n)
{
	struct ike_delete d = { IKE_PROTO_ESP, 4, (uint16_t)n,
				slice_of("\0\0\1\1\0\0\1\2", 8) };
	struct slice message;

	ike_delete_put(m, &d);
	return ike_end(m, &message);
}

static bool octets_build(struct ike_builder *m, unsigned int n)
{
	struct slice message;

	ike_payload_begin(m, IKE_PL_VENDOR);
	for (unsigned int i = 0; i < n; i++)
		wr_u8(&m->b, 0);
	ike_payload_end(m);
	return ike_end(m, &message);
}

static bool sk_octets_build(struct ike_builder *m, unsigned int n)
{
	struct slice message;
	struct ike_sk sk;

	ike_sk_begin(m, 8);
	ike_payload_begin(m, IKE_PL_VENDOR);
	for (unsigned int i = 0; i < n; i++)
		wr_u8(&m->b, 0);
	ike_payload_end(m);
	return ike_sk_end(m, 1, 16, &sk, &message);
}

/* The last number that is built, and parsed again, and the first that isn't. */
static void more_than_a_field_can_say_is_not_built(void **state)
{
	static const struct {
		const char *what;
		bool (*build)(struct ike_builder *m, unsigned int n);
		unsigned int good, bad;
	} rows[] = {
		/* clang-format off */
		{ "transforms", transforms_build, 255, 256 },
		{ "proposals", proposals_build, 255, 256 },
		{ "octets of a proposal's SPI", proposal_spi_build, 255, 256 },
		{ "octets of a notification's SPI", notify_spi_build, 255, 256 },
		{ "selectors", selectors_build, 255, 256 },
		{ "no selectors", selectors_build, 1, 0 },
		{ "too few SPIs", spis_build, 2, 1 },
		{ "too many SPIs", spis_build, 2, 3 },
		{ "octets of a message", octets_build, 65535 - 32, 65536 - 32 },
		{ "octets of a payload", octets_build, 0, 65536 - 4 },
		{ "twice the octets of a message", octets_build, 0, 131072 - 32 },
		{ "octets of SK", sk_octets_build, 65535 - 61, 65536 - 61 },
		/* clang-format on */
	};
	uint8_t *room = malloc(BIG_ROOM);

	(void)state;
	assert_non_null(room);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum ike_part part = rows[i].build == sk_octets_build
					     ? IKE_PART_CLEAR
					     : IKE_PART_PROTECTED;
		struct ike_payloads p;
		struct ike_builder m;

		ike_begin(&m, room, BIG_ROOM, &header);
		if (!rows[i].build(&m, rows[i].good))
			fail_msg("not built: %u %s", rows[i].good, rows[i].what);
		if (ike_payloads_parse(slice_of(room + 28, m.b.len - 28),
				       room[16], part, &p) != IKE_PARSE_OK)
			fail_msg("not parsed: %u %s", rows[i].good,
				 rows[i].what);
		ike_begin(&m, room, BIG_ROOM, &header);
		if (rows[i].build(&m, rows[i].bad))
			fail_msg("built: %u %s", rows[i].bad, rows[i].what);
	}
	free(room);
}

static void proposals_are_numbered_as_given_or_in_each_sa_from_1(void **state)
{
	uint8_t room[ROOM];
	struct slice message;
	struct ike_builder m;
	struct ike_payloads p;

	(void)state;
	ike_begin(&m, room, sizeof(room), &header);
	for (unsigned int i = 0; i < 3; i++) {
		ike_sa_begin(&m);
		for (unsigned int j = 0; j < 2; j++) {
			ike_proposal_begin(&m, IKE_PROTO_ESP,
					   slice_of("abcd", 4));
			if (i == 1)
				ike_proposal_number(&m, (uint8_t)(7 + j));
			ike_transform_put(&m, IKE_TF_ESN, IKE_ESN_NO, 0);
			ike_proposal_end(&m);
		}
		ike_sa_end(&m);
	}
	assert_true(ike_end(&m, &message));
	message = slice_of(room + 28, message.len - 28);
	assert_int_equal(ike_payloads_parse(message, IKE_PL_SA, IKE_PART_CLEAR,
					    &p),
			 IKE_PARSE_OK);
	for (unsigned int i = 0; i < 3; i++) {
		const uint8_t *body = p.at[i].body.ptr;

		/* last or more; numbers */
		assert_int_equal(body[0], IKE_MORE_PROPOSALS);
		assert_int_equal(body[4], i == 1 ? 7 : 1);
		assert_int_equal(body[20], IKE_LAST);
		assert_int_equal(body[24], i == 1 ? 8 : 2);
	}
}

static void failure_is_remembered_to_the_end(void **state)
{
	struct slice message;
	struct ike_builder m;
	uint8_t room[40];

	(void)state;
	ike_begin(&m, room, sizeof(room), &header);
	ike_nonce_put(&m, slice_of(room, 9)); /* too much */
	ike_nonce_put(&m, slice_of(room, 1)); /* would fit */
	assert_false(ike_end(&m, &message));
	assert_false(ike_end(&m, &message));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_other_implementations_are_read),
		cmocka_unit_test(built_again_messages_are_what_they_were),
		cmocka_unit_test(first_message_equals_scapys),
		cmocka_unit_test(protected_message_equals_scapys),
		cmocka_unit_test(parts_of_sk_are_found_when_they_fit),
		cmocka_unit_test(padding_of_every_length_is_taken_off_or_refused),
		cmocka_unit_test(padding_is_zeros_and_no_more_than_is_needed),
		cmocka_unit_test(nothing_is_written_past_too_small_a_room),
		cmocka_unit_test(more_than_a_field_can_say_is_not_built),
		cmocka_unit_test(
			proposals_are_numbered_as_given_or_in_each_sa_from_1),
		cmocka_unit_test(failure_is_remembered_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
