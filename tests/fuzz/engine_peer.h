/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer that is authentic and hostile: it has the keys of a side's IKE SA, and
 * seals what a fuzzer's input says.
 */
#ifndef CYG_TESTS_FUZZ_ENGINE_PEER_H
#define CYG_TESTS_FUZZ_ENGINE_PEER_H

#include <arpa/inet.h>
#include <string.h>

#include "ctrl/wire/ike_cert.h"
#include "ctrl/wire/ike_cp.h"
#include "tests/fuzz/input.h"
#include "tests/support/ike_forge.h"

#define PEER_SPI_MAX   8U   /* of one DELETE */
#define PEER_CERT_FROM 250U /* kinds of payloads: certificates */

/* One of its IKE SAs that has keys; NULL: there is none. */
static inline struct ike_sa *peer_sa(const struct engine *e, uint8_t which)
{
	struct ike_sa *found[8];
	unsigned int n = 0;

	for (uint32_t i = 1; e && i < e->n_slots && n < 8; i++)
		if (e->slots[i] && e->slots[i]->has_keys)
			found[n++] = e->slots[i];
	return n ? found[which % n] : NULL;
}

/* The other side's, by the same SPIs. */
static inline struct ike_sa *peer_same(const struct engine *e,
				       const struct ike_sa *sa)
{
	struct ike_sa *other =
		e ? sa_by_spi(e, sa->initiator ? sa->spi_r : sa->spi_i) : NULL;

	return other && other->spi_i == sa->spi_i && other->spi_r == sa->spi_r &&
			       other->initiator != sa->initiator
		       ? other
		       : NULL;
}

/* An SPI of one of its children, or any. */
static inline uint32_t peer_spi(struct slice *in, const struct ike_sa *sa)
{
	uint8_t which = take(in);
	const struct child_sa *c = sa->children;

	if (which & 0x80)
		return (uint32_t)take_u16(in) << 16 | take_u16(in);
	for (; which & 3 && c && c->next; which--)
		c = c->next;
	if (c)
		return which & 0x40 ? c->spi_out : c->spi_in;
	return 0xc0000000U + which;
}

static inline struct slice peer_octets(struct slice *in, uint8_t *room, size_t n)
{
	for (size_t i = 0; i < n; i++)
		room[i] = in->len ? take(in) : (uint8_t)(i + 1);
	return slice_of(room, n);
}

static inline void peer_sa_payload(struct slice *in, const struct ike_sa *sa,
				   struct ike_builder *m)
{
	static const char *const texts[] = {
		"aes128-sha256-x25519",
		"aes128-sha256",
		"aes128gcm16-prfsha256-x25519",
		"aes128gcm16",
		"aes256-sha384-ecp384",
		"aes128-sha256-x25519-ecp256",
		"aes128-sha256-x25519-ke1_ecp256",
		"aes128gcm16-prfsha256-x25519-ke1_ecp256",
	};
	uint8_t how = take(in);
	bool ike = how & 0x80;
	uint8_t spi[IKE_SPI_BYTES];
	struct proposals p = { .n = 1 };
	struct builder b = wr_init(spi, sizeof(spi));
	struct error e;

	if (proposal_parse(texts[how % 8], ike ? IKE_PROTO_IKE : IKE_PROTO_ESP,
			   &p.at[0], &e))
		return; /* of the other protocol */
	wr_u32(&b, peer_spi(in, sa));
	if (ike)
		wr_u32(&b, take(in));
	proposals_put(m, &p, slice_of(spi, b.len), how & 0x40 || ike);
}

static inline void peer_ts_payload(struct slice *in, struct ike_builder *m)
{
	uint8_t how = take(in);
	struct ike_ts ts = { .type = IKE_TS_IPV4_RANGE, .port_max = 65535 };
	uint32_t net = how & 1 ? 0x0a010000 : 0x0a020000;

	ts.addr_min = addr_from_v4(htonl(net + (how & 2 ? take(in) : 0)));
	ts.addr_max = addr_from_v4(htonl(net + (how & 4 ? take(in) : 255)));
	if (how & 8)
		ts.protocol = take(in);
	if (how & 0x10)
		ts.port_min = take_u16(in);
	ike_ts_put(m, how & 0x80 ? IKE_PL_TS_I : IKE_PL_TS_R, &ts, 1);
}

/* Of an exchange that begins an IKE SA? */
static inline bool peer_is_first(const struct ike_header *h)
{
	return h->exchange == IKE_EXCH_IKE_SA_INIT ||
	       h->exchange == IKE_EXCH_IKE_SESSION_RESUME;
}

