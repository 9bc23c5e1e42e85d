// SPDX-License-Identifier: BSD-2-Clause
/*
 * libcrypto finds the path and judges it twice: first without CRLs, so that the
 * reason why a path is bad is never a CRL that is missing, and then with those CRLs
 * whose signature is good. It would choose the newest CRL before it looks at the
 * signature: whoever can put one in between would hide the CA's own by it.
 */
#include "ctrl/pki/trust.h"

#include <time.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "ctrl/model/dn.h"
#include "ctrl/pki/ident.h"
#include "ctrl/pki/trust_set.h"
#include "ctrl/pki/verdict.h"

#define ANY_POLICY "2.5.29.32.0"
#define TRIES_MAX  8U

/* Of one check. */
struct check {
	struct trust *t;
	const struct trust_question *q;
	struct trust_answer *a;
	STACK_OF(X509) * others; /* the peer's and the trust's */
	STACK_OF(X509_CRL) * crls;
	/* libcrypto would take their word that something is revoked no more. */
	STACK_OF(X509_CRL) * old_deltas;
	X509 *bad; /* where the path ended that was tried last; NULL: nowhere */
	bool with_crls;
	bool distrusted[TRUST_CHAIN_MAX]; /* a CRL that may not say so */
};

/* --- verdicts */

static void say(struct check *k, const struct certificate *c,
		enum trust_verdict verdict, const char *detail)
{
	k->a->verdict = verdict;
	verdict_say(&k->a->why, verdict, c, detail);
}

/* Whose libcrypto's certificate is; the leaf where it is none of those we have. */
static const struct certificate *cert_of(const struct check *k, const X509 *x)
{
	const struct trust_question *q = k->q;

	for (size_t i = 0; i < q->n_others; i++)
		if (q->others[i]->x509 == x)
			return q->others[i];
	for (size_t i = 0; i < k->t->n_entries; i++)
		if (k->t->entries[i].cert->x509 == x)
			return k->t->entries[i].cert;
	return q->leaf;
}

/* --- the path */

static int on_path_error(int ok, X509_STORE_CTX *ctx)
{
	(void)ctx;
	return ok;
}

static bool is_over(const X509_CRL *crl, int64_t now_s)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	time_t now = (time_t)now_s;

	return next && X509_cmp_time(next, &now) < 0;
}

static bool is_hold(const X509_REVOKED *row)
{
	ASN1_ENUMERATED *reason =
		X509_REVOKED_get_ext_d2i(row, NID_crl_reason, NULL, NULL);
	bool is = reason &&
		  ASN1_ENUMERATED_get(reason) == CRL_REASON_CERTIFICATE_HOLD;

	ASN1_ENUMERATED_free(reason);
	return is;
}

/* Whoever signed it. What is revoked stays so, but for a hold, of which a later CRL
 * may have no word any more (RFC 5280 section 5.3.1). */
static bool lists(X509_CRL *crl, X509 *x, int64_t now_s)
{
	X509_REVOKED *row;

	return X509_CRL_get0_by_cert(crl, &row, x) == 1 &&
	       !(is_over(crl, now_s) && is_hold(row));
}

static bool one_lists(STACK_OF(X509_CRL) * crls, X509 *x, int64_t now_s)
{
	for (int i = 0; i < sk_X509_CRL_num(crls); i++)
		if (lists(sk_X509_CRL_value(crls, i), x, now_s))
			return true;
	return false;
}

/* It is called without k for the path of who signed a CRL beside the CA, too, in a
 * context that libcrypto makes: there its own verdict stands. */
static int on_crl_error(int ok, X509_STORE_CTX *ctx)
{
	struct check *k = X509_STORE_CTX_get_app_data(ctx);
	int depth = X509_STORE_CTX_get_error_depth(ctx);
	int error = X509_STORE_CTX_get_error(ctx);

	if (ok || !k || depth < 0 || depth >= TRUST_CHAIN_MAX)
		return ok;
	if (error == X509_V_ERR_CERT_REVOKED && !k->distrusted[depth] &&
	    one_lists(k->crls, X509_STORE_CTX_get_current_cert(ctx), k->q->now_s))
		return 0;
	if (error != X509_V_ERR_CERT_REVOKED && !verdict_is_of_crl(error))
		return 0;
	if (error != X509_V_ERR_CRL_HAS_EXPIRED &&
	    error != X509_V_ERR_UNABLE_TO_GET_CRL)
		k->distrusted[depth] = true;
	k->a->unknown[depth] = true;
	return 1;
}

