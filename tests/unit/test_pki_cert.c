// SPDX-License-Identifier: BSD-2-Clause
/*
 * Certificates and CRLs as they are read, whose a certificate is, and the lines that
 * an operator reads about them.
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
#include <openssl/pem.h>

#include "ctrl/crypto/hash.h"
#include "ctrl/pki/ident.h"
#include "ctrl/pki/trust.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CA	     "basicConstraints=critical,CA:TRUE"
#define ALL_SANS                                                     \
	"subjectAltName=DNS:moon.example.org,DNS:*.sub.example.org," \
	"email:fred@example.org,IP:10.0.0.1,IP:2001:db8::1,"         \
	"URI:http://example.org/,RID:1.2.3"
#define CRLS                                                    \
	"crlDistributionPoints=URI:http://a.example.org/1.crl," \
	"URI:ldap://b.example.org/x,URI:https://c.example.org/2.crl"
#define AIA                                                      \
	"authorityInfoAccess=OCSP;URI:http://ocsp.example.org/," \
	"caIssuers;URI:http://a.example.org/ca.crt"

static char many_sans[4096], many_uris[4096];

static const struct pki_cert certs[] = {
	{ .name = "root",
	  .exts = { CA, "subjectKeyIdentifier=hash",
		    "keyUsage=keyCertSign,cRLSign" } },
	{ .name = "moon",
	  "root",
	  "C=CH, O=Linux strongSwan, CN=moon",
	  .exts = { ALL_SANS, CRLS, AIA, "subjectKeyIdentifier=hash",
		    "authorityKeyIdentifier=keyid",
		    "keyUsage=digitalSignature" } },
	{ .name = "bare", "root", .exts = { "keyUsage=keyAgreement" } },
	{ .name = "nameless",
	  "root",
	  "",
	  .exts = { "subjectAltName=critical,DNS:sun.example.org" } },
	{ .name = "nobody", "root", "" },
	{ .name = "line", "root", "CN=a\\0Ab\\22c" },
	{ .name = "san_nul", "root", .exts = { "subjectAltName=DNS:moon" } },
	{ .name = "many_sans", "root", .exts = { many_sans } },
	{ .name = "many_uris", "root", .exts = { many_uris } },
	{ .name = "twice",
	  "root",
	  .exts = { "subjectAltName=DNS:moon", "subjectAltName=DNS:sun" } },
	{ .name = "broken", "root", .exts = { "2.5.29.19=ASN1:UTF8String:x" } },
	{ .name = "x25519", "root", .key = "x25519" },
	{ .name = "leaf", "root", .from_h = -10, .until_h = -1 },
};

static const struct pki_crl crls[] = {
	{ .name = "crl",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "moon", "leaf" },
	  .number = 3 },
	{ .name = "delta",
	  "root",
	  .from_h = -1,
	  .until_h = 2,
	  .number = 4,
	  .base = 3 },
};

static void fill_many(void)
{
	strcpy(many_sans, "subjectAltName=DNS:a");
	strcpy(many_uris, "crlDistributionPoints=URI:http://a/");
	for (size_t i = 0; i < CERTIFICATE_SANS_MAX; i++)
		strcat(many_sans, ",DNS:a");
	for (size_t i = 0; i < CERTIFICATE_URIS_MAX; i++)
		strcat(many_uris, ",URI:http://a/");
}

static int setup(void **state)
{
	(void)state;
	fill_many();
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(crls); i++)
		pki_make_crl(&crls[i]);
	ERR_clear_error();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pki_end();
	return 0;
}

static struct certificate *read_cert(const char *name)
{
	struct certificate *c = NULL;
	struct error e;

	if (certificate_read(pki_der(name), &c, &e))
		fail_msg("%s: %s", name, e.text);
	assert_int_equal(ERR_peek_error(), 0);
	return c;
}

/* --- read */