static inline void peer_notify_payload(struct slice *in, const struct ike_sa *sa,
				       struct ike_builder *m)
{
	static const uint16_t types[] = {
		IKE_N_REKEY_SA,
		IKE_N_INVALID_KE_PAYLOAD,
		IKE_N_TEMPORARY_FAILURE,
		IKE_N_CHILD_SA_NOT_FOUND,
		IKE_N_NO_PROPOSAL_CHOSEN,
		IKE_N_TS_UNACCEPTABLE,
		IKE_N_AUTHENTICATION_FAILED,
		IKE_N_INITIAL_CONTACT,
		IKE_N_COOKIE,
		IKE_N_NO_ADDITIONAL_SAS,
	};
	static const uint16_t more[] = {
		IKE_N_AUTH_LIFETIME,
		IKE_N_SET_WINDOW_SIZE,
		IKE_N_CHILDLESS_IKEV2_SUPPORTED,
		IKE_N_MOBIKE_SUPPORTED,
		IKE_N_UPDATE_SA_ADDRESSES,
		IKE_N_ADDITIONAL_IP4_ADDRESS,
		IKE_N_NO_ADDITIONAL_ADDRESSES,
		IKE_N_COOKIE2,
		IKE_N_NO_NATS_ALLOWED,
		IKE_N_UNACCEPTABLE_ADDRESSES,
		IKE_N_NAT_DETECTION_DESTINATION_IP,
		IKE_N_REDIRECT,
		IKE_N_REDIRECT_SUPPORTED,
		IKE_N_PPK_IDENTITY,
		IKE_N_NO_PPK_AUTH,
		IKE_N_ADDITIONAL_KEY_EXCHANGE,
		IKE_N_STATE_NOT_FOUND,
		IKE_N_TICKET_REQUEST,
		IKE_N_TICKET_LT_OPAQUE,
		IKE_N_TICKET_ACK,
		IKE_N_SUPPORTED_AUTH_METHODS,
	};
	uint8_t how = take(in), room[256];
	uint32_t spi_be = htonl(peer_spi(in, sa));
	struct ike_notify n = { .type = types[how % 10] };

	if (how & 0x80)
		n.type = take_u16(in);
	else if (how & 0x10)
		n.type = more[take(in) % (sizeof(more) / sizeof(more[0]))];
	if (how & 0x40) {
		n.protocol = IKE_PROTO_ESP;
		n.spi = slice_of(&spi_be, sizeof(spi_be));
	}
	if (how & 0x20)
		n.data = peer_octets(in, room, take(in));
	ike_notify_put(m, &n);
}

static inline void peer_delete_payload(struct slice *in, const struct ike_sa *sa,
				       struct ike_builder *m)
{
	uint32_t spis_be[PEER_SPI_MAX];
	uint8_t how = take(in);
	struct ike_delete d = { .protocol = IKE_PROTO_IKE };

	if (how & 0x80) {
		ike_delete_put(m, &d);
		return;
	}
	d = (struct ike_delete){ .protocol = IKE_PROTO_ESP,
				 .spi_bytes = sizeof(spis_be[0]),
				 .n = how % (PEER_SPI_MAX + 1) };
	for (unsigned int i = 0; i < d.n; i++)
		spis_be[i] = htonl(peer_spi(in, sa));
	d.spis = slice_of(spis_be, d.n * sizeof(spis_be[0]));
	ike_delete_put(m, &d);
}

static inline void peer_ke_payload(struct slice *in, struct ike_builder *m)
{
	static const char *const names[] = { "x25519", "ecp256", "ecp384",
					     "modp2048" };
	uint8_t how = take(in), room[KE_PUBLIC_MAX_BYTES];
	const struct ke_alg *alg = ke_by_name(names[how % 4]);

	ike_ke_put(m, (uint16_t)alg->id,
		   peer_octets(in, room,
			       how & 0x80 ? take(in) : alg->public_bytes));
}

static inline void peer_identity(struct slice *in, struct ike_builder *m,
				 uint8_t how)
{
	uint8_t room[256];
	struct ike_id id = { .type = take(in) };
	struct ike_auth auth = { .method = id.type };

	id.data = auth.data = peer_octets(in, room, take(in));
	if (how & 1)
		ike_auth_put(m, &auth);
	else
		ike_id_put(m, how & 2 ? IKE_PL_ID_I : IKE_PL_ID_R, &id);
}

/* Attributes that ask, and some with values of any length. */
static inline void peer_cp_payload(struct slice *in, struct ike_builder *m)
{
	uint8_t n = take(in), room[256];

	ike_cp_begin(m, (enum ike_cfg_type)(1 + n % 4));
	for (n = n / 4 % 16; n; n--) {
		uint8_t how = take(in);
		struct slice value =
			peer_octets(in, room, how & 0x80 ? how & 0x1f : 0);

		wr_u16(&m->b, how & 0x40   ? IKE_ATTR_IP6_ADDRESS
			      : how & 0x20 ? IKE_ATTR_IP4_ADDRESS
					   : how & 0x1f);
		wr_u16(&m->b, (uint16_t)value.len);
		wr_bytes(&m->b, value.ptr, value.len);
	}
	ike_payload_end(m);
}

