// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/ppk.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/proof.h"

/* An AUTH payload's data. */
struct auth_data {
	uint8_t octets[PROOF_MAX_BYTES];
	size_t len;
};

struct ppk {
	/* The initiator's, until the peer says that it has the PPK. */
	bool is_mixed;
	uint8_t sk[KEYSTORE_SK_N][KEYSTORE_PRF_MAX];
	/* The initiator's AUTH, ours or the peer's: with the PPK, and without. */
	struct auth_data with, plain;
	bool has_plain;
	bool is_unknown; /* the peer names one that is not there, or not its own */
};

static bool is_required(const struct ike_sa *sa)
{
	return sa->conn && sa->conn->conf.ppk_required;
}

/* What is longer is no proof. */
static void take_auth(struct auth_data *out, struct slice data)
{
	out->len = data.len > sizeof(out->octets) ? 0 : data.len;
	if (out->len)
		memcpy(out->octets, data.ptr, out->len);
}

static struct slice auth_slice(const struct auth_data *a)
{
	return slice_of(a->octets, a->len);
}

static void use(struct ike_sa *sa,
		const uint8_t sk[KEYSTORE_SK_N][KEYSTORE_PRF_MAX])
{
	size_t len = sa->keys.prf->out_bytes;

	memcpy(sa->keys.sk_d, sk[KEYSTORE_SK_D], len);
	memcpy(sa->keys.sk_pi, sk[KEYSTORE_SK_PI], len);
	memcpy(sa->keys.sk_pr, sk[KEYSTORE_SK_PR], len);
	sa->uses_ppk = true;
}

static void ask(struct ike_sa *sa, struct exchange *x, const struct identity *id)
{
	struct keystore_request q = {
		.token = token_new(sa, x, STEP_PPK),
		.op = KEYSTORE_PPK_MIX,
		.prf = (uint16_t)sa->keys.prf->id,
		.remote = *id,
	};

	memcpy(q.sk[KEYSTORE_SK_D], sa->keys.sk_d, sizeof(sa->keys.sk_d));
	memcpy(q.sk[KEYSTORE_SK_PI], sa->keys.sk_pi, sizeof(sa->keys.sk_pi));
	memcpy(q.sk[KEYSTORE_SK_PR], sa->keys.sk_pr, sizeof(sa->keys.sk_pr));
	sa->e->calls.keystore(sa->e->calls.ctx, &q);
	explicit_bzero(&q, sizeof(q));
}

_Static_assert(KEYSTORE_PRF_MAX == PRF_MAX_BYTES, "SK_d and the like fit");

/* --- IKE_SA_INIT */

bool ppk_is_offered(const struct conn *c)
{
	return c->conf.ppk_id.type;
}

void ppk_put_use(struct ike_builder *m)
{
	ike_notify_put(m, &(const struct ike_notify){ .type = IKE_N_USE_PPK });
}

/* A responder asks who the peer is before it refuses. */
static const char *missing(const struct ike_sa *sa, bool ours)
{
	if (!sa->initiator || !is_required(sa))
		return NULL;
	return ours ? "the peer takes no PPK (RFC 8784), and 'ppk_required = yes' wants it to"
		    : "'ppk_required = yes' without 'ppk_id', which names the PPK to be used";
}

const char *ppk_agree(struct ike_sa *sa, const struct ike_payloads *p)
{
	bool ours = sa->initiator ? ppk_is_offered(sa->conn)
				  : sa->e->options.has_ppks;
	struct ike_notify n;

	if (!ours || !ike_find_notify(p, IKE_N_USE_PPK, &n))
		return missing(sa, ours);
	sa->ppk = calloc(1, sizeof(*sa->ppk));
	return sa->ppk ? NULL : "out of memory";
}

/* --- IKE_AUTH, initiator */

bool ppk_ask_ours(struct ike_sa *sa, struct exchange *x)
{
	if (!sa->ppk || sa->ppk->is_mixed)
		return false;
	ask(sa, x, &sa->conn->conf.ppk_id);
	return true;
}

const char *ppk_answered_ours(struct ike_sa *sa, const struct keystore_answer *a)
{
	if (!a->err) {
		memcpy(sa->ppk->sk, a->sk, sizeof(sa->ppk->sk));
		sa->ppk->is_mixed = true;
	} else if (is_required(sa)) {
		return "no PPK of the connection's 'ppk_id': add a section ppk with that id to secrets";
	} else {
		ppk_free(sa);
	}
	return NULL;
}

bool ppk_keep_auth(struct ike_sa *sa, enum exchange_step step, struct slice data)
{
	bool plain = step == STEP_AUTH_PLAIN;

	if (!sa->ppk)
		return false;
	take_auth(plain ? &sa->ppk->plain : &sa->ppk->with, data);
	sa->ppk->has_plain = plain;
	return !plain && !is_required(sa);
}

