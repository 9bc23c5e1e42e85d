// SPDX-License-Identifier: BSD-2-Clause
#include "tests/support/cmp_ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cmp.h>
#include <openssl/crmf.h>
#include <openssl/err.h>

#include "ctrl/crypto/pkey.h"
#include "ctrl/pki/issue.h"
#include "ctrl/pki/names.h"

#define HOUR_S	       3600
#define TAG_PUBLIC_KEY 6 /* of CertTemplate (RFC 4211 section 5) */

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "cmp_ca: %s\n", what);
	ERR_print_errors_fp(stderr);
	abort();
}

static struct cmp_ca *ca_of(const OSSL_CMP_SRV_CTX *server)
{
	return OSSL_CMP_SRV_CTX_get0_custom_ctx(server);
}

/* --- the key that a request is for --- */

/* What is in the next element, and what comes behind it. */
static struct slice inside(struct slice *left, int *tag, struct slice *whole)
{
	const uint8_t *at = left->ptr;
	struct slice body;
	int class;
	long len;

	need(!(ASN1_get_object(&at, &len, tag, &class, (long)left->len) & 0x80),
	     "DER");
	body = slice_of(at, (size_t)len);
	*whole = slice_of(left->ptr, (size_t)(at - left->ptr) + body.len);
	*left = slice_of(at + len, left->len - whole->len);
	return body;
}

/* libcrypto has no way to it: CertReqMsg, CertRequest, behind its number CertTemplate. */
static struct public_key *key_in(const OSSL_CRMF_MSG *crm)
{
	uint8_t *der = NULL;
	int len = i2d_OSSL_CRMF_MSG(crm, &der), tag = 0;
	struct slice at = slice_of(der, (size_t)len), whole, template;
	struct public_key *key = NULL;
	struct owned spki;

	need(len > 0, "a request");
	at = inside(&at, &tag, &whole);
	at = inside(&at, &tag, &whole);
	(void)inside(&at, &tag, &whole);
	template = inside(&at, &tag, &whole);
	while (template.len && tag != -1) {
		(void)inside(&template, &tag, &whole);
		if (tag != TAG_PUBLIC_KEY)
			continue;
		need(owned_copy(whole, &spki) == 0, "memory");
		spki.ptr[0] = 0x30; /* its tag is implicit */
		need(public_key_read(owned_slice(&spki), &key) == 0, "a key");
		owned_free(&spki);
		tag = -1;
	}
	OPENSSL_free(der);
	need(key != NULL, "no key is in it");
	return key;
}

static struct public_key *key_of_request(const X509_REQ *request)
{
	uint8_t *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY((X509_REQ *)request),
				  &spki);
	struct public_key *key = NULL;

	need(len > 0 && public_key_read(slice_of(spki, (size_t)len), &key) == 0,
	     "a key");
	OPENSSL_free(spki);
	return key;
}

/* --- what it does --- */

static X509 *issue(struct cmp_ca *ca, const X509_NAME *subject,
		   const struct public_key *key)
{
	struct issue_plan p = { .key = ca->other ? ca->other : key,
				.subject = names_der(subject),
				.not_before_s = ca->now_s - HOUR_S,
				.not_after_s = ca->now_s + HOUR_S,
				.issuer = ca->cert };
	const uint8_t *at;
	struct owned der;
	struct error e;
	X509 *x;

	need(signer_of(ca->key, (enum ike_hash)0, false, &p.signer, &e) == 0 &&
		     issue_certificate(&p, &der, &e) == 0,
	     "a certificate");
	at = der.ptr;
	x = d2i_X509(NULL, &at, (long)der.len);
	owned_free(&der);
	ca->issued++;
	return x;
}

static OSSL_CMP_PKISI *on_request(OSSL_CMP_SRV_CTX *server,
				  const OSSL_CMP_MSG *msg, int id,
				  const OSSL_CRMF_MSG *crm,
				  const X509_REQ *request, X509 **out,
				  STACK_OF(X509) * *chain, STACK_OF(X509) * *cas)
{
	struct cmp_ca *ca = ca_of(server);
	struct public_key *key;

	(void)id;
	*chain = NULL;
	*cas = NULL;
	*out = NULL;
	if (ca->refuses)
		return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection,
					       OSSL_CMP_CTX_FAILINFO_badRequest,
					       ca->refuses);
	if (ca->waits && ca->asked < ca->waits) {
		ca->kept = OSSL_CMP_MSG_dup(msg);
		return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_waiting, 0,
					       NULL);
	}
	ca->asked = 0;
	key = crm ? key_in(crm) : key_of_request(request);
	*out = issue(ca,
		     crm ? OSSL_CRMF_CERTTEMPLATE_get0_subject(
				   OSSL_CRMF_MSG_get0_tmpl(crm))
			 : X509_REQ_get_subject_name(request),
		     key);
	public_key_free(key);
	return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

