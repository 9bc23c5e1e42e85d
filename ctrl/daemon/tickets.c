// SPDX-License-Identifier: BSD-2-Clause
/*
 * A ticket is, sealed with AES-256-GCM,
 *
 *     key's number (4) | IV: ticket's number (8) | state, SK_d | ICV (16)
 *
 * A key seals for a day, and opens for another one, for as long as its tickets
 * live; of each it is known which of its tickets were used. A ticket is used once it
 * has opened, whether or not its IKE SA comes up: the answer makes keys.
 */
#include "ctrl/daemon/tickets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/secret.h"
#include "ctrl/base/slice.h"
#include "ctrl/crypto/random.h"
#include "ctrl/crypto/sk.h"
#include "ctrl/ike/keys.h"

#define KEYS	   2U /* the one that seals, and the one before */
#define HEAD_BYTES 4U
#define IV_BYTES   8U
#define ICV_BYTES  16U
#define TEXT_MAX   (TICKET_MAX - HEAD_BYTES - IV_BYTES - ICV_BYTES)
#define USED_MIN   64U

struct key {
	struct sk_key *key; /* NULL: there is none */
	uint32_t number;
	uint32_t n_sealed;
	uint64_t since_ns;
	uint8_t *used; /* a bit each; owned */
	size_t used_bytes;
};

struct tickets {
	struct key keys[KEYS];
	unsigned int now; /* the one that seals */
	uint32_t number;  /* of the last key; begins anywhere: what another ctl
			     gave is not taken for ours */
	struct random_pool random;
};

struct tickets *tickets_new(void)
{
	struct tickets *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	random_init(&t->random);
	if (random_bytes(&t->random, &t->number, sizeof(t->number)))
		return t;
	free(t);
	return NULL;
}

static void key_fini(struct key *k)
{
	sk_key_free(k->key);
	free(k->used);
	*k = (struct key){ .key = NULL };
}

void tickets_revoke(struct tickets *t)
{
	for (unsigned int i = 0; i < KEYS; i++)
		key_fini(&t->keys[i]);
}

void tickets_free(struct tickets *t)
{
	if (t)
		tickets_revoke(t);
	free(t);
}

static bool is_older_than(const struct key *k, uint64_t s, uint64_t now_ns)
{
	return now_ns - k->since_ns >= s * NS_PER_S;
}

static struct sk_key *key_make(struct tickets *t)
{
	const struct encr_alg *encr = encr_by_id(ENCR_AES_GCM_16, 256);
	struct secret octets = { .len = encr_key_bytes(encr) };
	struct secret none = { .len = 0 };
	const struct crypto_key_spec spec = {
		.encr = encr,
		.integ = integ_by_id(INTEG_NONE),
		.encr_key = &octets,
		.integ_key = &none,
	};
	struct sk_key *key = NULL;

	if (!random_bytes(&t->random, octets.octets, octets.len) ||
	    sk_key_new(&spec, &key))
		key = NULL;
	secret_wipe(&octets);
	return key;
}

/* What the one before has sealed is too old then. */
static void renew(struct tickets *t, uint64_t now_ns)
{
	struct key *k = &t->keys[t->now], *next = &t->keys[!t->now];
	struct sk_key *key;

	if (k->key && !is_older_than(k, TICKET_LIFE_S, now_ns))
		return;
	key = key_make(t);
	if (!key)
		return;
	key_fini(next);
	next->key = key;
	next->number = ++t->number;
	next->since_ns = now_ns;
	t->now = !t->now;
}

static bool make_room(struct key *k)
{
	size_t bytes = k->used_bytes ? 2 * k->used_bytes : USED_MIN;
	uint8_t *used;

	if (k->n_sealed / 8 < k->used_bytes)
		return true;
	used = realloc(k->used, bytes);
	if (!used)
		return false;
	memset(used + k->used_bytes, 0, bytes - k->used_bytes);
	k->used = used;
	k->used_bytes = bytes;
	return true;
}

/* --- the text of a ticket */

static void put_id(struct builder *b, const struct identity *id)
{
	wr_u8(b, id->type);
	wr_u16(b, id->len);
	wr_bytes(b, id->octets, id->len);
}

static bool get_id(struct slice *s, struct identity *id)
{
	return rd_u8(s, &id->type) && rd_u16(s, &id->len) &&
	       id->len <= sizeof(id->octets) && rd_bytes(s, id->octets, id->len);
}

