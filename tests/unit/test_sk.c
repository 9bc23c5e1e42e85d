// SPDX-License-Identifier: BSD-2-Clause
/*
 * The protection of IKE messages: published vectors both ways, and one change
 * anywhere. ESP's vectors without an extended sequence number serve too: they
 * are laid out alike, with 8 octets before the IV.
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

#include "ctrl/crypto/hmac.h"
#include "ctrl/crypto/sk.h"
#include "tests/support/hex.h"
#include "tests/vectors/aes_cbc_esp.h"
#include "tests/vectors/aes_gcm_esp.h"
#include "tests/vectors/chacha_esp.h"
#include "tests/vectors/ikev2_sk.h"

#define ARRAY_LEN(a)	  (sizeof(a) / sizeof((a)[0]))
#define MESSAGE_MAX_BYTES 1024
#define HEADER_BYTES	  32 /* IKE's, and SK's generic header */

/* As much as the longest suite takes; any octets would do. */
#define ENCR_KEY                                                           \
	"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4" \
	"cafebabe"
#define INTEG_KEY                                                          \
	"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20" \
	"2122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40"

/* A pair as an operator names it; integ NULL with an AEAD. */
struct suite {
	const char *encr;
	const char *integ;
};

static const struct suite suites[] = {
	{ "aes128", "sha1" },	 { "aes192", "sha256" },
	{ "aes256", "sha384" },	 { "aes256", "sha512" },
	{ "aes128gcm16", NULL }, { "aes192gcm16", NULL },
	{ "aes256gcm16", NULL }, { "chacha20poly1305", NULL },
};

static const struct integ_alg *suite_integ(const struct suite *suite)
{
	return suite->integ ? integ_by_name(suite->integ) : &integ_none;
}

static struct secret secret_of_hex(const char *hex)
{
	struct secret s;

	s.len = hex_decode(hex, s.octets, sizeof(s.octets));
	return s;
}

/* The secrets are gone when the key is used: the spec is only borrowed. */
static struct sk_key *key_of_secrets(const struct suite *suite,
				     struct secret *encr_key,
				     struct secret *integ_key)
{
	struct crypto_key_spec spec = {
		.encr = encr_by_name(suite->encr),
		.integ = suite_integ(suite),
		.encr_key = encr_key,
		.integ_key = suite->integ ? integ_key : NULL,
	};
	struct sk_key *key = NULL;

	assert_int_equal(sk_key_new(&spec, &key), 0);
	assert_non_null(key);
	secret_wipe(encr_key);
	secret_wipe(integ_key);
	return key;
}

static void suite_secrets(const struct suite *suite, struct secret *encr_key,
			  struct secret *integ_key)
{
	*encr_key = secret_of_hex(ENCR_KEY);
	encr_key->len = encr_key_bytes(encr_by_name(suite->encr));
	*integ_key = secret_of_hex(INTEG_KEY);
	integ_key->len = suite_integ(suite)->key_bytes;
}

static struct sk_key *suite_key(const struct suite *suite)
{
	struct secret encr_key, integ_key;

	suite_secrets(suite, &encr_key, &integ_key);
	return key_of_secrets(suite, &encr_key, &integ_key);
}

/* A message in memory of its own length: a sanitizer sees a step outside. */
struct message {
	uint8_t *octets;
	size_t bytes;
	size_t text_at;
	size_t icv_bytes;
	struct sk_text t;
};

static struct message message_new(const struct suite *suite, size_t aad_bytes,
				  size_t text_bytes)
{
	const struct encr_alg *encr = encr_by_name(suite->encr);
	struct message m = {
		.text_at = aad_bytes + encr->iv_bytes,
		.icv_bytes = esp_icv_bytes(encr, suite_integ(suite)),
	};

	m.bytes = m.text_at + text_bytes + m.icv_bytes;
	m.octets = malloc(m.bytes);
	assert_non_null(m.octets);
	for (size_t i = 0; i < m.bytes; i++)
		m.octets[i] = (uint8_t)random();
	m.t = (struct sk_text){ m.octets, aad_bytes, text_bytes };
	return m;
}

static struct message message_copy(const struct message *from)
{
	struct message m = *from;

	m.octets = malloc(m.bytes);
	assert_non_null(m.octets);
	memcpy(m.octets, from->octets, m.bytes);
	m.t.message = m.octets;
	return m;
}

static struct message message_of_hex(const struct suite *suite,
				     size_t aad_bytes, const char *hex)
{
	uint8_t octets[MESSAGE_MAX_BYTES];
	size_t bytes = hex_decode(hex, octets, sizeof(octets));
	struct message m = message_new(suite, aad_bytes, 0);
	size_t around = m.bytes;

	free(m.octets);
	assert_true(bytes >= around);
	m = message_new(suite, aad_bytes, bytes - around);
	memcpy(m.octets, octets, bytes);
	return m;
}

