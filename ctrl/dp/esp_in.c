// SPDX-License-Identifier: BSD-2-Clause
/*
 * Inbound ESP (RFC 4303 section 3.4), on runs of one SA:
 * prepare (lengths, SPI, replay check on the inferred number), crypto, finish
 * (replay commit only now, padding, next header, and the inner packet against
 * the SA's selectors, RFC 4301 section 5.2). Worker.
 *
 * Bare or in UDP, whichever the SA itself sends: a peer may use either at any
 * time (RFC 7296 section 2.23). UDP's checksum is not looked at (RFC 3948
 * section 2.1): the ICV covers what counts. An authentic packet from elsewhere
 * than before is told of, where a NAT may be in between; nothing else follows.
 */
#include <arpa/inet.h>
#include <string.h>

#include "ctrl/dp/esp.h"
#include "ctrl/dp/life.h"
#include "ctrl/dp/quoted.h"
#include "ctrl/dp/tap.h"
#include "ctrl/dp/transport.h"
#include "ctrl/dp/worker.h"
#include "include/proto.h"

/* Whoever is on the way can make a peer move with every packet: what changes
 * faster is told of later, as it is then. */
#define MOVE_NS NS_PER_S

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
	uint32_t text, seq_lo;
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
	esp = slice_of(esp.ptr + 4, esp.len - 4);
	if (!rd_u32(&esp, &seq_lo))
		return packet_drop(p, DROP_ESP_LENGTH);
	p->seq = replay_infer(&sa->replay, seq_lo);
	op->seq_hi = (uint32_t)(p->seq >> 32);
	if (replay_check(&sa->replay, p->seq))
		packet_drop(p, DROP_REPLAY);
}

/* RFC 4303 section 2.4: the receiver inspects the padding. */
static bool padding_ok(const uint8_t *pad, uint32_t pad_bytes)
{
	for (uint32_t i = 0; i < pad_bytes; i++)
		if (pad[i] != i + 1)
			return false;
	return true;
}

/* What the outer header says to the packet that was in it; false: it must not
 * go on. */
static bool take_outer(struct worker *w, struct packet *p, uint8_t outer_tos)
{
	uint8_t tos = p->ip.tos;

	switch (outer_take(&p->sa->outer, outer_tos, &tos)) {
	case OUTER_ECN_LOST:
		return false;
	case OUTER_ECN_UNUSED:
		w->passes[PASS_WORKER_ECN].pkts++;
		w->passes[PASS_WORKER_ECN].bytes += p->ip.total_bytes;
		break;
	case OUTER_ECN_FINE:
		break;
	}
	if (tos != p->ip.tos)
		ip_set_tos(p->l3, tos);
	p->ip.tos = tos;
	return true;
}

/* A packet of its own. false: it is dropped. */
static bool take_inner(struct packet *p, uint8_t *inner, uint32_t bytes,
		       uint8_t next_header)
{
	uint8_t version = esp_inner_version(next_header);

	if (!version) {
		packet_drop(p, DROP_NEXT_HEADER);
		return false;
	}
	if (!ip_parse(slice_of(inner, bytes), &p->ip) ||
	    p->ip.version != version) {
		packet_drop(p, DROP_INNER_MALFORMED);
		return false;
	}
	p->l3 = inner;
	return true;
}

/* In transport mode with the header that it came with, whose ECN is its own. */
static bool take_inside(struct packet *p, uint8_t *inside, uint32_t bytes,
			uint8_t next_header)
{
	return p->sa->transport ? transport_take(p, inside, bytes, next_header)
				: take_inner(p, inside, bytes, next_header);
}

