// SPDX-License-Identifier: BSD-2-Clause
/*
 * Private keys as files have them, made by the openssl command: every form, with the
 * right passphrase, a wrong one and none; and what is no key that signs here.
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

#include "ctrl/crypto/private_key.h"
#include "tests/support/openssl.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static int setup(void **state)
{
	(void)state;
	openssl_begin();
	openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa");
	openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec");
	openssl("genpkey -algorithm ED25519 -out ed");
	openssl("req -x509 -new -key ec -subj /CN=moon -out cert");
	openssl("req -x509 -new -key rsa -subj /CN=ca -out ca");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	openssl_end();
	return 0;
}

static int read_file(const char *name, const char *passphrase,
		     struct private_key **key, struct error *e)
{
	const uint8_t *octets;
	size_t len;
	int err;

	octets = openssl_get(name, &len);
	assert_non_null(octets);
	*key = NULL;
	e->text[0] = '\0';
	err = private_key_read(slice_of(octets, len), text(passphrase), key, e);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(err != 0, strlen(e->text) > 20);
	assert_int_equal(err != 0, *key == NULL);
	return err;
}

static void assert_same_key(const struct private_key *key, const char *name)
{
	struct private_key *plain;
	struct error e;

	assert_int_equal(read_file(name, "", &plain, &e), 0);
	assert_true(public_key_equal(private_key_public(key),
				     private_key_public(plain)));
	private_key_free(plain);
}

static const struct {
	const char *what;
	const char *how; /* openssl makes `made` of it */
	const char *key; /* NULL: a new one */
	bool encrypted;
} form_rows[] = {
	{ "PKCS#8", "pkcs8 -topk8 -nocrypt -in rsa -out made", "rsa", false },
	{ "PKCS#8 in DER",
	  "pkcs8 -topk8 -nocrypt -in rsa -outform DER -out made", "rsa", false },
	{ "PKCS#1", "pkey -traditional -in rsa -out made", "rsa", false },
	{ "PKCS#1 in DER", "pkey -traditional -in rsa -outform DER -out made",
	  "rsa", false },
	{ "SEC1", "pkey -traditional -in ec -out made", "ec", false },
	{ "SEC1 in DER", "pkey -traditional -in ec -outform DER -out made",
	  "ec", false },
	{ "Ed25519", "pkey -in ed -out made", "ed", false },
	{ "Ed25519 in DER", "pkey -in ed -outform DER -out made", "ed", false },
	{ "SEC1 behind the name of its curve",
	  "ecparam -name prime256v1 -genkey -out made", NULL, false },
	{ "encrypted PKCS#8",
	  "pkcs8 -topk8 -passout pass:secret -v2 aes256 -in rsa -out made",
	  "rsa", true },
	{ "encrypted PKCS#8 in DER",
	  "pkcs8 -topk8 -passout pass:secret -v2 aes128 -v2prf hmacWithSHA512 "
	  "-in ec -outform DER -out made",
	  "ec", true },
	{ "PKCS#8 with scrypt",
	  "pkcs8 -topk8 -passout pass:secret -scrypt -scrypt_N 1024 -in ed -out "
	  "made",
	  "ed", true },
	{ "encrypted PEM",
	  "pkey -traditional -aes256 -passout pass:secret -in rsa -out made",
	  "rsa", true },
	{ "encrypted PEM of SEC1",
	  "pkey -traditional -aes128 -passout pass:secret -in ec -out made",
	  "ec", true },
};

static void key_is_read_in_each_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(form_rows); i++) {
		const bool encrypted = form_rows[i].encrypted;
		struct private_key *key;
		struct error e;

		openssl("%s", form_rows[i].how);
		if (read_file("made", "secret", &key, &e))
			fail_msg("%s: %s", form_rows[i].what, e.text);
		if (form_rows[i].key)
			assert_same_key(key, form_rows[i].key);
		private_key_free(key);
		/* what needs none does not look at it */
		if (read_file("made", "", &key, &e) != (encrypted ? -ENOKEY : 0) ||
		    (encrypted && !strstr(e.text, "give its passphrase")))
			fail_msg("%s without a passphrase", form_rows[i].what);
		private_key_free(key);
		if (read_file("made", "Secret", &key, &e) !=
			    (encrypted ? -EKEYREJECTED : 0) ||
		    (encrypted && !strstr(e.text, "passphrase is wrong")))
			fail_msg("%s with another one", form_rows[i].what);
		private_key_free(key);
	}
}