static struct message sealed_message(const struct suite *suite,
				     struct sk_key *key, size_t text_bytes)
{
	struct message m = message_new(suite, HEADER_BYTES, text_bytes);

	assert_true(sk_seal(key, &m.t));
	return m;
}

/* --- vectors */

/* Seals the text and gets sealed, opens sealed and gets the text. */
static void assert_both_ways(struct sk_key *key, const struct message *sealed,
			     const char *text, const char *source)
{
	struct message m = message_copy(sealed);

	memset(m.octets + m.text_at + m.t.text_bytes, 0, m.icv_bytes);
	assert_int_equal(hex_decode(text, m.octets + m.text_at, m.t.text_bytes),
			 m.t.text_bytes);
	if (!sk_seal(key, &m.t) || memcmp(m.octets, sealed->octets, m.bytes))
		fail_msg("%s: seal", source);
	if (!sk_open(key, &m.t))
		fail_msg("%s: open", source);
	/* All before the text, and the ICV, stay as they are. */
	assert_memory_equal(m.octets, sealed->octets, m.text_at);
	hex_decode(text, sealed->octets + m.text_at, m.t.text_bytes);
	assert_memory_equal(m.octets, sealed->octets, m.bytes);
	free(m.octets);
}

static void run_vector(const struct suite *suite, const struct sk_vector *v)
{
	struct secret encr_key = secret_of_hex(v->key);
	struct secret integ_key = secret_of_hex(CBC_INTEG_KEY);
	struct sk_key *key = key_of_secrets(suite, &encr_key, &integ_key);
	char hex[2 * MESSAGE_MAX_BYTES];
	struct message sealed;

	snprintf(hex, sizeof(hex), "%s%s%s", v->aad, v->iv, v->sealed);
	sealed = message_of_hex(suite, strlen(v->aad) / 2, hex);
	assert_both_ways(key, &sealed, v->text, v->source);
	free(sealed.octets);
	sk_key_free(key);
}

static void messages_match_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sk_vectors); i++) {
		struct suite suite = { sk_vectors[i].encr, NULL };

		run_vector(&suite, &sk_vectors[i]);
	}
}

static void run_esp_vectors(const struct aead_vector *vectors, size_t n)
{
	size_t run = 0;

	for (size_t i = 0; i < n; i++) {
		struct suite suite = { vectors[i].encr, NULL };
		struct sk_vector v = {
			.source = vectors[i].source,
			.key = vectors[i].key,
			.aad = "",
			.iv = "",
			.text = vectors[i].text,
			.sealed = vectors[i].packet,
		};
		char aad[17] = "";

		if (vectors[i].esn)
			continue;
		memcpy(aad, vectors[i].packet, 16);
		v.aad = aad;
		v.sealed += 16;
		run_vector(&suite, &v);
		run++;
	}
	assert_true(run > 0);
}

static void aead_packets_match_published_vectors(void **state)
{
	(void)state;
	run_esp_vectors(gcm_vectors, ARRAY_LEN(gcm_vectors));
	run_esp_vectors(chacha_vectors, ARRAY_LEN(chacha_vectors));
}

static void cbc_packets_match_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cbc_vectors); i++) {
		struct suite suite = { cbc_vectors[i].encr, "sha256" };
		char sealed[MESSAGE_MAX_BYTES];
		struct sk_vector v = {
			.source = cbc_vectors[i].source,
			.key = cbc_vectors[i].key,
			.aad = cbc_vectors[i].header,
			.iv = cbc_vectors[i].iv,
			.text = cbc_vectors[i].text,
			.sealed = sealed,
		};

		snprintf(sealed, sizeof(sealed), "%s%s",
			 cbc_vectors[i].ciphertext, cbc_vectors[i].icv);
		run_vector(&suite, &v);
	}
}

/* --- keys */

static int try_key(const char *encr, const struct integ_alg *integ,
		   size_t encr_bytes, size_t integ_bytes)
{
	struct secret encr_key = { .len = encr_bytes };
	struct secret integ_key = { .len = integ_bytes };
	struct crypto_key_spec spec = { .encr = encr_by_name(encr),
					.integ = integ,
					.encr_key = &encr_key,
					.integ_key = &integ_key };
	struct sk_key *key = NULL;
	int err = sk_key_new(&spec, &key);

	assert_true((err == 0) == (key != NULL));
	sk_key_free(key);
	return err;
}

