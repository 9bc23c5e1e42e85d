// SPDX-License-Identifier: BSD-2-Clause
/*
 * Outbound ESP (RFC 4303 section 3.3), on runs of one SA, and what AH does alike,
 * whose own part is in ah_out.c:
 * path MTU and MSS (pmtu.h, mss.h), then the run's sequence numbers in one step,
 * prepare (padding, IV), crypto, finish (outer header, counters). The packet grows
 * in its own frame, outer headers into the headroom, padding and ICV behind; from
 * another worker's frame, the cipher is what brings it there.
 *
 * In tunnel mode an inner packet of either family under an outer header of either
 * (outer.h), in transport mode behind the packet's own header (transport.h). Worker.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <string.h>
#include <unistd.h>

#include "ctrl/dp/ah.h"
#include "ctrl/dp/bundle.h"
#include "ctrl/dp/esp.h"
#include "ctrl/dp/handoff.h"
#include "ctrl/dp/large.h"
#include "ctrl/dp/life.h"
#include "ctrl/dp/mss.h"
#include "ctrl/dp/pmtu.h"
#include "ctrl/dp/quoted.h"
#include "ctrl/dp/stream.h"
#include "ctrl/dp/tap.h"
#include "ctrl/dp/transport.h"
#include "ctrl/dp/worker.h"
#include "include/proto.h"

#define SEQ_LAST_32  UINT32_MAX
#define HEAD_MAX     72U /* AH's with the longest ICV, ESP's with an IV behind it */
#define BEHIND_MAX   (15U + ESP_TRAILER_BYTES + 32U) /* a block's padding, ICV */
#define HEADROOM_MAX (NH_LINK_MAX + ETH_TYPE_BYTES + OUTER_MAX + HEAD_MAX)

/* Where the packet will stand: what is lent goes there close to its frame's front. */
static uint8_t *own_place(const struct worker *w, const struct packet *p)
{
	return p->lent ? umem_at(&w->umem, p->frame + FRAME_HEADROOM) : p->l3;
}

static bool has_room(const uint8_t *at, uint32_t bytes)
{
	uint32_t before = (uint32_t)((uintptr_t)at % FRAME_BYTES);

	return before >= HEADROOM_MAX && before + bytes <= FRAME_BYTES;
}

/* So near to neither end of its frame that it fits whatever its SA puts around it:
 * that is the rule. What is larger than a frame is asked by itself. */
static bool fits_by_far(const struct packet *p, uint32_t least)
{
	return !p->lent && !p->large &&
	       has_room(p->l3, esp_padded_bytes(p->bytes, least) + BEHIND_MAX +
				       p->sa->carrier_bytes);
}

/* From l3 on, but for what is put in front. */
static uint32_t sealed_bytes(const struct packet *p, uint32_t least)
{
	uint32_t front = transport_front(p);
	uint32_t inside = esp_padded_bytes(p->bytes, least) - front;

	return front + esp_text_bytes(p->sa, inside) + p->sa->icv_bytes +
	       p->sa->carrier_bytes;
}

/* Does the packet fit its frame once protected? And the lender's, where its text
 * is made, for which the ICV's octets may be read. */
static bool fits_frame(const struct worker *w, const struct packet *p,
		       uint32_t least)
{
	uint32_t bytes = sealed_bytes(p, least);

	return has_room(p->l3, bytes) &&
	       (!p->lent || has_room(own_place(w, p), bytes));
}

/* What is larger than a frame has it, if an IP header can say how long it is. */
static bool make_room(struct worker *w, struct packet *p, uint32_t least)
{
	uint32_t bytes = sealed_bytes(p, least);

	if (p->large)
		return esp_outer_bytes(p->sa, bytes - p->sa->icv_bytes) <=
			       UINT16_MAX &&
		       large_holds(w, p, bytes);
	packet_front(w, p);
	return fits_frame(w, p, least);
}

/* What is padded fits a frame. mtu: the largest inner packet. */
static uint32_t least_bytes(const struct sa_rt *sa, uint32_t mtu)
{
	uint32_t least = esp_least_bytes(sa, mtu), most;

	if (!least)
		return 0;
	most = pmtu_frame(sa, UINT16_MAX);
	return least < most ? least : most;
}

