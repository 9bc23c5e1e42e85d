/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests of made certificates, requests and CRLs share: keys, a CA, plans, and what
 * we and the openssl command say of what was made.
 */
#ifndef CYG_TESTS_PKI_FIXTURE_H
#define CYG_TESTS_PKI_FIXTURE_H

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

#include "ctrl/crypto/key_make.h"
#include "ctrl/model/dn.h"
#include "ctrl/pki/describe.h"
#include "ctrl/pki/ident.h"
#include "ctrl/pki/issue.h"
#include "ctrl/pki/pem.h"
#include "ctrl/pki/request.h"
#include "ctrl/pki/revoke.h"
#include "ctrl/pki/trust.h"
#include "tests/support/openssl.h"

#define NOW_S	     1800000000 /* 2027-01-15 08:00:00 UTC */
#define DAY_S	     86400
#define DN_MAX	     256
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Keys cost time: one of each kind for all tests. */
static struct private_key *ca_key, *moon_key, *sun_key;

/* --- plans --- */

struct dn {
	uint8_t der[DN_MAX];
	size_t len;
};

static inline struct slice dn_of(const char *text, struct dn *buf)
{
	struct error e;

	if (dn_parse(text, buf->der, sizeof(buf->der), &buf->len, &e))
		fail_msg("%s", e.text);
	return slice_of(buf->der, buf->len);
}

static inline struct signer signer(const struct private_key *key)
{
	struct signer s = { 0 };
	struct error e;

	if (signer_of(key, (enum ike_hash)0, false, &s, &e))
		fail_msg("%s", e.text);
	return s;
}

static inline struct certificate *read_again(struct owned *der)
{
	struct certificate *c = NULL;
	struct error e;

	if (certificate_read(owned_slice(der), &c, &e))
		fail_msg("%s", e.text);
	owned_free(der);
	return c;
}

static inline struct certificate *issue(const struct issue_plan *p)
{
	struct owned der;
	struct error e;

	if (issue_certificate(p, &der, &e))
		fail_msg("%s", e.text);
	return read_again(&der);
}

static inline struct issue_plan ca_plan(struct dn *buf)
{
	return (struct issue_plan){
		.key = private_key_public(ca_key),
		.subject = dn_of("C=CH, O=Lab, CN=ca", buf),
		.not_before_s = NOW_S - DAY_S,
		.not_after_s = NOW_S + 100 * DAY_S,
		.is_ca = true,
		.path_len = -1,
		.signer = signer(ca_key),
	};
}

static inline struct certificate *make_ca(void)
{
	struct dn buf;
	struct issue_plan p = ca_plan(&buf);

	return issue(&p);
}

static inline struct issue_plan leaf_plan(const struct certificate *ca,
					  struct dn *buf)
{
	return (struct issue_plan){
		.key = private_key_public(moon_key),
		.subject = dn_of("C=CH, O=Lab, CN=moon", buf),
		.not_before_s = NOW_S - DAY_S,
		.not_after_s = NOW_S + 10 * DAY_S,
		.issuer = ca,
		.signer = signer(ca_key),
	};
}

/* --- what others say --- */

static inline void put_pem(const char *file, const char *label, struct slice der)
{
	struct owned text;

	assert_int_equal(pem_write(label, der, &text), 0);
	openssl_put(file, text.ptr, text.len);
	owned_free(&text);
}

static inline void assert_said(const char *wanted)
{
	size_t len;
	const uint8_t *octets = openssl_get("said", &len);

	if (!memmem(octets, len, wanted, strlen(wanted)))
		fail_msg("no \"%s\" in: %.*s", wanted, (int)len,
			 (const char *)octets);
}

static inline struct certificate *again(const struct certificate *c)
{
	struct certificate *copy = NULL;
	struct error e;

	assert_int_equal(certificate_read(c->der, &copy, &e), 0);
	return copy;
}

static inline struct trust *trust_in(const struct certificate *ca)
{
	struct trust *t;
	struct error e;

	assert_int_equal(trust_new(&t), 0);
	assert_int_equal(trust_add(t, TRUST_AS_CA, again(ca), &e), 0);
	return t;
}

static inline enum trust_verdict verdict(struct trust *t,
					 const struct certificate *c,
					 enum revocation revocation)
{
	const struct trust_question q = { .leaf = c,
					  .now_s = NOW_S,
					  .revocation = revocation };
	struct trust_answer a;

	trust_check(t, &q, &a);
	return a.verdict;
}

/* By us and by openssl. */
static inline void assert_good(const struct certificate *ca,
			       const struct certificate *c)
{
	struct trust *t = trust_in(ca);

	assert_int_equal(verdict(t, c, REVOCATION_RELAXED), TRUST_OK);
	trust_free(t);
	put_pem("ca.pem", PEM_LABEL_CERTIFICATE, ca->der);
	put_pem("leaf.pem", PEM_LABEL_CERTIFICATE, c->der);
	openssl("verify -attime %d -x509_strict -CAfile ca.pem leaf.pem", NOW_S);
}

static inline int setup(void **state)
{
	struct error e;

	(void)state;
	openssl_begin();
	return key_make(KEY_ECDSA, 256, &ca_key, &e) ||
	       key_make(KEY_ECDSA, 256, &moon_key, &e) ||
	       key_make(KEY_ED25519, 0, &sun_key, &e);
}

static inline int teardown(void **state)
{
	(void)state;
	private_key_free(ca_key);
	private_key_free(moon_key);
	private_key_free(sun_key);
	openssl_end();
	return 0;
}

#endif