static void key_one_octet_off_is_refused(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		const char *encr = suites[s].encr;
		const struct integ_alg *integ = suite_integ(&suites[s]);
		size_t a = encr_key_bytes(encr_by_name(encr));
		size_t b = integ->key_bytes;

		assert_int_equal(try_key(encr, integ, a, b), 0);
		assert_int_equal(try_key(encr, integ, a - 1, b), -EINVAL);
		assert_int_equal(try_key(encr, integ, a + 1, b), -EINVAL);
		assert_int_equal(try_key(encr, integ, a, b + 1), -EINVAL);
		if (b)
			assert_int_equal(try_key(encr, integ, a, b - 1),
					 -EINVAL);
	}
}

static void wrong_pair_is_refused(void **state)
{
	const struct integ_alg *sha256 = integ_by_name("sha256");

	(void)state;
	assert_int_equal(try_key("aes128", &integ_none, 16, 0), -EINVAL);
	/* what protects ESP alone */
	assert_int_equal(try_key("null", sha256, 0, 32), -EINVAL);
	assert_int_equal(try_key("aes128gmac", &integ_none, 20, 0), -EINVAL);
	assert_int_equal(try_key("des", sha256, 8, 32), -EINVAL);
	assert_int_equal(try_key("aes128", integ_by_name("aes128gmac"), 16, 20),
			 -EINVAL);
	assert_int_equal(try_key("aes128gcm16", sha256, 20, 32), -EINVAL);
	assert_int_equal(try_key("chacha20poly1305", sha256, 36, 32), -EINVAL);
}

static void extended_numbers_are_not_read(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		struct secret encr_key, integ_key;
		struct crypto_key_spec spec = {
			.encr = encr_by_name(suites[s].encr),
			.integ = suite_integ(&suites[s]),
			.encr_key = &encr_key,
			.integ_key = suites[s].integ ? &integ_key : NULL,
			.esn = true,
		};
		struct sk_key *with = NULL, *without = suite_key(&suites[s]);
		struct message m = sealed_message(&suites[s], without, 32);

		suite_secrets(&suites[s], &encr_key, &integ_key);
		assert_int_equal(sk_key_new(&spec, &with), 0);
		assert_true(sk_open(with, &m.t));
		free(m.octets);
		sk_key_free(with);
		sk_key_free(without);
	}
}

static void no_key_may_be_freed(void **state)
{
	(void)state;
	sk_key_free(NULL);
}

/* --- what was forged is refused */

/* Refused, and never left decrypted. */
static void assert_refused(const struct suite *suite, struct sk_key *key,
			   const struct message *forged)
{
	struct message m = message_copy(forged);

	assert_false(sk_open(key, &m.t));
	assert_int_equal(ERR_peek_error(), 0);
	if (!suite->integ) {
		for (size_t i = 0; i < m.t.text_bytes; i++)
			assert_int_equal(m.octets[m.text_at + i], 0);
		memcpy(m.octets + m.text_at, forged->octets + m.text_at,
		       m.t.text_bytes);
	}
	assert_memory_equal(m.octets, forged->octets, m.bytes);
	free(m.octets);
}

/* Header, IV, text and ICV; and of a message without a text. */
static void one_bit_wrong_is_refused(void **state)
{
	static const size_t text_bytes[] = { 0, 48 };

	(void)state;
	srandom(1);
	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		struct sk_key *key = suite_key(&suites[s]);

		for (size_t n = 0; n < ARRAY_LEN(text_bytes); n++) {
			struct message m =
				sealed_message(&suites[s], key, text_bytes[n]);

			for (size_t bit = 0; bit < 8 * m.bytes; bit++) {
				uint8_t mask = (uint8_t)(1U << bit % 8);

				m.octets[bit / 8] ^= mask;
				assert_refused(&suites[s], key, &m);
				m.octets[bit / 8] ^= mask;
			}
			assert_true(sk_open(key, &m.t));
			free(m.octets);
		}
		sk_key_free(key);
	}
}

static void header_without_its_first_octet_is_refused(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		struct sk_key *key = suite_key(&suites[s]);
		struct message m = sealed_message(&suites[s], key, 64);
		struct message shorter = message_copy(&m);

		shorter.t.message++;
		shorter.t.aad_bytes--;
		assert_false(sk_open(key, &shorter.t));
		free(shorter.octets);
		free(m.octets);
		sk_key_free(key);
	}
}

