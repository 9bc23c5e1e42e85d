// SPDX-License-Identifier: BSD-2-Clause
/*
 * OCSP: how it is asked, what is read of a response, and the table of what one does to
 * a certificate's status, beside each row what `openssl ocsp` says of the same files
 * (of times it says nothing here: it has a clock of its own).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "ctrl/pki/trust.h"
#include "tests/support/openssl.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CA	     "basicConstraints=critical,CA:TRUE"
#define SIGN	     "keyUsage=critical,keyCertSign,cRLSign"
#define EKU	     "extendedKeyUsage=OCSPSigning"
#define NO_CHECK     "noCheck=ignored"
#define GOOD	     V_OCSP_CERTSTATUS_GOOD
#define REVOKED	     V_OCSP_CERTSTATUS_REVOKED
#define UNKNOWN	     V_OCSP_CERTSTATUS_UNKNOWN

static const uint8_t nonce[OCSP_NONCE_BYTES] = { 1, 2, 3 };
static const uint8_t nonce2[OCSP_NONCE_BYTES] = { 1, 2, 4 };

/* clang-format off */
static const struct pki_cert certs[] = {
	{ .name = "root", .exts = { CA, SIGN } },
	{ .name = "root2", .exts = { CA, SIGN } },
	{ .name = "impostor", NULL, "C=CH, CN=root", .exts = { CA, SIGN } },
	{ .name = "sub", "root", .exts = { CA, SIGN } },
	{ .name = "leaf", "root" },
	{ .name = "other", "root" },
	{ .name = "leaf2", "root2" },
	{ .name = "leaf_sub", "sub" },
	{ .name = "resp", "root", .exts = { EKU, NO_CHECK } },
	{ .name = "resp_check", "root", .exts = { EKU } },
	{ .name = "resp_rsa", "root", .key = "rsa2048", .exts = { EKU, NO_CHECK } },
	{ .name = "resp_plain", "root" },
	{ .name = "resp_server", "root", .exts = { "extendedKeyUsage=serverAuth" } },
	{ .name = "resp_old", "root", .from_h = -700, .until_h = -600, .exts = { EKU } },
	{ .name = "resp_future", "root", .from_h = 600, .until_h = 700, .exts = { EKU } },
	{ .name = "resp_root2", "root2", .exts = { EKU, NO_CHECK } },
	{ .name = "resp_sub", "sub", .exts = { EKU, NO_CHECK } },
	{ .name = "resp_self", .exts = { EKU, NO_CHECK } },
	{ .name = "resp_impostor", "impostor", .exts = { EKU, NO_CHECK } },
	{ .name = "resp_weak", "root", .key = "rsa1024", .exts = { EKU, NO_CHECK } },
	{ .name = "resp_agree", "root", .exts = { EKU, "keyUsage=keyAgreement" } },
};

static const struct pki_crl crls[] = {
	{ .name = "crl", "root", .from_h = -1, .until_h = 2 },
	{ .name = "crl_bad", "root", .from_h = -1, .until_h = 2, .revoked = { "leaf" } },
	{ .name = "crl_resp", "root", .from_h = -3, .until_h = -1,
	  .revoked = { "resp_check" } },
	{ .name = "crl_resp_lie", "root", "impostor", .from_h = -1, .until_h = 2,
	  .revoked = { "resp_check" } },
};

