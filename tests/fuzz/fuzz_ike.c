// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any octets as an IKEv2 message, as what was inside its SK payload, and as a
 * chain of protected payloads whose first type is the first octet. What is
 * accepted can be read to its end and lies inside the octets (each chain is a
 * copy of its own size, so that the address sanitizer sees the rest); cut by an
 * octet, it is refused. Built again from payloads it holds the same, in the same
 * octets where it had neither unknown payloads nor reserved bits; built again
 * from fields it is what is built from that; and inside SK it comes out again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/wire/ike_build.h"
#include "ctrl/wire/ike_cert.h"
#include "ctrl/wire/ike_cp.h"

#define LENGTH_OFF   24
#define U8_MAX_ITEMS 255U
#define ROOM	     (1U << 17)
#define INPUT_MAX    16384U /* built again, it still fits a message */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_ike: broken: %s\n", what);
	abort();
}

static void require_inside(struct slice outer, struct slice s)
{
	require(s.len <= outer.len, "no longer than what it is in");
	require(s.len == 0 || (s.ptr >= outer.ptr &&
			       s.ptr + s.len <= outer.ptr + outer.len),
		"inside of what it is in");
}

/* --- every accessor --- */

static bool is_child(uint8_t protocol)
{
	return protocol == IKE_PROTO_AH || protocol == IKE_PROTO_ESP;
}

/* ours: the builder's, which says rightly what is the last. */
static void walk_transforms(struct slice rest, unsigned int n, bool ours)
{
	struct slice before = rest;
	struct ike_transform t;

	for (; ike_transform_next(&rest, &t); n--) {
		size_t len = before.len - rest.len;

		require(t.unknown || len == (t.key_bits ? 12U : 8U),
			"nothing in it that isn't told");
		require(!ours || *before.ptr == (rest.len ? 3 : 0),
			"the last transform");
		before = rest;
	}
	require(n == 0, "each transform counted");
	require(rest.len == 0, "transforms to their end");
}

/* The number of proposals. */
static unsigned int walk_sa(struct slice body, bool ours)
{
	struct slice rest = body, before = body;
	struct ike_proposal p;
	unsigned int n;

	for (n = 0; ike_proposal_next(&rest, &p); n++) {
		require_inside(body, p.spi);
		require_inside(body, p.transforms);
		require(!is_child(p.protocol) || p.spi.len == 4, "SPI of 4");
		require(!ours || *before.ptr == (rest.len ? 2 : 0),
			"the last proposal");
		walk_transforms(p.transforms, p.n_transforms, ours);
		before = rest;
	}
	require(n > 0 && rest.len == 0, "proposals to their end");
	return n;
}

/* The number of selectors of known types. */
static unsigned int walk_ts(struct slice body, struct ike_ts *ts)
{
	size_t bytes = 4;
	struct slice rest;
	unsigned int n = 0;

	require(ike_ts_parse(body, &rest), "selectors");
	require_inside(body, rest);
	while (ike_ts_next(&rest, &ts[n])) {
		bool v4 = ts[n].type == IKE_TS_IPV4_RANGE;

		require(v4 || ts[n].type == IKE_TS_IPV6_RANGE, "known type");
		require(!v4 || (addr_is_v4(&ts[n].addr_min) &&
				addr_is_v4(&ts[n].addr_max)),
			"IPv4 by its type");
		bytes += v4 ? 16 : 40;
		n++;
	}
	require(rest.len == 0 && n <= body.ptr[0], "selectors to their end");
	require(n < body.ptr[0] || bytes == body.len, "and nothing else");
	return n;
}

static void walk_notify(struct slice body, struct ike_notify *n)
{
	require(ike_notify_parse(body, n), "notification");
	require_inside(body, n->spi);
	require_inside(body, n->data);
	require(n->spi.len == body.ptr[1], "all of the SPI");
	require(n->spi.len + n->data.len + 4 == body.len, "all of it");
	require(ike_notify_name(n->type) != NULL, "name");
	require(!ike_hashes_parse(slice_of(n->data.ptr, n->data.len & 1)),
		"half a number is no hash");
	(void)ike_hashes_parse(n->data);
}

