// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/cmp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/cmp.h>
#include <openssl/cmperr.h>
#include <openssl/err.h>

#include "ctrl/crypto/pkey.h"
#include "ctrl/pki/names.h"

#define STATUS_MAX 256
#define OTHER_KEY  "it is for another key than ours"

/* One run. */
struct run {
	const struct cmp_plan *p;
	OSSL_CMP_CTX *ctx;
	struct error why; /* of an exchange, or why the certificate is refused */
	int err;	  /* 0: nothing is wrong there */
};

/* The first that goes wrong is why. */
static int keep(struct run *r, int err, const char *text)
{
	if (r->err)
		return r->err;
	r->err = err;
	return error_set(&r->why, err, "%s", text);
}

/* --- messages */

/* What libcrypto would write to standard error. */
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

static OSSL_CMP_MSG *message_of(struct slice octets)
{
	BIO *bio = BIO_new_mem_buf(octets.ptr, (int)octets.len);
	OSSL_CMP_MSG *msg = bio ? d2i_OSSL_CMP_MSG_bio(bio, NULL) : NULL;

	if (msg && BIO_pending(bio)) {
		OSSL_CMP_MSG_free(msg);
		msg = NULL;
	}
	BIO_free(bio);
	return msg;
}

static OSSL_CMP_MSG *exchange(struct run *r, struct slice request)
{
	struct owned answer = { NULL, 0 };
	OSSL_CMP_MSG *msg = NULL;
	struct error why;
	int err;

	err = r->p->exchange(r->p->arg, request, &answer, &why);
	if (err) {
		keep(r, err, why.text);
		return NULL;
	}
	if (answer.len && answer.len <= CMP_MESSAGE_MAX)
		msg = message_of(owned_slice(&answer));
	owned_free(&answer);
	if (!msg)
		keep(r, -EBADMSG,
		     "the answer is no CMP message; is it the right URL?");
	return msg;
}

static OSSL_CMP_MSG *transfer(OSSL_CMP_CTX *ctx, const OSSL_CMP_MSG *request)
{
	struct run *r = OSSL_CMP_CTX_get_transfer_cb_arg(ctx);
	BIO *bio = BIO_new(BIO_s_mem());
	OSSL_CMP_MSG *answer = NULL;
	char *octets = NULL;
	long len;

	if (bio && i2d_OSSL_CMP_MSG_bio(bio, request) == 1) {
		len = BIO_get_mem_data(bio, &octets);
		answer = exchange(r, slice_of(octets, (size_t)len));
	}
	BIO_free(bio);
	return answer;
}

/* --- the certificate that comes */

static int read_again(const X509 *x, struct certificate **out, struct error *e)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der), err = -EBADMSG;

	if (len > 0)
		err = certificate_read(slice_of(der, (size_t)len), out, e);
	else
		error_set(e, err, "out of memory");
	OPENSSL_free(der);
	return err;
}

static const struct public_key *key_of(const struct cmp_plan *p)
{
	if (p->command == CMP_P10CR)
		return p->request->key;
	return p->key ? private_key_public(p->key) : NULL;
}

/* Returns what is wrong with it, for the CA as well; 0: nothing. */
static int judge(OSSL_CMP_CTX *ctx, X509 *x, int fail_info, const char **text)
{
	struct run *r = OSSL_CMP_CTX_get_certConf_cb_arg(ctx);
	struct certificate *c;
	struct error why;

	*text = OTHER_KEY;
	if (fail_info) {
		keep(r, -EBADMSG,
		     "the certificate that came is refused: " OTHER_KEY
		     "; has the CA taken the request "
		     "for another one's?");
		return fail_info;
	}
	if (read_again(x, &c, &why)) {
		keep(r, -EBADMSG, why.text);
		*text = "it is malformed";
		return 1 << OSSL_CMP_PKIFAILUREINFO_badDataFormat;
	}
	if (!public_key_equal(c->key, key_of(r->p))) {
		keep(r, -EBADMSG,
		     "the certificate that came is refused: " OTHER_KEY
		     "; has the CA taken the request "
		     "for another one's?");
		fail_info = 1 << OSSL_CMP_PKIFAILUREINFO_incorrectData;
	}
	certificate_free(c);
	return fail_info;
}

/* --- what is asked */

static bool set_name(OSSL_CMP_CTX *ctx, struct slice der,
		     int (*set)(OSSL_CMP_CTX *ctx, const X509_NAME *name))
{
	X509_NAME *name;
	bool ok;

	if (!der.len)
		return true;
	name = names_x509(der);
	ok = name && set(ctx, name) == 1;
	X509_NAME_free(name);
	return ok;
}

