// SPDX-License-Identifier: BSD-2-Clause
/* The set of private keys: what each is called, and where it comes from. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/daemon/sign_keys.h"
#include "ctrl/pki/creds.h"
#include "tests/support/openssl.h"

enum { KEYS = 3 };

static int make_files(void **state)
{
	(void)state;
	openssl_begin();
	openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out k0");
	openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k1");
	openssl("genpkey -algorithm ED25519 -out k2");
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	openssl_end();
	return 0;
}

static int setup(void **state)
{
	*state = sign_keys_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	sign_keys_free(*state);
	return 0;
}

static struct private_key *read_key(unsigned int which)
{
	char name[8];
	struct private_key *key;
	const uint8_t *octets;
	struct error e;
	size_t len;

	snprintf(name, sizeof(name), "k%u", which);
	octets = openssl_get(name, &len);
	assert_non_null(octets);
	assert_int_equal(private_key_read(slice_of(octets, len),
					  slice_of(NULL, 0), &key, &e),
			 0);
	return key;
}

static void add(struct sign_keys *s, unsigned int which,
		enum sign_origin origin, char id[KEY_ID_STR_MAX])
{
	struct error e;

	assert_int_equal(sign_keys_add(s, read_key(which), origin, id, &e), 0);
}

static bool has(const struct sign_keys *s, unsigned int which)
{
	struct private_key *key = read_key(which);
	struct fingerprint print;
	struct sign_key *found;

	assert_true(fingerprint_of(public_key_spki(private_key_public(key)),
				   &print));
	found = sign_keys_find(s, &print);
	if (found) {
		assert_true(public_key_equal(
			private_key_public(sign_key_private(found)),
			private_key_public(key)));
		sign_key_release(found);
	}
	private_key_free(key);
	return found != NULL;
}

/* As `openssl asn1parse` and sha1sum have it of the bit string. */
static void id_is_sha1_of_the_keys_bits(void **state)
{
	struct sign_keys *s = *state;
	char id[KEY_ID_STR_MAX], line[128] = "";
	const uint8_t *said;
	size_t len;

	for (unsigned int i = 0; i < KEYS; i++) {
		/* Of a certificate it is the subjectKeyIdentifier. */
		openssl("req -x509 -new -key k%u -subj /CN=x -out cert", i);
		openssl("x509 -in cert -noout -ext subjectKeyIdentifier");
		said = openssl_get("said", &len);
		assert_non_null(said);
		snprintf(line, sizeof(line), "%.*s", (int)len, said);
		add(s, i, SIGN_OF_VICI, id);
		assert_int_equal(strlen(id), 40);
		for (size_t k = 0; k < 20; k++) {
			const char *hex = strchr(line, '\n');
			char pair[3] = { id[2 * k], id[2 * k + 1] };

			hex += strspn(hex, "\n ");
			assert_int_equal(strncasecmp(hex + 3 * k, pair, 2), 0);
		}
	}
}

static void same_key_is_there_once(void **state)
{
	struct sign_keys *s = *state;
	char a[KEY_ID_STR_MAX], b[KEY_ID_STR_MAX];
	size_t at = 0;

	add(s, 1, SIGN_OF_VICI, a);
	add(s, 1, SIGN_OF_VICI, b);
	assert_string_equal(a, b);
	assert_int_equal(sign_keys_count(s, SIGN_OF_VICI), 1);
	assert_string_equal(sign_keys_id(s, SIGN_OF_VICI, &at), a);
	assert_null(sign_keys_id(s, SIGN_OF_VICI, &at));
}

static void vici_takes_back_only_what_came_over_it(void **state)
{
	struct sign_keys *s = *state;
	char file[KEY_ID_STR_MAX], both[KEY_ID_STR_MAX];
	struct error e;
	size_t at = 0;

	add(s, 0, SIGN_OF_FILE, file);
	add(s, 1, SIGN_OF_FILE, both);
	add(s, 1, SIGN_OF_VICI, both);
	assert_string_equal(sign_keys_id(s, SIGN_OF_VICI, &at), both);
	assert_null(sign_keys_id(s, SIGN_OF_VICI, &at));
	assert_int_equal(sign_keys_drop(s, file, &e), -ENOENT);
	assert_string_equal(e.text, "no private key of that id came over VICI");
	assert_int_equal(sign_keys_drop(s, both, &e), 0);
	assert_int_equal(sign_keys_drop(s, both, &e), -ENOENT);
	assert_true(has(s, 0) && has(s, 1));
	assert_true(sign_keys_has(s, SIGN_OF_FILE, both));
	assert_false(sign_keys_has(s, SIGN_OF_VICI, both));
	sign_keys_clear_vici(s);
	assert_true(has(s, 0) && has(s, 1));
}

