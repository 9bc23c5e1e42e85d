// SPDX-License-Identifier: BSD-2-Clause
/*
 * libcrypto finds the signer, and whether it may sign: it is asked with nothing to
 * trust but the issuer, which the path leads to already.
 */
#include "ctrl/pki/ocsp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- requests */

/* By SHA-1, which is all that every responder knows (RFC 5019 section 2.1.1). */
static OCSP_REQUEST *request(const struct certificate *cert,
			     const struct certificate *issuer,
			     const uint8_t nonce[OCSP_NONCE_BYTES])
{
	OCSP_REQUEST *r = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert->x509, issuer->x509);
	uint8_t copy[OCSP_NONCE_BYTES];

	memcpy(copy, nonce, sizeof(copy));
	if (r && id && OCSP_request_add0_id(r, id)) {
		if (OCSP_request_add1_nonce(r, copy, sizeof(copy)) == 1)
			return r;
	} else {
		OCSP_CERTID_free(id);
	}
	OCSP_REQUEST_free(r);
	return NULL;
}

int ocsp_ask(const struct certificate *cert, const struct certificate *issuer,
	     const uint8_t nonce[OCSP_NONCE_BYTES], uint8_t **out, size_t *len)
{
	OCSP_REQUEST *r = request(cert, issuer, nonce);
	int n = r ? i2d_OCSP_REQUEST(r, NULL) : -1;
	uint8_t *der = n > 0 ? malloc((size_t)n) : NULL, *at = der;

	if (der)
		*len = (size_t)i2d_OCSP_REQUEST(r, &at);
	OCSP_REQUEST_free(r);
	ERR_clear_error();
	*out = der;
	return der ? 0 : -ENOMEM;
}

/* --- responses */

static int fail(struct error *e, int err)
{
	switch (err) {
	case -E2BIG:
		return error_set(e, err,
				 "an OCSP response has at most %d octets and "
				 "%d certificates; let the responder send fewer",
				 OCSP_MAX_BYTES, OCSP_CERTS_MAX);
	case -EBADMSG:
		return error_set(e, err,
				 "it is no OCSP response in DER, or a malformed "
				 "one; look at it with openssl ocsp -respin");
	}
	return error_set(e, err, "out of memory");
}

/* RFC 6960 section 2.3 */
static int refused(int status, struct error *e)
{
	switch (status) {
	case OCSP_RESPONSE_STATUS_MALFORMEDREQUEST:
		return error_set(e, -EACCES,
				 "the responder cannot read our request; ask "
				 "whoever runs it");
	case OCSP_RESPONSE_STATUS_INTERNALERROR:
		return error_set(e, -EAGAIN,
				 "the responder has an error of its own; ask "
				 "whoever runs it");
	case OCSP_RESPONSE_STATUS_TRYLATER:
		return error_set(e, -EAGAIN,
				 "the responder wants to be asked later");
	case OCSP_RESPONSE_STATUS_SIGREQUIRED:
		return error_set(e, -EACCES,
				 "the responder wants signed requests, which "
				 "are not made here; use CRLs");
	case OCSP_RESPONSE_STATUS_UNAUTHORIZED:
		return error_set(e, -EACCES,
				 "the responder answers nothing about this "
				 "certificate, or not to us; correct ocsp_uris");
	}
	return fail(e, -EBADMSG);
}

static bool unix_time(const ASN1_GENERALIZEDTIME *t, int64_t *out)
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

struct times {
	int status;
	int reason; /* of a revoked one */
	int64_t this_s;
	int64_t next_s;
};

static bool times_of(OCSP_SINGLERESP *single, struct times *out)
{
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;

	out->status = OCSP_single_get0_status(single, &out->reason, NULL,
					      &this_update, &next_update);
	if (!unix_time(this_update, &out->this_s))
		return false;
	out->next_s = out->this_s + OCSP_FRESH_S;
	return !next_update || unix_time(next_update, &out->next_s);
}

/* What is critical and not known here may change what all of it means. */
static bool has_unknown(OCSP_BASICRESP *basic)
{
	for (int i = 0; i < OCSP_BASICRESP_get_ext_count(basic); i++) {
		X509_EXTENSION *ext = OCSP_BASICRESP_get_ext(basic, i);

		if (X509_EXTENSION_get_critical(ext) &&
		    OBJ_obj2nid(X509_EXTENSION_get_object(ext)) !=
			    NID_id_pkix_OCSP_Nonce)
			return true;
	}
	return false;
}

