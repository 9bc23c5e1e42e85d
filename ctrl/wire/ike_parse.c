// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/wire/ike.h"

#include <string.h>

#include "ctrl/wire/ike_cp.h"

bool ike_header_parse(struct slice datagram, struct ike_header *out)
{
	size_t len = datagram.len;

	return rd_u64(&datagram, &out->spi_i) &&
	       rd_u64(&datagram, &out->spi_r) &&
	       rd_u8(&datagram, &out->next_payload) &&
	       rd_u8(&datagram, &out->version) &&
	       rd_u8(&datagram, &out->exchange) &&
	       rd_u8(&datagram, &out->flags) &&
	       rd_u32(&datagram, &out->message_id) &&
	       rd_u32(&datagram, &out->length) && out->length == len;
}

static bool is_child(uint8_t protocol)
{
	return protocol == IKE_PROTO_AH || protocol == IKE_PROTO_ESP;
}

static bool rd_skip(struct slice *s, size_t len)
{
	struct slice skipped;

	return rd_slice(s, len, &skipped);
}

/*
 * Section 3.3.5: a 16-bit value, or a length and so many octets. What a second
 * key length should mean, or one of no bits, nobody knows either.
 */
static bool attribute_parse(struct slice *s, struct ike_transform *t)
{
	uint16_t type, value;

	if (!rd_u16(s, &type) || !rd_u16(s, &value))
		return false;
	if (type == (IKE_ATTR_AF | IKE_ATTR_KEYLEN) && value && !t->key_bits)
		t->key_bits = value;
	else
		t->unknown = true;
	return (type & IKE_ATTR_AF) || rd_skip(s, value);
}

/*
 * Section 3.3.2: | last or more | reserved | length | type | reserved | id |
 * and attributes; length covers all of it. It also tells which one is the last:
 * the first octet, "unnecessary" in the RFC's own words, is not read.
 */
bool ike_transform_next(struct slice *transforms, struct ike_transform *out)
{
	struct slice all = *transforms, s;
	uint16_t length;

	*out = (struct ike_transform){ .type = 0 };
	if (!rd_skip(&all, 2) || !rd_u16(&all, &length) || length < 8 ||
	    !rd_slice(&all, length - 4U, &s))
		return false;
	if (!rd_u8(&s, &out->type) || !rd_skip(&s, 1) || !rd_u16(&s, &out->id))
		return false;
	while (s.len)
		if (!attribute_parse(&s, out))
			return false;
	*transforms = all;
	return true;
}

static bool transforms_valid(const struct ike_proposal *p)
{
	struct slice s = p->transforms;
	struct ike_transform t;
	unsigned int n;

	for (n = 0; s.len; n++)
		if (!ike_transform_next(&s, &t))
			return false;
	return n == p->n_transforms;
}

/*
 * Section 3.3.1: | last or more | reserved | length | number | protocol |
 * SPI size | transforms | SPI, and the transforms; length covers all of it, and
 * the first octet is not read here either.
 */
bool ike_proposal_next(struct slice *sa, struct ike_proposal *out)
{
	struct slice all = *sa, s;
	uint8_t spi_bytes, n;
	uint16_t length;

	if (!rd_skip(&all, 2) || !rd_u16(&all, &length) || length < 8 ||
	    !rd_slice(&all, length - 4U, &s))
		return false;
	if (!rd_u8(&s, &out->number) || !rd_u8(&s, &out->protocol) ||
	    !rd_u8(&s, &spi_bytes) || !rd_u8(&s, &n) ||
	    !rd_slice(&s, spi_bytes, &out->spi))
		return false;
	out->n_transforms = n;
	out->transforms = s;
	*sa = all;
	return true;
}

/* Section 3.3.1; an IKE SA's SPI may stand in the header alone. */
static bool spi_valid(const struct ike_proposal *p)
{
	if (p->protocol == IKE_PROTO_IKE)
		return p->spi.len == 0 || p->spi.len == IKE_SPI_BYTES;
	return !is_child(p->protocol) || p->spi.len == IKE_CHILD_SPI_BYTES;
}