/* What is inside, padding, pad length, next header: takes off what is ours. */
static void unwrap(struct worker *w, struct packet *p, uint8_t *text,
		   uint32_t text_len)
{
	uint32_t pad_bytes = text[text_len - 2], inner_bytes;
	uint8_t outer_tos = p->ip.tos, next_header = text[text_len - 1];
	enum drop_reason misfit;

	if (pad_bytes + ESP_TRAILER_BYTES > text_len)
		return packet_drop(p, DROP_PADDING);
	inner_bytes = text_len - ESP_TRAILER_BYTES - pad_bytes;
	if (!padding_ok(text + inner_bytes, pad_bytes))
		return packet_drop(p, DROP_PADDING);
	if (next_header == PROTO_NONE)
		return packet_drop(p, DROP_DUMMY);
	if (!take_inside(p, text, inner_bytes, next_header))
		return;
	misfit = quoted_judge(w, p, DIR_IN);
	if (misfit != DROP_NONE)
		return packet_drop(p, misfit);
	if (!take_outer(w, p, outer_tos))
		return packet_drop(p, DROP_ECN);
	p->bytes = p->ip.total_bytes; /* RFC 4303 section 2.7: TFC padding ends
					 here */
	p->state = PKT_OPENED;
}

static void tell_used(struct worker *w, struct sa_rt *sa)
{
	const struct telling what = { .kind = TELL_USED, .sa = sa->ref };

	sa->used = tell_put(w->tell, &what);
}

/* Once a change: it is where it was told to be. */
static void tell_mapping(struct worker *w, const struct packet *p)
{
	const struct telling what = {
		.kind = TELL_MAPPING,
		.sa = p->sa->ref,
		.saddr = p->ip.saddr,
		.sport = ntohs(p->peer_port_be),
	};

	if (w->now_ns - p->sa->moved_ns < MOVE_NS || !tell_put(w->tell, &what))
		return;
	p->sa->moved_ns = w->now_ns;
	p->sa->peer = what.saddr;
	p->sa->peer_port_be = p->peer_port_be;
}

/* Authentic and new. Only the latest says where the peer is: an older one may
 * have been on its way when the peer moved, and without a window be a copy. Without
 * integrity anybody could say it. */
static void note_origin(struct worker *w, const struct packet *p, bool is_latest)
{
	struct sa_rt *sa = p->sa;

	if (!sa->used)
		tell_used(w, sa);
	if (!sa->udp || !sa->icv_bytes || !p->peer_port_be || !is_latest)
		return;
	if (!addr_equal(&sa->peer, &p->ip.saddr) ||
	    sa->peer_port_be != p->peer_port_be)
		tell_mapping(w, p);
}

static void finish(struct worker *w, struct packet *p,
		   const struct crypto_op *op)
{
	uint8_t *text = op->esp + ESP_HEADER_BYTES + p->sa->iv_bytes;
	const bool is_latest = p->seq > p->sa->replay.top;

	if (!op->ok)
		return packet_drop(p, op->failed ? DROP_CRYPTO : DROP_ICV);
	if (replay_commit(&p->sa->replay, p->seq))
		return packet_drop(p, DROP_REPLAY);
	note_origin(w, p, is_latest);
	unwrap(w, p, text, op->text_bytes);
}

/* What the SA has carried by these. */
static void count_run(struct worker *w, struct sa_rt *sa, struct packet **of,
		      uint32_t n)
{
	uint64_t bytes = 0;

	n = life_admit(w, of, n);
	for (uint32_t i = 0; i < n; i++)
		bytes += of[i]->bytes;
	sa_count_run(sa, n, bytes, w->now_ns);
	life_note(w, sa);
}

static void open_run(struct worker *w, struct packet *p, uint32_t n)
{
	struct crypto_op ops[BATCH_MAX];
	struct packet *of[BATCH_MAX];
	struct tap *tap = worker_tap(w);
	struct sa_rt *sa = p->sa;
	uint32_t m = 0, passed = 0;

	if (tap)
		tap_in(tap, w, p, n);
	sa_lock(sa);
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
	if (sa->kept)
		atomic_store_explicit(sa->kept->used, sa->replay.top,
				      memory_order_release);
	atomic_store_explicit(&sa->count.edge, sa->replay.top,
			      memory_order_relaxed);
	count_run(w, sa, of, passed);
	sa_unlock(sa);
	if (tap)
		tap_in_done(tap, w, p, n);
}

void esp_in(struct worker *w, struct batch *b)
{
	uint32_t end;

	for (uint32_t i = 0; i < b->n; i = end) {
		end = run_end(b, i);
		if (b->pkt[i].sa && b->pkt[i].state == PKT_CIPHER)
			open_run(w, &b->pkt[i], end - i);
	}
}