static void walk_delete(struct slice body, struct ike_delete *d)
{
	require(ike_delete_parse(body, d), "deletion");
	require_inside(body, d->spis);
	require(d->spis.len == (size_t)d->n * d->spi_bytes, "so many SPIs");
	require(!is_child(d->protocol) || d->spi_bytes == 4, "SPIs of 4");
}

/* Data that is read as a signature is built again to the same octets. */
static void check_signature(struct slice data)
{
	uint8_t room[512];
	struct builder b = wr_init(room, sizeof(room));
	struct slice alg, signature;

	if (!ike_signature_parse(data, &alg, &signature))
		return;
	require_inside(data, alg);
	require_inside(data, signature);
	ike_signature_put(&b, alg, signature);
	require(wr_ok(&b) == (data.len <= sizeof(room)), "it has room, or not");
	require(!wr_ok(&b) ||
			(b.len == data.len && !memcmp(room, data.ptr, b.len)),
		"the same signature");
}

static void again_cert(struct ike_builder *m, const struct ike_payload *p)
{
	struct slice rest, hash;
	struct ike_cert_url at;
	struct ike_cert cert;

	require(ike_cert_parse(p->body, &cert), "certificate");
	require_inside(p->body, cert.data);
	for (rest = cert.data; ike_ca_hash_next(&rest, &hash);)
		require_inside(cert.data, hash);
	if (ike_cert_url_parse(cert.data, &at))
		require(cert.data.len == sizeof(at.hash) + strlen(at.url) &&
				at.url[0],
			"an address to its end");
	require(rest.len < IKE_CA_HASH_BYTES, "hashes to their end");
	ike_cert_put(m, (enum ike_payload_type)p->type,
		     (enum ike_cert_encoding)cert.encoding, cert.data);
}

/* --- built again --- */

static void again_attr(struct ike_builder *m, const struct ike_cfg *a)
{
	struct prefix net;
	struct addr addr;

	if (ike_cfg_addr(a, &addr) == 0) {
		ike_cfg_put_addr(m, (enum ike_cfg_attr)a->type, &addr);
	} else if (ike_cfg_net(a, &net) == 0) {
		require(net.bits <= (addr_is_v4(&net.net) ? 32 : 128),
			"bits of its family");
		ike_cfg_put_net(m, &net);
	} else if (!a->value.len) {
		ike_cfg_ask(m, (enum ike_cfg_attr)a->type);
	} else {
		wr_u16(&m->b, a->type);
		wr_u16(&m->b, (uint16_t)a->value.len);
		wr_bytes(&m->b, a->value.ptr, a->value.len);
	}
}

static void again_cp(struct ike_builder *m, struct slice body)
{
	struct ike_cfg a;
	struct ike_cp cp;

	require(ike_cp_parse(body, &cp), "configuration");
	require_inside(body, cp.attrs);
	ike_cp_begin(m, (enum ike_cfg_type)cp.type);
	while (ike_cfg_next(&cp.attrs, &a)) {
		require_inside(body, a.value);
		require(a.type <= INT16_MAX, "without the reserved bit");
		again_attr(m, &a);
	}
	require(cp.attrs.len == 0, "attributes to their end");
	ike_payload_end(m);
}

static void again_sa(struct ike_builder *m, struct slice sa)
{
	struct ike_transform t;
	struct ike_proposal p;

	ike_sa_begin(m);
	while (ike_proposal_next(&sa, &p)) {
		ike_proposal_begin(m, (enum ike_protocol)p.protocol, p.spi);
		ike_proposal_number(m, p.number);
		while (ike_transform_next(&p.transforms, &t))
			ike_transform_put(m, (enum ike_transform_type)t.type,
					  t.id, t.key_bits);
		ike_proposal_end(m);
	}
	ike_sa_end(m);
}

