// SPDX-License-Identifier: BSD-2-Clause
/*
 * Paths and revocation: the tables of tests/vectors/pki.h and pkits.h, made here, with
 * the verdict, the certificate that the line about it names, and beside it what
 * `openssl verify` says of the same files.
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

#include "ctrl/pki/trust.h"
#include "tests/support/openssl.h"
#include "tests/support/pki.h"
#include "tests/vectors/pki.h"
#include "tests/vectors/pkits.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define NAMES_MAX    12

/* --- files of both */

static int setup(void **state)
{
	(void)state;
	openssl_begin();
	for (size_t i = 0; i < ARRAY_LEN(pki_certs); i++)
		pki_make(&pki_certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(pkits_certs); i++)
		pki_make(&pkits_certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(pki_crls); i++)
		pki_make_crl(&pki_crls[i]);
	for (size_t i = 0; i < ARRAY_LEN(pkits_crls); i++)
		pki_make_crl(&pkits_crls[i]);
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

struct names {
	char text[256];
	const char *at[NAMES_MAX];
	size_t n;
};

static void split(const char *text, struct names *out)
{
	out->n = 0;
	snprintf(out->text, sizeof(out->text), "%s", text ? text : "");
	for (char *save, *name = strtok_r(out->text, " ", &save); name;
	     name = strtok_r(NULL, " ", &save))
		out->at[out->n++] = name;
}

/* false: there is none to write. */
static bool put_pem(const char *file, const char *type, const char *text)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct names names;
	char *octets;

	split(text, &names);
	for (size_t i = 0; i < names.n; i++) {
		struct slice der = pki_der(names.at[i]);

		PEM_write_bio(bio, type, "", der.ptr, (long)der.len);
	}
	if (names.n) {
		long len = BIO_get_mem_data(bio, &octets);

		openssl_put(file, octets, (size_t)len);
	}
	BIO_free(bio);
	return names.n > 0;
}

static bool openssl_says(const struct pki_path *r)
{
	char others[512], policies[256] = "";
	struct names names;
	bool cas, untrusted, has_crls;

	snprintf(others, sizeof(others), "%s %s", r->others,
		 r->intermediates ? r->intermediates : "");
	cas = put_pem("cas", "CERTIFICATE", r->cas);
	untrusted = put_pem("others", "CERTIFICATE", others);
	has_crls = put_pem("crls", "X509 CRL", r->crls);
	assert_true(put_pem("leaf", "CERTIFICATE", r->leaf));
	split(r->policies, &names);
	for (size_t i = 0; i < names.n; i++)
		snprintf(policies + strlen(policies),
			 sizeof(policies) - strlen(policies), " -policy %s",
			 names.at[i]);
	return openssl_try(
		"verify -attime %d -auth_level 0 -verify_depth 7 -policy_check "
		"%s %s %s -no-CApath -no-CAstore %s %s %s leaf",
		PKI_NOW_S, names.n ? "-explicit_policy" : "",
		names.n ? policies : "-policy 2.5.29.32.0",
		has_crls ? "-crl_check_all -extended_crl -use_deltas" : "",
		cas ? "-CAfile cas" : "-no-CAfile",
		untrusted ? "-untrusted others" : "",
		has_crls ? "-CRLfile crls" : "");
}

/* --- ours */

static struct certificate *read_cert(const char *name)
{
	struct certificate *c = NULL;
	struct error e;

	if (certificate_read(pki_der(name), &c, &e))
		fail_msg("%s: %s", name, e.text);
	assert_int_equal(ERR_peek_error(), 0);
	return c;
}

static void add_all(struct trust *t, enum trust_role role, const char *text)
{
	struct names names;
	struct error e;

	split(text, &names);
	for (size_t i = 0; i < names.n; i++)
		if (trust_add(t, role, read_cert(names.at[i]), &e))
			fail_msg("%s", e.text);
}

static void add_crls(struct trust *t, const char *text)
{
	struct names names;
	struct error e;
	struct crl *crl;

	split(text, &names);
	for (size_t i = 0; i < names.n; i++) {
		assert_int_equal(crl_read(pki_der(names.at[i]), &crl, &e), 0);
		assert_int_equal(trust_add_crl(t, crl), 0);
	}
}

