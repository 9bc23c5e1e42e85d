// SPDX-License-Identifier: BSD-2-Clause
/* What is in the creds is found by all of its names, and judged by its role. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/pki/creds.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CA	     "basicConstraints=critical,CA:TRUE"
#define SKID	     "subjectKeyIdentifier=hash"
#define AKID	     "authorityKeyIdentifier=keyid"

static const struct pki_cert certs[] = {
	{ .name = "root", .exts = { CA, SKID } },
	{ .name = "other_root", .subject = "C=CH, CN=root", .exts = { CA, SKID } },
	{ .name = "between", "root", .exts = { CA, SKID, AKID } },
	{ .name = "below", "between", .exts = { CA, SKID, AKID } },
	{ .name = "moon",
	  "below",
	  .exts = { AKID, "subjectAltName=DNS:moon.example.org,DNS:moon" } },
	{ .name = "sun", "below", .exts = { AKID, "subjectAltName=DNS:sun" } },
	{ .name = "moon2", "root", .exts = { AKID, "subjectAltName=DNS:moon" } },
	{ .name = "pinned" },
};

static const struct pki_crl crls[] = {
	{ .name = "crl",
	  "below",
	  .from_h = -1,
	  .until_h = 2,
	  .revoked = { "sun" },
	  .number = 1 },
};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	for (size_t i = 0; i < ARRAY_LEN(crls); i++)
		pki_make_crl(&crls[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pki_end();
	return 0;
}

static void add(struct creds *c, enum cred_kind kind, struct slice der)
{
	struct error e;

	if (creds_add(c, kind, der, &e))
		fail_msg("%s", e.text);
}

static struct creds *filled(void)
{
	struct creds *c = NULL;

	assert_int_equal(creds_new(&c), 0);
	add(c, CRED_CA, pki_der("other_root"));
	add(c, CRED_CA, pki_der("root"));
	add(c, CRED_INTERMEDIATE, pki_der("between"));
	add(c, CRED_INTERMEDIATE, pki_der("below"));
	add(c, CRED_OWN, pki_der("moon"));
	add(c, CRED_OWN, pki_der("sun"));
	add(c, CRED_OWN, pki_der("moon2"));
	add(c, CRED_PEER, pki_der("pinned"));
	add(c, CRED_PUBKEY, pki_public_der("sun"));
	add(c, CRED_CRL, pki_der("crl"));
	return c;
}

static struct fingerprint print_of(struct slice der)
{
	struct fingerprint f;

	assert_true(fingerprint_of(der, &f));
	return f;
}

static bool is(const struct cred *cred, const char *name)
{
	struct slice der = pki_der(name);

	return cred && cred->cert && cred->cert->der.len == der.len &&
	       memcmp(cred->cert->der.ptr, der.ptr, der.len) == 0;
}

static struct identity identity(const char *text)
{
	struct identity id;
	struct error e;

	assert_int_equal(identity_parse(text, &id, &e), 0);
	return id;
}

static void it_is_found_by_its_fingerprint_and_kind(void **state)
{
	struct creds *c = filled();
	struct fingerprint moon = print_of(pki_der("moon"));
	struct fingerprint key = print_of(pki_public_der("sun"));

	(void)state;
	assert_true(is(creds_by_id(c, CRED_OWN, &moon), "moon"));
	assert_null(creds_by_id(c, CRED_PEER, &moon));
	assert_true(is(creds_by_key(c, CRED_OWN, &key), "sun"));
	assert_non_null(creds_by_id(c, CRED_PUBKEY, &key));
	assert_null(creds_by_id(c, CRED_PUBKEY, &key)->cert);
	moon.octets[31] ^= 1;
	assert_null(creds_by_id(c, CRED_OWN, &moon));
	creds_unref(c);
}

static void it_is_found_by_its_identity(void **state)
{
	struct creds *c = filled();
	struct identity moon = identity("moon"), any = { .type = 0 };
	const struct cred *found = creds_of(c, CRED_OWN, &moon, NULL);
	unsigned int n = 0;

	(void)state;
	assert_true(is(found, "moon"));
	found = creds_of(c, CRED_OWN, &moon, found);
	assert_true(is(found, "moon2"));
	assert_null(creds_of(c, CRED_OWN, &moon, found));
	assert_null(creds_of(c, CRED_PEER, &moon, NULL));
	for (found = NULL; (found = creds_of(c, CRED_OWN, &any, found));)
		n++;
	assert_int_equal(n, 3);
	creds_unref(c);
}

static void its_chain_leads_to_the_root_by_the_key_identifier(void **state)
{
	struct creds *c = filled();
	const struct cred *chain[TRUST_CHAIN_MAX];
	struct fingerprint id = print_of(pki_der("moon"));
	uint8_t sha1[HASH_SHA1_BYTES];

	(void)state;
	assert_int_equal(
		creds_chain(c, creds_by_id(c, CRED_OWN, &id)->cert, chain), 3);
	assert_true(is(chain[0], "below"));
	assert_true(is(chain[1], "between"));
	assert_true(is(chain[2], "root"));
	assert_true(hash_sha1(pki_public_der("root"), sha1));
	assert_memory_equal(chain[2]->key_sha1, sha1, sizeof(sha1));
	creds_unref(c);
}

static enum trust_verdict check(const struct creds *c, const char *name)
{
	struct certificate *leaf = NULL;
	struct trust_question q = { .now_s = PKI_NOW_S };
	struct trust_answer a;
	struct error e;

	assert_int_equal(certificate_read(pki_der(name), &leaf, &e), 0);
	q.leaf = leaf;
	creds_check(c, &q, &a);
	certificate_free(leaf);
	return a.verdict;
}

static void peers_are_judged_by_what_was_added(void **state)
{
	struct creds *c = filled();

	(void)state;
	assert_int_equal(check(c, "moon"), TRUST_OK);
	assert_int_equal(check(c, "pinned"), TRUST_OK);
	assert_int_equal(check(c, "sun"), TRUST_REVOKED);
	creds_unref(c);
}

static void our_own_are_no_reason_to_trust_anybody(void **state)
{
	struct creds *c = NULL;

	(void)state;
	assert_int_equal(creds_new(&c), 0);
	add(c, CRED_OWN, pki_der("pinned"));
	assert_int_equal(check(c, "pinned"), TRUST_SELF_SIGNED);
	creds_unref(c);
}

static void what_is_there_already_changes_nothing(void **state)
{
	struct creds *c = filled();
	struct identity moon = identity("moon.example.org");
	const struct cred *found;

	(void)state;
	add(c, CRED_OWN, pki_der("moon"));
	add(c, CRED_CA, pki_der("root"));
	found = creds_of(c, CRED_OWN, &moon, NULL);
	assert_null(creds_of(c, CRED_OWN, &moon, found));
	creds_unref(c);
}

static void certificates_of_a_ca_are_where_it_says(void **state)
{
	uint8_t octets[CERTIFICATE_SHA256 + 9];
	const struct cred *root, *below;
	struct creds *c = filled();
	struct fingerprint ca;
	struct error e;

	(void)state;
	assert_true(fingerprint_of(pki_der("below"), &ca));
	memcpy(octets, ca.octets, CERTIFICATE_SHA256);
	memcpy(octets + CERTIFICATE_SHA256, "http://a/", 9);
	add(c, CRED_CERTS_AT, slice_of(octets, sizeof(octets)));
	below = creds_by_id(c, CRED_INTERMEDIATE, &ca);
	assert_string_equal(creds_certs_at(c, below->cert), "http://a/");
	assert_true(fingerprint_of(pki_der("root"), &ca));
	root = creds_by_id(c, CRED_CA, &ca);
	assert_null(creds_certs_at(c, root->cert));
	for (size_t len = 0; len <= CERTIFICATE_SHA256; len++)
		assert_int_equal(creds_add(c, CRED_CERTS_AT,
					   slice_of(octets, len), &e),
				 -EBADMSG);
	creds_unref(c);
}

static void what_is_no_such_thing_is_refused(void **state)
{
	static const struct {
		const char *what;
		enum cred_kind kind;
		int err;
	} rows[] = {
		{ "moon", CRED_CA, -EINVAL },
		{ "moon", CRED_INTERMEDIATE, -EINVAL },
		{ "crl", CRED_OWN, -EBADMSG },
		{ "moon", CRED_CRL, -EBADMSG },
		{ "moon", CRED_CRL_AT, -EBADMSG },
		{ "moon", CRED_OCSP_AT, -EBADMSG },
		{ "moon", CRED_PUBKEY, -EBADMSG },
	};
	struct creds *c = filled();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error e = { "" };

		assert_int_equal(creds_add(c, rows[i].kind,
					   pki_der(rows[i].what), &e),
				 rows[i].err);
		assert_string_not_equal(e.text, "");
	}
	creds_unref(c);
}

static void it_lives_as_long_as_somebody_holds_it(void **state)
{
	struct creds *c = filled(), *mine = creds_ref(c);

	(void)state;
	creds_unref(c);
	assert_int_equal(check(mine, "moon"), TRUST_OK);
	creds_unref(mine);
	creds_unref(NULL);
	assert_null(creds_ref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_found_by_its_fingerprint_and_kind),
		cmocka_unit_test(it_is_found_by_its_identity),
		cmocka_unit_test(
			its_chain_leads_to_the_root_by_the_key_identifier),
		cmocka_unit_test(peers_are_judged_by_what_was_added),
		cmocka_unit_test(our_own_are_no_reason_to_trust_anybody),
		cmocka_unit_test(what_is_there_already_changes_nothing),
		cmocka_unit_test(certificates_of_a_ca_are_where_it_says),
		cmocka_unit_test(what_is_no_such_thing_is_refused),
		cmocka_unit_test(it_lives_as_long_as_somebody_holds_it),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
