// SPDX-License-Identifier: BSD-2-Clause
/* A peer's signature and certificates as they come: what is wrong with them is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/crypto/key_id.h"
#include "ctrl/crypto/private_key.h"
#include "ctrl/ike/verify.h"
#include "tests/support/pki.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CA	     "basicConstraints=critical,CA:TRUE"

static const struct pki_cert certs[] = {
	{ .name = "root", .exts = { CA } },
	{ .name = "sun", "root", .exts = { "subjectAltName=DNS:sun" } },
	{ .name = "sun_rsa",
	  "root",
	  .key = "rsa2048",
	  .exts = { "subjectAltName=DNS:sun" } },
	{ .name = "sub", "root", .exts = { CA } },
	{ .name = "sun_sub", "sub", .exts = { "subjectAltName=DNS:sun" } },
	{ .name = "sun_alone", .exts = { "subjectAltName=DNS:sun" } },
	{ .name = "sun_old",
	  .from_h = -10,
	  .until_h = -1,
	  .exts = { "subjectAltName=DNS:sun" } },
	{ .name = "sun_early",
	  .from_h = 1,
	  .until_h = 10,
	  .exts = { "subjectAltName=DNS:sun" } },
	{ .name = "sun_mail",
	  .exts = { "subjectAltName=DNS:sun",
		    "extendedKeyUsage=emailProtection" } },
};

static struct creds *creds;

static int setup(void **state)
{
	struct error e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(certs); i++)
		pki_make(&certs[i]);
	return creds_new(&creds) ||
	       creds_add(creds, CRED_CA, pki_der("root"), &e);
}

static int teardown(void **state)
{
	(void)state;
	creds_unref(creds);
	pki_end();
	return 0;
}

/* --- a message of a peer's */

struct peer {
	uint8_t octets[4 << 16];
	size_t len;
	struct ike_payloads p;
	uint8_t data[2048];
	size_t data_len;
};

static struct peer peer;

static void send_cert(uint8_t encoding, struct slice data)
{
	uint8_t *at = peer.octets + peer.len;

	at[0] = encoding;
	memcpy(at + 1, data.ptr, data.len);
	peer.p.at[peer.p.n++] =
		(struct ike_payload){ .type = IKE_PL_CERT,
				      .body = slice_of(at, data.len + 1) };
	peer.len += data.len + 1;
}

static const struct slice message = { (const uint8_t *)"message", 7 };

/* "message", by that key. */
static void sign(const char *name, enum sign_id id)
{
	const struct sign_scheme *s = sign_by_id(id);
	struct builder b = wr_init(peer.data, sizeof(peer.data));
	uint8_t signature[SIGN_MAX_BYTES];
	struct private_key *key = NULL;
	struct error e;
	size_t len;

	assert_int_equal(private_key_read(pki_private_der(name),
					  slice_of(NULL, 0), &key, &e),
			 0);
	assert_int_equal(private_key_sign(key, s, message, signature,
					  sizeof(signature), &len),
			 0);
	ike_signature_put(&b, slice_of(s->alg, s->alg_bytes),
			  slice_of(signature, len));
	peer.data_len = b.len;
	private_key_free(key);
}

static void begin(const char *name, enum sign_id id)
{
	peer.len = 0;
	peer.p = (struct ike_payloads){ .n = 0 };
	sign(name, id);
}

static struct verify_job *job_of(uint8_t method)
{
	struct verify_job *job = verify_job_new(&peer.p);
	const struct slice parts[] = { slice_of("mess", 4), slice_of("", 0),
				       slice_of("age", 3) };

	assert_non_null(job);
	assert_true(verify_job_fill(job, slice_of(peer.data, peer.data_len),
				    parts, ARRAY_LEN(parts)));
	job->creds = creds_ref(creds);
	job->method = method;
	job->id = (struct identity){ .type = IKE_ID_FQDN,
				     .len = 3,
				     .octets = "sun" };
	job->auth.by = AUTH_BY_PUBKEY;
	return job;
}

static void run(uint8_t method, const char *why)
{
	struct verify_job *job = job_of(method);

	verify_job_run(job, PKI_NOW_S);
	if (why && !strstr(job->why.text, why))
		fail_msg("\"%s\" is not in \"%s\"", why, job->why.text);
	if (job->err != (why ? -EKEYREJECTED : 0))
		fail_msg("%d: %s", job->err, job->why.text);
	verify_job_free(job);
}