static const struct pki_ocsp responses[] = {
	{ .name = "good", "root", .about = { "leaf" }, GOOD, -1, 1 },
	{ .name = "good256", "root", .about = { "leaf" }, GOOD, -1, 1, "sha256" },
	{ .name = "good512", "root", .about = { "leaf" }, GOOD, -1, 1, "sha512" },
	{ .name = "good_key", "root", .about = { "leaf" }, GOOD, -1, 1, .by_key = true },
	{ .name = "good_nonce", "root", .about = { "leaf" }, GOOD, -1, 1, .nonce = nonce },
	{ .name = "good_two", "root", .about = { "other", "leaf" }, GOOD, -1, 1 },
	{ .name = "revoked", "root", .about = { "leaf" }, REVOKED, -1, 1 },
	{ .name = "unknown", "root", .about = { "leaf" }, UNKNOWN, -1, 1 },
	{ .name = "other_good", "root", .about = { "other" }, GOOD, -1, 1 },
	{ .name = "sub_good", "root", .about = { "sub" }, GOOD, -1, 1 },
	{ .name = "sub_revoked", "root", .about = { "sub" }, REVOKED, -1, 1 },
	{ .name = "leaf_sub_good", "sub", .about = { "leaf_sub" }, GOOD, -1, 1 },
	{ .name = "leaf2_good", "root2", .about = { "leaf2" }, GOOD, -1, 1 },
	/* times */
	{ .name = "old", "root", .about = { "leaf" }, GOOD, -3, -1 },
	{ .name = "old_revoked", "root", .about = { "leaf" }, REVOKED, -3, -1 },
	{ .name = "hold", "root", .about = { "leaf" }, REVOKED, -1, 1,
	  .reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD },
	{ .name = "old_hold", "root", .about = { "leaf" }, REVOKED, -3, -1,
	  .reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD },
	{ .name = "old_compromise", "root", .about = { "leaf" }, REVOKED, -3, -1,
	  .reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE },
	{ .name = "future", "root", .about = { "leaf" }, GOOD, 1, 2 },
	{ .name = "future_revoked", "root", .about = { "leaf" }, REVOKED, 1, 2 },
	{ .name = "fresh", "root", .about = { "leaf" }, GOOD, -1, 0 },
	{ .name = "not_fresh", "root", .about = { "leaf" }, GOOD, -2, 0 },
	/* who signs */
	{ .name = "forged", "root", .about = { "leaf" }, GOOD, -1, 1,
	  .has_bad_signature = true },
	{ .name = "forged_revoked", "root", .about = { "leaf" }, REVOKED, -1, 1,
	  .has_bad_signature = true },
	{ .name = "by_impostor", "root", "impostor", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_root2", "root", "root2", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_leaf", "root", "leaf", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp", "root", "resp", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_key", "root", "resp", { "leaf" }, GOOD, -1, 1, .by_key = true },
	{ .name = "by_resp_revoked", "root", "resp", { "leaf" }, REVOKED, -1, 1 },
	{ .name = "by_resp_forged", "root", "resp", { "leaf" }, GOOD, -1, 1,
	  .has_bad_signature = true },
	{ .name = "by_resp_check", "root", "resp_check", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_rsa", "root", "resp_rsa", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_sha1", "root", "resp_rsa", { "leaf" }, GOOD, -1, 1,
	  .digest = "sha1" },
	{ .name = "by_resp_plain", "root", "resp_plain", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_server", "root", "resp_server", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_old", "root", "resp_old", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_future", "root", "resp_future", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_root2", "root", "resp_root2", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_sub", "root", "resp_sub", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_self", "root", "resp_self", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_impostor", "root", "resp_impostor", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_weak", "root", "resp_weak", { "leaf" }, GOOD, -1, 1 },
	{ .name = "by_resp_agree", "root", "resp_agree", { "leaf" }, GOOD, -1, 1 },
	/* extensions */
	{ .name = "ext", "root", .about = { "leaf" }, GOOD, -1, 1,
	  .ext = "1.2.3.4=ASN1:UTF8String:x" },
	{ .name = "ext_critical", "root", .about = { "leaf" }, GOOD, -1, 1,
	  .ext = "1.2.3.4=critical,ASN1:UTF8String:x" },
	{ .name = "many_certs", "root", "resp", { "leaf" }, GOOD, -1, 1, .n_certs = 9 },
	/* none */
	{ .name = "later", "root", .error = OCSP_RESPONSE_STATUS_TRYLATER },
	{ .name = "unauthorized", "root", .error = OCSP_RESPONSE_STATUS_UNAUTHORIZED },
	{ .name = "internal", "root", .error = OCSP_RESPONSE_STATUS_INTERNALERROR },
	{ .name = "sig_required", "root", .error = OCSP_RESPONSE_STATUS_SIGREQUIRED },
	{ .name = "bad_request", "root", .error = OCSP_RESPONSE_STATUS_MALFORMEDREQUEST },
};

