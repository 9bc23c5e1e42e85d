// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/dp/reassemble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/dp/handoff.h"
#include "ctrl/dp/large.h"
#include "ctrl/dp/worker.h"
#include "include/proto.h"

#define SHARE	     8U /* of the frames, at most this part */
#define SENDER_SHARE 4U /* of that, at most this part is of one sender's */

#define KEY_WORDS (sizeof(struct datagram_key) / sizeof(uint64_t))

int reassembly_init(struct reassembly *r, uint32_t frames)
{
	uint32_t max = frames / SHARE;

	*r = (struct reassembly){ .frames_max = max };
	r->sender_max = max / SENDER_SHARE > CHUNKS_MAX ? max / SENDER_SHARE
							: CHUNKS_MAX;
	r->at = calloc(max ? max : 1, sizeof(*r->at));
	if (!r->at)
		return -ENOMEM;
	TAILQ_INIT(&r->free);
	TAILQ_INIT(&r->ready);
	TAILQ_INIT(&r->by_age[0]);
	TAILQ_INIT(&r->by_age[1]);
	for (uint32_t i = 0; i < SENDER_BUCKETS; i++)
		TAILQ_INIT(&r->senders[i].all);
	for (uint32_t i = 0; i < max; i++)
		TAILQ_INSERT_TAIL(&r->free, &r->at[i], by_age);
	return 0;
}

void reassembly_fini(struct reassembly *r)
{
	free(r->at);
	*r = (struct reassembly){ 0 };
}

/* --- which one --- */

/* Under a number of this start, the same for all workers: nobody outside knows who
 * has which bucket. */
static uint64_t mix(const struct worker *w, uint64_t sum, uint64_t word)
{
	sum = (sum ^ word ^ w->head_token) * 0x9e3779b97f4a7c15ULL;
	return sum ^ sum >> 29;
}

static uint64_t key_hash(const struct worker *w, const struct datagram_key *k)
{
	uint64_t word[KEY_WORDS], sum = 0;

	memcpy(word, k, sizeof(word));
	for (uint32_t i = 0; i < KEY_WORDS; i++)
		sum = mix(w, sum, word[i]);
	return sum;
}

static struct sender *sender_of(struct worker *w, const struct addr *a)
{
	const struct addr_halves h = addr_halves(a);
	uint64_t sum = mix(w, 0, addr_is_v4(a) ? h.lo : h.hi);

	return &w->reassembly.senders[(sum >> 32) % SENDER_BUCKETS];
}

static struct datagram_bucket *bucket_of(struct worker *w,
					 const struct datagram_key *k)
{
	uint64_t hash = key_hash(w, k);

	return &w->reassembly.by_key[(hash >> 32) % DATAGRAM_BUCKETS];
}

static struct datagrams *family_of(struct worker *w, const struct datagram *d)
{
	return &w->reassembly.by_age[d->key.version == 6];
}

static struct datagram *find(struct worker *w, const struct datagram_key *k)
{
	struct datagram *d;

	LIST_FOREACH(d, bucket_of(w, k), by_key)
	if (memcmp(&d->key, k, sizeof(*k)) == 0)
		return d;
	return NULL;
}

/* --- what it takes --- */

static void frames_free(struct worker *w, struct datagram *d)
{
	for (uint32_t i = 0; i < CHUNKS_MAX; i++)
		if (d->chunks & 1U << i)
			frame_put(&w->umem, d->frame[i]);
	w->reassembly.frames -= d->n_frames;
	d->sender->frames -= d->n_frames;
	d->chunks = 0;
	d->n_frames = 0;
}

/* Nobody finds it any more. */
static void unlist(struct worker *w, struct datagram *d)
{
	LIST_REMOVE(d, by_key);
	TAILQ_REMOVE(family_of(w, d), d, by_age);
	TAILQ_REMOVE(&d->sender->all, d, of_sender);
	d->sender->n--;
}

static void forget(struct worker *w, struct datagram *d)
{
	unlist(w, d);
	frames_free(w, d);
	TAILQ_INSERT_HEAD(&w->reassembly.free, d, by_age);
}