/* Some files have both. */
static void key_is_found_behind_a_certificate(void **state)
{
	uint8_t both[8192];
	const uint8_t *octets;
	struct private_key *key = NULL;
	struct error e;
	size_t len, n;

	(void)state;
	octets = openssl_get("cert", &n);
	memcpy(both, octets, n);
	octets = openssl_get("ec", &len);
	memcpy(both + n, octets, len);
	if (private_key_read(slice_of(both, n + len), text(""), &key, &e))
		fail_msg("%s", e.text);
	assert_same_key(key, "ec");
	private_key_free(key);
}

static void key_that_signs_nothing_here_is_refused(void **state)
{
	static const struct {
		const char *how;
		int err;
	} rows[] = {
		{ "genrsa -out made 512", -ENOTSUP },
		{ "genpkey -algorithm X25519 -out made", -ENOTSUP },
		{ "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 "
		  "-out made",
		  -ENOTSUP },
		{ "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-224 -out "
		  "made",
		  -ENOTSUP },
		{ "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
		  "-pkeyopt ec_param_enc:explicit -out made",
		  -ENOTSUP },
		{ "pkey -in rsa -pubout -out made", -EBADMSG },
		{ "x509 -in cert -out made", -EBADMSG },
		{ "rand -out made 300", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct private_key *key;
		struct error e;

		openssl("%s", rows[i].how);
		if (read_file("made", "secret", &key, &e) != rows[i].err)
			fail_msg("%s: %s", rows[i].how, e.text);
	}
}

static void damaged_key_is_refused(void **state)
{
	uint8_t der[4096];
	const uint8_t *octets;
	size_t len;

	(void)state;
	openssl("pkey -in ec -outform DER -out made");
	octets = openssl_get("made", &len);
	memcpy(der, octets, len);
	for (size_t n = 0; n < len; n++) {
		struct private_key *key = NULL;
		struct error e;

		assert_int_equal(private_key_read(slice_of(der, n), text(""),
						  &key, &e),
				 -EBADMSG);
	}
}

/* --- public keys that are refused */

static void public_key_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *how;
		int err;
	} rows[] = {
		{ "pkey -in rsa -pubout -outform DER -out made", 0 },
		{ "pkey -in rsa -outform DER -out made", -EBADMSG },
		{ "x509 -in cert -outform DER -out made", -EBADMSG },
		{ "rand -out made 90", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct public_key *key = NULL;
		const uint8_t *octets;
		size_t len;

		openssl("%s", rows[i].how);
		octets = openssl_get("made", &len);
		if (public_key_read(slice_of(octets, len), &key) != rows[i].err)
			fail_msg("%s", rows[i].how);
		public_key_free(key);
	}
}

/* Of an RSA key in DER the modulus ends, and the exponent is, in its last octets. */
static void changed_public_key_is_refused(void **state)
{
	uint8_t rsa[1024], ec[128];
	struct public_key *key = NULL;
	const uint8_t *octets;
	size_t len, ec_len;

	(void)state;
	openssl("pkey -in ec -pubout -outform DER -out made");
	octets = openssl_get("made", &ec_len);
	memcpy(ec, octets, ec_len);
	ec[ec_len - 1] ^= 1; /* no longer on the curve */
	assert_int_equal(public_key_read(slice_of(ec, ec_len), &key), -EBADMSG);
	ec[ec_len - 1] ^= 1;
	ec[ec_len] = 0;
	assert_int_equal(public_key_read(slice_of(ec, ec_len + 1), &key),
			 -EBADMSG);
	assert_int_equal(public_key_read(slice_of(ec, ec_len - 1), &key),
			 -EBADMSG);

	openssl("pkey -in rsa -pubout -outform DER -out made");
	octets = openssl_get("made", &len);
	memcpy(rsa, octets, len);
	rsa[len - 1] = 0; /* 65536 */
	assert_int_equal(public_key_read(slice_of(rsa, len), &key), -EBADMSG);
	memcpy(rsa + len - 3, "\x00\x00\x01", 3);
	assert_int_equal(public_key_read(slice_of(rsa, len), &key), -EBADMSG);
	memcpy(rsa + len - 3, "\x01\x00\x01", 3);
	rsa[len - 6] ^= 1; /* the modulus is even */
	assert_int_equal(public_key_read(slice_of(rsa, len), &key), -EBADMSG);
	rsa[len - 6] ^= 1;
	assert_int_equal(public_key_read(slice_of(rsa, len), &key), 0);
	public_key_free(key);
	assert_int_equal(public_key_read(slice_of(NULL, 0), &key), -EBADMSG);
}