/* What openssl says: of whoever signed it, and of the certificate. */
#define THEY_SAY_GOOD	 { "Response verify OK", "leaf: good" }
#define THEY_SAY_REVOKED { "Response verify OK", "leaf: revoked" }
#define THEY_SAY_UNKNOWN { "Response verify OK", "leaf: unknown" }
#define THEY_REFUSE	 { "Response Verify Failure", NULL }

static const struct row {
	const char *what;
	const char *response;
	enum trust_verdict wanted; /* with `strict` */
	const char *said[2];	   /* by openssl; NULL: it is not asked */
	const char *crl;
	const char *auth;
} rows[] = {
	{ "good", "good", TRUST_OK, .said = THEY_SAY_GOOD },
	{ "by SHA-256", "good256", TRUST_OK, .said = THEY_SAY_GOOD },
	{ "by a hash that we do not ask by", "good512", TRUST_UNKNOWN_STATUS,
	  .said = THEY_SAY_GOOD },
	{ "a responder with a key identifier", "good_key", TRUST_OK, .said = THEY_SAY_GOOD },
	{ "of two", "good_two", TRUST_OK, .said = THEY_SAY_GOOD },
	{ "revoked", "revoked", TRUST_REVOKED, .said = THEY_SAY_REVOKED },
	{ "unknown", "unknown", TRUST_UNKNOWN_STATUS, .said = THEY_SAY_UNKNOWN },
	{ "of another certificate", "other_good", TRUST_UNKNOWN_STATUS,
	  .said = { "Response verify OK", "leaf: ERROR: No Status found" } },
	{ "old", "old", TRUST_UNKNOWN_STATUS, .crl = NULL },
	{ "revoked when it was new", "old_revoked", TRUST_REVOKED, .crl = NULL },
	{ "on hold", "hold", TRUST_REVOKED, .crl = NULL },
	{ "on hold when it was new", "old_hold", TRUST_UNKNOWN_STATUS, .crl = NULL },
	{ "compromised when it was new", "old_compromise", TRUST_REVOKED, .crl = NULL },
	{ "of the future", "future", TRUST_UNKNOWN_STATUS, .crl = NULL },
	{ "revoked in the future", "future_revoked", TRUST_UNKNOWN_STATUS, .crl = NULL },
	{ "without nextUpdate, an hour old", "fresh", TRUST_OK, .crl = NULL },
	{ "without nextUpdate, two hours old", "not_fresh", TRUST_UNKNOWN_STATUS, .crl = NULL },
	{ "forged", "forged", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "revoked, forged", "forged_revoked", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "another key of the CA's name", "by_impostor", TRUST_UNKNOWN_STATUS,
	  .said = THEY_REFUSE },
	{ "another CA", "by_root2", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "by itself", "by_leaf", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "a responder of the CA", "by_resp", TRUST_OK, .said = THEY_SAY_GOOD },
	{ "named by its key", "by_resp_key", TRUST_OK, .said = THEY_SAY_GOOD },
	{ "it says revoked", "by_resp_revoked", TRUST_REVOKED, .said = THEY_SAY_REVOKED },
	{ "its certificate is forged", "by_resp_forged", TRUST_UNKNOWN_STATUS,
	  .said = THEY_REFUSE },
	{ "whose own status is to be asked for", "by_resp_check", TRUST_OK,
	  .said = THEY_SAY_GOOD },
	{ "it is revoked", "by_resp_check", TRUST_UNKNOWN_STATUS, .said = THEY_SAY_GOOD,
	  .crl = "crl_resp" },
	{ "a CRL of somebody else says so", "by_resp_check", TRUST_OK,
	  .said = THEY_SAY_GOOD, .crl = "crl_resp_lie" },
	{ "with RSA", "by_resp_rsa", TRUST_OK, .said = THEY_SAY_GOOD },
	{ "with SHA-1", "by_resp_sha1", TRUST_UNKNOWN_STATUS, .said = THEY_SAY_GOOD },
	{ "with SHA-1, which is let", "by_resp_sha1", TRUST_OK, .said = THEY_SAY_GOOD,
	  .auth = "rsa-sha1-ecdsa-sha256" },
	{ "that is none by its usage", "by_resp_plain", TRUST_UNKNOWN_STATUS,
	  .said = THEY_REFUSE },
	{ "that is for TLS", "by_resp_server", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "that has expired", "by_resp_old", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "that is not valid yet", "by_resp_future", TRUST_UNKNOWN_STATUS,
	  .said = THEY_REFUSE },
	{ "of another CA", "by_resp_root2", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "of a CA below it", "by_resp_sub", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "that nobody issued", "by_resp_self", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "of an impostor", "by_resp_impostor", TRUST_UNKNOWN_STATUS, .said = THEY_REFUSE },
	{ "with a weak key", "by_resp_weak", TRUST_UNKNOWN_STATUS, .said = THEY_SAY_GOOD },
	{ "whose key signs nothing", "by_resp_agree", TRUST_UNKNOWN_STATUS,
	  .said = THEY_SAY_GOOD },
	{ "an extension that nobody knows", "ext", TRUST_OK, .said = THEY_SAY_GOOD },
	{ "beside a CRL", "good", TRUST_OK, .crl = "crl" },
	{ "a CRL revokes it", "good", TRUST_REVOKED, .crl = "crl_bad" },
	{ "a CRL does not", "revoked", TRUST_REVOKED, .crl = "crl" },
	{ "a CRL tells what it does not", "unknown", TRUST_OK, .crl = "crl" },
};
/* clang-format on */

