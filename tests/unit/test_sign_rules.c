// SPDX-License-Identifier: BSD-2-Clause
/* strongSwan's constraints on keys and signatures: what each text takes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/model/sign_rules.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define B(id)	(1U << SIGN_##id)
#define K(type) (1U << KEY_##type)
#define V1_5	(B(RSA_SHA256) | B(RSA_SHA384) | B(RSA_SHA512))
#define PSS	(B(PSS_SHA256) | B(PSS_SHA384) | B(PSS_SHA512))
#define RSA_256 (B(RSA_SHA256) | B(PSS_SHA256))
#define EC_256	(B(ECDSA_SHA256) | B(ECDSA_256))
#define EC_384	(B(ECDSA_SHA384) | B(ECDSA_384))
#define EC_512	(B(ECDSA_SHA512) | B(ECDSA_521))
#define ECDSA	(EC_256 | EC_384 | EC_512)
#define ED	(B(ED25519) | B(ED448))

static const struct {
	const char *text;
	struct sign_rules wanted;
} rows[] = {
	{ "pubkey", { 0 } },
	{ "rsa", { .keys = K(RSA) } },
	{ "rsa-3072", { .keys = K(RSA), .rsa_bits = 3072 } },
	{ "ecdsa-384", { .keys = K(ECDSA), .ecdsa_bits = 384 } },
	{ "ed25519", { .keys = K(ED25519) } },
	{ "rsa-2048-ecdsa-256",
	  { .keys = K(RSA) | K(ECDSA), .rsa_bits = 2048, .ecdsa_bits = 256 } },
	{ "pubkey-sha256",
	  { .chain = RSA_256 | EC_256, .ike = RSA_256 | EC_256 } },
	{ "pubkey-sha256-sha384",
	  { .chain = RSA_256 | B(RSA_SHA384) | B(PSS_SHA384) | EC_256 | EC_384,
	    .ike = RSA_256 | B(RSA_SHA384) | B(PSS_SHA384) | EC_256 | EC_384 } },
	{ "pubkey-identity", { .chain = ED, .ike = ED } },
	{ "rsa-sha1",
	  { .keys = K(RSA), .chain = B(RSA_SHA1), .ike = B(RSA_SHA1) } },
	{ "rsa-2048-sha256",
	  { .keys = K(RSA), .rsa_bits = 2048, .chain = RSA_256, .ike = RSA_256 } },
	/* a type without hashes beside one with */
	{ "rsa-sha256-ecdsa-256",
	  { .keys = K(RSA) | K(ECDSA),
	    .ecdsa_bits = 256,
	    .chain = RSA_256 | ECDSA,
	    .ike = RSA_256 | ECDSA } },
	{ "rsa-2048-sha256-ed25519",
	  { .keys = K(RSA) | K(ED25519),
	    .rsa_bits = 2048,
	    .chain = RSA_256 | B(ED25519),
	    .ike = RSA_256 | B(ED25519) } },
	{ "rsa-2048-sha256-sha384-ecdsa-256-sha256",
	  { .keys = K(RSA) | K(ECDSA),
	    .rsa_bits = 2048,
	    .ecdsa_bits = 256,
	    .chain = RSA_256 | B(RSA_SHA384) | B(PSS_SHA384) | EC_256,
	    .ike = RSA_256 | B(RSA_SHA384) | B(PSS_SHA384) | EC_256 } },
	/* PSS */
	{ "rsa/pss-sha256",
	  { .keys = K(RSA), .chain = B(PSS_SHA256), .ike = B(PSS_SHA256) } },
	{ "rsa/pss",
	  { .keys = K(RSA), .chain = PSS | ECDSA | ED, .ike = PSS | ECDSA | ED } },
	/* the other one */
	{ "rsa/pkcs1-sha256",
	  { .keys = K(RSA), .chain = B(RSA_SHA256), .ike = B(RSA_SHA256) } },
	{ "rsa/pkcs1-sha1",
	  { .keys = K(RSA), .chain = B(RSA_SHA1), .ike = B(RSA_SHA1) } },
	{ "rsa/pkcs1",
	  { .keys = K(RSA),
	    .chain = V1_5 | ECDSA | ED,
	    .ike = V1_5 | ECDSA | ED } },
	{ "rsa/pkcs1-rsa/pss", { .keys = K(RSA) } },
	{ "rsa-ike:rsa/pkcs1", { .keys = K(RSA), .ike = V1_5 | ECDSA | ED } },
	/* IKE's own */
	{ "ike:pubkey-sha384-sha512",
	  { .ike = B(RSA_SHA384) | B(PSS_SHA384) | B(RSA_SHA512) |
		   B(PSS_SHA512) | EC_384 | EC_512 } },
	{ "rsa-3072-ike:rsa/pss-sha256",
	  { .keys = K(RSA), .rsa_bits = 3072, .ike = B(PSS_SHA256) } },
	{ "pubkey-sha256-ike:rsa-sha512",
	  { .chain = RSA_256 | EC_256, .ike = B(RSA_SHA512) | B(PSS_SHA512) } },
	{ "rsa-sha256-ike:pubkey", { .keys = K(RSA), .chain = RSA_256 } },
	{ "ike:ecdsa-sha256-ecdsa-384",
	  { .keys = K(ECDSA), .ecdsa_bits = 384, .ike = EC_256 } },
};

