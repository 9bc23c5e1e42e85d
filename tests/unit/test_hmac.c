// SPDX-License-Identifier: BSD-2-Clause
/* HMAC-SHA-256 against published vectors, each cut in two at every place. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/base/secret.h"
#include "ctrl/base/slice.h"
#include "ctrl/crypto/hmac.h"
#include "tests/support/hex.h"
#include "tests/vectors/hmac_sha256.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct hmac *new_hmac(const struct hmac_vector *v)
{
	struct secret key;
	struct hmac *h = NULL;

	key.len = hex_decode(v->key, key.octets, sizeof(key.octets));
	assert_int_equal(hmac_new(&key, &h), 0);
	secret_wipe(&key);
	return h;
}

static void mac_matches_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hmac_vectors); i++) {
		const struct hmac_vector *v = &hmac_vectors[i];
		uint8_t data[64], expected[HMAC_SHA256_BYTES];
		size_t len = hex_decode(v->data, data, sizeof(data));
		size_t bytes = hex_decode(v->mac, expected, sizeof(expected));
		struct hmac *h = new_hmac(v);

		/* Cut anywhere, and the same key again and again. */
		for (size_t cut = 0; cut <= len; cut++) {
			uint8_t mac[HMAC_SHA256_BYTES];

			assert_true(hmac_sha256(h, slice_of(data, cut),
						slice_of(data + cut, len - cut),
						mac));
			assert_memory_equal(mac, expected, bytes);
		}
		hmac_free(h);
	}
}

static void one_bit_of_the_message_changes_the_mac(void **state)
{
	const struct hmac_vector *v = &hmac_vectors[0];
	uint8_t data[64], expected[HMAC_SHA256_BYTES], mac[HMAC_SHA256_BYTES];
	size_t len = hex_decode(v->data, data, sizeof(data));
	size_t bytes = hex_decode(v->mac, expected, sizeof(expected));
	struct hmac *h = new_hmac(v);

	(void)state;
	data[len - 1] ^= 1;
	assert_true(hmac_sha256(h, slice_of(data, len), slice_of(NULL, 0), mac));
	assert_memory_not_equal(mac, expected, bytes);
	hmac_free(h);
}

static void two_keys_do_not_disturb_each_other(void **state)
{
	struct hmac *h[2] = { new_hmac(&hmac_vectors[0]),
			      new_hmac(&hmac_vectors[2]) };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const struct hmac_vector *v = &hmac_vectors[i % 2 * 2];
		uint8_t data[64], expected[HMAC_SHA256_BYTES];
		uint8_t mac[HMAC_SHA256_BYTES];
		size_t len = hex_decode(v->data, data, sizeof(data));
		size_t bytes = hex_decode(v->mac, expected, sizeof(expected));

		assert_true(hmac_sha256(h[i % 2], slice_of(data, len),
					slice_of(NULL, 0), mac));
		assert_memory_equal(mac, expected, bytes);
	}
	hmac_free(h[0]);
	hmac_free(h[1]);
}

static void key_longer_than_a_block_is_refused(void **state)
{
	struct secret key = { .len = HMAC_SHA256_KEY_BYTES };
	struct hmac *h = NULL;

	(void)state;
	assert_int_equal(hmac_new(&key, &h), 0);
	hmac_free(h);
	key.len++;
	assert_int_equal(hmac_new(&key, &h), -EINVAL);
}

static void no_key_may_be_freed(void **state)
{
	(void)state;
	hmac_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mac_matches_published_vectors),
		cmocka_unit_test(one_bit_of_the_message_changes_the_mac),
		cmocka_unit_test(two_keys_do_not_disturb_each_other),
		cmocka_unit_test(key_longer_than_a_block_is_refused),
		cmocka_unit_test(no_key_may_be_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