static bool sa_valid(struct slice body)
{
	struct ike_proposal p;

	if (!body.len)
		return false;
	while (body.len)
		if (!ike_proposal_next(&body, &p) || !spi_valid(&p) ||
		    !transforms_valid(&p))
			return false;
	return true;
}

/* Section 3.4. */
bool ike_ke_parse(struct slice body, struct ike_ke *out)
{
	uint16_t reserved;

	if (!rd_u16(&body, &out->method) || !rd_u16(&body, &reserved))
		return false;
	out->data = body;
	return true;
}

/* One octet and three reserved ones, as in ID and AUTH. */
static bool typed_parse(struct slice body, uint8_t *type, struct slice *data)
{
	if (!rd_u8(&body, type) || !rd_skip(&body, 3))
		return false;
	*data = body;
	return true;
}

/* Section 3.5. */
bool ike_id_parse(struct slice body, struct ike_id *out)
{
	if (!typed_parse(body, &out->type, &out->data))
		return false;
	if (out->type == IKE_ID_IPV4_ADDR)
		return out->data.len == 4;
	return out->type != IKE_ID_IPV6_ADDR || out->data.len == 16;
}

/* Section 3.8. */
bool ike_auth_parse(struct slice body, struct ike_auth *out)
{
	return typed_parse(body, &out->method, &out->data);
}

/* Section 3.9. */
static bool nonce_valid(struct slice body)
{
	return body.len >= IKE_NONCE_MIN_BYTES &&
	       body.len <= IKE_NONCE_MAX_BYTES;
}

/* Section 3.10. */
bool ike_notify_parse(struct slice body, struct ike_notify *out)
{
	uint8_t spi_bytes;

	if (!rd_u8(&body, &out->protocol) || !rd_u8(&body, &spi_bytes) ||
	    !rd_u16(&body, &out->type) || !rd_slice(&body, spi_bytes, &out->spi))
		return false;
	out->data = body;
	return true;
}

/* Section 3.11. */
bool ike_delete_parse(struct slice body, struct ike_delete *out)
{
	if (!rd_u8(&body, &out->protocol) || !rd_u8(&body, &out->spi_bytes) ||
	    !rd_u16(&body, &out->n))
		return false;
	out->spis = body;
	if (is_child(out->protocol) && out->spi_bytes != IKE_CHILD_SPI_BYTES)
		return false;
	return body.len == (size_t)out->n * out->spi_bytes;
}

static bool rd_addr(struct slice *s, uint8_t type, struct addr *out)
{
	uint32_t v4_be;

	if (type == IKE_TS_IPV6_RANGE)
		return rd_bytes(s, out->octets, sizeof(out->octets));
	if (!rd_bytes(s, &v4_be, sizeof(v4_be)))
		return false;
	*out = addr_from_v4(v4_be);
	return true;
}

static bool ts_is_known(uint8_t type)
{
	return type == IKE_TS_IPV4_RANGE || type == IKE_TS_IPV6_RANGE;
}

/* Section 3.13.1; the length field covers all of it. */
static bool ts_take(struct slice *s, struct ike_ts *out)
{
	uint16_t length;
	struct slice one;

	if (!rd_u8(s, &out->type) || !rd_u8(s, &out->protocol) ||
	    !rd_u16(s, &length) || length < 4 || !rd_slice(s, length - 4U, &one))
		return false;
	if (!ts_is_known(out->type))
		return true;
	return rd_u16(&one, &out->port_min) && rd_u16(&one, &out->port_max) &&
	       rd_addr(&one, out->type, &out->addr_min) &&
	       rd_addr(&one, out->type, &out->addr_max) && !one.len;
}

bool ike_ts_next(struct slice *selectors, struct ike_ts *out)
{
	while (selectors->len && ts_take(selectors, out))
		if (ts_is_known(out->type))
			return true;
	return false;
}