/* All that is there of it. */
static void count_pieces(struct worker *w, struct datagram *d,
			 struct counter *where, uint32_t n)
{
	where->pkts += n;
	where->bytes += d->bytes;
	w->reassembly.pieces -= d->pieces.n;
	d->pieces.n = 0;
	d->bytes = 0;
}

static void give_up(struct worker *w, struct datagram *d,
		    enum drop_reason reason)
{
	count_pieces(w, d, &w->drops[reason], d->pieces.n);
	forget(w, d);
}

/* What is still to come of it finds it refused (RFC 8200 section 4.5). */
static void refuse(struct worker *w, struct datagram *d, enum drop_reason reason)
{
	count_pieces(w, d, &w->drops[reason], d->pieces.n);
	frames_free(w, d);
	d->refused = reason;
}

/* The oldest of all but this one makes room; false: there is no other. */
static bool evict(struct worker *w, const struct datagram *but)
{
	struct datagram *oldest = NULL;

	for (uint32_t i = 0; i < 2; i++) {
		struct datagram *d = TAILQ_FIRST(&w->reassembly.by_age[i]);

		if (d == but && d)
			d = TAILQ_NEXT(d, by_age);
		if (d && (!oldest || d->begun_ns < oldest->begun_ns))
			oldest = d;
	}
	if (oldest)
		give_up(w, oldest, DROP_FRAGMENT_FULL);
	return oldest;
}

static bool evict_of(struct worker *w, struct sender *s,
		     const struct datagram *but)
{
	struct datagram *oldest = TAILQ_FIRST(&s->all);

	if (oldest && oldest == but)
		oldest = TAILQ_NEXT(oldest, of_sender);
	if (oldest)
		give_up(w, oldest, DROP_FRAGMENT_FULL);
	return oldest;
}

/* NULL: there is no memory for any. */
static struct datagram *begin(struct worker *w, const struct datagram_key *k)
{
	const uint64_t life =
		(k->version == 4 ? FRAGMENT_V4_S : FRAGMENT_V6_S) * NS_PER_S;
	struct reassembly *r = &w->reassembly;
	struct sender *s = sender_of(w, &k->saddr);
	struct datagram *d;

	if (s->n >= r->sender_max)
		evict_of(w, s, NULL);
	if (TAILQ_EMPTY(&r->free) && !evict(w, NULL))
		return NULL;
	d = TAILQ_FIRST(&r->free);
	TAILQ_REMOVE(&r->free, d, by_age);
	*d = (struct datagram){
		.key = *k,
		.sender = s,
		.begun_ns = w->now_ns,
		.deadline_ns = w->now_ns + life,
	};
	LIST_INSERT_HEAD(bucket_of(w, k), d, by_key);
	TAILQ_INSERT_TAIL(family_of(w, d), d, by_age);
	TAILQ_INSERT_TAIL(&s->all, d, of_sender);
	s->n++;
	return d;
}

/* One frame more, if need be in the place of others'. */
static bool take_frame(struct worker *w, struct datagram *d, uint32_t chunk)
{
	struct reassembly *r = &w->reassembly;

	while (d->sender->frames >= r->sender_max)
		if (!evict_of(w, d->sender, d))
			return false;
	while (r->frames >= r->frames_max || !w->umem.free_count)
		if (!evict(w, d))
			return false;
	if (!frame_get(&w->umem, &d->frame[chunk]))
		return false;
	d->chunks |= 1U << chunk;
	d->n_frames++;
	d->sender->frames++;
	r->frames++;
	return true;
}

static uint8_t *chunk_at(const struct worker *w, const struct datagram *d,
			 uint32_t chunk)
{
	return umem_at(&w->umem, d->frame[chunk] + FRAME_HEADROOM);
}