/* What keeps its numbers has to reserve more, and is told so once. */
static void ask_for_numbers(struct seq_kept *kept)
{
	const uint64_t one = 1;

	if (atomic_exchange(&kept->low, UINT64_MAX) == UINT64_MAX)
		return;
	if (write(kept->wake_fd, &one, sizeof(one)) < 0)
		return; /* its counter is at the top: it is awake */
}

static uint64_t kept_limit(const struct seq_kept *kept)
{
	return kept ? atomic_load_explicit(&kept->limit, memory_order_acquire)
		    : UINT64_MAX;
}

/*
 * How many of the run, from its front, have a number now; the others are dropped.
 * A packet that fails afterwards leaves its number unused.
 *
 * RFC 4303 section 3.3.3: the number never cycles.
 */
static uint32_t take_numbers(struct sa_rt *sa, struct packet **p, uint32_t n)
{
	uint64_t last = sa->esn ? UINT64_MAX : SEQ_LAST_32;
	uint64_t limit = kept_limit(sa->kept), after;
	uint32_t taken =
		sa_take_numbers(sa, n, limit < last ? limit : last, &after);

	for (uint32_t i = 0; i < taken; i++)
		p[i]->seq = after + i + 1;
	for (uint32_t i = taken; i < n; i++)
		packet_drop(p[i], limit < last ? DROP_SEQ_RESERVED
					       : DROP_SEQ_EXHAUSTED);
	if (taken < n && limit < last)
		ask_for_numbers(sa->kept);
	return taken;
}

/* The packet's octets with that padding. What stood in the frame is another peer's:
 * RFC 4303 section 2.7 leaves to us which octets there are. */
static uint32_t put_tfc_padding(const struct packet *p, uint32_t least)
{
	if (p->bytes >= least)
		return p->bytes;
	memset(p->l3 + p->bytes, 0, least - p->bytes);
	return least;
}

/* RFC 4303 sections 2.6 and 3.1.2; version 0: a dummy packet. */
static uint8_t next_header_of(uint8_t version)
{
	if (version == 4)
		return PROTO_IPIP;
	return version == 6 ? PROTO_IPV6 : PROTO_NONE;
}

/*
 * RFC 4303 section 2.4: 1, 2, 3, … then pad length and next header. As a rule it is
 * short, and behind it is room for as much again, where the ICV goes: by one store,
 * since how often a loop goes around is nothing that a CPU could foresee.
 */
