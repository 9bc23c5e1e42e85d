// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/proof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/intermediate.h"
#include "ctrl/ike/ppk.h"
#include "ctrl/ike/resume.h"
#include "ctrl/ike/rounds.h"

struct proof *proof_of(struct ike_sa *sa)
{
	if (sa->proof || !sa->e->creds)
		return sa->proof;
	sa->proof = calloc(1, sizeof(*sa->proof));
	if (sa->proof)
		sa->proof->creds = creds_ref(sa->e->creds);
	return sa->proof;
}

void proof_free(struct ike_sa *sa)
{
	if (!sa->proof)
		return;
	verify_job_free(sa->proof->job);
	creds_unref(sa->proof->creds);
	free(sa->proof->asked);
	free(sa->proof);
	sa->proof = NULL;
}

/* --- by what */

bool proof_we_sign(const struct ike_sa *sa)
{
	return !sa->by_ticket && sa->conn &&
	       rounds_auth(sa, CONN_LOCAL)->by == AUTH_BY_PUBKEY;
}

static bool peer_is_to_sign(const struct ike_sa *sa)
{
	return !sa->by_ticket && sa->conn &&
	       rounds_auth(sa, CONN_REMOTE)->by == AUTH_BY_PUBKEY;
}

static const char *other_method(const struct ike_sa *sa)
{
	if (peer_is_to_sign(sa))
		return "the peer authenticates by a pre-shared key, and not by a certificate or a public key, as 'auth = pubkey' of its section remote wants";
	return sa->initiator
		       ? "the peer does not authenticate by a pre-shared key, as 'auth = psk' of its side wants"
		       : "the peer does not authenticate by a pre-shared key";
}

/* There is nothing to judge it by. */
static const char *no_creds(const struct ike_sa *sa)
{
	if (!peer_is_to_sign(sa))
		return other_method(sa);
	return "the peer authenticates by a signature, and neither CA nor certificate is loaded to judge it by: load the peer's CA";
}

static bool is_signature(uint8_t method)
{
	return method == IKE_AUTH_SIGNATURE || sign_by_method(method);
}

/*
 * A peer that comes to us is told of nothing but the outcome: whatever its proof is,
 * it is checked first.
 */
const char *proof_take(struct ike_sa *sa, const struct ike_payloads *p,
		       const struct ike_auth *auth)
{
	bool signs = auth->method != IKE_AUTH_PSK;
	bool is_other = signs != peer_is_to_sign(sa);

	if (signs && sa->by_ticket)
		return other_method(sa);
	if (is_other && sa->initiator)
		return other_method(sa);
	if (!signs)
		return NULL;
	if (!is_signature(auth->method))
		return "the peer authenticates by a method that is not known here";
	if (!proof_of(sa))
		return sa->e->creds ? "out of memory" : no_creds(sa);
	sa->proof->peer_signs = true;
	sa->proof->job = verify_job_new(p);
	if (!sa->proof->job)
		return "out of memory";
	sa->proof->job->method = auth->method;
	return NULL;
}

void proof_note(struct ike_sa *sa, const struct verify_job *job)
{
	if (sa->proof && job->wants.unknown.text[0])
		sa->proof->unknown = job->wants.unknown;
}

void proof_next(struct ike_sa *sa)
{
	struct proof *proof = sa->proof;

	if (!proof)
		return;
	proof->own = NULL;
	proof->scheme = NULL;
	proof->has_alg = proof->peer_signs = false;
	proof->fetch_until_ns = 0;
}

const char *proof_not_so(const struct ike_sa *sa)
{
	bool signs = sa->proof && sa->proof->peer_signs;

	return signs == peer_is_to_sign(sa) ? NULL : other_method(sa);
}

/* --- what is proved */

static uint16_t put(uint8_t *out, size_t room, struct slice s)
{
	if (s.len > room)
		return 0; /* the parser's bounds are smaller */
	memcpy(out, s.ptr, s.len);
	return (uint16_t)s.len;
}

static uint16_t put_id_body(uint8_t *out, size_t room,
			    const struct identity *id, const uint8_t reserved[3])
{
	struct builder b = wr_init(out, room);

	wr_u8(&b, id->type);
	wr_bytes(&b, reserved, 3);
	wr_bytes(&b, id->octets, id->len);
	return wr_ok(&b) ? (uint16_t)b.len : 0;
}

/* Who proves is one side, what it proves is of both: section 2.15. */
static void put_signed(const struct ike_sa *sa, bool initiators,
		       const uint8_t *sk_p, struct keystore_request *q)
{
	const struct octets *first = initiators ? &sa->first_i : &sa->first_r;
	const struct nonce *n = initiators ? &sa->nr : &sa->ni;

	q->prf = (uint16_t)sa->keys.prf->id;
	q->message_len = put(q->message, sizeof(q->message),
			     slice_of(first->ptr, first->len));
	q->int_auth_len = (uint16_t)intermediate_auth(sa, q->int_auth);
	q->nonce_len = put(q->nonce, sizeof(q->nonce), nonce_slice(n));
	memcpy(q->sk_p, sk_p, sa->keys.prf->out_bytes);
}

/* The question, but for what is asked. */
static void begin(struct ike_sa *sa, enum exchange_step step,
		  struct keystore_request *q)
{
	static const uint8_t zeros[3];
	bool make = step != STEP_AUTH_CHECK, initiators = make == sa->initiator;

