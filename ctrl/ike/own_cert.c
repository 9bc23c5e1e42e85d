// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/ike/own_cert.h"

#include <stdlib.h>
#include <string.h>

#include "ctrl/ike/staple.h"
#include "ctrl/ike/rounds.h"
#include "ctrl/model/dn.h"
#include "ctrl/pki/ident.h"

#define ASKED_MAX     128U /* authorities of a peer's that are looked at */
#define PUT_MAX	      64U  /* and of ours that are named */
#define PUT_INIT_MAX  16U  /* in IKE_SA_INIT, which is in one datagram */
#define AMPLIFIED     3U   /* whose response is not so many times as long */
#define MORE_BYTES    192U /* of it, behind this */
#define CANDIDATE_MAX 16U

/* RFC 8017 section 9.1.1: a hash and a salt of SHA-512 fit, and so all others. */
#define PSS_BITS_MIN 1041U

/* --- hash algorithms */

static uint16_t hashes_of(const struct auth_conf *peer)
{
	const struct sign_scheme *s;
	uint16_t hashes = 0;

	for (size_t i = 0; (s = sign_at(i)); i++)
		if (s->alg_bytes && sign_rules_scheme(peer->rules.ike, s))
			hashes |= (uint16_t)(1U << s->hash);
	return hashes;
}

/* Who the peer is, and hence what it may use, a responder does not know yet. */
static uint16_t our_hashes(const struct ike_sa *sa)
{
	static const struct auth_conf any = { .by = AUTH_BY_PUBKEY };
	const struct conn_conf *c = &sa->conn->conf;
	uint16_t hashes = sa->initiator ? 0 : hashes_of(&any);

	for (size_t i = 0; i < conn_rounds(c, CONN_REMOTE); i++)
		hashes |= hashes_of(conn_auth(c, CONN_REMOTE, i));
	return hashes;
}

static bool signs(const struct conn_conf *c, enum conn_side side)
{
	for (size_t i = 0; i < conn_rounds(c, side); i++)
		if (conn_auth(c, side, i)->by == AUTH_BY_PUBKEY)
			return true;
	return false;
}

static bool has_signatures(const struct conn_conf *c)
{
	return signs(c, CONN_LOCAL) || signs(c, CONN_REMOTE);
}

/* --- CERTREQ of ours */

static bool is_named(const struct auth_conf *peer, const struct cred *cred)
{
	for (size_t i = 0; i < peer->n_cas; i++)
		if (fingerprint_equal(&peer->cas[i], &cred->id))
			return true;
	return !peer->n_cas && cred->kind == CRED_CA;
}

static void put_hashes(struct builder *b, const struct creds *creds,
		       enum cred_kind kind, const struct auth_conf *peer,
		       size_t max)
{
	static const struct identity any;
	const struct cred *cred = NULL;

	while ((cred = creds_of(creds, kind, &any, cred)))
		if (is_named(peer, cred) && b->len < max * IKE_CA_HASH_BYTES)
			wr_bytes(b, cred->key_sha1, IKE_CA_HASH_BYTES);
}

/* RFC 4806 section 3.1: an empty list is any responder. And whether certificates may be
 * elsewhere. */
static void put_wishes(const struct ike_sa *sa, struct ike_builder *m)
{
	const struct conn_conf *c = &sa->conn->conf;

	if (sa->e->options.hash_and_url)
		ike_notify_put(
			m, &(const struct ike_notify){
				   .type = IKE_N_HTTP_CERT_LOOKUP_SUPPORTED });
	if (c->ocsp == OCSP_INSIDE_REQUEST || c->ocsp == OCSP_INSIDE_BOTH)
		ike_cert_put(m, IKE_PL_CERTREQ, IKE_CERT_OCSP,
			     slice_of(NULL, 0));
}

static void put_certreq(struct ike_builder *m, const struct creds *creds,
			const struct auth_conf *peer, size_t max)
{
	uint8_t room[PUT_MAX * IKE_CA_HASH_BYTES];
	struct builder b = wr_init(room, sizeof(room));

	put_hashes(&b, creds, CRED_CA, peer, max);
	put_hashes(&b, creds, CRED_INTERMEDIATE, peer, max);
	if (b.len)
		ike_cert_put(m, IKE_PL_CERTREQ, IKE_CERT_X509,
			     slice_of(room, b.len));
	if (peer->n_pubkeys)
		ike_cert_put(m, IKE_PL_CERTREQ, IKE_CERT_PUBLIC_KEY,
			     slice_of(NULL, 0));
}

