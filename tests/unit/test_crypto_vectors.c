// SPDX-License-Identifier: BSD-2-Clause
/*
 * Published vectors of ciphers through each crypto backend, read as packets; those
 * of AES-CCM through what OpenSSL's backend and IKE share, for their additional
 * data are longer than ESP's.
 */
#include <stdio.h>
#include <string.h>

#include "ctrl/crypto/cipher.h"
#include "include/proto.h"
#include "tests/support/hex.h"
#include "tests/unit/crypto_fixture.h"
#include "tests/vectors/aes_ccm.h"
#include "tests/vectors/aes_gcm_esp.h"
#include "tests/vectors/cipher.h"
#include "tests/vectors/gmac_esp.h"

#define ROOM_BYTES 1024

static struct secret secret_of_hex(const char *hex)
{
	struct secret s;

	s.len = hex_decode(hex, s.octets, sizeof(s.octets));
	return s;
}

static struct crypto_key *key_of(const char *encr, const char *integ,
				 const char *hex, bool esn)
{
	struct secret encr_key = secret_of_hex(hex);
	struct secret integ_key = { .len = 0 };
	struct crypto_key_spec spec = { .encr = encr_by_name(encr),
					.integ = integ ? integ_by_name(integ)
						       : &integ_none,
					.encr_key = &encr_key,
					.integ_key = &integ_key,
					.esn = esn };
	struct crypto_key *key = NULL;

	integ_key.len = spec.integ->key_bytes;
	memset(integ_key.octets, 0x5c, integ_key.len);
	assert_int_equal(backend->key_new(thread, &spec, &key), 0);
	return key;
}

/* --- a cipher beside a MAC */

static void run_cipher_vector(const struct cipher_vector *v)
{
	const struct encr_alg *encr = encr_by_name(v->encr);
	struct crypto_key *key = key_of(v->encr, "sha256", v->key, false);
	uint8_t esp[ROOM_BYTES] = { 0 }, want[ROOM_BYTES], plain[ROOM_BYTES];
	uint8_t *text = esp + ESP_HEADER_BYTES + encr->iv_bytes;
	struct crypto_op op = { .esp = esp };

	assert_int_equal(hex_decode(v->iv, esp + ESP_HEADER_BYTES, 16),
			 encr->iv_bytes);
	op.text_bytes = (uint32_t)hex_decode(v->text, text, ROOM_BYTES / 2);
	assert_int_equal(hex_decode(v->ciphertext, want, sizeof(want)),
			 op.text_bytes);
	memcpy(plain, text, op.text_bytes);
	backend->seal(thread, key, &op, 1);
	if (!op.ok || memcmp(text, want, op.text_bytes))
		fail_msg("%s: seal", v->source);
	backend->open(thread, key, &op, 1);
	if (!op.ok || memcmp(text, plain, op.text_bytes))
		fail_msg("%s: open", v->source);
	backend->key_free(key);
}

static void ciphers_match_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cipher_vectors); i++)
		if (backend->has(encr_by_name(cipher_vectors[i].encr),
				 integ_by_name("sha256")))
			run_cipher_vector(&cipher_vectors[i]);
}

/* --- an AEAD, with as many octets of the ICV as the algorithm has */

static void run_aead_vector(const struct aead_vector *v, const char *name)
{
	const struct encr_alg *encr = encr_by_name(name);
	struct crypto_key *key = key_of(name, NULL, v->key, v->esn);
	uint8_t esp[ROOM_BYTES], want[ROOM_BYTES];
	uint8_t *text = esp + ESP_HEADER_BYTES + encr->iv_bytes;
	size_t bytes = hex_decode(v->packet, want, sizeof(want));
	struct crypto_op op = { .esp = esp, .seq_hi = v->seq_hi };

	memcpy(esp, want, ESP_HEADER_BYTES + encr->iv_bytes);
	op.text_bytes = (uint32_t)hex_decode(v->text, text, ROOM_BYTES / 2);
	assert_int_equal(bytes, ESP_HEADER_BYTES + encr->iv_bytes +
					op.text_bytes + 16);
	backend->seal(thread, key, &op, 1);
	if (!op.ok || memcmp(esp, want, bytes - 16 + encr->icv_bytes))
		fail_msg("%s, %s: seal", v->source, name);
	backend->open(thread, key, &op, 1);
	if (!op.ok)
		fail_msg("%s, %s: open", v->source, name);
	backend->key_free(key);
}

static void gmac_matches_a_published_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gmac_vectors); i++)
		run_aead_vector(&gmac_vectors[i], gmac_vectors[i].encr);
}

/* NIST SP 800-38D section 7.1 step 6: of the tag, the first t bits. */
static void shorter_icv_of_gcm_is_the_beginning_of_the_longest(void **state)
{
	static const char *const ends[] = { "12", "8" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gcm_vectors); i++)
		for (size_t k = 0; k < ARRAY_LEN(ends); k++) {
			char name[32];

			snprintf(name, sizeof(name), "%.9s%s",
				 gcm_vectors[i].encr, ends[k]);
			run_aead_vector(&gcm_vectors[i], name);
		}
}

/* --- AES-CCM */

static void run_ccm_vector(const struct ccm_vector *v)
{
	struct secret encr_key = secret_of_hex(v->key);
	const struct crypto_key_spec spec = { .encr = encr_by_name(v->encr),
					      .integ = &integ_none,
					      .encr_key = &encr_key };
	uint8_t aad[64], packet[ROOM_BYTES], want[ROOM_BYTES];
	struct cipher_text t = { .from = packet, .text = packet + 8 };
	struct cipher *c;
	size_t bytes;

	t.aad = slice_of(aad, hex_decode(v->aad, aad, sizeof(aad)));
	assert_int_equal(hex_decode(v->iv, packet, 8), 8);
	t.text_bytes = hex_decode(v->text, t.text, ROOM_BYTES / 2);
	bytes = hex_decode(v->sealed, want, sizeof(want));
	assert_int_equal(bytes, t.text_bytes + spec.encr->icv_bytes);
	assert_int_equal(cipher_new(&spec, &c), 0);
	if (!cipher_seal(c, &t) || memcmp(t.text, want, bytes))
		fail_msg("%s: seal", v->source);
	if (!cipher_open(c, &t))
		fail_msg("%s: open", v->source);
	cipher_free(c);
}

static void ccm_matches_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ccm_vectors); i++)
		run_ccm_vector(&ccm_vectors[i]);
}

int main(void)
{
	const struct CMUnitTest shared[] = {
		cmocka_unit_test(ccm_matches_published_vectors),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ciphers_match_published_vectors),
		cmocka_unit_test(gmac_matches_a_published_packet),
		cmocka_unit_test(
			shorter_icv_of_gcm_is_the_beginning_of_the_longest),
	};
	int failed = cmocka_run_group_tests_name("shared", shared, NULL, NULL);

	for (size_t i = 0; i < ARRAY_LEN(backends); i++)
		if (backend_may_run(&backends[i]))
			failed +=
				cmocka_run_group_tests_name(backends[i].name,
							    tests, backend_take,
							    backend_give_back);
	return failed != 0;
}