static void again_octets(struct ike_builder *m, const struct ike_payload *p)
{
	ike_payload_begin(m, (enum ike_payload_type)p->type);
	wr_bytes(&m->b, p->body.ptr, p->body.len);
	ike_payload_end(m);
}

/* Walks it, too. What the builder has no field or no octet for stays as is. */
static void again_fields(struct ike_builder *m, const struct ike_payload *p)
{
	struct ike_ts ts[U8_MAX_ITEMS + 1];
	struct ike_notify notify;
	struct ike_delete del;
	struct ike_auth auth;
	struct ike_ke ke;
	struct ike_id id;
	unsigned int n;

	switch (p->type) {
	case IKE_PL_SA:
		if (walk_sa(p->body, false) > U8_MAX_ITEMS)
			break;
		return again_sa(m, p->body);
	case IKE_PL_KE:
		require(ike_ke_parse(p->body, &ke), "key exchange");
		require_inside(p->body, ke.data);
		return ike_ke_put(m, ke.method, ke.data);
	case IKE_PL_ID_I:
	case IKE_PL_ID_R:
		require(ike_id_parse(p->body, &id), "identification");
		require_inside(p->body, id.data);
		return ike_id_put(m, (enum ike_payload_type)p->type, &id);
	case IKE_PL_AUTH:
		require(ike_auth_parse(p->body, &auth), "authentication");
		require_inside(p->body, auth.data);
		check_signature(auth.data);
		return ike_auth_put(m, &auth);
	case IKE_PL_CERT:
	case IKE_PL_CERTREQ:
		return again_cert(m, p);
	case IKE_PL_NONCE:
		require(p->body.len >= 16 && p->body.len <= 256, "nonce");
		return ike_nonce_put(m, p->body);
	case IKE_PL_NOTIFY:
		walk_notify(p->body, &notify);
		return ike_notify_put(m, &notify);
	case IKE_PL_DELETE:
		walk_delete(p->body, &del);
		return ike_delete_put(m, &del);
	case IKE_PL_TS_I:
	case IKE_PL_TS_R:
		n = walk_ts(p->body, ts);
		if (n == 0)
			break;
		return ike_ts_put(m, (enum ike_payload_type)p->type, ts, n);
	case IKE_PL_CP:
		return again_cp(m, p->body);
	}
	again_octets(m, p);
}

/* The chain alone; its memory is this function's. */
static struct slice again(const struct ike_payloads *p, bool fields,
			  uint8_t *first, uint8_t *room)
{
	const struct ike_header h = { .version = IKE_VERSION };
	struct slice message;
	struct ike_builder m;

	ike_begin(&m, room, ROOM, &h);
	for (unsigned int i = 0; i < p->n; i++) {
		if (fields)
			again_fields(&m, &p->at[i]);
		else
			again_octets(&m, &p->at[i]);
	}
	require(ike_end(&m, &message), "what was parsed can be built");
	/* SK's next payload is not its successor. */
	room[m.next_at] = p->n ? p->sk_first : room[m.next_at];
	*first = room[16];
	return slice_of(room + IKE_HEADER_BYTES, message.len - IKE_HEADER_BYTES);
}

/* --- chains --- */

/* No unknown payload, no reserved or critical bit. */
static bool is_canonical(struct slice octets, unsigned int n)
{
	size_t at = 0;

	for (; at < octets.len; n--) {
		if (n == 0 || octets.ptr[at + 1] != 0)
			return false;
		at += (size_t)octets.ptr[at + 2] << 8 | octets.ptr[at + 3];
	}
	return true;
}