static bool set_stack(OSSL_CMP_CTX *ctx, const struct certificate *const *certs,
		      size_t n)
{
	STACK_OF(X509) * stack;
	bool ok;

	/* Of an empty one libcrypto would make NULL, and stumble over it. */
	if (!n)
		return true;
	stack = sk_X509_new_null();
	ok = stack != NULL;
	for (size_t i = 0; ok && i < n; i++)
		ok = sk_X509_push(stack, certs[i]->x509) > 0;
	ok = ok && OSSL_CMP_CTX_set1_untrusted(ctx, stack) == 1;
	sk_X509_free(stack);
	return ok;
}

static bool set_trusted(const struct cmp_plan *p, OSSL_CMP_CTX *ctx)
{
	X509_STORE *store;

	if (!p->n_cas)
		return true;
	store = X509_STORE_new();
	for (size_t i = 0; store && i < p->n_cas; i++)
		if (X509_STORE_add_cert(store, p->cas[i]->x509) != 1)
			goto free_store;
	if (store && OSSL_CMP_CTX_set0_trustedStore(ctx, store) == 1)
		return true;
free_store:
	X509_STORE_free(store);
	return false;
}

static bool set_protection(const struct cmp_plan *p, OSSL_CMP_CTX *ctx)
{
	if (p->ref.len && OSSL_CMP_CTX_set1_referenceValue(ctx, p->ref.ptr,
							   (int)p->ref.len) != 1)
		return false;
	if (p->secret.len &&
	    OSSL_CMP_CTX_set1_secretValue(ctx, p->secret.ptr,
					  (int)p->secret.len) != 1)
		return false;
	if (p->n_own && (OSSL_CMP_CTX_set1_cert(ctx, p->own[0]->x509) != 1 ||
			 OSSL_CMP_CTX_set1_pkey(ctx, p->own_key->pkey) != 1 ||
			 !set_stack(ctx, p->own + 1, p->n_own - 1)))
		return false;
	return set_trusted(p, ctx);
}

static bool set_sans(const struct cmp_plan *p, OSSL_CMP_CTX *ctx)
{
	GENERAL_NAME *name;
	bool ok = true;

	for (size_t i = 0; ok && i < p->n_sans; i++) {
		name = names_general(&p->sans[i]);
		ok = name && OSSL_CMP_CTX_push1_subjectAltName(ctx, name) == 1;
		GENERAL_NAME_free(name);
	}
	return ok;
}

static bool set_new_key(const struct cmp_plan *p, OSSL_CMP_CTX *ctx)
{
	if (!p->key)
		return true;
	if (OSSL_CMP_CTX_set0_newPkey(ctx, 1, p->key->pkey) != 1)
		return false;
	return EVP_PKEY_up_ref(p->key->pkey) == 1;
}

static bool set_asked(const struct cmp_plan *p, OSSL_CMP_CTX *ctx)
{
	return set_name(ctx, p->subject, OSSL_CMP_CTX_set1_subjectName) &&
	       set_name(ctx, p->recipient, OSSL_CMP_CTX_set1_recipient) &&
	       set_sans(p, ctx) && set_new_key(p, ctx) &&
	       (!p->request ||
		OSSL_CMP_CTX_set1_p10CSR(ctx, p->request->x509) == 1) &&
	       (!p->old || OSSL_CMP_CTX_set1_oldCert(ctx, p->old->x509) == 1) &&
	       (p->command != CMP_RR ||
		OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_REVOCATION_REASON,
					p->reason) == 1);
}

static bool set_up(struct run *r)
{
	const struct cmp_plan *p = r->p;
	OSSL_CMP_CTX *ctx = r->ctx;

	return OSSL_CMP_CTX_set_log_cb(ctx, say_nothing) == 1 &&
	       OSSL_CMP_CTX_set_transfer_cb(ctx, transfer) == 1 &&
	       OSSL_CMP_CTX_set_transfer_cb_arg(ctx, r) == 1 &&
	       OSSL_CMP_CTX_set_certConf_cb(ctx, judge) == 1 &&
	       OSSL_CMP_CTX_set_certConf_cb_arg(ctx, r) == 1 &&
	       OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_TOTAL_TIMEOUT,
				       (int)p->timeout_s) == 1 &&
	       OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_IMPLICIT_CONFIRM,
				       p->implicit_confirm) == 1 &&
	       set_protection(p, ctx) && set_asked(p, ctx);
}