/* The octets of a payload, from `from` on, where they belong. */
static bool store(struct worker *w, struct datagram *d, uint32_t from,
		  const uint8_t *octets, uint32_t bytes)
{
	while (bytes) {
		uint32_t chunk = from / CHUNK_BYTES, at = from % CHUNK_BYTES;
		uint32_t n = CHUNK_BYTES - at < bytes ? CHUNK_BYTES - at : bytes;

		if (!(d->chunks & 1U << chunk) && !take_frame(w, d, chunk))
			return false;
		memcpy(chunk_at(w, d, chunk) + at, octets, n);
		octets += n;
		from += n;
		bytes -= n;
	}
	return true;
}

/* --- whole --- */

/* RFC 3168 section 5.3: congestion that a fragment met is the packet's, if all of
 * them could have said so. */
static void take_ecn(const struct datagram *d, struct packet *p)
{
	if (!(d->ecn & 1U << ECN_CE))
		return;
	if (d->ecn & 1U << ECN_NOT_ECT)
		return packet_drop(p, DROP_ECN);
	p->ip.tos |= ECN_CE;
	ip_set_tos(p->l3, p->ip.tos);
}

/* A packet like any other that comes in, at l3. */
static void become(struct worker *w, const struct datagram *d, struct packet *p,
		   uint8_t *l3)
{
	p->l3 = l3;
	p->bytes = d->header_bytes + d->pieces.end;
	p->state = d->plain ? PKT_PLAIN : PKT_CIPHER;
	p->sa = d->plain ? NULL : sad_get(w->sad, d->sa);
	if (!ip_parse(slice_of(l3, p->bytes), &p->ip))
		return packet_drop(p, DROP_IP_MALFORMED);
	take_ecn(d, p);
	if (!d->plain && (!p->sa || p->sa->dir != DIR_IN)) {
		p->sa = NULL;
		packet_drop(p, DROP_SA_GONE);
	}
}

/* The first of its frames is the packet's now; it is nobody's any more. */
static void release(struct worker *w, struct datagram *d, struct packet *p)
{
	struct reassembly *r = &w->reassembly;

	p->frame = d->frame[0];
	d->chunks &= ~1U;
	d->n_frames--;
	d->sender->frames--;
	r->frames--;
	frames_free(w, d);
	count_pieces(w, d, &w->passes[PASS_WORKER_WHOLE], d->pieces.n - 1);
	TAILQ_INSERT_HEAD(&r->free, d, by_age);
}

static void gone(struct worker *w, struct packet *p)
{
	frame_put(&w->umem, p->frame);
	p->state = PKT_GONE;
}

/* p is the last one of its fragments, and has its place there. */
static void complete(struct worker *w, struct datagram *d, struct packet *p)
{
	uint8_t *l3 = chunk_at(w, d, 0) - d->header_bytes;

	gone(w, p);
	if (!fragment_header_end(l3, d->header_bytes, d->pieces.end))
		return refuse(w, d, DROP_FRAGMENT_WRONG);
	unlist(w, d);
	if (d->n_frames > 1) {
		TAILQ_INSERT_TAIL(&w->reassembly.ready, d, by_age);
		return;
	}
	p->large = false; /* the last fragment may have been */
	become(w, d, p, l3);
	release(w, d, p);
}

static uint8_t *gather(const struct worker *w, const struct datagram *d)
{
	uint8_t *payload = large_place(w);
	uint32_t headers = d->header_bytes, left = d->pieces.end;

	memcpy(payload - headers, chunk_at(w, d, 0) - headers, headers);
	for (uint32_t i = 0; left; i++) {
		uint32_t n = left < CHUNK_BYTES ? left : CHUNK_BYTES;

		memcpy(payload + i * CHUNK_BYTES, chunk_at(w, d, i), n);
		left -= n;
	}
	return payload - headers;
}

bool reassemble_large(struct worker *w, struct batch *b)
{
	struct datagram *d = TAILQ_FIRST(&w->reassembly.ready);
	struct packet *p = &b->pkt[0];

	if (!d)
		return false;
	TAILQ_REMOVE(&w->reassembly.ready, d, by_age);
	*p = (struct packet){ .routed = true, .large = true };
	become(w, d, p, gather(w, d));
	release(w, d, p);
	b->n = 1;
	return true;
}