/* For as long as a question lasts. */
struct given {
	struct certificate *at[NAMES_MAX];
	size_t n;
};

static void give(struct given *g, const char *text)
{
	struct names names;

	split(text, &names);
	g->n = names.n;
	for (size_t i = 0; i < names.n; i++)
		g->at[i] = read_cert(names.at[i]);
}

static void take_back(struct given *g)
{
	for (size_t i = 0; i < g->n; i++)
		certificate_free(g->at[i]);
}

static void check(const struct pki_path *r, struct trust_answer *a)
{
	struct given leaf, others, demanded;
	struct sign_rules rules = { 0 };
	struct names policies;
	struct trust *t;
	struct error e;

	assert_int_equal(trust_new(&t), 0);
	add_all(t, TRUST_AS_CA, r->cas);
	add_all(t, TRUST_AS_INTERMEDIATE, r->intermediates);
	add_all(t, TRUST_AS_PEER, r->peers);
	add_crls(t, r->crls);
	give(&leaf, r->leaf);
	give(&others, r->others);
	give(&demanded, r->demanded);
	split(r->policies, &policies);
	if (r->auth)
		assert_int_equal(sign_rules_parse(r->auth, &rules, &e), 0);
	for (int again = 0; again < 2; again++)
		trust_check(t,
			    &(struct trust_question){
				    .leaf = leaf.at[0],
				    .others = (const struct certificate *const *)
						      others.at,
				    .n_others = others.n,
				    .now_s = PKI_NOW_S,
				    .revocation = r->revocation,
				    .rules = &rules,
				    .policies = policies.at,
				    .n_policies = policies.n,
				    .cas = (const struct certificate *const *)
						   demanded.at,
				    .n_cas = demanded.n },
			    a);
	assert_int_equal(ERR_peek_error(), 0);
	take_back(&leaf);
	take_back(&others);
	take_back(&demanded);
	trust_free(t);
}

static bool names_the_one(const struct pki_path *r, const struct trust_answer *a)
{
	char wanted[128];
	const char *name = r->named ? r->named : r->leaf;

	if (r->has_other_name)
		return true;
	snprintf(wanted, sizeof(wanted), "certificate \"C=CH, CN=%s\" ", name);
	return strncmp(a->why.text, wanted, strlen(wanted)) == 0 &&
	       strstr(a->why.text, "; ") && !strchr(a->why.text, '\n');
}

/* A row of what is printed; false: it is not as it was to be. */
static bool is_as_wanted(const struct pki_path *r)
{
	struct trust_answer a;
	bool theirs, good = true;

	check(r, &a);
	theirs = openssl_says(r);
	print_message("%-50s %-28s %s%s\n", r->what,
		      trust_verdict_name(a.verdict), theirs ? "OK" : "refused",
		      r->openssl_differs ? " (differs)" : "");
	if (a.verdict != r->wanted ||
	    (a.verdict != TRUST_OK && !names_the_one(r, &a))) {
		print_message("  is wrong (%s): %s\n", r->leaf, a.why.text);
		good = false;
	}
	if ((theirs == (r->wanted == TRUST_OK)) != !r->openssl_differs) {
		print_message("  openssl is not as expected (%s)\n", r->leaf);
		good = false;
	}
	return good;
}

static void path_has_the_verdict_that_it_deserves(void **state)
{
	unsigned int failed = 0;

	(void)state;
	print_message("%-50s %-28s %s\n", "what", "ours", "openssl verify");
	for (size_t i = 0; i < ARRAY_LEN(pki_paths); i++)
		failed += !is_as_wanted(&pki_paths[i]);
	for (size_t i = 0; i < ARRAY_LEN(pkits_paths); i++)
		failed += !is_as_wanted(&pkits_paths[i]);
	assert_int_equal(failed, 0);
}