static void certificate_says_what_is_in_it(void **state)
{
	static const char *const sans[] = {
		"moon.example.org", "*.sub.example.org", "fred@example.org",
		"10.0.0.1",	    "2001:db8::1",
	};
	struct certificate *c = read_cert("moon");
	struct certificate *root = read_cert("root");
	char buf[IDENTITY_STR_MAX], name[CERTIFICATE_STR_MAX];

	(void)state;
	assert_string_equal(certificate_str(c, name),
			    "C=CH, O=Linux strongSwan, CN=moon");
	assert_true(dn_equal(c->issuer, root->subject));
	assert_int_equal(c->n_sans, ARRAY_LEN(sans));
	for (size_t i = 0; i < ARRAY_LEN(sans); i++)
		assert_string_equal(identity_str(&c->sans[i], buf, sizeof(buf)),
				    sans[i]);
	assert_int_equal(c->crls.n, 2);
	assert_string_equal(c->crls.at[0], "http://a.example.org/1.crl");
	assert_string_equal(c->crls.at[1], "https://c.example.org/2.crl");
	assert_int_equal(c->ocsp.n, 1);
	assert_string_equal(c->ocsp.at[0], "http://ocsp.example.org/");
	assert_int_equal(c->serial.len, 1);
	assert_int_equal(c->serial.ptr[0], 2);
	assert_int_equal(c->not_before_s, PKI_NOW_S - 360 * 3600);
	assert_int_equal(c->not_after_s, PKI_NOW_S + 360 * 3600);
	assert_int_equal(c->skid.len, 20);
	assert_int_equal(c->akid.len, 20);
	assert_memory_equal(c->akid.ptr, root->skid.ptr, 20);
	assert_int_equal(public_key_bits(c->key), 256);
	assert_int_equal(c->scheme->id, SIGN_ECDSA_SHA256);
	assert_true(c->signs && c->authenticates && !c->is_ca);
	assert_true(root->is_ca && !root->signs);
	assert_true(certificate_equal(root, root));
	assert_false(certificate_equal(root, c));
	certificate_free(c);
	certificate_free(root);
}

static const struct {
	const char *cert;
	const char *shown;
} str_rows[] = {
	{ "nameless", "sun.example.org" },
	{ "nobody", "serial number 05" },
	{ "line", "CN=a\\0Ab\\\"c" },
};

static void certificate_is_shown_in_printable_ascii(void **state)
{
	char name[CERTIFICATE_STR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(str_rows); i++) {
		struct certificate *c = read_cert(str_rows[i].cert);

		assert_string_equal(certificate_str(c, name), str_rows[i].shown);
		certificate_free(c);
	}
}