static void put_trailer(uint8_t *end_of_inner, uint32_t pad_bytes,
			uint32_t icv_bytes, uint8_t next_header)
{
	static const uint8_t first[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	if (pad_bytes <= sizeof(first) && icv_bytes >= sizeof(first))
		memcpy(end_of_inner, first, sizeof(first));
	else
		for (uint32_t i = 0; i < pad_bytes; i++)
			end_of_inner[i] = (uint8_t)(i + 1);
	end_of_inner[pad_bytes] = (uint8_t)pad_bytes;
	end_of_inner[pad_bytes + 1] = next_header;
}

/* A counter never repeats; elsewhere RFC 3602 section 3: unpredictable. */
static bool put_iv(struct worker *w, const struct sa_rt *sa, uint64_t seq,
		   uint8_t *iv)
{
	const uint64_t counter_be = htobe64(seq);

	if (!sa->counter_mode)
		return random_bytes(&w->random, iv, sa->iv_bytes);
	assert(sa->iv_bytes == sizeof(counter_be));
	memcpy(iv, &counter_be, sizeof(counter_be));
	return true;
}

/*
 * Transport mode cuts what is sealed (RFC 4303 section 3.3.4), where that may be
 * cut; what has options is not told apart by how many.
 */
static bool fits_path(struct worker *w, struct packet *p, uint32_t mtu)
{
	if (p->sa->transport && mtu &&
	    p->ip.header_bytes > ip_least_bytes(p->ip.version))
		mtu -= p->sa->align_bytes - 1U;
	if (p->bytes <= mtu || (p->sa->transport && !(p->ip.fragment & IPV4_DF)))
		return true;
	return pmtu_cut(w, p, mtu);
}

/* mtu: the largest inner packet, least: what it is padded to. What passes is as large
 * as it will be, and may have a number. */
static bool admit(struct worker *w, struct packet *p, uint32_t mtu,
		  uint32_t least)
{
	enum drop_reason misfit = DROP_NONE;

	if (p->drop != DROP_NONE)
		return false;
	/* RFC 4301 section 5.1: the peer would not take what it did not agree to. */
	if (p->sa->narrow)
		misfit = quoted_judge(w, p, DIR_OUT);
	if (misfit != DROP_NONE) {
		if (!turn_to_other_sa(w, p))
			packet_drop(p, misfit);
		return false;
	}
	if (p->sa->transport && !transport_admits(p))
		return false;
	if (!fits_path(w, p, mtu))
		return false;
	if (mss_concerns(w, p))
		mss_clamp(p, mtu);
	if (fits_by_far(p, least) || fits_frame(w, p, least) ||
	    make_room(w, p, least))
		return true;
	packet_drop(p, DROP_TOO_BIG);
	return false;
}

static bool prepare(struct worker *w, const struct sa_rt *sa, struct packet *p,
		    uint32_t least, struct crypto_op *op)
{
	uint32_t front = transport_front(p);
	uint32_t inside = put_tfc_padding(p, least) - front;
	uint32_t text = esp_text_bytes(sa, inside), seq_be;
	uint8_t *from = p->l3 + front;
	uint8_t *esp = own_place(w, p) + front - sa->iv_bytes - ESP_HEADER_BYTES;
	uint8_t next_header = next_header_of(p->ip.version);

	if (p->routed)
		ip_hop(p->l3);
	if (sa->transport)
		next_header = transport_put(p, esp,
					    front + esp_outer_bytes(sa, text));
	if (!put_iv(w, sa, p->seq, esp + ESP_HEADER_BYTES)) {
		packet_drop(p, DROP_CRYPTO);
		return false;
	}
	put_trailer(from + inside, text - inside - ESP_TRAILER_BYTES,
		    sa->icv_bytes, next_header);
	seq_be = htonl((uint32_t)p->seq);
	memcpy(esp, &sa->spi_be, 4);
	memcpy(esp + 4, &seq_be, 4);
	*op = (struct crypto_op){
		.esp = esp,
		.from = p->lent ? from : NULL,
		.text_bytes = text,
		.seq_hi = (uint32_t)(p->seq >> 32),
	};
	return true;
}

/* Its header was put before, and its ends are those of the SA. */
static void finish_transport(struct packet *p, const struct crypto_op *op)
{
	p->bytes += (uint32_t)(op->esp - p->l3) - esp_before_bytes(p->sa);
	transport_finish(p, op->esp);
	p->state = PKT_SEALED;
}

/* Of its header, only its ends and whether it may be cut are asked for. */
static void finish(struct packet *p, const struct crypto_op *op)
{
	const struct sa_rt *sa = p->sa;
	const struct outer *outer = sa_outer(sa);

	p->lent = false;
	if (sa->transport) {
		p->bytes = esp_outer_bytes(sa, op->text_bytes);
		return finish_transport(p, op);
	}
	p->bytes =
		outer->bytes + sa->head_bytes + op->text_bytes + sa->tail_bytes;
	p->l3 = op->esp - outer->bytes;
	outer_put(outer, op->esp, p->bytes, &p->ip, (uint16_t)p->seq);
	p->ip.saddr = *sa_saddr(sa);
	p->ip.daddr = *sa_daddr(sa);
	p->stream = outer_stream(outer);
	p->state = p->stream ? PKT_STREAM : PKT_SEALED;
}

/* Another worker may be further than we, and have said so. */
static void note_numbers(struct seq_kept *kept, uint64_t seq)
{
	uint64_t used = atomic_load_explicit(kept->used, memory_order_relaxed);

	while (used < seq &&
	       !atomic_compare_exchange_weak_explicit(kept->used, &used, seq,
						      memory_order_release,
						      memory_order_relaxed))
		;
	if (seq > atomic_load_explicit(&kept->low, memory_order_relaxed))
		ask_for_numbers(kept);
}

static uint32_t admit_run(struct worker *w, struct packet *p, uint32_t n,
			  uint32_t mtu, struct packet **of)
{
	uint32_t least = least_bytes(p->sa, mtu), m = 0;

	for (uint32_t i = 0; i < n; i++)
		if (admit(w, &p[i], mtu, least))
			of[m++] = &p[i];
	return m;
}

static uint32_t prepare_run(struct worker *w, const struct sa_rt *sa,
			    struct packet **of, uint32_t n, uint32_t least,
			    struct crypto_op *ops)
{
	uint32_t m = 0;

	for (uint32_t i = 0; i < n; i++)
		if (prepare(w, sa, of[i], least, &ops[m]))
			of[m++] = of[i];
	return m;
}

static void finish_run(struct worker *w, struct packet **of, uint32_t n,
		       const struct crypto_op *ops)
{
	uint64_t pkts = 0, bytes = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!ops[i].ok) {
			packet_drop(of[i], DROP_CRYPTO);
			continue;
		}
		pkts++;
		bytes += of[i]->bytes;
		finish(of[i], &ops[i]);
	}
	if (of[0]->ip.version) /* dummies come by themselves */
		sa_count_run(of[0]->sa, pkts, bytes, w->now_ns);
}

