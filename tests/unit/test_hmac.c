// SPDX-License-Identifier: BSD-2-Clause
/* HMAC against published vectors, each cut in two at every place. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctrl/base/slice.h"
#include "ctrl/crypto/alg.h"
#include "ctrl/crypto/hmac.h"
#include "tests/support/hex.h"
#include "tests/vectors/hmac.h"

#define ARRAY_LEN(a)   (sizeof(a) / sizeof((a)[0]))
#define DATA_MAX_BYTES 160

/* A vector, decoded. */
struct message {
	uint8_t data[DATA_MAX_BYTES];
	size_t len;
	uint8_t mac[HMAC_MAX_BYTES];
	size_t mac_bytes;
	struct hmac *h;
};

static struct message message_of(const struct hmac_vector *v)
{
	struct message m = { .h = NULL };
	uint8_t key[DATA_MAX_BYTES];
	size_t bytes = hex_decode(v->key, key, sizeof(key));

	m.len = hex_decode(v->data, m.data, sizeof(m.data));
	m.mac_bytes = hex_decode(v->mac, m.mac, sizeof(m.mac));
	assert_int_equal(hmac_new(integ_by_name(v->integ)->id,
				  slice_of(key, bytes), &m.h),
			 0);
	/* The key is gone when it is used: it is only borrowed. */
	memset(key, 0, sizeof(key));
	return m;
}

/* Piece by piece, and in one call. */
static void assert_mac(struct message *m, size_t cut, const char *source)
{
	struct slice head = slice_of(m->data, cut);
	struct slice tail = slice_of(m->data + cut, m->len - cut);
	uint8_t mac[HMAC_MAX_BYTES];

	assert_true(hmac_start(m->h));
	assert_true(hmac_add(m->h, head));
	assert_true(hmac_add(m->h, tail));
	assert_true(hmac_end(m->h, mac));
	if (memcmp(mac, m->mac, m->mac_bytes))
		fail_msg("%s, cut at %zu", source, cut);
	memset(mac, 0, sizeof(mac));
	assert_true(hmac_sum(m->h, head, tail, mac));
	if (memcmp(mac, m->mac, m->mac_bytes))
		fail_msg("%s, cut at %zu in one call", source, cut);
}

static void mac_matches_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hmac_vectors); i++) {
		struct message m = message_of(&hmac_vectors[i]);

		/* Cut anywhere, and the same key again and again. */
		for (size_t cut = 0; cut <= m.len; cut++)
			assert_mac(&m, cut, hmac_vectors[i].source);
		hmac_free(m.h);
	}
}

static void mac_is_written_in_full_length_and_not_beyond(void **state)
{
	static const struct {
		enum integ_id id;
		size_t bytes;
	} rows[] = { { INTEG_HMAC_SHA1_96, 20 },
		     { INTEG_HMAC_SHA2_256_128, 32 },
		     { INTEG_HMAC_SHA2_384_192, 48 },
		     { INTEG_HMAC_SHA2_512_256, 64 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t a[HMAC_MAX_BYTES + 1], b[HMAC_MAX_BYTES + 1];
		struct hmac *h = NULL;

		memset(a, 0x00, sizeof(a));
		memset(b, 0xff, sizeof(b));
		assert_int_equal(hmac_new(rows[i].id, slice_of("k", 1), &h), 0);
		assert_true(hmac_start(h) && hmac_end(h, a));
		assert_true(hmac_start(h) && hmac_end(h, b));
		assert_memory_equal(a, b, rows[i].bytes);
		for (size_t n = rows[i].bytes; n < sizeof(a); n++) {
			assert_int_equal(a[n], 0x00);
			assert_int_equal(b[n], 0xff);
		}
		hmac_free(h);
	}
}

static void one_bit_of_the_message_changes_the_mac(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hmac_vectors); i++) {
		struct message m = message_of(&hmac_vectors[i]);
		uint8_t mac[HMAC_MAX_BYTES];

		m.data[m.len - 1] ^= 1;
		assert_true(hmac_start(m.h));
		assert_true(hmac_add(m.h, slice_of(m.data, m.len)));
		assert_true(hmac_end(m.h, mac));
		assert_memory_not_equal(mac, m.mac, m.mac_bytes);
		hmac_free(m.h);
	}
}

static void message_that_was_not_ended_leaves_no_trace(void **state)
{
	struct message m = message_of(&hmac_vectors[0]);

	(void)state;
	assert_true(hmac_start(m.h));
	assert_true(hmac_add(m.h, slice_of("left in the middle", 18)));
	assert_mac(&m, m.len, hmac_vectors[0].source);
	hmac_free(m.h);
}

static void keys_do_not_disturb_each_other(void **state)
{
	struct message m[ARRAY_LEN(hmac_vectors)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(m); i++)
		m[i] = message_of(&hmac_vectors[i]);
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_LEN(m); i++)
			assert_mac(&m[i], 0, hmac_vectors[i].source);
	for (size_t i = 0; i < ARRAY_LEN(m); i++)
		hmac_free(m[i].h);
}

/* RFC 2104 section 2: zeros stand behind a key that is shorter than a block. */
static void empty_key_is_a_block_of_zeros(void **state)
{
	static const uint8_t zeros[128];
	uint8_t mac[3][HMAC_MAX_BYTES];
	const size_t bytes[] = { 0, 64, 65 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
		struct hmac *h = NULL;

		assert_int_equal(
			hmac_new(INTEG_HMAC_SHA2_256_128,
				 slice_of(bytes[i] ? zeros : NULL, bytes[i]), &h),
			0);
		assert_true(hmac_start(h) && hmac_end(h, mac[i]));
		hmac_free(h);
	}
	assert_memory_equal(mac[0], mac[1], 32);
	/* One more than a block is hashed first. */
	assert_memory_not_equal(mac[0], mac[2], 32);
}

static void no_integrity_is_no_hash(void **state)
{
	struct hmac *h = NULL;

	(void)state;
	assert_int_equal(hmac_new(INTEG_NONE, slice_of("key", 3), &h), -EINVAL);
	assert_null(h);
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
		cmocka_unit_test(mac_is_written_in_full_length_and_not_beyond),
		cmocka_unit_test(one_bit_of_the_message_changes_the_mac),
		cmocka_unit_test(message_that_was_not_ended_leaves_no_trace),
		cmocka_unit_test(keys_do_not_disturb_each_other),
		cmocka_unit_test(empty_key_is_a_block_of_zeros),
		cmocka_unit_test(no_integrity_is_no_hash),
		cmocka_unit_test(no_key_may_be_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