static void put_algs(struct builder *b, const struct ticket_state *s)
{
	wr_u16(b, s->prf);
	wr_u16(b, s->encr);
	wr_u16(b, s->encr_bits);
	wr_u16(b, s->integ);
	wr_u16(b, s->ke);
	for (unsigned int i = 0; i < IKE_ADDKES; i++)
		wr_u16(b, s->addke[i]);
	wr_u8(b, s->uses_ppk);
}

static bool get_algs(struct slice *s, struct ticket_state *out)
{
	bool ok = rd_u16(s, &out->prf) && rd_u16(s, &out->encr) &&
		  rd_u16(s, &out->encr_bits) && rd_u16(s, &out->integ) &&
		  rd_u16(s, &out->ke);

	for (unsigned int i = 0; ok && i < IKE_ADDKES; i++)
		ok = rd_u16(s, &out->addke[i]);
	return ok && rd_u8(s, &out->uses_ppk);
}

/* Times are this machine's: a ticket does not outlive it. */
static void put_state(struct builder *b, const struct ticket_request *q,
		      uint64_t end_ns, uint64_t auth_ns)
{
	const struct ticket_state *s = &q->state;

	wr_u64(b, end_ns);
	wr_u64(b, auth_ns);
	proven_put(b, &s->proven);
	put_algs(b, s);
	put_id(b, &s->local);
	put_id(b, &s->remote);
	wr_bytes(b, q->sk_d, q->sk_d_len);
}

static bool get_state(struct slice *s, struct ticket_state *out,
		      uint64_t *end_ns, uint64_t *auth_ns)
{
	return rd_u64(s, end_ns) && rd_u64(s, auth_ns) &&
	       proven_get(s, &out->proven) && get_algs(s, out) &&
	       get_id(s, &out->local) && get_id(s, &out->remote);
}

/* --- to seal */

/* Its key's number and its own, so that no two are alike. */
static uint64_t id_of(const struct key *k, uint64_t at)
{
	return (uint64_t)k->number * TICKETS_PER_KEY + at + 1;
}

/* Nobody may have its own ticket say what none can be read for. */
static bool is_whole(const struct proven *p)
{
	bool ok = p->n <= PROVEN_CERTS_MAX && p->by <= PROVEN_BY_PEER;

	for (size_t i = 0; ok && i < p->n; i++)
		ok = p->certs[i].len && p->certs[i].len <= CERT_SERIAL_MAX;
	return ok;
}

static bool may_be_sealed(const struct ticket_request *q)
{
	const struct prf_alg *prf = prf_by_id(q->state.prf);

	return prf && q->sk_d_len == prf->out_bytes &&
	       is_whole(&q->state.proven) &&
	       q->state.local.len <= sizeof(q->state.local.octets) &&
	       q->state.remote.len <= sizeof(q->state.remote.octets);
}

/* Not beyond the peer's authentication, nor the certificates by which it was. 0: it
 * is over. */
static uint32_t lifetime_of(const struct ticket_request *q, uint64_t now_ns)
{
	uint64_t until_ns = q->state.proven.until_ns, left_s;
	uint32_t auth_s = q->state.auth_s, s = TICKET_LIFE_S;

	if (auth_s && auth_s < s)
		s = auth_s;
	if (!until_ns)
		return s;
	left_s = until_ns > now_ns ? (until_ns - now_ns) / NS_PER_S : 0;
	return left_s < s ? (uint32_t)left_s : s;
}

static int seal(struct key *k, const struct ticket_request *q, uint64_t now_ns,
		struct ticket_answer *out)
{
	uint32_t lifetime_s = lifetime_of(q, now_ns);
	uint64_t end_ns = now_ns + lifetime_s * NS_PER_S;
	uint64_t auth_ns =
		q->state.auth_s ? now_ns + q->state.auth_s * NS_PER_S : 0;
	struct builder b = wr_init(out->ticket, TICKET_MAX - ICV_BYTES);
	struct sk_text text = { .message = out->ticket,
				.aad_bytes = HEAD_BYTES };

	if (!lifetime_s)
		return -EINVAL;
	out->id = id_of(k, k->n_sealed);
	wr_u32(&b, k->number);
	wr_u64(&b, k->n_sealed);
	put_state(&b, q, end_ns, auth_ns);
	if (!wr_ok(&b))
		return -EINVAL;
	text.text_bytes = b.len - HEAD_BYTES - IV_BYTES;
	k->n_sealed++;
	if (!sk_seal(k->key, &text))
		return -EIO;
	out->ticket_len = (uint16_t)(b.len + ICV_BYTES);
	out->lifetime_s = lifetime_s;
	return 0;
}