static int setup(void **state)
{
	(void)state;
	openssl_begin();
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(crls); i++)
		pki_make_crl(&crls[i]);
	for (size_t i = 0; i < ARRAY_LEN(responses); i++)
		pki_make_ocsp(&responses[i]);
	ERR_clear_error();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pki_end();
	openssl_end();
	return 0;
}

/* --- both */

static struct certificate *read_cert(const char *name)
{
	struct certificate *c = NULL;
	struct error e;

	if (certificate_read(pki_der(name), &c, &e))
		fail_msg("%s: %s", name, e.text);
	return c;
}

static struct ocsp *read_ocsp(const char *name)
{
	struct ocsp *o = NULL;
	struct error e;

	if (ocsp_read(pki_der(name), &o, &e))
		fail_msg("%s: %s", name, e.text);
	assert_int_equal(ERR_peek_error(), 0);
	return o;
}

static struct crl *read_crl(const char *name)
{
	struct crl *c = NULL;
	struct error e;

	assert_int_equal(crl_read(pki_der(name), &c, &e), 0);
	return c;
}

static struct trust *trust_of(const char *crl)
{
	struct trust *t;
	struct error e;

	assert_int_equal(trust_new(&t), 0);
	assert_int_equal(trust_add(t, TRUST_AS_CA, read_cert("root"), &e), 0);
	if (crl)
		assert_int_equal(trust_add_crl(t, read_crl(crl)), 0);
	return t;
}

static bool openssl_says(const struct row *r)
{
	struct slice o = pki_der(r->response);
	const uint8_t *said;
	size_t len;
	bool ok = true;

	openssl_put("response", o.ptr, o.len);
	openssl_try(
		"ocsp -respin response -issuer root -sha1 -cert leaf "
		"-sha256 -cert leaf -sha512 -cert leaf -VAfile root "
		"-validity_period 1000000000 -CAfile root -no-CApath -no-CAstore -no_nonce -attime %d",
		PKI_NOW_S);
	said = openssl_get("said", &len);
	for (size_t i = 0; i < 2 && r->said[i]; i++)
		ok = ok && memmem(said, len, r->said[i], strlen(r->said[i]));
	if (!ok)
		print_message("%.*s", (int)len, (const char *)said);
	return ok;
}