/* Section 3.13: | number | reserved |, and the selectors. */
bool ike_ts_parse(struct slice body, struct slice *selectors)
{
	uint8_t n;

	if (!rd_u8(&body, &n) || !rd_skip(&body, 3))
		return false;
	*selectors = body;
	return n > 0;
}

static bool ts_valid(struct slice body)
{
	uint8_t n = body.len ? body.ptr[0] : 0;
	struct ike_ts ts;
	struct slice s;

	if (!ike_ts_parse(body, &s))
		return false;
	for (; n; n--)
		if (!ts_take(&s, &ts))
			return false;
	return !s.len;
}

static bool body_valid(uint8_t type, struct slice body)
{
	struct ike_fragment fragment;
	struct ike_notify notify;
	struct ike_delete del;
	struct ike_auth auth;
	struct ike_ke ke;
	struct ike_id id;
	struct ike_cp cp;

	switch (type) {
	case IKE_PL_SA:
		return sa_valid(body);
	case IKE_PL_KE:
		return ike_ke_parse(body, &ke);
	case IKE_PL_ID_I:
	case IKE_PL_ID_R:
		return ike_id_parse(body, &id);
	case IKE_PL_AUTH:
		return ike_auth_parse(body, &auth);
	case IKE_PL_NONCE:
		return nonce_valid(body);
	case IKE_PL_NOTIFY:
		return ike_notify_parse(body, &notify);
	case IKE_PL_SKF:
		return ike_fragment_parse(body, &fragment);
	case IKE_PL_DELETE:
		return ike_delete_parse(body, &del);
	case IKE_PL_TS_I:
	case IKE_PL_TS_R:
		return ts_valid(body);
	case IKE_PL_CP:
		return ike_cp_parse(body, &cp);
	case IKE_PL_CERT:
	case IKE_PL_CERTREQ:
		return body.len >= 1; /* the encoding */
	default:
		return true;
	}
}

/* What section 1.2 to 1.5 let stand in each part. */
static bool is_known(uint8_t type, enum ike_part part)
{
	switch (type) {
	case IKE_PL_SA:
	case IKE_PL_KE:
	case IKE_PL_NONCE:
	case IKE_PL_NOTIFY:
	case IKE_PL_VENDOR:
	case IKE_PL_CERTREQ:
		return true;
	case IKE_PL_SK:
	case IKE_PL_SKF:
		return part == IKE_PART_CLEAR;
	case IKE_PL_ID_I:
	case IKE_PL_ID_R:
	case IKE_PL_CERT:
	case IKE_PL_AUTH:
	case IKE_PL_DELETE:
	case IKE_PL_TS_I:
	case IKE_PL_TS_R:
	case IKE_PL_CP:
	case IKE_PL_EAP:
		return part == IKE_PART_PROTECTED;
	default:
		return false;
	}
}

/*
 * Takes one payload off the front. The critical bit counts for types that we
 * don't know at all; what stands in the wrong part is a fault of its own.
 */
static enum ike_parse payload_take(struct slice *s, uint8_t *type,
				   enum ike_part part, struct ike_payloads *out)
{
	struct ike_payload p = { .type = *type };
	uint8_t critical;
	uint16_t length;

	if (!rd_u8(s, type) || !rd_u8(s, &critical) || !rd_u16(s, &length) ||
	    length < IKE_PL_HEADER_BYTES ||
	    !rd_slice(s, length - IKE_PL_HEADER_BYTES, &p.body))
		return IKE_PARSE_SYNTAX;
	if (!is_known(p.type, part)) {
		if (is_known(p.type, IKE_PART_CLEAR) ||
		    is_known(p.type, IKE_PART_PROTECTED))
			return IKE_PARSE_SYNTAX;
		if (!(critical & IKE_CRITICAL))
			return IKE_PARSE_OK;
		out->refused = p.type;
		return IKE_PARSE_CRITICAL;
	}
	if (out->n == IKE_PAYLOADS_MAX || !body_valid(p.type, p.body))
		return IKE_PARSE_SYNTAX;
	out->at[out->n++] = p;
	return IKE_PARSE_OK;
}

