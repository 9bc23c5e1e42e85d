// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/ike_remake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/keys.h"

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ike_remake: %s\n", what);
	abort();
}

/* The payloads in SK, decrypted in place, and the type of the first. */
static struct slice open(struct remade *r, struct slice sk_body,
			 const struct ike_sa *receiver)
{
	const struct keys *k = &receiver->keys;
	struct slice inner = slice_of(NULL, 0);
	struct ike_sk sk;

	must(ike_sk_split(r->octets, sk_body, k->encr->iv_bytes,
			  k->encr->block_bytes, keys_icv_bytes(k), &sk) &&
		     keys_open(k,
			       &(const struct sk_text){
				       .message = sk.message,
				       .aad_bytes = sk.aad_bytes,
				       .text_bytes = sk.text_bytes }) &&
		     ike_sk_inner(&sk, &inner),
	     "it does not open");
	return inner;
}

static void take_apart(struct remade *r, struct slice chain, uint8_t type)
{
	r->n = 0;
	while (type != IKE_PL_NONE) {
		struct remade_payload *p = &r->at[r->n++];
		uint8_t critical;

		must(r->n < REMAKE_PAYLOADS_MAX, "too many payloads");
		*p = (struct remade_payload){ .type = type };
		must(rd_u8(&chain, &type) && rd_u8(&chain, &critical) &&
			     rd_u16(&chain, &p->length) &&
			     p->length >= IKE_PL_HEADER_BYTES &&
			     rd_slice(&chain, p->length - IKE_PL_HEADER_BYTES,
				      &p->body),
		     "no chain of payloads");
	}
}

void remake_from(struct remade *r, struct slice message,
		 const struct ike_sa *receiver)
{
	struct slice rest = slice_of(r->octets, message.len), header;
	struct ike_payloads clear;

	must(message.len <= sizeof(r->octets), "it is too long");
	memcpy(r->octets, message.ptr, message.len);
	must(ike_header_parse(rest, &r->header) &&
		     rd_slice(&rest, IKE_HEADER_BYTES, &header),
	     "no message");
	r->is_protected = r->header.next_payload == IKE_PL_SK;
	if (!r->is_protected) {
		take_apart(r, rest, r->header.next_payload);
		return;
	}
	must(receiver && ike_payloads_parse(rest, IKE_PL_SK, IKE_PART_CLEAR,
					    &clear) == IKE_PARSE_OK,
	     "nobody has its keys");
	take_apart(r, open(r, clear.at[0].body, receiver), clear.sk_first);
}

void remake_put(struct remade *r, unsigned int at,
		const struct remade_payload *p)
{
	const struct remade_payload copy = *p;

	must(r->n < REMAKE_PAYLOADS_MAX && at <= r->n, "too many payloads");
	memmove(&r->at[at + 1], &r->at[at], (r->n - at) * sizeof(copy));
	r->at[at] = copy;
	r->n++;
}

void remake_take(struct remade *r, unsigned int at)
{
	must(at < r->n, "no such payload");
	r->n--;
	memmove(&r->at[at], &r->at[at + 1], (r->n - at) * sizeof(r->at[0]));
}

static void put_payload(struct ike_builder *m, const struct remade_payload *p)
{
	ike_payload_begin(m, p->type);
	wr_bytes(&m->b, p->body.ptr, p->body.len);
	ike_payload_end(m);
	must(wr_ok(&m->b), "it does not fit");
	if (p->critical)
		m->b.ptr[m->payload_at + 1] = IKE_CRITICAL;
	if (!p->lies)
		return;
	m->b.ptr[m->payload_at + 2] = (uint8_t)(p->length >> 8);
	m->b.ptr[m->payload_at + 3] = (uint8_t)p->length;
}

size_t remake_to(const struct remade *r, struct ike_sa *sender,
		 uint8_t octets[LAB_DATAGRAM_MAX])
{
	struct ike_builder m;
	struct slice message;

	ike_begin(&m, octets, LAB_DATAGRAM_MAX, &r->header);
	if (r->is_protected)
		ike_sk_begin(&m, sender->keys.encr->iv_bytes);
	for (unsigned int i = 0; i < r->n; i++)
		put_payload(&m, &r->at[i]);
	must(r->is_protected ? message_seal(sender, &sender->path, &m, &message)
			     : ike_end(&m, &message),
	     "it can't be sealed");
	must(message.ptr == octets, "it is in fragments");
	return message.len;
}
