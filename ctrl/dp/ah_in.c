// SPDX-License-Identifier: BSD-2-Clause
/*
 * Inbound AH (RFC 4302 section 3.4): lengths, SPI and number, then what the ICV
 * covers of the headers in their place, crypto, the headers again, and only with a
 * right ICV what was inside.
 */
#include <string.h>

#include "ctrl/base/secret.h"
#include "ctrl/dp/ah.h"
#include "ctrl/dp/bundle.h"
#include "ctrl/dp/inbound.h"
#include "ctrl/wire/ah.h"
#include "include/proto.h"

#define SEQ_HI_BYTES 4U

/* A run as the backend has it. */
struct run {
	struct ah_front fronts[BATCH_MAX];
	struct crypto_mac macs[BATCH_MAX];
	uint8_t icvs[BATCH_MAX][AH_ICV_MAX];
	uint8_t came[BATCH_MAX][AH_ICV_MAX];
	uint8_t ivs[BATCH_MAX][sizeof(uint64_t)];
};

/* Behind IPv4 a peer may pad as behind IPv6 (RFC 4302 section 2.6: not needlessly,
 * but Linux does unless it is told not to). */
static bool is_length_right(const struct sa_rt *sa, uint32_t bytes)
{
	return bytes == sa->head_bytes ||
	       bytes == ah_bytes(6, (uint32_t)sa->iv_bytes + sa->icv_bytes);
}

/*
 * Extended numbers need room behind the packet, in its frame: what ends there goes
 * to the front by as much, where its link header was. A scratch buffer has room.
 */
static void make_room(struct packet *p)
{
	const uint64_t end = (uint64_t)(uintptr_t)p->l3 + p->bytes;

	if (!p->sa->esn || p->large ||
	    (end + SEQ_HI_BYTES - 1) / FRAME_BYTES == (end - 1) / FRAME_BYTES)
		return;
	memmove(p->l3 - SEQ_HI_BYTES, p->l3, p->bytes);
	p->l3 -= SEQ_HI_BYTES;
}

/* IV and ICV, which are covered as zeros. */
static void take_icv(const struct sa_rt *sa, uint8_t *at, struct run *r,
		     uint32_t index)
{
	memcpy(r->ivs[index], at, sa->iv_bytes);
	memcpy(r->came[index], at + sa->iv_bytes, sa->icv_bytes);
	memset(at, 0, (size_t)sa->iv_bytes + sa->icv_bytes);
}

static bool check(struct packet *p, struct ah_header *h)
{
	const struct slice rest = slice_of(p->l3 + p->ip.header_bytes,
					   p->bytes - p->ip.header_bytes);
	enum drop_reason fault = DROP_NONE;

	if (p->ip.protocol != PROTO_AH || !ah_parse(rest, h) ||
	    !is_length_right(p->sa, h->bytes))
		fault = DROP_ESP_LENGTH;
	else if (h->spi_be != p->sa->spi_be)
		fault = DROP_SA_GONE;
	if (fault != DROP_NONE)
		packet_drop(p, fault);
	return fault == DROP_NONE;
}

static bool prepare(struct packet *p, struct run *r, uint32_t index)
{
	const uint32_t front = p->ip.header_bytes;
	struct ah_header h;

	if (!check(p, &h))
		return false;
	inbound_number(p, h.seq);
	if (p->drop != DROP_NONE)
		return false;
	make_room(p);
	if (!ah_front_cover(&r->fronts[index], p, front, DROP_IP_MALFORMED))
		return false;
	take_icv(p->sa, p->l3 + front + AH_HEADER_BYTES, r, index);
	r->macs[index] = (struct crypto_mac){
		.from = p->l3,
		.bytes = p->bytes,
		.seq_hi = (uint32_t)(p->seq >> 32),
		.iv = r->ivs[index],
		.icv = r->icvs[index],
	};
	return true;
}

static void finish(struct worker *w, struct packet *p, const struct run *r,
		   uint32_t index)
{
	const uint32_t front = r->fronts[index].bytes;
	uint8_t *ah = p->l3 + front;
	struct ah_header h;
	uint32_t rest;

	ah_front_restore(&r->fronts[index], p);
	if (!r->macs[index].ok)
		return packet_drop(p, DROP_CRYPTO);
	if (!octets_equal(r->icvs[index], r->came[index], p->sa->icv_bytes))
		return packet_drop(p, DROP_ICV);
	if (!ah_parse(slice_of(ah, p->bytes - front), &h))
		return packet_drop(p, DROP_ESP_LENGTH);
	rest = p->bytes - front - h.bytes;
	if (!inbound_authentic(w, p))
		return;
	if (sa_then(p->sa).gen)
		bundle_take(w, p, ah + h.bytes, rest, h.next_header);
	else
		inbound_take(w, p, ah + h.bytes, rest, h.next_header);
}

uint32_t ah_open(struct worker *w, struct packet *p, uint32_t n,
		 struct packet **of)
{
	struct sa_rt *sa = p->sa;
	uint32_t m = 0, passed = 0;
	struct run r;

	for (uint32_t i = 0; i < n; i++)
		if (prepare(&p[i], &r, m))
			of[m++] = &p[i];
	sa->backend->mac(w->crypto, sa->key, r.macs, m);
	for (uint32_t i = 0; i < m; i++) {
		finish(w, of[i], &r, i);
		if (of[i]->drop == DROP_NONE)
			of[passed++] = of[i];
	}
	return passed;
}