static bool single_has_unknown(OCSP_SINGLERESP *single)
{
	for (int i = 0; i < OCSP_SINGLERESP_get_ext_count(single); i++)
		if (X509_EXTENSION_get_critical(
			    OCSP_SINGLERESP_get_ext(single, i)))
			return true;
	return false;
}

static int take_fields(struct ocsp *o)
{
	int n = OCSP_resp_count(o->basic);
	struct times times;

	if (n < 1 || has_unknown(o->basic))
		return -EBADMSG;
	if (sk_X509_num(OCSP_resp_get0_certs(o->basic)) > OCSP_CERTS_MAX)
		return -E2BIG;
	o->n = (size_t)n;
	o->next_update_s = INT64_MAX;
	for (int i = 0; i < n; i++) {
		if (!times_of(OCSP_resp_get0(o->basic, i), &times))
			return -EBADMSG;
		if (times.next_s < o->next_update_s)
			o->next_update_s = times.next_s;
	}
	return 0;
}

static int read_basic(OCSP_RESPONSE *r, struct ocsp **out, struct error *e)
{
	struct ocsp *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return fail(e, -ENOMEM);
	o->basic = OCSP_response_get1_basic(r);
	err = o->basic ? take_fields(o) : -EBADMSG;
	if (err) {
		ocsp_free(o);
		return fail(e, err);
	}
	*out = o;
	return 0;
}

static int read_response(struct slice octets, struct ocsp **out, struct error *e)
{
	const uint8_t *at = octets.ptr;
	OCSP_RESPONSE *r;
	int status, err;

	if (octets.len > OCSP_MAX_BYTES)
		return fail(e, -E2BIG);
	r = octets.len ? d2i_OCSP_RESPONSE(NULL, &at, (long)octets.len) : NULL;
	if (!r)
		return fail(e, -EBADMSG);
	status = OCSP_response_status(r);
	if (at != octets.ptr + octets.len)
		err = fail(e, -EBADMSG);
	else if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		err = refused(status, e);
	else
		err = read_basic(r, out, e);
	OCSP_RESPONSE_free(r);
	return err;
}

int ocsp_read(struct slice octets, struct ocsp **out, struct error *e)
{
	int err = read_response(octets, out, e);

	ERR_clear_error();
	return err;
}

void ocsp_free(struct ocsp *o)
{
	if (!o)
		return;
	OCSP_BASICRESP_free(o->basic);
	free(o);
}

bool ocsp_answers(const struct ocsp *o, struct slice request)
{
	const uint8_t *at = request.ptr;
	OCSP_REQUEST *r = d2i_OCSP_REQUEST(NULL, &at, (long)request.len);
	/* 0: both have a nonce, and it is another one. */
	bool answers = r && OCSP_check_nonce(r, o->basic) != 0;

	OCSP_REQUEST_free(r);
	ERR_clear_error();
	return answers;
}

/* --- what it says */

static enum ocsp_says single_says(OCSP_SINGLERESP *single, int64_t now_s)
{
	struct times times;

	if (!times_of(single, &times) || single_has_unknown(single) ||
	    times.this_s > now_s + OCSP_SKEW_S)
		return OCSP_SAYS_NOTHING;
	if (times.status == V_OCSP_CERTSTATUS_REVOKED &&
	    times.reason != OCSP_REVOKED_STATUS_CERTIFICATEHOLD)
		return OCSP_SAYS_REVOKED;
	if (now_s > times.next_s)
		return OCSP_SAYS_NOTHING;
	switch (times.status) {
	case V_OCSP_CERTSTATUS_GOOD:
		return OCSP_SAYS_GOOD;
	case V_OCSP_CERTSTATUS_REVOKED:
		return OCSP_SAYS_REVOKED;
	}
	return OCSP_SAYS_NOTHING;
}