static void certificate_of_its_identity_and_a_signature_are_good(void **state)
{
	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun"));
	run(IKE_AUTH_SIGNATURE, NULL);
}

static void encodings_that_nobody_knows_are_left_out(void **state)
{
	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_RAW_RSA, slice_of("old", 3));
	send_cert(200, slice_of("new", 3));
	send_cert(IKE_CERT_X509, pki_der("sun"));
	run(IKE_AUTH_SIGNATURE, NULL);
}

/* --- by hash and URL */

#define URL "http://a/sun"

static void send_url(const char *name, const char *url, size_t len)
{
	uint8_t data[HASH_SHA1_BYTES + 300];

	assert_true(hash_sha1(pki_der(name), data));
	memcpy(data + HASH_SHA1_BYTES, url, len);
	send_cert(IKE_CERT_HASH_URL, slice_of(data, HASH_SHA1_BYTES + len));
}

static void first_that_is_elsewhere_is_refused_with_the_reason(void **state)
{
	static const char no_nul[300] = "http://a/\0b";

	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	send_url("sun", URL, strlen(URL));
	send_cert(IKE_CERT_X509, pki_der("sun"));
	run(IKE_AUTH_SIGNATURE, "set hash_and_url = yes in charon");
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_HASH_URLS, slice_of("", 0));
	run(IKE_AUTH_SIGNATURE, "a bundle of certificates");
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_HASH_URL, slice_of("a short hash", 12));
	run(IKE_AUTH_SIGNATURE, "the hash is too short");
	begin("sun", SIGN_ECDSA_SHA256);
	send_url("sun", URL, 0);
	run(IKE_AUTH_SIGNATURE, "the hash is too short");
	begin("sun", SIGN_ECDSA_SHA256);
	send_url("sun", no_nul, 11);
	run(IKE_AUTH_SIGNATURE, "the address is malformed");
	begin("sun", SIGN_ECDSA_SHA256);
	send_url("sun", no_nul, 256);
	run(IKE_AUTH_SIGNATURE, "longer than 255 octets");
}

static void others_that_are_elsewhere_are_left_out(void **state)
{
	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun"));
	send_url("root", URL, strlen(URL));
	send_cert(IKE_CERT_HASH_URL, slice_of("a short hash", 12));
	send_cert(IKE_CERT_HASH_URLS, slice_of("", 0));
	run(IKE_AUTH_SIGNATURE, NULL);
}

/* A job that may fetch, as the engine has it. */
static struct verify_job *fetching_job(void)
{
	struct verify_job *job = job_of(IKE_AUTH_SIGNATURE);

	job->fetches_certs = true;
	assert_int_equal(statuses_new(&job->wants.kept), 0);
	return job;
}

static void few_are_wanted_at_once(void **state)
{
	struct verify_job *job;
	char url[16];

	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	for (unsigned int i = 0; i < STATUS_URLS_MAX + 2; i++) {
		snprintf(url, sizeof(url), "http://%u/", i);
		send_url("sun", url, strlen(url));
		send_url("sun", url, strlen(url)); /* is wanted once */
	}
	job = fetching_job();
	verify_job_run(job, PKI_NOW_S);
	assert_true(status_is_open(&job->wants));
	assert_int_equal(job->wants.n, STATUS_URLS_MAX);
	verify_job_run(job, PKI_NOW_S);
	assert_int_equal(job->wants.n, STATUS_URLS_MAX);
	status_give_up(&job->wants);
	verify_job_run(job, PKI_NOW_S);
	assert_int_equal(job->err, -EKEYREJECTED);
	assert_non_null(strstr(job->why.text, "is not to be had from http://0/"));
	verify_job_free(job);
}

static void rubbish_behind_the_first_is_left_out(void **state)
{
	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun"));
	send_cert(IKE_CERT_X509, slice_of("rubbish", 7));
	send_cert(IKE_CERT_X509, slice_of("", 0));
	send_cert(IKE_CERT_PUBLIC_KEY, slice_of("rubbish", 7));
	run(IKE_AUTH_SIGNATURE, NULL);
}

