// SPDX-License-Identifier: BSD-2-Clause
/*
 * Certificates and requests that are made here: read again by ourselves and judged by
 * trust_check(), with what the openssl command says beside it.
 */
#include "tests/unit/pki_fixture.h"

/* --- certificates --- */

static void a_ca_signs_itself_and_others(void **state)
{
	struct certificate *ca = make_ca(), *leaf, *other;
	struct dn buf;
	struct issue_plan p = leaf_plan(ca, &buf);

	(void)state;
	assert_true(ca->is_ca && ca->skid.len == DESCRIBE_ID_BYTES);
	assert_int_equal(describe_path_len(ca), -1);
	leaf = issue(&p);
	assert_false(leaf->is_ca);
	assert_true(leaf->signs && leaf->authenticates);
	assert_true(dn_equal(leaf->issuer, ca->subject));
	assert_int_equal(leaf->akid.len, ca->skid.len);
	assert_memory_equal(leaf->akid.ptr, ca->skid.ptr, ca->skid.len);
	assert_int_equal(leaf->not_before_s, p.not_before_s);
	assert_int_equal(leaf->not_after_s, p.not_after_s);
	assert_true(public_key_equal(leaf->key, p.key));
	assert_good(ca, leaf);
	openssl("x509 -in leaf.pem -noout -text");
	assert_said("X509v3 Basic Constraints: critical");
	assert_said("X509v3 Key Usage: critical\n                Digital "
		    "Signature\n");
	openssl("x509 -in ca.pem -noout -text");
	assert_said("CA:TRUE\n");
	assert_said("Certificate Sign, CRL Sign\n");

	/* Of every one the serial number is another one. */
	other = issue(&p);
	assert_in_range(other->serial.len, 12, ISSUE_SERIAL_BYTES);
	assert_true(leaf->serial.len != other->serial.len ||
		    memcmp(leaf->serial.ptr, other->serial.ptr,
			   leaf->serial.len) != 0);
	certificate_free(other);
	certificate_free(leaf);
	certificate_free(ca);
}

static void every_kind_of_key_signs(void **state)
{
	static const struct {
		enum key_type type;
		unsigned int bits;
		enum ike_hash hash;
		bool pss;
		enum sign_id scheme;
	} rows[] = {
		{ KEY_RSA, 2048, 0, false, SIGN_RSA_SHA256 },
		{ KEY_RSA, 2048, IKE_HASH_SHA2_512, false, SIGN_RSA_SHA512 },
		{ KEY_RSA, 2048, IKE_HASH_SHA2_384, true, SIGN_PSS_SHA384 },
		{ KEY_ECDSA, 256, 0, false, SIGN_ECDSA_SHA256 },
		{ KEY_ECDSA, 384, 0, false, SIGN_ECDSA_SHA384 },
		{ KEY_ECDSA, 521, 0, false, SIGN_ECDSA_SHA512 },
		{ KEY_ED25519, 0, 0, false, SIGN_ED25519 },
		{ KEY_ED448, 0, 0, false, SIGN_ED448 },
	};
	struct certificate *ca, *leaf;
	struct private_key *key;
	struct dn a, b;
	struct error e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct issue_plan p = ca_plan(&a), l;

		assert_int_equal(key_make(rows[i].type, rows[i].bits, &key, &e),
				 0);
		assert_int_equal(signer_of(key, rows[i].hash, rows[i].pss,
					   &p.signer, &e),
				 0);
		p.key = private_key_public(key);
		ca = issue(&p);
		assert_int_equal(ca->scheme->id, rows[i].scheme);
		l = leaf_plan(ca, &b);
		l.signer = p.signer;
		leaf = issue(&l);
		assert_int_equal(leaf->scheme->id, rows[i].scheme);
		assert_good(ca, leaf);
		certificate_free(leaf);
		certificate_free(ca);
		private_key_free(key);
	}
}