static bool add_policy(X509_VERIFY_PARAM *param, const char *policy)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(policy, 1);

	if (oid && X509_VERIFY_PARAM_add0_policy(param, oid) == 1)
		return true;
	ASN1_OBJECT_free(oid);
	return false;
}

static bool set_policies(X509_VERIFY_PARAM *param,
			 const struct trust_question *q)
{
	bool ok = q->n_policies || add_policy(param, ANY_POLICY);

	for (size_t i = 0; ok && i < q->n_policies; i++)
		ok = add_policy(param, q->policies[i]);
	return ok;
}

static X509_STORE_CTX *context(struct check *k)
{
	const unsigned long crl_flags =
		X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
		X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;

	if (!ctx || X509_STORE_CTX_init(ctx, k->t->store, k->q->leaf->x509,
					k->others) != 1) {
		X509_STORE_CTX_free(ctx);
		return NULL;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)k->q->now_s);
	X509_VERIFY_PARAM_set_depth(param, TRUST_CHAIN_MAX - 2);
	/* What is too weak sign_rules says. */
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_flags(
		param,
		X509_V_FLAG_POLICY_CHECK |
			(k->q->n_policies ? X509_V_FLAG_EXPLICIT_POLICY : 0) |
			(k->with_crls ? crl_flags : 0));
	if (!set_policies(param, k->q)) {
		X509_STORE_CTX_free(ctx);
		return NULL;
	}
	if (k->with_crls)
		X509_STORE_CTX_set0_crls(ctx, k->crls);
	X509_STORE_CTX_set_app_data(ctx, k);
	X509_STORE_CTX_set_verify_cb(ctx, k->with_crls ? on_crl_error
						       : on_path_error);
	return ctx;
}

static bool take_chain(struct check *k, X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	int n = sk_X509_num(chain);

	if (n < 1 || n > TRUST_CHAIN_MAX)
		return false;
	k->a->n_chain = (size_t)n;
	k->a->chain[0] = k->q->leaf;
	for (int i = 1; i < n; i++)
		k->a->chain[i] = cert_of(k, sk_X509_value(chain, i));
	return true;
}

/* The path's policies are among those that are asked for; the leaf must have all. */
static bool has_policy(X509_POLICY_TREE *tree, const char *policy)
{
	STACK_OF(X509_POLICY_NODE) *nodes =
		X509_policy_tree_get0_user_policies(tree);
	ASN1_OBJECT *oid = OBJ_txt2obj(policy, 1);
	bool has = false;

	for (int i = 0; oid && i < sk_X509_POLICY_NODE_num(nodes); i++)
		has = has ||
		      OBJ_cmp(X509_policy_node_get0_policy(
				      sk_X509_POLICY_NODE_value(nodes, i)),
			      oid) == 0;
	ASN1_OBJECT_free(oid);
	return has;
}

static bool has_policies(struct check *k, X509_STORE_CTX *ctx)
{
	X509_POLICY_TREE *tree = X509_STORE_CTX_get0_policy_tree(ctx);

	for (size_t i = 0; i < k->q->n_policies; i++)
		if (!has_policy(tree, k->q->policies[i])) {
			say(k, k->q->leaf, TRUST_POLICY, k->q->policies[i]);
			return false;
		}
	return true;
}

/* false: the answer says why. */
static bool judge(struct check *k)
{
	X509_STORE_CTX *ctx = context(k);
	bool good = false;
	int error;

	if (!ctx) {
		say(k, k->q->leaf, TRUST_NO_MEMORY, NULL);
		return false;
	}
	if (X509_verify_cert(ctx) == 1) {
		good = take_chain(k, ctx);
		if (!good)
			say(k, k->q->leaf, TRUST_TOO_LONG, NULL);
		else
			good = has_policies(k, ctx);
	} else {
		error = X509_STORE_CTX_get_error(ctx);
		k->bad = X509_STORE_CTX_get_current_cert(ctx);
		say(k, cert_of(k, k->bad), verdict_of(error),
		    verdict_of(error) == TRUST_BROKEN
			    ? X509_verify_cert_error_string(error)
			    : NULL);
	}
	X509_STORE_CTX_free(ctx);
	return good;
}