static void put_pem(const char *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct slice der = pki_der(name);
	char *octets;
	long len;

	PEM_write_bio(bio, "CERTIFICATE", "", der.ptr, (long)der.len);
	len = BIO_get_mem_data(bio, &octets);
	openssl_put(name, octets, (size_t)len);
	BIO_free(bio);
}

/* Whether we have it, or it was sent or fetched. */
static enum trust_verdict verdict_of(const struct row *r, bool is_sent,
				     struct trust_answer *a)
{
	struct trust *t = trust_of(is_sent ? NULL : r->crl);
	struct certificate *leaf = read_cert("leaf");
	struct ocsp *o = read_ocsp(r->response);
	struct crl *crl = is_sent && r->crl ? read_crl(r->crl) : NULL;
	const struct ocsp *sent[] = { o };
	const struct crl *fetched[] = { crl };
	struct sign_rules rules = { 0 };
	struct error e;

	if (r->auth)
		assert_int_equal(sign_rules_parse(r->auth, &rules, &e), 0);
	if (!is_sent)
		assert_int_equal(trust_add_ocsp(t, o), 0);
	trust_check(t,
		    &(struct trust_question){ .leaf = leaf,
					      .responses = sent,
					      .n_responses = is_sent,
					      .crls = fetched,
					      .n_crls = crl != NULL,
					      .now_s = PKI_NOW_S,
					      .rules = &rules,
					      .revocation = REVOCATION_STRICT },
		    a);
	assert_int_equal(ERR_peek_error(), 0);
	if (is_sent)
		ocsp_free(o);
	crl_free(crl);
	certificate_free(leaf);
	trust_free(t);
	return a->verdict;
}