/* --- IKE_SA_INIT */

/* Who asks may be somebody whose address is another's. */
static size_t init_max(const struct ike_sa *sa, const struct ike_builder *m)
{
	size_t room = AMPLIFIED * sa->first_i.len;
	size_t used = m->b.len + MORE_BYTES;
	size_t max = room > used ? (room - used) / IKE_CA_HASH_BYTES : 0;

	return max < 1 ? 1 : max < PUT_INIT_MAX ? max : PUT_INIT_MAX;
}

void own_cert_put_init(const struct ike_sa *sa, struct ike_builder *m)
{
	const struct conn_conf *c = &sa->conn->conf;
	struct auth_conf any = { .n_pubkeys = 0 };

	if (sa->initiator && has_signatures(c))
		ike_hashes_put(m, our_hashes(sa));
	if (sa->initiator || !sa->e->creds)
		return;
	if (sa->peer_hashes)
		ike_hashes_put(m, our_hashes(sa));
	for (size_t i = 0; i < conn_rounds(c, CONN_REMOTE); i++)
		any.n_pubkeys += conn_auth(c, CONN_REMOTE, i)->n_pubkeys;
	if (c->send_certreq) {
		put_certreq(m, sa->e->creds, &any, init_max(sa, m));
		put_wishes(sa, m);
	}
}

bool own_cert_take_init(struct ike_sa *sa, const struct ike_payloads *p)
{
	struct ike_notify n;

	if (ike_find_notify(p, IKE_N_SIGNATURE_HASH_ALGORITHMS, &n))
		sa->peer_hashes = ike_hashes_parse(n.data);
	return !sa->initiator || own_cert_take_asked(sa, p);
}

/* --- CERTREQ of the peer */

static size_t asked_hashes(const struct ike_payloads *p, uint8_t *out)
{
	struct ike_cert req;
	struct slice hash;
	size_t n = 0;

	for (unsigned int i = 0; i < p->n; i++) {
		if (p->at[i].type != IKE_PL_CERTREQ ||
		    !ike_cert_parse(p->at[i].body, &req) ||
		    req.encoding != IKE_CERT_X509)
			continue;
		while (n < ASKED_MAX && ike_ca_hash_next(&req.data, &hash))
			memcpy(out + IKE_CA_HASH_BYTES * n++, hash.ptr,
			       IKE_CA_HASH_BYTES);
	}
	return n;
}

static bool asks_for(const struct ike_payloads *p, uint8_t encoding)
{
	struct ike_cert req;

	for (unsigned int i = 0; i < p->n; i++)
		if (p->at[i].type == IKE_PL_CERTREQ &&
		    ike_cert_parse(p->at[i].body, &req) &&
		    req.encoding == encoding)
			return true;
	return false;
}

bool own_cert_take_asked(struct ike_sa *sa, const struct ike_payloads *p)
{
	uint8_t hashes[ASKED_MAX * IKE_CA_HASH_BYTES];
	struct ike_notify lookup;
	struct proof *proof;
	size_t n;

	if (!sa->e->creds || !ike_find(p, IKE_PL_CERTREQ))
		return true;
	proof = proof_of(sa);
	if (!proof)
		return false;
	proof->is_asked |= asks_for(p, IKE_CERT_X509);
	proof->is_asked_raw |= asks_for(p, IKE_CERT_PUBLIC_KEY);
	proof->is_asked_ocsp |= asks_for(p, IKE_CERT_OCSP);
	proof->takes_urls |=
		ike_find_notify(p, IKE_N_HTTP_CERT_LOOKUP_SUPPORTED, &lookup);
	n = asked_hashes(p, hashes);
	free(proof->asked);
	proof->n_asked = 0;
	proof->asked = malloc(n * IKE_CA_HASH_BYTES + 1);
	if (!proof->asked)
		return false;
	memcpy(proof->asked, hashes, n * IKE_CA_HASH_BYTES);
	proof->n_asked = n;
	return true;
}

/* --- the choice: of a scheme */

/* RFC 7427's own are those with an AlgorithmIdentifier. */
static bool may_be(const struct ike_sa *sa, const struct cred *own,
		   const struct sign_scheme *s, bool with_alg)
{
	if (!public_key_fits(own->key, s) ||
	    !sign_rules_scheme(rounds_auth(sa, CONN_LOCAL)->rules.ike, s))
		return false;
	if (s->pss && public_key_bits(own->key) < PSS_BITS_MIN)
		return false;
	return with_alg ? s->alg_bytes && (sa->peer_hashes & 1U << s->hash)
			: s->method != IKE_AUTH_SIGNATURE;
}