/* Nobody's signature is looked at here. */
static enum ocsp_says find(const struct ocsp *o, const struct ocsp_question *q)
{
	const EVP_MD *hashes[] = { EVP_sha1(), EVP_sha256() };
	enum ocsp_says found = OCSP_SAYS_NOTHING;

	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		OCSP_CERTID *id = OCSP_cert_to_id(hashes[i], q->cert->x509,
						  q->issuer->x509);
		int at = id ? OCSP_resp_find(o->basic, id, -1) : -1;

		for (; at >= 0; at = OCSP_resp_find(o->basic, id, at)) {
			enum ocsp_says says = single_says(
				OCSP_resp_get0(o->basic, at), q->now_s);

			if (says > found)
				found = says;
		}
		OCSP_CERTID_free(id);
	}
	return found;
}

/* Of the issuer alone, and of the question's time. */
static X509_STORE *store_of(const struct ocsp_question *q)
{
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param = store ? X509_STORE_get0_param(store) : NULL;

	if (!store || X509_STORE_add_cert(store, q->issuer->x509) != 1) {
		X509_STORE_free(store);
		return NULL;
	}
	X509_VERIFY_PARAM_set_time(param, (time_t)q->now_s);
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	return store;
}

/* The issuer, and those that are trusted now: libcrypto asks nothing of them. */
static STACK_OF(X509) * whose_word_counts(const struct ocsp_question *q)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	bool ok = all && sk_X509_push(all, q->issuer->x509) > 0;

	for (size_t i = 0; ok && i < q->n_trusted; i++) {
		const struct certificate *c = q->trusted[i];

		if (q->now_s >= c->not_before_s && q->now_s <= c->not_after_s)
			ok = sk_X509_push(all, c->x509) > 0;
	}
	if (ok)
		return all;
	sk_X509_free(all);
	return NULL;
}

/* Whose it is; NULL: it counts for nothing. Borrowed. */
static X509 *signer_of(const struct ocsp *o, const struct ocsp_question *q)
{
	STACK_OF(X509) *issuers = whose_word_counts(q);
	X509_STORE *store = store_of(q);
	X509 *signer = NULL;

	if (!store || !issuers ||
	    OCSP_basic_verify(o->basic, issuers, store, OCSP_TRUSTOTHER) != 1 ||
	    OCSP_resp_get0_signer(o->basic, &signer, issuers) != 1)
		signer = NULL;
	sk_X509_free(issuers);
	X509_STORE_free(store);
	return signer;
}

static bool is_strong(const struct ocsp *o, const struct sign_rules *r)
{
	uint8_t *der = NULL;
	int len = i2d_X509_ALGOR(OCSP_resp_get0_tbs_sigalg(o->basic), &der);
	const struct sign_scheme *scheme =
		len > 0 ? sign_by_alg(slice_of(der, (size_t)len)) : NULL;

	OPENSSL_free(der);
	return scheme && sign_rules_scheme(r->chain, scheme);
}

/* NULL: it may not sign for its issuer. */
static struct certificate *responder_of(X509 *x, const struct sign_rules *r)
{
	struct certificate *c = NULL;
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);
	struct error e;

	if (len > 0 && certificate_read(slice_of(der, (size_t)len), &c, &e))
		c = NULL;
	OPENSSL_free(der);
	if (c && c->signs && c->scheme &&
	    sign_rules_scheme(r->chain, c->scheme) &&
	    sign_rules_key(r, public_key_type(c->key), public_key_bits(c->key)))
		return c;
	certificate_free(c);
	return NULL;
}

/* false: it counts for nothing. */
static bool may_say(const struct ocsp *o, const struct ocsp_question *q,
		    struct certificate **responder)
{
	static const struct sign_rules any = { 0 };
	const struct sign_rules *r = q->rules ? q->rules : &any;
	X509 *signer;

	*responder = NULL;
	if (!is_strong(o, r))
		return false;
	signer = signer_of(o, q);
	if (!signer || signer == q->issuer->x509)
		return signer;
	*responder = responder_of(signer, r);
	return *responder;
}

enum ocsp_says ocsp_says(const struct ocsp *o, const struct ocsp_question *q,
			 struct certificate **responder)
{
	enum ocsp_says says = find(o, q);

	*responder = NULL;
	if (says != OCSP_SAYS_NOTHING && !may_say(o, q, responder))
		says = OCSP_SAYS_NOTHING;
	ERR_clear_error();
	return says;
}
