// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/daemon/keystore.h"

#include <errno.h>
#include <string.h>

#include "ctrl/crypto/prf.h"

static const char key_pad[] = "Key Pad for IKEv2"; /* RFC 7296 section 2.15 */

/* How closely an owner names this side. */
enum match {
	MATCH_NONE,
	MATCH_ANY,
	MATCH_WILDCARD,
	MATCH_EXACT,
	MATCHES,
};

static enum match match_owner(const struct identity *owner,
			      const struct identity *id)
{
	if (!identity_match(owner, id))
		return MATCH_NONE;
	if (!owner->type)
		return MATCH_ANY;
	return identity_equal(owner, id) ? MATCH_EXACT : MATCH_WILDCARD;
}

static enum match match_owners(const struct psk_conf *psk,
			       const struct identity *id)
{
	enum match best = psk->n_owners ? MATCH_NONE : MATCH_ANY;

	for (size_t i = 0; i < psk->n_owners; i++) {
		enum match m = match_owner(&psk->owners[i], id);

		if (m > best)
			best = m;
	}
	return best;
}

/* 0: not for these two. The peer counts for more than we do. */
static unsigned int fit(const struct psk_conf *psk,
			const struct keystore_request *q)
{
	enum match remote = match_owners(psk, &q->remote);

	if (psk->is_ppk || remote == MATCH_NONE)
		return 0;
	return remote * MATCHES + match_owners(psk, &q->local);
}

static const struct psk_conf *better(const struct psk_conf *best,
				     const struct psk_conf *psk,
				     const struct keystore_request *q)
{
	unsigned int much = fit(psk, q);

	return much && (!best || much > fit(best, q)) ? psk : best;
}

static const struct psk_conf *find(const struct psk_conf *psks, size_t n,
				   const struct keystore_request *q)
{
	const struct psk_conf *best = NULL;

	for (size_t i = 0; i < n; i++)
		best = better(best, &psks[i], q);
	return best;
}

/* Whoever is named has none of the others' if there is one of its own. */
static const struct psk_conf *find_of(const struct psk_index *x,
				      const struct keystore_request *q)
{
	const struct psk_conf *best = NULL, *psk;
	size_t at = 0;

	while ((psk = psk_index_named(x, &q->remote, &at)))
		best = better(best, psk, q);
	if (best)
		return best;
	at = 0;
	while ((psk = psk_index_other(x, &at)))
		best = better(best, psk, q);
	return best;
}

bool keystore_is_sound(const struct keystore_request *q)
{
	return prf_by_id(q->prf) && q->message_len <= sizeof(q->message) &&
	       q->message_len && q->nonce_len <= sizeof(q->nonce) &&
	       q->nonce_len && q->id_len <= sizeof(q->id_body) && q->id_len &&
	       q->auth_len <= sizeof(q->auth) &&
	       q->int_auth_len <= sizeof(q->int_auth) &&
	       q->local.len <= sizeof(q->local.octets) &&
	       q->remote.len <= sizeof(q->remote.octets);
}

size_t keystore_signed(const struct keystore_request *q,
		       uint8_t out[KEYSTORE_SIGNED_MAX])
{
	const struct prf_alg *alg = prf_by_id(q->prf);
	const struct slice id = slice_of(q->id_body, q->id_len);
	struct builder b = wr_init(out, KEYSTORE_SIGNED_MAX);
	uint8_t maced_id[PRF_MAX_BYTES];

	if (!prf(alg, slice_of(q->sk_p, alg->out_bytes), &id, 1, maced_id))
		return 0;
	wr_bytes(&b, q->message, q->message_len);
	wr_bytes(&b, q->nonce, q->nonce_len);
	wr_bytes(&b, maced_id, alg->out_bytes);
	wr_bytes(&b, q->int_auth, q->int_auth_len);
	return wr_ok(&b) ? b.len : 0;
}

/* prf(prf(PSK, pad), what is signed), section 2.15. */
static bool mac(const struct prf_alg *alg, const struct psk_conf *psk,
		const struct keystore_request *q, uint8_t *out)
{
	const struct slice pad = slice_of(key_pad, sizeof(key_pad) - 1);
	uint8_t padded[PRF_MAX_BYTES], octets[KEYSTORE_SIGNED_MAX];
	const struct slice all = slice_of(octets, keystore_signed(q, octets));
	bool ok = all.len &&
		  prf(alg, slice_of(psk->key.octets, psk->key.len), &pad, 1,
		      padded) &&
		  prf(alg, slice_of(padded, alg->out_bytes), &all, 1, out);

	explicit_bzero(padded, sizeof(padded));
	return ok;
}

