// SPDX-License-Identifier: BSD-2-Clause
/*
 * Inbound ESP (RFC 4303 section 3.4), on runs of one SA:
 * prepare (lengths, SPI, replay check on the inferred number), crypto, finish
 * (replay commit only now, padding, and what was inside). What AH does, too, is in
 * inbound.h; its own part in ah_in.c. Worker.
 *
 * Bare or in UDP, whichever the SA itself sends: a peer may use either at any
 * time (RFC 7296 section 2.23). UDP's checksum is not looked at (RFC 3948
 * section 2.1): the ICV covers what counts.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "ctrl/dp/ah.h"
#include "ctrl/dp/bundle.h"
#include "ctrl/dp/inbound.h"
#include "ctrl/dp/tap.h"
#include "ctrl/dp/worker.h"
#include "include/proto.h"

/* Octets between IV and ICV; 0 when the packet cannot be right. */
static uint32_t text_bytes(const struct sa_rt *sa, uint32_t esp_bytes)
{
	uint32_t around = ESP_HEADER_BYTES + sa->iv_bytes + sa->icv_bytes;

	if (esp_bytes < around + sa->align_bytes)
		return 0;
	if ((esp_bytes - around) & (sa->align_bytes - 1U))
		return 0;
	return esp_bytes - around;
}

/* Takes UDP's header off, and what its length leaves out (RFC 768). */
static bool strip_udp(struct packet *p, struct slice *esp)
{
	uint16_t sport, dport, bytes, checksum;
	struct slice s = *esp;

	if (!rd_u16(&s, &sport) || !rd_u16(&s, &dport) || !rd_u16(&s, &bytes) ||
	    !rd_u16(&s, &checksum) || bytes < UDP_HEADER_BYTES ||
	    bytes > esp->len)
		return false;
	p->peer_port_be = htons(sport);
	*esp = slice_of(s.ptr, bytes - UDP_HEADER_BYTES);
	return true;
}

static bool find_esp(struct packet *p, struct slice *esp)
{
	*esp = slice_of(p->l3 + p->ip.header_bytes,
			p->bytes - p->ip.header_bytes);
	switch (p->ip.protocol) {
	case PROTO_ESP:
		return true;
	case PROTO_UDP:
		return strip_udp(p, esp);
	}
	return false;
}

static void prepare(struct packet *p, struct crypto_op *op)
{
	struct sa_rt *sa = p->sa;
	uint32_t text, seq_be;
	struct slice esp;

	if (!find_esp(p, &esp))
		return packet_drop(p, DROP_ESP_LENGTH);
	text = text_bytes(sa, (uint32_t)esp.len);
	*op = (struct crypto_op){
		.esp = (uint8_t *)esp.ptr,
		.text_bytes = text,
	};
	if (!text)
		return packet_drop(p, DROP_ESP_LENGTH);
	if (memcmp(esp.ptr, &sa->spi_be, 4) != 0)
		return packet_drop(p, DROP_SA_GONE);
	memcpy(&seq_be, esp.ptr + 4, sizeof(seq_be));
	inbound_number(p, ntohl(seq_be));
	op->seq_hi = (uint32_t)(p->seq >> 32);
}

/* 1, 2, 3, … in the order of memory. */
#define PADDING 0x0807060504030201ULL

/*
 * RFC 4303 section 2.4: the receiver inspects the padding. Behind it stand pad
 * length, next header and ICV, so that the first octets are there to be read at
 * once: how often a loop goes around is nothing that a CPU could foresee.
 */
static bool padding_ok(const uint8_t *pad, uint32_t pad_bytes,
		       uint32_t icv_bytes)
{
	uint64_t first;

	if (pad_bytes < sizeof(first) && icv_bytes >= sizeof(first)) {
		memcpy(&first, pad, sizeof(first));
		return !((le64toh(first) ^ PADDING) &
			 ((1ULL << 8 * pad_bytes) - 1));
	}
	for (uint32_t i = 0; i < pad_bytes; i++)
		if (pad[i] != i + 1)
			return false;
	return true;
}