static void certificate_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *name;
		int err;
	} rows[] = {
		{ "many_sans", -E2BIG }, { "many_uris", -E2BIG },
		{ "twice", -EBADMSG },	 { "broken", -EBADMSG },
		{ "x25519", -ENOTSUP },	 { "crl", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct certificate *c = NULL;
		struct error e = { "" };

		if (certificate_read(pki_der(rows[i].name), &c, &e) !=
		    rows[i].err)
			fail_msg("%s: %s", rows[i].name, e.text);
		assert_null(c);
		assert_non_null(strstr(e.text, "; "));
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void cut_and_longer_certificate_is_refused(void **state)
{
	struct slice der = pki_der("moon");
	uint8_t *octets = calloc(1, CERTIFICATE_MAX_BYTES + 1);
	struct certificate *c = NULL;
	struct error e;

	(void)state;
	assert_non_null(octets);
	memcpy(octets, der.ptr, der.len);
	for (size_t n = 0; n < der.len; n++)
		assert_int_equal(certificate_read(slice_of(octets, n), &c, &e),
				 -EBADMSG);
	assert_int_equal(certificate_read(slice_of(octets, der.len + 1), &c, &e),
			 -EBADMSG);
	assert_int_equal(certificate_read(slice_of(octets, CERTIFICATE_MAX_BYTES),
					  &c, &e),
			 -EBADMSG);
	assert_int_equal(
		certificate_read(slice_of(octets, CERTIFICATE_MAX_BYTES + 1),
				 &c, &e),
		-E2BIG);
	free(octets);
}

/* An octet that is 0 does not end a name. */
static void name_with_a_zero_is_no_other_name(void **state)
{
	struct slice der = pki_der("san_nul");
	uint8_t octets[2048];
	struct certificate *c;
	struct identity id;
	struct error e;
	uint8_t *at;

	(void)state;
	memcpy(octets, der.ptr, der.len);
	at = memmem(octets, der.len, "moon", 4);
	/* the extension's name is the last one */
	for (uint8_t *next = at; next;
	     next = memmem(at + 1, der.len - (size_t)(at + 1 - octets), "moon",
			   4))
		at = next;
	at[2] = 0;
	assert_int_equal(certificate_read(slice_of(octets, der.len), &c, &e), 0);
	assert_int_equal(identity_parse("mo", &id, &e), 0);
	assert_false(ident_is(c, &id));
	assert_int_equal(identity_parse("fqdn:#6d6f006e", &id, &e), 0);
	assert_true(ident_is(c, &id));
	certificate_free(c);
}

/* --- files */

struct taken {
	unsigned int n;
	int answer;
};

static int take_cert(void *arg, struct certificate *c)
{
	struct taken *t = arg;

	t->n++;
	certificate_free(c);
	return t->answer;
}

static size_t put_pem(char *out, size_t room, const char *const *names,
		      const char *type)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int len;

	for (; *names; names++) {
		struct slice der = pki_der(*names);

		BIO_printf(bio, "a comment\n");
		PEM_write_bio(bio, type, "", der.ptr, (long)der.len);
	}
	len = BIO_read(bio, out, (int)room);
	BIO_free(bio);
	return len > 0 ? (size_t)len : 0;
}

static void file_has_one_or_several(void **state)
{
	static const char *const some[] = { "root", "moon", "line", NULL };
	static const char *const bad[] = { "root", "twice", "line", NULL };
	struct taken t = { 0 }, none = { 0 }, stop = { .answer = -EEXIST };
	char pem[16384];
	struct error e;
	size_t len;

	(void)state;
	assert_int_equal(
		certificate_read_file(pki_der("moon"), take_cert, &t, &e), 0);
	assert_int_equal(t.n, 1);
	len = put_pem(pem, sizeof(pem), some, "CERTIFICATE");
	assert_int_equal(
		certificate_read_file(slice_of(pem, len), take_cert, &t, &e), 0);
	assert_int_equal(t.n, 4);
	assert_int_equal(certificate_read_file(slice_of(pem, len), take_cert,
					       &stop, &e),
			 -EEXIST);
	assert_int_equal(stop.n, 1);
	len = put_pem(pem, sizeof(pem), bad, "CERTIFICATE");
	assert_int_equal(certificate_read_file(slice_of(pem, len), take_cert,
					       &none, &e),
			 -EBADMSG);
	assert_int_equal(none.n, 1);
	len = put_pem(pem, sizeof(pem), some, "PRIVATE KEY");
	assert_int_equal(certificate_read_file(slice_of(pem, len), take_cert,
					       &none, &e),
			 -ENOENT);
	assert_non_null(strstr(e.text, "; name a file"));
	assert_int_equal(certificate_read_file(slice_of(NULL, 0), take_cert,
					       &none, &e),
			 -ENOENT);
	assert_int_equal(none.n, 1);
	assert_int_equal(ERR_peek_error(), 0);
}

/* --- whose it is */

static const struct {
	const char *id;
	bool is, strict, reordered, relaxed;
} ident_rows[] = {
	{ "moon.example.org", true, true, true, true },
	{ "MOON.example.org", true, true, true, true },
	{ "fred@example.org", true, true, true, true },
	{ "10.0.0.1", true, true, true, true },
	{ "2001:db8::1", true, true, true, true },
	{ "C=CH, O=Linux strongSwan, CN=moon", true, true, true, true },
	{ "C=ch, O=linux strongswan, CN=MOON", true, true, true, true },
	/* the common name is none of a host */
	{ "moon", false, false, false, false },
	{ "fqdn:fred@example.org", false, false, false, false },
	{ "email:moon.example.org", false, false, false, false },
	{ "10.0.0.2", false, false, false, false },
	{ "sun.example.org", false, false, false, false },
	/* a certificate's '*' is not ours */
	{ "x.sub.example.org", false, false, false, false },
	/* patterns, which a peer cannot have */
	{ "*.example.org", false, true, true, true },
	{ "*@example.org", false, true, true, true },
	{ "*.example.com", false, false, false, false },
	{ "C=CH, O=*, CN=*", false, true, true, true },
	{ "O=Linux strongSwan, C=CH, CN=moon", false, false, true, true },
	{ "CN=*, C=CH, O=*", false, false, true, true },
	{ "C=CH, CN=moon", false, false, false, true },
	{ "C=CH, CN=sun", false, false, false, false },
	{ "C=CH, O=Linux strongSwan, CN=moon, E=*", false, false, false, false },
	{ "%any", false, true, true, true },
};

static void certificate_is_of_whom_its_names_say(void **state)
{
	struct certificate *c = read_cert("moon");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ident_rows); i++) {
		struct identity id;
		struct error e;

		assert_int_equal(identity_parse(ident_rows[i].id, &id, &e), 0);
		if (ident_is(c, &id) != ident_rows[i].is ||
		    ident_match(c, &id, RDN_STRICT) != ident_rows[i].strict ||
		    ident_match(c, &id, RDN_REORDERED) !=
			    ident_rows[i].reordered ||
		    ident_match(c, &id, RDN_RELAXED) != ident_rows[i].relaxed)
			fail_msg("%s", ident_rows[i].id);
	}
	certificate_free(c);
}