static int serve_seal(struct tickets *t, const struct ticket_request *q,
		      uint64_t now_ns, struct ticket_answer *out)
{
	struct key *k;

	if (!may_be_sealed(q))
		return -EINVAL;
	renew(t, now_ns);
	k = &t->keys[t->now];
	if (!k->key || k->n_sealed >= TICKETS_PER_KEY || !make_room(k))
		return -ENOSPC;
	return seal(k, q, now_ns, out);
}

/* --- to open */

static struct key *key_of(struct tickets *t, uint32_t number)
{
	for (unsigned int i = 0; i < KEYS; i++)
		if (t->keys[i].key && t->keys[i].number == number)
			return &t->keys[i];
	return NULL;
}

static bool is_used(const struct key *k, uint64_t at)
{
	return at >= k->n_sealed || (k->used[at / 8] & 1U << at % 8);
}

static void set_used(struct key *k, uint64_t at)
{
	k->used[at / 8] = (uint8_t)(k->used[at / 8] | 1U << at % 8);
}

static int make_skeyseed(const struct ticket_request *q, struct slice sk_d,
			 struct ticket_answer *out)
{
	const struct prf_alg *alg = prf_by_id(out->state.prf);

	if (!alg || sk_d.len != alg->out_bytes ||
	    !keys_resumption_seed(alg, sk_d, slice_of(q->ni, q->ni_len),
				  slice_of(q->nr, q->nr_len), out->skeyseed))
		return -EIO;
	out->skeyseed_len = alg->out_bytes;
	return 0;
}

static int take_text(const struct ticket_request *q, struct slice text,
		     uint64_t now_ns, struct ticket_answer *out)
{
	uint64_t end_ns, auth_ns;

	if (!get_state(&text, &out->state, &end_ns, &auth_ns))
		return -EIO;
	if (now_ns >= end_ns || (auth_ns && now_ns >= auth_ns))
		return -EKEYREJECTED;
	if (auth_ns)
		out->state.auth_s =
			(uint32_t)((auth_ns - now_ns + NS_PER_S - 1) / NS_PER_S);
	return make_skeyseed(q, text, out);
}

static int serve_open(struct tickets *t, const struct ticket_request *q,
		      uint64_t now_ns, struct ticket_answer *out)
{
	struct slice s = slice_of(q->ticket, q->ticket_len);
	uint8_t copy[TICKET_MAX];
	struct sk_text text = { .message = copy, .aad_bytes = HEAD_BYTES };
	uint32_t number;
	int err = -EKEYREJECTED;
	struct key *k;
	uint64_t at;

	if (q->ticket_len > TICKET_MAX || q->ni_len > TICKET_NONCE_MAX ||
	    q->nr_len > TICKET_NONCE_MAX)
		return -EINVAL;
	if (q->ticket_len < HEAD_BYTES + IV_BYTES + ICV_BYTES ||
	    !rd_u32(&s, &number) || !rd_u64(&s, &at))
		return -EKEYREJECTED;
	k = key_of(t, number);
	text.text_bytes = s.len - ICV_BYTES;
	memcpy(copy, q->ticket, q->ticket_len);
	if (k && sk_open(k->key, &text) && !is_used(k, at)) {
		set_used(k, at);
		out->id = id_of(k, at);
		err = take_text(q,
				slice_of(copy + HEAD_BYTES + IV_BYTES,
					 text.text_bytes),
				now_ns, out);
	}
	explicit_bzero(copy, sizeof(copy));
	return err;
}

/* --- to revoke */

static void serve_revoke(struct tickets *t, uint64_t id)
{
	struct key *k =
		id ? key_of(t, (uint32_t)((id - 1) / TICKETS_PER_KEY)) : NULL;
	uint64_t at = (id - 1) % TICKETS_PER_KEY;

	if (k && !is_used(k, at))
		set_used(k, at);
}

void tickets_serve(struct tickets *t, const struct ticket_request *q,
		   uint64_t now_ns, struct ticket_answer *out)
{
	memset(out, 0, sizeof(*out));
	out->token = q->token;
	if (q->op == TICKET_SEAL)
		out->err = serve_seal(t, q, now_ns, out);
	else if (q->op == TICKET_OPEN)
		out->err = serve_open(t, q, now_ns, out);
	else if (q->op == TICKET_REVOKE)
		serve_revoke(t, q->id);
	else
		out->err = -EINVAL;
}