/*
 * libcrypto takes the first issuer that fits, and does not come back: of two
 * certificates of one CA, signed across, only one may lead to a root of ours. So what
 * the path ended at is left out, and the path is looked for again.
 */
static bool leave_out_bad(struct check *k)
{
	for (int i = 0; i < sk_X509_num(k->others); i++)
		if (sk_X509_value(k->others, i) == k->bad) {
			(void)sk_X509_delete(k->others, i);
			return true;
		}
	return false;
}

static bool find_path(struct check *k)
{
	struct trust_answer first;

	for (unsigned int tries = 0; !judge(k); tries++) {
		if (tries == 0)
			first = *k->a;
		if (tries == TRIES_MAX || !leave_out_bad(k)) {
			*k->a = first;
			return false;
		}
		*k->a = (struct trust_answer){ .verdict = TRUST_OK };
		k->bad = NULL;
	}
	return true;
}

static bool gather_others(struct check *k)
{
	const struct trust_question *q = k->q;

	k->others = sk_X509_new_null();
	if (!k->others)
		return false;
	for (size_t i = 0; i < q->n_others && i < TRUST_OTHERS_MAX; i++)
		if (sk_X509_push(k->others, q->others[i]->x509) <= 0)
			return false;
	for (size_t i = 0; i < k->t->n_entries; i++)
		if (k->t->entries[i].role == TRUST_AS_INTERMEDIATE &&
		    sk_X509_push(k->others, k->t->entries[i].cert->x509) <= 0)
			return false;
	return true;
}

/* --- what libcrypto does not ask */

static bool is_strong(struct check *k, const struct certificate *c, bool is_root)
{
	static const struct sign_rules any = { 0 };
	const struct sign_rules *r = k->q->rules ? k->q->rules : &any;

	if (!sign_rules_key(r, public_key_type(c->key),
			    public_key_bits(c->key))) {
		say(k, c, TRUST_WEAK, "its key");
		return false;
	}
	/* A root's signature is its own, and nobody relies on it. */
	if (is_root || (c->scheme && sign_rules_scheme(r->chain, c->scheme)))
		return true;
	say(k, c, TRUST_WEAK,
	    c->scheme ? c->scheme->name : "a signature that is not known here");
	return false;
}

static bool is_of_a_ca(const struct check *k)
{
	if (!k->q->n_cas)
		return true;
	for (size_t i = 1; i < k->a->n_chain; i++)
		for (size_t j = 0; j < k->q->n_cas; j++)
			if (certificate_equal(k->a->chain[i], k->q->cas[j]))
				return true;
	return false;
}

static bool has_ca_id(const struct check *k)
{
	for (size_t i = 1; k->q->ca_id && i < k->a->n_chain; i++)
		if (ident_match(k->a->chain[i], k->q->ca_id, RDN_STRICT))
			return true;
	return !k->q->ca_id;
}

static bool is_for_us(struct check *k, bool is_pinned)
{
	const struct trust_answer *a = k->a;

	if (!k->q->leaf->signs || !k->q->leaf->authenticates) {
		say(k, k->q->leaf, TRUST_USAGE, NULL);
		return false;
	}
	/* libcrypto takes some that only have a CA's key usage. */
	for (size_t i = 1; i < a->n_chain; i++)
		if (!a->chain[i]->is_ca) {
			say(k, a->chain[i], TRUST_NOT_CA, NULL);
			return false;
		}
	for (size_t i = 0; i < a->n_chain; i++)
		if (!is_strong(k, a->chain[i], is_pinned || i + 1 == a->n_chain))
			return false;
	if (!is_of_a_ca(k) || !has_ca_id(k)) {
		say(k, k->q->leaf, TRUST_OTHER_CA, NULL);
		return false;
	}
	return true;
}

/* --- revocation */

static bool signs_crl(const struct certificate *c, const struct crl *crl)
{
	EVP_PKEY *key;

	if (!dn_equal(c->subject, crl->issuer) ||
	    !(X509_get_key_usage(c->x509) & KU_CRL_SIGN))
		return false;
	key = X509_get0_pubkey(c->x509);
	return key && X509_CRL_verify(crl->x509, key) == 1;
}