static void check_same(const struct ike_payloads *a,
		       const struct ike_payloads *b)
{
	require(a->n == b->n && a->sk_first == b->sk_first, "as many");
	for (unsigned int i = 0; i < a->n; i++) {
		const struct ike_payload *p = &a->at[i], *q = &b->at[i];

		require(p->type == q->type && p->body.len == q->body.len,
			"of the same types and lengths");
		require(p->body.len == 0 ||
				!memcmp(p->body.ptr, q->body.ptr, p->body.len),
			"and octets");
	}
}

static void check_again(const struct ike_payloads *p, struct slice octets,
			uint8_t type, enum ike_part part)
{
	static uint8_t room[ROOM], room2[ROOM];
	struct ike_payloads q;
	struct slice built, built2;
	uint8_t first;

	built = again(p, false, &first, room);
	require(ike_payloads_parse(built, first, part, &q) == IKE_PARSE_OK,
		"built again it is accepted");
	check_same(p, &q);
	if (is_canonical(octets, p->n))
		require(first == type && built.len == octets.len &&
				(built.len == 0 ||
				 !memcmp(built.ptr, octets.ptr, built.len)),
			"and in the same octets");

	built = again(p, true, &first, room);
	require(ike_payloads_parse(built, first, part, &q) == IKE_PARSE_OK,
		"built from its fields it is accepted");
	require(p->n == q.n, "with as many payloads");
	for (unsigned int i = 0; i < q.n; i++)
		if (q.at[i].type == IKE_PL_SA &&
		    walk_sa(q.at[i].body, false) <= U8_MAX_ITEMS)
			walk_sa(q.at[i].body, true);
	built2 = again(&q, true, &first, room2);
	require(built.len == built2.len &&
			!memcmp(room, room2, IKE_HEADER_BYTES + built.len),
		"and is built the same from then on");
}

static void check_found(const struct ike_payloads *p)
{
	unsigned int n = 0;

	for (unsigned int type = 0; type <= UINT8_MAX; type++) {
		const struct ike_payload *found = ike_find(p, (uint8_t)type);

		n += ike_count(p, (uint8_t)type);
		require(!found == !ike_count(p, (uint8_t)type), "found");
		require(!found || found->type == type, "of its type");
		require(ike_payload_name((uint8_t)type) != NULL, "name");
	}
	require(n == p->n, "each counted once");
}

static void check_payloads(const struct ike_payloads *p, struct slice octets)
{
	struct ike_notify notify, found;

	require(p->n <= IKE_PAYLOADS_MAX, "room for all");
	for (unsigned int i = 0; i < p->n; i++) {
		require_inside(octets, p->at[i].body);
		if (p->at[i].type != IKE_PL_NOTIFY)
			continue;
		walk_notify(p->at[i].body, &notify);
		require(ike_find_notify(p, notify.type, &found) &&
				found.type == notify.type,
			"notification found by its type");
	}
	require(!ike_find_error(p, &found) || found.type < IKE_N_STATUS_MIN,
		"an error is one");
	check_found(p);
}

/* The octets' own memory is the caller's. */
static bool check_chain(struct slice octets, uint8_t first, enum ike_part part,
			struct ike_payloads *p)
{
	enum ike_parse result = ike_payloads_parse(octets, first, part, p);
	struct ike_payloads cut;

	require((result == IKE_PARSE_CRITICAL) == (p->refused != 0),
		"a refused type, where one is refused");
	if (result != IKE_PARSE_OK)
		return false;
	check_payloads(p, octets);
	check_again(p, octets, first, part);
	if (octets.len) {
		octets.len--;
		require(ike_payloads_parse(octets, first, part, &cut) ==
				IKE_PARSE_SYNTAX,
			"cut by an octet it is refused");
	}
	return true;
}

/* Of IV, block and ICV, for some transforms. */
static const uint8_t sizes[][3] = {
	{ 8, 1, 16 },
	{ 16, 16, 16 },
	{ 16, 16, 24 },
	{ 0, 1, 0 },
};