static void first_is_what_it_signs_with(void **state)
{
	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun_rsa"));
	send_cert(IKE_CERT_X509, pki_der("sun"));
	run(IKE_AUTH_SIGNATURE, "is of another type");
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, slice_of("rubbish", 7));
	send_cert(IKE_CERT_X509, pki_der("sun"));
	run(IKE_AUTH_SIGNATURE, "cannot be read");
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_PUBLIC_KEY, slice_of("rubbish", 7));
	run(IKE_AUTH_SIGNATURE, "raw public key is malformed");
	begin("sun", SIGN_ECDSA_SHA256);
	run(IKE_AUTH_SIGNATURE, "sends no certificate");
}

static void as_many_as_a_chain_has_and_no_more(void **state)
{
	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun"));
	for (unsigned int i = 1; i < VERIFY_CERTS_MAX; i++)
		send_cert(IKE_CERT_X509, pki_der("root"));
	run(IKE_AUTH_SIGNATURE, NULL);
	send_cert(IKE_CERT_X509, pki_der("root"));
	run(IKE_AUTH_SIGNATURE, "more than 33 certificates");
}

static void certificate_of_more_than_its_bound_is_not_read(void **state)
{
	static uint8_t octets[CERTIFICATE_MAX_BYTES + 1];

	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, slice_of(octets, sizeof(octets)));
	run(IKE_AUTH_SIGNATURE, "cannot be read");
}

static void signature_whose_algorithm_is_unknown_or_cut_is_refused(void **state)
{
	(void)state;
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun"));
	peer.data[3] ^= 1;
	run(IKE_AUTH_SIGNATURE, "not known here (method 14)");
	peer.data_len = 5;
	run(IKE_AUTH_SIGNATURE, "malformed");
	peer.data_len = 0;
	run(IKE_AUTH_SIGNATURE, "malformed");
	run(IKE_AUTH_NULL, "not known here (method 13)");
}

