// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/ike_build.h"

#define NEXT_PAYLOAD_OFF 16 /* in the header, RFC 7296 section 3.1 */
#define NUMBER_OFF	 4  /* in a proposal, section 3.3.1 */
#define N_TRANSFORMS_OFF 7

/* Fields behind which something was written already: only the builder's. */
static void patch_u8(struct ike_builder *m, size_t at, uint8_t v)
{
	if (wr_ok(&m->b))
		m->b.ptr[at] = v;
}

static void patch_u16(struct ike_builder *m, size_t at, size_t v)
{
	if (v > UINT16_MAX)
		m->b.failed = true;
	patch_u8(m, at, (uint8_t)(v >> 8));
	patch_u8(m, at + 1, (uint8_t)v);
}

/* A length or number whose field has one octet. */
static void fits_u8(struct ike_builder *m, size_t v)
{
	if (v > UINT8_MAX)
		m->b.failed = true;
}

void ike_begin(struct ike_builder *m, void *room, size_t room_bytes,
	       const struct ike_header *h)
{
	*m = (struct ike_builder){
		.b = wr_init(room, room_bytes),
		.next_at = NEXT_PAYLOAD_OFF,
	};
	wr_u64(&m->b, h->spi_i);
	wr_u64(&m->b, h->spi_r);
	wr_u8(&m->b, IKE_PL_NONE);
	wr_u8(&m->b, h->version);
	wr_u8(&m->b, h->exchange);
	wr_u8(&m->b, h->flags);
	wr_u32(&m->b, h->message_id);
	wr_u32(&m->b, 0);
}

bool ike_end(struct ike_builder *m, struct slice *out)
{
	patch_u16(m, IKE_LENGTH_OFF + 2, m->b.len);
	*out = slice_of(m->b.ptr, m->b.len);
	return wr_ok(&m->b);
}

void ike_payload_begin(struct ike_builder *m, enum ike_payload_type type)
{
	patch_u8(m, m->next_at, (uint8_t)type);
	m->payload_at = m->next_at = m->b.len;
	wr_u8(&m->b, IKE_PL_NONE);
	wr_u8(&m->b, 0); /* not critical, section 2.5 */
	wr_u16(&m->b, 0);
}

void ike_payload_end(struct ike_builder *m)
{
	patch_u16(m, m->payload_at + 2, m->b.len - m->payload_at);
}

void ike_sa_begin(struct ike_builder *m)
{
	ike_payload_begin(m, IKE_PL_SA);
	m->proposals = 0;
}

void ike_proposal_begin(struct ike_builder *m, enum ike_protocol protocol,
			struct slice spi)
{
	fits_u8(m, m->proposals + 1U);
	fits_u8(m, spi.len);
	if (m->proposals)
		patch_u8(m, m->proposal_at, IKE_MORE_PROPOSALS);
	m->proposal_at = m->b.len;
	m->transform_at = 0;
	wr_u8(&m->b, IKE_LAST);
	wr_u8(&m->b, 0);
	wr_u16(&m->b, 0);
	wr_u8(&m->b, ++m->proposals);
	wr_u8(&m->b, (uint8_t)protocol);
	wr_u8(&m->b, (uint8_t)spi.len);
	wr_u8(&m->b, 0);
	wr_bytes(&m->b, spi.ptr, spi.len);
}

void ike_proposal_number(struct ike_builder *m, uint8_t number)
{
	patch_u8(m, m->proposal_at + NUMBER_OFF, number);
}

void ike_transform_put(struct ike_builder *m, enum ike_transform_type type,
		       unsigned int id, uint16_t key_bits)
{
	size_t n_at = m->proposal_at + N_TRANSFORMS_OFF;

	if (m->transform_at)
		patch_u8(m, m->transform_at, IKE_MORE_TRANSFORMS);
	m->transform_at = m->b.len;
	wr_u8(&m->b, IKE_LAST);
	wr_u8(&m->b, 0);
	wr_u16(&m->b, key_bits ? 12 : 8);
	wr_u8(&m->b, (uint8_t)type);
	wr_u8(&m->b, 0);
	wr_u16(&m->b, (uint16_t)id);
	if (key_bits) {
		wr_u16(&m->b, IKE_ATTR_AF | IKE_ATTR_KEYLEN);
		wr_u16(&m->b, key_bits);
	}
	if (wr_ok(&m->b) && ++m->b.ptr[n_at] == 0)
		m->b.failed = true; /* more than 255 */
}

void ike_proposal_end(struct ike_builder *m)
{
	patch_u16(m, m->proposal_at + 2, m->b.len - m->proposal_at);
}

void ike_sa_end(struct ike_builder *m)
{
	ike_payload_end(m);
}

void ike_ke_put(struct ike_builder *m, uint16_t method, struct slice data)
{
	ike_payload_begin(m, IKE_PL_KE);
	wr_u16(&m->b, method);
	wr_u16(&m->b, 0);
	wr_bytes(&m->b, data.ptr, data.len);
	ike_payload_end(m);
}

void ike_nonce_put(struct ike_builder *m, struct slice nonce)
{
	ike_payload_begin(m, IKE_PL_NONCE);
	wr_bytes(&m->b, nonce.ptr, nonce.len);
	ike_payload_end(m);
}