enum ike_parse ike_payloads_parse(struct slice octets, uint8_t first,
				  enum ike_part part, struct ike_payloads *out)
{
	enum ike_parse result;
	uint8_t type = first;
	bool ends = false;

	out->n = 0;
	out->sk_first = out->refused = IKE_PL_NONE;
	while (type != IKE_PL_NONE && !ends) {
		ends = part == IKE_PART_CLEAR &&
		       (type == IKE_PL_SK || type == IKE_PL_SKF);
		result = payload_take(&octets, &type, part, out);
		if (result != IKE_PARSE_OK)
			return result;
	}
	if (ends)
		out->sk_first = type;
	return octets.len ? IKE_PARSE_SYNTAX : IKE_PARSE_OK;
}

const struct ike_payload *ike_find(const struct ike_payloads *p, uint8_t type)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->at[i].type == type)
			return &p->at[i];
	return NULL;
}

unsigned int ike_count(const struct ike_payloads *p, uint8_t type)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->n; i++)
		n += p->at[i].type == type;
	return n;
}

bool ike_find_notify(const struct ike_payloads *p, uint16_t type,
		     struct ike_notify *out)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->at[i].type == IKE_PL_NOTIFY &&
		    ike_notify_parse(p->at[i].body, out) && out->type == type)
			return true;
	return false;
}

bool ike_find_error(const struct ike_payloads *p, struct ike_notify *out)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->at[i].type == IKE_PL_NOTIFY &&
		    ike_notify_parse(p->at[i].body, out) &&
		    out->type < IKE_N_STATUS_MIN)
			return true;
	return false;
}

bool ike_message_next(struct slice *messages, struct slice *out)
{
	struct slice at = *messages;
	uint32_t bytes;

	return rd_skip(&at, IKE_LENGTH_OFF) && rd_u32(&at, &bytes) &&
	       bytes >= IKE_HEADER_BYTES && rd_slice(messages, bytes, out);
}

bool ike_fragment_parse(struct slice body, struct ike_fragment *out)
{
	out->body = body;
	return rd_u16(&out->body, &out->number) &&
	       rd_u16(&out->body, &out->total) && out->number &&
	       out->number <= out->total;
}

bool ike_sk_split(uint8_t *message, struct slice body, uint8_t iv_bytes,
		  uint8_t block_bytes, uint8_t icv_bytes, struct ike_sk *out)
{
	size_t around = (size_t)iv_bytes + icv_bytes;

	if (body.len <= around || (body.len - around) % block_bytes)
		return false;
	*out = (struct ike_sk){
		.message = message,
		.aad_bytes = (size_t)(body.ptr - message),
		.iv_bytes = iv_bytes,
		.icv_bytes = icv_bytes,
		.text_bytes = body.len - around,
	};
	return true;
}

bool ike_sk_inner(const struct ike_sk *sk, struct slice *out)
{
	const uint8_t *text = ike_sk_text(sk);
	size_t pad_bytes = text[sk->text_bytes - 1];

	if (pad_bytes + 1 > sk->text_bytes)
		return false;
	*out = slice_of(text, sk->text_bytes - 1 - pad_bytes);
	return true;
}

#define X(id, value, name) \
	case value:        \
		return name;

const char *ike_exchange_name(uint8_t exchange)
{
	switch (exchange) {
		IKE_EXCHANGES(X)
	}
	return "unknown";
}

const char *ike_payload_name(uint8_t type)
{
	switch (type) {
		IKE_PAYLOADS(X)
	}
	return "unknown";
}

const char *ike_notify_name(uint16_t type)
{
	switch (type) {
		IKE_NOTIFIES(X)
	}
	return "unknown";
}