/* RFC 5280 section 6.3.3 (f): to the same root. */
static bool leads_to_root(const struct check *k, const struct certificate *c)
{
	const struct certificate *root = k->a->chain[k->a->n_chain - 1];
	struct trust_question q = *k->q;
	struct trust_answer a = { .verdict = TRUST_OK };
	struct check path = { .t = k->t, .q = &q, .a = &a };
	bool leads;

	q.leaf = c;
	q.n_policies = 0;
	leads = gather_others(&path) && find_path(&path) && a.n_chain > 1 &&
		certificate_equal(a.chain[a.n_chain - 1], root);
	sk_X509_free(path.others);
	return leads;
}

/* By one above it in the path, or one beside that whom the same root lets. */
static bool is_signed(const struct check *k, const struct crl *crl)
{
	const struct trust_question *q = k->q;

	for (size_t i = 1; i < k->a->n_chain; i++)
		if (signs_crl(k->a->chain[i], crl))
			return true;
	for (size_t i = 0; i < k->t->n_entries; i++)
		if (k->t->entries[i].role != TRUST_AS_PEER &&
		    k->t->entries[i].role != TRUST_AS_OCSP &&
		    signs_crl(k->t->entries[i].cert, crl) &&
		    leads_to_root(k, k->t->entries[i].cert))
			return true;
	for (size_t i = 0; i < q->n_others && i < TRUST_OTHERS_MAX; i++)
		if (signs_crl(q->others[i], crl) &&
		    leads_to_root(k, q->others[i]))
			return true;
	return false;
}

static bool gather_crl(struct check *k, const struct crl *crl)
{
	bool is_old_delta = crl->is_delta && crl->next_update_s < k->q->now_s;

	return sk_X509_CRL_push(is_old_delta ? k->old_deltas : k->crls,
				crl->x509) > 0;
}

static bool gather_crls(struct check *k)
{
	k->crls = sk_X509_CRL_new_null();
	k->old_deltas = sk_X509_CRL_new_null();
	if (!k->crls || !k->old_deltas)
		return false;
	for (size_t i = 0; i < k->t->n_crls; i++) {
		struct trust_crl *entry = &k->t->crls[i];

		if (!entry->is_signed)
			entry->is_signed = is_signed(k, entry->crl);
		if (entry->is_signed && !gather_crl(k, entry->crl))
			return false;
	}
	for (size_t i = 0; i < k->q->n_crls; i++)
		if (is_signed(k, k->q->crls[i]) && !gather_crl(k, k->q->crls[i]))
			return false;
	return true;
}

static bool revokes(const struct check *k, const struct crl *crl,
		    const struct certificate *c,
		    const struct certificate *issuer)
{
	return lists(crl->x509, c->x509, k->q->now_s) && signs_crl(issuer, crl);
}

/* By the CRLs that there are; that is all that RFC 6960 section 4.2.2.2.1 lets us. */
static bool is_revoked(const struct check *k, const struct certificate *c,
		       const struct certificate *issuer)
{
	for (size_t i = 0; i < k->t->n_crls; i++)
		if (revokes(k, k->t->crls[i].crl, c, issuer))
			return true;
	for (size_t i = 0; i < k->q->n_crls; i++)
		if (revokes(k, k->q->crls[i], c, issuer))
			return true;
	return false;
}

static void ask_one(struct check *k, size_t at, const struct ocsp *o,
		    bool *is_good)
{
	const struct ocsp_question q = { .cert = k->a->chain[at],
					 .issuer = k->a->chain[at + 1],
					 .now_s = k->q->now_s,
					 .rules = k->q->rules,
					 .trusted = k->t->responders,
					 .n_trusted = k->t->n_responders };
	struct certificate *responder;
	enum ocsp_says says = ocsp_says(o, &q, &responder);

	if (responder && is_revoked(k, responder, q.issuer))
		says = OCSP_SAYS_NOTHING;
	certificate_free(responder);
	if (says == OCSP_SAYS_REVOKED)
		say(k, q.cert, TRUST_REVOKED, NULL);
	*is_good = *is_good || says == OCSP_SAYS_GOOD;
}

/* false: one of the path is revoked. */
static bool ask_ocsp(struct check *k)
{
	const struct trust_question *q = k->q;
	struct trust_answer *a = k->a;

	for (size_t i = 0; i + 1 < a->n_chain; i++) {
		bool is_good = false;

		for (size_t j = 0; j < k->t->n_responses; j++)
			ask_one(k, i, k->t->responses[j], &is_good);
		for (size_t j = 0; j < q->n_responses; j++)
			ask_one(k, i, q->responses[j], &is_good);
		if (a->verdict != TRUST_OK)
			return false;
		if (is_good)
			a->unknown[i] = false;
	}
	return true;
}