/* How many, from the front of `of`, have been through the crypto. */
static uint32_t seal_esp(struct worker *w, struct sa_rt *sa, struct packet **of,
			 uint32_t n, uint32_t least)
{
	struct crypto_op ops[BATCH_MAX];

	n = prepare_run(w, sa, of, n, least, ops);
	sa->backend->seal(w->crypto, sa_key(sa, w->index), ops, n);
	if (n)
		finish_run(w, of, n, ops);
	return n;
}

/* They have their numbers. Returns as seal_esp(). */
static uint32_t seal(struct worker *w, struct sa_rt *sa, struct packet **of,
		     uint32_t n, uint32_t least)
{
	uint64_t last = of[n - 1]->seq;
	struct tap *tap = worker_tap(w);

	n = sa->ah ? ah_seal(w, of, n) : seal_esp(w, sa, of, n, least);
	if (tap)
		tap_out(tap, w, of, n, CAPTURE_CIPHER);
	if (sa->kept)
		note_numbers(sa->kept, last);
	return n;
}

/* clear: who wants copies of them as they are; NULL: nobody. Returns likewise. */
static uint32_t protect(struct worker *w, struct packet **of, uint32_t n,
			uint32_t least, struct tap *clear)
{
	struct sa_rt *sa = of[0]->sa;
	uint32_t m = take_numbers(sa, of, life_admit(w, of, n));

	if (m && clear)
		tap_out(clear, w, of, m, CAPTURE_CLEAR);
	if (m)
		m = seal(w, sa, of, m, least);
	life_note(w, sa);
	return m;
}

/* In a bundle: what ESP has sealed is AH's. */
static void carry(struct worker *w, struct packet **of, uint32_t n)
{
	uint32_t m = bundle_carry(w, of, n);

	if (m)
		protect(w, of, m, 0, NULL);
}

void esp_seal(struct worker *w, struct packet **of, uint32_t n, uint32_t mtu)
{
	const struct sa_rt *sa = of[0]->sa;
	uint32_t m = protect(w, of, n, least_bytes(sa, mtu), worker_tap(w));

	if (__builtin_expect(sa->carrier_bytes, 0))
		carry(w, of, m);
}

static void seal_run(struct worker *w, struct packet *p, uint32_t n,
		     uint32_t mtu)
{
	struct packet *of[BATCH_MAX];
	uint32_t m = admit_run(w, p, n, mtu, of);

	if (m)
		esp_seal(w, of, m, mtu);
}