/* --- PKCS#12 */

struct told {
	unsigned int n;
	uint8_t first[4096];
	size_t first_len;
};

static void take_certificate(void *arg, struct slice der)
{
	struct told *t = arg;

	if (t->n++ == 0) {
		t->first_len = der.len;
		memcpy(t->first, der.ptr, der.len);
	}
}

static int read_p12(const char *passphrase, struct private_key **key,
		    struct told *told, struct error *e)
{
	const uint8_t *octets;
	size_t len;
	int err;

	*told = (struct told){ .n = 0 };
	*key = NULL;
	octets = openssl_get("made", &len);
	err = private_key_read_pkcs12(slice_of(octets, len), text(passphrase),
				      take_certificate, told, key, e);
	assert_int_equal(ERR_peek_error(), 0);
	if (err) {
		assert_null(*key);
		assert_int_equal(told->n, 0);
	}
	return err;
}

static void pkcs12_has_key_and_certificates(void **state)
{
	struct private_key *key;
	const uint8_t *octets;
	struct told told;
	struct error e;
	size_t len;

	(void)state;
	openssl("pkcs12 -export -inkey ec -in cert -certfile ca "
		"-passout pass:secret -out made");
	if (read_p12("secret", &key, &told, &e))
		fail_msg("%s", e.text);
	assert_same_key(key, "ec");
	assert_int_equal(told.n, 2);
	openssl("x509 -in cert -outform DER -out cert.der");
	octets = openssl_get("cert.der", &len);
	assert_int_equal(len, told.first_len);
	assert_memory_equal(octets, told.first, len);
	private_key_free(key);

	assert_int_equal(read_p12("Secret", &key, &told, &e), -EKEYREJECTED);
	assert_non_null(strstr(e.text, "passphrase is wrong"));
	assert_int_equal(read_p12("", &key, &told, &e), -ENOKEY);
	openssl("rand -out made 400");
	assert_int_equal(read_p12("secret", &key, &told, &e), -EBADMSG);
}

static void pkcs12_without_a_passphrase_needs_none(void **state)
{
	struct private_key *key;
	struct told told;
	struct error e;

	(void)state;
	openssl("pkcs12 -export -inkey rsa -in ca -passout pass: -out made");
	if (read_p12("", &key, &told, &e))
		fail_msg("%s", e.text);
	assert_same_key(key, "rsa");
	assert_int_equal(told.n, 1);
	private_key_free(key);
}

/* RC2 of 40 bits is in a provider that nobody loads. */
static void pkcs12_of_old_is_refused_with_the_reason(void **state)
{
	struct private_key *key;
	struct told told;
	struct error e;

	(void)state;
	openssl("pkcs12 -export -legacy -inkey rsa -in ca -passout pass:secret "
		"-out made");
	assert_int_equal(read_p12("secret", &key, &told, &e), -ENOTSUP);
	assert_non_null(strstr(e.text, "default provider"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_is_read_in_each_form),
		cmocka_unit_test(key_is_found_behind_a_certificate),
		cmocka_unit_test(key_that_signs_nothing_here_is_refused),
		cmocka_unit_test(damaged_key_is_refused),
		cmocka_unit_test(public_key_that_is_none_is_refused),
		cmocka_unit_test(changed_public_key_is_refused),
		cmocka_unit_test(pkcs12_has_key_and_certificates),
		cmocka_unit_test(pkcs12_without_a_passphrase_needs_none),
		cmocka_unit_test(pkcs12_of_old_is_refused_with_the_reason),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
