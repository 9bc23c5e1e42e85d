// SPDX-License-Identifier: BSD-2-Clause
/* Keys that are made here, read again, by us and by the openssl command. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctrl/crypto/key_make.h"
#include "tests/support/openssl.h"

static const struct {
	enum key_type type;
	unsigned int bits;
	unsigned int is_bits;
	const char *openssl_says;
} kinds[] = {
	{ KEY_RSA, 2048, 2048, "Private-Key: (2048 bit" },
	{ KEY_ECDSA, 256, 256, "ASN1 OID: prime256v1" },
	{ KEY_ECDSA, 384, 384, "ASN1 OID: secp384r1" },
	{ KEY_ECDSA, 521, 521, "ASN1 OID: secp521r1" },
	{ KEY_ED25519, 0, 255, "ED25519 Private-Key" },
	{ KEY_ED448, 0, 448, "ED448 Private-Key" },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int setup(void **state)
{
	(void)state;
	openssl_begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	openssl_end();
	return 0;
}

static struct slice text(const char *s)
{
	return slice_of(s, strlen(s));
}

static struct private_key *made(enum key_type type, unsigned int bits)
{
	struct private_key *key = NULL;
	struct error e;

	if (key_make(type, bits, &key, &e))
		fail_msg("%s", e.text);
	return key;
}

static void put(const struct owned *o)
{
	openssl_put("key", o->ptr, o->len);
}

static void said(const char *wanted)
{
	size_t len;
	const uint8_t *octets = openssl_get("said", &len);

	if (!memmem(octets, len, wanted, strlen(wanted)))
		fail_msg("no \"%s\" in: %.*s", wanted, (int)len,
			 (const char *)octets);
}

static void assert_reads(const struct owned *o, const char *passphrase,
			 const struct private_key *wanted)
{
	struct private_key *again;
	struct error e;

	if (private_key_read(owned_slice(o), text(passphrase), &again, &e))
		fail_msg("%s", e.text);
	assert_true(public_key_equal(private_key_public(wanted),
				     private_key_public(again)));
	private_key_free(again);
}

static void every_kind_is_made_and_read_again(void **state)
{
	struct private_key *key;
	struct owned o;

	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		key = made(kinds[i].type, kinds[i].bits);
		assert_int_equal(public_key_bits(private_key_public(key)),
				 kinds[i].is_bits);
		for (int form = KEY_FORM_PEM; form <= KEY_FORM_DER; form++) {
			assert_int_equal(key_write(key, (enum key_form)form,
						   text(""), &o),
					 0);
			assert_reads(&o, "", key);
			put(&o);
			openssl("pkey -in key -inform %s -check -noout -text",
				form == KEY_FORM_PEM ? "PEM" : "DER");
			said(kinds[i].openssl_says);
			owned_free(&o);
		}
		private_key_free(key);
	}
}

static void a_passphrase_is_needed_again(void **state)
{
	struct private_key *key = made(KEY_ECDSA, 256), *again;
	struct error e;
	struct owned o;

	(void)state;
	for (int form = KEY_FORM_PEM; form <= KEY_FORM_DER; form++) {
		assert_int_equal(key_write(key, (enum key_form)form,
					   text("secret"), &o),
				 0);
		assert_reads(&o, "secret", key);
		assert_int_equal(private_key_read(owned_slice(&o), text(""),
						  &again, &e),
				 -ENOKEY);
		assert_int_equal(private_key_read(owned_slice(&o), text("x"),
						  &again, &e),
				 -EKEYREJECTED);
		put(&o);
		openssl("pkey -in key -inform %s -passin pass:secret -noout",
			form == KEY_FORM_PEM ? "PEM" : "DER");
		assert_false(openssl_try("pkey -in key -passin pass:x -noout"));
		owned_free(&o);
	}
	private_key_free(key);
}

static void a_passphrase_that_nobody_can_give_is_refused(void **state)
{
	static const char longest[PASSPHRASE_MAX + 2];
	struct private_key *key = made(KEY_ED25519, 0);
	struct owned o;

	(void)state;
	assert_int_equal(key_write(key, KEY_FORM_PEM,
				   slice_of(longest, PASSPHRASE_MAX + 1), &o),
			 -E2BIG);
	private_key_free(key);
}

static void other_sizes_are_refused(void **state)
{
	static const struct {
		enum key_type type;
		unsigned int bits;
	} rows[] = {
		{ KEY_RSA, 0 },	    { KEY_RSA, 1024 },	  { KEY_RSA, 2047 },
		{ KEY_RSA, 8193 },  { KEY_ECDSA, 0 },	  { KEY_ECDSA, 255 },
		{ KEY_ECDSA, 512 }, { KEY_ED25519, 256 }, { KEY_ED448, 448 },
	};
	struct private_key *key;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(key_make(rows[i].type, rows[i].bits, &key, &e),
				 -EINVAL);
}

static void the_public_half_is_written_and_read_again(void **state)
{
	struct private_key *key = made(KEY_ECDSA, 384);
	struct public_key *again;
	struct owned o;

	(void)state;
	for (int form = KEY_FORM_PEM; form <= KEY_FORM_DER; form++) {
		assert_int_equal(key_write_public(private_key_public(key),
						  (enum key_form)form, &o),
				 0);
		assert_int_equal(key_read_public(owned_slice(&o), &again), 0);
		assert_true(public_key_equal(private_key_public(key), again));
		public_key_free(again);
		put(&o);
		openssl("pkey -pubin -in key -inform %s -noout",
			form == KEY_FORM_PEM ? "PEM" : "DER");
		assert_int_equal(key_read_public(slice_of(o.ptr, o.len / 2),
						 &again),
				 -EBADMSG);
		owned_free(&o);
	}
	assert_int_equal(key_write(key, KEY_FORM_PEM, text(""), &o), 0);
	assert_int_equal(key_read_public(owned_slice(&o), &again), -EBADMSG);
	assert_int_equal(key_read_public(text(""), &again), -EBADMSG);
	owned_free(&o);
	private_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_made_and_read_again),
		cmocka_unit_test(a_passphrase_is_needed_again),
		cmocka_unit_test(a_passphrase_that_nobody_can_give_is_refused),
		cmocka_unit_test(other_sizes_are_refused),
		cmocka_unit_test(the_public_half_is_written_and_read_again),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