static void a_key_signs_by_no_scheme_but_its_own(void **state)
{
	struct signer s;
	struct error e;

	(void)state;
	assert_int_equal(signer_of(ca_key, (enum ike_hash)0, true, &s, &e),
			 -EINVAL);
	assert_int_equal(signer_of(ca_key, IKE_HASH_SHA1, false, &s, &e),
			 -EINVAL);
	assert_int_equal(signer_of(ca_key, IKE_HASH_IDENTITY, false, &s, &e),
			 -EINVAL);
	assert_int_equal(signer_of(sun_key, IKE_HASH_SHA2_256, false, &s, &e),
			 -EINVAL);
}

static void names_are_in_the_certificate(void **state)
{
	static const char *const texts[] = { "moon.example.org",
					     "fred@example.org", "10.0.0.1",
					     "2001:db8::1", "C=CH, CN=x" };
	static const char *const uris[] = { "http://a.example.org/1.crl",
					    "http://b.example.org/1.crl" };
	static const char *const ocsp[] = { "http://ocsp.example.org/" };
	struct identity sans[ARRAY_LEN(texts)];
	struct certificate *ca = make_ca(), *leaf;
	struct dn buf;
	struct issue_plan p = leaf_plan(ca, &buf);
	struct error e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(identity_parse(texts[i], &sans[i], &e), 0);
	p.sans = sans;
	p.n_sans = ARRAY_LEN(texts);
	p.crls = uris;
	p.n_crls = 2;
	p.ocsp = ocsp;
	p.n_ocsp = 1;
	leaf = issue(&p);
	assert_int_equal(leaf->n_sans, ARRAY_LEN(texts));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_true(ident_is(leaf, &sans[i]));
	assert_int_equal(leaf->crls.n, 2);
	assert_string_equal(leaf->crls.at[1], uris[1]);
	assert_int_equal(leaf->ocsp.n, 1);
	assert_string_equal(leaf->ocsp.at[0], ocsp[0]);
	assert_good(ca, leaf);
	openssl("x509 -in leaf.pem -noout -text");
	assert_said("X509v3 Subject Alternative Name: \n");
	certificate_free(leaf);

	/* Where a name is all that says who it is, it is critical. */
	p.subject = slice_of(NULL, 0);
	leaf = issue(&p);
	assert_int_equal(leaf->subject.len, 0);
	assert_good(ca, leaf);
	openssl("x509 -in leaf.pem -noout -text");
	assert_said("X509v3 Subject Alternative Name: critical\n");
	certificate_free(leaf);
	certificate_free(ca);
}

struct words {
	char text[256];
};

static void tell(void *arg, const char *word)
{
	struct words *w = arg;
	size_t at = strlen(w->text);

	snprintf(w->text + at, sizeof(w->text) - at, "%s ", word);
}

static void uses_are_in_the_certificate(void **state)
{
	struct certificate *ca = make_ca(), *leaf;
	struct words usage = { "" }, extended = { "" };
	struct dn buf;
	struct issue_plan p = leaf_plan(ca, &buf);

	(void)state;
	p.uses = ISSUE_SERVER_AUTH | ISSUE_CLIENT_AUTH |
		 ISSUE_IKE_INTERMEDIATE | ISSUE_CRL_SIGN;
	leaf = issue(&p);
	describe_usage(leaf, tell, &usage);
	describe_extended(leaf, tell, &extended);
	assert_string_equal(usage.text, "digitalSignature cRLSign ");
	assert_string_equal(extended.text,
			    "serverAuth clientAuth 1.3.6.1.5.5.8.2.2 ");
	assert_true(leaf->authenticates);
	assert_good(ca, leaf);
	certificate_free(leaf);

	/* One for OCSP alone is none for IKE. */
	p.uses = ISSUE_OCSP_SIGNING;
	leaf = issue(&p);
	assert_false(leaf->authenticates);
	certificate_free(leaf);
	certificate_free(ca);
}

static int refused(const struct issue_plan *p, const char *why)
{
	struct owned der;
	struct error e;
	int err = issue_certificate(p, &der, &e);

	if (!err)
		owned_free(&der);
	else if (!strstr(e.text, why))
		fail_msg("no \"%s\" in: %s", why, e.text);
	return err;
}