/* Its way is the host's to find. */
static void out_run_of_stream(struct worker *w, struct packet *p, uint32_t n)
{
	if (stream_is_there(w, p->sa))
		return seal_run(w, p, n, pmtu_inner(p->sa, STREAM_PATH_MTU));
	for (uint32_t i = 0; i < n; i++)
		packet_drop(&p[i], DROP_STREAM_GONE);
}

/* Nothing is encrypted before the way to the peer is known. */
static void out_run(struct worker *w, struct packet *p, uint32_t n)
{
	const struct nexthop *nh;

	if (__builtin_expect(sa_stream(p->sa), 0))
		return out_run_of_stream(w, p, n);
	nh = nexthop_lookup_ours(&w->nexthops, sa_daddr(p->sa), sa_saddr(p->sa),
				 w->now_ns);
	if (nh->kind == NH_PORT)
		return seal_run(w, p, n, pmtu_inner(p->sa, nh->mtu));
	for (uint32_t i = 0; i < n; i++) {
		if (p[i].drop != DROP_NONE)
			continue;
		if (nh->kind == NH_PENDING)
			hold_packet(w, &p[i]);
		else
			packet_drop(&p[i], nh->kind == NH_NONE ? nh->drop
							       : DROP_NO_ROUTE);
	}
}

/* What goes by another SA of its policy may be this worker's, or a third one's. */
static bool turns(struct worker *w, struct packet *p)
{
	return p->sa->narrow && quoted_judge(w, p, DIR_OUT) != DROP_NONE &&
	       turn_to_other_sa(w, p);
}

/* Its numbers, its IVs and its key are one worker's, unless it is spread. */
static void hand_over(struct worker *w, struct packet *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i].drop == DROP_NONE && !turns(w, &p[i]))
			handoff_give(w, sa_owner(p[i].sa), &p[i]);
}

/* What is for the first of them is for all, where they take the same. */
static void take_own_sas(struct worker *w, struct packet *p, uint32_t n)
{
	const struct packet *of = NULL;

	for (uint32_t i = 0; i < n; i++) {
		if (p[i].drop != DROP_NONE)
			continue;
		if (of && !of->sa->narrow && of->policy_id == p[i].policy_id &&
		    of->policy_gen == p[i].policy_gen)
			p[i].sa = of->sa;
		else
			take_own_sa(w, &p[i]);
		of = &p[i];
	}
}

/* RFC 9611: by this worker's SA, or as a worker that has none, by the fall-back's
 * owner. */
static void out_of_cpus(struct worker *w, struct packet *p, uint32_t n)
{
	uint32_t m;

	take_own_sas(w, p, n);
	for (uint32_t i = 0; i < n; i += m) {
		for (m = 1; i + m < n && p[i + m].sa == p[i].sa; m++)
			;
		if (sa_owner(p[i].sa) == w->index)
			out_run(w, &p[i], m);
		else
			hand_over(w, &p[i], m);
	}
}

static void not_our_run(struct worker *w, struct packet *p, uint32_t n)
{
	if (p->sa->of_cpus)
		out_of_cpus(w, p, n);
	else
		hand_over(w, p, n);
}

static void unbound_run(struct worker *w, struct packet *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i].drop == DROP_NONE)
			hold_for_sa(w, &p[i]);
}

static void out_runs(struct worker *w, struct batch *b)
{
	uint32_t end;

	for (uint32_t i = 0; i < b->n; i = end) {
		end = run_end(b, i);
		if (b->pkt[i].state != PKT_CLEAR)
			continue;
		if (b->pkt[i].sa && !sa_is_of(b->pkt[i].sa, w->index))
			not_our_run(w, &b->pkt[i], end - i);
		else if (b->pkt[i].sa)
			out_run(w, &b->pkt[i], end - i);
		else
			unbound_run(w, &b->pkt[i], end - i);
	}
}

void esp_out(struct worker *w, struct batch *b)
{
	out_runs(w, b);
	if (!__builtin_expect(w->turned, 0))
		return;
	w->turned_before = true;
	out_runs(w, b);
	w->turned = w->turned_before = false;
}