/* What is inside, padding, pad length, next header: takes off what is ours. */
static void unwrap(struct worker *w, struct packet *p, uint8_t *text,
		   uint32_t text_len)
{
	uint32_t pad_bytes = text[text_len - 2], inner_bytes;

	if (pad_bytes + ESP_TRAILER_BYTES > text_len)
		return packet_drop(p, DROP_PADDING);
	inner_bytes = text_len - ESP_TRAILER_BYTES - pad_bytes;
	if (!padding_ok(text + inner_bytes, pad_bytes, p->sa->icv_bytes))
		return packet_drop(p, DROP_PADDING);
	inbound_take(w, p, text, inner_bytes, text[text_len - 1]);
}

static void finish(struct worker *w, struct packet *p,
		   const struct crypto_op *op)
{
	uint8_t *text = op->esp + ESP_HEADER_BYTES + p->sa->iv_bytes;

	if (!op->ok)
		return packet_drop(p, op->failed ? DROP_CRYPTO : DROP_ICV);
	if (inbound_authentic(w, p))
		unwrap(w, p, text, op->text_bytes);
}

/* Those that passed, to the front of `of`. */
static uint32_t open_esp(struct worker *w, struct packet *p, uint32_t n,
			 struct packet **of)
{
	struct crypto_op ops[BATCH_MAX];
	struct sa_rt *sa = p->sa;
	uint32_t m = 0, passed = 0;

	for (uint32_t i = 0; i < n; i++) {
		prepare(&p[i], &ops[m]);
		if (p[i].drop == DROP_NONE)
			of[m++] = &p[i];
	}
	sa->backend->open(w->crypto, sa->key, ops, m);
	for (uint32_t i = 0; i < m; i++) {
		finish(w, of[i], &ops[i]);
		if (of[i]->drop == DROP_NONE)
			of[passed++] = of[i];
	}
	return passed;
}

static void open_run(struct worker *w, struct packet *p, uint32_t n);

/* What came out of AH is ESP's in a bundle: once, ESP has none behind it. */
static void open_carried(struct worker *w, struct packet *p, uint32_t n)
{
	uint32_t m;

	for (uint32_t i = 0; i < n; i += m ? m : 1) {
		m = bundle_next(w, &p[i], n - i);
		if (m)
			open_run(w, &p[i], m);
	}
}

static void open_run(struct worker *w, struct packet *p, uint32_t n)
{
	struct packet *of[BATCH_MAX];
	struct tap *tap = worker_tap(w);
	struct sa_rt *sa = p->sa;

	if (tap)
		tap_in(tap, w, p, n);
	sa_lock(sa);
	inbound_count(w, sa, of,
		      sa->ah ? ah_open(w, p, n, of) : open_esp(w, p, n, of));
	sa_unlock(sa);
	if (tap)
		tap_in_done(tap, w, p, n);
	if (sa->ah && sa_then(sa).gen)
		open_carried(w, p, n);
}

/* Without AH, or in that of another SA. */
static void refuse_run(struct worker *w, struct packet *p, uint32_t n)
{
	struct tap *tap = worker_tap(w);

	if (tap)
		tap_in(tap, w, p, n);
	for (uint32_t i = 0; i < n; i++) {
		p[i].seq = 0;
		packet_drop(&p[i], DROP_BUNDLE);
	}
	if (tap)
		tap_in_done(tap, w, p, n);
}

void esp_in(struct worker *w, struct batch *b)
{
	uint32_t end;

	for (uint32_t i = 0; i < b->n; i = end) {
		end = run_end(b, i);
		if (!b->pkt[i].sa || b->pkt[i].state != PKT_CIPHER)
			continue;
		if (__builtin_expect(b->pkt[i].sa->carried, false))
			refuse_run(w, &b->pkt[i], end - i);
		else
			open_run(w, &b->pkt[i], end - i);
	}
}