/* Every octet of what verifies: the AEAD's key and salt, or the MAC's key. */
static void one_bit_wrong_in_the_key_is_refused(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		struct sk_key *key = suite_key(&suites[s]);
		struct message m = sealed_message(&suites[s], key, 48);
		struct secret encr_key, integ_key;
		size_t n;

		suite_secrets(&suites[s], &encr_key, &integ_key);
		n = suites[s].integ ? integ_key.len : encr_key.len;
		for (size_t i = 0; i < n; i++) {
			struct sk_key *wrong;

			suite_secrets(&suites[s], &encr_key, &integ_key);
			if (suites[s].integ)
				integ_key.octets[i] ^= 1;
			else
				encr_key.octets[i] ^= 1;
			wrong = key_of_secrets(&suites[s], &encr_key,
					       &integ_key);
			assert_refused(&suites[s], wrong, &m);
			sk_key_free(wrong);
		}
		free(m.octets);
		sk_key_free(key);
	}
}

/* As a peer would that has the keys. */
static void put_icv(const struct suite *suite, struct message *m)
{
	const struct integ_alg *integ = integ_by_name(suite->integ);
	struct secret encr_key, integ_key;
	uint8_t mac[HMAC_MAX_BYTES];
	struct hmac *h = NULL;

	suite_secrets(suite, &encr_key, &integ_key);
	assert_int_equal(hmac_new(integ->id,
				  slice_of(integ_key.octets, integ_key.len), &h),
			 0);
	assert_true(hmac_start(h));
	assert_true(hmac_add(h, slice_of(m->octets, m->bytes - m->icv_bytes)));
	assert_true(hmac_end(h, mac));
	memcpy(m->octets + m->bytes - m->icv_bytes, mac, m->icv_bytes);
	hmac_free(h);
}

static void text_of_broken_blocks_is_refused_under_a_good_icv(void **state)
{
	const struct suite suite = { "aes256", "sha256" };
	struct sk_key *key = suite_key(&suite);

	(void)state;
	for (size_t n = 0; n <= 48; n++) {
		struct message m = message_new(&suite, HEADER_BYTES, n);
		struct message before;

		put_icv(&suite, &m);
		before = message_copy(&m);
		assert_true(sk_open(key, &m.t) == (n % 16 == 0));
		if (n % 16)
			assert_memory_equal(m.octets, before.octets, m.bytes);
		free(before.octets);
		free(m.octets);
	}
	sk_key_free(key);
}

static void text_of_broken_blocks_is_not_sealed(void **state)
{
	const struct suite suite = { "aes256", "sha256" };
	struct sk_key *key = suite_key(&suite);

	(void)state;
	for (size_t n = 0; n <= 48; n++) {
		struct message m = message_new(&suite, HEADER_BYTES, n);
		struct message before = message_copy(&m);

		assert_true(sk_seal(key, &m.t) == (n % 16 == 0));
		if (n % 16)
			assert_memory_equal(m.octets, before.octets, m.bytes);
		free(before.octets);
		free(m.octets);
	}
	sk_key_free(key);
}

/* --- property */

static void open_undoes_seal_for_any_length(void **state)
{
	(void)state;
	srandom(2);
	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		const size_t block = encr_by_name(suites[s].encr)->block_bytes;
		struct sk_key *key = suite_key(&suites[s]);

		for (unsigned int n = 0; n < 300; n++) {
			size_t aad = (size_t)random() % 100;
			size_t text = (size_t)random() % 2000 / block * block;
			struct message m = message_new(&suites[s], aad, text);
			struct message plain = message_copy(&m);

			assert_true(sk_seal(key, &m.t));
			/* Header and IV stay as they are. */
			assert_memory_equal(m.octets, plain.octets, m.text_at);
			if (text >= 16)
				assert_memory_not_equal(m.octets + m.text_at,
							plain.octets + m.text_at,
							text);
			assert_true(sk_open(key, &m.t));
			assert_memory_equal(m.octets, plain.octets,
					    m.bytes - m.icv_bytes);
			free(plain.octets);
			free(m.octets);
		}
		sk_key_free(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_match_published_vectors),
		cmocka_unit_test(aead_packets_match_published_vectors),
		cmocka_unit_test(cbc_packets_match_published_vectors),
		cmocka_unit_test(key_one_octet_off_is_refused),
		cmocka_unit_test(wrong_pair_is_refused),
		cmocka_unit_test(extended_numbers_are_not_read),
		cmocka_unit_test(no_key_may_be_freed),
		cmocka_unit_test(one_bit_wrong_is_refused),
		cmocka_unit_test(header_without_its_first_octet_is_refused),
		cmocka_unit_test(one_bit_wrong_in_the_key_is_refused),
		cmocka_unit_test(
			text_of_broken_blocks_is_refused_under_a_good_icv),
		cmocka_unit_test(text_of_broken_blocks_is_not_sealed),
		cmocka_unit_test(open_undoes_seal_for_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