static int on_poll(OSSL_CMP_SRV_CTX *server, const OSSL_CMP_MSG *msg, int id,
		   OSSL_CMP_MSG **request, int64_t *after_s)
{
	struct cmp_ca *ca = ca_of(server);

	(void)msg;
	(void)id;
	*after_s = 1;
	*request = NULL;
	if (++ca->asked < ca->waits)
		return 1;
	*request = ca->kept;
	ca->kept = NULL;
	return 1;
}

static OSSL_CMP_PKISI *on_revocation(OSSL_CMP_SRV_CTX *server,
				     const OSSL_CMP_MSG *msg,
				     const X509_NAME *issuer,
				     const ASN1_INTEGER *serial)
{
	struct cmp_ca *ca = ca_of(server);

	(void)msg;
	need(X509_NAME_cmp(issuer, X509_get_subject_name(ca->cert->x509)) == 0 &&
		     serial,
	     "one of its own");
	ca->revoked++;
	return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

static int on_confirmation(OSSL_CMP_SRV_CTX *server, const OSSL_CMP_MSG *msg,
			   int id, const ASN1_OCTET_STRING *hash,
			   const OSSL_CMP_PKISI *status)
{
	struct cmp_ca *ca = ca_of(server);
	char text[256] = "";

	(void)msg;
	(void)id;
	(void)hash;
	if (status)
		OSSL_CMP_snprint_PKIStatusInfo(status, text, sizeof(text));
	if (strstr(text, "rejection"))
		ca->rejected++;
	else
		ca->confirmed++;
	return 1;
}

static void on_error(OSSL_CMP_SRV_CTX *server, const OSSL_CMP_MSG *msg,
		     const OSSL_CMP_PKISI *status, const ASN1_INTEGER *code,
		     const OSSL_CMP_PKIFREETEXT *details)
{
	(void)server;
	(void)msg;
	(void)status;
	(void)code;
	(void)details;
}

static int say_nothing(const char *function, const char *file, int line,
		       OSSL_CMP_severity level, const char *text)
{
	(void)function;
	(void)file;
	(void)line;
	(void)level;
	(void)text;
	return 1;
}

/* --- begun, asked, ended --- */

static void set_signed(struct cmp_ca *ca, OSSL_CMP_CTX *ctx)
{
	X509_STORE *store = X509_STORE_new();

	need(OSSL_CMP_CTX_set1_cert(ctx, ca->signer->x509) == 1 &&
		     OSSL_CMP_CTX_set1_pkey(ctx, ca->key->pkey) == 1 &&
		     X509_STORE_add_cert(store, ca->cert->x509) == 1 &&
		     OSSL_CMP_CTX_set0_trustedStore(ctx, store) == 1,
	     "signatures");
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store),
				   (time_t)ca->now_s);
}

void cmp_ca_begin(struct cmp_ca *ca)
{
	OSSL_CMP_SRV_CTX *server = OSSL_CMP_SRV_CTX_new(NULL, NULL);
	OSSL_CMP_CTX *ctx = OSSL_CMP_SRV_CTX_get0_cmp_ctx(server);

	need(OSSL_CMP_SRV_CTX_init(server, ca, on_request, on_revocation, NULL,
				   on_error, on_confirmation, on_poll) == 1 &&
		     OSSL_CMP_CTX_set_log_cb(ctx, say_nothing) == 1 &&
		     OSSL_CMP_SRV_CTX_set_grant_implicit_confirm(
			     server, ca->grants_implicit) == 1,
	     "a server");
	if (ca->secret)
		need(OSSL_CMP_CTX_set1_referenceValue(ctx, (const uint8_t *)"ca",
						      2) == 1 &&
			     OSSL_CMP_CTX_set1_secretValue(
				     ctx, (const uint8_t *)ca->secret,
				     (int)strlen(ca->secret)) == 1,
		     "a secret");
	else
		set_signed(ca, ctx);
	ca->server = server;
}

void cmp_ca_end(struct cmp_ca *ca)
{
	OSSL_CMP_SRV_CTX_free(ca->server);
	OSSL_CMP_MSG_free(ca->kept);
	ca->server = ca->kept = NULL;
}

int cmp_ca_exchange(void *arg, struct slice request, struct owned *answer,
		    struct error *e)
{
	struct cmp_ca *ca = arg;
	BIO *in = BIO_new_mem_buf(request.ptr, (int)request.len);
	BIO *out = BIO_new(BIO_s_mem());
	OSSL_CMP_MSG *asked = d2i_OSSL_CMP_MSG_bio(in, NULL), *said;
	char *octets = NULL;
	long len;

	(void)e;
	need(asked != NULL, "what is asked is a message");
	said = OSSL_CMP_SRV_process_request(ca->server, asked);
	need(said && i2d_OSSL_CMP_MSG_bio(out, said) == 1, "an answer");
	len = BIO_get_mem_data(out, &octets);
	need(owned_copy(slice_of(octets, (size_t)len), answer) == 0, "memory");
	OSSL_CMP_MSG_free(asked);
	OSSL_CMP_MSG_free(said);
	BIO_free(in);
	BIO_free(out);
	ERR_clear_error();
	return 0;
}