/* Every cut of a good one is none, and so is one with an octet behind it. */
static void signature_of_another_length_is_refused(void **state)
{
	size_t len;

	(void)state;
	begin("sun_rsa", SIGN_PSS_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun_rsa"));
	run(IKE_AUTH_SIGNATURE, NULL);
	len = peer.data_len;
	for (peer.data_len = len - 256; peer.data_len < len; peer.data_len++)
		run(IKE_AUTH_SIGNATURE, "is not by the key of");
	peer.data_len = len + 1;
	run(IKE_AUTH_SIGNATURE, "is not by the key of");
}

/* RFC 7296 section 3.8: method 1 is SHA-1 here, which must be allowed by name. */
static void method_without_its_algorithm_is_of_one_scheme(void **state)
{
	(void)state;
	begin("sun_rsa", SIGN_RSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun_rsa"));
	run(IKE_AUTH_SIGNATURE, NULL);
	run(IKE_AUTH_RSA, "collisions of SHA-1");
	begin("sun", SIGN_ECDSA_256);
	memmove(peer.data, peer.data + 1, --peer.data_len); /* r | s alone */
	send_cert(IKE_CERT_X509, pki_der("sun"));
	run(IKE_AUTH_ECDSA_256, NULL);
	run(IKE_AUTH_ECDSA_384, "is of another type");
}

/* --- keys that are named */

static struct verify_job *job_with_key(const char *name, bool is_named)
{
	struct verify_job *job = job_of(IKE_AUTH_SIGNATURE);

	job->auth.n_pubkeys = 1;
	assert_true(fingerprint_of(pki_public_der(name), &job->auth.pubkeys[0]));
	job->is_named = is_named;
	return job;
}

static void set_id(struct verify_job *job, uint8_t type, struct slice octets)
{
	job->id = (struct identity){ .type = type, .len = (uint16_t)octets.len };
	memcpy(job->id.octets, octets.ptr, octets.len);
}

static void run_job(struct verify_job *job, const char *why)
{
	verify_job_run(job, PKI_NOW_S);
	if (why && !strstr(job->why.text, why))
		fail_msg("\"%s\" is not in \"%s\"", why, job->why.text);
	if (job->err != (why ? -EKEYREJECTED : 0))
		fail_msg("%d: %s", job->err, job->why.text);
}

/* Whoever has a certificate here, and whatever that says. */
static void key_that_is_named_is_enough(void **state)
{
	struct verify_job *job;

	(void)state;
	begin("sun_alone", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun_alone"));
	job = job_with_key("sun_alone", true);
	set_id(job, IKE_ID_FQDN, slice_of("sol", 3)); /* none of its names */
	run_job(job, NULL);
	job->auth.rules.keys = 1U << KEY_RSA;
	run_job(job, "is weaker than");
	verify_job_free(job);
	job = job_with_key("sun", true); /* another one */
	run_job(job, "none of 'certs' and 'pubkeys'");
	verify_job_free(job);
}

/* Else of all who have a key in one section each could be any other one. */
static void key_that_is_named_is_nobodys_but_the_sections(void **state)
{
	uint8_t own[KEY_ID_BYTES], all[HASH_SHA1_BYTES];
	struct public_key *key;
	struct verify_job *job;

	(void)state;
	assert_int_equal(public_key_read(pki_public_der("sun"), &key), 0);
	assert_true(key_id(key, own));
	assert_true(hash_sha1(public_key_spki(key), all));
	public_key_free(key);
	for (int sends = 0; sends < 2; sends++) {
		begin("sun", SIGN_ECDSA_SHA256);
		if (sends)
			send_cert(IKE_CERT_PUBLIC_KEY, pki_public_der("sun"));
		job = job_with_key("sun", true);
		assert_int_equal(creds_add(job->creds, CRED_PUBKEY,
					   pki_public_der("sun"), &job->why),
				 0);
		run_job(job, NULL);
		job->is_named = false;
		run_job(job, "does not say that its owner is sun");
		set_id(job, IKE_ID_KEY_ID, slice_of(own, sizeof(own)));
		run_job(job, NULL);
		set_id(job, IKE_ID_KEY_ID, slice_of(all, sizeof(all)));
		run_job(job, NULL);
		set_id(job, IKE_ID_KEY_ID, slice_of(own, sizeof(own) - 1));
		run_job(job, "does not say that its owner is");
		own[0] ^= 1;
		set_id(job, IKE_ID_KEY_ID, slice_of(own, sizeof(own)));
		run_job(job, "does not say that its owner is");
		own[0] ^= 1;
		set_id(job, IKE_ID_FQDN, slice_of(own, sizeof(own)));
		run_job(job, "does not say that its owner is");
		verify_job_free(job);
	}
}

static void certificate_with_a_key_that_is_named_says_whose_it_is(void **state)
{
	struct verify_job *job;

	(void)state;
	begin("sun_alone", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun_alone"));
	job = job_with_key("sun_alone", false);
	run_job(job, NULL);
	set_id(job, IKE_ID_FQDN, slice_of("sol", 3));
	run_job(job, "is not of sol");
	verify_job_free(job);
}

/* It is a certificate, whatever is named of it. */
static void certificate_with_a_key_that_is_named_is_judged(void **state)
{
	static const struct {
		const char *name, *why;
	} rows[] = {
		{ "sun_old", "has expired" },
		{ "sun_mail", "is for another use" },
		{ "sun_early", "is not valid yet" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct verify_job *job;

		begin(rows[i].name, SIGN_ECDSA_SHA256);
		send_cert(IKE_CERT_X509, pki_der(rows[i].name));
		job = job_with_key(rows[i].name, true);
		run_job(job, rows[i].why);
		verify_job_free(job);
	}
}

/* 'cacerts' beside 'pubkeys' is a demand of its own. */
static void certificate_with_a_key_that_is_named_is_of_the_ca_that_is(void **state)
{
	struct verify_job *job;

	(void)state;
	begin("sun_alone", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun_alone"));
	job = job_with_key("sun_alone", true);
	job->auth.n_cas = 1;
	assert_true(fingerprint_of(pki_der("root"), &job->auth.cas[0]));
	run_job(job, "sun_alone");
	verify_job_free(job);
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun"));
	job = job_with_key("sun", true);
	job->auth.n_cas = 1;
	assert_true(fingerprint_of(pki_der("root"), &job->auth.cas[0]));
	run_job(job, NULL);
	verify_job_free(job);
}

/* --- those that are kept, as they were read */

static bool is_kept(struct cert_cache *cache, const char *name)
{
	struct certificate *one = NULL, *two = NULL;
	struct error e;
	bool is;

	assert_int_equal(cert_cache_read(cache, pki_der(name), &one, &e), 0);
	assert_int_equal(cert_cache_read(cache, pki_der(name), &two, &e), 0);
	is = one == two;
	certificate_free(one);
	certificate_free(two);
	return is;
}

static struct verify_job *job_with_cache(struct cert_cache *cache)
{
	struct verify_job *job = job_of(IKE_AUTH_SIGNATURE);

	job->cache = cert_cache_ref(cache);
	return job;
}

/* Whose signature is another's, whose path leads nowhere, and what is beside a path. */
static void certificates_of_strangers_are_not_kept(void **state)
{
	struct cert_cache *cache;
	struct verify_job *job;

	(void)state;
	assert_int_equal(cert_cache_new(&cache), 0);
	begin("sun_alone", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun"));
	job = job_with_cache(cache);
	run_job(job, "is not by the key of");
	verify_job_free(job);
	begin("sun_alone", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun_alone"));
	job = job_with_cache(cache);
	run_job(job, "sun_alone");
	verify_job_free(job);
	assert_false(is_kept(cache, "sun_alone"));
	assert_false(is_kept(cache, "sun"));
	begin("sun_sub", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun_sub"));
	send_cert(IKE_CERT_X509, pki_der("sun_mail"));
	send_cert(IKE_CERT_X509, pki_der("sub"));
	job = job_with_cache(cache);
	run_job(job, NULL);
	verify_job_free(job);
	assert_true(is_kept(cache, "sun_sub"));
	assert_true(is_kept(cache, "sub"));
	assert_false(is_kept(cache, "sun_mail"));
	cert_cache_unref(cache);
}

/* By the time, by what is demanded, and by the CAs that there are. */
static void certificate_that_is_kept_is_judged_each_time(void **state)
{
	struct cert_cache *cache;
	struct creds *none;
	struct verify_job *job;

	(void)state;
	assert_int_equal(cert_cache_new(&cache), 0);
	assert_int_equal(creds_new(&none), 0);
	begin("sun", SIGN_ECDSA_SHA256);
	send_cert(IKE_CERT_X509, pki_der("sun"));
	job = job_with_cache(cache);
	run_job(job, NULL);
	assert_true(is_kept(cache, "sun"));
	verify_job_run(job, PKI_NOW_S + 40 * 86400);
	assert_int_equal(job->err, -EKEYREJECTED);
	assert_non_null(strstr(job->why.text, "has expired"));
	job->auth.rules.keys = 1U << KEY_RSA;
	run_job(job, "is weaker than");
	job->auth.rules.keys = 0;
	set_id(job, IKE_ID_FQDN, slice_of("sol", 3));
	run_job(job, "is not of sol");
	set_id(job, IKE_ID_FQDN, slice_of("sun", 3));
	peer.data[peer.data_len - 1] ^= 1;
	assert_true(verify_job_fill(job, slice_of(peer.data, peer.data_len),
				    &message, 1));
	run_job(job, "is not by the key of");
	peer.data[peer.data_len - 1] ^= 1;
	assert_true(verify_job_fill(job, slice_of(peer.data, peer.data_len),
				    &message, 1));
	run_job(job, NULL);
	creds_unref(job->creds);
	job->creds = none;
	run_job(job, "\"C=CH, CN=sun\"");
	verify_job_free(job);
	cert_cache_unref(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			certificate_of_its_identity_and_a_signature_are_good),
		cmocka_unit_test(encodings_that_nobody_knows_are_left_out),
		cmocka_unit_test(
			first_that_is_elsewhere_is_refused_with_the_reason),
		cmocka_unit_test(others_that_are_elsewhere_are_left_out),
		cmocka_unit_test(few_are_wanted_at_once),
		cmocka_unit_test(rubbish_behind_the_first_is_left_out),
		cmocka_unit_test(first_is_what_it_signs_with),
		cmocka_unit_test(as_many_as_a_chain_has_and_no_more),
		cmocka_unit_test(certificate_of_more_than_its_bound_is_not_read),
		cmocka_unit_test(
			signature_whose_algorithm_is_unknown_or_cut_is_refused),
		cmocka_unit_test(signature_of_another_length_is_refused),
		cmocka_unit_test(method_without_its_algorithm_is_of_one_scheme),
		cmocka_unit_test(key_that_is_named_is_enough),
		cmocka_unit_test(key_that_is_named_is_nobodys_but_the_sections),
		cmocka_unit_test(
			certificate_with_a_key_that_is_named_says_whose_it_is),
		cmocka_unit_test(certificate_with_a_key_that_is_named_is_judged),
		cmocka_unit_test(
			certificate_with_a_key_that_is_named_is_of_the_ca_that_is),
		cmocka_unit_test(certificates_of_strangers_are_not_kept),
		cmocka_unit_test(certificate_that_is_kept_is_judged_each_time),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