static struct identity key_id(struct slice octets)
{
	struct identity id = { .type = IKE_ID_KEY_ID,
			       .len = (uint16_t)octets.len };

	memcpy(id.octets, octets.ptr, octets.len);
	return id;
}

static void certificate_is_of_its_key(void **state)
{
	struct certificate *c = read_cert("moon"), *bare = read_cert("bare");
	struct identity id = key_id(c->skid);
	uint8_t sha1[HASH_SHA1_BYTES];

	(void)state;
	assert_true(ident_is(c, &id));
	assert_true(ident_match(c, &id, RDN_STRICT));
	assert_false(ident_is(bare, &id));
	id.octets[19] ^= 1;
	assert_false(ident_is(c, &id));
	assert_true(hash_sha1(public_key_spki(bare->key), sha1));
	id = key_id(slice_of(sha1, sizeof(sha1)));
	assert_true(ident_is(bare, &id));
	assert_false(ident_is(c, &id));
	/* without an identifier of its key it is not of an empty one */
	id = key_id(slice_of(sha1, 0));
	assert_false(ident_is(bare, &id));
	certificate_free(c);
	certificate_free(bare);
}

static void owner_is_the_subject_or_the_first_name(void **state)
{
	static const struct {
		const char *cert;
		const char *id; /* NULL: it has none */
	} rows[] = {
		{ "moon", "C=CH, O=Linux strongSwan, CN=moon" },
		{ "nameless", "sun.example.org" },
		{ "nobody", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct certificate *c = read_cert(rows[i].cert);
		char buf[IDENTITY_STR_MAX];
		struct identity id;

		assert_int_equal(ident_of(c, &id), rows[i].id != NULL);
		if (rows[i].id)
			assert_string_equal(identity_str(&id, buf, sizeof(buf)),
					    rows[i].id);
		certificate_free(c);
	}
}

/* --- CRLs */

static void crl_says_what_is_in_it(void **state)
{
	struct certificate *root = read_cert("root");
	struct crl *crl, *delta;
	struct error e;

	(void)state;
	assert_int_equal(crl_read(pki_der("crl"), &crl, &e), 0);
	assert_int_equal(crl_read(pki_der("delta"), &delta, &e), 0);
	assert_true(dn_equal(crl->issuer, root->subject));
	assert_int_equal(crl->this_update_s, PKI_NOW_S - 3600);
	assert_int_equal(crl->next_update_s, PKI_NOW_S + 7200);
	assert_int_equal(crl->n_revoked, 2);
	assert_true(!crl->is_delta && delta->is_delta);
	crl_free(crl);
	crl_free(delta);
	certificate_free(root);
}

static void crl_in_pem_is_the_same(void **state)
{
	static const char *const names[] = { "crl", NULL };
	char pem[4096];
	size_t len = put_pem(pem, sizeof(pem), names, "X509 CRL");
	struct error e;
	struct crl *crl;

	(void)state;
	assert_int_equal(crl_read(slice_of(pem, len), &crl, &e), 0);
	assert_int_equal(crl->n_revoked, 2);
	crl_free(crl);
	assert_int_equal(crl_read(slice_of(pem, len / 2), &crl, &e), -EBADMSG);
	assert_int_equal(ERR_peek_error(), 0);
}

static void crl_that_is_none_is_refused(void **state)
{
	struct slice der = pki_der("crl");
	uint8_t *octets = calloc(1, CRL_MAX_BYTES + 1);
	struct crl *crl = NULL;
	struct error e;

	(void)state;
	assert_non_null(octets);
	memcpy(octets, der.ptr, der.len);
	for (size_t n = 0; n < der.len; n++)
		assert_int_equal(crl_read(slice_of(octets, n), &crl, &e),
				 -EBADMSG);
	assert_int_equal(crl_read(slice_of(octets, der.len + 1), &crl, &e),
			 -EBADMSG);
	assert_int_equal(crl_read(slice_of(octets, CRL_MAX_BYTES + 1), &crl, &e),
			 -E2BIG);
	assert_int_equal(crl_read(pki_der("moon"), &crl, &e), -EBADMSG);
	assert_null(crl);
	free(octets);
}

/* --- trust */

static void only_a_ca_is_taken_as_one(void **state)
{
	struct trust *t;
	struct error e;

	(void)state;
	assert_int_equal(trust_new(&t), 0);
	assert_int_equal(trust_add(t, TRUST_AS_CA, read_cert("moon"), &e),
			 -EINVAL);
	assert_string_equal(
		e.text,
		"certificate \"C=CH, O=Linux strongSwan, CN=moon\" is no CA's: "
		"its basic constraints do not say CA:TRUE; put it where "
		"certificates of peers are, or have it issued as a CA's");
	assert_int_equal(trust_add(t, TRUST_AS_INTERMEDIATE, read_cert("moon"),
				   &e),
			 -EINVAL);
	assert_int_equal(trust_add(t, TRUST_AS_PEER, read_cert("moon"), &e), 0);
	assert_int_equal(trust_add(t, TRUST_AS_CA, read_cert("root"), &e), 0);
	assert_int_equal(trust_add(t, TRUST_AS_CA, read_cert("root"), &e), 0);
	trust_free(t);
}

static void verdict_is_a_line_with_the_remedy(void **state)
{
	struct certificate *leaf = read_cert("leaf");
	struct trust_answer a;
	struct trust *t;
	struct error e;

	(void)state;
	assert_int_equal(trust_new(&t), 0);
	assert_int_equal(trust_add(t, TRUST_AS_CA, read_cert("root"), &e), 0);
	trust_check(t,
		    &(struct trust_question){ .leaf = leaf, .now_s = PKI_NOW_S },
		    &a);
	assert_int_equal(a.verdict, TRUST_EXPIRED);
	assert_string_equal(
		a.why.text,
		"certificate \"C=CH, CN=leaf\" has expired (2027-01-15 07:00:00 "
		"UTC); have it renewed, or set the clock if that is still to "
		"come");
	trust_check(t,
		    &(struct trust_question){ .leaf = leaf,
					      .now_s = PKI_NOW_S - 11 * 3600 },
		    &a);
	assert_int_equal(a.verdict, TRUST_NOT_YET);
	assert_string_equal(
		a.why.text,
		"certificate \"C=CH, CN=leaf\" is not valid yet (2027-01-14 "
		"22:00:00 UTC); set the clock, or wait");
	trust_free(t);
	certificate_free(leaf);
}

static void answer_tells_the_path_and_whose_status_is_unknown(void **state)
{
	struct certificate *moon = read_cert("moon");
	struct trust_question q = { .leaf = moon, .now_s = PKI_NOW_S };
	struct trust_answer a;
	struct error e;
	struct trust *t;
	struct crl *crl;

	(void)state;
	assert_int_equal(trust_new(&t), 0);
	assert_int_equal(trust_add(t, TRUST_AS_CA, read_cert("root"), &e), 0);
	trust_check(t, &q, &a);
	assert_int_equal(a.verdict, TRUST_OK);
	assert_int_equal(a.n_chain, 2);
	assert_ptr_equal(a.chain[0], moon);
	assert_true(a.chain[1]->is_ca);
	assert_true(a.unknown[0] && !a.unknown[1]);
	assert_int_equal(crl_read(pki_der("crl"), &crl, &e), 0);
	assert_int_equal(trust_add_crl(t, crl), 0);
	trust_check(t, &q, &a);
	assert_int_equal(a.verdict, TRUST_REVOKED);
	assert_int_equal(a.n_chain, 2);
	trust_free(t);
	certificate_free(moon);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_says_what_is_in_it),
		cmocka_unit_test(certificate_is_shown_in_printable_ascii),
		cmocka_unit_test(certificate_that_is_none_is_refused),
		cmocka_unit_test(cut_and_longer_certificate_is_refused),
		cmocka_unit_test(name_with_a_zero_is_no_other_name),
		cmocka_unit_test(file_has_one_or_several),
		cmocka_unit_test(certificate_is_of_whom_its_names_say),
		cmocka_unit_test(certificate_is_of_its_key),
		cmocka_unit_test(owner_is_the_subject_or_the_first_name),
		cmocka_unit_test(crl_says_what_is_in_it),
		cmocka_unit_test(crl_in_pem_is_the_same),
		cmocka_unit_test(crl_that_is_none_is_refused),
		cmocka_unit_test(only_a_ca_is_taken_as_one),
		cmocka_unit_test(verdict_is_a_line_with_the_remedy),
		cmocka_unit_test(
			answer_tells_the_path_and_whose_status_is_unknown),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