static const char *issuer_of(const char *leaf, const char *others,
			     const char *intermediates)
{
	static char name[CERTIFICATE_STR_MAX];
	const struct certificate *issuer;
	struct given given, c;
	struct trust *t;

	assert_int_equal(trust_new(&t), 0);
	add_all(t, TRUST_AS_CA, "root");
	add_all(t, TRUST_AS_INTERMEDIATE, intermediates);
	add_all(t, TRUST_AS_PEER, "leaf_root2");
	give(&c, leaf);
	give(&given, others);
	issuer = trust_issuer(t, c.at[0],
			      (const struct certificate *const *)given.at,
			      given.n, PKI_NOW_S);
	assert_int_equal(ERR_peek_error(), 0);
	if (issuer)
		certificate_str(issuer, name);
	take_back(&c);
	take_back(&given);
	trust_free(t);
	return issuer ? name : "";
}

static void issuer_is_who_leads_it_to_a_ca(void **state)
{
	(void)state;
	assert_string_equal(issuer_of("leaf", "", NULL), "C=CH, CN=root");
	assert_string_equal(issuer_of("leaf_sub2", "sub2 sub", NULL),
			    "C=CH, CN=sub2");
	assert_string_equal(issuer_of("leaf_sub2", "sub2", "sub"),
			    "C=CH, CN=sub2");
	assert_string_equal(issuer_of("sub2", "", "sub"), "C=CH, CN=sub");
	assert_string_equal(issuer_of("eku_code", "", NULL), "C=CH, CN=root");
}

static void who_leads_to_none_has_none(void **state)
{
	(void)state;
	assert_string_equal(issuer_of("leaf_sub2", "sub2", NULL), "");
	assert_string_equal(issuer_of("leaf_root2", "root2", NULL), "");
	assert_string_equal(issuer_of("alone", "", NULL), "");
	assert_string_equal(issuer_of("root", "", NULL), "");
	assert_string_equal(issuer_of("leaf_forged", "", NULL), "");
	assert_string_equal(issuer_of("leaf_plain", "impostor", NULL), "");
	assert_string_equal(issuer_of("leaf_old", "", NULL), "");
	assert_string_equal(issuer_of("leaf_no_ca", "no_ca", NULL), "");
}

static enum trust_verdict ifuri_says(const char *leaf, enum status_kind kind,
				     const char *authority)
{
	const struct certificate *ca = NULL;
	struct given g, cas;
	struct trust_answer a;
	struct trust *t;

	assert_int_equal(trust_new(&t), 0);
	add_all(t, TRUST_AS_CA, "root");
	add_all(t, TRUST_AS_INTERMEDIATE, "sub");
	give(&g, leaf);
	give(&cas, authority);
	ca = cas.at[0];
	if (authority)
		assert_int_equal(trust_add_address(t, kind, ca->sha256), 0);
	trust_check(t,
		    &(struct trust_question){ .leaf = g.at[0],
					      .now_s = PKI_NOW_S,
					      .revocation = REVOCATION_IFURI },
		    &a);
	take_back(&g);
	take_back(&cas);
	trust_free(t);
	return a.verdict;
}

static void address_of_its_issuer_is_as_good_as_its_own(void **state)
{
	static const enum status_kind kinds[] = { STATUS_CRL, STATUS_OCSP };

	(void)state;
	assert_int_equal(ifuri_says("leaf", STATUS_CRL, NULL), TRUST_OK);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		assert_int_equal(ifuri_says("leaf", kinds[i], "root"),
				 TRUST_UNKNOWN_STATUS);
		assert_int_equal(ifuri_says("leaf", kinds[i], "sub"), TRUST_OK);
		assert_int_equal(ifuri_says("leaf_sub", kinds[i], "root"),
				 TRUST_UNKNOWN_STATUS);
		assert_int_equal(ifuri_says("leaf_sub", kinds[i], "sub"),
				 TRUST_UNKNOWN_STATUS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_has_the_verdict_that_it_deserves),
		cmocka_unit_test(issuer_is_who_leads_it_to_a_ca),
		cmocka_unit_test(who_leads_to_none_has_none),
		cmocka_unit_test(address_of_its_issuer_is_as_good_as_its_own),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