/*
 * Without a key as much is computed as with a wrong one: a stranger must not learn
 * from the time that it takes for whom there are keys.
 */
static const struct psk_conf nobodys = { .key = { .len = 32 } };

/* --- PPKs */

/* Only octets come from the peer, of whatever type they are a name. */
static bool is_named(const struct psk_conf *ppk, const struct identity *name)
{
	struct identity id = *name;

	for (size_t i = 0; i < ppk->n_owners; i++) {
		id.type = ppk->owners[i].type;
		if (identity_match(&ppk->owners[i], &id))
			return true;
	}
	return !ppk->n_owners;
}

static const struct psk_conf *find_ppk(const struct psk_conf *psks, size_t n,
				       const struct identity *name)
{
	for (size_t i = 0; i < n; i++)
		if (psks[i].is_ppk && is_named(&psks[i], name))
			return &psks[i];
	return NULL;
}

/* prf+(PPK, SK') is no longer than the PRF's output, RFC 8784 section 3. */
static bool mix(const struct prf_alg *alg, const struct psk_conf *ppk,
		const uint8_t *sk, uint8_t *out)
{
	const struct slice part = slice_of(sk, alg->out_bytes);

	return prf_plus(alg, slice_of(ppk->key.octets, ppk->key.len), &part, 1,
			out, alg->out_bytes);
}

static int serve_mix(const struct psk_conf *psks, size_t n,
		     const struct prf_alg *alg, const struct keystore_request *q,
		     struct keystore_answer *out)
{
	const struct psk_conf *ppk;
	uint8_t sk[KEYSTORE_SK_N][KEYSTORE_PRF_MAX] = { { 0 } };
	bool ok = true;

	if (q->remote.len > sizeof(q->remote.octets) || !q->remote.len)
		return -EINVAL;
	ppk = find_ppk(psks, n, &q->remote);
	for (unsigned int i = 0; i < KEYSTORE_SK_N; i++)
		ok = ok && mix(alg, ppk ? ppk : &nobodys, q->sk[i], sk[i]);
	if (ok && ppk)
		memcpy(out->sk, sk, sizeof(out->sk));
	explicit_bzero(sk, sizeof(sk));
	if (!ok)
		return -EIO;
	return ppk ? 0 : -ENOKEY;
}

/* --- all */

/* psk NULL: there is none. */
static void serve(const struct psk_conf *psk, const struct keystore_request *q,
		  struct keystore_answer *out)
{
	const struct prf_alg *alg = prf_by_id(q->prf);
	uint8_t auth[PRF_MAX_BYTES];

	out->err = -EIO;
	if (!mac(alg, psk ? psk : &nobodys, q, auth))
		return;
	if (!psk) {
		out->err = -ENOKEY;
	} else if (q->op == KEYSTORE_PSK_MAKE) {
		out->err = 0;
		out->auth_len = alg->out_bytes;
		memcpy(out->auth, auth, alg->out_bytes);
	} else {
		out->err =
			q->auth_len == alg->out_bytes &&
					octets_equal(auth, q->auth, q->auth_len)
				? 0
				: -EKEYREJECTED;
	}
	explicit_bzero(auth, sizeof(auth));
}

/* Of these; false: it is refused before any PSK is looked at, or done. */
static bool begin(const struct psk_conf *psks, size_t n,
		  const struct keystore_request *q, struct keystore_answer *out)
{
	const struct prf_alg *alg = prf_by_id(q->prf);

	*out = (struct keystore_answer){ .token = q->token, .err = -EINVAL };
	if (alg && q->op == KEYSTORE_PPK_MIX)
		out->err = serve_mix(psks, n, alg, q, out);
	return alg && q->op <= KEYSTORE_PSK_CHECK && keystore_is_sound(q);
}

void keystore_serve(const struct psk_conf *psks, size_t n,
		    const struct keystore_request *q,
		    struct keystore_answer *out)
{
	if (begin(psks, n, q, out))
		serve(find(psks, n, q), q, out);
}

void keystore_serve_of(const struct psk_index *keys,
		       const struct keystore_request *q,
		       struct keystore_answer *out)
{
	if (begin(keys->psks, keys->n, q, out))
		serve(find_of(keys, q), q, out);
}