static void what_would_not_be_good_is_not_issued(void **state)
{
	struct certificate *ca = make_ca(), *leaf;
	struct dn buf, ca_buf;
	struct issue_plan p = leaf_plan(ca, &buf), q;
	static const uint8_t longest[21] = { 1 };

	(void)state;
	leaf = issue(&p);
	q = p;
	q.issuer = leaf;
	assert_int_equal(refused(&q, "is no CA's"), -EINVAL);
	q = p;
	q.signer = signer(moon_key);
	assert_int_equal(refused(&q, "key is not that of the CA"), -EINVAL);
	q = p;
	q.not_after_s = ca->not_after_s + 1;
	assert_int_equal(refused(&q, "would outlive CA"), -EINVAL);
	q.not_after_s = ca->not_after_s;
	assert_int_equal(refused(&q, ""), 0);
	q = p;
	q.not_after_s = q.not_before_s;
	assert_int_equal(refused(&q, "end before it begins"), -EINVAL);
	q = p;
	q.subject = slice_of(NULL, 0);
	assert_int_equal(refused(&q, "nobody that it would be for"), -EINVAL);
	q = p;
	q.serial = slice_of(longest, sizeof(longest));
	assert_int_equal(refused(&q, "at most 20 octets"), -EINVAL);
	q = ca_plan(&ca_buf);
	q.subject = slice_of(NULL, 0);
	assert_int_equal(refused(&q, "a CA needs a name"), -EINVAL);
	certificate_free(leaf);
	certificate_free(ca);
}

static void a_path_is_no_longer_than_its_ca_allows(void **state)
{
	struct dn a, b, c;
	struct issue_plan root = ca_plan(&a), sub, deep;
	struct certificate *ca, *middle, *leaf;
	struct trust *t;
	struct error e;

	(void)state;
	root.path_len = 1;
	ca = issue(&root);
	assert_int_equal(describe_path_len(ca), 1);
	sub = leaf_plan(ca, &b);
	sub.is_ca = true;
	sub.path_len = 1;
	assert_int_equal(refused(&sub, "there may be 1 further"), -EINVAL);
	sub.path_len = -1;
	assert_int_equal(refused(&sub, "there may be 1 further"), -EINVAL);
	sub.path_len = 0;
	middle = issue(&sub);
	deep = leaf_plan(middle, &c);
	deep.signer = signer(moon_key);
	deep.key = private_key_public(sun_key);
	deep.subject = dn_of("CN=sun", &c);
	deep.is_ca = true;
	deep.path_len = 0;
	assert_int_equal(refused(&deep, "issue no CA from it"), -EINVAL);
	deep.is_ca = false;
	leaf = issue(&deep);
	t = trust_in(ca);
	assert_int_equal(verdict(t, leaf, REVOCATION_RELAXED), TRUST_NO_ISSUER);
	assert_int_equal(trust_add(t, TRUST_AS_INTERMEDIATE, again(middle), &e),
			 0);
	assert_int_equal(verdict(t, leaf, REVOCATION_RELAXED), TRUST_OK);
	trust_free(t);
	certificate_free(leaf);
	certificate_free(middle);
	certificate_free(ca);
}

/* --- requests --- */

static void a_request_is_read_again(void **state)
{
	struct signer s = signer(moon_key);
	struct identity sans[2];
	struct request *r;
	struct owned der, text;
	struct error e;
	struct dn buf;

	(void)state;
	assert_int_equal(identity_parse("moon.example.org", &sans[0], &e), 0);
	assert_int_equal(identity_parse("10.0.0.1", &sans[1], &e), 0);
	assert_int_equal(request_make(dn_of("C=CH, CN=moon", &buf), sans, 2, &s,
				      &der, &e),
			 0);
	assert_int_equal(pem_write(PEM_LABEL_REQUEST, owned_slice(&der), &text),
			 0);
	openssl_put("req", text.ptr, text.len);
	openssl("req -in req -verify -noout -text");
	assert_said("DNS:moon.example.org, IP Address:10.0.0.1");
	assert_said("Certificate request self-signature verify OK");
	for (int is_pem = 0; is_pem < 2; is_pem++) {
		assert_int_equal(request_read(owned_slice(is_pem ? &text : &der),
					      &r, &e),
				 0);
		assert_true(dn_equal(r->subject, slice_of(buf.der, buf.len)));
		assert_true(
			public_key_equal(r->key, private_key_public(moon_key)));
		assert_int_equal(r->n_sans, 2);
		assert_true(identity_equal(&r->sans[0], &sans[0]));
		assert_true(identity_equal(&r->sans[1], &sans[1]));
		assert_false(r->has_other_names);
		request_free(r);
	}
	owned_free(&der);
	owned_free(&text);
}