/* --- one more --- */

static bool put(struct worker *w, struct datagram *d, const struct packet *p,
		const struct fragment *f)
{
	d->ecn |= (uint8_t)(1U << (p->ip.tos & ECN_MASK));
	if (!store(w, d, f->from, p->l3 + f->payload_at, f->bytes))
		return false;
	if (f->from)
		return true;
	fragment_header(chunk_at(w, d, 0) - f->header_bytes, p->l3, f);
	d->header_bytes = f->header_bytes;
	d->sa = p->sa ? p->sa->ref : (struct sa_ref){ 0 };
	d->plain = p->plain;
	return true;
}

/* Its octets go where they belong, its frame is free. */
static void take(struct worker *w, struct datagram *d, struct packet *p,
		 const struct fragment *f, bool whole)
{
	w->reassembly.pieces++;
	d->bytes += p->bytes;
	if (!put(w, d, p, f)) {
		refuse(w, d, DROP_FRAGMENT_FULL);
		return gone(w, p);
	}
	if (whole)
		complete(w, d, p);
	else
		gone(w, p);
}

static void refuse_all(struct worker *w, struct datagram *d, struct packet *p,
		       enum drop_reason reason)
{
	packet_drop(p, reason);
	refuse(w, d, reason);
}

static void add(struct worker *w, struct datagram *d, struct packet *p,
		const struct fragment *f)
{
	enum piece_fate fate =
		pieces_add(&d->pieces, f->from, f->bytes, f->more);

	switch (fate) {
	case PIECE_TAKEN:
	case PIECE_WHOLE:
		return take(w, d, p, f, fate == PIECE_WHOLE);
	case PIECE_DUPLICATE:
		return packet_drop(p, DROP_FRAGMENT_DUPLICATE);
	case PIECE_OVERLAP:
		return refuse_all(w, d, p, DROP_FRAGMENT_OVERLAP);
	case PIECE_MANY:
		return refuse_all(w, d, p, DROP_FRAGMENT_FULL);
	case PIECE_WRONG:
		break;
	}
	packet_drop(p, DROP_FRAGMENT_WRONG);
	if (!d->pieces.n)
		forget(w, d);
}

static void take_mine(struct worker *w, struct packet *p,
		      const struct datagram_key *k, const struct fragment *f)
{
	struct datagram *d = find(w, k);

	if (!d)
		d = begin(w, k);
	if (!d)
		return packet_drop(p, DROP_FRAGMENT_FULL);
	if (d->refused != DROP_NONE)
		return packet_drop(p, d->refused);
	add(w, d, p, f);
}

static void reassemble_one(struct worker *w, struct packet *p)
{
	struct datagram_key k = {
		.saddr = p->ip.saddr,
		.daddr = p->ip.daddr,
		.version = p->ip.version,
		.protocol = p->ip.protocol,
	};
	struct fragment f;
	uint32_t owner;

	if (!fragment_parse(p->l3, &p->ip, &f))
		return packet_drop(p, DROP_IPSEC_FRAGMENT);
	if (f.header_bytes > HEADERS_ROOM)
		return packet_drop(p, DROP_FRAGMENT_WRONG);
	k.id = f.id;
	owner = w->n_workers > 1 ? (uint32_t)key_hash(w, &k) % w->n_workers
				 : w->index;
	if (owner != w->index)
		return handoff_give(w, owner, p);
	take_mine(w, p, &k, &f);
}

void reassemble(struct worker *w, struct batch *b)
{
	struct packet *end = b->pkt + b->n;

	for (struct packet *p = b->pkt; p < end; p++)
		if (p->state == PKT_FRAGMENT && p->drop == DROP_NONE)
			reassemble_one(w, p);
}

void reassembly_expire(struct worker *w)
{
	struct datagram *d;

	for (uint32_t i = 0; i < 2; i++)
		while ((d = TAILQ_FIRST(&w->reassembly.by_age[i])) &&
		       w->now_ns >= d->deadline_ns)
			give_up(w, d, DROP_FRAGMENT_TIMEOUT);
}
