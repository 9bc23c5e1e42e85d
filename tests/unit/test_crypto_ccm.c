// SPDX-License-Identifier: BSD-2-Clause
/*
 * AES-CCM with ICVs of 8 and 12 octets behind RFC 4309's nonce of 11, of which nobody
 * has published an example: by RFC 3610's formulas, written down here, which have the
 * published examples of other nonces right. The ICV's length is in the first block
 * that it is made of, so that a shorter one is no part of a longer one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "ctrl/crypto/cipher.h"
#include "tests/support/hex.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define BLOCK	     16U
#define TEXT_MAX     100U
#define NONCE_BYTES  11U /* RFC 4309 section 4: salt and IV */
#define SALT_BYTES   3U

struct message {
	struct slice key, nonce, aad, text;
	uint32_t icv_bytes;
};

/* --- RFC 3610 section 2 --- */

static void encrypt_block(struct slice key, uint8_t block[BLOCK])
{
	const EVP_CIPHER *aes = key.len == 16	? EVP_aes_128_ecb()
				: key.len == 24 ? EVP_aes_192_ecb()
						: EVP_aes_256_ecb();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert_non_null(ctx);
	assert_int_equal(EVP_EncryptInit_ex(ctx, aes, NULL, key.ptr, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, block, &n, block, BLOCK), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* B_0 and A_i: flags, nonce, and a number in what is left. */
static void fill_block(const struct message *m, uint8_t flags, uint32_t number,
		       uint8_t block[BLOCK])
{
	memset(block, 0, BLOCK);
	block[0] = (uint8_t)(flags | (BLOCK - 2 - m->nonce.len));
	memcpy(block + 1, m->nonce.ptr, m->nonce.len);
	block[BLOCK - 2] = (uint8_t)(number >> 8);
	block[BLOCK - 1] = (uint8_t)number;
}

/* Octets into the CBC-MAC, with zeros up to the end of a block. */
static void mac_octets(const struct message *m, uint8_t mac[BLOCK],
		       const uint8_t *octets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mac[i % BLOCK] ^= octets[i];
		if (i % BLOCK == BLOCK - 1 || i == n - 1)
			encrypt_block(m->key, mac);
	}
}

static void ccm_icv(const struct message *m, uint8_t icv[BLOCK])
{
	const uint8_t flags =
		(uint8_t)((m->aad.len ? 0x40 : 0) | (m->icv_bytes - 2) / 2 << 3);
	uint8_t aad[2 + TEXT_MAX] = { 0, (uint8_t)m->aad.len };
	uint8_t key_stream[BLOCK];

	fill_block(m, flags, (uint32_t)m->text.len, icv);
	encrypt_block(m->key, icv);
	if (m->aad.len) {
		memcpy(aad + 2, m->aad.ptr, m->aad.len);
		mac_octets(m, icv, aad, 2 + m->aad.len);
	}
	mac_octets(m, icv, m->text.ptr, m->text.len);
	fill_block(m, 0, 0, key_stream);
	encrypt_block(m->key, key_stream);
	for (uint32_t i = 0; i < BLOCK; i++)
		icv[i] ^= key_stream[i];
}

/* Ciphertext and ICV, at out; how many octets. */
static size_t ccm_seal(const struct message *m, uint8_t *out)
{
	uint8_t key_stream[BLOCK], icv[BLOCK];

	for (size_t i = 0; i < m->text.len; i++) {
		if (i % BLOCK == 0) {
			fill_block(m, 0, (uint32_t)(i / BLOCK + 1), key_stream);
			encrypt_block(m->key, key_stream);
		}
		out[i] = m->text.ptr[i] ^ key_stream[i % BLOCK];
	}
	ccm_icv(m, icv);
	memcpy(out + m->text.len, icv, m->icv_bytes);
	return m->text.len + m->icv_bytes;
}

static const struct {
	const char *source, *key, *nonce, *aad, *text, *sealed;
	uint32_t icv_bytes;
} published[] = {
	{ "RFC 3610 section 8, packet vector 1",
	  "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000003020100a0a1a2a3a4a5",
	  "0001020304050607", "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
	  "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0", 8 },
	{ "RFC 3610 section 8, packet vector 7",
	  "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000009080706a0a1a2a3a4a5",
	  "0001020304050607", "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
	  "0135d1b2c95f41d5d1d4fec185d166b8094e999dfed96c048c56602c97acbb7490",
	  10 },
};

static struct slice octets_of(const char *text, uint8_t *room)
{
	return slice_of(room, hex_decode(text, room, TEXT_MAX));
}

static void formulas_match_published_vectors(void **state)
{
	uint8_t key[TEXT_MAX], nonce[TEXT_MAX], aad[TEXT_MAX], text[TEXT_MAX];
	uint8_t got[TEXT_MAX + BLOCK], want[TEXT_MAX + BLOCK];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(published); i++) {
		const struct message m = {
			octets_of(published[i].key, key),
			octets_of(published[i].nonce, nonce),
			octets_of(published[i].aad, aad),
			octets_of(published[i].text, text),
			published[i].icv_bytes,
		};
		size_t n = hex_decode(published[i].sealed, want, sizeof(want));

		if (ccm_seal(&m, got) != n || memcmp(got, want, n) != 0)
			fail_msg("%s", published[i].source);
	}
}