/* false: one of the path is revoked. */
static bool ask_old_deltas(struct check *k)
{
	for (size_t i = 0; i + 1 < k->a->n_chain; i++)
		if (one_lists(k->old_deltas, k->a->chain[i]->x509, k->q->now_s)) {
			say(k, k->a->chain[i], TRUST_REVOKED, NULL);
			return false;
		}
	return true;
}

static bool may_be_unknown(const struct check *k, size_t at)
{
	const struct certificate *c = k->a->chain[at];
	const struct certificate *issuer = k->a->chain[at + 1];

	switch (k->q->revocation) {
	case REVOCATION_RELAXED:
		return true;
	case REVOCATION_IFURI:
		return !trust_has_address(k->t, c, issuer, STATUS_CRL) &&
		       !trust_has_address(k->t, c, issuer, STATUS_OCSP);
	case REVOCATION_STRICT:
		break;
	}
	return false;
}

static void check_revocation(struct check *k)
{
	struct trust_answer *a = k->a;

	if (!gather_crls(k)) {
		say(k, k->q->leaf, TRUST_NO_MEMORY, NULL);
		return;
	}
	k->with_crls = sk_X509_CRL_num(k->crls) > 0;
	for (size_t i = 0; i + 1 < a->n_chain; i++)
		a->unknown[i] = !k->with_crls;
	if (k->with_crls && !judge(k))
		return;
	a->unknown[a->n_chain - 1] = false;
	if (!ask_old_deltas(k) || !ask_ocsp(k))
		return;
	for (size_t i = 0; i + 1 < a->n_chain; i++)
		if (a->unknown[i] && !may_be_unknown(k, i)) {
			say(k, a->chain[i], TRUST_UNKNOWN_STATUS, NULL);
			return;
		}
}

/* --- all of it */

/* Trusted itself: only time and use are left to ask. */
static void check_pinned(struct check *k)
{
	const struct certificate *c = k->q->leaf;

	k->a->chain[0] = c;
	k->a->n_chain = 1;
	if (k->q->now_s < c->not_before_s)
		say(k, c, TRUST_NOT_YET, NULL);
	else if (k->q->now_s > c->not_after_s)
		say(k, c, TRUST_EXPIRED, NULL);
	else
		(void)is_for_us(k, true);
}

void trust_check(struct trust *t, const struct trust_question *q,
		 struct trust_answer *a)
{
	struct check k = { .t = t, .q = q, .a = a };

	*a = (struct trust_answer){ .verdict = TRUST_OK };
	if ((q->is_pinned || trust_set_has(t, TRUST_AS_PEER, q->leaf)) &&
	    !q->n_cas && !q->ca_id && !q->n_policies)
		check_pinned(&k);
	else if (!gather_others(&k))
		say(&k, q->leaf, TRUST_NO_MEMORY, NULL);
	else if (find_path(&k) && is_for_us(&k, false))
		check_revocation(&k);
	sk_X509_free(k.others);
	sk_X509_CRL_free(k.crls);
	sk_X509_CRL_free(k.old_deltas);
	ERR_clear_error();
}

bool trust_lists(const struct trust *t, const struct cert_serial *c)
{
	for (size_t i = 0; i < t->n_crls; i++)
		if (listed_by_crl(t->crls[i].crl, c))
			return true;
	for (size_t i = 0; i < t->n_responses; i++)
		if (listed_by_ocsp(t->responses[i], c))
			return true;
	return false;
}

const struct certificate *trust_issuer(struct trust *t,
				       const struct certificate *c,
				       const struct certificate *const *others,
				       size_t n_others, int64_t now_s)
{
	const struct trust_question q = {
		.leaf = c, .others = others, .n_others = n_others, .now_s = now_s
	};
	struct trust_answer a = { .verdict = TRUST_OK };
	struct check k = { .t = t, .q = &q, .a = &a };
	bool leads = gather_others(&k) && find_path(&k) && a.n_chain > 1;

	sk_X509_free(k.others);
	ERR_clear_error();
	return leads ? a.chain[1] : NULL;
}