static int check(const struct cmp_plan *p, struct error *e)
{
	const bool is_new = p->command == CMP_IR || p->command == CMP_CR ||
			    p->command == CMP_KUR;

	if (!p->secret.len && !p->n_own)
		return error_set(e, -EINVAL,
				 "nothing protects the request; give --ref and "
				 "--secret-file, or --cert and --key");
	if (p->n_own &&
	    !public_key_equal(p->own[0]->key, private_key_public(p->own_key)))
		return error_set(e, -EINVAL,
				 "the key is not that of the certificate that "
				 "the request is signed for; give the one that "
				 "belongs to it");
	if (p->n_own && !p->secret.len && !p->n_cas)
		return error_set(e, -EINVAL,
				 "nobody is trusted to sign the answer; give "
				 "the CA's certificate by --cacert");
	if ((is_new && !p->key) || (p->command == CMP_P10CR && !p->request) ||
	    ((p->command == CMP_KUR || p->command == CMP_RR) && !p->old))
		return error_set(e, -EINVAL,
				 "there is nothing that it would be asked for; "
				 "give a key, a request, or the old "
				 "certificate");
	return 0;
}

/* --- what came of it */

static char printable(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

static int say_refused(struct run *r, struct error *e)
{
	char status[STATUS_MAX] = "";

	if (!OSSL_CMP_CTX_snprint_PKIStatus(r->ctx, status, sizeof(status)))
		snprintf(status, sizeof(status), "without a reason");
	for (char *at = status; *at; at++)
		*at = printable(*at);
	return error_set(e, -EACCES,
			 "the CA refused it (%s); ask whoever runs it, or "
			 "correct names and secret",
			 status);
}

/* Of libcrypto's queue the first error that is CMP's own and says what was wrong. */
static int reason(void)
{
	unsigned long code;

	while ((code = ERR_get_error()))
		if (ERR_GET_LIB(code) == ERR_LIB_CMP)
			return ERR_GET_REASON(code);
	return 0;
}

static int say_why(struct run *r, struct error *e)
{
	int why = reason();

	if (r->err) {
		*e = r->why;
		return r->err;
	}
	if (OSSL_CMP_CTX_get_status(r->ctx) == OSSL_CMP_PKISTATUS_rejection)
		return say_refused(r, e);
	switch (why) {
	case CMP_R_ERROR_VALIDATING_PROTECTION:
	case CMP_R_ERROR_VALIDATING_SIGNATURE:
	case CMP_R_WRONG_PBM_VALUE:
	case CMP_R_MISSING_PROTECTION:
	case CMP_R_MISSING_KEY_USAGE_DIGITALSIGNATURE:
	case CMP_R_MISSING_SECRET:
	case CMP_R_MISSING_TRUST_STORE:
	case CMP_R_MISSING_TRUST_ANCHOR:
	case CMP_R_NO_SUITABLE_SENDER_CERT:
	case CMP_R_SRVCERT_DOES_NOT_VALIDATE_MSG:
		return error_set(e, -EKEYREJECTED,
				 "the answer is not protected by the secret, nor "
				 "by a signature that leads to a CA of "
				 "--cacert; correct --ref, --secret-file or "
				 "--cacert");
	case CMP_R_TOTAL_TIMEOUT:
		return error_set(e, -ETIMEDOUT,
				 "after %u s the CA still has no certificate; "
				 "try again later, or wait longer by "
				 "--timeout",
				 r->p->timeout_s);
	}
	return error_set(
		e, -EBADMSG,
		"the answer is none to our request (%s); is it the "
		"right URL and command?",
		why ? ERR_reason_error_string(ERR_PACK(ERR_LIB_CMP, 0, why))
		    : "no reason");
}

static int body_type(enum cmp_command command)
{
	switch (command) {
	case CMP_IR:
		return OSSL_CMP_IR;
	case CMP_CR:
		return OSSL_CMP_CR;
	case CMP_P10CR:
		return OSSL_CMP_P10CR;
	case CMP_KUR:
		return OSSL_CMP_KUR;
	case CMP_RR:
		break;
	}
	return -1; /* which no certificate comes of */
}

static int ask(struct run *r, struct certificate **out, struct error *e)
{
	const X509 *x;

	if (r->p->command == CMP_RR)
		return OSSL_CMP_exec_RR_ses(r->ctx) == 1 ? 0 : say_why(r, e);
	x = OSSL_CMP_exec_certreq(r->ctx, body_type(r->p->command), NULL);
	if (!x)
		return say_why(r, e);
	return read_again(x, out, e);
}

int cmp_run(const struct cmp_plan *p, struct certificate **out, struct error *e)
{
	struct run r = { .p = p };
	int err = check(p, e);

	*out = NULL;
	if (err)
		return err;
	ERR_clear_error();
	r.ctx = OSSL_CMP_CTX_new(NULL, NULL);
	if (r.ctx && set_up(&r))
		err = ask(&r, out, e);
	else
		err = error_set(e, -EINVAL,
				"libcrypto takes no request of this form; are "
				"all names plain text?");
	OSSL_CMP_CTX_free(r.ctx);
	ERR_clear_error();
	return err;
}