static void check_inside_sk(const struct ike_payloads *p, const uint8_t *size)
{
	static uint8_t room[ROOM];
	const struct ike_header h = { .version = IKE_VERSION };
	struct ike_payloads outer, inner;
	struct slice message, text;
	struct ike_builder m;
	struct ike_sk sk;

	ike_begin(&m, room, ROOM, &h);
	ike_sk_begin(&m, size[0]);
	for (unsigned int i = 0; i < p->n; i++)
		again_octets(&m, &p->at[i]);
	require(ike_sk_end(&m, size[1], size[2], &sk, &message), "into SK");
	message = slice_of(room + IKE_HEADER_BYTES,
			   message.len - IKE_HEADER_BYTES);
	require(ike_payloads_parse(message, IKE_PL_SK, IKE_PART_CLEAR,
				   &outer) == IKE_PARSE_OK,
		"SK is accepted");
	require(ike_sk_split(room, outer.at[0].body, size[0], size[1], size[2],
			     &sk),
		"its parts are found");
	require(ike_sk_inner(&sk, &text), "and its padding");
	require(ike_payloads_parse(text, outer.sk_first, IKE_PART_PROTECTED,
				   &inner) == IKE_PARSE_OK,
		"and what is inside");
	check_same(p, &inner);
}

static uint8_t *copy_of(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	require(copy != NULL, "memory");
	if (size)
		memcpy(copy, data, size);
	return copy;
}

static void check_protected(const uint8_t *data, size_t size, uint8_t first)
{
	uint8_t *octets = copy_of(data, size);
	struct ike_payloads p;

	if (check_chain(slice_of(octets, size), first, IKE_PART_PROTECTED, &p))
		check_inside_sk(&p, sizes[size % 4]);
	free(octets);
}

/* As if decrypted. */
static void check_sk(uint8_t *message, size_t size,
		     const struct ike_payloads *outer)
{
	struct slice body = outer->at[outer->n - 1].body, inner;
	struct ike_sk sk;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (!ike_sk_split(message, body, sizes[i][0], sizes[i][1],
				  sizes[i][2], &sk))
			continue;
		require(sk.text_bytes > 0 && sk.text_bytes % sizes[i][1] == 0,
			"a text of whole blocks");
		require(ike_sk_iv(&sk) == body.ptr, "IV first");
		require(ike_sk_icv(&sk) + sk.icv_bytes == message + size,
			"the ICV ends the message");
		if (!ike_sk_inner(&sk, &inner))
			continue;
		require_inside(body, inner);
		require(inner.len < sk.text_bytes, "without its padding");
		check_protected(inner.ptr, inner.len, outer->sk_first);
	}
}

/* With the right length, which a fuzzer seldom finds. */
static void check_message(const uint8_t *data, size_t size)
{
	uint8_t *message = copy_of(data, size);
	struct ike_payloads p;
	struct ike_header h;
	struct slice octets;

	require(!ike_header_parse(slice_of(message, size), &h) ||
			(size >= IKE_HEADER_BYTES && h.length == size),
		"a header of the right length");
	if (size >= IKE_HEADER_BYTES) {
		for (int i = 0; i < 4; i++)
			message[LENGTH_OFF + i] =
				(uint8_t)(size >> (24 - 8 * i));
		require(ike_header_parse(slice_of(message, size), &h),
			"a header");
		require(ike_exchange_name(h.exchange) != NULL, "name");
		octets = slice_of(message + IKE_HEADER_BYTES,
				  size - IKE_HEADER_BYTES);
		if (check_chain(octets, h.next_payload, IKE_PART_CLEAR, &p) &&
		    ike_find(&p, IKE_PL_SK))
			check_sk(message, size, &p);
	}
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > INPUT_MAX)
		return 0;
	check_message(data, size);
	check_protected(data + 1, size - 1, data[0]);
	return 0;
}