struct slice ppk_auth(const struct ike_sa *sa)
{
	return auth_slice(&sa->ppk->with);
}

void ppk_request_put(const struct ike_sa *sa, struct ike_builder *m)
{
	uint8_t data[1 + IKE_ID_MAX];
	struct builder b = wr_init(data, sizeof(data));
	const struct identity *id = &sa->conn->conf.ppk_id;

	if (!sa->ppk)
		return;
	wr_u8(&b, IKE_PPK_ID_FIXED);
	wr_bytes(&b, id->octets, id->len);
	ike_notify_put(m, &(const struct ike_notify){
				  .type = IKE_N_PPK_IDENTITY,
				  .data = slice_of(data, b.len),
			  });
	if (sa->ppk->has_plain)
		ike_notify_put(m, &(const struct ike_notify){
					  .type = IKE_N_NO_PPK_AUTH,
					  .data = auth_slice(&sa->ppk->plain),
				  });
}

const uint8_t *ppk_sk_pi(const struct ike_sa *sa, enum exchange_step step)
{
	bool mixed = sa->initiator && sa->ppk && step == STEP_AUTH_MAKE;

	return mixed ? sa->ppk->sk[KEYSTORE_SK_PI] : sa->keys.sk_pi;
}

const char *ppk_response(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;

	if (sa->by_ticket)
		return NULL; /* as its keys are */
	if (sa->ppk && ike_find_notify(p, IKE_N_PPK_IDENTITY, &n))
		use(sa, sa->ppk->sk);
	else if (is_required(sa))
		return "the peer does not use our PPK, and 'ppk_required = yes' wants it to";
	return NULL;
}

/* --- IKE_AUTH, responder */

static bool is_connections(const struct ike_sa *sa, const struct identity *name)
{
	struct identity id = *name;

	if (!sa->conn || !sa->conn->conf.ppk_id.type)
		return true;
	id.type = sa->conn->conf.ppk_id.type;
	return identity_match(&sa->conn->conf.ppk_id, &id);
}

/* What is no name is asked for, too: it takes as long as any. */
static bool take_name(struct slice data, struct identity *out)
{
	uint8_t type;

	*out = (struct identity){ .type = IKE_ID_KEY_ID, .len = 1 };
	if (!rd_u8(&data, &type) || type != IKE_PPK_ID_FIXED || !data.len ||
	    data.len > sizeof(out->octets))
		return false;
	out->len = (uint16_t)data.len;
	memcpy(out->octets, data.ptr, data.len);
	return true;
}

bool ppk_ask_peers(struct ike_sa *sa, struct exchange *x,
		   const struct ike_payloads *p, const struct ike_auth *auth)
{
	struct ike_notify n, plain;
	struct identity name;

	if (!sa->ppk || !ike_find_notify(p, IKE_N_PPK_IDENTITY, &n))
		return false;
	take_auth(&sa->ppk->with, auth->data);
	if (ike_find_notify(p, IKE_N_NO_PPK_AUTH, &plain)) {
		take_auth(&sa->ppk->plain, plain.data);
		sa->ppk->has_plain = true;
	}
	sa->ppk->is_unknown =
		!take_name(n.data, &name) || !is_connections(sa, &name);
	ask(sa, x, &name);
	return true;
}

struct slice ppk_answered_peers(struct ike_sa *sa,
				const struct keystore_answer *a)
{
	struct ppk *ppk = sa->ppk;

	ppk->is_unknown |= a->err != 0;
	if (ppk->is_unknown && ppk->has_plain)
		return auth_slice(&ppk->plain);
	if (!ppk->is_unknown)
		use(sa, a->sk);
	return auth_slice(&ppk->with);
}

const char *ppk_not_so(const struct ike_sa *sa)
{
	const struct ppk *ppk = sa->ppk;

	if (sa->initiator || sa->uses_ppk)
		return NULL;
	if (ppk && ppk->is_unknown && (is_required(sa) || !ppk->has_plain))
		return "the peer names a PPK that is not the connection's 'ppk_id', or is in no section ppk of secrets";
	if (is_required(sa))
		return "the peer uses no PPK, and 'ppk_required = yes' wants it to";
	return NULL;
}

/* Without data: it is the one that was named. */
void ppk_response_put(const struct ike_sa *sa, struct ike_builder *m)
{
	if (sa->uses_ppk && !sa->by_ticket)
		ike_notify_put(m, &(const struct ike_notify){
					  .type = IKE_N_PPK_IDENTITY });
}

void ppk_free(struct ike_sa *sa)
{
	if (sa->ppk)
		explicit_bzero(sa->ppk, sizeof(*sa->ppk));
	free(sa->ppk);
	sa->ppk = NULL;
}