/* Mostly of an encoding that is read. */
static inline void peer_cert_payload(struct slice *in, struct ike_builder *m)
{
	uint8_t how = take(in), room[256];
	uint8_t encoding = how & 0x80 ? take(in) : how & 1 ? 4 : 15;

	ike_cert_put(m, how & 2 ? IKE_PL_CERT : IKE_PL_CERTREQ,
		     (enum ike_cert_encoding)encoding,
		     peer_octets(in, room, take(in)));
}

static inline void peer_payload(struct slice *in, const struct ike_sa *sa,
				struct ike_builder *m)
{
	uint8_t kind = take(in), room[256];
	struct slice octets;

	if (kind >= PEER_CERT_FROM) {
		peer_cert_payload(in, m);
		return;
	}
	switch (kind % 10) {
	case 0:
		peer_sa_payload(in, sa, m);
		break;
	case 1:
		ike_nonce_put(m, peer_octets(in, room, 16 + take(in) % 241));
		break;
	case 2:
		peer_ke_payload(in, m);
		break;
	case 3:
	case 4:
		peer_ts_payload(in, m);
		break;
	case 5:
	case 6:
		peer_notify_payload(in, sa, m);
		break;
	case 7:
		peer_delete_payload(in, sa, m);
		break;
	case 8:
		peer_identity(in, m, kind / 10);
		break;
	case 9:
		if (kind & 0x80) {
			peer_cp_payload(in, m);
			break;
		}
		ike_payload_begin(m, take(in));
		octets = peer_octets(in, room, take(in));
		wr_bytes(&m->b, octets.ptr, octets.len);
		ike_payload_end(m);
		break;
	}
}

/* A chain of payloads that need not be one. */
static inline void peer_raw(struct slice *in, struct ike_builder *m)
{
	uint8_t room[512];
	struct slice octets;

	m->b.ptr[m->next_at] = take(in);
	octets = peer_octets(in, room, take_u16(in) % sizeof(room));
	wr_bytes(&m->b, octets.ptr, octets.len);
}

/*
 * A message of the peer's SA, sealed, to octets; its length, 0: it is none.
 *
 * to   of the other side; NULL: it has none
 */
static inline size_t peer_message(struct slice *in, struct ike_sa *sa,
				  const struct ike_sa *to, uint8_t *octets)
{
	static const uint8_t exchanges[] = { IKE_EXCH_CREATE_CHILD_SA,
					     IKE_EXCH_INFORMATIONAL,
					     IKE_EXCH_IKE_AUTH,
					     IKE_EXCH_IKE_INTERMEDIATE,
					     IKE_EXCH_IKE_FOLLOWUP_KE };
	uint8_t how = take(in), n = take(in);
	bool response = how & 0x80;
	uint32_t id = 0;
	struct ike_builder m;
	struct slice message;

	if (to)
		id = response ? to->ours.message_id : to->next_peers;
	if (how & 0x20)
		id += take(in) - 2U;
	message_begin(sa, &m, exchanges[how % 5], response, id);
	for (n %= 9; n; n--)
		peer_payload(in, sa, &m);
	if (how & 0x40)
		peer_raw(in, &m);
	if (!message_seal(sa, &sa->path, &m, &message) ||
	    message.len > LAB_DATAGRAM_MAX)
		return 0;
	memcpy(octets, message.ptr, message.len);
	return message.len;
}

/*
 * A true message of the peer's, damaged inside; likewise. What the other side
 * would open is what is damaged.
 */
static inline size_t peer_damaged(struct slice *in, struct ike_sa *sa,
				  const struct ike_sa *to, uint8_t *octets)
{
	const struct octets *o = take(in) & 1 ? &sa->reply : &sa->request;
	struct slice rest = slice_of(octets, o->len), header;
	struct ike_payloads clear;
	struct ike_header h;
	struct sk_text t;
	struct ike_sk sk;

	if (!o->len || !to || !to->has_keys)
		return 0;
	memcpy(octets, o->ptr, o->len);
	if (!ike_header_parse(rest, &h) ||
	    !rd_slice(&rest, IKE_HEADER_BYTES, &header) ||
	    ike_payloads_parse(rest, h.next_payload, IKE_PART_CLEAR, &clear) !=
		    IKE_PARSE_OK ||
	    !ike_find(&clear, IKE_PL_SK) ||
	    !ike_sk_split(octets, ike_find(&clear, IKE_PL_SK)->body,
			  sa->keys.encr->iv_bytes, sa->keys.encr->block_bytes,
			  keys_icv_bytes(&sa->keys), &sk))
		return 0;
	t = (struct sk_text){ .message = sk.message,
			      .aad_bytes = sk.aad_bytes,
			      .text_bytes = sk.text_bytes };
	if (!keys_open(&to->keys, &t))
		return 0;
	damage(in, ike_sk_iv(&sk) + sk.iv_bytes, (uint32_t)sk.text_bytes);
	return keys_seal(&sa->keys, &t) ? o->len : 0;
}

#endif