static const struct sign_scheme *scheme_for(const struct ike_sa *sa,
					    const struct cred *own,
					    bool with_alg)
{
	const struct sign_scheme *s, *pss = NULL;

	for (size_t i = 0; (s = sign_at(i)); i++) {
		if (!may_be(sa, own, s, with_alg))
			continue;
		if (!s->pss || sa->e->options.rsa_pss)
			return s;
		pss = pss ? pss : s;
	}
	return pss;
}

/* --- and of a certificate or a key */

static size_t candidates(const struct ike_sa *sa,
			 const struct cred *out[CANDIDATE_MAX])
{
	const struct auth_conf *a = rounds_auth(sa, CONN_LOCAL);
	const struct identity *id = rounds_id(sa, CONN_LOCAL);
	static const struct identity any;
	const struct creds *creds = sa->proof->creds;
	const struct cred *cred = NULL;
	size_t n = 0;

	for (size_t i = 0; i < a->n_certs; i++)
		if ((cred = creds_by_id(creds, CRED_OWN, &a->certs[i])))
			out[n++] = cred;
	for (size_t i = 0; i < a->n_pubkeys; i++)
		if ((cred = creds_by_id(creds, CRED_PUBKEY, &a->pubkeys[i])))
			out[n++] = cred;
	if (a->n_certs || a->n_pubkeys)
		return n;
	if (identity_is_pattern(id))
		id = &any;
	while (n < CANDIDATE_MAX && (cred = creds_of(creds, CRED_OWN, id, cred)))
		if (!cred->cert->is_ca) /* a CA's is to be named */
			out[n++] = cred;
	return n;
}

_Static_assert(AUTH_CERTS_MAX + AUTH_PUBKEYS_MAX <= CANDIDATE_MAX, "all fit");

static bool is_asked(const struct proof *proof, const struct cred *ca)
{
	for (size_t i = 0; i < proof->n_asked; i++)
		if (memcmp(proof->asked + i * IKE_CA_HASH_BYTES, ca->key_sha1,
			   IKE_CA_HASH_BYTES) == 0)
			return true;
	return false;
}

static bool is_below_asked(const struct proof *proof, const struct cred *own)
{
	const struct cred *chain[TRUST_CHAIN_MAX];
	size_t n = creds_chain(proof->creds, own->cert, chain);

	for (size_t i = 0; i < n; i++)
		if (is_asked(proof, chain[i]))
			return true;
	return false;
}

/* 0: nothing to sign with. */
static unsigned int rank(const struct ike_sa *sa, const struct cred *own,
			 const struct identity *me)
{
	unsigned int rank = 1;

	if (!scheme_for(sa, own, true) && !scheme_for(sa, own, false))
		return 0;
	if (!own->cert)
		return rank + sa->proof->is_asked_raw;
	if (me && ident_is(own->cert, me))
		rank += 4;
	if (is_below_asked(sa->proof, own))
		rank += 2;
	return rank;
}

/* What a responder says of ours, where the peer asks for that. */
static bool sends_ocsp(const struct ike_sa *sa)
{
	enum ocsp_inside ocsp = sa->conn->conf.ocsp;

	return sa->proof->own->cert && sa->proof->is_asked_ocsp &&
	       (ocsp == OCSP_INSIDE_REPLY || ocsp == OCSP_INSIDE_BOTH);
}

static void choose(struct ike_sa *sa, const struct cred *own)
{
	struct proof *proof = sa->proof;

	proof->own = own;
	if (sends_ocsp(sa))
		staple_want(sa->e, proof->creds, own->cert);
	proof->scheme = scheme_for(sa, own, true);
	proof->has_alg = proof->scheme != NULL;
	if (!proof->has_alg)
		proof->scheme = scheme_for(sa, own, false);
}