static void text_says_what_keys_and_signatures_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sign_rules *w = &rows[i].wanted;
		struct sign_rules r;
		struct error e;

		if (sign_rules_parse(rows[i].text, &r, &e))
			fail_msg("%s: %s", rows[i].text, e.text);
		if (r.keys != w->keys || r.rsa_bits != w->rsa_bits ||
		    r.ecdsa_bits != w->ecdsa_bits || r.chain != w->chain ||
		    r.ike != w->ike)
			fail_msg("%s: keys %x bits %u %u chain %x ike %x",
				 rows[i].text, r.keys, r.rsa_bits, r.ecdsa_bits,
				 r.chain, r.ike);
	}
}

static void other_text_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"psk",
		"-",
		"pubkey-",
		"-pubkey",
		"pubkey--sha256",
		"sha256",
		"2048",
		"pubkey-2048",
		"ed25519-255",
		"rsa-0",
		"rsa-+5",
		"rsa-70000",
		"rsa-2048x",
		"rsa-md5",
		"rsa-sha224",
		"rsa-identity",
		"ecdsa-sha1",
		"rsa/pss-sha1",
		"rsa/oaep",
		"rsa/pkcs1-identity",
		"ed25519-sha256",
		"RSA",
		"ike:",
		"ike:psk",
		"rsa-ike:sha256",
		"rsa-2048-a-word-that-is-long",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct sign_rules r = { .keys = 77 };
		struct error e = { "" };

		if (sign_rules_parse(bad[i], &r, &e) != -EINVAL)
			fail_msg("'%s' was accepted", bad[i]);
		assert_int_equal(r.keys, 77);
		assert_non_null(strstr(e.text, "rsa/pss"));
	}
}

static void rules_judge_keys_and_schemes(void **state)
{
	struct sign_rules none = { 0 }, rsa = { 0 }, old = { 0 };
	struct error e;

	(void)state;
	assert_true(sign_rules_key(&none, KEY_RSA, 2048));
	assert_false(sign_rules_key(&none, KEY_RSA, 2047));
	assert_true(sign_rules_key(&none, KEY_ECDSA, 256));
	assert_true(sign_rules_key(&none, KEY_ED448, 448));
	assert_true(sign_rules_scheme(0, sign_by_id(SIGN_RSA_SHA256)));
	assert_false(sign_rules_scheme(0, sign_by_id(SIGN_RSA_SHA1)));

	assert_int_equal(sign_rules_parse("rsa-3072-sha384-ecdsa-384", &rsa, &e),
			 0);
	assert_true(sign_rules_key(&rsa, KEY_RSA, 3072));
	assert_false(sign_rules_key(&rsa, KEY_RSA, 3071));
	assert_true(sign_rules_key(&rsa, KEY_ECDSA, 384));
	assert_false(sign_rules_key(&rsa, KEY_ECDSA, 256));
	assert_false(sign_rules_key(&rsa, KEY_ED25519, 255));
	assert_false(sign_rules_scheme(rsa.chain, sign_by_id(SIGN_RSA_SHA256)));

	/* what is weak, by its name */
	assert_int_equal(sign_rules_parse("rsa-1024-sha1", &old, &e), 0);
	assert_true(sign_rules_key(&old, KEY_RSA, 1024));
	assert_true(sign_rules_scheme(old.chain, sign_by_id(SIGN_RSA_SHA1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_says_what_keys_and_signatures_are_taken),
		cmocka_unit_test(other_text_is_refused),
		cmocka_unit_test(rules_judge_keys_and_schemes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