/* One octet and three reserved ones, as in ID and AUTH. */
static void typed_put(struct ike_builder *m, enum ike_payload_type payload,
		      uint8_t type, struct slice data)
{
	ike_payload_begin(m, payload);
	wr_u8(&m->b, type);
	wr_u8(&m->b, 0);
	wr_u16(&m->b, 0);
	wr_bytes(&m->b, data.ptr, data.len);
	ike_payload_end(m);
}

void ike_id_put(struct ike_builder *m, enum ike_payload_type type,
		const struct ike_id *id)
{
	typed_put(m, type, id->type, id->data);
}

void ike_auth_put(struct ike_builder *m, const struct ike_auth *auth)
{
	typed_put(m, IKE_PL_AUTH, auth->method, auth->data);
}

void ike_notify_put(struct ike_builder *m, const struct ike_notify *n)
{
	fits_u8(m, n->spi.len);
	ike_payload_begin(m, IKE_PL_NOTIFY);
	wr_u8(&m->b, n->protocol);
	wr_u8(&m->b, (uint8_t)n->spi.len);
	wr_u16(&m->b, n->type);
	wr_bytes(&m->b, n->spi.ptr, n->spi.len);
	wr_bytes(&m->b, n->data.ptr, n->data.len);
	ike_payload_end(m);
}

void ike_delete_put(struct ike_builder *m, const struct ike_delete *d)
{
	if (d->spis.len != (size_t)d->n * d->spi_bytes)
		m->b.failed = true;
	ike_payload_begin(m, IKE_PL_DELETE);
	wr_u8(&m->b, d->protocol);
	wr_u8(&m->b, d->spi_bytes);
	wr_u16(&m->b, d->n);
	wr_bytes(&m->b, d->spis.ptr, d->spis.len);
	ike_payload_end(m);
}

static void wr_addr(struct builder *b, uint8_t type, const struct addr *a)
{
	if (type == IKE_TS_IPV6_RANGE)
		wr_bytes(b, a->octets, sizeof(a->octets));
	else
		wr_bytes(b, a->octets + 12, 4);
}

void ike_ts_put(struct ike_builder *m, enum ike_payload_type type,
		const struct ike_ts *ts, unsigned int n)
{
	if (n == 0)
		m->b.failed = true;
	fits_u8(m, n);
	ike_payload_begin(m, type);
	wr_u8(&m->b, (uint8_t)n);
	wr_u8(&m->b, 0);
	wr_u16(&m->b, 0);
	for (unsigned int i = 0; i < n; i++) {
		wr_u8(&m->b, ts[i].type);
		wr_u8(&m->b, ts[i].protocol);
		wr_u16(&m->b, ts[i].type == IKE_TS_IPV6_RANGE ? 40 : 16);
		wr_u16(&m->b, ts[i].port_min);
		wr_u16(&m->b, ts[i].port_max);
		wr_addr(&m->b, ts[i].type, &ts[i].addr_min);
		wr_addr(&m->b, ts[i].type, &ts[i].addr_max);
	}
	ike_payload_end(m);
}

static void wr_zeros(struct builder *b, size_t n)
{
	for (; n; n--)
		wr_u8(b, 0);
}

static void text_begin(struct ike_builder *m, uint8_t iv_bytes)
{
	m->iv_bytes = iv_bytes;
	wr_zeros(&m->b, iv_bytes);
	m->text_at = m->b.len;
}

/* Payloads follow in SK's body: SK's own next payload is the first of them. */
void ike_sk_begin(struct ike_builder *m, uint8_t iv_bytes)
{
	ike_payload_begin(m, IKE_PL_SK);
	m->sk_at = m->payload_at;
	text_begin(m, iv_bytes);
}

/* The first fragment alone says of what type the first payload is. */
void ike_fragment_begin(struct ike_builder *m, void *room, size_t room_bytes,
			const struct ike_builder *whole, uint16_t number,
			uint16_t total)
{
	*m = (struct ike_builder){
		.b = wr_init(room, room_bytes),
		.next_at = NEXT_PAYLOAD_OFF,
	};
	wr_bytes(&m->b, whole->b.ptr, IKE_HEADER_BYTES);
	ike_payload_begin(m, IKE_PL_SKF);
	m->sk_at = m->payload_at;
	if (number == 1)
		patch_u8(m, m->sk_at, whole->b.ptr[whole->sk_at]);
	wr_u16(&m->b, number);
	wr_u16(&m->b, total);
	text_begin(m, whole->iv_bytes);
}

struct slice ike_sk_payloads(const struct ike_builder *m)
{
	return slice_of(m->b.ptr + m->text_at, m->b.len - m->text_at);
}

bool ike_sk_end(struct ike_builder *m, uint8_t block_bytes, uint8_t icv_bytes,
		struct ike_sk *out, struct slice *message)
{
	size_t inner = m->b.len - m->text_at;
	size_t pad_bytes =
		(block_bytes - (inner + 1) % block_bytes) % block_bytes;

	wr_zeros(&m->b, pad_bytes);
	wr_u8(&m->b, (uint8_t)pad_bytes);
	*out = (struct ike_sk){
		.message = m->b.ptr,
		.aad_bytes = m->text_at - m->iv_bytes,
		.iv_bytes = m->iv_bytes,
		.icv_bytes = icv_bytes,
		.text_bytes = m->b.len - m->text_at,
	};
	wr_zeros(&m->b, icv_bytes);
	patch_u16(m, m->sk_at + 2, m->b.len - m->sk_at);
	return ike_end(m, message);
}