	q->local = sa->local_id;
	q->remote = sa->peer_id;
	put_signed(sa, initiators,
		   initiators ? ppk_sk_pi(sa, step) : sa->keys.sk_pr, q);
	q->id_len = put_id_body(q->id_body, sizeof(q->id_body),
				make ? &q->local : &q->remote,
				make ? zeros : sa->peer_id_reserved);
}

static void ask(struct ike_sa *sa, struct exchange *x,
		const struct keystore_request *q)
{
	if (sa->by_ticket)
		resume_auth(sa, x, q);
	else
		sa->e->calls.keystore(sa->e->calls.ctx, q);
}

/* message | nonce | prf(SK_p, ID') [| IntAuth] */
static bool fill(struct verify_job *job, const struct keystore_request *q,
		 struct slice theirs)
{
	const struct prf_alg *alg = prf_by_id(q->prf);
	const struct slice id = slice_of(q->id_body, q->id_len);
	uint8_t maced_id[PRF_MAX_BYTES];
	const struct slice parts[] = {
		slice_of(q->message, q->message_len),
		slice_of(q->nonce, q->nonce_len),
		slice_of(maced_id, alg->out_bytes),
		slice_of(q->int_auth, q->int_auth_len),
	};

	return prf(alg, slice_of(q->sk_p, alg->out_bytes), &id, 1, maced_id) &&
	       verify_job_fill(job, theirs, parts, 4);
}

/* Nothing is fetched for whom no connection is for. */
static bool let_want(const struct ike_sa *sa, struct status_wants *w)
{
	const struct engine_calls *calls = &sa->e->calls;

	if (!sa->conn || !calls->want)
		return true;
	w->kept = statuses_ref(sa->e->statuses);
	return calls->random(calls->ctx, w->nonce, sizeof(w->nonce));
}

/* Without a connection it is judged by no demands at all, and refused then. */
static void verify(struct ike_sa *sa, struct exchange *x,
		   const struct keystore_request *q, struct slice theirs)
{
	struct verify_job *job = sa->proof->job;

	sa->proof->job = NULL;
	if (!fill(job, q, theirs) || !let_want(sa, &job->wants)) {
		verify_job_free(job);
		sa_close(sa, "out of memory");
		return;
	}
	job->token = token_new(sa, x, STEP_AUTH_CHECK);
	job->creds = creds_ref(sa->proof->creds);
	job->cache = cert_cache_ref(sa->e->certs);
	job->id = sa->peer_id;
	job->fetches_certs = sa->e->options.hash_and_url;
	job->is_named = sa->conn && sa->conn->conf.remote_id.type &&
			!identity_is_pattern(&sa->conn->conf.remote_id);
	if (peer_is_to_sign(sa))
		job->auth = *rounds_auth(sa, CONN_REMOTE);
	sa->e->calls.verify(sa->e->calls.ctx, job);
}

void proof_check(struct ike_sa *sa, struct exchange *x, struct slice theirs)
{
	struct keystore_request q = { .op = KEYSTORE_PSK_CHECK };

	begin(sa, STEP_AUTH_CHECK, &q);
	if (sa->proof && sa->proof->job) {
		verify(sa, x, &q, theirs);
	} else {
		q.token = token_new(sa, x, STEP_AUTH_CHECK);
		q.auth_len = put(q.auth, sizeof(q.auth), theirs);
		ask(sa, x, &q);
	}
	explicit_bzero(&q, sizeof(q));
}

void proof_make(struct ike_sa *sa, struct exchange *x, enum exchange_step step)
{
	struct keystore_request q = { .op = KEYSTORE_PSK_MAKE };

	begin(sa, step, &q);
	q.token = token_new(sa, x, step);
	if (proof_we_sign(sa)) {
		q.op = KEYSTORE_SIGN;
		q.scheme = (uint8_t)sa->proof->scheme->id;
		q.key = sa->proof->own->key_id;
	}
	ask(sa, x, &q);
	explicit_bzero(&q, sizeof(q));
}

struct ike_auth proof_auth(const struct ike_sa *sa,
			   const struct keystore_answer *a,
			   uint8_t room[PROOF_MAX_BYTES])
{
	const struct slice octets = slice_of(a->auth, a->auth_len);
	struct builder b = wr_init(room, PROOF_MAX_BYTES);
	const struct sign_scheme *s;

	if (!proof_we_sign(sa))
		return (struct ike_auth){ .method = IKE_AUTH_PSK,
					  .data = octets };
	s = sa->proof->scheme;
	if (!sa->proof->has_alg)
		return (struct ike_auth){ .method = (uint8_t)s->method,
					  .data = octets };
	ike_signature_put(&b, slice_of(s->alg, s->alg_bytes), octets);
	return (struct ike_auth){ .method = IKE_AUTH_SIGNATURE,
				  .data = slice_of(b.ptr, b.len) };
}

const char *proof_why_not(const struct ike_sa *sa, bool ours, int err)
{
	bool signs = ours && proof_we_sign(sa);

	if (err == -ENOKEY)
		return signs ? "no private key for our certificate that this connection may use: load it (private, rsa, ecdsa or pkcs8 of swanctl)"
			     : "no pre-shared key for the identities of both sides";
	if (err == -EKEYREJECTED)
		return "the peer's authentication is wrong: compare the pre-shared keys of both sides";
	return "the keystore fails to compute an authentication";
}