const char *own_cert_choose(struct ike_sa *sa, const struct identity *asked)
{
	const struct cred *own[CANDIDATE_MAX], *best = NULL;
	const struct identity *id;
	unsigned int best_rank = 0;
	size_t n;

	if (!proof_we_sign(sa) || (sa->proof && sa->proof->own))
		return NULL;
	if (!proof_of(sa))
		return sa->e->creds
			       ? "out of memory"
			       : "no certificate is loaded, and 'auth = pubkey' of our section local wants one: load it with its key";
	id = rounds_id(sa, CONN_LOCAL);
	n = candidates(sa, own);
	for (size_t i = 0; i < n; i++) {
		unsigned int r = rank(sa, own[i], id->type ? id : asked);

		if (r > best_rank) {
			best_rank = r;
			best = own[i];
		}
	}
	if (best)
		choose(sa, best);
	else if (n)
		return "our key signs by nothing that both the peer and 'auth' of our section local take: compare hash algorithms, or use another key";
	else
		return "no certificate of our identity has a private key here (one of a CA counts only if it is named): load both, or name the certificate in 'certs' of our section local";
	return NULL;
}

bool own_cert_id(const struct ike_sa *sa, const struct identity *asked,
		 struct identity *out)
{
	const struct cred *own = sa->proof ? sa->proof->own : NULL;

	if (!own || !own->cert)
		return false;
	if (asked && ident_is(own->cert, asked)) {
		*out = *asked;
		return true;
	}
	return ident_of(own->cert, out);
}

/* --- IKE_AUTH */

static bool is_to_be_sent(const struct ike_sa *sa)
{
	const struct proof *proof = sa->proof;

	switch (sa->conn->conf.send_cert) {
	case SEND_CERT_ALWAYS:
		return true;
	case SEND_CERT_IF_ASKED:
		return proof->own->cert ? proof->is_asked : proof->is_asked_raw;
	case SEND_CERT_NEVER:
		break;
	}
	return false;
}

/* The certificate, or where it is, if the peer fetches it and its CA says so. */
static void put_cert(const struct proof *proof, struct ike_builder *m,
		     const struct certificate *cert, const struct cred *issuer)
{
	const char *base = proof->takes_urls && issuer
				   ? creds_certs_at(proof->creds, issuer->cert)
				   : NULL;
	uint8_t hash[HASH_SHA1_BYTES];

	if (base && hash_sha1(cert->der, hash))
		ike_cert_url_put(m, hash, base);
	else
		ike_cert_put(m, IKE_PL_CERT, IKE_CERT_X509, cert->der);
}

/* The root, if the peer trusts it, it has. */
static void put_certs(const struct proof *proof, struct ike_builder *m)
{
	const struct cred *chain[TRUST_CHAIN_MAX];
	size_t n;

	if (!proof->own->cert) {
		ike_cert_put(m, IKE_PL_CERT, IKE_CERT_PUBLIC_KEY,
			     public_key_spki(proof->own->key));
		return;
	}
	n = creds_chain(proof->creds, proof->own->cert, chain);
	put_cert(proof, m, proof->own->cert, n ? chain[0] : NULL);
	for (size_t i = 0; i < n; i++)
		if (!dn_equal(chain[i]->cert->subject, chain[i]->cert->issuer))
			put_cert(proof, m, chain[i]->cert,
				 i + 1 < n ? chain[i + 1] : NULL);
}

/* Where it has come already. */
static void put_ocsp(const struct ike_sa *sa, struct ike_builder *m)
{
	struct slice response;

	if (sends_ocsp(sa) && staple_find(sa->e, sa->proof->own->cert, &response))
		ike_cert_put(m, IKE_PL_CERT, IKE_CERT_OCSP, response);
}

/* For all rounds in the first one. */
static void put_requests(const struct ike_sa *sa, struct ike_builder *m)
{
	const struct conn_conf *c = &sa->conn->conf;
	bool any = false;

	for (size_t i = 0; i < conn_rounds(c, CONN_REMOTE); i++) {
		const struct auth_conf *a = conn_auth(c, CONN_REMOTE, i);

		if (a->by != AUTH_BY_PUBKEY)
			continue;
		put_certreq(m, sa->e->creds, a, PUT_MAX);
		any = true;
	}
	if (any)
		put_wishes(sa, m);
}

void own_cert_put(const struct ike_sa *sa, struct ike_builder *m)
{
	const struct conn_conf *c = &sa->conn->conf;

	if (proof_we_sign(sa) && is_to_be_sent(sa)) {
		put_certs(sa->proof, m);
		put_ocsp(sa, m);
	}
	if (sa->initiator && c->send_certreq && sa->e->creds &&
	    !sa->by_ticket && !sa->round)
		put_requests(sa, m);
}