static int read_request(struct slice octets, const char *why)
{
	struct request *r;
	struct error e;
	int err = request_read(octets, &r, &e);

	if (!err)
		request_free(r);
	else if (!strstr(e.text, why))
		fail_msg("no \"%s\" in: %s", why, e.text);
	return err;
}

static void a_request_that_is_broken_is_refused(void **state)
{
	struct signer s = signer(moon_key);
	static uint8_t huge[REQUEST_MAX_BYTES + 1] = { 0x30 };
	struct owned der, longer;
	struct error e;
	struct dn buf;

	(void)state;
	assert_int_equal(
		request_make(dn_of("CN=moon", &buf), NULL, 0, &s, &der, &e), 0);
	assert_int_equal(read_request(owned_slice(&der), ""), 0);
	for (size_t len = 0; len < der.len; len++)
		assert_int_equal(read_request(slice_of(der.ptr, len), "PKCS#10"),
				 -EBADMSG);
	assert_int_equal(owned_copy(slice_of(der.ptr, der.len + 1), &longer), 0);
	assert_int_equal(read_request(owned_slice(&longer), "PKCS#10"),
			 -EBADMSG);
	owned_free(&longer);
	der.ptr[der.len - 1] ^= 1;
	assert_int_equal(read_request(owned_slice(&der), "not signed by"),
			 -EKEYREJECTED);
	assert_int_equal(read_request(slice_of(huge, sizeof(huge)), "16384"),
			 -E2BIG);
	owned_free(&der);
}

static void a_request_of_others_is_read(void **state)
{
	const uint8_t *octets;
	size_t len;
	struct request *r;
	struct error e;

	(void)state;
	openssl("req -new -newkey rsa:2048 -nodes -keyout k -subj /CN=sun "
		"-addext subjectAltName=DNS:sun,URI:http://sun/ -out req");
	octets = openssl_get("req", &len);
	assert_int_equal(request_read(slice_of(octets, len), &r, &e), 0);
	assert_int_equal(r->n_sans, 1);
	assert_true(r->has_other_names);
	request_free(r);
	openssl("req -new -newkey rsa:512 -nodes -keyout k -subj /CN=sun -out "
		"req");
	octets = openssl_get("req", &len);
	assert_int_equal(read_request(slice_of(octets, len), "1024 to 8192"),
			 -ENOTSUP);
}

/* --- ids of keys --- */

static void ids_of_a_key_are_what_others_say(void **state)
{
	struct certificate *ca = make_ca();
	uint8_t keyid[DESCRIBE_ID_BYTES], subjkey[DESCRIBE_ID_BYTES];
	size_t len;

	(void)state;
	assert_int_equal(describe_key_ids(ca->key, keyid, subjkey), 0);
	assert_memory_equal(subjkey, ca->skid.ptr, DESCRIBE_ID_BYTES);
	openssl_put("spki", public_key_spki(ca->key).ptr,
		    public_key_spki(ca->key).len);
	openssl("dgst -sha1 -binary -out made spki");
	assert_memory_equal(openssl_get("made", &len), keyid, DESCRIBE_ID_BYTES);
	certificate_free(ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ca_signs_itself_and_others),
		cmocka_unit_test(every_kind_of_key_signs),
		cmocka_unit_test(a_key_signs_by_no_scheme_but_its_own),
		cmocka_unit_test(names_are_in_the_certificate),
		cmocka_unit_test(uses_are_in_the_certificate),
		cmocka_unit_test(what_would_not_be_good_is_not_issued),
		cmocka_unit_test(a_path_is_no_longer_than_its_ca_allows),
		cmocka_unit_test(a_request_is_read_again),
		cmocka_unit_test(a_request_that_is_broken_is_refused),
		cmocka_unit_test(a_request_of_others_is_read),
		cmocka_unit_test(ids_of_a_key_are_what_others_say),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