static void response_does_to_a_status_what_it_may(void **state)
{
	unsigned int failed = 0;

	(void)state;
	put_pem("root");
	put_pem("leaf");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct trust_answer a;

		for (int is_sent = 0; is_sent < 2; is_sent++)
			if (verdict_of(r, is_sent, &a) != r->wanted) {
				print_message("%zu: %s (%s): %s: %s\n", i,
					      r->what, r->response,
					      trust_verdict_name(a.verdict),
					      a.why.text);
				failed++;
			}
		if (r->said[0] && !openssl_says(r)) {
			print_message("%zu: %s: openssl differs\n", i, r->what);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

/* Of the leaf and of its CA, each by its own issuer. */
static void each_of_a_path_has_a_status(void **state)
{
	static const struct {
		const char *responses[2];
		enum trust_verdict wanted;
		bool unknown[2];
	} cases[] = {
		{ { "sub_good", "leaf_sub_good" }, TRUST_OK, { false, false } },
		{ { "sub_good", NULL }, TRUST_UNKNOWN_STATUS, { true, false } },
		{ { "leaf_sub_good", NULL },
		  TRUST_UNKNOWN_STATUS,
		  { false, true } },
		{ { "sub_revoked", "leaf_sub_good" },
		  TRUST_REVOKED,
		  { false, true } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct trust *t = trust_of(NULL);
		struct certificate *leaf = read_cert("leaf_sub");
		struct error e;
		struct trust_answer a;

		assert_int_equal(trust_add(t, TRUST_AS_INTERMEDIATE,
					   read_cert("sub"), &e),
				 0);
		for (size_t j = 0; j < 2 && cases[i].responses[j]; j++)
			assert_int_equal(
				trust_add_ocsp(t,
					       read_ocsp(cases[i].responses[j])),
				0);
		trust_check(t,
			    &(struct trust_question){
				    .leaf = leaf,
				    .now_s = PKI_NOW_S,
				    .revocation = REVOCATION_STRICT },
			    &a);
		assert_int_equal(a.verdict, cases[i].wanted);
		assert_int_equal(a.n_chain, 3);
		assert_memory_equal(a.unknown, cases[i].unknown, 2);
		assert_false(a.unknown[2]);
		certificate_free(leaf);
		trust_free(t);
	}
}

static void request_names_one_certificate_and_has_a_nonce(void **state)
{
	struct certificate *leaf = read_cert("leaf"), *root = read_cert("root");
	const uint8_t *said;
	uint8_t *der;
	size_t len;

	(void)state;
	assert_int_equal(ocsp_ask(leaf, root, nonce, &der, &len), 0);
	assert_int_equal(ERR_peek_error(), 0);
	openssl_put("request", der, len);
	openssl("ocsp -reqin request -req_text");
	said = openssl_get("said", &len);
	assert_non_null(memmem(said, len, "Serial Number: 05", 17));
	assert_non_null(memmem(said, len, "Hash Algorithm: sha1", 20));
	assert_non_null(memmem(said, len, "0420010203000000", 16));
	free(der);
	certificate_free(leaf);
	certificate_free(root);
}

static bool answers(const char *name, const uint8_t *of)
{
	struct certificate *leaf = read_cert("leaf"), *root = read_cert("root");
	struct ocsp *o = read_ocsp(name);
	uint8_t *der;
	size_t len;
	bool is;

	assert_int_equal(ocsp_ask(leaf, root, of, &der, &len), 0);
	is = ocsp_answers(o, slice_of(der, len));
	assert_false(ocsp_answers(o, slice_of(der, len - 1)));
	assert_false(ocsp_answers(o, slice_of("", 0)));
	assert_int_equal(ERR_peek_error(), 0);
	free(der);
	ocsp_free(o);
	certificate_free(leaf);
	certificate_free(root);
	return is;
}

static void response_with_another_nonce_is_of_another_question(void **state)
{
	(void)state;
	assert_true(answers("good_nonce", nonce));
	assert_false(answers("good_nonce", nonce2));
	assert_true(answers("good", nonce));
}

static void response_holds_until_the_first_of_it_ends(void **state)
{
	struct ocsp *two = read_ocsp("good_two"), *fresh = read_ocsp("fresh");

	(void)state;
	assert_int_equal(two->n, 2);
	assert_int_equal(two->next_update_s, PKI_NOW_S + 3600);
	assert_int_equal(fresh->next_update_s, PKI_NOW_S - 3600 + OCSP_FRESH_S);
	ocsp_free(two);
	ocsp_free(fresh);
}

static void assert_refused(struct slice octets, int wanted, const char *text)
{
	struct ocsp *o = NULL;
	struct error e = { "" };

	assert_int_equal(ocsp_read(octets, &o, &e), wanted);
	assert_null(o);
	assert_non_null(strstr(e.text, text));
	assert_int_equal(ERR_peek_error(), 0);
}

static void responder_that_does_not_answer_is_told_apart(void **state)
{
	(void)state;
	assert_refused(pki_der("later"), -EAGAIN, "asked later");
	assert_refused(pki_der("internal"), -EAGAIN, "error of its own");
	assert_refused(pki_der("unauthorized"), -EACCES, "ocsp_uris");
	assert_refused(pki_der("sig_required"), -EACCES, "signed requests");
	assert_refused(pki_der("bad_request"), -EACCES, "our request");
}

static void what_is_no_response_is_refused(void **state)
{
	static uint8_t huge[OCSP_MAX_BYTES + 1] = { 0x30 };
	const struct slice good = pki_der("by_resp");
	uint8_t *longer = malloc(good.len + 1);

	(void)state;
	memcpy(longer, good.ptr, good.len);
	longer[good.len] = 0;
	assert_refused(slice_of(longer, good.len + 1), -EBADMSG, "malformed");
	free(longer);
	for (size_t len = 0; len < good.len; len++) {
		uint8_t *cut = malloc(len + !len);

		memcpy(cut, good.ptr, len);
		assert_refused(slice_of(cut, len), -EBADMSG, "malformed");
		free(cut);
	}
	assert_refused(slice_of(huge, sizeof(huge)), -E2BIG, "65536");
	assert_refused(pki_der("leaf"), -EBADMSG, "malformed");
	assert_refused(pki_der("ext_critical"), -EBADMSG, "malformed");
	assert_refused(pki_der("many_certs"), -E2BIG, "8 certificates");
}

static enum trust_verdict trusted_says(const char *responder,
				       const char *response)
{
	struct trust *t = trust_of(NULL);
	struct certificate *leaf = read_cert("leaf");
	struct trust_answer a;
	struct error e;

	assert_int_equal(trust_add(t, TRUST_AS_OCSP, read_cert(responder), &e),
			 0);
	assert_int_equal(trust_add_ocsp(t, read_ocsp(response)), 0);
	trust_check(t,
		    &(struct trust_question){ .leaf = leaf,
					      .now_s = PKI_NOW_S,
					      .revocation = REVOCATION_STRICT },
		    &a);
	assert_int_equal(ERR_peek_error(), 0);
	certificate_free(leaf);
	trust_free(t);
	return a.verdict;
}

/* RFC 6960 section 4.2.2.2, by local configuration. */
static void word_of_a_responder_that_is_trusted_counts(void **state)
{
	static const struct {
		const char *responder, *response;
		enum trust_verdict wanted;
	} table[] = {
		{ "resp_self", "by_resp_self", TRUST_OK },
		{ "resp_root2", "by_resp_root2", TRUST_OK },
		{ "resp_plain", "by_resp_plain", TRUST_OK },
		{ "resp_self", "by_resp_root2", TRUST_UNKNOWN_STATUS },
		{ "resp_self", "by_impostor", TRUST_UNKNOWN_STATUS },
		{ "resp_old", "by_resp_old", TRUST_UNKNOWN_STATUS },
		{ "resp_future", "by_resp_future", TRUST_UNKNOWN_STATUS },
		{ "resp_weak", "by_resp_weak", TRUST_UNKNOWN_STATUS },
		{ "resp_agree", "by_resp_agree", TRUST_UNKNOWN_STATUS },
		/* what came as its certificate is not looked at */
		{ "resp", "by_resp_forged", TRUST_OK },
		{ "resp", "forged", TRUST_UNKNOWN_STATUS },
		{ "resp", "good", TRUST_OK },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (trusted_says(table[i].responder, table[i].response) !=
		    table[i].wanted)
			fail_msg("%zu: %s", i, table[i].response);
}

/* Nothing but that. */
static void responder_that_is_trusted_is_no_ca_and_no_peer(void **state)
{
	struct certificate *leaf2 = read_cert("leaf2"),
			   *self = read_cert("resp_self");
	const struct certificate *leaves[] = { leaf2, self };
	struct trust *t = trust_of(NULL);
	struct trust_answer a;
	struct error e;

	(void)state;
	assert_int_equal(trust_add(t, TRUST_AS_OCSP, read_cert("root2"), &e), 0);
	assert_int_equal(trust_add(t, TRUST_AS_OCSP, read_cert("resp_self"), &e),
			 0);
	for (size_t i = 0; i < 2; i++) {
		trust_check(t,
			    &(struct trust_question){ .leaf = leaves[i],
						      .now_s = PKI_NOW_S },
			    &a);
		assert_int_not_equal(a.verdict, TRUST_OK);
	}
	certificate_free(leaf2);
	certificate_free(self);
	trust_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(word_of_a_responder_that_is_trusted_counts),
		cmocka_unit_test(responder_that_is_trusted_is_no_ca_and_no_peer),
		cmocka_unit_test(response_does_to_a_status_what_it_may),
		cmocka_unit_test(each_of_a_path_has_a_status),
		cmocka_unit_test(request_names_one_certificate_and_has_a_nonce),
		cmocka_unit_test(
			response_with_another_nonce_is_of_another_question),
		cmocka_unit_test(response_holds_until_the_first_of_it_ends),
		cmocka_unit_test(responder_that_does_not_answer_is_told_apart),
		cmocka_unit_test(what_is_no_response_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