static void all_of_vici_go_at_once(void **state)
{
	struct sign_keys *s = *state;

	add(s, 0, SIGN_OF_VICI, NULL);
	add(s, 1, SIGN_OF_VICI, NULL);
	add(s, 2, SIGN_OF_FILE, NULL);
	sign_keys_clear_vici(s);
	assert_true(!has(s, 0) && !has(s, 1) && has(s, 2));
}

/* 0 is gone, 1 stays, 2 is new; VICI's stay. */
static void files_that_are_read_again_replace_files(void **state)
{
	struct sign_keys *s = *state, *fresh = sign_keys_new();

	assert_non_null(fresh);
	add(s, 0, SIGN_OF_FILE, NULL);
	add(s, 1, SIGN_OF_FILE, NULL);
	add(s, 1, SIGN_OF_VICI, NULL);
	add(fresh, 1, SIGN_OF_FILE, NULL);
	add(fresh, 2, SIGN_OF_FILE, NULL);
	sign_keys_take_files(s, fresh);
	assert_int_equal(sign_keys_count(fresh, SIGN_OF_FILE), 0);
	sign_keys_free(fresh);
	assert_true(!has(s, 0) && has(s, 1) && has(s, 2));
	assert_int_equal(sign_keys_count(s, SIGN_OF_FILE), 2);
	assert_int_equal(sign_keys_count(s, SIGN_OF_VICI), 1);
}

static void key_that_is_held_outlives_its_set(void **state)
{
	struct sign_keys *s = *state;
	struct private_key *key = read_key(2);
	struct fingerprint print;
	struct sign_key *held;
	uint8_t out[SIGN_MAX_BYTES];
	size_t len;

	assert_true(fingerprint_of(public_key_spki(private_key_public(key)),
				   &print));
	add(s, 2, SIGN_OF_VICI, NULL);
	held = sign_keys_find(s, &print);
	sign_keys_clear_vici(s);
	assert_false(has(s, 2));
	assert_int_equal(private_key_sign(sign_key_private(held),
					  sign_by_id(SIGN_ED25519),
					  slice_of(out, 0), out, sizeof(out),
					  &len),
			 0);
	sign_key_release(held);
	private_key_free(key);
}

static struct fingerprint print_of(unsigned int which)
{
	struct private_key *key = read_key(which);
	struct fingerprint print;

	assert_true(fingerprint_of(public_key_spki(private_key_public(key)),
				   &print));
	private_key_free(key);
	return print;
}

/* Whatever its certificate is then, it is no peer's. */
static void key_that_is_gone_is_remembered(void **state)
{
	struct sign_keys *s = *state, *fresh = sign_keys_new();
	const struct fingerprint file = print_of(0), vici = print_of(1),
				 never = print_of(2);

	assert_non_null(fresh);
	add(s, 0, SIGN_OF_FILE, NULL);
	add(s, 1, SIGN_OF_VICI, NULL);
	assert_false(sign_keys_had(s, &file));
	for (int i = 0; i < 2; i++) {
		sign_keys_take_files(s, fresh);
		sign_keys_clear_vici(s);
		assert_true(sign_keys_had(s, &file));
		assert_true(sign_keys_had(s, &vici));
		assert_false(sign_keys_had(s, &never));
		add(s, 1, SIGN_OF_VICI, NULL);
		assert_false(sign_keys_had(s, &vici)); /* it is here */
	}
	sign_keys_free(fresh);
}

static void count_change(void *ctx)
{
	++*(unsigned int *)ctx;
}

/* Which certificates are ours hangs on them. */
static void changes_are_told(void **state)
{
	struct sign_keys *s = *state, *fresh = sign_keys_new();
	char id[KEY_ID_STR_MAX];
	unsigned int n = 0;
	struct error e;

	assert_non_null(fresh);
	sign_keys_watch(s, count_change, &n);
	add(s, 1, SIGN_OF_VICI, id);
	assert_int_equal(n, 1);
	add(s, 1, SIGN_OF_VICI, id);
	assert_int_equal(n, 1); /* it was there */
	assert_int_equal(sign_keys_drop(s, id, &e), 0);
	assert_int_equal(n, 2);
	assert_int_equal(sign_keys_drop(s, id, &e), -ENOENT);
	assert_int_equal(n, 2);
	sign_keys_clear_vici(s);
	assert_int_equal(n, 3);
	sign_keys_take_files(s, fresh);
	assert_int_equal(n, 4);
	sign_keys_free(fresh);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(changes_are_told),
		CASE(id_is_sha1_of_the_keys_bits),
		CASE(same_key_is_there_once),
		CASE(vici_takes_back_only_what_came_over_it),
		CASE(all_of_vici_go_at_once),
		CASE(files_that_are_read_again_replace_files),
		CASE(key_that_is_held_outlives_its_set),
		CASE(key_that_is_gone_is_remembered),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