/* --- ours --- */

static struct secret key_of(const struct encr_alg *encr)
{
	struct secret s = { .len = encr_key_bytes(encr) };

	for (uint32_t i = 0; i < s.len; i++)
		s.octets[i] = (uint8_t)(0x35 + 7 * i);
	return s;
}

/* By SPI and number, short and extended, as RFC 4309 section 5 covers them. */
static void assert_matches(struct cipher *c, const struct encr_alg *encr,
			   const struct secret *key, uint32_t aad_bytes,
			   uint32_t text_bytes)
{
	uint8_t nonce[NONCE_BYTES], aad[12], text[TEXT_MAX];
	uint8_t packet[8 + TEXT_MAX + BLOCK], want[TEXT_MAX + BLOCK];
	struct cipher_text t = { .from = packet,
				 .text = packet + 8,
				 .text_bytes = text_bytes,
				 .aad = slice_of(aad, aad_bytes) };
	const struct message m = { slice_of(key->octets, key->len - SALT_BYTES),
				   slice_of(nonce, sizeof(nonce)),
				   slice_of(aad, aad_bytes),
				   slice_of(text, text_bytes), encr->icv_bytes };

	for (uint32_t i = 0; i < sizeof(aad); i++)
		aad[i] = (uint8_t)(0x90 + i);
	for (uint32_t i = 0; i < text_bytes; i++)
		text[i] = (uint8_t)(3 * i + text_bytes);
	for (uint32_t i = 0; i < 8; i++)
		packet[i] = (uint8_t)(0x10 + i);
	memcpy(nonce, key->octets + key->len - SALT_BYTES, SALT_BYTES);
	memcpy(nonce + SALT_BYTES, packet, 8);
	memcpy(t.text, text, text_bytes);
	assert_true(cipher_seal(c, &t));
	assert_memory_equal(t.text, want, ccm_seal(&m, want));
	assert_true(cipher_open(c, &t));
	assert_memory_equal(t.text, text, text_bytes);
}

static void each_icv_is_that_of_the_formulas(void **state)
{
	static const char *const names[] = {
		"aes128ccm8",  "aes192ccm8",  "aes256ccm8",
		"aes128ccm12", "aes192ccm12", "aes256ccm12",
		"aes128ccm16", "aes192ccm16", "aes256ccm16",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct encr_alg *encr = encr_by_name(names[i]);
		const struct secret key = key_of(encr);
		const struct crypto_key_spec spec = { .encr = encr,
						      .integ = &integ_none,
						      .encr_key = &key };
		struct cipher *c;

		assert_int_equal(cipher_new(&spec, &c), 0);
		for (uint32_t n = 1; n <= TEXT_MAX; n++) {
			assert_matches(c, encr, &key, 8, n);
			assert_matches(c, encr, &key, 12, n);
		}
		cipher_free(c);
	}
}

/* What was cut is another one, and is found out. */
static void icv_that_is_cut_short_is_refused(void **state)
{
	const struct encr_alg *whole = encr_by_name("aes128ccm16");
	const struct encr_alg *half = encr_by_name("aes128ccm8");
	const struct secret key = key_of(whole);
	struct crypto_key_spec spec = { .encr = whole,
					.integ = &integ_none,
					.encr_key = &key };
	uint8_t aad[8] = { 0 }, packet[8 + 20 + BLOCK] = { 0 };
	struct cipher_text t = { .from = packet,
				 .text = packet + 8,
				 .text_bytes = 20,
				 .aad = slice_of(aad, sizeof(aad)) };
	struct cipher *c;

	(void)state;
	assert_int_equal(cipher_new(&spec, &c), 0);
	assert_true(cipher_seal(c, &t));
	cipher_free(c);
	spec.encr = half;
	assert_int_equal(cipher_new(&spec, &c), 0);
	assert_false(cipher_open(c, &t));
	cipher_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formulas_match_published_vectors),
		cmocka_unit_test(each_icv_is_that_of_the_formulas),
		cmocka_unit_test(icv_that_is_cut_short_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
